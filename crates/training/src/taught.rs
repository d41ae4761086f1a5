//! What a batch teaches: its loss, and the gradients of all weights that learn.

use burn::optim::GradientsParams;
use burn::tensor::Tensor;
use grader::{BatchNormMode, BatchStatistics, ResNet18};

use crate::Precision;

/// A loss and its gradients.
pub(crate) struct Taught {
    pub(crate) loss: f64,
    pub(crate) gradients: GradientsParams,
}

/// Runs `input` `[batch, 3, height, width]` through the network, its first `frozen` stages without learning, and `loss`
/// from the last feature map to a loss `[1]`. Batch norm measures into `statistics`.
pub(crate) fn teach(
    network: &ResNet18,
    input: Tensor<4>,
    frozen: usize,
    precision: Precision,
    statistics: &BatchStatistics,
    loss: impl FnOnce(Tensor<4>) -> Tensor<1>,
) -> Taught {
    #[cfg(feature = "tch")]
    if let Some(recorded) = network.record(input.clone(), frozen, statistics, precision.into()) {
        return from_recorded(network, recorded, loss);
    }
    // Other engines know no mixed precision yet; the configuration refuses it there.
    let _ = precision;
    let mode = BatchNormMode::Train(statistics);
    let loss = loss(network.features_with_frozen(input, frozen, mode));
    Taught {
        gradients: GradientsParams::from_grads(loss.backward(), network),
        loss: f64::from(loss.into_scalar::<f32>()),
    }
}

/// The same where libtorch has recorded the convolutions.
#[cfg(feature = "tch")]
fn from_recorded(
    network: &ResNet18,
    recorded: grader::libtorch::Recorded,
    loss: impl FnOnce(Tensor<4>) -> Tensor<1>,
) -> Taught {
    let features = recorded.features().autodiff().require_grad();
    let loss = loss(features.clone());
    let mut found = loss.backward();
    let gradient = features.grad_remove(&mut found);
    // Of the head; the convolutions are not in Burn's graph.
    let mut gradients = GradientsParams::from_grads(found, network);
    if let Some(gradient) = gradient {
        recorded.backward(gradient, &mut gradients);
    }
    Taught {
        gradients,
        loss: f64::from(loss.into_scalar::<f32>()),
    }
}

#[cfg(feature = "tch")]
impl From<Precision> for grader::libtorch::Activations {
    fn from(precision: Precision) -> Self {
        match precision {
            Precision::Full => Self::F32,
            Precision::Mixed => Self::BF16,
        }
    }
}

#[cfg(all(test, feature = "tch"))]
mod tests {
    use burn::module::ModuleVisitor;
    use burn::module::{Module, Param};
    use burn::tensor::TensorData;
    use grader::{seeded, weights};

    use super::*;

    const SIDE: usize = 64;
    const BATCH: usize = 4;

    /// The gradients of every weight, in order, as numbers.
    struct Flat<'a>(&'a GradientsParams, Vec<(usize, Vec<f32>)>);

    impl ModuleVisitor for Flat<'_> {
        fn visit_float<const D: usize>(&mut self, parameter: &Param<Tensor<D>>) {
            if let Some(gradient) = self.0.get::<D>(parameter.id) {
                self.1.push((D, gradient.into_data().iter().collect()));
            }
        }
    }

    fn flat(network: &ResNet18, taught: &Taught) -> Vec<(usize, Vec<f32>)> {
        let mut flat = Flat(&taught.gradients, Vec::new());
        network.visit(&mut flat);
        flat.1
    }

    fn off(found: &[f32], expected: &[f32]) -> f64 {
        let squares = |values: &mut dyn Iterator<Item = f64>| values.map(|v| v * v).sum::<f64>();
        let mut differences = found.iter().zip(expected).map(|(a, b)| f64::from(a - b));
        let all = squares(&mut expected.iter().map(|v| f64::from(*v)));
        (squares(&mut differences) / all.max(1e-30)).sqrt()
    }

    /// Loss, gradients and absorbed statistics on a device, by name.
    fn on(
        device: &str,
        frozen: usize,
        precision: Precision,
    ) -> (f64, Vec<(usize, Vec<f32>)>, weights::Tensors) {
        let device = grader::device(device).unwrap().autodiff();
        let network = seeded::network(3, &device);
        let values: Vec<f32> = (0..BATCH as u64)
            .flat_map(|seed| seeded::input(seed, SIDE).values)
            .collect();
        let input =
            Tensor::<4>::from_data(TensorData::new(values, [BATCH, 3, SIDE, SIDE]), &device);
        let statistics = BatchStatistics::new();
        let taught = teach(
            &network,
            input,
            frozen,
            precision,
            &statistics,
            |features| {
                let logits = network.classify(network.pooled(features));
                (logits.clone() * logits).mean()
            },
        );
        let gradients = flat(&network, &taught);
        let tensors = weights::to_tensors(&network.absorb(statistics));
        (taught.loss, gradients, tensors)
    }

    #[test]
    fn libtorch_teaches_what_burn_teaches() {
        for (frozen, precision, limit) in [
            (0, Precision::Full, 1e-3),
            (2, Precision::Full, 1e-3),
            // Four small pictures and random weights: roundings add up as far as they can.
            (0, Precision::Mixed, 0.5),
        ] {
            let (loss, gradients, tensors) = on("libtorch", frozen, precision);
            let (loss_of_burn, gradients_of_burn, tensors_of_burn) =
                on("cpu", frozen, Precision::Full);
            let apart = (loss / loss_of_burn - 1.0).abs();
            assert!(apart < limit, "{precision:?}: losses {apart} apart");
            assert_eq!(gradients.len(), gradients_of_burn.len());
            for (place, (found, expected)) in gradients.iter().zip(&gradients_of_burn).enumerate() {
                assert_eq!(found.0, expected.0);
                let off = off(&found.1, &expected.1);
                assert!(off < limit, "{precision:?}: weight {place} off by {off}");
            }
            for (name, expected) in &tensors_of_burn {
                let off = off(&tensors[name].values, &expected.values);
                assert!(off < limit, "{precision:?}: {name} off by {off}");
            }
        }
    }
}
