//! `fundoscope backup` and `fundoscope restore`: the records and their files in a folder, and back.

use std::path::PathBuf;

use clap::Args;
use clinic::{Actor, BackedUp, back_up, restore as put_back};
use serde_json::json;

use super::{RecordsArguments, runtime};
use crate::Outcome;
use crate::console::line;
use crate::settings::Settings;

#[derive(Args)]
#[command(
    after_help = "The server may go on meanwhile. A second backup into the same folder adds what is new. The folder holds \
                  patients' photographs and names: keep it as the data folder is kept."
)]
pub(crate) struct BackupArguments {
    #[command(flatten)]
    records: RecordsArguments,
    /// Folder of the backup
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

#[derive(Args)]
#[command(
    after_help = "The data folder and the database must be empty. A backup of SQLite can be restored into PostgreSQL and the \
                  other way round. Every file is checked against its hash; the rows are restored all or none."
)]
pub(crate) struct RestoreArguments {
    /// Folder that `fundoscope backup` wrote
    #[arg(value_name = "BACKUP_DIR")]
    backup: PathBuf,
    #[command(flatten)]
    records: RecordsArguments,
}

pub(crate) fn backup(arguments: &BackupArguments, settings: &Settings) -> anyhow::Result<Outcome> {
    let (folder, records) = arguments.records.place(settings)?;
    let done = runtime()?.block_on(back_up(Actor::Local, &folder, &records, &arguments.out))?;
    say("backed up", done, settings);
    Ok(Outcome::AllDone)
}

pub(crate) fn restore(
    arguments: &RestoreArguments,
    settings: &Settings,
) -> anyhow::Result<Outcome> {
    let (folder, records) = arguments.records.place(settings)?;
    let done = runtime()?.block_on(put_back(Actor::Local, &arguments.backup, &folder, &records))?;
    say("restored", done, settings);
    Ok(Outcome::AllDone)
}

fn say(what: &str, done: BackedUp, settings: &Settings) {
    let BackedUp { rows, files } = done;
    match settings.json {
        true => line(&json!({ "rows": rows, "files": files }).to_string()),
        false => line(&format!("{rows} records and {files} files {what}")),
    }
}
