//! How a head answers for ordered grades, what it is taught by, and what its answer means as five probabilities.

use burn::tensor::activation::{log_sigmoid, log_softmax, sigmoid};
use burn::tensor::{Device, Tensor, TensorData};
use serde::{Deserialize, Serialize};
use trust::{Grade, Logits};

use crate::Loss;

/// What a head puts out, and the loss that goes with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// One logit a grade; cross-entropy.
    CrossEntropy,
    /// One logit a grade; cross-entropy with the distance of the expected grade and the referable term of
    /// [`Loss::default`].
    OrderedCrossEntropy,
    /// One score and four thresholds: each says whether the grade is above it (CORAL, Cao, Mirjalili and Raschka 2020,
    /// arXiv:1901.07884).
    Coral,
    /// Four logits: whether the grade is above k, given that it is at least k (CORN, Shi, Cao and Raschka 2021,
    /// arXiv:2111.08851).
    Corn,
    /// One number between 0 and 4, the expected grade; mean squared error.
    ExpectedGrade,
}

/// A probability is kept this far from 0, so that its logarithm stays finite.
const LEAST: f64 = 1e-6;

impl Answer {
    /// All of them, the plainest first.
    pub const ALL: [Self; 5] = [
        Self::CrossEntropy,
        Self::OrderedCrossEntropy,
        Self::Coral,
        Self::Corn,
        Self::ExpectedGrade,
    ];

    /// Its name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::CrossEntropy => "cross-entropy",
            Self::OrderedCrossEntropy => "ordered cross-entropy",
            Self::Coral => "CORAL",
            Self::Corn => "CORN",
            Self::ExpectedGrade => "expected grade",
        }
    }

    /// Rows of the head's matrix.
    pub(crate) fn scores(self) -> usize {
        match self {
            Self::CrossEntropy | Self::OrderedCrossEntropy => 5,
            Self::Coral | Self::ExpectedGrade => 1,
            Self::Corn => 4,
        }
    }

    /// Entries of the head's bias.
    pub(crate) fn biases(self) -> usize {
        match self {
            Self::Coral => 4,
            _ => self.scores(),
        }
    }

    /// The loss of each row of `outputs` `[views, biases]` (matrix product plus bias), `[views]` in nats, or in squared
    /// grades.
    pub(crate) fn losses(self, outputs: Tensor<2>, grades: &[Grade]) -> Tensor<1> {
        let device = outputs.device();
        match self {
            Self::CrossEntropy => {
                let truth = table(grades, &device, 5, |grade, class| grade.index() == class);
                (log_softmax(outputs, 1) * truth)
                    .sum_dim(1)
                    .neg()
                    .squeeze_dim::<1>(1)
            }
            Self::OrderedCrossEntropy => Loss::default().per_photograph(outputs, grades),
            Self::Coral => {
                let above = table(grades, &device, 4, |grade, step| grade.index() > step);
                steps_loss(outputs, above).sum_dim(1).squeeze_dim::<1>(1)
            }
            Self::Corn => {
                let above = table(grades, &device, 4, |grade, step| grade.index() > step);
                // The step above k is only learned from photographs of at least grade k.
                let asked = table(grades, &device, 4, |grade, step| grade.index() >= step);
                (steps_loss(outputs, above) * asked)
                    .sum_dim(1)
                    .squeeze_dim::<1>(1)
            }
            Self::ExpectedGrade => {
                let truth: Vec<f32> = grades.iter().map(|grade| grade.index() as f32).collect();
                let truth = Tensor::<1>::from_data(TensorData::new(truth, [grades.len()]), &device);
                let expected = sigmoid(outputs).squeeze_dim::<1>(1) * 4.0;
                (expected - truth).square()
            }
        }
    }

    /// The five logits of one row of outputs: of heads that are not softmax, log-probabilities.
    pub(crate) fn logits(self, outputs: &[f32]) -> Logits {
        let chance = |logit: f32| 1.0 / (1.0 + (-f64::from(logit)).exp());
        match self {
            Self::CrossEntropy | Self::OrderedCrossEntropy => {
                Logits(std::array::from_fn(|class| outputs[class]))
            }
            Self::Coral => {
                // The thresholds are learned freely: where two are out of order, the lower decides.
                let mut above = [1.0; 6];
                above[5] = 0.0;
                for step in 0..4 {
                    above[step + 1] = chance(outputs[step]).min(above[step]);
                }
                logarithms(std::array::from_fn(|class| above[class] - above[class + 1]))
            }
            Self::Corn => {
                let mut reached = 1.0;
                logarithms(std::array::from_fn(|class| {
                    let goes_on = if class < 4 {
                        chance(outputs[class])
                    } else {
                        0.0
                    };
                    let stays = reached * (1.0 - goes_on);
                    reached *= goes_on;
                    stays
                }))
            }
            Self::ExpectedGrade => {
                // A bell around the expected grade; its width is the temperature's to find.
                let expected = 4.0 * chance(outputs[0]);
                Logits(std::array::from_fn(|class| {
                    -(class as f64 - expected).powi(2) as f32
                }))
            }
        }
    }
}

/// Binary cross-entropy `[views]` of outputs `[views, 1]`, in nats.
pub(crate) fn binary_losses(outputs: Tensor<2>, is_positive: &[bool]) -> Tensor<1> {
    let truth: Vec<f32> = is_positive
        .iter()
        .map(|positive| f32::from(u8::from(*positive)))
        .collect();
    let truth = TensorData::new(truth, [is_positive.len(), 1]);
    let truth = Tensor::<2>::from_data(truth, &outputs.device());
    steps_loss(outputs, truth).squeeze_dim::<1>(1)
}

/// Binary cross-entropy of each step, in nats.
fn steps_loss(logits: Tensor<2>, above: Tensor<2>) -> Tensor<2> {
    let yes = above.clone() * log_sigmoid(logits.clone());
    let no = (above.neg() + 1.0) * log_sigmoid(logits.neg());
    (yes + no).neg()
}

fn table(
    grades: &[Grade],
    device: &Device,
    columns: usize,
    is_one: impl Fn(Grade, usize) -> bool,
) -> Tensor<2> {
    let is_one = &is_one;
    let values: Vec<f32> = grades
        .iter()
        .flat_map(|grade| {
            (0..columns).map(move |column| f32::from(u8::from(is_one(*grade, column))))
        })
        .collect();
    Tensor::from_data(TensorData::new(values, [grades.len(), columns]), device)
}

fn logarithms(probabilities: [f64; 5]) -> Logits {
    Logits(probabilities.map(|probability| probability.max(LEAST).ln() as f32))
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, Tensor, TensorData};
    use serde_json::Value;
    use trust::{Grade, Logits, Probabilities};

    use super::Answer;

    /// Values from `tests/reference/ordinal.py`: coral-pytorch in double precision.
    fn golden() -> Value {
        serde_json::from_str(include_str!("../../tests/reference/ordinal.json")).unwrap()
    }

    fn rows(rows: &Value) -> Vec<Vec<f32>> {
        let row = |row: &Value| {
            let values = row.as_array().unwrap().iter();
            values.map(|value| value.as_f64().unwrap() as f32).collect()
        };
        rows.as_array().unwrap().iter().map(row).collect()
    }

    fn losses(answer: Answer) -> Vec<f32> {
        let golden = golden();
        let logits = rows(&golden["logits"]).concat();
        let logits = TensorData::new(logits, [6, 4]);
        let grades: Vec<Grade> = golden["grades"]
            .as_array()
            .unwrap()
            .iter()
            .map(|grade| Grade::from_index(grade.as_u64().unwrap() as usize).unwrap())
            .collect();
        let losses = answer.losses(Tensor::from_data(logits, &Device::flex()), &grades);
        losses.into_data().iter::<f32>().collect()
    }

    fn assert_probabilities(answer: Answer, expected: &str) {
        let golden = golden();
        for (outputs, expected) in rows(&golden["logits"]).iter().zip(rows(&golden[expected])) {
            let found = Probabilities::softmax(&answer.logits(outputs)).unwrap();
            for (found, expected) in found.as_array().iter().zip(expected) {
                assert!((found - expected).abs() < 1e-5, "{found} for {expected}");
            }
        }
    }

    #[test]
    fn coral_agrees_with_its_authors() {
        for (found, expected) in losses(Answer::Coral)
            .iter()
            .zip(golden()["coral_losses"].as_array().unwrap())
        {
            let expected = expected.as_f64().unwrap() as f32;
            assert!((found - expected).abs() < 1e-4, "{found} for {expected}");
        }
        assert_probabilities(Answer::Coral, "coral_probabilities");
    }

    #[test]
    fn corn_agrees_with_its_authors() {
        let sum: f32 = losses(Answer::Corn).iter().sum();
        let expected = golden()["corn_loss_sum"].as_f64().unwrap() as f32;
        assert!((sum - expected).abs() < 1e-3, "{sum} for {expected}");
        assert_probabilities(Answer::Corn, "corn_probabilities");
    }

    #[test]
    fn the_expected_grade_is_the_most_probable_one() {
        for grade in Grade::ALL {
            // The inverse of four times the logistic function, kept off its ends.
            let share = (grade.index() as f32 / 4.0).clamp(0.01, 0.99);
            let Logits(logits) = Answer::ExpectedGrade.logits(&[(share / (1.0 - share)).ln()]);
            let found = Probabilities::softmax(&Logits(logits)).unwrap();
            assert_eq!(found.grade(), grade);
        }
    }
}
