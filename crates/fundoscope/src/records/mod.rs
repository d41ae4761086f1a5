//! Where the screenings are kept, for every command that reads or writes them, and the commands that keep them.

pub(crate) mod account;
pub(crate) mod audit;
pub(crate) mod backup;
pub(crate) mod delete;
pub(crate) mod export;
pub(crate) mod report;
pub(crate) mod reviews;

use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use clinic::Records;
use tokio::runtime::Runtime;

use crate::settings::Settings;

const DATA_DIR: &str = "fundoscope-data";

#[derive(Args)]
pub(crate) struct RecordsArguments {
    /// Folder of the screenings [default: fundoscope-data]
    #[arg(long, global = true, env = "FUNDOSCOPE_DATA_DIR", value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// PostgreSQL database of the records, postgres://user:password@host/database [default: SQLite in that folder]
    #[arg(
        long,
        global = true,
        env = "FUNDOSCOPE_DATABASE",
        hide_env_values = true,
        value_name = "ADDRESS"
    )]
    database: Option<String>,
}

/// What waits for the records.
pub(crate) fn runtime() -> anyhow::Result<Runtime> {
    Runtime::new().context("cannot start the threads that wait for the records")
}

impl RecordsArguments {
    /// The folder and the database.
    pub(crate) fn place(&self, settings: &Settings) -> anyhow::Result<(PathBuf, Records)> {
        Ok((self.folder(settings), self.records(settings)?))
    }

    /// The folder that was named, else that of the settings file, else the usual one.
    fn folder(&self, settings: &Settings) -> PathBuf {
        let folder = self.data_dir.as_ref().or(settings.data_dir.as_ref());
        folder.cloned().unwrap_or_else(|| PathBuf::from(DATA_DIR))
    }

    /// The database that was named, else that of the settings file, else SQLite in the folder. Read here and not by the
    /// command line, which would repeat an address that does not fit, with its password.
    fn records(&self, settings: &Settings) -> anyhow::Result<Records> {
        let database = self.database.as_ref().or(settings.database.as_ref());
        Ok(database
            .map(|text| text.parse())
            .transpose()?
            .unwrap_or_default())
    }
}
