//! AdamW as this project uses it: no decay of scales, shifts and biases; the gradient of all weights cut together.

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param, ParamGroup, ParamId};
use burn::optim::{AdamWConfig, GradientsParams, ModuleOptimizer};
use burn::tensor::Tensor;
use grader::ResNet18;
use sha2::{Digest, Sha256};

/// AdamW with the constants of PyTorch's; `weight_decay` acts on kernels and matrices only.
pub(crate) fn adamw(weight_decay: f32) -> ModuleOptimizer {
    let configuration = AdamWConfig::new().with_epsilon(1e-8).with_weight_decay(weight_decay);
    let without_decay = configuration.clone().with_weight_decay(0.0);
    let small = ParamGroup::from_any_predicates(vec!["gamma", "beta", "bias"]);
    ModuleOptimizer::from(configuration.build()).with_group(small, without_decay.build(), None)
}

/// Gives every parameter an identity that follows from its place in the network. Burn's optimiser finds its state by
/// identity, which would otherwise be random and lost between two runs.
pub(crate) fn identify(network: ResNet18) -> ResNet18 {
    network.map(&mut Identify { path: Vec::new() })
}

struct Identify {
    path: Vec<String>,
}

impl ModuleMapper for Identify {
    fn enter_module(&mut self, name: &str, _container: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.path.pop();
    }

    fn map_float<const D: usize>(&mut self, parameter: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let (_, tensor, mapper) = parameter.consume();
        let digest = Sha256::digest(self.path.join("."));
        let number = digest.iter().take(8).fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
        Param::from_mapped_value(ParamId::from(number), tensor, mapper)
    }
}

/// Multiplies the gradients so that the norm of all of them together is at most `limit`; returns the norm before, `[1]`.
pub(crate) fn clip(gradients: &mut GradientsParams, network: &ResNet18, limit: f64) -> Option<Tensor<1>> {
    let mut squares = Squares { gradients, sum: None };
    network.visit(&mut squares);
    let norm = squares.sum?.sqrt();
    let factor = (norm.clone() + 1e-6).recip().mul_scalar(limit).clamp_max(1.0);
    network.visit(&mut Scale { gradients, factor });
    Some(norm)
}

struct Squares<'a> {
    gradients: &'a GradientsParams,
    sum: Option<Tensor<1>>,
}

impl ModuleVisitor for Squares<'_> {
    fn visit_float<const D: usize>(&mut self, parameter: &Param<Tensor<D>>) {
        if let Some(gradient) = self.gradients.get::<D>(parameter.id) {
            let square = gradient.square().sum();
            self.sum = Some(match self.sum.take() {
                Some(sum) => sum + square,
                None => square,
            });
        }
    }
}

struct Scale<'a> {
    gradients: &'a mut GradientsParams,
    factor: Tensor<1>,
}

impl ModuleVisitor for Scale<'_> {
    fn visit_float<const D: usize>(&mut self, parameter: &Param<Tensor<D>>) {
        if let Some(gradient) = self.gradients.remove::<D>(parameter.id) {
            let scaled = gradient * self.factor.clone().reshape([1; D]);
            self.gradients.register(parameter.id, scaled);
        }
    }
}
