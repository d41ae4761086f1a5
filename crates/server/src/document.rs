//! A screening as JSON, as the contract has it.

use clinic::{
    AcceptedPhotograph, Completeness, Counterfactual, Explanation, ExplanationState, Eye,
    EyeAnswer, FieldOfView, Finding, Laterality, PatientOutcome, Photograph, PhotographState,
    Progress, Quality, ReadingState, Region, Review, Screening, ScreeningState, SeenLaterality,
    Stage, Verdict,
};
use serde::Serialize;
use time::OffsetDateTime;
use trust::{Decision, Grade, Probabilities, Rule, Uncertainty};

use crate::application::Shared;

/// A screening.
#[derive(Debug, Serialize)]
pub(crate) struct ScreeningDocument {
    id: String,
    state: ScreeningState,
    progress: Progress,
    #[serde(with = "time::serde::rfc3339")]
    created: OffsetDateTime,
    patient: Option<String>,
    /// The patient's opaque name.
    patient_id: Option<String>,
    year_of_birth: Option<i16>,
    /// The day on which the photographs were taken.
    examined: Option<String>,
    device: Option<String>,
    operator: Option<String>,
    laterality: Option<Laterality>,
    disclaimer: &'static str,
    /// The bundle that is loaded now; each answer names the one it came from.
    bundle: BundleDocument,
    results: Vec<ResultDocument>,
    /// The eyes that were photographed, each worth its worst gradable photograph.
    eyes: Vec<EyeDocument>,
    /// What both eyes come to.
    patient_outcome: PatientDocument,
}

/// One eye.
#[derive(Debug, Serialize)]
pub(crate) struct EyeDocument {
    laterality: Option<Laterality>,
    /// Whether the optic disc of some photograph tells the other eye.
    laterality_disputed: bool,
    state: &'static str,
    grade: Option<Grade>,
    decision: Option<Decision>,
    /// Place in `results` of the photograph with that grade.
    photograph: Option<usize>,
    /// Places in `results` of all its photographs.
    photographs: Vec<usize>,
    /// Probability of referable retinopathy of the photograph with that grade.
    referable: Option<f32>,
    reading: ReadingDocument,
    reviews: Vec<ReviewDocument>,
}

/// What the readers of an eye come to.
#[derive(Debug, Serialize)]
struct ReadingDocument {
    state: ReadingState,
    /// Different readers.
    readers: usize,
    /// Whether the eye is gradable, as the word says that stands; `None` where none does.
    gradable: Option<bool>,
    /// The grade that stands.
    grade: Option<Grade>,
}

/// What a reader said of an eye.
#[derive(Debug, Serialize)]
pub(crate) struct ReviewDocument {
    id: String,
    laterality: Option<Laterality>,
    reader: Option<String>,
    verdict: &'static str,
    grade: Option<Grade>,
    system_grade: Option<Grade>,
    reason: Option<String>,
    #[serde(with = "time::serde::rfc3339")]
    created: OffsetDateTime,
}

/// What both eyes come to, with readers' words in the place of the system's.
#[derive(Debug, Serialize)]
pub(crate) struct PatientDocument {
    decision: Option<Decision>,
    pending: bool,
    /// Eyes that no photograph is known to show well enough to be graded.
    eyes_without_answer: Vec<Laterality>,
}

#[derive(Debug, Serialize)]
pub(crate) struct BundleDocument {
    name: String,
    fingerprint: String,
    members: usize,
}

#[derive(Debug, Serialize)]
struct ResultDocument {
    file: String,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(flatten)]
    photograph: Option<PhotographDocument>,
    #[serde(flatten)]
    answer: Option<AnswerDocument>,
    explanations: Vec<ExplanationDocument>,
}

/// What is known of a photograph that could be read.
#[derive(Debug, Serialize)]
struct PhotographDocument {
    width: u32,
    height: u32,
    laterality: Option<Laterality>,
    laterality_recorded: Option<Laterality>,
    laterality_seen: Option<SeenLaterality>,
    laterality_disputed: bool,
    /// Whether somebody who looked at it stated the eye.
    laterality_checked: bool,
    field_of_view: FieldOfView,
    quality: Quality,
    pictures: PictureAddresses,
}

#[derive(Debug, Serialize)]
struct PictureAddresses {
    original: String,
    cropped: String,
    standardized: String,
}

/// What the grader says.
#[derive(Debug, Serialize)]
struct AnswerDocument {
    grade: Grade,
    grade_words: &'static str,
    probabilities: Probabilities,
    referable: f32,
    vision_threatening: f32,
    uncertainty: Uncertainty,
    uncertainty_chart: String,
    prediction_set: Option<PredictionSetDocument>,
    unfamiliarity: Option<f32>,
    decision: Decision,
    rule: Option<Rule>,
    reason: String,
    passes: usize,
    /// Fingerprint of the bundle that answered.
    graded_by: String,
}

/// The grades that a photograph may have.
#[derive(Debug, Serialize)]
struct PredictionSetDocument {
    lowest: Grade,
    highest: Grade,
    /// With what was promised of it.
    words: Option<String>,
}

#[derive(Debug, Serialize)]
struct ExplanationDocument {
    method: String,
    target: String,
    url: String,
    map_url: String,
    state: &'static str,
    ready: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    empty: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    completeness: Option<Completeness>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scale: Option<f32>,
    /// Places to look at; left out where they were not examined.
    #[serde(skip_serializing_if = "Option::is_none")]
    regions: Option<Vec<Region>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    counterfactual: Option<CounterfactualDocument>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// What would have changed the answer.
#[derive(Debug, Serialize)]
struct CounterfactualDocument {
    #[serde(flatten)]
    known: Counterfactual,
    /// The picture without those regions.
    url: String,
}

/// The address of a screening in the API.
pub(crate) fn address(id: &str) -> String {
    format!("/api/v1/screenings/{id}")
}

impl ScreeningDocument {
    pub(crate) fn of(screening: &Screening, shared: &Shared) -> Self {
        let id = screening.id.to_string();
        let results = screening
            .photographs
            .iter()
            .enumerate()
            .map(|(index, photograph)| {
                result(
                    photograph,
                    screening,
                    &format!("{}/photographs/{index}", address(&id)),
                )
            })
            .collect();
        Self {
            id,
            state: screening.state(),
            progress: screening.progress(),
            created: screening.created,
            patient: screening.patient.clone(),
            patient_id: screening.patient_id.map(|id| id.to_string()),
            year_of_birth: screening.year_of_birth,
            examined: screening.circumstances.examined.map(|day| day.to_string()),
            device: screening.circumstances.device.clone(),
            operator: screening.circumstances.operator.clone(),
            laterality: screening.laterality,
            disclaimer: trust::DISCLAIMER,
            bundle: BundleDocument {
                name: shared.bundle.name.clone(),
                fingerprint: shared.bundle.fingerprint.clone(),
                members: shared.bundle.members,
            },
            results,
            eyes: EyeDocument::all_of(screening),
            patient_outcome: PatientDocument::of(screening.patient_outcome()),
        }
    }
}

impl EyeDocument {
    /// The eyes of a screening.
    pub(crate) fn all_of(screening: &Screening) -> Vec<Self> {
        let eyes = screening.eyes().into_iter();
        eyes.map(|eye| eye_document(eye, screening)).collect()
    }
}

fn eye_document(eye: Eye, screening: &Screening) -> EyeDocument {
    let (state, grade, photograph) = match eye.answer {
        EyeAnswer::Pending => ("pending", None, None),
        EyeAnswer::Withheld => ("withheld", None, None),
        EyeAnswer::Graded {
            grade, photograph, ..
        } => ("graded", Some(grade), Some(photograph)),
    };
    let own = (screening.reviews.iter()).filter(|review| review.laterality == eye.laterality);
    let reading = screening.reading(eye.laterality);
    let referable = screening
        .finding_of(&eye)
        .map(|finding| finding.probabilities.referable());
    EyeDocument {
        laterality: eye.laterality,
        laterality_disputed: !eye.disputed.is_empty(),
        state,
        grade,
        decision: eye.answer.decision(),
        photograph,
        photographs: eye.photographs,
        referable,
        reading: ReadingDocument {
            state: reading.state,
            readers: reading.opinions.len(),
            gradable: reading.standing.map(|review| review.grade().is_some()),
            grade: reading.standing.and_then(Review::grade),
        },
        reviews: own.map(ReviewDocument::of).collect(),
    }
}

impl ReviewDocument {
    pub(crate) fn of(review: &Review) -> Self {
        let (verdict, reason) = match &review.verdict {
            Verdict::Agree => ("agree", None),
            Verdict::Overrule { reason, .. } => ("overrule", Some(reason.clone())),
            Verdict::Ungradable => ("ungradable", None),
        };
        Self {
            id: review.id.to_string(),
            laterality: review.laterality,
            reader: review.reader.clone(),
            verdict,
            grade: review.grade(),
            system_grade: review.system_grade,
            reason,
            created: review.created,
        }
    }
}

impl PatientDocument {
    pub(crate) fn of(outcome: PatientOutcome) -> Self {
        Self {
            decision: outcome.decision,
            pending: outcome.is_pending,
            eyes_without_answer: outcome.unanswered,
        }
    }
}

fn result(photograph: &Photograph, screening: &Screening, address: &str) -> ResultDocument {
    let file = photograph.file_name.clone();
    let accepted = match &photograph.state {
        PhotographState::Rejected { error } => {
            return ResultDocument {
                file,
                state: "rejected",
                error: Some(error.clone()),
                photograph: None,
                answer: None,
                explanations: Vec::new(),
            };
        }
        PhotographState::Accepted(accepted) => accepted,
    };
    let (state, error, answer, explanations) = match &accepted.stage {
        Stage::Queued => ("queued", None, None, Vec::new()),
        Stage::Grading => ("grading", None, None, Vec::new()),
        Stage::Failed { error } => ("failed", Some(error.clone()), None, Vec::new()),
        Stage::Graded {
            finding,
            explanations,
        } => {
            let documents = explanations
                .iter()
                .map(|explanation| explained(explanation, address))
                .collect();
            ("graded", None, Some(answer(finding, address)), documents)
        }
    };
    ResultDocument {
        file,
        state,
        error,
        photograph: Some(described(accepted, screening, address)),
        answer,
        explanations,
    }
}

fn described(
    accepted: &AcceptedPhotograph,
    screening: &Screening,
    address: &str,
) -> PhotographDocument {
    let facts = &accepted.facts;
    PhotographDocument {
        width: facts.width,
        height: facts.height,
        laterality: facts.laterality,
        laterality_recorded: facts.recorded_laterality,
        laterality_seen: facts.seen_laterality,
        laterality_disputed: screening.is_disputed(accepted),
        laterality_checked: facts.laterality_checked,
        field_of_view: facts.field_of_view,
        quality: facts.quality.clone(),
        pictures: PictureAddresses {
            original: format!("{address}/original"),
            cropped: format!("{address}/cropped"),
            standardized: format!("{address}/standardized"),
        },
    }
}

fn answer(finding: &Finding, address: &str) -> AnswerDocument {
    let prediction_set = finding.prediction_set.map(|set| PredictionSetDocument {
        lowest: set.lowest(),
        highest: set.highest(),
        words: finding.prediction_words.clone(),
    });
    AnswerDocument {
        grade: finding.grade,
        grade_words: finding.grade.words(),
        probabilities: finding.probabilities,
        referable: finding.probabilities.referable(),
        vision_threatening: finding.probabilities.vision_threatening(),
        uncertainty: finding.uncertainty,
        uncertainty_chart: format!("{address}/referral.svg"),
        prediction_set,
        unfamiliarity: finding.unfamiliarity,
        decision: finding.decision,
        rule: finding.rule,
        reason: finding.reason.clone(),
        passes: finding.passes,
        graded_by: finding.bundle.clone(),
    }
}

fn explained(explanation: &Explanation, address: &str) -> ExplanationDocument {
    let url = format!("{address}/explanations/{}", explanation.method);
    let mut document = ExplanationDocument {
        method: explanation.method.clone(),
        target: explanation.target.clone(),
        map_url: format!("{url}/map"),
        url,
        state: "pending",
        ready: false,
        empty: None,
        completeness: None,
        scale: None,
        regions: None,
        counterfactual: None,
        error: None,
    };
    match &explanation.state {
        ExplanationState::Pending => {}
        ExplanationState::Explaining => document.state = "explaining",
        ExplanationState::Failed { error } => {
            document.state = "failed";
            document.error = Some(error.clone());
        }
        ExplanationState::Ready {
            completeness,
            empty,
            scale,
            examination,
            ..
        } => {
            document.state = "ready";
            document.ready = true;
            document.empty = Some(*empty);
            document.completeness = *completeness;
            document.scale = *scale;
            if let Some(examination) = examination {
                document.regions = Some(examination.regions.clone());
                let found = examination.counterfactual.as_ref();
                document.counterfactual = found.map(|(known, _)| CounterfactualDocument {
                    known: known.clone(),
                    url: format!("{}/counterfactual", document.url),
                });
            }
        }
    }
    document
}
