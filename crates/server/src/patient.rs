//! A patient, as a page and as JSON.

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use clinic::{Laterality, Patient, PatientId, Screening, WorkState};
use language::Language;
use serde::Serialize;
use time::OffsetDateTime;
use trust::plot::{CourseLine, CoursePoint, course_chart};

use crate::application::App;
use crate::document::{EyeDocument, PatientDocument, address};
use crate::page::ProblemPage;
use crate::pages;
use crate::problem::Problem;
use crate::spoken;

/// The page.
pub(crate) async fn page(
    State(app): State<App>,
    Path(id): Path<String>,
) -> Result<Response, ProblemPage> {
    let patient = app.store.patient(patient_id(&id)?).await?;
    let language = spoken::language();
    let chart = course_chart(
        language,
        language.text("chart-course"),
        language.text("chart-course-share"),
        &courses(language, &patient),
    );
    let drawn = chart.svg().map_err(Problem::undrawn)?;
    Ok(pages::patient(&app.bundle.shown(), &patient, &drawn).into_response())
}

/// The same as JSON.
pub(crate) async fn read(
    State(app): State<App>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let patient = app.store.patient(patient_id(&id)?).await?;
    Ok(Json(HistoryDocument::of(patient)).into_response())
}

fn patient_id(text: &str) -> Result<PatientId, Problem> {
    text.parse().map_err(|_| Problem::unknown("patient"))
}

/// The probability of referable retinopathy of each eye that was graded, by the day of the examination.
fn courses(language: Language, patient: &Patient) -> Vec<CourseLine> {
    let eyes = [
        (language.text("eye-inside-right"), Some(Laterality::Right)),
        (language.text("eye-inside-left"), Some(Laterality::Left)),
    ];
    let line = |(name, laterality): (&str, _)| {
        let mut points: Vec<CoursePoint> = (patient.screenings.iter())
            .filter_map(|screening| point(screening, laterality))
            .collect();
        points.sort_by(|one, other| one.position.total_cmp(&other.position));
        CourseLine {
            name: name.to_owned(),
            points,
        }
    };
    let lines = eyes.into_iter().map(line);
    lines.filter(|line| !line.points.is_empty()).collect()
}

/// Where the day of the examination is not stated, it is the day on which the photographs came.
fn point(screening: &Screening, laterality: Option<Laterality>) -> Option<CoursePoint> {
    let eye = screening.eye(laterality)?;
    let finding = screening.finding_of(&eye)?;
    let examined = screening.circumstances.examined;
    let moment = examined.map_or(screening.created, |day| day.midnight().assume_utc());
    Some(CoursePoint {
        position: moment.unix_timestamp() as f64 / 86_400.0,
        name: moment.date().to_string(),
        share: f64::from(finding.probabilities.referable()),
    })
}

#[derive(Serialize)]
struct HistoryDocument {
    disclaimer: &'static str,
    id: String,
    identifier: String,
    year_of_birth: Option<i16>,
    /// The oldest first.
    screenings: Vec<ExaminationDocument>,
}

#[derive(Serialize)]
struct ExaminationDocument {
    id: String,
    url: String,
    #[serde(with = "time::serde::rfc3339")]
    received: OffsetDateTime,
    examined: Option<String>,
    device: Option<String>,
    operator: Option<String>,
    state: WorkState,
    eyes: Vec<EyeDocument>,
    patient_outcome: PatientDocument,
}

impl HistoryDocument {
    fn of(patient: Patient) -> Self {
        let screenings = patient.screenings.iter().map(ExaminationDocument::of);
        Self {
            disclaimer: trust::DISCLAIMER,
            id: patient.id.to_string(),
            screenings: screenings.collect(),
            year_of_birth: patient.year_of_birth,
            identifier: patient.identifier,
        }
    }
}

impl ExaminationDocument {
    fn of(screening: &Screening) -> Self {
        let id = screening.id.to_string();
        Self {
            url: address(&id),
            id,
            received: screening.created,
            examined: screening.circumstances.examined.map(|day| day.to_string()),
            device: screening.circumstances.device.clone(),
            operator: screening.circumstances.operator.clone(),
            state: WorkState::of(screening),
            eyes: EyeDocument::all_of(screening),
            patient_outcome: PatientDocument::of(screening.patient_outcome()),
        }
    }
}
