//! One forward pass, remembered, and the way back through it.

use crate::feature_map::FeatureMap;
use crate::finish::{Finish, Rectify};
use crate::network::{FEATURES, First, Kept, KeptBlock, Network};
use crate::{pool, stem, strided, winograd};

/// What a ReLU does to the gradient that comes back through it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReluRule {
    /// The derivative: what came in above zero lets the gradient through.
    Gradient,
    /// Guided Backpropagation (Springenberg et al. 2015, arXiv:1412.6806): besides, only a positive gradient passes.
    Guided,
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

    /// The gradient with respect to the pictures, `[picture][3][height][width]`, of a function of the averages whose
    /// slopes are given for each picture.
    ///
    /// # Panics
    /// If there are not as many slopes as pictures.
    pub fn picture_gradient(&self, slopes: &[[f32; FEATURES]], rule: ReluRule) -> Vec<f32> {
        assert_eq!(slopes.len(), self.last.pictures);
        let (network, kept) = (self.network, &self.kept);
        let filters = network.gradients();
        let set = network.set;
        let mut gradient = self.before_last_relu(slopes, rule);
        for (place, block) in filters.blocks.iter().enumerate().rev() {
            let KeptBlock { input, inner } = &kept.blocks[place];
            // The ReLU before the block; that before the first is passed with the pooling.
            let before = match place {
                0 => Rectify::Never,
                _ => rectify(rule, input),
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
        let stem_size = self.size.map(|side| side.div_ceil(2));
        let guided = rule == ReluRule::Guided;
        let gradient = pool::propagate(
            set,
            &gradient,
            &kept.blocks[0].input,
            &kept.winners,
            stem_size,
            guided,
        );
        filters.stem.propagate(set, &gradient, self.size)
    }

    /// The slopes, spread over the places, through the last ReLU.
    fn before_last_relu(&self, slopes: &[[f32; FEATURES]], rule: ReluRule) -> FeatureMap {
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
                    let passes = activation > 0.0 && (rule == ReluRule::Gradient || *slope > 0.0);
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
