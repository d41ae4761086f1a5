//! Work that was given up, put back into the queue: from the API and from the page.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use clinic::ScreeningId;

use crate::api::screening_id;
use crate::application::App;
use crate::document::ScreeningDocument;
use crate::page::ProblemPage;
use crate::problem::Problem;
use crate::who::Who;

/// Tries again what failed; answers with the screening as it is then.
pub(crate) async fn create(
    State(app): State<App>,
    who: Who,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let id = screening_id(&id)?;
    try_again(&app, &who, id).await?;
    let screening = app.store.screening(id).await?;
    let document = ScreeningDocument::of(&screening, &app);
    Ok((StatusCode::ACCEPTED, Json(document)).into_response())
}

/// The same from a page, which is shown again.
pub(crate) async fn submit(
    State(app): State<App>,
    who: Who,
    Path(id): Path<String>,
) -> Result<Response, ProblemPage> {
    let id = screening_id(&id)?;
    try_again(&app, &who, id).await?;
    Ok(Redirect::to(&format!("/screenings/{id}")).into_response())
}

async fn try_again(app: &App, who: &Who, id: ScreeningId) -> Result<(), Problem> {
    let count = app.store.try_again(who.actor(), id).await?;
    if count == 0 {
        return Err(Problem::new(
            StatusCode::CONFLICT,
            "nothing of this screening can be tried again: nothing has failed, or readers have given their word already; hand such a \
             photograph in again",
        ));
    }
    tracing::info!(screening = %id, count, "failed work is tried again");
    app.changed();
    Ok(())
}
