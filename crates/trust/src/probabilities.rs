//! Logits and probabilities of the five grades.

use serde::{Deserialize, Serialize};

use crate::{Grade, TrustError};

/// The network's five outputs before the softmax, one a grade, before calibration.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Logits(pub [f32; 5]);

/// The probabilities of the five grades: each in [0, 1], their sum 1 within 1e-5.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "[f32; 5]", into = "[f32; 5]")]
pub struct Probabilities([f32; 5]);

impl Probabilities {
    /// Takes five numbers, in the order of the grades.
    ///
    /// # Errors
    /// [`TrustError::NotProbabilities`] when one lies outside [0, 1] or the sum is off by more than 1e-5.
    pub fn new(values: [f32; 5]) -> Result<Self, TrustError> {
        let in_range = values.iter().all(|value| (0.0..=1.0).contains(value));
        let sum: f64 = values.iter().copied().map(f64::from).sum();
        if !in_range || (sum - 1.0).abs() > 1e-5 {
            return Err(TrustError::NotProbabilities(values));
        }
        Ok(Self(values))
    }

    /// The softmax of uncalibrated logits.
    ///
    /// # Errors
    /// [`TrustError::NotFinite`] when a logit is infinite or not a number.
    pub fn softmax(logits: &Logits) -> Result<Self, TrustError> {
        if logits.0.iter().any(|logit| !logit.is_finite()) {
            return Err(TrustError::NotFinite(logits.0));
        }
        Ok(Self::rounded(softmax(logits.0.map(f64::from))))
    }

    /// Stores probabilities computed in double precision, which satisfy the invariant.
    pub(crate) fn rounded(values: [f64; 5]) -> Self {
        Self(values.map(|value| value.clamp(0.0, 1.0) as f32))
    }

    /// The probability of one grade.
    pub fn get(&self, grade: Grade) -> f32 {
        self.0[grade.index()]
    }

    /// All five, in the order of the grades.
    pub fn as_array(&self) -> &[f32; 5] {
        &self.0
    }

    /// The most probable grade; of equally probable ones the more severe.
    pub fn grade(&self) -> Grade {
        Grade::ALL.into_iter().fold(Grade::NoDr, |best, grade| {
            if self.get(grade) >= self.get(best) {
                grade
            } else {
                best
            }
        })
    }

    /// The probability that the grade is moderate or worse: p2 + p3 + p4, in [0, 1].
    pub fn referable(&self) -> f32 {
        (self.0[2] + self.0[3] + self.0[4]).min(1.0)
    }

    /// The probability that the grade is severe or proliferative: p3 + p4, in [0, 1].
    pub fn vision_threatening(&self) -> f32 {
        (self.0[3] + self.0[4]).min(1.0)
    }

    /// The mean of the grade's number under these probabilities, in [0, 4].
    pub fn expected_grade(&self) -> f32 {
        self.0
            .iter()
            .enumerate()
            .map(|(index, probability)| index as f32 * probability)
            .sum()
    }

    /// The Shannon entropy in nats, in [0, ln 5].
    pub fn entropy(&self) -> f32 {
        entropy(&self.0.map(f64::from)) as f32
    }
}

impl TryFrom<[f32; 5]> for Probabilities {
    type Error = TrustError;

    fn try_from(values: [f32; 5]) -> Result<Self, TrustError> {
        Self::new(values)
    }
}

impl From<Probabilities> for [f32; 5] {
    fn from(probabilities: Probabilities) -> Self {
        probabilities.0
    }
}

/// Softmax in double precision; the largest logit is subtracted first, so that no exponential overflows.
pub(crate) fn softmax(logits: [f64; 5]) -> [f64; 5] {
    let largest = logits.into_iter().fold(f64::NEG_INFINITY, f64::max);
    let exponentials = logits.map(|logit| (logit - largest).exp());
    let sum: f64 = exponentials.iter().sum();
    exponentials.map(|exponential| exponential / sum)
}

/// Shannon entropy in nats, with 0 ln 0 = 0.
pub(crate) fn entropy(probabilities: &[f64; 5]) -> f64 {
    -probabilities
        .iter()
        .filter(|p| **p > 0.0)
        .map(|p| p * p.ln())
        .sum::<f64>()
        + 0.0
}
