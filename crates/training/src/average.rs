//! The running average of a member's weights, which is what is measured, kept, and asked about photographs without a
//! grade.

use burn::tensor::Device;
use grader::ResNet18;
use grader::weights::{self, Tensors};

/// Exponential moving average of all weights and batch-norm statistics over the steps (the teacher of Tarvainen and
/// Valpola 2017, arXiv:1703.01780). Single steps, and so the camera of the last photographs, weigh little in it.
pub(crate) struct Average(Tensors);

impl Average {
    /// Begins with the weights as they are.
    pub(crate) fn of(network: &ResNet18) -> Self {
        Self(weights::to_tensors(network))
    }

    /// As a checkpoint kept it.
    pub(crate) fn from_tensors(tensors: Tensors) -> Self {
        Self(tensors)
    }

    pub(crate) fn tensors(&self) -> &Tensors {
        &self.0
    }

    /// Takes in the weights after step `steps`, counted from 1. While fewer steps are done than `decay` looks back
    /// over, the average looks back over those alone: the start must not weigh longer than what was learned.
    pub(crate) fn follow(&mut self, network: &ResNet18, decay: f64, steps: usize) {
        let steps = steps as f64;
        let kept = decay.min((1.0 + steps) / (10.0 + steps)) as f32;
        for (name, newest) in weights::to_tensors(network) {
            // Batch-norm moments appear with the first step.
            let Some(average) = self.0.get_mut(&name) else {
                self.0.insert(name, newest);
                continue;
            };
            for (average, newest) in average.values.iter_mut().zip(newest.values) {
                *average += (1.0 - kept) * (newest - *average);
            }
        }
    }

    /// The network of these weights.
    pub(crate) fn network(&self, device: &Device) -> ResNet18 {
        weights::from_tensors(self.0.clone(), device)
            .expect("the average has the names and shapes of the network that it follows")
    }
}
