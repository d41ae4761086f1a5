//! The two addresses of a log-in by OpenID Connect: the one that sets out, and the one that the provider leads back to.

use std::time::Instant;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use clinic::{Action, Actor, ClinicError, OpenId, OpenIdRefusal, Token};
use serde::Deserialize;

use super::journey::{Journey, no_cookie};
use super::provider::{OpenIdFailure, Provider};
use crate::application::App;
use crate::log_in::{self, Back, local};
use crate::page::ProblemPage;
use crate::pages;
use crate::problem::Problem;
use crate::who::{self, Client, Who};

/// What the provider leads back with.
#[derive(Deserialize, Default)]
pub(crate) struct Answer {
    state: Option<String>,
    code: Option<String>,
    error: Option<String>,
    /// Who answers, where the provider says it (RFC 9207).
    iss: Option<String>,
}

/// Sends somebody to the provider.
pub(crate) async fn begin(
    State(app): State<App>,
    who: Who,
    client: Client,
    back: Query<Back>,
) -> Result<Response, ProblemPage> {
    log_in::require_accounts(&app).await?;
    let provider = provider(&app)?;
    let next = local(&back.next);
    if who.logged_in().is_some() {
        return Ok(Redirect::to(next).into_response());
    }
    match provider.set_out(next).await {
        Ok((address, journey)) => {
            let cookie = journey.cookie(client.is_encrypted);
            let onward = Redirect::to(address.as_str());
            Ok(([(header::SET_COOKIE, cookie)], onward).into_response())
        }
        Err(failure) => Ok(refused(&app, next, &problem(&failure))),
    }
}

/// Takes the provider's answer, once, in the browser that set out.
pub(crate) async fn come_back(
    State(app): State<App>,
    client: Client,
    headers: HeaderMap,
    answer: Result<Query<Answer>, QueryRejection>,
) -> Result<Response, ProblemPage> {
    log_in::require_accounts(&app).await?;
    let provider = provider(&app)?;
    let journey = Journey::of(&headers, client.is_encrypted);
    let next = journey.as_ref().map_or("/", |journey| &journey.next);
    let next = next.to_owned();
    let answer = answer.map(|Query(answer)| answer).unwrap_or_default();
    let mut response = match enter(&app, provider, client, journey, answer).await {
        Ok(token) => entered(&next, &token, client),
        Err(problem) if problem.status == StatusCode::INTERNAL_SERVER_ERROR => {
            ProblemPage::from(problem).into_response()
        }
        Err(problem) => refused(&app, &next, &problem),
    };
    let headers = response.headers_mut();
    headers.append(header::SET_COOKIE, no_cookie(client.is_encrypted));
    Ok(response)
}

async fn enter(
    app: &App,
    provider: &Provider,
    client: Client,
    journey: Option<Journey>,
    answer: Answer,
) -> Result<Token, Problem> {
    let journey = journey.filter(|journey| {
        let is_its_own = answer
            .state
            .as_deref()
            .is_some_and(|state| journey.has_state(state));
        let is_from_there = answer
            .iss
            .as_deref()
            .is_none_or(|iss| iss == provider.issuer());
        is_its_own && is_from_there
    });
    let Some(journey) = journey else {
        tracing::warn!("a log-in by OpenID Connect came back to a browser that did not begin it");
        let sentence = "this log-in was not begun in this browser, or more than ten minutes ago; begin it again";
        return Err(Problem::new(StatusCode::FORBIDDEN, sentence));
    };
    let Some(code) = answer.code.filter(|_| answer.error.is_none()) else {
        let sentence = match answer.error.as_deref() {
            Some("access_denied") => {
                "the log-in was broken off, or the provider does not let you use this program"
            }
            _ => {
                "the provider could not log you in; try again, and tell an administrator where that does not help"
            }
        };
        return Err(Problem::new(StatusCode::FORBIDDEN, sentence));
    };
    app.throttle.admit(client.address, Instant::now())?;
    let access = app.store.access();
    let (openid, role) = match provider
        .identify(code, journey.verifier, &journey.nonce)
        .await
    {
        Ok(known) => known,
        Err(failure) => {
            if let OpenIdFailure::NotAccepted(_) = failure {
                let noted = access.note(Actor::Nobody, Action::OpenIdRefused, None);
                noted.await?;
            }
            return Err(problem(&failure));
        }
    };
    match access.log_in_by_openid(&openid, &role, app.session).await {
        Ok((token, session)) => {
            app.throttle.give_back(client.address);
            tracing::info!(account = %session.account.id, "logged in by OpenID Connect");
            Ok(token)
        }
        Err(ClinicError::OpenIdRefused(refusal)) => {
            tracing::warn!("a log-in by OpenID Connect was refused");
            Err(unwelcome(refusal, &openid))
        }
        Err(error) => Err(error.into()),
    }
}

fn provider(app: &App) -> Result<&Provider, Problem> {
    let missing = || Problem::new(StatusCode::NOT_FOUND, "this server has no OpenID provider");
    app.openid.as_ref().ok_or_else(missing)
}

/// Why somebody whom the provider knows may not enter, with what an administrator needs to change that.
fn unwelcome(refusal: OpenIdRefusal, openid: &OpenId) -> Problem {
    let sentence = match refusal {
        OpenIdRefusal::NoAccount | OpenIdRefusal::NameTaken => {
            format!("{refusal}, with this OpenID subject: {}", openid.subject())
        }
        OpenIdRefusal::Disabled | OpenIdRefusal::NoRole => refusal.to_string(),
    };
    Problem::new(StatusCode::FORBIDDEN, sentence)
}

/// What somebody is told whom the provider does not help; the reason is for whoever runs the server.
fn problem(failure: &OpenIdFailure) -> Problem {
    tracing::warn!(%failure, "a log-in by OpenID Connect failed");
    match failure {
        OpenIdFailure::Unusable { .. } => Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "the provider cannot be reached now; try again later, or log in with a name and a password",
        ),
        OpenIdFailure::NotAccepted(_) => Problem::new(
            StatusCode::FORBIDDEN,
            "what the provider says cannot be accepted; begin the log-in again",
        ),
    }
}

/// The page that lets one log in, with the reason.
fn refused(app: &App, next: &str, problem: &Problem) -> Response {
    let page = pages::log_in(log_in::form(app, "", next), Some(&problem.detail));
    log_in::refused(problem, page)
}

/// A page of ours that leads on by itself. The browser was led here from another site, and would not send the session's cookie,
/// which is `SameSite=Strict`, if it were led on from there.
fn entered(next: &str, token: &Token, client: Client) -> Response {
    let cookie = who::cookie(Some(token), client.is_encrypted);
    let onward = HeaderValue::from_str(&format!("0; url={next}"));
    let onward = onward.unwrap_or(HeaderValue::from_static("0; url=/"));
    let headers = AppendHeaders([(header::SET_COOKIE, cookie), (header::REFRESH, onward)]);
    (headers, pages::entered(next)).into_response()
}
