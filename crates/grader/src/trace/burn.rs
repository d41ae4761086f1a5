//! A forward pass in Burn, remembered in pieces, and the way back through it.
//!
//! The network is cut at every ReLU (and at the max pooling). Each piece between two cuts is a small autodiff graph of
//! its own whose leaf is the activation before it, so that the way back passes every ReLU by hand: with the true
//! gradient, or with the rule of Guided Backpropagation, which automatic differentiation cannot express. Weights stay
//! outside the graphs: no gradient is computed for them. Only the activations at the cuts are kept.

use burn::tensor::activation::relu;
use burn::tensor::{Tensor, TensorData};
use inference::{Layer, LayerValues, ReluRule};

use crate::batch_norm::BatchNormMode;
use crate::member::{batch, rows, values};
use crate::network::{BasicBlock, FEATURES, ResNet18};

/// A forward pass of a batch through one member with frozen batch norm.
pub(crate) struct Trace<'a> {
    member: &'a ResNet18,
    stem: Piece,
    pool: Piece,
    blocks: Vec<BlockTrace>,
    features: Tensor<4>,
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
    /// Sends planar pictures `[batch, 3, side, side]` through the member.
    pub(crate) fn forward(member: &'a ResNet18, pictures: &[f32], side: usize) -> Self {
        let stem = Piece::new(batch(pictures, side, member), |picture| {
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
        Self {
            member,
            stem,
            pool,
            blocks,
            features: activation,
        }
    }

    /// The averages of the last feature map over all places, of every picture.
    pub(crate) fn averages(&self) -> Vec<[f32; FEATURES]> {
        rows(values(self.member.pooled(self.features.clone())))
    }

    /// The last feature map `[picture][512][height][width]`, and its height and width.
    pub(crate) fn feature_map(&self) -> (Vec<f32>, [usize; 2]) {
        let [_, _, height, width] = self.features.dims();
        (values(self.features.clone()), [height, width])
    }

    /// The gradient with respect to the pictures, `[picture][3][side][side]`, from the slopes with respect to the
    /// averages.
    pub(crate) fn picture_gradient(self, slopes: &[[f32; FEATURES]], rule: ReluRule) -> Vec<f32> {
        let mut gradient = self.spread(slopes);
        for block in self.blocks.into_iter().rev() {
            gradient = block.backward(gradient, rule);
        }
        let gradient = self.pool.backward(gradient);
        let gradient = self.stem.through_relu(gradient, rule);
        values(self.stem.backward(gradient))
    }

    /// What comes out of a layer, after its last ReLU.
    pub(crate) fn layer(&self, layer: Layer) -> LayerValues {
        match self.blocks.get(layer.blocks()) {
            Some(following) => layer_values(following.inner.leaf.clone().inner()),
            None => layer_values(self.features.clone()),
        }
    }

    /// The gradient with respect to what comes out of a layer, from the slopes with respect to the averages.
    pub(crate) fn layer_gradient(self, slopes: &[[f32; FEATURES]], layer: Layer) -> LayerValues {
        let mut gradient = self.spread(slopes);
        for block in self.blocks.into_iter().skip(layer.blocks()).rev() {
            gradient = block.backward(gradient, ReluRule::Gradient);
        }
        layer_values(gradient)
    }

    /// The gradient with respect to the last feature map.
    fn spread(&self, slopes: &[[f32; FEATURES]]) -> Tensor<4> {
        let [pictures, channels, height, width] = self.features.dims();
        let slopes = TensorData::new(slopes.as_flattened().to_vec(), [pictures, channels, 1, 1]);
        let slopes = Tensor::<4>::from_data(slopes, &self.features.device());
        let places = (height * width) as f32;
        slopes.div_scalar(places).expand(self.features.dims())
    }
}

fn layer_values(tensor: Tensor<4>) -> LayerValues {
    let [_, channels, height, width] = tensor.dims();
    LayerValues {
        channels,
        size: [height, width],
        values: values(tensor),
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
            ReluRule::Deconvolution => return gradient.clamp_min(0.0),
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
