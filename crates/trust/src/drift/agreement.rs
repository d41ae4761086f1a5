//! How often those who look at photographs again give the grade that the system gave.

use serde::{Deserialize, Serialize};

use super::table::Table;
use super::{DriftTest, is_enough, matters};
use crate::place::ValidationPoint;
use crate::{Grade, metrics};

/// How often reviewers agree with the system.
///
/// Who reviews only what the system was unsure of sees it at its worst: such an agreement lies below the validation
/// accuracy without anything having changed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Agreement {
    /// Number of photographs, or of eyes that were graded by one, that were reviewed.
    pub reviewed: usize,
    /// Number of those whose two grades are the same.
    pub agreed: usize,
    /// Cohen's kappa with quadratic weights between the two grades, in [-1, 1]; `None` without a photograph, or where
    /// both gave every photograph the same grade.
    pub quadratic_weighted_kappa: Option<f64>,
    /// The agreement against the validation accuracy; `None` where that was not given, or no photograph was reviewed.
    pub validation: Option<ValidationComparison>,
}

/// How many of the validation photographs were graded right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ValidationAccuracy {
    /// Number of validation photographs.
    pub photographs: usize,
    /// Number of those whose grade was right, at most all.
    pub right: usize,
}

/// The agreement with reviewers, compared with the accuracy on the validation photographs. That is known from some
/// photographs too, so the two shares are compared with each other and not the one with a fixed number.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ValidationComparison {
    /// The validation photographs.
    pub accuracy: ValidationAccuracy,
    /// How the shares are compared: [`DriftTest::ChiSquared`] or [`DriftTest::FisherExact`].
    pub test: DriftTest,
    /// The test's statistic, see [`DriftTest`].
    pub statistic: f64,
    /// Distance between the two shares, in [0, 1].
    pub effect: f64,
    /// Probability of a statistic at least as extreme if reviewers agreed as often as grades were right, in [0, 1].
    pub p_value: f64,
    /// Whether both are [`ENOUGH_PHOTOGRAPHS`](super::ENOUGH_PHOTOGRAPHS), the p-value is below
    /// [`SIGNIFICANCE`](super::SIGNIFICANCE) and the distance is at least [`SMALLEST_EFFECT`](super::SMALLEST_EFFECT).
    pub drifted: bool,
}

impl Agreement {
    /// Counts (system's grade, reviewer's grade) pairs, and compares them with the validation accuracy where it is given.
    pub fn of(pairs: &[(Grade, Grade)], validation: Option<ValidationAccuracy>) -> Self {
        let matrix =
            metrics::confusion_matrix(pairs.iter().map(|(system, reviewer)| (*reviewer, *system)));
        let agreed = pairs
            .iter()
            .filter(|(system, reviewer)| system == reviewer)
            .count();
        Self {
            reviewed: pairs.len(),
            agreed,
            quadratic_weighted_kappa: metrics::quadratic_weighted_kappa(&matrix),
            validation: validation.and_then(|accuracy| accuracy.compare(agreed, pairs.len())),
        }
    }

    /// Share of the reviewed photographs whose two grades are the same, in [0, 1]; `None` without one.
    pub fn share(&self) -> Option<f64> {
        metrics::share(self.agreed, self.reviewed)
    }
}

impl ValidationAccuracy {
    /// Counts the validation photographs of a bundle.
    pub fn of(points: &[ValidationPoint]) -> Self {
        Self {
            photographs: points.len(),
            right: points.iter().filter(|point| point.correct).count(),
        }
    }

    /// Share of the validation photographs that were graded right, in [0, 1]; `None` without one.
    pub fn share(&self) -> Option<f64> {
        metrics::share(self.right, self.photographs)
    }

    /// `None` without photographs on one side.
    fn compare(self, agreed: usize, reviewed: usize) -> Option<ValidationComparison> {
        if self.photographs == 0 || reviewed == 0 {
            return None;
        }
        let wrong = self.photographs.saturating_sub(self.right);
        let right = self.photographs - wrong;
        let outcome = Table::pooled(vec![[agreed, right], [reviewed - agreed, wrong]]).test();
        let is_enough = is_enough(reviewed, self.photographs);
        Some(ValidationComparison {
            accuracy: self,
            test: outcome.test,
            statistic: outcome.statistic,
            effect: outcome.effect,
            p_value: outcome.p_value,
            drifted: is_enough && matters(outcome.p_value, outcome.effect),
        })
    }
}
