//! Logging in and out, by page and by API, and changing one's own password.

use std::time::Instant;

use axum::Json;
use axum::extract::rejection::{FormRejection, JsonRejection};
use axum::extract::{Form, FromRequestParts, Query, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use clinic::{Account, ClinicError, Password, Session, Token};
use openidconnect::url::Url;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::application::App;
use crate::page::ProblemPage;
use crate::pages;
use crate::problem::Problem;
use crate::who::{self, Client, Who};

/// What is sent to log in.
#[derive(Deserialize)]
pub(crate) struct Credentials {
    name: String,
    password: String,
    /// Where the page leads afterwards.
    #[serde(default)]
    next: String,
}

#[derive(Deserialize)]
pub(crate) struct Back {
    #[serde(default)]
    pub(crate) next: String,
}

/// The form with which one changes one's own password.
#[derive(Deserialize)]
pub(crate) struct Change {
    current: String,
    new: String,
    again: String,
}

#[derive(Serialize)]
struct SessionDocument {
    disclaimer: &'static str,
    token: String,
    #[serde(with = "time::serde::rfc3339")]
    expires: OffsetDateTime,
    idle_seconds: u64,
    account: Account,
}

impl FromRequestParts<App> for Client {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Self::Rejection> {
        Ok(Self::of(&app.front, &parts.extensions, &parts.headers))
    }
}

/// The address of the page that lets one log in and then leads back.
pub(crate) fn address(back: Option<&str>) -> String {
    match back.filter(|back| *back != "/") {
        Some(back) => {
            let next: String = form_urlencoded::byte_serialize(back.as_bytes()).collect();
            format!("/log-in?next={next}")
        }
        None => "/log-in".to_owned(),
    }
}

/// An address on this server, or its start: nobody is led elsewhere after a form or after logging in.
pub(crate) fn local(next: &str) -> &str {
    let is_path = next.starts_with('/') && !next.starts_with("//");
    let is_plain = next
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    match is_path && is_plain && next.len() <= 2000 {
        true => next,
        false => "/",
    }
}

/// The page with the form.
pub(crate) async fn page(
    State(app): State<App>,
    who: Who,
    back: Query<Back>,
) -> Result<Response, ProblemPage> {
    require_accounts(&app).await?;
    let next = local(&back.next);
    Ok(match who {
        Who::Known(_) => Redirect::to(next).into_response(),
        Who::Local | Who::Stranger => pages::log_in(form(&app, "", next), None).into_response(),
    })
}

/// The form.
pub(crate) async fn submit(
    State(app): State<App>,
    client: Client,
    credentials: Result<Form<Credentials>, FormRejection>,
) -> Result<Response, ProblemPage> {
    let Form(credentials) = credentials.map_err(|rejection| unreadable(&rejection))?;
    require_accounts(&app).await?;
    let next = local(&credentials.next);
    match begin(&app, client, &credentials.name, &credentials.password).await {
        Ok((token, _)) => Ok(entered(next, &token, client)),
        // A page that is not found is not one to log in at.
        Err(problem) if problem.status.is_server_error() => Err(problem.into()),
        Err(problem) => {
            let page = pages::log_in(form(&app, &credentials.name, next), Some(&problem.detail));
            Ok(refused(&problem, page))
        }
    }
}

/// What the page that lets one log in holds.
pub(crate) fn form<'a>(app: &'a App, name: &'a str, next: &'a str) -> pages::LogIn<'a> {
    pages::LogIn {
        name,
        back: next,
        elsewhere: (app.openid.as_ref()).map(|provider| (provider.name(), provider.address(next))),
    }
}

/// The form in the head of every page.
pub(crate) async fn leave(
    State(app): State<App>,
    who: Who,
    client: Client,
) -> Result<Response, ProblemPage> {
    if let Some(known) = who.logged_in() {
        app.store.access().log_out(&known.token).await?;
    }
    let mut response = match elsewhere(&app, &who).await {
        Some(address) => left(address.as_str()).await,
        None => Redirect::to("/log-in").into_response(),
    };
    let headers = response.headers_mut();
    headers.insert(header::SET_COOKIE, who::cookie(None, client.is_encrypted));
    // Photographs and reviews that the browser kept are nothing for whoever comes next.
    let cache = HeaderValue::from_static("\"cache\", \"storage\"");
    headers.insert("clear-site-data", cache);
    Ok(response)
}

/// Where somebody logs out at the provider by whose word they logged in.
async fn elsewhere(app: &App, who: &Who) -> Option<Url> {
    who.logged_in()?.account.openid.as_ref()?;
    app.openid.as_ref()?.log_out_address().await
}

/// A page that leads there by itself: a form of ours may not be led to another site. Nobody is logged in who sees it.
async fn left(address: &str) -> Response {
    let page = pages::drawn_for(pages::Visitor::of(&Who::Stranger), async {
        pages::left(address)
    });
    let page = page.await;
    match HeaderValue::from_str(&format!("0; url={address}")) {
        Ok(onward) => ([(header::REFRESH, onward)], page).into_response(),
        Err(_) => page.into_response(),
    }
}

/// The page with which one changes one's own password.
pub(crate) async fn password_page(who: Who) -> Result<Response, ProblemPage> {
    match who {
        Who::Known(known) if known.account.openid.is_some() => {
            Err(ClinicError::HasNoPassword.into())
        }
        Who::Known(_) => Ok(pages::password(None).into_response()),
        Who::Local | Who::Stranger => Err(no_accounts().into()),
    }
}

/// Its form. Who is logged in proves once more who they are, and goes on in a new session.
pub(crate) async fn change_password(
    State(app): State<App>,
    who: Who,
    client: Client,
    change: Result<Form<Change>, FormRejection>,
) -> Result<Response, ProblemPage> {
    let Form(change) = change.map_err(|rejection| unreadable(&rejection))?;
    let account = &who.logged_in().ok_or_else(no_accounts)?.account;
    let changed = async {
        if change.new != change.again {
            let sentence = "the two new passwords are not the same";
            return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, sentence));
        }
        if account.openid.is_some() {
            return Err(ClinicError::HasNoPassword.into());
        }
        let new: Password = change.new.parse()?;
        begin(&app, client, &account.name, &change.current).await?;
        let access = app.store.access();
        access.set_password(who.actor(), account.id, new).await?;
        begin(&app, client, &account.name, &change.new).await
    };
    match changed.await {
        Ok((token, _)) => Ok(entered("/", &token, client)),
        Err(problem) if problem.status.is_server_error() => Err(problem.into()),
        Err(problem) => {
            let page = pages::password(Some(&problem.detail));
            Ok(refused(&problem, page))
        }
    }
}

/// Begins a session over the API.
pub(crate) async fn create(
    State(app): State<App>,
    client: Client,
    credentials: Result<Json<Credentials>, JsonRejection>,
) -> Result<Response, Problem> {
    let Json(credentials) = credentials.map_err(|rejection| {
        let sentence = format!(
            "send {{\"name\": …, \"password\": …}}: {}",
            rejection.body_text()
        );
        Problem::new(rejection.status(), sentence)
    })?;
    require_accounts(&app).await?;
    let (token, session) = begin(&app, client, &credentials.name, &credentials.password).await?;
    let document = SessionDocument {
        disclaimer: trust::DISCLAIMER,
        token: token.to_string(),
        expires: session.expires,
        idle_seconds: app.session.idle.as_secs(),
        account: session.account,
    };
    Ok((StatusCode::CREATED, Json(document)).into_response())
}

/// Ends the session of the token that comes with the request.
pub(crate) async fn end(State(app): State<App>, who: Who) -> Result<StatusCode, Problem> {
    let known = who.logged_in();
    let known = known.ok_or_else(|| who::unauthorized("there is no session to end"))?;
    app.store.access().log_out(&known.token).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn begin(
    app: &App,
    client: Client,
    name: &str,
    password: &str,
) -> Result<(Token, Session), Problem> {
    app.throttle.admit(client.address, Instant::now())?;
    let begun = app.store.access().log_in(name, password, app.session).await;
    match &begun {
        Ok((_, session)) => {
            app.throttle.give_back(client.address);
            tracing::info!(account = %session.account.id, "logged in");
        }
        Err(ClinicError::LogInRefused) => tracing::warn!("a log-in was refused"),
        Err(_) => {}
    }
    Ok(begun?)
}

pub(crate) async fn require_accounts(app: &App) -> Result<(), Problem> {
    match app.has_accounts().await? {
        true => Ok(()),
        false => Err(no_accounts()),
    }
}

fn no_accounts() -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "there are no accounts, so nobody has to log in; add one at /accounts or with fundoscope account add",
    )
}

fn unreadable(rejection: &FormRejection) -> Problem {
    let sentence = format!("the form cannot be read: {}", rejection.body_text());
    Problem::new(rejection.status(), sentence)
}

/// On to a page, with the cookie of a new session.
fn entered(next: &str, token: &Token, client: Client) -> Response {
    let cookie = who::cookie(Some(token), client.is_encrypted);
    ([(header::SET_COOKIE, cookie)], Redirect::to(next)).into_response()
}

/// The form again, with the reason. A browser is not asked for a password in a window of its own.
pub(crate) fn refused(problem: &Problem, page: maud::Markup) -> Response {
    let status = match problem.status {
        StatusCode::UNAUTHORIZED => StatusCode::FORBIDDEN,
        status => status,
    };
    let mut response = (status, page).into_response();
    if let Some(seconds) = problem.retry_after {
        let headers = response.headers_mut();
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_led_elsewhere() {
        for path in ["/", "/screenings/1?a=b#c", "/audit?before=7"] {
            assert_eq!(local(path), path);
        }
        for elsewhere in [
            "",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "evil",
            "/a\r\nSet-Cookie: x",
            "/\t/evil.example",
            "javascript:alert(1)",
        ] {
            assert_eq!(local(elsewhere), "/", "{elsewhere:?}");
        }
    }

    #[test]
    fn the_way_back_survives_the_address() {
        let address = address(Some("/audit?before=7&verify=yes"));
        assert_eq!(address, "/log-in?next=%2Faudit%3Fbefore%3D7%26verify%3Dyes");
        assert_eq!(super::address(Some("/")), "/log-in");
    }
}
