//! Where the screenings are kept, for every command that reads or writes them, and the commands that keep them.

pub(crate) mod account;
pub(crate) mod audit;
pub(crate) mod backup;
mod copies;
pub(crate) mod delete;
pub(crate) mod export;
pub(crate) mod report;
pub(crate) mod reviews;

use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use clinic::{BucketAddress, Photographs, Records, Rows};
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
    /// Bucket of the photographs, s3://bucket/prefix; its server and keys are taken from AWS_ENDPOINT_URL, AWS_REGION,
    /// AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and the like in the environment [default: files in that folder]
    #[arg(long, global = true, env = "FUNDOSCOPE_BUCKET", value_name = "ADDRESS")]
    bucket: Option<String>,
}

/// What waits for the records.
pub(crate) fn runtime() -> anyhow::Result<Runtime> {
    Runtime::new().context("cannot start the threads that wait for the records")
}

impl RecordsArguments {
    /// The folder, and where rows and photographs are.
    pub(crate) fn place(&self, settings: &Settings) -> anyhow::Result<(PathBuf, Records)> {
        let records = Records {
            rows: self.rows(settings)?,
            photographs: self.photographs(settings)?,
        };
        Ok((self.folder(settings), records))
    }

    /// The folder that was named, else that of the settings file, else the usual one.
    fn folder(&self, settings: &Settings) -> PathBuf {
        let folder = self.data_dir.as_ref().or(settings.data_dir.as_ref());
        folder.cloned().unwrap_or_else(|| PathBuf::from(DATA_DIR))
    }

    /// The database that was named, else that of the settings file, else SQLite in the folder. Read here and not by the
    /// command line, which would repeat an address that does not fit, with its password.
    fn rows(&self, settings: &Settings) -> anyhow::Result<Rows> {
        let database = self.database.as_ref().or(settings.database.as_ref());
        Ok(database
            .map(|text| text.parse())
            .transpose()?
            .unwrap_or_default())
    }

    /// The bucket that was named, else that of the settings file, else files in the folder.
    fn photographs(&self, settings: &Settings) -> anyhow::Result<Photographs> {
        let Some(bucket) = self.bucket.as_ref().or(settings.bucket.as_ref()) else {
            return Ok(Photographs::Folder);
        };
        // A variable that is no text is none of those that are looked for.
        let environment = std::env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        });
        let address = BucketAddress::new(bucket, environment)?;
        Ok(Photographs::Bucket(address))
    }
}
