//! The global settings: command line over environment over `fundoscope.toml` in the working folder.

use std::io::IsTerminal;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use serde::Deserialize;
use tracing_subscriber::EnvFilter;
use trust::OperatingPointName;

use crate::Global;

/// What the global flags come to.
pub(crate) struct Settings {
    /// Folder of the model bundle, where one was named.
    pub(crate) bundle: Option<PathBuf>,
    /// Name of the device.
    pub(crate) device: String,
    /// Threads, where a number was named.
    pub(crate) threads: Option<usize>,
    /// Seed of everything random.
    pub(crate) seed: u64,
    /// One JSON object a line on standard output.
    pub(crate) json: bool,
    /// The bundle's operating point that decides, where one was named.
    pub(crate) operating_point: Option<OperatingPointName>,
    /// Where the server listens, where the settings file says so.
    pub(crate) listen: Option<SocketAddr>,
    /// Where the server keeps its screenings, where the settings file says so.
    pub(crate) data_dir: Option<PathBuf>,
    /// The database of the records, where the settings file names one.
    pub(crate) database: Option<String>,
    /// The bucket of the photographs, where the settings file names one.
    pub(crate) bucket: Option<String>,
    verbose: u8,
}

/// The settings file.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct File {
    bundle: Option<PathBuf>,
    device: Option<String>,
    threads: Option<usize>,
    seed: Option<u64>,
    operating_point: Option<OperatingPointName>,
    listen: Option<SocketAddr>,
    data_dir: Option<PathBuf>,
    database: Option<String>,
    bucket: Option<String>,
}

const FILE: &str = "fundoscope.toml";

impl Settings {
    /// Joins the flags (which clap has filled from the environment) with the settings file.
    pub(crate) fn resolve(global: &Global) -> anyhow::Result<Self> {
        let file = read_file(Path::new(FILE))?;
        let threads = global.threads.or(file.threads);
        if threads == Some(0) {
            return Err(anyhow!("0 threads cannot work: give at least 1"));
        }
        Ok(Self {
            bundle: global.bundle.clone().or(file.bundle),
            device: global
                .device
                .clone()
                .or(file.device)
                .unwrap_or_else(|| "cpu".to_owned()),
            threads,
            seed: global.seed.or(file.seed).unwrap_or(0),
            json: global.json,
            operating_point: global
                .operating_point
                .map(Into::into)
                .or(file.operating_point),
            listen: file.listen,
            data_dir: file.data_dir,
            database: file.database,
            bucket: file.bucket,
            verbose: global.verbose,
        })
    }

    /// Sets up what is process-wide: logging to standard error and the number of threads.
    pub(crate) fn install(&self) -> anyhow::Result<()> {
        let level = match self.verbose {
            0 => "warn",
            1 => "info",
            _ => "debug",
        };
        let filter =
            EnvFilter::try_from_env("FUNDOSCOPE_LOG").unwrap_or_else(|_| EnvFilter::new(level));
        tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_ansi(std::io::stderr().is_terminal())
            .with_writer(std::io::stderr)
            .init();
        if let Some(threads) = self.threads {
            rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build_global()
                .with_context(|| format!("cannot use {threads} threads"))?;
        }
        Ok(())
    }
}

fn read_file(path: &Path) -> anyhow::Result<File> {
    match std::fs::read_to_string(path) {
        Ok(text) => toml::from_str(&text)
            .with_context(|| format!("the settings file {} does not fit", path.display())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(File::default()),
        Err(error) => {
            Err(error).with_context(|| format!("cannot read the settings file {}", path.display()))
        }
    }
}
