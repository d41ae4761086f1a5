//! Every figure of a model on graded photographs, each with its interval, pooled and by source.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::bootstrap::{Interval, patient_bootstrap, patient_group};
use crate::metrics::{self, ConfusionMatrix};
use crate::{Assessment, DISCLAIMER, Decision, Evidence, Grade, Probabilities, Rule};

/// One graded photograph and what the system said about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// Name of the data set.
    pub source: String,
    /// The patient's identifier within the data set; it does not leave the evaluation.
    pub patient: String,
    /// The true grade.
    pub grade: Grade,
    /// What the system said.
    pub assessment: Assessment,
    /// Its quality and unfamiliarity.
    pub evidence: Evidence,
    /// The line of the policy that decided.
    pub rule: Rule,
}

/// All figures; `metrics.json` holds exactly this.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// [`DISCLAIMER`].
    pub disclaimer: String,
    /// Seed of the bootstrap.
    pub seed: u64,
    /// Number of resamples of the bootstrap.
    pub resamples: usize,
    /// The figures over the photographs of all sources.
    pub pooled: Figures,
    /// The figures of each source.
    pub by_source: BTreeMap<String, Figures>,
}

/// The figures over one set of photographs; `None` where a figure is not defined on it.
///
/// Positive is a grade of 2 or more in the figures named referable, 3 or more in those named vision-threatening.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// Number of photographs.
    pub photographs: usize,
    /// Number of patients.
    pub patients: usize,
    /// Number of photographs of each true grade.
    pub photographs_by_grade: [usize; 5],
    /// Mean quality of the photographs, in [0, 1].
    pub mean_quality: Option<Interval>,
    /// Cohen's kappa with quadratic weights over the five grades.
    pub quadratic_weighted_kappa: Option<Interval>,
    /// Share of right grades.
    pub accuracy: Option<Interval>,
    /// Area under the ROC curve of the referable probability.
    pub referable_auc: Option<Interval>,
    /// Area under the ROC curve of the vision-threatening probability.
    pub vision_threatening_auc: Option<Interval>,
    /// Sensitivity of the referable probability at a specificity of 90 %.
    pub referable_sensitivity_at_90_specificity: Option<Interval>,
    /// For each grade, the share of its photographs graded so.
    pub recall_by_grade: [Option<Interval>; 5],
    /// Expected calibration error of the most probable grade, 15 equal-width bins.
    pub expected_calibration_error: Option<Interval>,
    /// Brier score over the five grades, in [0, 2].
    pub brier_score: Option<Interval>,
    /// Negative log-likelihood in nats.
    pub negative_log_likelihood: Option<Interval>,
    /// Photographs by true grade (row) and predicted grade (column).
    pub confusion_matrix: ConfusionMatrix,
    /// What was decided.
    pub decisions: DecisionFigures,
}

/// How the decisions fell, and what they missed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DecisionFigures {
    /// Share of the photographs with each decision; the four shares sum to 1.
    pub shares: BTreeMap<Decision, Interval>,
    /// Of the photographs decided `rescreen`, the share that is referable: what was missed among the sent home.
    pub referable_among_rescreen: Option<Interval>,
    /// Of the referable photographs, the share decided `rescreen`.
    pub rescreen_among_referable: Option<Interval>,
    /// Of the photographs decided `refer`, the share that is referable.
    pub referable_among_refer: Option<Interval>,
}

impl Evaluation {
    /// Computes every figure with its 95 % patient-bootstrap interval; the result depends on the cases (not on their
    /// order), the seed and the number of resamples alone.
    pub fn of(cases: &[Case], seed: u64, resamples: usize) -> Self {
        let mut by_source: BTreeMap<&str, Vec<&Case>> = BTreeMap::new();
        for case in cases {
            by_source.entry(&case.source).or_default().push(case);
        }
        let figures = |cases: &[&Case]| Figures::of(cases, seed, resamples);
        Self {
            disclaimer: DISCLAIMER.to_owned(),
            seed,
            resamples,
            pooled: figures(&cases.iter().collect::<Vec<_>>()),
            by_source: by_source
                .iter()
                .map(|(source, cases)| ((*source).to_owned(), figures(cases)))
                .collect(),
        }
    }
}

impl Figures {
    fn of(cases: &[&Case], seed: u64, resamples: usize) -> Self {
        let patients: Vec<String> = cases
            .iter()
            .map(|case| patient_group(&case.source, &case.patient))
            .collect();
        let figures =
            |photographs: &[usize]| point_figures(photographs.iter().map(|index| cases[*index]));
        let mut intervals = patient_bootstrap(&patients, seed, resamples, figures).into_iter();
        // The fields below are taken in the order in which `point_figures` lists them.
        let mut next = || intervals.next().flatten();
        let matrix = confusion_matrix(cases.iter().copied());
        Self {
            photographs: cases.len(),
            patients: patients.iter().collect::<BTreeSet<_>>().len(),
            photographs_by_grade: std::array::from_fn(|grade| matrix[grade].iter().sum()),
            mean_quality: next(),
            quadratic_weighted_kappa: next(),
            accuracy: next(),
            referable_auc: next(),
            vision_threatening_auc: next(),
            referable_sensitivity_at_90_specificity: next(),
            recall_by_grade: std::array::from_fn(|_| next()),
            expected_calibration_error: next(),
            brier_score: next(),
            negative_log_likelihood: next(),
            confusion_matrix: matrix,
            decisions: DecisionFigures {
                shares: Decision::ALL
                    .into_iter()
                    .filter_map(|decision| Some((decision, next()?)))
                    .collect(),
                referable_among_rescreen: next(),
                rescreen_among_referable: next(),
                referable_among_refer: next(),
            },
        }
    }
}

fn confusion_matrix<'a>(cases: impl Iterator<Item = &'a Case>) -> ConfusionMatrix {
    metrics::confusion_matrix(cases.map(|case| (case.grade, case.assessment.grade)))
}

/// The figures that get an interval, in the order in which [`Figures::of`] takes them.
fn point_figures<'a>(cases: impl Iterator<Item = &'a Case>) -> Vec<Option<f64>> {
    let cases: Vec<&Case> = cases.collect();
    let predictions: Vec<(Probabilities, Grade)> = cases
        .iter()
        .map(|case| (case.assessment.probabilities, case.grade))
        .collect();
    let quality = metrics::mean(cases.iter().map(|case| f64::from(case.evidence.quality)));
    std::iter::once(quality)
        .chain(prediction_figures(&predictions))
        .chain(decision_figures(&cases))
        .collect()
}

/// The figures that follow from the probabilities alone: kappa, accuracy, referable AUC, vision-threatening AUC,
/// sensitivity, the five recalls, calibration error, Brier score and negative log-likelihood.
pub(crate) fn prediction_figures(
    predictions: &[(Probabilities, Grade)],
) -> impl Iterator<Item = Option<f64>> + use<> {
    let grades = predictions.iter();
    let matrix = metrics::confusion_matrix(
        grades.map(|(probabilities, grade)| (*grade, probabilities.grade())),
    );
    let referable: Vec<(f32, bool)> = predictions
        .iter()
        .map(|(probabilities, grade)| (probabilities.referable(), grade.is_referable()))
        .collect();
    let vision_threatening: Vec<(f32, bool)> = predictions
        .iter()
        .map(|(probabilities, grade)| {
            (
                probabilities.vision_threatening(),
                grade.is_vision_threatening(),
            )
        })
        .collect();
    let before = [
        metrics::quadratic_weighted_kappa(&matrix),
        metrics::accuracy(&matrix),
        metrics::roc_auc(&referable),
        metrics::roc_auc(&vision_threatening),
        metrics::sensitivity_at_specificity(&referable, 0.9),
    ];
    let after = [
        metrics::expected_calibration_error(predictions),
        metrics::brier_score(predictions),
        metrics::negative_log_likelihood(predictions),
    ];
    before
        .into_iter()
        .chain(metrics::recall_by_grade(&matrix))
        .chain(after)
}

fn decision_figures(cases: &[&Case]) -> impl Iterator<Item = Option<f64>> {
    let decided = |decision: Decision| {
        cases
            .iter()
            .filter(move |case| case.rule.decision() == decision)
    };
    let referable_among = |decision: Decision| {
        decided(decision)
            .filter(|case| case.grade.is_referable())
            .count()
    };
    let referable = cases
        .iter()
        .filter(|case| case.grade.is_referable())
        .count();

    let shares =
        Decision::ALL.map(|decision| metrics::share(decided(decision).count(), cases.len()));
    let missed = referable_among(Decision::Rescreen);
    shares.into_iter().chain([
        metrics::share(missed, decided(Decision::Rescreen).count()),
        metrics::share(missed, referable),
        metrics::share(
            referable_among(Decision::Refer),
            decided(Decision::Refer).count(),
        ),
    ])
}
