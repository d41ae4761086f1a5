//! What learning makes small.
//!
//! Cross-entropy alone does not know that the grades are ordered, nor that the step from 1 to 2 decides about the
//! patient. Two terms say so: the distance of the expected grade from the true one, and a binary cross-entropy on the
//! probability of referable retinopathy.

use burn::nn::loss::SmoothL1LossConfig;
use burn::tensor::activation::log_softmax;
use burn::tensor::{Device, Tensor, TensorData};
use serde::{Deserialize, Serialize};
use trust::Grade;

/// Weights of the loss's terms.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Loss {
    /// Share of the target spread evenly over the five grades (label smoothing), in [0, 1).
    pub label_smoothing: f64,
    /// Weight of the smooth L1 distance (Huber's, threshold 1) between expected and true grade.
    pub expected_grade: f64,
    /// Weight of the binary cross-entropy of p2 + p3 + p4 against "referable".
    pub referable: f64,
}

impl Default for Loss {
    fn default() -> Self {
        Self {
            label_smoothing: 0.05,
            expected_grade: 0.5,
            referable: 1.0,
        }
    }
}

/// The probability of referable retinopathy is kept this far from 0 and 1, so that its logarithm stays finite.
const REFERABLE_MARGIN: f64 = 1e-4;

impl Loss {
    /// Mean loss `[1]` over a batch of logits `[batch, 5]`, in nats.
    pub fn forward(&self, logits: Tensor<2>, grades: &[Grade]) -> Tensor<1> {
        self.per_photograph(logits, grades).mean()
    }

    /// The loss `[batch]` of each row of logits `[batch, 5]`, in nats.
    pub(crate) fn per_photograph(&self, logits: Tensor<2>, grades: &[Grade]) -> Tensor<1> {
        let device = logits.device();
        let log_probabilities = log_softmax(logits, 1);
        let targets = self.smoothed_targets(grades, &device);
        let cross_entropy = (log_probabilities.clone() * targets).sum_dim(1).neg();

        let probabilities = log_probabilities.exp();
        let numbers = Tensor::<2>::from_data([[0.0_f32, 1.0, 2.0, 3.0, 4.0]], &device);
        let expected = (probabilities.clone() * numbers).sum_dim(1);
        let truth = column(grades, &device, |grade| grade.index() as f32);
        let distance = SmoothL1LossConfig::new().init().forward(expected, truth);

        let referable = probabilities.slice([0..grades.len(), 2..5]).sum_dim(1);
        let referable = referable.clamp(REFERABLE_MARGIN, 1.0 - REFERABLE_MARGIN);
        let is_referable = column(grades, &device, |grade| {
            f32::from(u8::from(grade.is_referable()))
        });
        let found = is_referable.clone() * referable.clone().log();
        let spared = (is_referable.neg() + 1.0) * (referable.neg() + 1.0).log();
        let binary_cross_entropy = (found + spared).neg();

        let sum =
            cross_entropy + distance * self.expected_grade + binary_cross_entropy * self.referable;
        sum.squeeze_dim::<1>(1)
    }

    fn smoothed_targets(&self, grades: &[Grade], device: &Device) -> Tensor<2> {
        let off = self.label_smoothing / 5.0;
        let mut values = vec![off as f32; grades.len() * 5];
        for (row, grade) in values.chunks_exact_mut(5).zip(grades) {
            row[grade.index()] = (1.0 - self.label_smoothing + off) as f32;
        }
        Tensor::from_data(TensorData::new(values, [grades.len(), 5]), device)
    }
}

fn column(grades: &[Grade], device: &Device, value: impl Fn(Grade) -> f32) -> Tensor<2> {
    let values: Vec<f32> = grades.iter().map(|grade| value(*grade)).collect();
    Tensor::from_data(TensorData::new(values, [grades.len(), 1]), device)
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Tensor, TensorData};
    use serde_json::Value;
    use trust::Grade;

    use super::Loss;

    fn numbers(rows: &Value) -> Vec<f32> {
        let row = |row: &Value| {
            row.as_array()
                .unwrap()
                .iter()
                .map(|value| value.as_f64().unwrap() as f32)
                .collect::<Vec<_>>()
        };
        rows.as_array().unwrap().iter().flat_map(row).collect()
    }

    /// Values from `tests/reference/training.py`: PyTorch in double precision.
    #[test]
    fn loss_and_gradient_agree_with_pytorch() {
        let golden: Value =
            serde_json::from_str(include_str!("../tests/reference/training.json")).unwrap();
        let device = grader::device("cpu").unwrap().autodiff();
        let data = TensorData::new(numbers(&golden["loss"]["logits"]), [4, 5]);
        let logits = Tensor::<2>::from_data(data, &device).require_grad();
        let grades = [0, 2, 4, 3].map(|grade| Grade::from_index(grade).unwrap());
        let loss = Loss::default().forward(logits.clone(), &grades);
        let gradients = loss.backward();
        let value = f64::from(loss.into_scalar::<f32>());
        assert!(
            (value - golden["loss"]["value"].as_f64().unwrap()).abs() < 1e-4,
            "{value}"
        );
        let gradient: Vec<f32> = logits
            .grad(&gradients)
            .unwrap()
            .into_data()
            .iter::<f32>()
            .collect();
        for (found, expected) in gradient.iter().zip(numbers(&golden["loss"]["gradient"])) {
            assert!(
                (found - expected).abs() < 1e-5,
                "{found} instead of {expected}"
            );
        }
    }
}
