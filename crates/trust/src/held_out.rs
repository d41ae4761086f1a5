//! What calibration and prediction sets are worth on patients that they were not fitted to.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::bootstrap::patient_group;
use crate::conformal::{SplitCoverage, coverage_over_splits};
use crate::metrics::{
    Binning, BrierDecomposition, CalibrationError, binary_negative_log_likelihood,
    brier_decomposition, negative_log_likelihood, referable_outcomes, top_grade_outcomes,
};
use crate::{Grade, Logits, Probabilities, TrustError, cross_fitted};

/// Random halves of the patients between which sets are fitted and measured.
pub const SPLITS: usize = 100;

/// The lists of photographs that calibrations and sets are fitted to and measured on, each in the same order.
#[derive(Debug, Clone, Copy)]
pub struct HeldOut<'a> {
    /// Logits of all passes.
    pub passes: &'a [Vec<Logits>],
    /// True grades.
    pub grades: &'a [Grade],
    /// Patients; the same name may stand for different patients in different sources.
    pub patients: &'a [String],
    /// Data sets.
    pub sources: &'a [String],
}

/// Figures on patients that neither calibration nor sets were fitted to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HeldOutFigures {
    /// The calibration of the photographs of all sources, cross-fitted over patients of all sources.
    pub pooled: CalibrationFigures,
    /// The same calibrations, measured on each source.
    pub by_source: BTreeMap<String, CalibrationFigures>,
    /// Coverage of the prediction sets; `None` where half of the patients are too few to promise any.
    pub prediction_sets: Option<SplitCoverage>,
}

/// How well probabilities say how often a grade is right.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CalibrationFigures {
    /// Number of photographs.
    pub photographs: usize,
    /// Of the referable probability, in bins of equal mass.
    pub referable: Option<CalibrationError>,
    /// Of the most probable grade, in bins of equal width.
    pub top_grade: Option<CalibrationError>,
    /// Of the referable probability.
    pub referable_brier: Option<BrierDecomposition>,
    /// Negative log-likelihood of the referable probability, in nats.
    pub referable_negative_log_likelihood: Option<f64>,
    /// Negative log-likelihood of the five grades, in nats.
    pub negative_log_likelihood: Option<f64>,
}

impl HeldOutFigures {
    /// Fits each photograph's calibration on other patients (see [`cross_fitted`]), and prediction sets with this coverage
    /// on random halves of the patients.
    ///
    /// # Errors
    /// As [`cross_fitted`]: lists that are empty or differ in length, or fewer than three patients.
    pub fn of(photographs: &HeldOut<'_>, coverage: f64, seed: u64) -> Result<Self, TrustError> {
        let HeldOut {
            passes,
            grades,
            patients,
            sources,
        } = photographs;
        let groups: Vec<String> = sources
            .iter()
            .zip(*patients)
            .map(|(source, patient)| patient_group(source, patient))
            .collect();
        let assessments = cross_fitted(passes, grades, &groups, seed)?;
        let answers: Vec<(Probabilities, Grade)> = assessments
            .iter()
            .map(|assessment| assessment.probabilities)
            .zip(grades.iter().copied())
            .collect();
        let mut by_source: BTreeMap<&str, Vec<(Probabilities, Grade)>> = BTreeMap::new();
        for (source, answer) in sources.iter().zip(&answers) {
            by_source.entry(source).or_default().push(*answer);
        }
        Ok(Self {
            pooled: CalibrationFigures::of(&answers, seed),
            by_source: by_source
                .into_iter()
                .map(|(source, answers)| {
                    (source.to_owned(), CalibrationFigures::of(&answers, seed))
                })
                .collect(),
            prediction_sets: coverage_over_splits(
                &answers, patients, sources, coverage, SPLITS, seed,
            )
            .ok(),
        })
    }
}

impl CalibrationFigures {
    /// Measures probabilities as they are; `seed` is that of the draws behind [`CalibrationError`].
    pub fn of(answers: &[(Probabilities, Grade)], seed: u64) -> Self {
        let referable = referable_outcomes(answers);
        Self {
            photographs: answers.len(),
            referable: CalibrationError::of(&referable, Binning::EqualMass, seed),
            top_grade: CalibrationError::of(
                &top_grade_outcomes(answers),
                Binning::EqualWidth,
                seed,
            ),
            referable_brier: brier_decomposition(&referable, Binning::EqualMass),
            referable_negative_log_likelihood: binary_negative_log_likelihood(&referable),
            negative_log_likelihood: negative_log_likelihood(answers),
        }
    }
}
