//! What every request passes before it reaches a handler, and what every answer carries.
//!
//! The server has no accounts and listens on this machine alone. What can still reach it are pages of other sites in
//! the same browser: the `Host` check stops DNS rebinding, the `Origin` and `Sec-Fetch-Site` checks stop foreign forms
//! and scripts from posting.

use std::net::IpAddr;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::application::App;
use crate::pages;
use crate::problem::Problem;

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
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "unmatched".to_owned(), |path| path.as_str().to_owned());
    let mut response = match check(request.method(), request.uri(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    };
    add_security_headers(response.headers_mut());
    let (status, duration) = (response.status().as_u16(), started.elapsed());
    let known_method = if is_standard(&method) {
        method.as_str()
    } else {
        "other"
    };
    app.metrics.answered(known_method, &route, status, duration);
    tracing::debug!(
        method = known_method,
        route,
        status,
        milliseconds = duration.as_millis(),
        "answered"
    );
    response
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

fn check(method: &Method, uri: &Uri, headers: &HeaderMap) -> Result<(), Problem> {
    let host = host(uri, headers)?;
    if !is_loopback(host) {
        return Err(Problem::new(
            StatusCode::MISDIRECTED_REQUEST,
            "this server answers only to localhost; open it by that name or by its loopback address",
        ));
    }
    let changes_nothing = [Method::GET, Method::HEAD, Method::OPTIONS].contains(method);
    if changes_nothing || comes_from_here(host, headers) {
        return Ok(());
    }
    Err(Problem::new(
        StatusCode::FORBIDDEN,
        "photographs are taken only from this server's own page or from a program, not from another site",
    ))
}

/// The host the client believes to speak to, with its port.
fn host<'a>(uri: &'a Uri, headers: &'a HeaderMap) -> Result<&'a str, Problem> {
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
        check(method, &Uri::from_static("/"), &headers(pairs))
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
