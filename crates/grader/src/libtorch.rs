//! The convolutions with libtorch's own operations, in training mode with its gradients too.
//!
//! Through Burn, libtorch computes batch norm in some twenty operations and the gradient of a kernel as a convolution
//! with kernels as large as pictures; its own are several times as fast, and can keep activations in 16 bits. So where
//! training runs on libtorch, everything before the pooling is recorded by libtorch, and pooling, head and loss by Burn:
//! [`Recorded::features`] goes from one to the other, its gradient back through [`Recorded::backward`].
//!
//! The numbers are those of [`ResNet18::features_with_frozen`] but for the order of additions, and for rounding in mixed
//! precision.

// Burn means to drop libtorch one day; until then it is the fastest on CPUs.
#![allow(deprecated)]

use burn::backend::LibTorch;
use burn::backend::libtorch::TchTensor;
use burn::module::{Param, ParamId};
use burn::nn::conv::Conv2d;
use burn::optim::GradientsParams;
use burn::tensor::Tensor;
use tch::Kind;

use crate::batch_norm::{BatchNorm, BatchStatistics, EPSILON};
use crate::network::{BasicBlock, ResNet18};

/// In what activations and the products of convolutions are kept while training. Weights, their gradients, the statistics
/// of batch norm, head and loss have 32 bits either way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activations {
    /// 32 bits.
    F32,
    /// bfloat16: 8 bits of mantissa and the range of 32 bits, so that no loss needs scaling.
    BF16,
}

/// A forward pass that can be differentiated once.
pub struct Recorded {
    features: tch::Tensor,
    leaves: Vec<(ParamId, usize, tch::Tensor)>,
}

impl Recorded {
    /// The last feature map `[batch, 512, height, width]` after the last ReLU, in 32 bits, without autodiff.
    pub fn features(&self) -> Tensor<4> {
        to_burn(&self.features.detach().to_kind(Kind::Float).contiguous())
    }

    /// Adds the gradients of all weights that learn, given that of [`features`](Self::features).
    pub fn backward(self, gradient: Tensor<4>, gradients: &mut GradientsParams) {
        let Some(gradient) = to_libtorch(gradient) else {
            return;
        };
        let (identities, leaves): (Vec<_>, Vec<_>) = (self.leaves.into_iter())
            .map(|(id, rank, leaf)| ((id, rank), leaf))
            .unzip();
        if leaves.is_empty() {
            return;
        }
        // Its gradient with respect to the features is the one that was given.
        let projection = (&self.features * gradient.to_kind(self.features.kind())).sum(Kind::Float);
        let found = tch::Tensor::run_backward(&[projection], &leaves, false, false);
        for ((id, rank), gradient) in identities.into_iter().zip(&found) {
            match rank {
                1 => gradients.register(id, to_burn::<1>(gradient)),
                _ => gradients.register(id, to_burn::<4>(&gradient.contiguous())),
            }
        }
    }
}

impl ResNet18 {
    /// Records [`features_with_frozen`](Self::features_with_frozen) in training mode; nothing where the input does not lie
    /// on libtorch.
    pub fn record(
        &self,
        input: Tensor<4>,
        frozen: usize,
        statistics: &BatchStatistics,
        activations: Activations,
    ) -> Option<Recorded> {
        let kind = match activations {
            Activations::F32 => Kind::Float,
            Activations::BF16 => Kind::BFloat16,
        };
        let mut pass = Pass {
            statistics,
            kind,
            learns: frozen == 0,
            leaves: Vec::new(),
        };
        let input = pixel_by_pixel(&to_libtorch(input.without_autodiff())?).to_kind(kind);
        let stem = pass.convolve(&self.conv1, &self.bn1, &input, 2)?.relu();
        let mut activation = stem.max_pool2d([3, 3], [2, 2], [1, 1], [1, 1], false);
        for (index, block) in self.blocks.iter().enumerate() {
            pass.learns = index / 2 + 1 >= frozen;
            activation = pass.block(block, &activation)?;
        }
        Some(Recorded {
            features: activation,
            leaves: pass.leaves,
        })
    }
}

impl ResNet18 {
    /// [`features`](Self::features) with the batch norms of the weights, each folded into its convolution; nothing where
    /// the input does not lie on libtorch, or is to be differentiated.
    pub(crate) fn features_by_libtorch(&self, input: Tensor<4>) -> Option<Tensor<4>> {
        tch::no_grad(|| {
            let input = pixel_by_pixel(&to_libtorch(input)?);
            let stem = folded(&self.conv1, &self.bn1, &input, 2)?.relu_();
            let mut activation = stem.max_pool2d([3, 3], [2, 2], [1, 1], [1, 1], false);
            for block in &self.blocks {
                let stride = block.conv1.stride[0] as i64;
                let inner = folded(&block.conv1, &block.bn1, &activation, stride)?.relu_();
                let mut outer = folded(&block.conv2, &block.bn2, &inner, 1)?;
                outer += match &block.downsample {
                    Some(downsample) => {
                        folded(&downsample.conv, &downsample.bn, &activation, stride)?
                    }
                    None => activation,
                };
                activation = outer.relu_();
            }
            Some(to_burn(&activation.contiguous()))
        })
    }
}

/// A convolution and its batch norm with the statistics of the weights, as one.
fn folded(
    conv: &Conv2d,
    norm: &BatchNorm,
    input: &tch::Tensor,
    stride: i64,
) -> Option<tch::Tensor> {
    let (scale, shift) = norm.scale_and_shift(norm.running_mean.val(), norm.running_variance.val());
    let kernel = to_libtorch(conv.weight.val())? * to_libtorch(scale)?.view([-1, 1, 1, 1]);
    let padding = (kernel.size()[2] - 1) / 2;
    Some(input.conv2d(
        &pixel_by_pixel(&kernel),
        Some(&to_libtorch(shift)?),
        [stride, stride],
        [padding, padding],
        [1, 1],
        1,
    ))
}

/// Channels last in memory, which libtorch's kernels are fastest with; all that follow keep it.
fn pixel_by_pixel(tensor: &tch::Tensor) -> tch::Tensor {
    (tensor.permute([0, 2, 3, 1]).contiguous()).permute([0, 3, 1, 2])
}

struct Pass<'a> {
    statistics: &'a BatchStatistics,
    kind: Kind,
    /// Whether the weights that come next learn.
    learns: bool,
    leaves: Vec<(ParamId, usize, tch::Tensor)>,
}

impl Pass<'_> {
    fn block(&mut self, block: &BasicBlock, input: &tch::Tensor) -> Option<tch::Tensor> {
        let stride = block.conv1.stride[0] as i64;
        let inner = self
            .convolve(&block.conv1, &block.bn1, input, stride)?
            .relu();
        let residual = self.convolve(&block.conv2, &block.bn2, &inner, 1)?;
        let outer = match &block.downsample {
            Some(downsample) => {
                residual + self.convolve(&downsample.conv, &downsample.bn, input, stride)?
            }
            None => residual + input,
        };
        Some(outer.relu())
    }

    /// A convolution and its batch norm over the batch.
    fn convolve(
        &mut self,
        conv: &Conv2d,
        norm: &BatchNorm,
        input: &tch::Tensor,
        stride: i64,
    ) -> Option<tch::Tensor> {
        let kernel = self.leaf(&conv.weight)?;
        let (gamma, beta) = (self.leaf(&norm.gamma)?, self.leaf(&norm.beta)?);
        let padding = (kernel.size()[2] - 1) / 2;
        let convolved = input.conv2d(
            &kernel.to_kind(self.kind),
            None::<&tch::Tensor>,
            [stride, stride],
            [padding, padding],
            [1, 1],
            1,
        );
        let [batch, channels, height, width] = <[i64; 4]>::try_from(convolved.size()).ok()?;
        // With a momentum of 1 the running statistics become those of the batch.
        let mean = tch::Tensor::zeros([channels], (Kind::Float, input.device()));
        let unbiased = mean.ones_like();
        let normalized = convolved.batch_norm(
            Some(&gamma),
            Some(&beta),
            Some(&mean),
            Some(&unbiased),
            true,
            1.0,
            EPSILON,
            false,
        );
        let count = (batch * height * width) as usize;
        let variance = unbiased * ((count - 1) as f64 / count as f64);
        self.statistics
            .measured(norm, to_burn(&mean), to_burn(&variance), count);
        Some(normalized)
    }

    /// A weight that libtorch differentiates with respect to, if it learns.
    fn leaf<const D: usize>(&mut self, weight: &Param<Tensor<D>>) -> Option<tch::Tensor> {
        let tensor = to_libtorch(weight.val().without_autodiff())?.detach();
        if !self.learns {
            return Some(tensor);
        }
        let leaf = tensor.set_requires_grad(true);
        self.leaves.push((weight.id, D, leaf.shallow_clone()));
        Some(leaf)
    }
}

fn to_libtorch<const D: usize>(tensor: Tensor<D>) -> Option<tch::Tensor> {
    let primitive = tensor.try_into_primitive::<LibTorch>().ok()?;
    Some(primitive.tensor)
}

fn to_burn<const D: usize>(tensor: &tch::Tensor) -> Tensor<D> {
    Tensor::from_primitive::<LibTorch>(TchTensor::new(tensor.shallow_clone()))
}
