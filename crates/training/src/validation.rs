//! How good a network in training is on the validation photographs: one upright view each, frozen batch norm.

use burn::module::Module;
use burn::tensor::{Device, Tensor, TensorData};
use fundus::{NetworkInput, Preparation};
use grader::{CLASSES, Member, ResNet18};
use rayon::prelude::*;
use trust::{Grade, Logits, Probabilities, TrustError, metrics};

use crate::photographs::{Photograph, grades};
use crate::{Loss, TrainingError};

/// The validation photographs as the network sees them; they never change, so they are made once.
pub(crate) struct Validation {
    pub(crate) inputs: Vec<NetworkInput>,
    pub(crate) grades: Vec<Grade>,
}

/// Measured on the validation photographs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Measured {
    pub(crate) loss: f64,
    /// 0 where it is undefined (all grades and answers the same).
    pub(crate) kappa: f64,
    /// 0.5 where it is undefined (one class only).
    pub(crate) referable_auc: f64,
    pub(crate) accuracy: f64,
}

impl Validation {
    pub(crate) fn new(photographs: &[Photograph], preparation: &Preparation) -> Self {
        let inputs = photographs
            .par_iter()
            .map(|photograph| preparation.input(&photograph.cropped))
            .collect();
        Self {
            inputs,
            grades: grades(photographs),
        }
    }

    /// Grades every photograph with a network that lies on an autodiff device.
    pub(crate) fn measure(
        &self,
        network: &ResNet18,
        loss: &Loss,
        batch_size: usize,
        device: &Device,
    ) -> Result<Measured, TrainingError> {
        let device = device.clone().inner();
        let member = Member::new(&network.valid(), &device);
        let mut logits: Vec<Logits> = Vec::with_capacity(self.inputs.len());
        let mut total_loss = 0.0;
        for (inputs, grades) in self
            .inputs
            .chunks(batch_size)
            .zip(self.grades.chunks(batch_size))
        {
            let side = inputs[0].side;
            let values: Vec<f32> = inputs
                .iter()
                .flat_map(|input| input.values.iter().copied())
                .collect();
            let answers = member.classify(&member.averages(&values, side, None));
            let rows: Vec<f32> = answers.iter().flat_map(|logits| logits.0).collect();
            let rows = TensorData::new(rows, [answers.len(), CLASSES]);
            let mean = loss.forward(Tensor::from_data(rows, &device), grades);
            total_loss += f64::from(mean.into_scalar::<f32>()) * grades.len() as f64;
            logits.extend(answers);
        }
        Ok(self.judge(&logits, total_loss / self.grades.len() as f64)?)
    }

    fn judge(&self, logits: &[Logits], loss: f64) -> Result<Measured, TrustError> {
        let answers = logits
            .iter()
            .map(Probabilities::softmax)
            .collect::<Result<Vec<_>, _>>()?;
        let pairs = self
            .grades
            .iter()
            .copied()
            .zip(answers.iter().map(Probabilities::grade));
        let confusion = metrics::confusion_matrix(pairs);
        let scores: Vec<(f32, bool)> = answers
            .iter()
            .zip(&self.grades)
            .map(|(answer, grade)| (answer.referable(), grade.is_referable()))
            .collect();
        Ok(Measured {
            loss,
            kappa: metrics::quadratic_weighted_kappa(&confusion).unwrap_or(0.0),
            referable_auc: metrics::roc_auc(&scores).unwrap_or(0.5),
            accuracy: metrics::accuracy(&confusion).unwrap_or(0.0),
        })
    }
}
