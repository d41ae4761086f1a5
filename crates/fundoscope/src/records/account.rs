//! `fundoscope account`: who may use the server, and for what.

use std::io::{BufRead, IsTerminal, Read};

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use clinic::{
    Access, Account, AccountName, Actor, ClinicError, NewAccount, OpenId, Password, Proof, Role,
};

use super::{RecordsArguments, runtime};
use crate::Outcome;
use crate::console::line;
use crate::openid::IssuerArgument;
use crate::settings::Settings;

/// Bytes of the line that holds a password, at most.
const LONGEST_LINE: u64 = 4096;

#[derive(Args)]
#[command(
    after_help = "The server may run meanwhile. As long as there are no accounts it answers to this computer alone and asks nobody \
                  to log in; with the first one everybody has to. Passwords are asked for on the terminal, or read from standard \
                  input where that is none."
)]
pub(crate) struct Arguments {
    #[command(flatten)]
    records: RecordsArguments,
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Add an account
    Add {
        /// The name to log in with
        name: String,
        /// What it may do: screener (hands in photographs, reads results), reader (also reviews) or administrator (also manages
        /// accounts and sees the audit)
        #[arg(long, value_name = "ROLE")]
        role: Role,
        /// Log in by OpenID Connect instead of a password: the subject by which the provider always calls this person. The page
        /// shows it to whoever is refused for want of an account
        #[arg(long, value_name = "SUBJECT")]
        openid: Option<String>,
        #[command(flatten)]
        issuer: IssuerArgument,
    },
    /// Say which accounts there are
    List,
    /// Give an account another password, and end its sessions
    Password {
        /// The account's name
        name: String,
    },
    /// Let an account log in no more, and end its sessions
    Disable {
        /// The account's name
        name: String,
    },
    /// Let a disabled account log in again, or one that waits after wrong passwords
    Enable {
        /// The account's name
        name: String,
    },
}

pub(crate) fn run(arguments: &Arguments, settings: &Settings) -> anyhow::Result<Outcome> {
    let (folder, records) = arguments.records.place(settings)?;
    runtime()?.block_on(async {
        // Asked for before anything is opened or created.
        let action = match &arguments.action {
            Action::Add {
                name,
                role,
                openid,
                issuer,
            } => {
                let name: AccountName = name.parse()?;
                let role = *role;
                let proof = match openid {
                    Some(subject) => {
                        Proof::OpenId(openid_of(subject, issuer.issuer(&settings.serve))?)
                    }
                    None => Proof::Password(ask()?),
                };
                Prepared::Add(NewAccount { name, role, proof })
            }
            Action::Password { name } => Prepared::Password(name, ask()?),
            Action::List => Prepared::List,
            Action::Disable { name } => Prepared::Enable(name, false),
            Action::Enable { name } => Prepared::Enable(name, true),
        };
        let access = match arguments.action {
            Action::List => Access::read(&folder, &records).await?,
            _ => Access::open(&folder, &records).await?,
        };
        let done = act(&access, action, settings).await;
        access.close().await?;
        done
    })?;
    Ok(Outcome::AllDone)
}

/// What is to be done, with all that had to be asked for.
enum Prepared<'a> {
    Add(NewAccount),
    List,
    Password(&'a str, Password),
    Enable(&'a str, bool),
}

/// Who a subject is at the provider that is named.
fn openid_of(subject: &str, issuer: Option<String>) -> anyhow::Result<OpenId> {
    let Some(issuer) = issuer else {
        bail!(
            "a subject is one of a provider: name it with --openid-issuer, in FUNDOSCOPE_OPENID_ISSUER or in fundoscope.toml, as for \
             serve"
        );
    };
    Ok(OpenId::new(&issuer, subject.trim())?)
}

async fn act(access: &Access, action: Prepared<'_>, settings: &Settings) -> anyhow::Result<()> {
    match action {
        Prepared::Add(new) => {
            let added = access.add_account(Actor::Local, new).await?;
            say("added", &added, settings)?;
        }
        Prepared::Password(name, password) => {
            let account = named(access, name).await?;
            access
                .set_password(Actor::Local, account.id, password)
                .await?;
            say("given another password", &account, settings)?;
        }
        Prepared::Enable(name, enabled) => {
            let account = named(access, name).await?;
            access
                .set_enabled(Actor::Local, account.id, enabled)
                .await?;
            let what = if enabled { "enabled" } else { "disabled" };
            say(what, &Account { enabled, ..account }, settings)?;
        }
        Prepared::List => {
            for account in access.accounts().await? {
                let can = match account.enabled {
                    true => "enabled",
                    false => "disabled",
                };
                say(can, &account, settings)?;
            }
        }
    }
    Ok(())
}

async fn named(access: &Access, name: &str) -> anyhow::Result<Account> {
    match access.account_named(name).await {
        Err(ClinicError::Unknown { .. }) => {
            bail!(
                "there is no account with this name; `fundoscope account list` says which there are"
            )
        }
        found => Ok(found?),
    }
}

fn say(what: &str, account: &Account, settings: &Settings) -> anyhow::Result<()> {
    match settings.json {
        true => line(&serde_json::to_string(account)?),
        false => {
            let openid = account.openid.as_ref();
            let by = openid
                .map(|openid| format!(", by OpenID {} of {}", openid.subject(), openid.issuer()));
            let by = by.unwrap_or_default();
            line(&format!("{}, {}: {what}{by}", account.name, account.role));
        }
    }
    Ok(())
}

/// A new password, from the terminal without echo and twice, or the first line of standard input.
fn ask() -> anyhow::Result<Password> {
    if !std::io::stdin().is_terminal() {
        let mut text = String::new();
        let mut input = std::io::stdin().lock().take(LONGEST_LINE);
        input
            .read_line(&mut text)
            .context("the password cannot be read from standard input")?;
        return Ok(text.trim_end_matches(['\r', '\n']).parse()?);
    }
    let prompt = |words| rpassword::prompt_password(words).context("the password cannot be read");
    let password: Password = prompt("New password: ")?.parse()?;
    let again: Password = prompt("Once more: ")?.parse()?;
    if password != again {
        bail!("the two passwords are not the same; nothing was changed");
    }
    Ok(password)
}
