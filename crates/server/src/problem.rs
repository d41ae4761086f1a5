//! What is answered when something is wrong: `application/problem+json` (RFC 9457) with one sentence.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use clinic::{ClinicError, UnfitField};
use language::Language;
use serde::Serialize;
use tokio::task::JoinError;

use crate::spoken;

/// A refusal, for the one who asked.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    pub(crate) status: StatusCode,
    /// One sentence: what was wrong with which input, and what to do.
    pub(crate) detail: String,
    /// The sentence of each file, when several were sent.
    pub(crate) errors: Vec<FileError>,
    /// Seconds after which asking again makes sense.
    pub(crate) retry_after: Option<u32>,
}

/// What was wrong with one file.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct FileError {
    /// The submitter's own name of it.
    pub(crate) file: String,
    /// One sentence.
    pub(crate) error: String,
}

#[derive(Serialize)]
struct Body<'a> {
    r#type: &'a str,
    title: &'a str,
    status: u16,
    detail: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [FileError],
    disclaimer: &'a str,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self {
            status,
            detail: detail.into(),
            errors: Vec::new(),
            retry_after: None,
        }
    }

    pub(crate) fn unknown(what: &str) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            format!("there is no {what} at this address"),
        )
    }

    /// A chart of ours could not be drawn.
    pub(crate) fn undrawn(error: trust::TrustError) -> Self {
        tracing::error!(%error, "a chart could not be drawn");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "a chart could not be drawn; the reason is in the server's log",
        )
    }

    /// The status in words, such as "Not Found".
    pub(crate) fn title(&self) -> &'static str {
        self.status.canonical_reason().unwrap_or("Error")
    }

    /// The same for people, in the language of the page.
    pub(crate) fn words(&self) -> &'static str {
        let language = spoken::language();
        match (language, self.status.as_u16()) {
            (Language::English, _) => self.title(),
            (_, 400) => language.text("problem-bad-request"),
            (_, 401) => language.text("problem-unauthorized"),
            (_, 403) => language.text("problem-forbidden"),
            (_, 404) => language.text("problem-not-found"),
            (_, 405) => language.text("problem-method-not-allowed"),
            (_, 408) => language.text("problem-timeout"),
            (_, 409) => language.text("problem-conflict"),
            (_, 413) => language.text("problem-too-large"),
            (_, 415) => language.text("problem-unsupported"),
            (_, 422) => language.text("problem-unprocessable"),
            (_, 429) => language.text("problem-too-many"),
            (_, 503) => language.text("problem-unavailable"),
            _ => language.text("problem-failed"),
        }
    }

    /// The sentence in the language that is spoken.
    fn detail(&self) -> String {
        spoken::language().retell(&self.detail)
    }

    /// The sentences of files in the language that is spoken.
    pub(crate) fn errors(&self) -> Vec<FileError> {
        let told = |error: &FileError| FileError {
            file: error.file.clone(),
            error: spoken::language().retell(&error.error),
        };
        self.errors.iter().map(told).collect()
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = Body {
            r#type: "about:blank",
            title: self.title(),
            status: self.status.as_u16(),
            detail: &self.detail(),
            errors: &self.errors(),
            disclaimer: trust::DISCLAIMER,
        };
        let mut response = (self.status, Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

impl From<ClinicError> for Problem {
    /// A failing store is the server's fault, not the input's; the reason goes to the log.
    fn from(error: ClinicError) -> Self {
        if let ClinicError::Unknown { what } = error {
            return Self::unknown(what);
        }
        if let ClinicError::UnknownPage = error {
            return Self::new(StatusCode::BAD_REQUEST, error.to_string());
        }
        if let ClinicError::NotReviewable { why } = error {
            return Self::new(StatusCode::UNPROCESSABLE_ENTITY, why);
        }
        let refused = match &error {
            ClinicError::InvalidAccount { .. } | ClinicError::OtherYearOfBirth => {
                Some(StatusCode::UNPROCESSABLE_ENTITY)
            }
            ClinicError::NameTaken
            | ClinicError::SubjectTaken
            | ClinicError::HasNoPassword
            | ClinicError::LastAdministrator
            | ClinicError::EyeRead => Some(StatusCode::CONFLICT),
            ClinicError::OpenIdRefused(_) => Some(StatusCode::FORBIDDEN),
            ClinicError::LogInRefused => Some(StatusCode::UNAUTHORIZED),
            _ => None,
        };
        if let Some(status) = refused {
            return Self::new(status, error.to_string());
        }
        tracing::error!(%error, "the records failed");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "the records could not be read or written; the reason is in the server's log",
        )
    }
}

impl From<UnfitField> for Problem {
    fn from(error: UnfitField) -> Self {
        Self::new(StatusCode::BAD_REQUEST, error.to_string())
    }
}

impl From<JoinError> for Problem {
    fn from(error: JoinError) -> Self {
        tracing::error!(panicked = error.is_panic(), "a task ended before its time");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "the server failed at this request; the reason is in its log",
        )
    }
}
