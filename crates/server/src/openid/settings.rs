//! Which provider, and where it sends people back to.

use openidconnect::url::{Host, Url};
use openidconnect::{ClientId, ClientSecret, IssuerUrl, RedirectUrl};

/// Where the provider sends people back to, below the server's public address.
pub(crate) const CALLBACK: &str = "/log-in/openid/callback";
/// What the button says where nothing else is asked for.
const NAME: &str = "Hospital log-in";

/// A provider as whoever runs the server describes it.
pub struct OpenIdSettings {
    /// Its issuer, to the letter, such as `https://login.example/realms/clinic`.
    pub issuer: String,
    /// What it calls this server.
    pub client_id: String,
    /// The secret it shares with this server; `None` for a client that it knows as public.
    pub client_secret: Option<String>,
    /// The address at which browsers find this server, such as `https://clinic.example`.
    pub public_url: String,
    /// What the button says; "Hospital log-in" otherwise.
    pub name: Option<String>,
    /// The claim of the ID token that holds `fundoscope-screener`, `fundoscope-reader` or `fundoscope-administrator`, where the
    /// provider is to give roles and accounts are made at the first log-in.
    pub role_claim: Option<String>,
}

/// A provider that can be asked.
#[derive(Debug, Clone)]
pub struct OpenIdConfiguration {
    pub(super) issuer: IssuerUrl,
    pub(super) client_id: ClientId,
    pub(super) client_secret: Option<ClientSecret>,
    pub(super) redirect: RedirectUrl,
    /// The address at which browsers find this server, without a path.
    pub(super) public: String,
    pub(super) name: String,
    pub(super) role_claim: Option<String>,
    /// Whether nothing is asked over a connection that is not encrypted.
    pub(super) is_encrypted: bool,
}

/// What is wrong with the description of a provider.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenIdSettingsError {
    /// The issuer is none.
    #[error(
        "the OpenID issuer must be an address that begins with https:// (http:// only on this computer), and is {0:?}"
    )]
    Issuer(String),
    /// The public address is none.
    #[error(
        "the public URL must be the server's own address without a path, such as https://clinic.example (http:// only on this \
         computer), and is {0:?}"
    )]
    PublicUrl(String),
    /// Something that must say something is empty.
    #[error("the OpenID {0} must not be empty")]
    Empty(&'static str),
}

impl OpenIdConfiguration {
    /// A provider as it is described.
    ///
    /// # Errors
    /// When an address is none, or is not encrypted and not on this computer, or something is empty.
    pub fn new(settings: OpenIdSettings) -> Result<Self, OpenIdSettingsError> {
        let OpenIdSettings {
            issuer,
            client_id,
            client_secret,
            public_url,
            name,
            role_claim,
        } = settings;
        let bad_issuer = || OpenIdSettingsError::Issuer(issuer.clone());
        let issuer_url = safe(&issuer).ok_or_else(bad_issuer)?;
        let origin = safe(&public_url)
            .filter(|url| url.path() == "/" && url.query().is_none() && url.fragment().is_none())
            .ok_or_else(|| OpenIdSettingsError::PublicUrl(public_url.clone()))?
            .origin()
            .ascii_serialization();
        Ok(Self {
            is_encrypted: issuer_url.scheme() == "https",
            issuer: IssuerUrl::new(issuer.clone()).map_err(|_| bad_issuer())?,
            client_id: ClientId::new(said("client id", client_id)?),
            client_secret: client_secret
                .map(|secret| said("client secret", secret).map(ClientSecret::new))
                .transpose()?,
            redirect: RedirectUrl::new(format!("{origin}{CALLBACK}"))
                .map_err(|_| OpenIdSettingsError::PublicUrl(public_url))?,
            public: origin,
            name: said("name", name.unwrap_or_else(|| NAME.to_owned()))?,
            role_claim: role_claim
                .map(|claim| said("claim of roles", claim))
                .transpose()?,
        })
    }
}

fn said(what: &'static str, text: String) -> Result<String, OpenIdSettingsError> {
    match text.trim().is_empty() {
        true => Err(OpenIdSettingsError::Empty(what)),
        false => Ok(text),
    }
}

/// An address to which secrets may travel.
fn safe(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let is_loopback = match url.host()? {
        Host::Domain(name) => name.eq_ignore_ascii_case("localhost"),
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    };
    let is_safe = url.scheme() == "https" || (url.scheme() == "http" && is_loopback);
    let is_anonymous = url.username().is_empty() && url.password().is_none();
    (is_safe && is_anonymous).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn described(
        issuer: &str,
        public_url: &str,
    ) -> Result<OpenIdConfiguration, OpenIdSettingsError> {
        OpenIdConfiguration::new(OpenIdSettings {
            issuer: issuer.to_owned(),
            client_id: "fundoscope".to_owned(),
            client_secret: Some("secret".to_owned()),
            public_url: public_url.to_owned(),
            name: None,
            role_claim: None,
        })
    }

    #[test]
    fn secrets_travel_encrypted_or_not_at_all() {
        let issuer = "https://login.example/realms/clinic";
        let fits = described(issuer, "https://clinic.example/").expect("it fits");
        assert_eq!(
            fits.redirect.as_str(),
            "https://clinic.example/log-in/openid/callback"
        );
        assert!(fits.is_encrypted);
        assert!(!format!("{fits:?}").contains("\"secret\""));
        let here = described("http://127.0.0.1:4000", "http://localhost:5000");
        assert!(!here.expect("it fits").is_encrypted);
        for bad in [
            "http://login.example",
            "login.example",
            "ftp://login.example",
            "https://me:secret@login.example",
            "",
        ] {
            assert!(described(bad, "https://clinic.example").is_err(), "{bad}");
            assert!(described(issuer, bad).is_err(), "{bad}");
        }
        assert!(described(issuer, "https://clinic.example/below").is_err());
    }
}
