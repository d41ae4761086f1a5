//! Which kind of calibration to take: decided on patients that took no part in the fitting.

use std::fmt;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::cohort::{Cohort, Folds};
use super::photograph::Photograph;
use super::{isotonic, temperature, vector};
use crate::metrics::log_loss_of;
use crate::{Assessment, Calibration, Grade, Logits, TrustError};

/// A kind of calibration; in JSON its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CalibrationMethod {
    /// [`Calibration::Identity`]: nothing is fitted.
    Identity,
    /// [`Calibration::fit_temperature`]: one number is fitted.
    Temperature,
    /// [`Calibration::fit_vector`]: ten numbers are fitted.
    Vector,
    /// [`Calibration::fit_isotonic`]: five maps are fitted.
    Isotonic,
}

impl CalibrationMethod {
    /// All kinds, from the simplest to the most complex.
    pub const ALL: [CalibrationMethod; 4] = [
        CalibrationMethod::Identity,
        CalibrationMethod::Temperature,
        CalibrationMethod::Vector,
        CalibrationMethod::Isotonic,
    ];

    /// The word used in files: `identity`, `temperature`, `vector` or `isotonic`.
    pub fn name(self) -> &'static str {
        match self {
            CalibrationMethod::Identity => "identity",
            CalibrationMethod::Temperature => "temperature",
            CalibrationMethod::Vector => "vector",
            CalibrationMethod::Isotonic => "isotonic",
        }
    }

    /// Fits a calibration of this kind to at least one photograph.
    fn fitted(self, photographs: &[Photograph]) -> Calibration {
        match self {
            CalibrationMethod::Identity => Calibration::Identity,
            CalibrationMethod::Temperature => Calibration::Temperature {
                temperature: temperature::fitted(photographs),
            },
            CalibrationMethod::Vector => {
                let (scale, bias) = vector::fitted(photographs);
                Calibration::Vector { scale, bias }
            }
            CalibrationMethod::Isotonic => Calibration::Isotonic {
                maps: isotonic::fitted(photographs),
            },
        }
    }
}

impl fmt::Display for CalibrationMethod {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

/// How a kind of calibration fared on patients to which it was not fitted.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CalibrationCandidate {
    /// The kind.
    pub method: CalibrationMethod,
    /// Mean over all photographs of -ln of the true grade's probability, in nats, each photograph calibrated by what was
    /// fitted to the other folds; a probability below 1.2e-7 counts as that.
    pub negative_log_likelihood: f64,
    /// How much that is above the least of all candidates, in nats; 0 for the least.
    pub excess: f64,
    /// Standard error of `excess` in nats, from the paired differences summed by patient; 0 for the least.
    pub standard_error: f64,
}

/// The calibration that was chosen, and among what.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CalibrationChoice {
    /// The chosen kind, fitted to all photographs.
    pub calibration: Calibration,
    /// The chosen kind.
    pub method: CalibrationMethod,
    /// All kinds, from the simplest to the most complex.
    pub candidates: Vec<CalibrationCandidate>,
    /// Number of folds into which the patients were dealt: 5, or the number of patients where that is less.
    pub folds: usize,
    /// Seed of the folds.
    pub seed: u64,
}

impl Calibration {
    /// Chooses the kind of calibration by cross-fitting and fits it to all photographs.
    ///
    /// The patients are dealt into five folds by `seed`, each patient with all photographs into one, each fold with its
    /// share of every grade. Each kind is fitted to four folds and measured on the fifth, by the negative log-likelihood of
    /// the mean of the passes, five times. The kind with the least negative log-likelihood is taken, the simplest of those
    /// that share it: the patients that it was not fitted to have already charged a complex one for what it fits of chance.
    ///
    /// `passes` holds the logits of all passes of each photograph, `grades` the true grades, `patients` whose photographs
    /// they are. The result does not depend on the order of the photographs.
    ///
    /// # Errors
    /// When the lists are empty or differ in length, a photograph has no pass, a logit is not finite, or there are fewer
    /// than two patients.
    pub fn fit(
        passes: &[Vec<Logits>],
        grades: &[Grade],
        patients: &[impl AsRef<str>],
        seed: u64,
    ) -> Result<CalibrationChoice, TrustError> {
        choose(&Cohort::new(passes, grades, patients)?, seed)
    }
}

/// The assessment of each photograph by a calibration that knows nothing of its patient, in the order of the photographs.
///
/// The patients are dealt into five folds as in [`Calibration::fit`]; for each fold the whole choice, with folds of its
/// own, is made on the other four. So figures over these assessments are not flattered by the fitting, as they are where
/// a calibration is measured on what it was fitted to.
///
/// # Errors
/// As [`Calibration::fit`], and with fewer than three patients, of whom two must be left to choose on.
pub fn cross_fitted(
    passes: &[Vec<Logits>],
    grades: &[Grade],
    patients: &[impl AsRef<str>],
    seed: u64,
) -> Result<Vec<Assessment>, TrustError> {
    let cohort = Cohort::new(passes, grades, patients)?;
    let folds = cohort.folds(seed)?;
    if folds.count < 3 {
        return Err(TrustError::TooFewPatients {
            patients: folds.count,
        });
    }
    let assessments = by_fold(&cohort, &folds, |training| {
        choose(training, seed).map(|choice| choice.calibration)
    })?;
    Ok(cohort.as_given(&assessments))
}

fn choose(cohort: &Cohort, seed: u64) -> Result<CalibrationChoice, TrustError> {
    let folds = cohort.folds(seed)?;
    let losses = CalibrationMethod::ALL
        .into_iter()
        .map(|method| cross_fitted_losses(cohort, &folds, method))
        .collect::<Result<Vec<_>, _>>()?;
    let candidates = candidates(cohort, &losses);
    let method = best(&candidates);
    Ok(CalibrationChoice {
        calibration: method.fitted(cohort.photographs()),
        method,
        candidates,
        folds: folds.count,
        seed,
    })
}

/// -ln of the true grade's probability of each photograph, by a calibration fitted to the other folds.
fn cross_fitted_losses(
    cohort: &Cohort,
    folds: &Folds,
    method: CalibrationMethod,
) -> Result<Vec<f64>, TrustError> {
    let assessments = by_fold(cohort, folds, |training| {
        Ok(method.fitted(training.photographs()))
    })?;
    let graded = assessments.iter().zip(cohort.photographs());
    Ok(graded
        .map(|(assessment, photograph)| log_loss_of(&assessment.probabilities, photograph.grade))
        .collect())
}

/// Assesses each fold with what `fit` makes of the others.
fn by_fold(
    cohort: &Cohort,
    folds: &Folds,
    fit: impl Fn(&Cohort) -> Result<Calibration, TrustError> + Sync,
) -> Result<Vec<Assessment>, TrustError> {
    let assessed = (0..folds.count)
        .into_par_iter()
        .map(|fold| {
            let calibration = fit(&folds.training(cohort, fold))?;
            let held_out = folds.held_out(cohort, fold);
            let photographs = held_out.photographs().iter();
            photographs
                .map(|photograph| Assessment::from_passes(photograph.passes, &calibration))
                .collect()
        })
        .collect::<Result<Vec<Vec<Assessment>>, _>>()?;
    Ok(folds.joined(assessed))
}

fn candidates(cohort: &Cohort, losses: &[Vec<f64>]) -> Vec<CalibrationCandidate> {
    let mean = |losses: &[f64]| losses.iter().sum::<f64>() / losses.len() as f64;
    let least = losses
        .iter()
        .min_by(|left, right| mean(left).total_cmp(&mean(right)));
    let methods = CalibrationMethod::ALL.into_iter().zip(losses);
    methods
        .map(|(method, losses)| {
            let (excess, standard_error) = cohort.mean_difference(losses, least.unwrap_or(losses));
            CalibrationCandidate {
                method,
                negative_log_likelihood: mean(losses),
                excess,
                standard_error,
            }
        })
        .collect()
}

/// The first candidate with the least negative log-likelihood.
fn best(candidates: &[CalibrationCandidate]) -> CalibrationMethod {
    let loss = |candidate: &&CalibrationCandidate| candidate.negative_log_likelihood;
    candidates
        .iter()
        .min_by(|left, right| loss(left).total_cmp(&loss(right)))
        .map_or(CalibrationMethod::Identity, |candidate| candidate.method)
}
