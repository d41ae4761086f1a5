//! From the logits of graded photographs to what a bundle says about them: calibration, thresholds, metrics.
//!
//! The end of a training does this with its validation photographs; so does whoever fits an old bundle to new ones.

use fundus::Quality;
use grader::{BundleManifest, CalibrationRecord, ValidationPhotograph};
use serde_json::json;
use trust::evaluation::{Case, Evaluation};
use trust::{Assessment, Calibration, DecisionPolicy, Grade, Logits};

use crate::photographs::{self, Fingerprint};
use crate::source::GradedPhotograph;
use crate::{TrainingError, sampler};

/// Photographs that new thresholds need at least.
pub const FEWEST_PHOTOGRAPHS: usize = 20;

/// Referable photographs from which on one of them is the twentieth that [`DecisionPolicy::RESCREEN_SENSITIVITY`] leaves
/// below the threshold; with fewer, none may lie below it.
pub const ENOUGH_REFERABLE: usize = 20;

/// Resamples of the bootstrap behind every interval.
const RESAMPLES: usize = 1000;

/// A graded photograph and what every pass of an ensemble said about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Answered {
    /// Name of the data set.
    pub source: String,
    /// Group key of its photographs, see [`GradedPhotograph::patient`].
    pub patient: String,
    /// The grade a human gave it.
    pub grade: Grade,
    /// Quality, in [0, 1].
    pub quality: f32,
    /// Logits of every pass, before calibration.
    pub logits: Vec<Logits>,
}

/// What was fitted to photographs and measured on the same ones.
#[derive(Clone, Debug)]
pub struct Fitted {
    /// The temperature with the least negative log-likelihood.
    pub calibration: Calibration,
    /// The thresholds, see [`DecisionPolicy::fit`].
    pub policy: DecisionPolicy,
    /// Every figure, with that calibration and those thresholds.
    pub evaluation: Evaluation,
    /// How every photograph fared, for graphs.
    pub validation: Vec<ValidationPhotograph>,
}

/// Refuses photographs on which no threshold can be fitted: fewer than [`FEWEST_PHOTOGRAPHS`], or all of them referable,
/// or none.
///
/// # Errors
/// [`TrainingError::TooFew`], with the numbers that are needed and those that are there.
pub fn check_enough(grades: &[Grade]) -> Result<(), TrainingError> {
    let referable = grades.iter().filter(|grade| grade.is_referable()).count();
    let others = grades.len() - referable;
    if grades.len() >= FEWEST_PHOTOGRAPHS && referable > 0 && others > 0 {
        return Ok(());
    }
    Err(TrainingError::TooFew(format!(
        "{} graded photographs, {referable} of them referable (grade 2 or more), are too few for new thresholds: at least \
         {FEWEST_PHOTOGRAPHS} are needed, among them one that is referable and one that is not",
        grades.len()
    )))
}

/// Fits calibration and thresholds and measures them; `seed` is that of the bootstrap.
///
/// # Errors
/// [`TrainingError::Trust`] when the photographs hold no referable one, or only referable ones, or a logit is not finite.
pub fn fit(answers: &[Answered], seed: u64) -> Result<Fitted, TrainingError> {
    let grades: Vec<Grade> = answers.iter().map(|answer| answer.grade).collect();
    let logits: Vec<Vec<Logits>> = answers.iter().map(|answer| answer.logits.clone()).collect();
    let calibration = Calibration::fit_temperature(&logits, &grades)?;
    let assessments = assess(answers, &calibration)?;
    let policy = DecisionPolicy::fit(&assessments, &grades, Quality::GRADABLE_AT)?;
    let validation = assessments.iter().zip(&grades);
    Ok(Fitted {
        calibration,
        policy,
        evaluation: evaluation(answers, &assessments, &policy, seed),
        validation: validation
            .map(|(assessment, grade)| ValidationPhotograph {
                uncertainty: assessment.uncertainty,
                correct: assessment.grade == *grade,
            })
            .collect(),
    })
}

/// Measures what is there already.
///
/// # Errors
/// [`TrainingError::Trust`] where a logit is not finite or the calibration is invalid.
pub fn measure(
    answers: &[Answered],
    calibration: &Calibration,
    policy: &DecisionPolicy,
    seed: u64,
) -> Result<Evaluation, TrainingError> {
    let assessments = assess(answers, calibration)?;
    Ok(evaluation(answers, &assessments, policy, seed))
}

impl Fitted {
    /// Puts what was fitted, and what was measured with it, into a manifest.
    pub fn into_manifest(self, manifest: &mut BundleManifest) {
        manifest.calibration = self.calibration;
        manifest.policy = self.policy;
        manifest.metrics = json!(self.evaluation);
        manifest.validation = self.validation;
    }
}

/// What a bundle remembers of the photographs it is calibrated on: each is read once more for its digest.
///
/// # Errors
/// [`TrainingError::File`] where one cannot be read any more.
pub fn record(photographs: &[&GradedPhotograph]) -> Result<CalibrationRecord, TrainingError> {
    let mut fingerprint = Fingerprint::default();
    let mut grades = Vec::with_capacity(photographs.len());
    for photograph in photographs {
        let bytes = std::fs::read(&photograph.path)
            .map_err(|error| TrainingError::file("read", &photograph.path, &error))?;
        fingerprint.add(
            &photographs::digest(&bytes),
            photograph.grade,
            "calibration",
        );
        grades.push(photograph.grade);
    }
    Ok(CalibrationRecord {
        data_fingerprint: fingerprint.finish(),
        grade_counts: sampler::counts(&grades).map(|count| count as u64),
    })
}

fn assess(
    answers: &[Answered],
    calibration: &Calibration,
) -> Result<Vec<Assessment>, TrainingError> {
    let assessments = answers
        .iter()
        .map(|answer| Assessment::from_passes(&answer.logits, calibration))
        .collect::<Result<_, _>>()?;
    Ok(assessments)
}

fn evaluation(
    answers: &[Answered],
    assessments: &[Assessment],
    policy: &DecisionPolicy,
    seed: u64,
) -> Evaluation {
    let cases: Vec<Case> = answers
        .iter()
        .zip(assessments)
        .map(|(answer, assessment)| Case {
            source: answer.source.clone(),
            patient: answer.patient.clone(),
            grade: answer.grade,
            assessment: *assessment,
            quality: answer.quality,
            decision: policy.decide(assessment, answer.quality),
        })
        .collect();
    Evaluation::of(&cases, seed, RESAMPLES)
}
