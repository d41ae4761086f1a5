//! ResNet-18 put together from its layers.

use std::sync::OnceLock;

use crate::feature_map::FeatureMap;
use crate::finish::{Finish, Normalization, Rectify};
use crate::lanes::{InstructionSet, Sixteen};
use crate::trace::{Gradients, Trace};
use crate::{share, stem, strided, winograd};

/// Channels of the last feature map.
pub const FEATURES: usize = 512;

/// Channels of the stem.
const STEM: usize = 64;

/// Weights of one convolution and its batch norm.
#[derive(Clone, Debug)]
pub struct ConvolutionWeights {
    /// `[output][input][row][column]`.
    pub kernel: Vec<f32>,
    /// Number of output channels.
    pub outputs: usize,
    /// Number of input channels.
    pub inputs: usize,
    /// The batch norm after it.
    pub statistics: Statistics,
}

/// A batch norm with given statistics: `scale × value + shift` for each channel.
#[derive(Clone, Debug)]
pub struct Statistics {
    /// `gamma / sqrt(variance + ε)`.
    pub scale: Vec<f32>,
    /// `beta - mean × scale`.
    pub shift: Vec<f32>,
}

/// Weights of a residual block of two 3×3 convolutions.
#[derive(Clone, Debug)]
pub struct BlockWeights {
    /// The first convolution, with stride 2 where there is a `shortcut`.
    pub first: ConvolutionWeights,
    /// The second convolution.
    pub second: ConvolutionWeights,
    /// The 1×1 convolution with stride 2 beside them, where resolution and channels change.
    pub shortcut: Option<ConvolutionWeights>,
}

/// A frozen ResNet-18 up to its last feature map, in the form in which it computes.
#[derive(Debug)]
pub struct Network {
    pub(crate) set: InstructionSet,
    pub(crate) stem: stem::Filters,
    pub(crate) blocks: Vec<Block>,
    /// The batch norms of the weights, in torchvision's order: stem, then each block's first, second, shortcut.
    pub(crate) normalizations: Vec<Normalization>,
    /// The filters of the way back, made when they are first needed.
    gradients: OnceLock<Gradients>,
}

/// One residual block.
#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) first: First,
    pub(crate) second: winograd::Filters,
}

/// The first convolution of a block, and what stands beside the block.
#[derive(Debug)]
pub(crate) enum First {
    /// Resolution stays, and the block's input is added as it is.
    Same(winograd::Filters),
    /// Resolution halves, and the input goes through a convolution of its own.
    Halved {
        first: strided::Filters,
        shortcut: strided::Filters,
    },
}

/// What a forward pass keeps for the way back.
pub(crate) struct Kept {
    /// The winners of the pooling.
    pub(crate) winners: FeatureMap,
    pub(crate) blocks: Vec<KeptBlock>,
}

/// A block's activations, both after a ReLU.
pub(crate) struct KeptBlock {
    pub(crate) input: FeatureMap,
    pub(crate) inner: FeatureMap,
}

impl Network {
    /// Brings weights into the form in which they compute, for the instructions that
    /// [`InstructionSet::detected`] names: those of the 7×7 convolution, `[64, 3, 7, 7]`, and of the residual blocks in
    /// order, each of which is let go before the next one is asked for.
    ///
    /// # Panics
    /// If the weights are not those of a ResNet-18: a kernel that does not hold what its numbers of channels say, or
    /// numbers of channels of the blocks that are not multiples of 64.
    pub fn compile(
        stem: &ConvolutionWeights,
        blocks: impl IntoIterator<Item = BlockWeights>,
    ) -> Self {
        Self::compile_for(InstructionSet::detected(), stem, blocks)
    }

    /// [`Network::compile`] for one of the sets of [`InstructionSet::available`].
    ///
    /// # Panics
    /// As [`Network::compile`], or if the processor lacks the instructions.
    pub fn compile_for(
        set: InstructionSet,
        stem: &ConvolutionWeights,
        blocks: impl IntoIterator<Item = BlockWeights>,
    ) -> Self {
        assert!(InstructionSet::available().contains(&set), "no {set} here");
        assert_eq!((stem.outputs, stem.inputs), (STEM, 3));
        let mut normalizations = vec![Normalization::of(&stem.statistics)];
        let mut compiled = Vec::new();
        for block in blocks {
            for convolution in [&block.first, &block.second]
                .into_iter()
                .chain(&block.shortcut)
            {
                normalizations.push(Normalization::of(&convolution.statistics));
            }
            compiled.push(Block::compile(&block));
        }
        Self {
            set,
            stem: stem::Filters::new(STEM, &stem.by_tap(7)),
            blocks: compiled,
            normalizations,
            gradients: OnceLock::new(),
        }
    }

    /// The instructions that this network computes with.
    pub fn instruction_set(&self) -> InstructionSet {
        self.set
    }

    /// The average over all places of the last feature map, for each picture.
    ///
    /// `pictures` holds planar pictures of `size` (height, width), `[picture][3][height][width]`. `statistics` replaces
    /// the batch norms of the weights, in torchvision's order, for this pass.
    ///
    /// # Panics
    /// If `pictures` does not hold whole pictures, or `statistics` not one for each batch norm.
    pub fn features(
        &self,
        pictures: &[f32],
        size: [usize; 2],
        statistics: Option<&[Statistics]>,
    ) -> Vec<[f32; FEATURES]> {
        let drawn: Option<Vec<Normalization>> =
            statistics.map(|layers| layers.iter().map(Normalization::of).collect());
        let normalizations = drawn.as_deref().unwrap_or(&self.normalizations);
        share::in_pool(|| {
            let (last, _) = self.pass(pictures, size, normalizations, false);
            averages(&last)
        })
    }

    /// The last feature map of each picture, `[picture][512][height][width]`, with the batch norms of the weights.
    ///
    /// # Panics
    /// If `pictures` does not hold whole pictures.
    pub fn feature_map(&self, pictures: &[f32], size: [usize; 2]) -> Vec<f32> {
        share::in_pool(|| {
            let (last, _) = self.pass(pictures, size, &self.normalizations, false);
            last.planar()
        })
    }

    /// A forward pass with the batch norms of the weights that can be gone back through.
    ///
    /// # Panics
    /// If `pictures` does not hold whole pictures.
    pub fn trace(&self, pictures: &[f32], size: [usize; 2]) -> Trace<'_> {
        share::in_pool(|| {
            let (last, kept) = self.pass(pictures, size, &self.normalizations, true);
            let averages = averages(&last);
            Trace::new(self, size, averages, last, kept)
        })
    }

    /// The filters of the way back.
    pub(crate) fn gradients(&self) -> &Gradients {
        self.gradients.get_or_init(|| Gradients::of(self))
    }

    /// The last feature map, and what was kept where `keep` is set.
    fn pass(
        &self,
        pictures: &[f32],
        size: [usize; 2],
        normalizations: &[Normalization],
        keep: bool,
    ) -> (FeatureMap, Option<Kept>) {
        assert!(size.iter().all(|&side| side > 0));
        assert_eq!(pictures.len() % (3 * size[0] * size[1]), 0);
        assert_eq!(normalizations.len(), self.normalizations.len());
        let mut normalizations = normalizations.iter();
        let mut next = || {
            normalizations
                .next()
                .expect("as many as layers, as asserted above")
        };

        let (mut activation, winners) = self.stem.pooled(self.set, pictures, size, next(), keep);
        let mut kept = winners.map(|winners| Kept {
            winners,
            blocks: Vec::with_capacity(self.blocks.len()),
        });
        for block in &self.blocks {
            let (first, second) = (next(), next());
            let shortcut = block.has_shortcut().then(&mut next);
            let [inner, outer] = block.pass(self.set, &activation, first, second, shortcut);
            let input = std::mem::replace(&mut activation, outer);
            if let Some(kept) = &mut kept {
                kept.blocks.push(KeptBlock { input, inner });
            }
        }
        (activation, kept)
    }
}

impl Block {
    fn compile(weights: &BlockWeights) -> Self {
        let (outputs, inputs) = (weights.first.outputs, weights.first.inputs);
        assert!(outputs.is_multiple_of(64) && inputs.is_multiple_of(64));
        assert_eq!(
            (weights.second.outputs, weights.second.inputs),
            (outputs, outputs)
        );
        let by_tap = weights.first.by_tap(3);
        let first = match &weights.shortcut {
            None => First::Same(winograd::Filters::new(outputs, inputs, by_tap)),
            Some(shortcut) => {
                assert_eq!((shortcut.outputs, shortcut.inputs), (outputs, inputs));
                First::Halved {
                    first: strided::Filters::new(outputs, inputs, 3, &by_tap),
                    shortcut: strided::Filters::new(outputs, inputs, 1, &shortcut.by_tap(1)),
                }
            }
        };
        Self {
            first,
            second: winograd::Filters::new(outputs, outputs, weights.second.by_tap(3)),
        }
    }

    fn has_shortcut(&self) -> bool {
        matches!(self.first, First::Halved { .. })
    }

    /// The activations after the first and after the second ReLU.
    fn pass(
        &self,
        set: InstructionSet,
        input: &FeatureMap,
        first: &Normalization,
        second: &Normalization,
        shortcut: Option<&Normalization>,
    ) -> [FeatureMap; 2] {
        let (inner, beside) = match &self.first {
            First::Same(filters) => (filters.convolve(set, input, &after(first)), None),
            First::Halved {
                first: filters,
                shortcut: beside,
            } => {
                let finish = Finish {
                    normalization: shortcut,
                    ..Finish::NOTHING
                };
                (
                    filters.convolve(set, input, &after(first)),
                    Some(beside.convolve(set, input, &finish)),
                )
            }
        };
        let finish = Finish {
            normalization: Some(second),
            added: Some(beside.as_ref().unwrap_or(input)),
            rectify: Rectify::Relu,
        };
        let outer = self.second.convolve(set, &inner, &finish);
        [inner, outer]
    }
}

impl ConvolutionWeights {
    /// The weight of an output, an input and a tap of a kernel of `side`.
    fn by_tap(&self, side: usize) -> impl Fn(usize, usize, usize) -> f32 {
        let taps = side * side;
        assert_eq!(self.kernel.len(), self.outputs * self.inputs * taps);
        move |output, input, tap| self.kernel[(output * self.inputs + input) * taps + tap]
    }
}

impl Normalization {
    fn of(statistics: &Statistics) -> Self {
        assert_eq!(statistics.scale.len(), statistics.shift.len());
        let sixteens = |values: &[f32]| {
            let (blocks, rest) = values.as_chunks::<16>();
            assert!(rest.is_empty());
            blocks.iter().map(|&block| Sixteen(block)).collect()
        };
        Self {
            scale: sixteens(&statistics.scale),
            shift: sixteens(&statistics.shift),
        }
    }
}

/// Batch norm and ReLU.
fn after(normalization: &Normalization) -> Finish<'_> {
    Finish {
        normalization: Some(normalization),
        added: None,
        rectify: Rectify::Relu,
    }
}

/// The average over all places, summed in double precision.
fn averages(map: &FeatureMap) -> Vec<[f32; FEATURES]> {
    let places = (map.height * map.width) as f64;
    let of_picture = |picture| {
        let mut averages = [0.0; FEATURES];
        for (block, averages) in averages.as_chunks_mut::<16>().0.iter_mut().enumerate() {
            let mut sums = [0.0_f64; 16];
            for row in 0..map.height {
                for values in map.row(picture, block, row) {
                    for (sum, value) in sums.iter_mut().zip(values.0) {
                        *sum += f64::from(value);
                    }
                }
            }
            *averages = sums.map(|sum| (sum / places) as f32);
        }
        averages
    };
    (0..map.pictures).map(of_picture).collect()
}
