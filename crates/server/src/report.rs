//! The report of a screening as PDF, for the server and for the command line.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use clinic::{AcceptedPhotograph, ClinicError, ContentHash, Screening, ScreeningId};
use exchange::{Method, Model, Paper, Report, ReportError};
use fundus::{DecodeError, FieldOfView, Limits};
use grader::Bundle;
use image::codecs::jpeg::JpegEncoder;
use language::{Language, UnknownLanguage};
use serde::Deserialize;
use thiserror::Error;
use time::OffsetDateTime;

use crate::api::screening_id;
use crate::application::App;
use crate::bundle::BundleSummary;
use crate::page::ProblemPage;
use crate::pages::view;
use crate::problem::Problem;
use crate::spoken;
use crate::who::Who;

/// Enough for print; drawn lines lie over the picture and not in it.
const JPEG_QUALITY: u8 = 85;

/// Why a report could not be put together.
#[derive(Debug, Error)]
pub enum ReportFailure {
    /// It cannot be made, now or at all.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// A stored photograph cannot be read.
    #[error(transparent)]
    Records(#[from] ClinicError),
    /// A stored photograph cannot be decoded.
    #[error("a stored photograph cannot be shown: {0}")]
    Decode(#[from] DecodeError),
    /// A picture cannot be encoded.
    #[error("a picture cannot be written: {0}")]
    Encode(#[from] image::ImageError),
}

/// Who asks for a report, and for what paper.
#[derive(Debug, Clone, Default)]
pub struct ReportRequest {
    /// Who asks for it, where that is known.
    pub made_by: Option<String>,
    /// What it is printed on.
    pub paper: Paper,
    /// In which language.
    pub language: Language,
}

/// What a report says of a model bundle.
pub fn report_model(bundle: &Bundle) -> Model {
    BundleSummary::of(bundle).report_model()
}

/// Puts the report of a screening together; `read` gives the bytes of a stored file. One photograph after the other is decoded
/// within the limits, so this takes its time and blocks.
///
/// # Errors
/// [`ReportError::Unfinished`] before anything is read, and where a stored photograph cannot be read or shown.
pub fn report(
    screening: Screening,
    request: ReportRequest,
    model: Model,
    limits: &Limits,
    read: impl Fn(&ContentHash) -> Result<Vec<u8>, ClinicError>,
) -> Result<Report, ReportFailure> {
    Report::check(&screening)?;
    let mut pictures = Vec::with_capacity(screening.photographs.len());
    for (place, photograph) in screening.photographs.iter().enumerate() {
        let side = Report::printed_side(&screening, place);
        pictures.push(match photograph.accepted() {
            Some(accepted) => Some(picture(accepted, side, limits, &read)?),
            None => None,
        });
    }
    let combined = view::Method::Combined;
    Ok(Report {
        screening,
        pictures,
        places: Method {
            name: combined.name().to_owned(),
            title: combined.title(request.language).to_owned(),
        },
        model,
        made_by: request.made_by,
        made: OffsetDateTime::now_utc(),
        paper: request.paper,
        language: request.language,
    })
}

/// The square of the field of view from the photograph as submitted, which holds more than the small copy on record.
fn picture(
    accepted: &AcceptedPhotograph,
    side: u32,
    limits: &Limits,
    read: impl Fn(&ContentHash) -> Result<Vec<u8>, ClinicError>,
) -> Result<Vec<u8>, ReportFailure> {
    let photograph = fundus::decode(&read(&accepted.original)?, limits)?;
    let circle = &accepted.facts.field_of_view;
    let field_of_view = FieldOfView {
        center: circle.center,
        radius: circle.radius,
    };
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, JPEG_QUALITY)
        .encode_image(&field_of_view.crop(&photograph, side))?;
    Ok(bytes)
}

/// How a report is asked for over HTTP.
#[derive(Deserialize)]
pub(crate) struct Asked {
    paper: Option<String>,
    language: Option<String>,
}

/// The report, as the button of the screening's page asks for it.
pub(crate) async fn page(
    State(app): State<App>,
    who: Who,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, ProblemPage> {
    Ok(answer(&app, &who, &id, &asked).await?)
}

/// The report, for programs.
pub(crate) async fn read(
    State(app): State<App>,
    who: Who,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    answer(&app, &who, &id, &asked).await
}

async fn answer(app: &App, who: &Who, id: &str, asked: &Asked) -> Result<Response, Problem> {
    let id = screening_id(id)?;
    let request = ReportRequest {
        made_by: who.name().map(str::to_owned),
        paper: paper(asked)?,
        language: language(asked)?,
    };
    let screening = app.store.screening(id).await?;
    Report::check(&screening).map_err(ReportFailure::from)?;
    let bytes = made(app, screening, request).await?;
    tracing::info!(screening = %id, bytes = bytes.len(), "reported");
    Ok((headers(id), bytes).into_response())
}

/// Photographs are decoded one at a time in the whole server, and documents typeset one at a time. Who no longer waits for a
/// report does not make room for another before the work on it has ended.
async fn made(app: &App, screening: Screening, request: ReportRequest) -> Result<Vec<u8>, Problem> {
    // Closed never: both semaphores live as long as the server.
    let turn = Arc::clone(&app.typesetting).acquire_owned().await;
    let decoding = Arc::clone(&app.decoding).acquire_owned().await;
    let runtime = tokio::runtime::Handle::current();
    let (turn, report) = app
        .blocking(move |shared| {
            let _decoding = decoding;
            let model = shared.bundle.report_model();
            let limits = &shared.uploads.photograph;
            let read = |hash: &ContentHash| runtime.block_on(shared.store.read(hash));
            (turn, report(screening, request, model, limits, read))
        })
        .await?;
    let report = report?;
    let bytes = app
        .blocking(move |_| {
            let _turn = turn;
            report.pdf()
        })
        .await?;
    Ok(bytes.map_err(ReportFailure::from)?)
}

fn paper(asked: &Asked) -> Result<Paper, Problem> {
    match asked.paper.as_deref() {
        None | Some("a4") => Ok(Paper::A4),
        Some("us-letter") => Ok(Paper::UsLetter),
        Some(_) => Err(Problem::new(
            StatusCode::BAD_REQUEST,
            "paper must be a4 or us-letter",
        )),
    }
}

/// The language that is asked for, else that of the page.
fn language(asked: &Asked) -> Result<Language, Problem> {
    match asked.language.as_deref().map(str::parse) {
        None => Ok(spoken::language()),
        Some(Ok(language)) => Ok(language),
        Some(Err(error)) => {
            let error: UnknownLanguage = error;
            Err(Problem::new(StatusCode::BAD_REQUEST, error.to_string()))
        }
    }
}

/// The file is named by the screening alone: names of patients do not belong into folders of downloads.
fn headers(id: ScreeningId) -> [(HeaderName, String); 3] {
    [
        (header::CONTENT_TYPE, "application/pdf".to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"fundoscope-report-{id}.pdf\""),
        ),
        (header::CACHE_CONTROL, "private, no-store".to_owned()),
    ]
}

impl From<ReportFailure> for Problem {
    /// What is not finished is the asker's to wait for; all else is ours.
    fn from(failure: ReportFailure) -> Self {
        match failure {
            ReportFailure::Report(error @ ReportError::Unfinished) => {
                Self::new(StatusCode::CONFLICT, error.to_string())
            }
            ReportFailure::Records(error) => error.into(),
            failure => {
                tracing::error!(error = %failure, "a report failed");
                Self::new(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "the report could not be made; the reason is in the server's log",
                )
            }
        }
    }
}
