//! What is remembered: screenings, the photographs in them, and the explanations of each.

use sea_orm::{DeriveActiveEnum, EnumIter, FromJsonQueryResult};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use trust::{Decision, Grade, PredictionSet, Probabilities, Rule, Uncertainty};

use crate::circumstances::Circumstances;
use crate::files::{ContentHash, StagedFile};
use crate::identifier::{ExplanationId, PatientId, PhotographId, ScreeningId};
use crate::laterality::SeenLaterality;
use crate::review::Review;

/// Which eye.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, EnumIter, DeriveActiveEnum,
)]
#[serde(rename_all = "lowercase")]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "lowercase")]
pub enum Laterality {
    /// The left eye (OS).
    Left,
    /// The right eye (OD).
    Right,
}

/// The circle of the retina in a photograph.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct FieldOfView {
    /// Centre `[x, y]` in pixels of the upright photograph.
    pub center: [f64; 2],
    /// Radius in the same pixels.
    pub radius: f64,
}

/// How well a photograph can be graded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Quality {
    /// Whether a grade may be shown.
    pub gradable: bool,
    /// 0 (worst) to 1 (best).
    pub score: f32,
    /// What is wrong with it, each in words; empty when nothing is.
    pub reasons: Vec<String>,
}

/// What is known of a photograph before any grading.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct PhotographFacts {
    /// Width of the upright photograph in pixels.
    pub width: u32,
    /// Height of the upright photograph in pixels.
    pub height: u32,
    /// Media type of the bytes as submitted, such as `image/jpeg`.
    pub media_type: String,
    /// Where the retina is.
    pub field_of_view: FieldOfView,
    /// How well it can be graded.
    pub quality: Quality,
    /// Which eye, where the submitter, the file's name or its header says so; the first of them counts.
    pub laterality: Option<Laterality>,
    /// The eye that the file's own header names, as DICOM files have it; `None` too in records of earlier versions.
    #[serde(default)]
    pub recorded_laterality: Option<Laterality>,
    /// The eye that its optic disc speaks for, as far as it shows; `None` too in records of earlier versions.
    #[serde(default)]
    pub seen_laterality: Option<SeenLaterality>,
    /// Whether `laterality` is the word of somebody who looked at the photograph ([`crate::Store::state_eye`]).
    #[serde(default)]
    pub laterality_checked: bool,
}

/// The grader's answer to one photograph.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Finding {
    /// The most probable grade after calibration.
    pub grade: Grade,
    /// Probability of each grade.
    pub probabilities: Probabilities,
    /// Spread over passes, entropies and mutual information.
    pub uncertainty: Uncertainty,
    /// The grades that the photograph may have; `None` where the bundle promised nothing, as in all that follows where a
    /// record was written before it was kept.
    #[serde(default)]
    pub prediction_set: Option<PredictionSet>,
    /// That set in words with what was promised of it, as it was said then: the promise belongs to the bundle of that day.
    #[serde(default)]
    pub prediction_words: Option<String>,
    /// How unlike the photographs that the bundle learned from it is, about 1 for one of them; `None` where the bundle
    /// could not tell.
    #[serde(default)]
    pub unfamiliarity: Option<f32>,
    /// What to do.
    pub decision: Decision,
    /// The line of the bundle's policy that decided.
    #[serde(default)]
    pub rule: Option<Rule>,
    /// The rule that decided, in a sentence.
    pub reason: String,
    /// Fingerprint of the model bundle that answered.
    pub bundle: String,
    /// Passes (member × view × sample) behind the mean.
    pub passes: usize,
}

/// How well an attribution adds up to the difference it explains.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Completeness {
    /// Error relative to max(|logit difference|, 0.1).
    pub relative_error: f64,
    /// Steps of the path integral that were taken.
    pub steps: u64,
    /// Whether the error fell below the goal.
    pub reached: bool,
}

/// An explanation's map: `height * width` little-endian `f32` values, row by row, in a stored file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MapRecord {
    /// Rows.
    pub height: u32,
    /// Columns.
    pub width: u32,
    /// The file that holds the values.
    pub content: ContentHash,
}

/// A place that an explanation tells the reader to look at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Region {
    /// Where the evidence is greatest, from the left and from the top, in shares of the side of the square around the field
    /// of view.
    pub peak: [f64; 2],
    /// The closed outline, in the same shares.
    pub outline: Vec<[f64; 2]>,
    /// Share of all the evidence in the picture, in (0, 1].
    pub share_of_evidence: f64,
    /// Diameter of the disc of equal area, as a share of the diameter of the field of view.
    pub diameter: f64,
    /// That diameter in diameters of this eye's optic disc, where the picture shows one.
    pub disc_diameters: Option<f64>,
    /// The grade that this region, by itself, speaks for; `None` where it does not matter by itself.
    pub speaks_for: Option<Grade>,
}

/// The fewest regions without which the answer would have been a lower grade.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Counterfactual {
    /// Their places in the list of regions, from 0, ascending.
    pub removed: Vec<usize>,
    /// The grade without them.
    pub grade: Grade,
}

/// What the regions of an explanation mean.
#[derive(Debug, Clone, PartialEq)]
pub struct Examination {
    /// The one with most of the evidence first.
    pub regions: Vec<Region>,
    /// What would have changed the answer, with the picture without those regions, PNG; `None` where nothing among the
    /// regions would.
    pub counterfactual: Option<(Counterfactual, ContentHash)>,
}

/// An explanation to be put on record.
#[derive(Debug)]
pub struct NewMap {
    /// `height * width` little-endian `f32`.
    pub map: StagedFile,
    /// Rows and columns.
    pub sides: [u32; 2],
    /// How well it adds up, for methods that promise to.
    pub completeness: Option<Completeness>,
    /// Whether nothing in the picture spoke for or against the target.
    pub empty: bool,
    /// The magnitude that its colours end at by themselves, in the target's unit, above 0; `None` for an empty map.
    pub scale: Option<f32>,
    /// Its regions and what would have changed the answer, where that was examined.
    pub examination: Option<NewExamination>,
}

/// What the regions of an explanation mean, to be put on record.
#[derive(Debug)]
pub struct NewExamination {
    /// The one with most of the evidence first.
    pub regions: Vec<Region>,
    /// What would have changed the answer, and the picture without those regions, PNG.
    pub counterfactual: Option<(Counterfactual, StagedFile)>,
}

/// How far an explanation has come.
#[derive(Debug, Clone, PartialEq)]
pub enum ExplanationState {
    /// Waits for its turn.
    Pending,
    /// Is being computed.
    Explaining,
    /// Its map is stored.
    Ready {
        /// The map.
        map: MapRecord,
        /// How well it adds up, for methods that promise to.
        completeness: Option<Completeness>,
        /// Whether nothing in the picture spoke for or against the target.
        empty: bool,
        /// The magnitude that its colours end at by themselves, in the target's unit; `None` for an empty map and in
        /// records that did not note it.
        scale: Option<f32>,
        /// Its regions and what would have changed the answer; `None` where that was not examined.
        examination: Option<Box<Examination>>,
    },
    /// Could not be computed, and why.
    Failed {
        /// One sentence.
        error: String,
    },
}

/// An explanation of one photograph's answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// Its opaque name.
    pub id: ExplanationId,
    /// Method, such as `grad-cam`.
    pub method: String,
    /// What is explained, such as a grade `2`.
    pub target: String,
    /// How far it has come.
    pub state: ExplanationState,
}

/// How far an accepted photograph has come.
#[derive(Debug, Clone, PartialEq)]
pub enum Stage {
    /// Waits for its turn.
    Queued,
    /// Is being graded.
    Grading,
    /// Has its answer.
    Graded {
        /// The answer.
        finding: Finding,
        /// Explanations asked for, in the order of asking.
        explanations: Vec<Explanation>,
    },
    /// Could not be graded, and why.
    Failed {
        /// One sentence.
        error: String,
    },
}

/// What became of a submitted photograph.
#[derive(Debug, Clone, PartialEq)]
pub enum PhotographState {
    /// It could not be read as a photograph of a retina; nothing of it is stored but this sentence.
    Rejected {
        /// Why, in a sentence.
        error: String,
    },
    /// It was taken.
    Accepted(Box<AcceptedPhotograph>),
}

/// A photograph that was taken, and what became of it.
#[derive(Debug, Clone, PartialEq)]
pub struct AcceptedPhotograph {
    /// The bytes as submitted.
    pub original: ContentHash,
    /// The field of view at working size, PNG.
    pub cropped: ContentHash,
    /// What the network sees, made visible, PNG.
    pub standardized: ContentHash,
    /// What is known of it.
    pub facts: PhotographFacts,
    /// How far it has come.
    pub stage: Stage,
}

/// One photograph of a screening.
#[derive(Debug, Clone, PartialEq)]
pub struct Photograph {
    /// Its opaque name.
    pub id: PhotographId,
    /// The submitter's own name for the file; never in a log, a metric or an address.
    pub file_name: String,
    /// What became of it.
    pub state: PhotographState,
}

/// One submission: the photographs that came together.
#[derive(Debug, Clone, PartialEq)]
pub struct Screening {
    /// Its opaque name.
    pub id: ScreeningId,
    /// When it was submitted (UTC).
    pub created: OffsetDateTime,
    /// The submitter's words for the patient; never in a log, a metric or an address.
    pub patient: Option<String>,
    /// The patient's opaque name, where a patient was named.
    pub patient_id: Option<PatientId>,
    /// The year in which the patient was born, where it is known.
    pub year_of_birth: Option<i16>,
    /// When the photographs were taken, with what, and by whom.
    pub circumstances: Circumstances,
    /// Which eye, if the submitter said so for all photographs.
    pub laterality: Option<Laterality>,
    /// In the order submitted.
    pub photographs: Vec<Photograph>,
    /// What readers said of its eyes, oldest first.
    pub reviews: Vec<Review>,
}

/// How far a screening as a whole has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ScreeningState {
    /// No photograph has been begun.
    Queued,
    /// Some photograph has been begun, and not all have their answer.
    Grading,
    /// All have their answer; no explanation has been begun.
    Graded,
    /// All have their answer; some explanation has been begun.
    Explaining,
    /// Nothing is left to do.
    Done,
    /// No photograph could be graded.
    Failed,
}

/// Counts of what is done and what there is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Accepted photographs.
    pub photographs: usize,
    /// Of those, with an answer or failed.
    pub graded: usize,
    /// Explanations asked for so far.
    pub explanations: usize,
    /// Of those, ready or failed.
    pub explained: usize,
}

impl Photograph {
    /// What was taken; `None` for a rejected one.
    pub fn accepted(&self) -> Option<&AcceptedPhotograph> {
        match &self.state {
            PhotographState::Accepted(accepted) => Some(accepted),
            PhotographState::Rejected { .. } => None,
        }
    }

    /// The stage of an accepted photograph; `None` for a rejected one.
    pub fn stage(&self) -> Option<&Stage> {
        Some(&self.accepted()?.stage)
    }
}

impl Screening {
    fn stages(&self) -> impl Iterator<Item = &Stage> {
        self.photographs.iter().filter_map(Photograph::stage)
    }

    fn explanations(&self) -> impl Iterator<Item = &Explanation> {
        self.stages().flat_map(|stage| match stage {
            Stage::Graded { explanations, .. } => explanations.as_slice(),
            _ => &[],
        })
    }

    /// Whether every accepted photograph has its answer or has failed.
    pub fn is_graded(&self) -> bool {
        self.stages()
            .all(|stage| matches!(stage, Stage::Graded { .. } | Stage::Failed { .. }))
    }

    /// Whether some of its work failed, and can be tried again ([`crate::Store::try_again`]).
    pub fn has_failed(&self) -> bool {
        let is_failed = |explanation: &Explanation| {
            matches!(explanation.state, ExplanationState::Failed { .. })
        };
        let is_unread = self.reviews.is_empty();
        self.stages()
            .any(|stage| is_unread && matches!(stage, Stage::Failed { .. }))
            || self.explanations().any(is_failed)
    }

    /// Counts of what is done and what there is to do.
    pub fn progress(&self) -> Progress {
        let finished =
            |stage: &&Stage| matches!(stage, Stage::Graded { .. } | Stage::Failed { .. });
        let explained = |explanation: &&Explanation| {
            matches!(
                explanation.state,
                ExplanationState::Ready { .. } | ExplanationState::Failed { .. }
            )
        };
        Progress {
            photographs: self.stages().count(),
            graded: self.stages().filter(finished).count(),
            explanations: self.explanations().count(),
            explained: self.explanations().filter(explained).count(),
        }
    }

    /// How far the screening as a whole has come, read from its photographs.
    pub fn state(&self) -> ScreeningState {
        let progress = self.progress();
        if self.stages().all(|stage| *stage == Stage::Queued) {
            return ScreeningState::Queued;
        }
        if progress.graded < progress.photographs {
            return ScreeningState::Grading;
        }
        if self
            .stages()
            .all(|stage| matches!(stage, Stage::Failed { .. }))
        {
            return ScreeningState::Failed;
        }
        if progress.explained == progress.explanations {
            return ScreeningState::Done;
        }
        if self
            .explanations()
            .all(|explanation| explanation.state == ExplanationState::Pending)
        {
            return ScreeningState::Graded;
        }
        ScreeningState::Explaining
    }
}

/// A photograph that was read and understood, its bytes staged.
#[derive(Debug)]
pub struct Acceptance {
    /// The bytes as submitted.
    pub original: StagedFile,
    /// The field of view at working size, PNG.
    pub cropped: StagedFile,
    /// What the network sees, made visible, PNG.
    pub standardized: StagedFile,
    /// What is known of it.
    pub facts: PhotographFacts,
}

/// A photograph to be put on record.
#[derive(Debug)]
pub struct NewPhotograph {
    /// The submitter's own name for the file.
    pub file_name: String,
    /// The photograph, or the sentence that says why it was not taken.
    pub submission: Result<Acceptance, String>,
}

/// A screening to be put on record.
#[derive(Debug, Default)]
pub struct NewScreening {
    /// The submitter's words for the patient.
    pub patient: Option<String>,
    /// The year in which that patient was born; passed over where no patient is named.
    pub year_of_birth: Option<i16>,
    /// When the photographs were taken, with what, and by whom.
    pub circumstances: Circumstances,
    /// Which eye, if the submitter said so for all photographs.
    pub laterality: Option<Laterality>,
    /// In the order submitted; at least one must be accepted.
    pub photographs: Vec<NewPhotograph>,
}

/// An explanation to be asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExplanationRequest {
    /// Method, such as `grad-cam`.
    pub method: String,
    /// What is explained, such as a grade `2`.
    pub target: String,
}

/// A photograph whose grading the caller has taken on.
#[derive(Debug, Clone, PartialEq)]
pub struct GradingJob {
    /// The photograph.
    pub photograph: PhotographId,
    /// The screening it belongs to.
    pub screening: ScreeningId,
    /// The bytes as submitted.
    pub original: ContentHash,
    /// The field of view at the working size of the bundle that was loaded at submission, PNG.
    pub cropped: ContentHash,
    /// What is known of it.
    pub facts: PhotographFacts,
}

/// An explanation the caller has taken on.
#[derive(Debug, Clone, PartialEq)]
pub struct ExplanationJob {
    /// The explanation.
    pub explanation: ExplanationId,
    /// The photograph it explains.
    pub photograph: PhotographId,
    /// The screening that belongs to.
    pub screening: ScreeningId,
    /// Method, such as `grad-cam`.
    pub method: String,
    /// What is explained.
    pub target: String,
    /// The bytes as submitted.
    pub original: ContentHash,
    /// The field of view at the working size of the bundle that was loaded at submission, PNG.
    pub cropped: ContentHash,
    /// What is known of the photograph.
    pub facts: PhotographFacts,
}
