//! ResNet-18 (He et al. 2016, arXiv:1512.03385) with torchvision's layout.
//!
//! The forward pass is cut open at every ReLU, because explanation methods need the places between: [`ResNet18::stem`],
//! [`BasicBlock::inner`] and [`BasicBlock::outer`] return values *before* the ReLU; [`ResNet18::features`] and
//! [`ResNet18::forward`] put them together.

use burn::module::{Module, Param};
use burn::nn::PaddingConfig2d;
use burn::nn::conv::Conv2d;
use burn::nn::pool::{MaxPool2d, MaxPool2dConfig};
use burn::tensor::Tensor;
use burn::tensor::activation::relu;

use crate::batch_norm::{
    BatchNorm, BatchNormMode, BatchStatistics, LayerStatistics, SampledStatistics,
};

/// The five grades of the International Clinical DR scale.
pub const CLASSES: usize = 5;

/// Channels of the last feature map, inputs of the head.
pub const FEATURES: usize = 512;

/// ResNet-18 with [`CLASSES`] outputs.
///
/// Parameters are trainable except batch-norm statistics. The module may lie on an autodiff device: a gradient with
/// respect to the input works in every mode, and no forward pass changes the module.
#[derive(Module, Debug)]
pub struct ResNet18 {
    pub(crate) conv1: Conv2d,
    pub(crate) bn1: BatchNorm,
    pool: MaxPool2d,
    /// Two blocks for each of torchvision's `layer1` to `layer4`.
    pub(crate) blocks: Vec<BasicBlock>,
    pub(crate) fc: Head,
}

/// Two 3×3 convolutions beside a shortcut.
#[derive(Module, Debug)]
pub struct BasicBlock {
    pub(crate) conv1: Conv2d,
    pub(crate) bn1: BatchNorm,
    pub(crate) conv2: Conv2d,
    pub(crate) bn2: BatchNorm,
    /// 1×1 convolution of the shortcut where resolution and channels change.
    pub(crate) downsample: Option<Downsample>,
}

#[derive(Module, Debug)]
pub(crate) struct Downsample {
    pub(crate) conv: Conv2d,
    pub(crate) bn: BatchNorm,
}

/// The linear layer from features to logits.
#[derive(Module, Debug)]
pub(crate) struct Head {
    /// `[5, 512]`
    pub(crate) weight: Param<Tensor<2>>,
    /// `[5]`
    pub(crate) bias: Param<Tensor<1>>,
}

/// Weights without moments cannot draw batch-norm statistics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "these weights hold no batch-norm moments, so batch norm cannot be sampled; use dropout or no stochastic samples, or train with this program"
)]
pub struct NoMoments;

impl ResNet18 {
    pub(crate) fn assemble(
        conv1: Conv2d,
        bn1: BatchNorm,
        blocks: Vec<BasicBlock>,
        fc: Head,
    ) -> Self {
        let pool = MaxPool2dConfig::new([3, 3])
            .with_strides([2, 2])
            .with_padding(PaddingConfig2d::Explicit(1, 1, 1, 1))
            .init();
        Self {
            conv1,
            bn1,
            pool,
            blocks,
            fc,
        }
    }

    /// Logits `[batch, 5]` of pictures `[batch, 3, height, width]`, without dropout.
    pub fn forward(&self, input: Tensor<4>, mode: BatchNormMode<'_>) -> Tensor<2> {
        self.head(self.features(input, mode))
    }

    /// Last feature map `[batch, 512, ⌈height / 32⌉, ⌈width / 32⌉]`, after the last ReLU.
    pub fn features(&self, input: Tensor<4>, mode: BatchNormMode<'_>) -> Tensor<4> {
        self.later_stages(self.first_stages(input, 1, mode), 1, mode)
    }

    /// The same numbers as [`features`](Self::features), but no gradient is computed through the first `frozen` of the
    /// network's five stages (the stem, then torchvision's `layer1` to `layer4`), nor with respect to the input: up to
    /// there nothing is recorded, which saves the time and the memory of that part of the backward pass. In training
    /// mode their batch norms go on measuring, though their weights get no gradient.
    pub fn features_with_frozen(
        &self,
        input: Tensor<4>,
        frozen: usize,
        mode: BatchNormMode<'_>,
    ) -> Tensor<4> {
        if frozen == 0 {
            return self.features(input, mode);
        }
        let with_autodiff = input.is_autodiff();
        let activation = self
            .valid()
            .first_stages(input.without_autodiff(), frozen, mode);
        let constant = match with_autodiff {
            true => activation.autodiff(),
            false => activation,
        };
        self.later_stages(constant, frozen, mode)
    }

    /// The activation after the first `stages` stages, at least 1 for the stem.
    fn first_stages(&self, input: Tensor<4>, stages: usize, mode: BatchNormMode<'_>) -> Tensor<4> {
        let stem = self.max_pool(relu(self.stem(input, mode)));
        through(self.blocks.iter().take(blocks_of(stages)), stem, mode)
    }

    /// The last feature map from the activation after the first `stages` stages.
    fn later_stages(
        &self,
        activation: Tensor<4>,
        stages: usize,
        mode: BatchNormMode<'_>,
    ) -> Tensor<4> {
        through(self.blocks.iter().skip(blocks_of(stages)), activation, mode)
    }

    /// Logits `[batch, 5]` of a last feature map `[batch, 512, height, width]`: global average, then the linear layer.
    pub fn head(&self, features: Tensor<4>) -> Tensor<2> {
        self.classify(self.pooled(features))
    }

    /// Global average `[batch, 512]` of a last feature map; dropout acts here.
    pub fn pooled(&self, features: Tensor<4>) -> Tensor<2> {
        features.flatten::<3>(2, 3).mean_dim(2).squeeze_dim::<2>(2)
    }

    /// Logits `[batch, 5]` of global averages `[batch, 512]`.
    pub fn classify(&self, pooled: Tensor<2>) -> Tensor<2> {
        // Products and sums instead of a matrix product: a matrix product may add in another order when the number of
        // rows differs, and then a photograph's last bits would depend on its batch.
        let products = pooled.unsqueeze_dim::<3>(1) * self.fc.weight.val().unsqueeze::<3>();
        products.sum_dim(2).squeeze_dim::<2>(2) + self.fc.bias.val().unsqueeze::<2>()
    }

    /// First convolution and batch norm, *before* the ReLU: `[batch, 64, height / 2, width / 2]`.
    pub fn stem(&self, input: Tensor<4>, mode: BatchNormMode<'_>) -> Tensor<4> {
        self.bn1.forward(self.conv1.forward(input), mode)
    }

    /// The 3×3 max pooling with stride 2 between stem and blocks; takes the stem *after* the ReLU.
    pub fn max_pool(&self, stem: Tensor<4>) -> Tensor<4> {
        self.pool.forward(stem)
    }

    /// The eight residual blocks, in order.
    pub fn blocks(&self) -> &[BasicBlock] {
        &self.blocks
    }

    /// Takes over the batch statistics of one training forward pass (call it once after each optimiser step).
    pub fn absorb(mut self, statistics: BatchStatistics) -> Self {
        let layers = statistics.into_layers();
        self.bn1 = absorb_own(self.bn1, &layers);
        self.blocks = self
            .blocks
            .into_iter()
            .map(|block| block.absorb(&layers))
            .collect();
        self
    }

    /// Draws the statistics of every batch norm, keyed by (seed, member, sample, layer) and so the same for every
    /// photograph.
    pub fn sample_statistics(
        &self,
        seed: u64,
        member: usize,
        sample: u32,
    ) -> Result<SampledStatistics, NoMoments> {
        SampledStatistics::draw(self.norms(), seed, member, sample)
    }

    /// Whether every batch norm holds the moments that sampling needs.
    pub fn has_moments(&self) -> bool {
        self.norms().iter().all(|norm| norm.moments.is_some())
    }

    /// Every batch norm in torchvision's order, which is the order of their layer numbers.
    pub(crate) fn norms(&self) -> Vec<&BatchNorm> {
        let blocks = self.blocks.iter().flat_map(|block| {
            let shortcut = block.downsample.as_ref().map(|downsample| &downsample.bn);
            [Some(&block.bn1), Some(&block.bn2), shortcut]
                .into_iter()
                .flatten()
        });
        std::iter::once(&self.bn1).chain(blocks).collect()
    }
}

impl BasicBlock {
    /// The whole block; `input` and result are after a ReLU.
    pub fn forward(&self, input: Tensor<4>, mode: BatchNormMode<'_>) -> Tensor<4> {
        let inner = relu(self.inner(input.clone(), mode));
        relu(self.outer(inner, input, mode))
    }

    /// First convolution and batch norm, *before* the ReLU.
    pub fn inner(&self, input: Tensor<4>, mode: BatchNormMode<'_>) -> Tensor<4> {
        self.bn1.forward(self.conv1.forward(input), mode)
    }

    /// Second convolution and batch norm of `inner` (after its ReLU) plus the shortcut from the block's `input`,
    /// *before* the ReLU.
    pub fn outer(&self, inner: Tensor<4>, input: Tensor<4>, mode: BatchNormMode<'_>) -> Tensor<4> {
        let residual = self.bn2.forward(self.conv2.forward(inner), mode);
        let shortcut = match &self.downsample {
            Some(downsample) => downsample.bn.forward(downsample.conv.forward(input), mode),
            None => input,
        };
        residual + shortcut
    }

    fn absorb(mut self, layers: &[LayerStatistics]) -> Self {
        self.bn1 = absorb_own(self.bn1, layers);
        self.bn2 = absorb_own(self.bn2, layers);
        self.downsample = self.downsample.map(|Downsample { conv, bn }| Downsample {
            conv,
            bn: absorb_own(bn, layers),
        });
        self
    }
}

/// Residual blocks in the first `stages` stages: the stem has none, the others two each.
fn blocks_of(stages: usize) -> usize {
    2 * stages.saturating_sub(1)
}

fn through<'a>(
    blocks: impl Iterator<Item = &'a BasicBlock>,
    activation: Tensor<4>,
    mode: BatchNormMode<'_>,
) -> Tensor<4> {
    blocks.fold(activation, |activation, block| {
        block.forward(activation, mode)
    })
}

/// Lets a batch norm take over what it measured itself.
fn absorb_own(norm: BatchNorm, layers: &[LayerStatistics]) -> BatchNorm {
    match layers
        .iter()
        .find(|measured| measured.layer == norm.layer())
    {
        Some(measured) => norm.absorb(measured),
        None => norm,
    }
}
