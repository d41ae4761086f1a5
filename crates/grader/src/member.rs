//! One member of an ensemble, ready to compute: on the CPU in the form of the crate `inference`, elsewhere in Burn.

use burn::module::Module;
use burn::tensor::{Device, Tensor, TensorData};
use inference::{BlockWeights, ConvolutionWeights, Statistics};
use trust::Logits;

use crate::batch_norm::{BatchNorm, BatchNormMode, SampledStatistics};
use crate::experience::BatchMoments;
use crate::network::{CLASSES, FEATURES, NoMoments, ResNet18};
use crate::trace::Trace;

/// A frozen network with its head.
#[derive(Debug)]
pub struct Member {
    engine: Engine,
    /// The batch norms in torchvision's order, with the moments that samples are drawn from.
    norms: Vec<BatchNorm>,
    head: Head,
}

/// What computes.
#[derive(Debug)]
pub(crate) enum Engine {
    Cpu(inference::Network),
    Burn(Box<ResNet18>),
}

/// The linear layer from averages to logits.
#[derive(Debug)]
struct Head {
    weight: Vec<[f32; FEATURES]>,
    bias: [f32; CLASSES],
}

impl Member {
    /// A member that computes on `device`: on the CPU (`Device::flex()`) by the crate `inference`, elsewhere by Burn.
    pub fn new(network: &ResNet18, device: &Device) -> Self {
        if *device == Device::flex() {
            Self::with(network, Engine::Cpu(compile(network)))
        } else {
            Self::in_burn(network, device)
        }
    }

    /// A member that computes by Burn wherever it is; the reference that [`Member::new`] is tested against.
    pub fn in_burn(network: &ResNet18, device: &Device) -> Self {
        Self::with(
            network,
            Engine::Burn(Box::new(network.clone().fork(device))),
        )
    }

    fn with(network: &ResNet18, engine: Engine) -> Self {
        let bias = values(network.fc.bias.val());
        Self {
            engine,
            norms: network.norms().into_iter().cloned().collect(),
            head: Head {
                weight: rows(values(network.fc.weight.val())),
                bias: std::array::from_fn(|class| bias[class]),
            },
        }
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.engine
    }

    /// What computes, in a word or two for logs: `avx512`, `avx2`, `portable`, or `Burn`.
    pub fn computes_with(&self) -> &'static str {
        match &self.engine {
            Engine::Cpu(network) => network.instruction_set().name(),
            Engine::Burn(_) => "Burn",
        }
    }

    /// Averages of the last feature map over all places, for each of the planar pictures `[picture][3][side][side]`;
    /// with the batch norms of the weights, or drawn ones.
    pub fn averages(
        &self,
        pictures: &[f32],
        side: usize,
        drawn: Option<&SampledStatistics>,
    ) -> Vec<[f32; FEATURES]> {
        match &self.engine {
            Engine::Cpu(network) => {
                let statistics = drawn.map(|drawn| self.statistics(drawn));
                network.features(pictures, [side, side], statistics.as_deref())
            }
            Engine::Burn(network) => {
                let pictures = batch(pictures, side, network);
                let features = match drawn {
                    Some(drawn) => network.features(pictures, BatchNormMode::Sampled(drawn)),
                    None => frozen_features(network, pictures),
                };
                rows(values(network.pooled(features)))
            }
        }
    }

    /// The last feature maps, `[picture][512][⌈side / 32⌉][⌈side / 32⌉]` after the last ReLU, of planar pictures
    /// `[picture][3][side][side]`.
    pub fn feature_maps(&self, pictures: &[f32], side: usize) -> Vec<f32> {
        match &self.engine {
            Engine::Cpu(network) => network.feature_map(pictures, [side, side]),
            Engine::Burn(network) => {
                values(frozen_features(network, batch(pictures, side, network)))
            }
        }
    }

    /// Logits of averages.
    pub fn classify(&self, averages: &[[f32; FEATURES]]) -> Vec<Logits> {
        let of_row = |row: &[f32; FEATURES]| {
            Logits(std::array::from_fn(|class| {
                let products = row.iter().zip(&self.head.weight[class]);
                let sum: f64 = products
                    .map(|(&average, &weight)| f64::from(average) * f64::from(weight))
                    .sum();
                (sum + f64::from(self.head.bias[class])) as f32
            }))
        };
        averages.iter().map(of_row).collect()
    }

    /// The slopes of a function of the logits with respect to the averages, from those with respect to the logits.
    pub(crate) fn average_slopes(&self, logit_slopes: &[[f64; CLASSES]]) -> Vec<[f32; FEATURES]> {
        let of_picture = |slopes: &[f64; CLASSES]| {
            std::array::from_fn(|feature| {
                let classes = slopes.iter().zip(&self.head.weight);
                let sum: f64 = classes
                    .map(|(slope, weight)| slope * f64::from(weight[feature]))
                    .sum();
                sum as f32
            })
        };
        logit_slopes.iter().map(of_picture).collect()
    }

    /// A forward pass with frozen batch norm that can be gone back through, of planar pictures
    /// `[picture][3][side][side]`.
    pub fn trace(&self, pictures: &[f32], side: usize) -> Trace<'_> {
        Trace::new(self, pictures, side)
    }

    /// Draws the statistics of every batch norm, keyed by (seed, member, sample, layer) and so the same for every
    /// photograph.
    ///
    /// # Errors
    /// [`NoMoments`] where the weights were trained without this program.
    pub fn sample_statistics(
        &self,
        seed: u64,
        member: usize,
        sample: u32,
    ) -> Result<SampledStatistics, NoMoments> {
        SampledStatistics::draw(&self.norms, seed, member, sample)
    }

    /// The statistics of a training batch, where it was measured on these weights' layout.
    pub(crate) fn batch_statistics(&self, batch: &BatchMoments) -> Option<SampledStatistics> {
        batch.statistics(&self.norms)
    }

    /// Drawn statistics as scale and shift.
    fn statistics(&self, SampledStatistics(layers): &SampledStatistics) -> Vec<Statistics> {
        let norms = self.norms.iter().zip(layers);
        norms
            .map(|(norm, (mean, variance))| statistics(norm, mean.clone(), variance.clone()))
            .collect()
    }
}

/// The last feature maps with the batch norms of the weights, by the shortest way that the device knows.
fn frozen_features(network: &ResNet18, pictures: Tensor<4>) -> Tensor<4> {
    #[cfg(feature = "tch")]
    if let Some(features) = network.features_by_libtorch(pictures.clone()) {
        return features;
    }
    network.features(pictures, BatchNormMode::Frozen)
}

/// The weights of a network in the form that `inference` takes.
fn compile(network: &ResNet18) -> inference::Network {
    let convolution = |kernel: Tensor<4>, norm: &BatchNorm| {
        let [outputs, inputs, _, _] = kernel.dims();
        ConvolutionWeights {
            kernel: values(kernel),
            outputs,
            inputs,
            statistics: statistics(norm, norm.running_mean.val(), norm.running_variance.val()),
        }
    };
    let blocks = network.blocks.iter().map(|block| BlockWeights {
        first: convolution(block.conv1.weight.val(), &block.bn1),
        second: convolution(block.conv2.weight.val(), &block.bn2),
        shortcut: block
            .downsample
            .as_ref()
            .map(|downsample| convolution(downsample.conv.weight.val(), &downsample.bn)),
    });
    let stem = convolution(network.conv1.weight.val(), &network.bn1);
    inference::Network::compile(&stem, blocks)
}

fn statistics(norm: &BatchNorm, mean: Tensor<1>, variance: Tensor<1>) -> Statistics {
    let (scale, shift) = norm.scale_and_shift(mean, variance);
    Statistics {
        scale: values(scale),
        shift: values(shift),
    }
}

/// A tensor's values on the host, row-major.
pub(crate) fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    let values = tensor.into_data_as::<f32>().try_to_vec();
    values.expect("the data were just converted to f32")
}

/// Values as rows of averages.
pub(crate) fn rows(values: Vec<f32>) -> Vec<[f32; FEATURES]> {
    values.as_chunks().0.to_vec()
}

/// Planar pictures as a batch where a network lies.
pub(crate) fn batch(pictures: &[f32], side: usize, network: &ResNet18) -> Tensor<4> {
    let count = pictures.len() / (3 * side * side);
    let device = network.fc.bias.val().device();
    Tensor::from_data(
        TensorData::new(pictures.to_vec(), [count, 3, side, side]),
        &device,
    )
}
