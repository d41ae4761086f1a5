//! Conformal prediction: instead of one grade a range of grades, wide enough to keep a promise.
//!
//! The promise is kept whatever the network and its calibration are worth, as long as the patients on whom the sets are
//! used come from where the patients come from to whom they were fitted (strictly: as long as they are exchangeable).
//! A worse network pays with wider sets, not with a broken promise. It holds on average over patients, not for each
//! grade, camera or clinic: [`CoverageFigures`] and [`SplitCoverage`] say what is left of it there.
//!
//! Sets are the ordinal adaptive prediction sets of Lu et al. 2022 (arXiv:2207.02238): one grows from the most probable
//! grade outward, always by the more probable of its two neighbours (of equally probable ones the more severe), as long
//! as its share of the probability is at most a threshold. So a set is never empty, has no gaps, and a higher threshold
//! never takes a grade away. What counts for a grade is the share that the set had before the grade came in. Were it the
//! share with the grade, a threshold fitted to the true grades would leave a confident photograph's most probable grade
//! outside its own set; put in nevertheless, it would make sets cover more than was asked for, and too wide for it.

mod coverage;
mod growth;
mod set;

use std::collections::BTreeMap;

use language::{Language, text_with};
use serde::{Deserialize, Serialize};

use crate::{Grade, Probabilities, TrustError};

pub use self::coverage::{CoverageFigures, CoverageSpread, SplitCoverage, coverage_over_splits};
use self::growth::Growth;
pub use self::set::PredictionSet;

/// What is promised of the sets, on average over patients and each patient's photographs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "method", rename_all = "snake_case")]
pub enum Promise {
    /// Split conformal prediction (Vovk et al. 2005): the set holds the true grade at least this often.
    Split {
        /// In (0, 1).
        coverage: f64,
    },
    /// Conformal risk control (Angelopoulos et al. 2022, arXiv:2208.02814; for ordered grades Xu et al. 2024,
    /// arXiv:2405.00417): the mean of [`PredictionSet::under_grading`] is at most this.
    RiskControl {
        /// In (0, 1).
        risk: f64,
    },
}

/// How probabilities become prediction sets, and what they were fitted to; kept in the model bundle.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Document")]
pub struct ConformalSets {
    #[serde(flatten)]
    promise: Promise,
    threshold: f64,
    photographs: usize,
    patients: usize,
}

/// [`ConformalSets`] as they are read, before their ranges are checked.
#[derive(Deserialize)]
struct Document {
    #[serde(flatten)]
    promise: Promise,
    threshold: f64,
    photographs: usize,
    patients: usize,
}

/// What is added to the allowed loss, so that 0.9 of 20 needs 18 whatever its rounding.
const TOLERANCE: f64 = 1e-9;

impl Promise {
    /// What the promise counts, from 0 to 1 and never more for a larger set: a missed truth or the under-grading.
    fn loss(self, set: PredictionSet, truth: Grade) -> f64 {
        match self {
            Promise::Split { .. } => f64::from(u8::from(!set.contains(truth))),
            Promise::RiskControl { .. } => set.under_grading(truth),
        }
    }

    /// How much of the loss is allowed on average, in (0, 1).
    fn allowed_loss(self) -> f64 {
        match self {
            Promise::Split { coverage } => 1.0 - coverage,
            Promise::RiskControl { risk } => risk,
        }
    }

    /// Least number n of patients with 1 / (n + 1) at most the allowed loss: with fewer, the unknown loss of one more
    /// patient alone could break the promise.
    fn needed_patients(self) -> usize {
        (1.0 / (self.allowed_loss() + TOLERANCE) - 1.0).ceil() as usize
    }

    fn validate(self) -> Result<(), TrustError> {
        let (what, value) = match self {
            Promise::Split { coverage } => ("coverage", coverage),
            Promise::RiskControl { risk } => ("risk", risk),
        };
        if value > 0.0 && value < 1.0 {
            Ok(())
        } else {
            Err(TrustError::NoShare { what, value })
        }
    }
}

impl ConformalSets {
    /// Fits sets that hold the true grade with a probability of at least `coverage`, in (0, 1).
    ///
    /// `answers` holds the probabilities and the true grade of each photograph, `patients` its patient (patients of
    /// different data sets need different names). The photographs must not be those the network learned from.
    ///
    /// Photographs of one patient resemble each other, so n is the number of patients, and each photograph counts
    /// 1 / (photographs of its patient), as in Lee et al. 2023 (arXiv:2306.06342): the promise then is about a new
    /// patient and one of that patient's photographs at random, and it holds exactly, for any number of photographs a
    /// patient and whatever they have in common. (Of the schemes of Dunn et al. 2022, arXiv:1809.07441, pooling holds
    /// for many patients only, and subsampling throws photographs away.) The threshold is the smallest at which the
    /// weighted share of covered photographs reaches (n + 1) `coverage` / n; with one photograph a patient that is
    /// ceil((n + 1) `coverage`) of n photographs.
    ///
    /// # Errors
    /// [`TrustError::NoShare`] for a coverage outside (0, 1), [`TrustError::LengthsDiffer`] or [`TrustError::Empty`]
    /// for such lists, [`TrustError::PromiseNeedsPatients`] for fewer than `coverage` / (1 - `coverage`) patients.
    pub fn fit_split(
        answers: &[(Probabilities, Grade)],
        patients: &[impl AsRef<str>],
        coverage: f64,
    ) -> Result<Self, TrustError> {
        Self::fit(answers, patients, Promise::Split { coverage })
    }

    /// Fits sets whose mean under-grading (see [`PredictionSet::under_grading`]) is at most `risk`, in (0, 1).
    ///
    /// Truths below the set cost nothing here: the promise is about what is missed, not about false alarms. The
    /// threshold is the smallest with n / (n + 1) R + 1 / (n + 1) at most `risk`, where n is the number of patients and
    /// R the mean over the patients of the mean loss of their photographs. Patients are counted for the same reason,
    /// and `answers` and `patients` mean the same, as in [`ConformalSets::fit_split`].
    ///
    /// # Errors
    /// [`TrustError::NoShare`] for a risk outside (0, 1), [`TrustError::LengthsDiffer`] or [`TrustError::Empty`] for
    /// such lists, [`TrustError::PromiseNeedsPatients`] for fewer than 1 / `risk` - 1 patients: even sets of all grades, which
    /// miss nothing, do not prove more of so few.
    pub fn fit_risk_control(
        answers: &[(Probabilities, Grade)],
        patients: &[impl AsRef<str>],
        risk: f64,
    ) -> Result<Self, TrustError> {
        Self::fit(answers, patients, Promise::RiskControl { risk })
    }

    /// What is promised.
    pub fn promise(&self) -> Promise {
        self.promise
    }

    /// The share of the probability, in [0, 1], up to which a set goes on growing; at 1 every set holds all grades.
    pub fn threshold(&self) -> f64 {
        self.threshold
    }

    /// Number of photographs the sets were fitted to.
    pub fn photographs(&self) -> usize {
        self.photographs
    }

    /// Number of patients the sets were fitted to.
    pub fn patients(&self) -> usize {
        self.patients
    }

    /// The set of one photograph.
    pub fn set(&self, probabilities: &Probabilities) -> PredictionSet {
        Growth::of(probabilities).at(self.threshold)
    }

    /// A set in words with what is promised of it: as [`PredictionSet::words`] with the coverage, or, where the risk is
    /// controlled, "between mild and moderate, the truth on average at most 0.08 grades above".
    pub fn words(&self, set: PredictionSet) -> String {
        match self.promise {
            Promise::Split { coverage } => set.words(coverage),
            Promise::RiskControl { .. } if set.len() == Grade::ALL.len() => set.range(),
            Promise::RiskControl { risk } => {
                // Rounded up, so that no more is said than is promised.
                let grades =
                    (risk * PredictionSet::LARGEST_DISTANCE * 1000.0 - 1e-6).ceil() / 1000.0;
                text_with!(
                    Language::English,
                    "prediction-risk",
                    range = set.range(),
                    grades = grades.to_string(),
                )
            }
        }
    }

    fn fit(
        answers: &[(Probabilities, Grade)],
        patients: &[impl AsRef<str>],
        promise: Promise,
    ) -> Result<Self, TrustError> {
        promise.validate()?;
        let (photographs, patients) = calibration_photographs(answers, patients)?;
        let photographs: Vec<&CalibrationPhotograph> = photographs.iter().collect();
        Self::fit_grown(&photographs, patients, promise)
    }

    /// As [`ConformalSets::fit_split`] and [`ConformalSets::fit_risk_control`], for a promise in range and photographs
    /// of `patients` patients whose weights sum to that number.
    fn fit_grown(
        photographs: &[&CalibrationPhotograph],
        patients: usize,
        promise: Promise,
    ) -> Result<Self, TrustError> {
        let needed = promise.needed_patients();
        if patients < needed {
            return Err(TrustError::PromiseNeedsPatients { patients, needed });
        }
        Ok(Self {
            promise,
            threshold: smallest_threshold(photographs, patients, promise),
            photographs: photographs.len(),
            patients,
        })
    }
}

impl TryFrom<Document> for ConformalSets {
    type Error = TrustError;

    fn try_from(document: Document) -> Result<Self, TrustError> {
        let Document {
            promise,
            threshold,
            photographs,
            patients,
        } = document;
        promise.validate()?;
        let fitted = patients >= promise.needed_patients() && photographs >= patients;
        if !fitted || !(0.0..=1.0).contains(&threshold) {
            return Err(TrustError::InvalidSets(format!(
                "{promise:?} by the threshold {threshold} from {photographs} photographs of {patients} patients"
            )));
        }
        Ok(Self {
            promise,
            threshold,
            photographs,
            patients,
        })
    }
}

/// One photograph that sets are fitted to.
struct CalibrationPhotograph {
    growth: Growth,
    truth: Grade,
    /// 1 / (photographs of its patient).
    weight: f64,
}

/// The photographs with their weights, and the number of patients.
fn calibration_photographs(
    answers: &[(Probabilities, Grade)],
    patients: &[impl AsRef<str>],
) -> Result<(Vec<CalibrationPhotograph>, usize), TrustError> {
    if patients.len() != answers.len() {
        return Err(TrustError::LengthsDiffer {
            what: "patients",
            left: patients.len(),
            right: answers.len(),
        });
    }
    if answers.is_empty() {
        return Err(TrustError::Empty);
    }
    let mut photographs_of: BTreeMap<&str, usize> = BTreeMap::new();
    for patient in patients {
        *photographs_of.entry(patient.as_ref()).or_default() += 1;
    }
    let photographs = answers
        .iter()
        .zip(patients)
        .map(|((probabilities, truth), patient)| CalibrationPhotograph {
            growth: Growth::of(probabilities),
            truth: *truth,
            weight: 1.0 / photographs_of[patient.as_ref()] as f64,
        })
        .collect();
    Ok((photographs, photographs_of.len()))
}

/// The smallest threshold t with (L(t) + 1) / (n + 1) at most the allowed loss, where L(t) is the sum over the n
/// patients of their mean loss. For the loss of split conformal prediction, which is 1 where the truth is missed, that
/// is the finite-sample quantile of the scores.
fn smallest_threshold(
    photographs: &[&CalibrationPhotograph],
    patients: usize,
    promise: Promise,
) -> f64 {
    let mut falls: Vec<(f64, f64)> = photographs
        .iter()
        .flat_map(|photograph| loss_falls(photograph, promise))
        .collect();
    falls.sort_unstable_by(|left, right| left.0.total_cmp(&right.0));
    let allowed = promise.allowed_loss() + TOLERANCE;
    let mut remaining = patients as f64;
    for tied in falls.chunk_by(|left, right| left.0 == right.0) {
        remaining -= tied.iter().map(|(_, fall)| fall).sum::<f64>();
        if (remaining + 1.0) / (patients as f64 + 1.0) <= allowed {
            return tied[0].0;
        }
    }
    1.0
}

/// By how much the weighted loss of one photograph falls at which thresholds, from the whole weight down to 0.
fn loss_falls(
    photograph: &CalibrationPhotograph,
    promise: Promise,
) -> impl Iterator<Item = (f64, f64)> {
    let mut before = 1.0;
    photograph.growth.steps().iter().filter_map(move |step| {
        let after = promise.loss(step.set, photograph.truth);
        let fall = photograph.weight * (before - after);
        before = after;
        (fall > 0.0).then_some((step.from, fall))
    })
}
