//! AdamW as this project uses it: no decay of scales, shifts and biases; the gradient of all weights cut together.

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param, ParamGroup, ParamId};
use burn::optim::{AdamWConfig, GradientsParams, ModuleOptimizer};
use burn::tensor::Tensor;
use grader::ResNet18;
use sha2::{Digest, Sha256};

/// AdamW with the constants of PyTorch's; `weight_decay` acts on kernels and matrices only.
pub(crate) fn adamw(weight_decay: f32) -> ModuleOptimizer {
    let configuration = AdamWConfig::new()
        .with_epsilon(1e-8)
        .with_weight_decay(weight_decay);
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
        let number = digest
            .iter()
            .take(8)
            .fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
        Param::from_mapped_value(ParamId::from(number), tensor, mapper)
    }
}

/// Multiplies the gradients so that the norm of all of them together is at most `limit`; returns the norm before, `[1]`.
pub(crate) fn clip(
    gradients: &mut GradientsParams,
    network: &ResNet18,
    limit: f64,
) -> Option<Tensor<1>> {
    let mut squares = Squares {
        gradients,
        sum: None,
    };
    network.visit(&mut squares);
    let norm = squares.sum?.sqrt();
    let factor = (norm.clone() + 1e-6)
        .recip()
        .mul_scalar(limit)
        .clamp_max(1.0);
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

#[cfg(test)]
mod tests {
    use burn::optim::GradientsParams;
    use burn::tensor::{Tensor, TensorData};
    use grader::{BatchNormMode, BatchStatistics, seeded, weights};
    use serde_json::Value;
    use trust::Grade;

    use super::{adamw, clip, identify};
    use crate::Loss;

    fn close(found: f64, expected: &Value, relative: f64, what: &str) {
        let expected = expected.as_f64().unwrap();
        assert!(
            (found - expected).abs() <= relative * expected.abs() + 1e-6,
            "{what}: {found} instead of {expected}"
        );
    }

    /// Values from `tests/reference/training.py`: PyTorch in double precision.
    #[test]
    fn two_steps_do_what_pytorch_does() {
        let golden: Value =
            serde_json::from_str(include_str!("../tests/reference/training.json")).unwrap();
        let device = grader::device("cpu").unwrap().autodiff();
        let mut network = identify(seeded::network(4, &device));
        let mut optimizer = adamw(0.05);
        let values: Vec<f32> = (4..8)
            .flat_map(|seed| seeded::input(seed, 64).values)
            .collect();
        let grades = [0, 3, 1, 4].map(|grade| Grade::from_index(grade).unwrap());
        for step in golden["steps"].as_array().unwrap() {
            let input =
                Tensor::<4>::from_data(TensorData::new(values.clone(), [4, 3, 64, 64]), &device);
            let statistics = BatchStatistics::new();
            let loss = Loss::default().forward(
                network.forward(input, BatchNormMode::Train(&statistics)),
                &grades,
            );
            let mut gradients = GradientsParams::from_grads(loss.backward(), &network);
            let norm = clip(&mut gradients, &network, 0.5).unwrap();
            close(
                f64::from(loss.into_scalar::<f32>()),
                &step["loss"],
                1e-3,
                "loss",
            );
            close(
                f64::from(norm.into_scalar::<f32>()),
                &step["gradient_norm"],
                1e-2,
                "gradient norm",
            );
            network = optimizer.step(1e-3, network, gradients).absorb(statistics);
        }
        let tensors = weights::to_tensors(&network);
        for (name, expected) in golden["weights"].as_object().unwrap() {
            let values = &tensors[name].values;
            let squares: f64 = values.iter().map(|value| f64::from(*value).powi(2)).sum();
            close(
                (squares / values.len() as f64).sqrt(),
                &expected["rms"],
                2e-3,
                name,
            );
        }
    }

    #[test]
    fn identities_follow_from_the_place_in_the_network() {
        let device = grader::device("cpu").unwrap();
        let identities = |seed| {
            format!(
                "{:?}",
                burn::module::ParamGroup::ids_from_module(identify(seeded::network(seed, &device)))
            )
        };
        assert_eq!(identities(1), identities(2));
    }
}
