//! The global settings: command line over environment over `fundoscope.toml` in the working folder.

use std::io::IsTerminal;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use language::Language;
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
    /// How to serve, where the settings file says so.
    pub(crate) serve: ServeSettings,
    /// Where the server keeps its screenings, where the settings file says so.
    pub(crate) data_dir: Option<PathBuf>,
    /// The database of the records, where the settings file names one.
    pub(crate) database: Option<String>,
    /// The bucket of the photographs, where the settings file names one.
    pub(crate) bucket: Option<String>,
    verbose: u8,
}

/// What the settings file says of `fundoscope serve`, by the names of its flags.
#[derive(Default)]
pub(crate) struct ServeSettings {
    pub(crate) listen: Option<SocketAddr>,
    pub(crate) without_worker: Option<bool>,
    pub(crate) tls_certificate: Option<PathBuf>,
    pub(crate) tls_key: Option<PathBuf>,
    pub(crate) behind_proxy: Option<bool>,
    pub(crate) language: Option<Language>,
    pub(crate) explanations: Option<Vec<String>>,
    pub(crate) public_url: Option<String>,
    pub(crate) openid_issuer: Option<String>,
    pub(crate) openid_client_id: Option<String>,
    pub(crate) openid_secret_file: Option<PathBuf>,
    pub(crate) openid_name: Option<String>,
    pub(crate) openid_roles: Option<String>,
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
    data_dir: Option<PathBuf>,
    database: Option<String>,
    bucket: Option<String>,
    listen: Option<SocketAddr>,
    without_worker: Option<bool>,
    tls_certificate: Option<PathBuf>,
    tls_key: Option<PathBuf>,
    behind_proxy: Option<bool>,
    language: Option<String>,
    explanations: Option<Vec<String>>,
    public_url: Option<String>,
    openid_issuer: Option<String>,
    openid_client_id: Option<String>,
    openid_secret_file: Option<PathBuf>,
    openid_name: Option<String>,
    openid_roles: Option<String>,
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
            serve: ServeSettings {
                listen: file.listen,
                without_worker: file.without_worker,
                tls_certificate: file.tls_certificate,
                tls_key: file.tls_key,
                behind_proxy: file.behind_proxy,
                language: file
                    .language
                    .map(|language| language.parse::<Language>())
                    .transpose()
                    .with_context(|| format!("{FILE}, language"))?,
                explanations: file.explanations,
                public_url: file.public_url,
                openid_issuer: file.openid_issuer,
                openid_client_id: file.openid_client_id,
                openid_secret_file: file.openid_secret_file,
                openid_name: file.openid_name,
                openid_roles: file.openid_roles,
            },
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
