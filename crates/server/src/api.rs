//! The JSON API, and what watches over the server.

use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use clinic::{Screening, ScreeningId};
use serde::Serialize;

use crate::application::{App, Application};
use crate::document::{ScreeningDocument, address};
use crate::metrics;
use crate::problem::Problem;
use crate::upload;

/// Screenings in the list of the latest.
pub(crate) const RECENT: u32 = 20;

#[derive(Serialize)]
struct Recent {
    disclaimer: &'static str,
    screenings: Vec<ScreeningDocument>,
}

#[derive(Serialize)]
struct Health {
    status: &'static str,
}

/// Takes photographs. Waits for their grades, or, if so preferred, answers at once.
pub(crate) async fn create(State(app): State<App>, request: Request) -> Result<Response, Problem> {
    let is_asynchronous = prefers_asynchronous(request.headers());
    let id = upload::receive(&app, request).await?;
    let screening = if is_asynchronous {
        app.store.screening(id).await?
    } else {
        app.wait_for(id, None, Screening::is_graded).await?
    };
    // A server that stops while we wait has the photographs on record and grades them when it is back.
    let status = if screening.is_graded() && !is_asynchronous {
        StatusCode::CREATED
    } else {
        StatusCode::ACCEPTED
    };
    let document = ScreeningDocument::of(&screening, &app);
    let mut response = (
        status,
        [(header::LOCATION, address(&id.to_string()))],
        Json(document),
    )
        .into_response();
    if is_asynchronous {
        response.headers_mut().insert(
            "preference-applied",
            HeaderValue::from_static("respond-async"),
        );
    }
    Ok(response)
}

/// Whether a `Prefer` header (RFC 7240) asks for an answer at once.
fn prefers_asynchronous(headers: &HeaderMap) -> bool {
    headers
        .get_all("prefer")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|preference| preference.split(';').next())
        .any(|preference| preference.trim().eq_ignore_ascii_case("respond-async"))
}

/// One screening, as far as it is.
pub(crate) async fn read(
    State(app): State<App>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let id = screening_id(&id)?;
    let screening = app.store.screening(id).await?;
    Ok(Json(ScreeningDocument::of(&screening, &app)).into_response())
}

/// The latest screenings, newest first.
pub(crate) async fn list(State(app): State<App>) -> Result<Response, Problem> {
    let recent = app.store.recent(RECENT).await?;
    let screenings = recent
        .iter()
        .map(|screening| ScreeningDocument::of(screening, &app))
        .collect();
    Ok(Json(Recent {
        disclaimer: trust::DISCLAIMER,
        screenings,
    })
    .into_response())
}

/// Reads an identifier; what is none names no screening.
pub(crate) fn screening_id(text: &str) -> Result<ScreeningId, Problem> {
    text.parse().map_err(|_| Problem::unknown("screening"))
}

/// The process answers.
pub(crate) async fn healthz() -> Response {
    Json(Health { status: "alive" }).into_response()
}

/// The bundle is loaded, the grading thread works, and the records can be reached.
pub(crate) async fn readyz(State(app): State<App>) -> Result<Response, Problem> {
    let unready = |sentence: &str| Problem::new(StatusCode::SERVICE_UNAVAILABLE, sentence);
    if app.is_stopping() {
        return Err(unready("the server is stopping"));
    }
    if !Application::is_working(&app) {
        return Err(unready(
            "the grading thread has stopped; restart the server",
        ));
    }
    let reached = app.store.check().await;
    reached.map_err(|_| unready("the records cannot be reached; see the server's log"))?;
    Ok(Json(Health { status: "ready" }).into_response())
}

/// Counters for Prometheus.
pub(crate) async fn metrics(State(app): State<App>) -> Result<Response, Problem> {
    let waiting = app.store.waiting().await?;
    let text = app.metrics.text(waiting).map_err(|_| {
        Problem::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "the counters could not be written",
        )
    })?;
    Ok(([(header::CONTENT_TYPE, metrics::MEDIA_TYPE)], text).into_response())
}

/// The API's own description, OpenAPI 3.1.
pub(crate) async fn openapi() -> Response {
    (
        [(header::CONTENT_TYPE, "application/json")],
        include_str!("openapi.json"),
    )
        .into_response()
}
