//! What a browser carries while somebody is at the provider, in a cookie of ten minutes: what the answer must match, so that
//! nobody can be made to come back from a log-in that they did not begin here.
//!
//! The cookie is `SameSite=Lax`, as the browser must send it along when the provider leads it back. It holds no more than its
//! own browser may know, so that any of several servers with the same records can take the answer.

use axum::http::{HeaderMap, HeaderValue};
use clinic::ContentHash;
use openidconnect::{CsrfToken, Nonce, PkceCodeVerifier};

use crate::log_in::local;
use crate::who;

/// Seconds between setting out and coming back.
const LIFETIME: u32 = 600;
/// Bytes of the way back, which browsers keep four thousand of at most.
const LONGEST_WAY_BACK: usize = 1000;

/// A log-in under way.
pub(super) struct Journey {
    pub(super) state: CsrfToken,
    pub(super) nonce: Nonce,
    pub(super) verifier: PkceCodeVerifier,
    /// Where the page leads afterwards.
    pub(super) next: String,
}

impl Journey {
    /// The header that gives it to the browser.
    pub(super) fn cookie(&self, is_encrypted: bool) -> HeaderValue {
        let next = match self.next.len() <= LONGEST_WAY_BACK {
            true => &self.next,
            false => "/",
        };
        let value = form_urlencoded::Serializer::new(String::new())
            .append_pair("state", self.state.secret())
            .append_pair("nonce", self.nonce.secret())
            .append_pair("verifier", self.verifier.secret())
            .append_pair("next", next)
            .finish();
        header(&value, LIFETIME, is_encrypted)
    }

    /// The one that a browser brings back.
    pub(super) fn of(headers: &HeaderMap, is_encrypted: bool) -> Option<Self> {
        let value = who::cookies(headers, cookie_name(is_encrypted)).next()?;
        let part = |name: &str| {
            let mut pairs = form_urlencoded::parse(value.as_bytes());
            let (_, found) = pairs.find(|(known, _)| known == name)?;
            (!found.is_empty()).then(|| found.into_owned())
        };
        Some(Self {
            state: CsrfToken::new(part("state")?),
            nonce: Nonce::new(part("nonce")?),
            verifier: PkceCodeVerifier::new(part("verifier")?),
            next: local(&part("next")?).to_owned(),
        })
    }

    /// Whether an answer belongs to it. Hashes are compared, so that the time it takes tells nothing.
    pub(super) fn has_state(&self, state: &str) -> bool {
        let hash = |text: &str| ContentHash::of(text.as_bytes());
        hash(self.state.secret()) == hash(state)
    }
}

/// The header that takes it away again: each is good for one answer.
pub(super) fn no_cookie(is_encrypted: bool) -> HeaderValue {
    header("", 0, is_encrypted)
}

fn cookie_name(is_encrypted: bool) -> &'static str {
    match is_encrypted {
        true => "__Host-fundoscope-openid",
        false => "fundoscope-openid",
    }
}

fn header(value: &str, seconds: u32, is_encrypted: bool) -> HeaderValue {
    let name = cookie_name(is_encrypted);
    let secure = if is_encrypted { "; Secure" } else { "" };
    let text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}");
    // Letters, digits and what stands above.
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""))
}
