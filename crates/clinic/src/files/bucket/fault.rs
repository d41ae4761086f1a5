//! Why a bucket cannot be used, without what a server repeats of the request: that could hold the name of a key.

use std::error::Error as _;

use object_store::Error;
use object_store::client::HttpError;

/// Why a bucket cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BucketFault {
    /// It has no such object.
    #[error("it is not there; restore it from a backup")]
    Missing,
    /// There is no such bucket.
    #[error("there is no such bucket; make it first, or name another")]
    NoBucket,
    /// The server does not let us in.
    #[error(
        "access is denied; check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and that they may read, write, list and delete"
    )]
    Denied,
    /// No server answered.
    #[error(
        "{0}; check AWS_ENDPOINT_URL (http:// needs AWS_ALLOW_HTTP=true), and that its server runs"
    )]
    Unreachable(String),
    /// The server did not do what it was asked to.
    #[error("the server answers: {0}; check AWS_ENDPOINT_URL and AWS_REGION, and the server's log")]
    Refused(String),
    /// The settings do not fit together.
    #[error("{0}; check the variables AWS_…")]
    Settings(String),
}

impl BucketFault {
    pub(super) fn of(error: &Error) -> Self {
        // Holds the status and what the server wrote.
        let text = error.to_string();
        let code = between(&text, "<Code>", "</Code>");
        match (error, code) {
            (_, Some("NoSuchBucket")) => Self::NoBucket,
            (Error::NotFound { .. }, _) => Self::Missing,
            (Error::PermissionDenied { .. } | Error::Unauthenticated { .. }, _) => Self::Denied,
            (_, Some(code)) => Self::Refused(code.to_owned()),
            (error, None) => match transport(error) {
                Some(words) => Self::Unreachable(words),
                None => Self::Refused(status(&text).unwrap_or("something unexpected").to_owned()),
            },
        }
    }

    pub(super) fn is_missing(&self) -> bool {
        *self == Self::Missing
    }
}

/// What went wrong on the way to the server, if that is it: the innermost reason, for the others repeat addresses.
fn transport(error: &Error) -> Option<String> {
    let mut next = error.source();
    while let Some(source) = next {
        if source.is::<HttpError>() {
            let mut reason = source;
            while let Some(deeper) = reason.source() {
                reason = deeper;
            }
            return Some(reason.to_string());
        }
        next = source.source();
    }
    None
}

/// The number of the status, as the library writes it.
fn status(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("status code: ")?;
    rest.get(..3)
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(before)?;
    let (found, _) = rest.split_once(after)?;
    Some(found)
}
