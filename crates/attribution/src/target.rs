//! The number that is explained: a function of the five logits, and its derivative.

use std::fmt;
use std::str::FromStr;

use language::{Language, text_with};
use serde::{Deserialize, Serialize};
use trust::Grade;

use crate::method::UnknownName;

/// What about the answer is to be explained. "The predicted grade" is [`Target::Grade`] of the grade that the caller
/// predicted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Target {
    /// The logit of one grade.
    Grade(Grade),
    /// The logit of "referable": `ln(e^z2 + e^z3 + e^z4) - ln(e^z0 + e^z1)`, the log odds of grade 2 or worse.
    Referable,
    /// The expected grade under the softmax, `Σ k p_k`, in 0 to 4.
    Expected,
}

impl Target {
    /// The target's value for one member's logits.
    pub fn value(self, logits: &[f32; 5]) -> f64 {
        let logits = logits.map(f64::from);
        match self {
            Target::Grade(grade) => logits[grade.index()],
            Target::Referable => log_sum_exp(&logits[2..]) - log_sum_exp(&logits[..2]),
            Target::Expected => expected_grade(&softmax(&logits)),
        }
    }

    /// The derivative of [`Target::value`] with respect to each logit.
    pub fn gradient(self, logits: &[f32; 5]) -> [f64; 5] {
        let logits = logits.map(f64::from);
        let mut gradient = [0.0; 5];
        match self {
            Target::Grade(grade) => gradient[grade.index()] = 1.0,
            Target::Referable => {
                gradient[..2].copy_from_slice(&softmax(&logits[..2]));
                gradient[..2].iter_mut().for_each(|slope| *slope = -*slope);
                gradient[2..].copy_from_slice(&softmax(&logits[2..]));
            }
            Target::Expected => {
                let probabilities = softmax(&logits);
                let expected = expected_grade(&probabilities);
                for (grade, slope) in gradient.iter_mut().enumerate() {
                    *slope = probabilities[grade] * (grade as f64 - expected);
                }
            }
        }
        gradient
    }

    /// [`Target::gradient`] for the logits of several pictures.
    pub(crate) fn gradients(self, logits: &[[f32; 5]]) -> Vec<[f64; 5]> {
        logits.iter().map(|logits| self.gradient(logits)).collect()
    }

    /// The target in words, for legends: `grade Moderate`, `referable retinopathy`, `a higher grade`.
    pub fn words(self) -> String {
        self.words_in(Language::English)
    }

    /// The same in a language.
    pub fn words_in(self, language: Language) -> String {
        match self {
            Target::Grade(grade) => {
                text_with!(language, "target-grade", grade = grade.words_in(language))
            }
            Target::Referable => language.text("target-referable").to_owned(),
            Target::Expected => language.text("target-expected").to_owned(),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Target::Grade(grade) => formatter.pad(&grade.index().to_string()),
            Target::Referable => formatter.pad("referable"),
            Target::Expected => formatter.pad("expected"),
        }
    }
}

impl FromStr for Target {
    type Err = UnknownName;

    /// Reads `0` to `4`, a grade's name, `referable` or `expected`.
    fn from_str(text: &str) -> Result<Self, UnknownName> {
        match text {
            "referable" => Ok(Target::Referable),
            "expected" => Ok(Target::Expected),
            _ => text.parse().map(Target::Grade).map_err(|_| {
                UnknownName::new(
                    "target",
                    text,
                    &[
                        "predicted",
                        "referable",
                        "expected",
                        "0",
                        "1",
                        "2",
                        "3",
                        "4",
                    ],
                )
            }),
        }
    }
}

fn log_sum_exp(values: &[f64]) -> f64 {
    let largest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    largest
        + values
            .iter()
            .map(|value| (value - largest).exp())
            .sum::<f64>()
            .ln()
}

fn softmax(logits: &[f64]) -> Vec<f64> {
    let normalizer = log_sum_exp(logits);
    logits
        .iter()
        .map(|logit| (logit - normalizer).exp())
        .collect()
}

fn expected_grade(probabilities: &[f64]) -> f64 {
    probabilities
        .iter()
        .enumerate()
        .map(|(grade, probability)| grade as f64 * probability)
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOGITS: [f32; 5] = [1.5, -0.25, 0.75, -2.0, 0.5];

    #[test]
    fn gradient_is_the_slope_of_the_value() {
        for target in [
            Target::Grade(Grade::Severe),
            Target::Referable,
            Target::Expected,
        ] {
            let gradient = target.gradient(&LOGITS);
            for grade in 0..5 {
                let step = 1.0 / 1024.0;
                let (mut above, mut below) = (LOGITS, LOGITS);
                above[grade] += step;
                below[grade] -= step;
                let slope = (target.value(&above) - target.value(&below)) / (2.0 * f64::from(step));
                assert!(
                    (slope - gradient[grade]).abs() < 1e-6,
                    "{target}: {slope} {}",
                    gradient[grade]
                );
            }
        }
    }

    #[test]
    fn referable_is_the_log_odds_of_the_probabilities() {
        let probabilities = softmax(&LOGITS.map(f64::from));
        let referable: f64 = probabilities[2..].iter().sum();
        let log_odds = (referable / (1.0 - referable)).ln();
        assert!((Target::Referable.value(&LOGITS) - log_odds).abs() < 1e-12);
    }

    #[test]
    fn names_are_read_back() {
        for text in ["0", "1", "2", "3", "4", "referable", "expected"] {
            assert_eq!(
                text.parse::<Target>()
                    .map(|target| target.to_string())
                    .as_deref(),
                Ok(text)
            );
        }
        assert!("5".parse::<Target>().is_err());
    }
}
