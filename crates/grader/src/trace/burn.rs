//! One forward pass, remembered in pieces, and the way back through it.
//!
//! The network is cut at every ReLU (and at the max pooling). Each piece between two cuts is a small autodiff graph of
//! its own whose leaf is the activation before it, so that the way back passes every ReLU by hand: with the true
//! gradient, or with the rule of Guided Backpropagation, which automatic differentiation cannot express. Weights stay
//! outside the graphs: no gradient is computed for them. Only the activations at the cuts are kept.

use burn::tensor::activation::relu;
use burn::tensor::{Device, Tensor, TensorData};
use grader::{BasicBlock, BatchNormMode, ResNet18};

use crate::target::Target;

/// What a ReLU does to the gradient that comes back through it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReluRule {
    /// The derivative: what came in above zero lets the gradient through.
    Gradient,
    /// Guided Backpropagation (Springenberg et al. 2015, arXiv:1412.6806): besides, only a positive gradient passes.
    Guided,
}

/// A forward pass of a batch through one member with frozen batch norm.
pub(crate) struct Trace<'a> {
    member: &'a ResNet18,
    stem: Piece,
    pool: Piece,
    blocks: Vec<BlockTrace>,
    features: Tensor<4>,
    logits: Vec<[f32; 5]>,
}

/// A graph from an activation to the next cut.
struct Piece {
    leaf: Tensor<4>,
    output: Tensor<4>,
}

struct BlockTrace {
    /// From the block's input to before its first ReLU.
    inner: Piece,
    /// Leaf: after the first ReLU. Output: before the second, of that leaf and of the leaf of `inner` (the shortcut).
    outer: Piece,
}

impl<'a> Trace<'a> {
    /// Sends pictures `[batch, 3, side, side]` through the member.
    pub(crate) fn forward(member: &'a ResNet18, pictures: Tensor<4>) -> Self {
        let stem = Piece::new(pictures, |picture| {
            member.stem(picture, BatchNormMode::Frozen)
        });
        let pool = Piece::new(stem.rectified(), |activation| member.max_pool(activation));
        let mut activation = pool.output.clone().inner();
        let mut blocks = Vec::with_capacity(member.blocks().len());
        for block in member.blocks() {
            let trace = BlockTrace::new(block, activation);
            activation = trace.outer.rectified();
            blocks.push(trace);
        }
        let logits = rows(member.head(activation.clone()));
        Self {
            member,
            stem,
            pool,
            blocks,
            features: activation,
            logits,
        }
    }

    /// The logits of every picture of the batch.
    pub(crate) fn logits(&self) -> &[[f32; 5]] {
        &self.logits
    }

    /// The last feature map `[batch, 512, height, width]` and the gradient of the target with respect to it.
    pub(crate) fn features_and_gradient(&self, target: Target) -> (Tensor<4>, Tensor<4>) {
        let leaf = self.features.clone().autodiff().require_grad();
        let device = self.features.device();
        let slopes = self
            .logits
            .iter()
            .flat_map(|logits| target.gradient(logits).map(|slope| slope as f32));
        let slopes = TensorData::new(slopes.collect::<Vec<_>>(), [self.logits.len(), 5]);
        let output = self.member.head(leaf.clone()) * Tensor::<2>::from_data(slopes, &device);
        (self.features.clone(), gradient_of(&leaf, output.sum()))
    }

    /// The target's gradient with respect to the pictures, `[batch, 3, side, side]`, under the rule for ReLUs.
    pub(crate) fn picture_gradient(self, target: Target, rule: ReluRule) -> Tensor<4> {
        let (_, mut gradient) = self.features_and_gradient(target);
        for block in self.blocks.into_iter().rev() {
            gradient = block.backward(gradient, rule);
        }
        let gradient = self.pool.backward(gradient);
        let gradient = self.stem.through_relu(gradient, rule);
        self.stem.backward(gradient)
    }
}

impl Piece {
    fn new(activation: Tensor<4>, forward: impl FnOnce(Tensor<4>) -> Tensor<4>) -> Self {
        let leaf = activation.autodiff().require_grad();
        let output = forward(leaf.clone());
        Self { leaf, output }
    }

    /// The piece's output after its ReLU, outside every graph.
    fn rectified(&self) -> Tensor<4> {
        relu(self.output.clone().inner())
    }

    /// From the gradient after the ReLU that follows this piece to the gradient before it.
    fn through_relu(&self, gradient: Tensor<4>, rule: ReluRule) -> Tensor<4> {
        let gradient = match rule {
            ReluRule::Gradient => gradient,
            ReluRule::Guided => gradient.clamp_min(0.0),
        };
        let closed = self.output.clone().inner().lower_equal_elem(0.0);
        gradient.mask_fill(closed, 0.0)
    }

    /// From the gradient with respect to the output to that with respect to the leaf.
    fn backward(self, gradient: Tensor<4>) -> Tensor<4> {
        gradient_of(&self.leaf, (self.output * gradient).sum())
    }
}

impl BlockTrace {
    fn new(block: &BasicBlock, activation: Tensor<4>) -> Self {
        let inner = Piece::new(activation, |input| {
            block.inner(input, BatchNormMode::Frozen)
        });
        let shortcut = inner.leaf.clone();
        let outer = Piece::new(inner.rectified(), |between| {
            block.outer(between, shortcut, BatchNormMode::Frozen)
        });
        Self { inner, outer }
    }

    /// From the gradient after the block to the gradient before it.
    fn backward(self, gradient: Tensor<4>, rule: ReluRule) -> Tensor<4> {
        let gradient = self.outer.through_relu(gradient, rule);
        let mut gradients = (self.outer.output * gradient).sum().backward();
        let residual = self
            .outer
            .leaf
            .grad_remove(&mut gradients)
            .expect("the leaf requires its gradient");
        let shortcut = self
            .inner
            .leaf
            .grad_remove(&mut gradients)
            .expect("the leaf requires its gradient");
        let residual = self.inner.through_relu(residual, rule);
        self.inner.backward(residual) + shortcut
    }
}

fn gradient_of(leaf: &Tensor<4>, loss: Tensor<1>) -> Tensor<4> {
    let mut gradients = loss.backward();
    leaf.grad_remove(&mut gradients)
        .expect("the leaf requires its gradient")
}

fn rows(logits: Tensor<2>) -> Vec<[f32; 5]> {
    let values = host_values(logits);
    values
        .chunks_exact(5)
        .map(|row| [row[0], row[1], row[2], row[3], row[4]])
        .collect()
}

/// A tensor's values on the host, row-major.
pub(crate) fn host_values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().iter::<f32>().collect()
}

/// Pictures of planar values `[3, side, side]`, one after the other, as a batch `[batch, 3, side, side]`.
pub(crate) fn batch(values: Vec<f32>, side: usize, device: &Device) -> Tensor<4> {
    let pictures = values.len() / (3 * side * side);
    Tensor::from_data(TensorData::new(values, [pictures, 3, side, side]), device)
}
