//! What asks the provider: over encrypted connections, without following it elsewhere, and with limits on time and size.

use std::pin::Pin;
use std::time::Duration;

use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};
use tokio_rustls::rustls::crypto::ring;

/// How long a connection may take to come about.
const CONNECTING: Duration = Duration::from_secs(5);
/// How long an answer may take in all.
const PATIENCE: Duration = Duration::from_secs(10);
/// Bytes of an answer: keys and claims take a few thousand.
const LARGEST: usize = 1 << 20;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HttpError {
    /// Nobody answered, or not in a way that can be trusted.
    #[error(transparent)]
    Failed(#[from] reqwest::Error),
    /// The answer does not end.
    #[error("the answer has more than {LARGEST} bytes")]
    TooLarge,
}

#[derive(Debug)]
pub(super) struct Http(reqwest::Client);

impl Http {
    /// Trusts the certificates that this computer trusts, and goes through the proxy that its environment names.
    pub(super) fn new(is_encrypted: bool) -> Result<Self, HttpError> {
        // The client takes the provider of the process; where there is one already, that is as good.
        let _ = ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .https_only(is_encrypted)
            .connect_timeout(CONNECTING)
            .timeout(PATIENCE)
            .user_agent("fundoscope")
            .build()?;
        Ok(Self(client))
    }

    async fn answer(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let mut response = self.0.execute(request.try_into()?).await?;
        let mut body = Vec::new();
        while let Some(part) = response.chunk().await? {
            if body.len() + part.len() > LARGEST {
                return Err(HttpError::TooLarge);
            }
            body.extend_from_slice(&part);
        }
        let mut answer = HttpResponse::new(body);
        *answer.status_mut() = response.status();
        *answer.headers_mut() = std::mem::take(response.headers_mut());
        Ok(answer)
    }
}

impl<'client> AsyncHttpClient<'client> for Http {
    type Error = HttpError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, HttpError>> + Send + 'client>>;

    fn call(&'client self, request: HttpRequest) -> Self::Future {
        Box::pin(self.answer(request))
    }
}
