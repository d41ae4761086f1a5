//! Whether one model is better than another: the differences of their figures on the same photographs.
//!
//! Two models that grade the same photographs err on many of the same, so the interval of the difference is far
//! narrower than the two intervals suggest. Each resample of the patients is given to both models (the paired
//! bootstrap); where the interval of a difference lies on one side of 0, the one model is better on these patients.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::bootstrap::{Interval, patient_bootstrap, patient_group};
use crate::evaluation::{Case, prediction_figures};
use crate::{DISCLAIMER, Grade, Probabilities};

/// The figures of one model less those of another, pooled and by source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// [`DISCLAIMER`].
    pub disclaimer: String,
    /// Seed of the bootstrap.
    pub seed: u64,
    /// Number of resamples of the bootstrap.
    pub resamples: usize,
    /// The differences over the photographs of all sources.
    pub pooled: Differences,
    /// The differences of each source.
    pub by_source: BTreeMap<String, Differences>,
}

/// Differences over one set of photographs; `None` where a figure is not defined on it.
///
/// Above 0 the first model has the larger figure, which is better in all but the last three.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Differences {
    /// Number of photographs.
    pub photographs: usize,
    /// Number of patients.
    pub patients: usize,
    /// Of Cohen's kappa with quadratic weights.
    pub quadratic_weighted_kappa: Option<Interval>,
    /// Of the share of right grades.
    pub accuracy: Option<Interval>,
    /// Of the area under the ROC curve of the referable probability.
    pub referable_auc: Option<Interval>,
    /// Of the area under the ROC curve of the vision-threatening probability.
    pub vision_threatening_auc: Option<Interval>,
    /// Of the sensitivity of the referable probability at a specificity of 90 %.
    pub referable_sensitivity_at_90_specificity: Option<Interval>,
    /// Of the recall of each grade.
    pub recall_by_grade: [Option<Interval>; 5],
    /// Of the expected calibration error: below 0 is better.
    pub expected_calibration_error: Option<Interval>,
    /// Of the Brier score: below 0 is better.
    pub brier_score: Option<Interval>,
    /// Of the negative log-likelihood in nats: below 0 is better.
    pub negative_log_likelihood: Option<Interval>,
}

/// One photograph graded by both models.
#[derive(Debug, Clone, PartialEq)]
pub struct GradedTwice {
    /// The photograph and what the first model said about it.
    pub case: Case,
    /// What the second model said about it.
    pub reference: Probabilities,
}

impl Comparison {
    /// Computes every difference (first model less second) with its 95 % interval over the same resamples of patients;
    /// the result depends on the photographs (not on their order), the seed and the number of resamples alone.
    pub fn of(photographs: &[GradedTwice], seed: u64, resamples: usize) -> Self {
        let mut by_source: BTreeMap<&str, Vec<&GradedTwice>> = BTreeMap::new();
        for photograph in photographs {
            by_source
                .entry(&photograph.case.source)
                .or_default()
                .push(photograph);
        }
        let all: Vec<&GradedTwice> = photographs.iter().collect();
        Self {
            disclaimer: DISCLAIMER.to_owned(),
            seed,
            resamples,
            pooled: Differences::of(&all, seed, resamples),
            by_source: by_source
                .iter()
                .map(|(source, photographs)| {
                    let differences = Differences::of(photographs, seed, resamples);
                    ((*source).to_owned(), differences)
                })
                .collect(),
        }
    }
}

impl Differences {
    fn of(photographs: &[&GradedTwice], seed: u64, resamples: usize) -> Self {
        let patients: Vec<String> = photographs
            .iter()
            .map(|GradedTwice { case, .. }| patient_group(&case.source, &case.patient))
            .collect();
        let differences = |chosen: &[usize]| -> Vec<Option<f64>> {
            let first = figures(photographs, chosen, |photograph| {
                photograph.case.assessment.probabilities
            });
            let second = figures(photographs, chosen, |photograph| photograph.reference);
            first
                .zip(second)
                .map(|(first, second)| Some(first? - second?))
                .collect()
        };
        let mut intervals = patient_bootstrap(&patients, seed, resamples, differences).into_iter();
        // The fields below are taken in the order in which `prediction_figures` lists them.
        let mut next = || intervals.next().flatten();
        Self {
            photographs: photographs.len(),
            patients: patients.iter().collect::<BTreeSet<_>>().len(),
            quadratic_weighted_kappa: next(),
            accuracy: next(),
            referable_auc: next(),
            vision_threatening_auc: next(),
            referable_sensitivity_at_90_specificity: next(),
            recall_by_grade: std::array::from_fn(|_| next()),
            expected_calibration_error: next(),
            brier_score: next(),
            negative_log_likelihood: next(),
        }
    }
}

/// One model's figures on the chosen photographs.
fn figures(
    photographs: &[&GradedTwice],
    chosen: &[usize],
    said: impl Fn(&GradedTwice) -> Probabilities,
) -> impl Iterator<Item = Option<f64>> {
    let predictions: Vec<(Probabilities, Grade)> = chosen
        .iter()
        .map(|index| (said(photographs[*index]), photographs[*index].case.grade))
        .collect();
    prediction_figures(&predictions)
}
