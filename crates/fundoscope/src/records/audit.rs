//! `fundoscope audit`: who did and saw what, and whether all of it is still there.

use std::collections::HashMap;

use clap::{Args, Subcommand};
use clinic::{Access, AccountId, AuditState, ContentHash, Entry};
use serde_json::json;

use super::{RecordsArguments, runtime};
use crate::Outcome;
use crate::console::{line, warn};
use crate::settings::Settings;

#[derive(Args)]
#[command(after_help = "The server may run meanwhile.")]
pub(crate) struct Arguments {
    #[command(flatten)]
    records: RecordsArguments,
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Walk along the audit and name the first entry that was changed, exchanged or removed
    #[command(
        after_help = "Entries that are removed at the end leave a chain that is whole. Note the hash of the last entry, which is \
                      printed, in another place, and give it back later with --expect: then it is noticed that they are gone. The exit status is 1 \
                      where something is wrong."
    )]
    Verify {
        /// Hash that an earlier `verify` printed, which the audit must still hold
        #[arg(long, value_name = "HASH", value_parser = hash)]
        expect: Option<ContentHash>,
    },
    /// Print the latest entries, the oldest of them first
    List {
        /// How many
        #[arg(long, default_value_t = 50, value_name = "N")]
        most: u32,
    },
}

fn hash(text: &str) -> Result<ContentHash, String> {
    text.to_ascii_lowercase()
        .parse()
        .map_err(|_| "give the 64 hexadecimal digits that an earlier verify printed".to_owned())
}

pub(crate) fn run(arguments: &Arguments, settings: &Settings) -> anyhow::Result<Outcome> {
    let (folder, records) = arguments.records.place(settings)?;
    runtime()?.block_on(async {
        let access = Access::read(&folder, &records).await?;
        let outcome = match &arguments.action {
            Action::Verify { expect } => {
                told(access.verify_audit(expect.as_ref()).await?, settings)
            }
            Action::List { most } => {
                list(&access, *most, settings).await?;
                Outcome::AllDone
            }
        };
        access.close().await?;
        Ok(outcome)
    })
}

fn told(state: AuditState, settings: &Settings) -> Outcome {
    match state {
        AuditState::Whole { entries, head } => {
            match settings.json {
                true => line(&json!({ "entries": entries, "head": head.as_str() }).to_string()),
                false => line(&format!(
                    "the audit is whole: {entries} entries, the last with the hash {head}"
                )),
            }
            Outcome::AllDone
        }
        AuditState::Broken(fault) => {
            warn(&fault.to_string());
            if settings.json {
                line(&json!({ "error": fault.to_string() }).to_string());
            }
            Outcome::SomeFailed
        }
    }
}

async fn list(access: &Access, most: u32, settings: &Settings) -> anyhow::Result<()> {
    let names: HashMap<AccountId, String> = access
        .accounts()
        .await?
        .into_iter()
        .map(|account| (account.id, account.name))
        .collect();
    for entry in access.audit(None, most).await?.into_iter().rev() {
        let name = entry.account().and_then(|id| names.get(&id));
        line(&match settings.json {
            true => document(&entry, name),
            false => text(&entry, name),
        });
    }
    Ok(())
}

fn document(entry: &Entry, name: Option<&String>) -> String {
    json!({
        "entry": entry.sequence,
        "instant": moment(entry),
        "actor": entry.actor,
        "name": name,
        "action": entry.action,
        "subject": entry.subject,
        "hash": entry.hash,
    })
    .to_string()
}

fn text(entry: &Entry, name: Option<&String>) -> String {
    let who = name.unwrap_or(&entry.actor);
    let what = entry.words_in(language::Language::English);
    let of = entry.subject.as_deref().unwrap_or_default();
    let line = format!("{} {} {who}: {what} {of}", entry.sequence, moment(entry));
    line.trim_end().to_owned()
}

/// In the form of RFC 3339.
fn moment(entry: &Entry) -> String {
    let format = time::format_description::well_known::Rfc3339;
    entry.instant.format(&format).unwrap_or_default()
}
