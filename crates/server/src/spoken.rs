//! In which language somebody is spoken to: found out by the guard for everything that is said while a request is answered, as
//! for whom it is ([`crate::pages::Visitor`]), so that no page has to be told and none can forget it. A page that is drawn
//! without a request is English.
//!
//! Addresses of the API speak English, and another language where they are asked for it by `?language=`. Pages speak the language
//! that was chosen in this browser, else the one that the browser asks for, else the server's own.

use axum::extract::Form;
use axum::extract::rejection::FormRejection;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};
use language::Language;
use serde::Deserialize;

use crate::log_in::local;
use crate::openid;
use crate::page::ProblemPage;
use crate::problem::Problem;
use crate::who::Client;

/// The name of the cookie that keeps what was chosen.
const COOKIE: &str = "fundoscope-language";
/// How long it is kept: a year.
const COOKIE_SECONDS: u32 = 365 * 24 * 60 * 60;
/// On what the language of a page depends.
const VARY: HeaderValue = HeaderValue::from_static("accept-language, cookie");

tokio::task_local! {
    static SPOKEN: Spoken;
}

/// How an answer is spoken.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Spoken {
    language: Language,
    /// Where a page leads back to when another language is chosen on it.
    address: String,
}

/// What a request says of the language that it wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    /// `None` where the server's own is as good as any.
    language: Option<Language>,
    address: String,
}

impl Asked {
    pub(crate) fn of(parts: &Parts) -> Self {
        let path = parts.uri.path_and_query().map(|path| path.as_str());
        // What a provider leads back with is good for one answer and belongs on no page.
        let is_page = parts.method == Method::GET && parts.uri.path() != openid::CALLBACK;
        let path = path.filter(|_| is_page);
        Self {
            language: asked(&parts.uri, &parts.headers),
            address: local(path.unwrap_or("/")).to_owned(),
        }
    }
}

/// The language of what is being said.
pub(crate) fn language() -> Language {
    SPOKEN
        .try_with(|spoken| spoken.language)
        .unwrap_or_default()
}

/// The address of the page that is being drawn.
pub(crate) fn address() -> String {
    let address = SPOKEN.try_with(|spoken| spoken.address.clone());
    address.unwrap_or_else(|_| "/".to_owned())
}

/// Draws something in a language, without a request.
pub fn drawn_in<T>(language: Language, draw: impl FnOnce() -> T) -> T {
    let address = "/".to_owned();
    SPOKEN.sync_scope(Spoken { language, address }, draw)
}

/// Answers a request in its language, and says of a page which it is.
pub(crate) async fn answered(
    asked: Asked,
    servers_own: Language,
    answering: impl Future<Output = Response>,
) -> Response {
    let language = asked.language.unwrap_or(servers_own);
    let address = asked.address;
    let mut response = SPOKEN.scope(Spoken { language, address }, answering).await;
    let headers = response.headers_mut();
    let content = headers.get(header::CONTENT_TYPE);
    if content.is_some_and(|content| content.as_bytes().starts_with(b"text/html")) {
        let tag = HeaderValue::from_static(language.tag());
        headers.insert(header::CONTENT_LANGUAGE, tag);
        headers.append(header::VARY, VARY);
    }
    response
}

fn asked(uri: &Uri, headers: &HeaderMap) -> Option<Language> {
    if uri.path().starts_with("/api/") {
        return Some(in_address(uri).unwrap_or_default());
    }
    let accepted = headers.get(header::ACCEPT_LANGUAGE);
    let accepted = accepted.and_then(|value| value.to_str().ok());
    in_address(uri)
        .or_else(|| chosen(headers))
        .or_else(|| accepted.and_then(Language::asked_for))
}

/// What the address asks for; one that nobody speaks is as good as none.
fn in_address(uri: &Uri) -> Option<Language> {
    let mut pairs = form_urlencoded::parse(uri.query()?.as_bytes());
    let (_, tag) = pairs.find(|(name, _)| name == "language")?;
    Language::of_tag(&tag)
}

/// What was chosen in this browser.
fn chosen(headers: &HeaderMap) -> Option<Language> {
    let cookies = headers.get_all(header::COOKIE).iter();
    let mut pairs = cookies
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    let (_, tag) = pairs.find(|(name, _)| *name == COOKIE)?;
    Language::of_tag(tag)
}

/// The form below every page.
#[derive(Deserialize)]
pub(crate) struct Choice {
    language: String,
    #[serde(default)]
    next: String,
}

/// Keeps a choice in the browser and leads back.
pub(crate) async fn choose(
    client: Client,
    choice: Result<Form<Choice>, FormRejection>,
) -> Result<Response, ProblemPage> {
    let refused = |detail: String| Problem::new(StatusCode::BAD_REQUEST, detail);
    let Form(choice) = choice.map_err(|rejection| refused(rejection.body_text()))?;
    let language: Language = (choice.language.parse())
        .map_err(|error: language::UnknownLanguage| refused(error.to_string()))?;
    let mut response = Redirect::to(local(&choice.next)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::SET_COOKIE, cookie(language, client.is_encrypted));
    Ok(response)
}

fn cookie(language: Language, is_encrypted: bool) -> HeaderValue {
    let secure = if is_encrypted { "; Secure" } else { "" };
    let text = format!(
        "{COOKIE}={language}; Path=/; HttpOnly; SameSite=Lax; Max-Age={COOKIE_SECONDS}{secure}"
    );
    // Letters, digits and what stands above.
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""))
}
