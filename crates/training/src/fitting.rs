//! From the logits of graded photographs to what a bundle says about them: calibration, thresholds, metrics.
//!
//! The end of a training does this with its validation photographs; so does whoever fits an old bundle to new ones.

use fundus::Quality;
use grader::{BundleManifest, CalibrationRecord, ValidationPhotograph};
use serde_json::json;
use trust::bootstrap::patient_group;
use trust::evaluation::{Case, Evaluation};
use trust::{
    Assessment, Calibration, CalibrationCandidate, ConformalSets, DecisionPolicy, Evidence, Grade,
    Logits, Measure, OperatingPoint, OperatingPointName, Probabilities, TrustError, Witness,
    cross_fitted,
};

use crate::photographs::{self, Fingerprint};
use crate::source::GradedPhotograph;
use crate::{TrainingError, sampler};

/// Photographs that new thresholds need at least.
pub const FEWEST_PHOTOGRAPHS: usize = 20;

/// Referable photographs from which on one of them is the twentieth that [`trust::RESCREEN_SENSITIVITY`] leaves below the
/// threshold; with fewer, none may lie below it.
pub const ENOUGH_REFERABLE: usize = 20;

/// By what photographs are judged too uncertain: of all measures the one that best tells wrong referrals from right ones on data
/// sets that the model has not learned from, and on those that it has (docs/uncertainty.md).
pub const UNSURE_MEASURE: Measure = Measure::ExpectedClinicalCost;

/// How often the true grade lies in a photograph's set of grades.
pub const SET_COVERAGE: f64 = 0.9;

/// The operating point of a bundle where nothing else is asked for.
pub const OPERATING_POINT: OperatingPointName = OperatingPointName::Nhs;

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
    /// Quality and unfamiliarity.
    pub evidence: Evidence,
    /// Logits of every pass, before calibration.
    pub logits: Vec<Logits>,
}

/// What was fitted to photographs and measured on the same ones.
#[derive(Clone, Debug)]
pub struct Fitted {
    /// The kind of calibration with the least negative log-likelihood on patients that it was not fitted to.
    pub calibration: Calibration,
    /// All kinds that were tried.
    pub candidates: Vec<CalibrationCandidate>,
    /// The thresholds at [`OPERATING_POINT`].
    pub policy: DecisionPolicy,
    /// The thresholds at every operating point, see [`OperatingPoint::fit`].
    pub operating_points: Vec<OperatingPoint>,
    /// Sets of grades with [`SET_COVERAGE`]; `None` where the photographs are too few to promise it.
    pub prediction_sets: Option<ConformalSets>,
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
    let patients: Vec<String> = answers.iter().map(Answered::group).collect();
    let (calibration, candidates) = match Calibration::fit(&logits, &grades, &patients, seed) {
        Ok(choice) => (choice.calibration, choice.candidates),
        // One patient cannot tell one kind from another; one number is what so little may decide.
        Err(TrustError::TooFewPatients { .. }) => {
            (Calibration::fit_temperature(&logits, &grades)?, Vec::new())
        }
        Err(error) => return Err(error.into()),
    };
    let assessments = assess(answers, &calibration)?;
    let operating_points = operating_points(answers, &assessments, seed)?;
    let policy = operating_points
        .iter()
        .find(|point| point.name == OPERATING_POINT)
        .map_or(operating_points[0].policy, |point| point.policy);
    // What a photograph's own calibration says of it flatters; the sets must hold for photographs to come.
    let prediction_sets = cross_fitted(&logits, &grades, &patients, seed)
        .and_then(|assessments| {
            let answered_by_others: Vec<(Probabilities, Grade)> = assessments
                .iter()
                .map(|assessment| assessment.probabilities)
                .zip(grades.iter().copied())
                .collect();
            ConformalSets::fit_split(&answered_by_others, &patients, SET_COVERAGE)
        })
        .ok();
    let validation = assessments.iter().zip(answers);
    Ok(Fitted {
        evaluation: evaluation(answers, &assessments, &policy, seed),
        validation: validation
            .map(|(assessment, answer)| ValidationPhotograph {
                uncertainty: assessment.uncertainty,
                grade: Some(assessment.grade),
                evidence: Some(answer.evidence),
                correct: assessment.grade == answer.grade,
            })
            .collect(),
        calibration,
        candidates,
        policy,
        operating_points,
        prediction_sets,
    })
}

/// The thresholds at every operating point; at least one.
fn operating_points(
    answers: &[Answered],
    assessments: &[Assessment],
    seed: u64,
) -> Result<Vec<OperatingPoint>, TrainingError> {
    let witnesses: Vec<Witness> = answers
        .iter()
        .zip(assessments)
        .map(|(answer, assessment)| Witness {
            patient: answer.group(),
            grade: answer.grade,
            assessment: *assessment,
            evidence: answer.evidence,
        })
        .collect();
    let points = OperatingPointName::ALL.map(|name| {
        OperatingPoint::fit(
            name,
            &witnesses,
            UNSURE_MEASURE,
            Quality::GRADABLE_AT,
            seed,
            RESAMPLES,
        )
    });
    Ok(points.into_iter().collect::<Result<_, _>>()?)
}

impl Answered {
    fn group(&self) -> String {
        patient_group(&self.source, &self.patient)
    }
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
        manifest.calibration_candidates = self.candidates;
        manifest.policy = self.policy;
        manifest.operating_points = self.operating_points;
        manifest.prediction_sets = self.prediction_sets;
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
            evidence: answer.evidence,
            rule: policy.rule(assessment, &answer.evidence),
        })
        .collect();
    Evaluation::of(&cases, seed, RESAMPLES)
}
