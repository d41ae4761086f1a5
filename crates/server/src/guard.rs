//! What every request passes before it reaches a handler, and what every answer carries.
//!
//! As long as there are no accounts, the server listens on this machine alone. What can still reach it are pages of other
//! sites in the same browser: the `Host` check stops DNS rebinding, the `Origin` and `Sec-Fetch-Site` checks stop foreign forms
//! and scripts from posting. Where there are accounts, whoever is not logged in gets no further than to the page that lets
//! them log in, a session's cookie changes something only where the browser says that our own page asked, and each address
//! asks for a role ([`crate::permission`]). What was seen is noted before it is shown.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use clinic::Role;

use crate::application::{App, Front};
use crate::page::ProblemPage;
use crate::pages;
use crate::permission::{self, Least};
use crate::problem::Problem;
use crate::spoken::Asked;
use crate::who::{self, Client, Who};
use crate::{log_in, sightings, spoken};

/// How long a form may take from its first byte to its answer: a client that sends nothing must not keep its connection.
const SMALL_PATIENCE: Duration = Duration::from_secs(30);
/// Headers of every answer.
const SECURITY_HEADERS: [(&str, &str); 8] = [
    ("content-security-policy", pages::CONTENT_SECURITY_POLICY),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("cross-origin-embedder-policy", "require-corp"),
    (
        "permissions-policy",
        "camera=(), microphone=(), geolocation=()",
    ),
];

/// Counts and logs the request, refuses what comes from elsewhere, and adds the security headers.
pub(crate) async fn guard(State(app): State<App>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let method = request.method().clone();
    let template = request.extensions().get::<MatchedPath>().cloned();
    let template = template.as_ref().map(MatchedPath::as_str);
    let (parts, body) = request.into_parts();
    let asked = Asked::of(&parts);
    let answering = admitted(&app, template, parts, body, next);
    let mut response = spoken::answered(asked, app.language, answering).await;
    if response.status() == StatusCode::UNAUTHORIZED {
        let scheme = HeaderValue::from_static("Bearer realm=\"fundoscope\"");
        response
            .headers_mut()
            .insert(header::WWW_AUTHENTICATE, scheme);
    }
    add_security_headers(response.headers_mut());
    let (status, duration) = (response.status().as_u16(), started.elapsed());
    let known_method = if is_standard(&method) {
        method.as_str()
    } else {
        "other"
    };
    let route = template.unwrap_or("unmatched");
    app.metrics.answered(known_method, route, status, duration);
    tracing::debug!(
        method = known_method,
        route,
        status,
        milliseconds = duration.as_millis(),
        "answered"
    );
    response
}

/// Lets a request be answered by whoever is to, if it may be.
async fn admitted(
    app: &App,
    template: Option<&str>,
    parts: Parts,
    body: Body,
    next: Next,
) -> Response {
    match admit(app, &parts, template).await {
        Ok(who) => {
            let is_small = is_small(&parts.method, template);
            let answer = answer(app, who, template, parts, body, next);
            match is_small {
                false => answer.await,
                true => tokio::time::timeout(SMALL_PATIENCE, answer)
                    .await
                    .unwrap_or_else(|_| too_slow().into_response()),
            }
        }
        Err(refusal) => refusal.answer(template, &parts).await,
    }
}

/// Whether a request brings a form or a document that is there at once; photographs have limits of their own.
fn is_small(method: &Method, template: Option<&str>) -> bool {
    let takes_photographs = matches!(template, Some("/screenings" | "/api/v1/screenings"));
    *method != Method::GET && *method != Method::HEAD && !takes_photographs
}

fn too_slow() -> Problem {
    let sentence = "the request did not arrive in time; send it again";
    Problem::new(StatusCode::REQUEST_TIMEOUT, sentence)
}

/// Why a request goes no further.
enum Refusal {
    /// The request itself cannot be answered.
    Problem(Problem),
    /// Nobody is logged in.
    LogInFirst,
    /// Somebody is, who lacks a role.
    Lacks(Role, Who),
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl Refusal {
    /// Programs get a document, browsers a page.
    async fn answer(self, template: Option<&str>, parts: &Parts) -> Response {
        let path = parts.uri.path();
        let is_page = !path.starts_with("/api/") && path != "/metrics";
        match self {
            Self::Problem(problem) => problem.into_response(),
            Self::LogInFirst if is_page => {
                let back = way_back(template, &parts.method, &parts.uri);
                Redirect::to(&log_in::address(back)).into_response()
            }
            Self::LogInFirst => who::unauthorized(
                "log in first: get a token from POST /api/v1/sessions and send it as Authorization: Bearer TOKEN",
            )
            .into_response(),
            Self::Lacks(role, who) => {
                let sentence = format!("your account may not do this; it takes the role {role}");
                let problem = Problem::new(StatusCode::FORBIDDEN, sentence);
                let page = async { ProblemPage::from(problem.clone()).into_response() };
                match is_page {
                    true => pages::drawn_for(pages::Visitor::of(&who), page).await,
                    false => problem.into_response(),
                }
            }
        }
    }
}

/// Where somebody goes on after logging in: at the page that was asked for, or the one with the form that was sent, which
/// nobody is made to send unasked.
fn way_back<'a>(template: Option<&str>, method: &Method, uri: &'a Uri) -> Option<&'a str> {
    if *method == Method::GET {
        return uri.path_and_query().map(|asked| asked.as_str());
    }
    match template? {
        "/screenings/{id}/reviews" | "/screenings/{id}/retry" => {
            uri.path().rsplit_once('/').map(|(page, _)| page)
        }
        "/accounts" | "/accounts/{id}/enabled" | "/accounts/{id}/password" => Some("/accounts"),
        "/password" | "/worklist" => Some(uri.path()),
        _ => None,
    }
}

/// Finds out who is asking, and whether they may.
async fn admit(app: &App, parts: &Parts, template: Option<&str>) -> Result<Who, Refusal> {
    let Parts {
        method,
        uri,
        headers,
        extensions,
        ..
    } = parts;
    check(method, uri, headers, &app.front)?;
    let client = Client::of(&app.front, extensions, headers);
    let least = permission::rule(template).least;
    if least == Least::Unasked {
        return Ok(Who::Stranger);
    }
    let who = who::identify(app, client, headers).await?;
    let is_by_cookie = who.logged_in().is_some_and(|known| known.by_cookie);
    if is_by_cookie
        && !changes_nothing(method)
        && !says_it_comes_from_here(uri, headers, &app.front)
    {
        let sentence = "the browser does not say that a page of this server asked for this; open the server through https, in a \
                        browser of the last years";
        return Err(Problem::new(StatusCode::FORBIDDEN, sentence).into());
    }
    let needed = match least {
        Least::Unasked | Least::Anybody => return Ok(who),
        Least::Watcher if client.is_on_this_computer() => return Ok(who),
        Least::Watcher => Role::Administrator,
        Least::Role(role) => role,
    };
    match who.role() {
        None => Err(Refusal::LogInFirst),
        Some(role) if role < needed => Err(Refusal::Lacks(needed, who)),
        Some(_) => Ok(who),
    }
}

/// Lets a handler answer, and notes what was seen before it is shown.
async fn answer(
    app: &App,
    who: Who,
    template: Option<&str>,
    mut parts: Parts,
    body: Body,
    next: Next,
) -> Response {
    parts.extensions.insert(who.clone());
    let method = parts.method.clone();
    let seen = permission::rule(template).seen;
    let subject = match seen {
        Some(seen) => sightings::subject(&mut parts, seen).await,
        None => None,
    };
    let visitor = pages::Visitor::of(&who);
    let answering = next.run(Request::from_parts(parts, body));
    let response = pages::drawn_for(visitor, answering).await;
    let Some(seen) = seen.filter(|_| permission::has_shown(&method, response.status())) else {
        return response;
    };
    let access = app.store.access();
    let noted = app.sightings.note(&access, who.actor(), seen, subject);
    match noted.await {
        Ok(()) => response,
        Err(problem) => problem.into_response(),
    }
}

fn add_security_headers(headers: &mut HeaderMap) {
    for (name, value) in SECURITY_HEADERS {
        headers.insert(
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        );
    }
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("private, no-store"));
}

/// A method anyone may invent must not become a label.
fn is_standard(method: &Method) -> bool {
    [
        Method::GET,
        Method::HEAD,
        Method::POST,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
        Method::OPTIONS,
    ]
    .contains(method)
}

fn check(method: &Method, uri: &Uri, headers: &HeaderMap, front: &Front) -> Result<(), Problem> {
    let host = host(uri, headers, front)?;
    if !front.is_reachable && !is_loopback(host) {
        return Err(Problem::new(
            StatusCode::MISDIRECTED_REQUEST,
            "this server answers only to localhost; open it by that name or by its loopback address",
        ));
    }
    if changes_nothing(method) || comes_from_here(host, headers) {
        return Ok(());
    }
    Err(Problem::new(
        StatusCode::FORBIDDEN,
        "photographs are taken only from this server's own page or from a program, not from another site",
    ))
}

fn changes_nothing(method: &Method) -> bool {
    [Method::GET, Method::HEAD, Method::OPTIONS].contains(method)
}

/// The host the client believes to speak to, with its port.
fn host<'a>(uri: &'a Uri, headers: &'a HeaderMap, front: &Front) -> Result<&'a str, Problem> {
    if let Some(host) = who::last(headers, "x-forwarded-host").filter(|_| front.behind_proxy) {
        return Ok(host);
    }
    let mut named = headers.get_all(header::HOST).iter();
    let bad = || {
        Problem::new(
            StatusCode::BAD_REQUEST,
            "a request must have exactly one readable Host header",
        )
    };
    match (named.next(), named.next(), uri.authority()) {
        (Some(host), None, _) => host.to_str().map_err(|_| bad()),
        (None, None, Some(authority)) => Ok(authority.as_str()),
        _ => Err(bad()),
    }
}

fn is_loopback(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    let is_loopback_address = name
        .parse::<IpAddr>()
        .is_ok_and(|address| address.is_loopback());
    is_loopback_address || name.eq_ignore_ascii_case("localhost")
}

/// Whether a request that changes something was made by our own page, or by a program that is no browser.
fn comes_from_here(host: &str, headers: &HeaderMap) -> bool {
    if let Some(site) = headers.get("sec-fetch-site") {
        return site == "same-origin" || site == "none";
    }
    let Some(origin) = headers.get(header::ORIGIN) else {
        return true;
    };
    origin
        .to_str()
        .ok()
        .and_then(|origin| {
            origin
                .strip_prefix("http://")
                .or_else(|| origin.strip_prefix("https://"))
        })
        .is_some_and(|origin_host| origin_host.eq_ignore_ascii_case(host))
}

/// Whether the browser itself says that our own page made the request: what a cookie needs that is sent along with every one.
fn says_it_comes_from_here(uri: &Uri, headers: &HeaderMap, front: &Front) -> bool {
    let is_said = headers.contains_key("sec-fetch-site") || headers.contains_key(header::ORIGIN);
    let host = host(uri, headers, front);
    is_said && host.is_ok_and(|host| comes_from_here(host, headers))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| {
                (
                    HeaderName::from_static(name),
                    HeaderValue::from_static(value),
                )
            })
            .collect()
    }

    fn status(method: &Method, pairs: &[(&'static str, &'static str)]) -> Option<u16> {
        status_at(method, pairs, &Front::default())
    }

    fn status_at(
        method: &Method,
        pairs: &[(&'static str, &'static str)],
        front: &Front,
    ) -> Option<u16> {
        check(method, &Uri::from_static("/"), &headers(pairs), front)
            .err()
            .map(|problem| problem.status.as_u16())
    }

    #[test]
    fn only_loopback_names_are_answered() {
        for host in [
            "localhost:5000",
            "LOCALHOST",
            "127.0.0.1:5000",
            "127.8.9.1",
            "[::1]:5000",
            "[::1]",
        ] {
            assert_eq!(status(&Method::GET, &[("host", host)]), None, "{host}");
        }
        for host in [
            "evil.example",
            "localhost.evil.example",
            "10.0.0.1:5000",
            "[2001:db8::1]:80",
            "",
            "[",
            ":80",
        ] {
            assert_eq!(status(&Method::GET, &[("host", host)]), Some(421), "{host}");
        }
        assert_eq!(status(&Method::GET, &[]), Some(400));
    }

    #[test]
    fn a_server_that_others_reach_has_any_name() {
        let proxied = Front {
            is_reachable: true,
            behind_proxy: true,
            is_encrypted: false,
        };
        let named = ("host", "clinic.example");
        assert_eq!(status_at(&Method::GET, &[named], &proxied), None);
        let inside = ("host", "127.0.0.1:5000");
        let outside = ("x-forwarded-host", "clinic.example");
        let origin = ("origin", "https://clinic.example");
        let forwarded = [inside, outside, origin];
        assert_eq!(status_at(&Method::POST, &forwarded, &proxied), None);
        // Without a proxy, what it would have said is anybody's word.
        assert_eq!(status(&Method::POST, &forwarded), Some(403));
        assert_eq!(status(&Method::GET, &[named, outside]), Some(421));
    }

    #[test]
    fn other_sites_cannot_post() {
        let host = ("host", "127.0.0.1:5000");
        assert_eq!(status(&Method::POST, &[host]), None);
        assert_eq!(
            status(&Method::POST, &[host, ("origin", "http://127.0.0.1:5000")]),
            None
        );
        assert_eq!(
            status(&Method::POST, &[host, ("sec-fetch-site", "same-origin")]),
            None
        );
        for origin in [
            "http://evil.example",
            "null",
            "http://127.0.0.1:6000",
            "http://127.0.0.1:5000.evil.example",
        ] {
            assert_eq!(
                status(&Method::POST, &[host, ("origin", origin)]),
                Some(403),
                "{origin}"
            );
        }
        for site in ["cross-site", "same-site"] {
            assert_eq!(
                status(&Method::POST, &[host, ("sec-fetch-site", site)]),
                Some(403),
                "{site}"
            );
            assert_eq!(
                status(&Method::GET, &[host, ("sec-fetch-site", site)]),
                None,
                "{site}"
            );
        }
    }
}
