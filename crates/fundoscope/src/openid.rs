//! The OpenID provider by whose word people log in, for `serve` and `account`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::Args;
use server::{OpenIdConfiguration, OpenIdSettings};

use crate::settings::ServeSettings;

/// Holds the secret where no file does.
const SECRET: &str = "FUNDOSCOPE_OPENID_SECRET";
/// Bytes of the file that holds the secret, at most.
const LARGEST_SECRET: u64 = 4096;

#[derive(Args)]
#[command(next_help_heading = "Logging in by OpenID Connect")]
pub(crate) struct OpenIdArguments {
    /// Address at which browsers find this server, beginning with https; the provider leads back to it, at /log-in/openid/callback
    #[arg(long, env = "FUNDOSCOPE_PUBLIC_URL", value_name = "URL")]
    public_url: Option<String>,
    #[command(flatten)]
    issuer: IssuerArgument,
    /// What the provider calls this server; the secret they share is in the file below or in FUNDOSCOPE_OPENID_SECRET
    #[arg(long, env = "FUNDOSCOPE_OPENID_CLIENT_ID", value_name = "ID")]
    openid_client_id: Option<String>,
    /// File that holds the secret; without one, and without the variable, the provider must know this server as a public client
    #[arg(long, env = "FUNDOSCOPE_OPENID_SECRET_FILE", value_name = "FILE")]
    openid_secret_file: Option<PathBuf>,
    /// What the button says [default: Hospital log-in]
    #[arg(long, env = "FUNDOSCOPE_OPENID_NAME", value_name = "NAME")]
    openid_name: Option<String>,
    /// Claim of the ID token that gives roles (fundoscope-screener, -reader or -administrator); accounts are then made at the first
    /// log-in [default: an administrator adds each account]
    #[arg(long, env = "FUNDOSCOPE_OPENID_ROLES", value_name = "CLAIM")]
    openid_roles: Option<String>,
}

#[derive(Args)]
pub(crate) struct IssuerArgument {
    /// Issuer of the OpenID provider, to the letter as it names itself
    #[arg(long, env = "FUNDOSCOPE_OPENID_ISSUER", value_name = "URL")]
    openid_issuer: Option<String>,
}

impl IssuerArgument {
    /// The issuer that was named, else that of the settings file.
    pub(crate) fn issuer(&self, file: &ServeSettings) -> Option<String> {
        self.openid_issuer.clone().or(file.openid_issuer.clone())
    }
}

impl OpenIdArguments {
    /// The provider, where one is named.
    pub(crate) fn configuration(
        &self,
        file: &ServeSettings,
    ) -> anyhow::Result<Option<OpenIdConfiguration>> {
        let either = |flag: &Option<String>, file: &Option<String>| flag.clone().or(file.clone());
        let client_id = either(&self.openid_client_id, &file.openid_client_id);
        let (issuer, client_id) = match (self.issuer.issuer(file), client_id) {
            (Some(issuer), Some(client_id)) => (issuer, client_id),
            (None, None) => return Ok(None),
            (Some(_), None) => bail!(
                "--openid-issuer needs what the provider calls this server: give --openid-client-id too"
            ),
            (None, Some(_)) => {
                bail!("--openid-client-id needs the provider: give --openid-issuer too")
            }
        };
        let Some(public_url) = either(&self.public_url, &file.public_url) else {
            bail!(
                "--openid-issuer needs the address that the provider leads back to: give --public-url too"
            );
        };
        let secret_file = self
            .openid_secret_file
            .as_ref()
            .or(file.openid_secret_file.as_ref());
        let settings = OpenIdSettings {
            issuer,
            client_id,
            client_secret: secret(secret_file.map(PathBuf::as_path))?,
            public_url,
            name: either(&self.openid_name, &file.openid_name),
            role_claim: either(&self.openid_roles, &file.openid_roles),
        };
        Ok(Some(OpenIdConfiguration::new(settings)?))
    }
}

/// The first line of the file, else the environment's word.
fn secret(file: Option<&Path>) -> anyhow::Result<Option<String>> {
    let Some(path) = file else {
        return Ok(std::env::var(SECRET)
            .ok()
            .filter(|secret| !secret.is_empty()));
    };
    let named = || format!("the file of the OpenID secret {}", path.display());
    let size = fs::metadata(path)
        .with_context(|| format!("cannot read {}", named()))?
        .len();
    if size > LARGEST_SECRET {
        bail!("{} has {size} bytes; a secret is one line", named());
    }
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", named()))?;
    match text.lines().next().map(str::trim) {
        Some(secret) if !secret.is_empty() => Ok(Some(secret.to_owned())),
        _ => bail!("{} is empty", named()),
    }
}
