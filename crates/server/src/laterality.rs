//! The eye of a photograph, stated by somebody who looked at it: from the API and from the page.

use axum::Json;
use axum::extract::rejection::{FormRejection, JsonRejection};
use axum::extract::{Form, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use clinic::{Laterality, ScreeningId};
use serde::Deserialize;

use crate::api::screening_id;
use crate::application::App;
use crate::document::ScreeningDocument;
use crate::page::ProblemPage;
use crate::problem::Problem;
use crate::who::Who;

/// Bytes of a statement.
pub(crate) const LARGEST: usize = 1 << 10;

/// The eye that a photograph shows.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Stated {
    laterality: Laterality,
}

/// The last parts of the address.
#[derive(Deserialize)]
pub(crate) struct Place {
    id: String,
    index: String,
}

/// States the eye; answers with the screening as it is then.
pub(crate) async fn create(
    State(app): State<App>,
    who: Who,
    Path(place): Path<Place>,
    stated: Result<Json<Stated>, JsonRejection>,
) -> Result<Response, Problem> {
    let Json(stated) = stated.map_err(|rejection| unreadable(rejection.status()))?;
    let (id, _) = state(&app, &who, &place, &stated).await?;
    let screening = app.store.screening(id).await?;
    Ok(Json(ScreeningDocument::of(&screening, &app)).into_response())
}

/// The same from a page, which is shown again.
pub(crate) async fn submit(
    State(app): State<App>,
    who: Who,
    Path(place): Path<Place>,
    stated: Result<Form<Stated>, FormRejection>,
) -> Result<Redirect, ProblemPage> {
    let Form(stated) = stated.map_err(|rejection| unreadable(rejection.status()))?;
    let (id, index) = state(&app, &who, &place, &stated).await?;
    let number = u64::from(index) + 1;
    Ok(Redirect::to(&format!(
        "/screenings/{id}#photograph-{number}"
    )))
}

async fn state(
    app: &App,
    who: &Who,
    place: &Place,
    stated: &Stated,
) -> Result<(ScreeningId, u32), Problem> {
    let id = screening_id(&place.id)?;
    let index = place.index.parse();
    let index: u32 = index.map_err(|_| Problem::unknown("photograph"))?;
    let stating = app
        .store
        .state_eye(who.actor(), id, index, stated.laterality);
    stating.await?;
    tracing::info!(screening = %id, index, "the eye of a photograph was stated");
    app.changed();
    Ok((id, index))
}

fn unreadable(status: StatusCode) -> Problem {
    Problem::new(
        status,
        "the field laterality must be left or right, and the only one",
    )
}
