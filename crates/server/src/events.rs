//! Live progress: a screening as server-sent events, each time it has come further, until nothing is left to do.

use std::time::Duration;

use axum::extract::{Path, State};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use clinic::{Progress, Screening, ScreeningId, ScreeningState};
use futures_util::stream;

use crate::api::screening_id;
use crate::application::App;
use crate::document::ScreeningDocument;
use crate::problem::Problem;
use crate::who::Who;

/// The name of an event, whose data is the screening as the API answers it.
const NAME: &str = "progress";
/// What tells a proxy to pass each event on at once.
const UNBUFFERED: (&str, &str) = ("x-accel-buffering", "no");
/// How long a client waits before it connects again.
const RETRY: Duration = Duration::from_secs(1);
/// How soon after its session somebody is told no more.
const LOOKED_EVERY: Duration = Duration::from_secs(2);

/// One client that follows a screening.
struct Follower {
    app: App,
    id: ScreeningId,
    who: Who,
    /// How far the screening was that was sent last.
    sent: Option<(ScreeningState, Progress)>,
}

/// Follows a screening; a client that comes back gets it as it is by then.
pub(crate) async fn follow(
    State(app): State<App>,
    who: Who,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let id = screening_id(&id)?;
    // What is not there is said before anything is sent.
    app.store.screening(id).await?;
    let follower = Follower {
        app,
        id,
        who,
        sent: None,
    };
    let events = stream::unfold(follower, next);
    let events = Sse::new(events).keep_alive(KeepAlive::default());
    Ok(([UNBUFFERED], events).into_response())
}

/// The next event; `None` once nothing is left to do, the session is over, or the server stops.
async fn next(mut follower: Follower) -> Option<(Result<Event, axum::Error>, Follower)> {
    let is_over = |state| matches!(state, ScreeningState::Done | ScreeningState::Failed);
    if follower.sent.is_some_and(|(state, _)| is_over(state)) {
        return None;
    }
    let stage = |screening: &Screening| Some((screening.state(), screening.progress()));
    let further = follower.app.wait_for(follower.id, None, |screening| {
        stage(screening) != follower.sent
    });
    let waited = tokio::select! {
        () = logged_out(&follower) => return None,
        waited = further => waited,
    };
    // The session may have ended at the same moment.
    if !is_let_in(&follower).await {
        return None;
    }
    // Deleted meanwhile, or the records failed: the client asks again and is told.
    let screening = waited.ok()?;
    if stage(&screening) == follower.sent {
        return None;
    }
    follower.sent = stage(&screening);
    let document = ScreeningDocument::of(&screening, &follower.app);
    let event = Event::default()
        .event(NAME)
        .retry(RETRY)
        .json_data(document);
    Some((event, follower))
}

/// Whether the session that asked lasts, which following does not prolong; whoever needs none is always let in. Where the records
/// fail, nothing is said either.
async fn is_let_in(follower: &Follower) -> bool {
    let Some(known) = follower.who.logged_in() else {
        return true;
    };
    let access = follower.app.store.access();
    let lasts = access.lasts(&known.token, follower.app.session).await;
    lasts.unwrap_or(false)
}

/// Ready once it is over.
async fn logged_out(follower: &Follower) {
    while is_let_in(follower).await {
        tokio::time::sleep(LOOKED_EVERY).await;
    }
}
