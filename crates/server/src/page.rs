//! The records as the pages show them.

use axum::extract::{Path, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use clinic::{
    AcceptedPhotograph, Explanation, ExplanationState, Finding, Laterality, Photograph,
    PhotographFacts, PhotographState, Screening, ScreeningState, Stage,
};
use language::text_with;
use trust::drift::{Agreement, Drift, Screened, ValidationAccuracy};

use crate::api::screening_id;
use crate::application::{App, Shared};
use crate::monitoring;
use crate::pages::{self, view};
use crate::problem::Problem;
use crate::spoken;
use crate::upload;

/// A refusal, shown as a page.
pub(crate) struct ProblemPage(Problem);

impl<E: Into<Problem>> From<E> for ProblemPage {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for ProblemPage {
    fn into_response(self) -> Response {
        let Self(problem) = self;
        let page = pages::problem(
            problem.status.as_u16(),
            problem.words(),
            &sentence(&problem),
        );
        (problem.status, page).into_response()
    }
}

/// A page begins its sentence with a capital, which a file name must not be given.
fn sentence(problem: &Problem) -> String {
    if problem.errors.is_empty() {
        return problem.detail.clone();
    }
    let errors = problem.errors();
    let named = errors.iter();
    let named = named.map(|error| format!("{}: {}", error.file, error.error));
    let all: Vec<String> = named.collect();
    text_with!(
        spoken::language(),
        "problem-nothing-stored",
        errors = all.join("; "),
    )
}

/// Screenings on the front page; the worklist has all.
const RECENT: u32 = 8;

/// The front page.
pub(crate) async fn home(State(app): State<App>) -> Result<Response, ProblemPage> {
    let recent = app.store.recent(RECENT).await?;
    let lines: Vec<view::Recent> = recent.iter().map(recent_line).collect();
    Ok(pages::home(&app.bundle.shown(), &lines).into_response())
}

/// The page of one screening.
pub(crate) async fn screening(
    State(app): State<App>,
    Path(id): Path<String>,
) -> Result<Response, ProblemPage> {
    let id = screening_id(&id)?;
    let screening = app.store.screening(id).await?;
    Ok(pages::screening(&app.bundle.shown(), &whole(&screening, &app)).into_response())
}

/// Photographs that are looked at for drift, the latest ones.
const LATEST: u32 = 500;

/// The page about what has changed since the validation.
pub(crate) async fn monitor(State(app): State<App>) -> Result<Response, ProblemPage> {
    let bundle = &app.bundle.fingerprint;
    let photographs = app.store.screened_lately(bundle, LATEST).await?;
    let reviewed = app.store.reviewed_lately(bundle, LATEST).await?;
    let reference = &app.bundle.reference;
    let recent: Vec<Screened> = photographs.iter().map(monitoring::screened).collect();
    let drift = (!reference.is_empty()).then(|| Drift::of(&recent, reference));
    let validation = ValidationAccuracy::of(&app.bundle.validation);
    let agreement = Agreement::of(&reviewed, Some(validation));
    Ok(pages::monitor(&app.bundle.shown(), drift.as_ref(), &agreement).into_response())
}

/// The page about the running server.
pub(crate) async fn system(State(app): State<App>) -> Result<Response, ProblemPage> {
    let (photographs, explanations) = app.store.waiting().await?;
    let shown = view::System {
        version: env!("CARGO_PKG_VERSION"),
        fingerprint: app.bundle.fingerprint.clone(),
        methods: app.methods.iter().map(|method| method.name()).collect(),
        grades_here: app.grades_here(),
        waiting_photographs: photographs,
        waiting_explanations: explanations,
        busy_workers: app.store.busy_workers().await?,
        database: app.store.database_name(),
        usage: app.store.usage().await?,
    };
    Ok(pages::system(&app.bundle.shown(), &shown).into_response())
}

/// The page about the model bundle.
pub(crate) async fn bundle(State(app): State<App>) -> Response {
    pages::bundle(&app.bundle.shown(), &app.bundle.rules()).into_response()
}

/// The form of the front page where there is no JavaScript.
pub(crate) async fn submit(
    State(app): State<App>,
    request: Request,
) -> Result<Redirect, ProblemPage> {
    let id = upload::receive(&app, request).await?;
    Ok(Redirect::to(&format!("/screenings/{id}")))
}

/// Style sheets, modules and icons.
pub(crate) async fn asset(Path(name): Path<String>) -> Result<Response, Problem> {
    let asset = pages::asset(&name).ok_or_else(|| Problem::unknown("file"))?;
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static(asset.content_type),
        ),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    ];
    Ok((StatusCode::OK, headers, asset.bytes).into_response())
}

fn recent_line(screening: &Screening) -> view::Recent {
    let decision = |photograph: &Photograph| match photograph.stage() {
        Some(Stage::Graded { finding, .. }) => Some(finding.decision),
        _ => None,
    };
    view::Recent {
        id: screening.id.to_string(),
        received: screening.created,
        patient: screening.patient.clone(),
        state: state(screening),
        decisions: screening.photographs.iter().map(decision).collect(),
    }
}

fn state(screening: &Screening) -> view::State {
    match screening.state() {
        ScreeningState::Queued => view::State::Queued,
        ScreeningState::Grading => view::State::Grading,
        ScreeningState::Graded | ScreeningState::Explaining => {
            let progress = screening.progress();
            view::State::Explaining {
                explained: progress.explained,
                explanations: progress.explanations,
            }
        }
        ScreeningState::Done => view::State::Done,
        ScreeningState::Failed => view::State::Failed,
    }
}

fn whole(screening: &Screening, shared: &Shared) -> view::Screening {
    view::Screening {
        id: screening.id.to_string(),
        received: screening.created,
        patient: screening.patient.clone(),
        patient_id: screening.patient_id,
        year_of_birth: screening.year_of_birth,
        circumstances: screening.circumstances.clone(),
        state: state(screening),
        has_failed: screening.has_failed(),
        photographs: screening
            .photographs
            .iter()
            .enumerate()
            .map(|(place, photograph)| shown(photograph, place, screening, shared))
            .collect(),
        eyes: screening.eyes(),
        patient_outcome: screening.patient_outcome(),
        blind_outcome: screening.blind_outcome(),
        reviews: screening.reviews.clone(),
    }
}

fn shown(
    photograph: &Photograph,
    place: usize,
    screening: &Screening,
    shared: &Shared,
) -> view::Photograph {
    let refused = |sentence: &str| view::Outcome::Refused {
        sentence: sentence.to_owned(),
    };
    let (eye, outcome) = match &photograph.state {
        PhotographState::Rejected { error } => (None, refused(error)),
        PhotographState::Accepted(accepted) => {
            let facts = &accepted.facts;
            let outcome = match &accepted.stage {
                Stage::Queued | Stage::Grading => view::Outcome::Pending,
                Stage::Failed { error } => refused(error),
                Stage::Graded {
                    finding,
                    explanations,
                } => {
                    let mut graded = graded(facts, finding, shared);
                    let shown = |explanation| explained(explanation, screening);
                    graded.explanations = explanations.iter().filter_map(shown).collect();
                    graded.places = places(explanations);
                    view::Outcome::Graded(Box::new(graded))
                }
            };
            (Some(shown_eye(accepted, place, screening)), outcome)
        }
    };
    view::Photograph {
        file: photograph.file_name.clone(),
        eye,
        outcome,
    }
}

fn shown_eye(accepted: &AcceptedPhotograph, place: usize, screening: &Screening) -> view::ShownEye {
    let facts = &accepted.facts;
    let is_open = facts.laterality.is_none() || screening.is_disputed(accepted);
    let eyes = [Laterality::Right, Laterality::Left].into_iter();
    view::ShownEye {
        laterality: facts.laterality,
        words: clinic::words::eye_of(spoken::language(), facts),
        doubt: clinic::words::eye_doubt(spoken::language(), screening, accepted).map(str::to_owned),
        choices: eyes
            .filter(|eye| is_open && screening.can_be_stated(place, *eye))
            .collect(),
    }
}

/// The answer, its explanations still missing.
fn graded(facts: &PhotographFacts, finding: &Finding, shared: &Shared) -> view::Graded {
    // The limits, promises and accuracy of another bundle would say nothing about this answer.
    let bundle = Some(&shared.bundle).filter(|bundle| bundle.fingerprint == finding.bundle);
    let sets = bundle.and_then(|bundle| bundle.prediction_sets);
    let entropy = finding.uncertainty.entropy;
    view::Graded {
        width: facts.width,
        height: facts.height,
        field_of_view: view::FieldOfView {
            center: facts.field_of_view.center,
            radius: facts.field_of_view.radius,
        },
        quality: view::Quality {
            score: facts.quality.score,
            gradable: facts.quality.gradable,
            reasons: facts.quality.reasons.clone(),
        },
        grade: finding.grade,
        probabilities: finding.probabilities,
        uncertainty: finding.uncertainty,
        passes: finding.passes,
        place: bundle.and_then(|bundle| trust::place::place(&bundle.validation, entropy)),
        prediction: finding.prediction_set.map(|set| view::Prediction {
            set,
            words: finding.prediction_words.clone(),
            promise: sets.map(|sets| sets.promise()),
        }),
        familiarity: view::Familiarity {
            distance: finding.unfamiliarity,
            limit: bundle.and_then(|bundle| bundle.policy.unfamiliar_above),
        },
        decision: finding.decision,
        rule: finding.rule,
        reason: finding.reason.clone(),
        explanations: Vec::new(),
        places: view::Places::Absent,
    }
}

fn places(explanations: &[Explanation]) -> view::Places {
    let combined = view::Method::Combined.name();
    let found = explanations.iter().find(|one| one.method == combined);
    match found.map(|explanation| &explanation.state) {
        Some(ExplanationState::Pending | ExplanationState::Explaining) => view::Places::Pending,
        Some(ExplanationState::Ready {
            examination: Some(examination),
            ..
        }) => view::Places::Found {
            regions: examination.regions.clone(),
            counterfactual: (examination.counterfactual.as_ref()).map(|(known, _)| known.clone()),
        },
        _ => view::Places::Absent,
    }
}

/// `None` for a method that this version of the pages does not know.
fn explained(explanation: &Explanation, screening: &Screening) -> Option<view::Explanation> {
    use view::Method;
    let method = [
        Method::Combined,
        Method::GradCam,
        Method::IntegratedGradients,
        Method::GuidedGradCam,
    ]
    .into_iter()
    .find(|method| method.name() == explanation.method)?;
    let target = explanation.target.parse::<attribution::Target>().ok()?;
    let target = target.words_in(spoken::language());
    let stage = match &explanation.state {
        ExplanationState::Pending | ExplanationState::Explaining => view::Stage::Pending,
        ExplanationState::Failed { .. } => view::Stage::Failed,
        ExplanationState::Ready {
            completeness,
            empty,
            ..
        } => view::Stage::Ready {
            empty: *empty,
            scale: shared_scale(screening, &explanation.method),
            completeness_error: completeness.map(|completeness| completeness.relative_error as f32),
        },
    };
    Some(view::Explanation {
        method,
        target,
        stage,
    })
}

/// The greatest scale of a screening's maps by one method.
fn shared_scale(screening: &Screening, method: &str) -> Option<f32> {
    let explanations =
        screening
            .photographs
            .iter()
            .flat_map(|photograph| match photograph.stage() {
                Some(Stage::Graded { explanations, .. }) => explanations.as_slice(),
                _ => &[],
            });
    explanations
        .filter(|explanation| explanation.method == method)
        .filter_map(|explanation| match explanation.state {
            ExplanationState::Ready { scale, .. } => scale,
            _ => None,
        })
        .max_by(f32::total_cmp)
}
