//! The provider: what it can do, how somebody is sent there, and what its answer says.

use std::collections::HashMap;
use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clinic::{OpenId, Role, RoleClaim};
use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreAuthenticationFlow, CoreClientAuthMethod,
    CoreErrorResponseType, CoreGenderClaim, CoreJsonWebKey, CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm, CoreRevocableToken, CoreRevocationErrorResponse,
    CoreTokenIntrospectionResponse, CoreTokenType,
};
use openidconnect::url::Url;
use openidconnect::{
    AdditionalClaims, AuthType, AuthorizationCode, ClaimsVerificationError, Client, CsrfToken,
    EmptyExtraTokenFields, EndpointMaybeSet, EndpointNotSet, EndpointSet, IdTokenClaims,
    IdTokenFields, LogoutRequest, Nonce, PkceCodeChallenge, PkceCodeVerifier,
    PostLogoutRedirectUrl, ProviderMetadataWithLogout, RequestTokenError, Scope,
    SignatureVerificationError, StandardErrorResponse, StandardTokenResponse, TokenResponse,
};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use super::http::{Http, HttpError};
use super::journey::Journey;
use super::settings::OpenIdConfiguration;

/// How long the provider's description of itself is believed.
const BELIEVED: Duration = Duration::from_secs(300);
/// How long nobody asks again after it could not be had.
const PAUSE: Duration = Duration::from_secs(5);
/// Signatures that are accepted, where the provider makes them: none that whoever knows the client's secret could forge.
const SIGNATURES: [CoreJwsSigningAlgorithm; 9] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

/// Why a provider does not help.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum OpenIdFailure {
    /// It does not answer, or does not say what is needed.
    #[error("the OpenID provider {issuer} cannot be used now: {detail}")]
    Unusable { issuer: String, detail: String },
    /// It answers, and the answer is not to be believed.
    #[error("the OpenID provider's answer is not accepted: {0}")]
    NotAccepted(String),
}

/// Claims of an ID token besides those that the standard names.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct OtherClaims {
    #[serde(flatten)]
    named: HashMap<String, serde_json::Value>,
}

impl AdditionalClaims for OtherClaims {}

type Claims = IdTokenClaims<OtherClaims, CoreGenderClaim>;
type Tokens = StandardTokenResponse<
    IdTokenFields<
        OtherClaims,
        EmptyExtraTokenFields,
        CoreGenderClaim,
        CoreJweContentEncryptionAlgorithm,
        CoreJwsSigningAlgorithm,
    >,
    CoreTokenType,
>;
type ProviderClient = Client<
    OtherClaims,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    Tokens,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// What the provider said of itself, or why it did not.
#[derive(Debug)]
struct Description {
    asked: Instant,
    said: Result<Arc<ProviderMetadataWithLogout>, OpenIdFailure>,
}

/// The provider by whose word people log in.
#[derive(Debug)]
pub(crate) struct Provider {
    configuration: OpenIdConfiguration,
    http: Http,
    /// Who asks holds it, so that others wait for the same answer.
    description: Mutex<Option<Description>>,
}

impl Provider {
    pub(crate) fn new(configuration: OpenIdConfiguration) -> Result<Self, HttpError> {
        Ok(Self {
            http: Http::new(configuration.is_encrypted)?,
            configuration,
            description: Mutex::default(),
        })
    }

    /// What the button says.
    pub(crate) fn name(&self) -> &str {
        &self.configuration.name
    }

    /// Where a log-in begins that leads to a page afterwards: at the address that the provider leads back to, since the browser
    /// carries nothing from one address of this server to another.
    pub(crate) fn address(&self, next: &str) -> String {
        let next: String = form_urlencoded::byte_serialize(next.as_bytes()).collect();
        format!("{}/log-in/openid?next={next}", self.configuration.public)
    }

    pub(crate) fn issuer(&self) -> &str {
        self.configuration.issuer.as_str()
    }

    /// Asks what the provider can do, unless that is known.
    pub(crate) async fn look(&self) -> Result<(), OpenIdFailure> {
        self.described(BELIEVED).await.map(drop)
    }

    /// Where somebody is sent, and what their browser carries meanwhile.
    pub(super) async fn set_out(&self, next: &str) -> Result<(Url, Journey), OpenIdFailure> {
        let client = self.client(BELIEVED).await?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let flow = CoreAuthenticationFlow::AuthorizationCode;
        let mut request = client
            .authorize_url(flow, CsrfToken::new_random, Nonce::new_random)
            .set_pkce_challenge(challenge);
        if self.configuration.role_claim.is_some() {
            // For the name of the account that may be made.
            request = request.add_scope(Scope::new("profile".to_owned()));
        }
        let (address, state, nonce) = request.url();
        let journey = Journey {
            state,
            nonce,
            verifier,
            next: next.to_owned(),
        };
        Ok((address, journey))
    }

    /// Who came back with a code, by the provider's signed word.
    pub(super) async fn identify(
        &self,
        code: String,
        verifier: PkceCodeVerifier,
        nonce: &Nonce,
    ) -> Result<(OpenId, RoleClaim), OpenIdFailure> {
        let client = self.client(BELIEVED).await?;
        let tokens = client
            .exchange_code(AuthorizationCode::new(code))
            .map_err(|error| self.unusable(&error))?
            .set_pkce_verifier(verifier)
            .request_async(&self.http)
            .await
            .map_err(|error| self.no_tokens(&error))?;
        let Some(token) = tokens.id_token() else {
            return Err(OpenIdFailure::NotAccepted(
                "it holds no ID token".to_owned(),
            ));
        };
        let verifier = client.id_token_verifier().set_allowed_algs(SIGNATURES);
        let claims = match token.claims(&verifier, nonce) {
            // Signed with a key that is newer than what is known of the provider.
            Err(ClaimsVerificationError::SignatureVerification(
                SignatureVerificationError::NoMatchingKey,
            )) => {
                let client = self.client(Duration::ZERO).await?;
                let verifier = client.id_token_verifier().set_allowed_algs(SIGNATURES);
                token.claims(&verifier, nonce)
            }
            verified => verified,
        };
        let claims = claims.map_err(|error| OpenIdFailure::NotAccepted(chain(&error)))?;
        let openid = OpenId::new(self.issuer(), claims.subject().as_str())
            .map_err(|error| OpenIdFailure::NotAccepted(error.to_string()))?;
        let role = self.role(claims);
        Ok((openid, role))
    }

    /// The page on which somebody logs out at the provider too, where it is known to have one.
    pub(crate) async fn log_out_address(&self) -> Option<Url> {
        let description = self.description.lock().await;
        let metadata = description.as_ref()?.said.as_ref().ok()?;
        let ending = metadata
            .additional_metadata()
            .end_session_endpoint
            .clone()?;
        let back = format!("{}/log-in", self.configuration.public);
        let request = LogoutRequest::from(ending)
            .set_client_id(self.configuration.client_id.clone())
            .set_post_logout_redirect_uri(PostLogoutRedirectUrl::new(back).ok()?);
        Some(request.http_get_url())
    }

    /// What the provider says of itself, not longer ago than that.
    async fn described(
        &self,
        believed: Duration,
    ) -> Result<Arc<ProviderMetadataWithLogout>, OpenIdFailure> {
        let mut description = self.description.lock().await;
        if let Some(Description { asked, said }) = &*description {
            let believed = if said.is_ok() { believed } else { PAUSE };
            if asked.elapsed() < believed {
                return said.clone();
            }
        }
        let issuer = self.configuration.issuer.clone();
        let said = ProviderMetadataWithLogout::discover_async(issuer, &self.http)
            .await
            .map(Arc::new)
            .map_err(|error| self.unusable(&error));
        *description = Some(Description {
            asked: Instant::now(),
            said: said.clone(),
        });
        said
    }

    /// What speaks to the provider as it was described, not longer ago than that.
    async fn client(&self, believed: Duration) -> Result<ProviderClient, OpenIdFailure> {
        let metadata = self.described(believed).await?;
        let configuration = &self.configuration;
        let id = configuration.client_id.clone();
        let secret = configuration.client_secret.clone();
        let methods = metadata.token_endpoint_auth_methods_supported();
        let takes = |method| methods.is_some_and(|methods| methods.contains(&method));
        // What the standard expects where nothing is said.
        let is_in_body = takes(CoreClientAuthMethod::ClientSecretPost)
            && !takes(CoreClientAuthMethod::ClientSecretBasic);
        let authentication = match is_in_body {
            true => AuthType::RequestBody,
            false => AuthType::BasicAuth,
        };
        let metadata = Arc::unwrap_or_clone(metadata);
        Ok(ProviderClient::from_provider_metadata(metadata, id, secret)
            .set_auth_type(authentication)
            .set_redirect_uri(configuration.redirect.clone()))
    }

    /// The greatest role that the provider gives.
    fn role(&self, claims: &Claims) -> RoleClaim {
        let Some(claim) = &self.configuration.role_claim else {
            return RoleClaim::Unasked;
        };
        let value = claims.additional_claims().named.get(claim);
        let Some(role) = value.and_then(greatest_role) else {
            return RoleClaim::Absent;
        };
        let username = claims.preferred_username().map(|name| name.as_str());
        let name = username.and_then(|name| name.parse().ok());
        match name.or_else(|| claims.subject().as_str().parse().ok()) {
            Some(name) => RoleClaim::Given { role, name },
            None => RoleClaim::Absent,
        }
    }

    fn unusable(&self, error: &dyn Error) -> OpenIdFailure {
        OpenIdFailure::Unusable {
            issuer: self.issuer().to_owned(),
            detail: chain(error),
        }
    }

    /// Why a code brought nothing. What the provider says in words may be about a person, and is left out.
    fn no_tokens(
        &self,
        error: &RequestTokenError<HttpError, StandardErrorResponse<CoreErrorResponseType>>,
    ) -> OpenIdFailure {
        match error {
            RequestTokenError::ServerResponse(response) => {
                let code = response.error().as_ref().to_owned();
                OpenIdFailure::NotAccepted(format!("it does not take the code ({code})"))
            }
            RequestTokenError::Request(error) => self.unusable(error),
            RequestTokenError::Parse(..) | RequestTokenError::Other(_) => {
                OpenIdFailure::NotAccepted("its tokens cannot be read".to_owned())
            }
        }
    }
}

/// The greatest of the roles in a text or a list of texts; what is meant for other programs is passed over.
fn greatest_role(value: &serde_json::Value) -> Option<Role> {
    let values = match value {
        serde_json::Value::Array(values) => values.as_slice(),
        single => std::slice::from_ref(single),
    };
    values
        .iter()
        .filter_map(|value| value.as_str()?.strip_prefix("fundoscope-")?.parse().ok())
        .max()
}

/// An error with what led to it.
fn chain(error: &dyn Error) -> String {
    let mut said = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        said = format!("{said}: {error}");
        cause = error.source();
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_read_to_the_letter() {
        let role = |value| greatest_role(&value);
        let reader = serde_json::json!("fundoscope-reader");
        assert_eq!(role(reader), Some(Role::Reader));
        let several = serde_json::json!([
            "staff",
            "fundoscope-administrator",
            "fundoscope-screener",
            7
        ]);
        assert_eq!(role(several), Some(Role::Administrator));
        for none in [
            serde_json::json!("administrator"),
            serde_json::json!("fundoscope-Administrator"),
            serde_json::json!(["fundoscope-"]),
            serde_json::json!({"fundoscope-reader": true}),
            serde_json::Value::Null,
        ] {
            assert_eq!(role(none.clone()), None, "{none}");
        }
    }
}
