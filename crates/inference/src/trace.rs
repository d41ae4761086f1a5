//! One forward pass, remembered, and the way back through it.

use crate::feature_map::FeatureMap;
use crate::finish::{Finish, Rectify};
use crate::network::{FEATURES, First, Kept, KeptBlock, Network};
use crate::{pool, share, stem, strided, winograd};

/// What a ReLU does to the gradient that comes back through it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReluRule {
    /// The derivative: what came in above zero lets the gradient through.
    Gradient,
    /// Guided Backpropagation (Springenberg et al. 2015, arXiv:1412.6806): besides, only a positive gradient passes.
    Guided,
    /// Deconvolution (Zeiler and Fergus 2014, arXiv:1311.2901): only a positive gradient passes, whatever came in.
    Deconvolution,
}

/// A group of residual blocks whose output can be looked at; all but the first halve the resolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Layer {
    /// torchvision's `layer1`: 64 channels, one value for 4 pixels of the picture.
    First,
    /// `layer2`: 128 channels, one value for 8 pixels.
    Second,
    /// `layer3`: 256 channels, one value for 16 pixels.
    Third,
    /// `layer4`: 512 channels, one value for 32 pixels.
    Fourth,
}

/// Values of one layer for several pictures.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerValues {
    /// Channels of the layer.
    pub channels: usize,
    /// Rows and columns.
    pub size: [usize; 2],
    /// `[picture][channel][row][column]`.
    pub values: Vec<f32>,
}

impl Layer {
    /// All layers, from the picture to the answer.
    pub const ALL: [Layer; 4] = [Layer::First, Layer::Second, Layer::Third, Layer::Fourth];

    /// How many of a ResNet-18's blocks lead to the layer's output: two each.
    pub fn blocks(self) -> usize {
        2 * (self as usize + 1)
    }
}

/// A forward pass with the batch norms of the weights.
pub struct Trace<'a> {
    network: &'a Network,
    size: [usize; 2],
    averages: Vec<[f32; FEATURES]>,
    last: FeatureMap,
    kept: Kept,
}

/// The filters of the way back, with the scales of the batch norms in them.
#[derive(Debug)]
pub(crate) struct Gradients {
    stem: stem::Gradient,
    blocks: Vec<BlockGradient>,
}

#[derive(Debug)]
struct BlockGradient {
    first: FirstGradient,
    second: winograd::Filters,
}

#[derive(Debug)]
enum FirstGradient {
    Same(winograd::Filters),
    Halved(strided::Gradient),
}

impl<'a> Trace<'a> {
    pub(crate) fn new(
        network: &'a Network,
        size: [usize; 2],
        averages: Vec<[f32; FEATURES]>,
        last: FeatureMap,
        kept: Option<Kept>,
    ) -> Self {
        Self {
            network,
            size,
            averages,
            last,
            kept: kept.expect("a traced pass keeps its activations"),
        }
    }

    /// The average over all places of the last feature map, for each picture.
    pub fn features(&self) -> &[[f32; FEATURES]] {
        &self.averages
    }

    /// Height and width of the last feature map.
    pub fn feature_size(&self) -> [usize; 2] {
        [self.last.height, self.last.width]
    }

    /// The last feature map, `[picture][512][height][width]`.
    pub fn feature_map(&self) -> Vec<f32> {
        self.last.planar()
    }

    /// What comes out of a layer, after its last ReLU.
    pub fn layer(&self, layer: Layer) -> LayerValues {
        let following = self.kept.blocks.get(layer.blocks());
        LayerValues::of(following.map_or(&self.last, |block| &block.input))
    }

    /// The gradient with respect to what comes out of a layer, of a function of the averages whose slopes are given for each
    /// picture.
    ///
    /// # Panics
    /// If there are not as many slopes as pictures.
    pub fn layer_gradient(&self, slopes: &[[f32; FEATURES]], layer: Layer) -> LayerValues {
        assert_eq!(slopes.len(), self.last.pictures);
        let rule = ReluRule::Gradient;
        if layer.blocks() == self.network.blocks.len() {
            return LayerValues::of(&self.spread(slopes, None));
        }
        share::in_pool(|| {
            let gradient = self.spread(slopes, Some(rule));
            LayerValues::of(&self.through_blocks(gradient, layer.blocks(), rule))
        })
    }

    /// The gradient with respect to the pictures, `[picture][3][height][width]`, of a function of the averages whose
    /// slopes are given for each picture.
    ///
    /// # Panics
    /// If there are not as many slopes as pictures.
    pub fn picture_gradient(&self, slopes: &[[f32; FEATURES]], rule: ReluRule) -> Vec<f32> {
        assert_eq!(slopes.len(), self.last.pictures);
        share::in_pool(|| self.to_the_picture(slopes, rule))
    }

    fn to_the_picture(&self, slopes: &[[f32; FEATURES]], rule: ReluRule) -> Vec<f32> {
        let gradient = self.spread(slopes, Some(rule));
        let gradient = self.through_blocks(gradient, 0, rule);
        let (network, kept) = (self.network, &self.kept);
        let stem_size = self.size.map(|side| side.div_ceil(2));
        let gradient = pool::propagate(
            network.set,
            &gradient,
            &kept.blocks[0].input,
            &kept.winners,
            stem_size,
            rule,
        );
        network
            .gradients()
            .stem
            .propagate(network.set, &gradient, self.size)
    }

    /// From the gradient before the last ReLU to that after the ReLU before the block `until`, counted from 0.
    fn through_blocks(&self, mut gradient: FeatureMap, until: usize, rule: ReluRule) -> FeatureMap {
        let set = self.network.set;
        let blocks = &self.network.gradients().blocks;
        for (place, block) in blocks.iter().enumerate().skip(until).rev() {
            let KeptBlock { input, inner } = &self.kept.blocks[place];
            // The ReLU before the block; that before the first is passed with the pooling.
            let before = match place == until {
                true => Rectify::Never,
                false => rectify(rule, input),
            };
            let within = Finish {
                rectify: rectify(rule, inner),
                ..Finish::NOTHING
            };
            let residual = block.second.convolve(set, &gradient, &within);
            gradient = match &block.first {
                FirstGradient::Same(filters) => {
                    let finish = Finish {
                        normalization: None,
                        added: Some(&gradient),
                        rectify: before,
                    };
                    filters.convolve(set, &residual, &finish)
                }
                FirstGradient::Halved(filters) => {
                    let finish = Finish {
                        rectify: before,
                        ..Finish::NOTHING
                    };
                    let size = [input.height, input.width];
                    filters.propagate(set, &residual, &gradient, size, &finish)
                }
            };
        }
        gradient
    }

    /// The slopes, spread over the places, and through the last ReLU where there is a rule for it.
    fn spread(&self, slopes: &[[f32; FEATURES]], rule: Option<ReluRule>) -> FeatureMap {
        let mut gradient = FeatureMap::like(&self.last);
        let (blocks, width) = (self.last.blocks, self.last.width);
        let places = (self.last.height * width) as f32;
        let height = self.last.height;
        for (line, written) in gradient.bands(1).into_iter().enumerate() {
            let (plane, row) = (line / height, line % height);
            let (picture, block) = (plane / blocks, plane % blocks);
            let slopes = &slopes[picture].as_chunks::<16>().0[block];
            for column in 0..width {
                let activation = self.last.at(picture, block, row, column).0;
                for ((written, slope), activation) in written[crate::feature_map::BEFORE + column]
                    .0
                    .iter_mut()
                    .zip(slopes)
                    .zip(activation)
                {
                    let passes = match rule {
                        None => true,
                        Some(ReluRule::Gradient) => activation > 0.0,
                        Some(ReluRule::Guided) => activation > 0.0 && *slope > 0.0,
                        Some(ReluRule::Deconvolution) => *slope > 0.0,
                    };
                    *written = if passes { slope / places } else { 0.0 };
                }
            }
        }
        gradient
    }
}

fn rectify(rule: ReluRule, activation: &FeatureMap) -> Rectify<'_> {
    match rule {
        ReluRule::Gradient => Rectify::Where(activation),
        ReluRule::Guided => Rectify::Guided(activation),
        ReluRule::Deconvolution => Rectify::Relu,
    }
}

impl LayerValues {
    fn of(map: &FeatureMap) -> Self {
        Self {
            channels: 16 * map.blocks,
            size: [map.height, map.width],
            values: map.planar(),
        }
    }
}

impl Gradients {
    pub(crate) fn of(network: &Network) -> Self {
        let mut scales = network
            .normalizations
            .iter()
            .map(|normalization| &normalization.scale);
        let mut next = || {
            let scale = scales.next().expect("one for each convolution");
            move |channel: usize| scale[channel / 16].0[channel % 16]
        };
        let scale = next();
        let stem = stem::Gradient::new(64, &|output, color, tap| {
            scale(output) * network.stem.weight(output, color, tap)
        });
        let blocks = network.blocks.iter().map(|block| {
            let (first_scale, second_scale) = (next(), next());
            let first = match &block.first {
                First::Same(filters) => FirstGradient::Same(filters.turned(first_scale)),
                First::Halved { first, shortcut } => {
                    let shortcut_scale = next();
                    FirstGradient::Halved(strided::Gradient::new(
                        first.outputs(),
                        first.inputs(),
                        &|output, input, tap| {
                            first_scale(output) * first.weight(output, input, tap)
                        },
                        &|output, input, tap| {
                            shortcut_scale(output) * shortcut.weight(output, input, tap)
                        },
                    ))
                }
            };
            BlockGradient {
                first,
                second: block.second.turned(second_scale),
            }
        });
        let blocks = blocks.collect();
        Self { stem, blocks }
    }
}
