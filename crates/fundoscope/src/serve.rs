//! `fundoscope serve`: the pages and the JSON API.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::{Context, anyhow, bail};
use attribution::Method;
use clap::Args;
use clinic::{Photographs, Records, Rows};
use language::Language;
use server::{Configuration, SHOWN, Server, TlsFiles, Work};
use trust::DISCLAIMER;

use crate::openid::OpenIdArguments;
use crate::records::RecordsArguments;
use crate::settings::{ServeSettings, Settings};
use crate::{Outcome, bundle, console};

#[derive(Args)]
pub(crate) struct Arguments {
    /// Address to listen on; one that others can reach needs accounts, and encryption or a proxy [default: 127.0.0.1:5000]
    #[arg(long, env = "FUNDOSCOPE_LISTEN", value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,
    /// Leave grading and explaining to `fundoscope worker`, with the same records
    #[arg(
        long,
        env = "FUNDOSCOPE_WITHOUT_WORKER",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true",
        hide_possible_values = true,
        value_name = "BOOL",
        value_parser = clap::builder::BoolishValueParser::new()
    )]
    without_worker: Option<bool>,
    /// Certificate to encrypt with, and those that it rests on, as PEM
    #[arg(long, env = "FUNDOSCOPE_TLS_CERTIFICATE", value_name = "PEM")]
    tls_certificate: Option<PathBuf>,
    /// The certificate's private key, as PEM
    #[arg(long, env = "FUNDOSCOPE_TLS_KEY", value_name = "PEM")]
    tls_key: Option<PathBuf>,
    /// Believe the X-Forwarded-For, -Proto and -Host of a proxy on this computer that all requests come through
    #[arg(
        long,
        env = "FUNDOSCOPE_BEHIND_PROXY",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true",
        hide_possible_values = true,
        value_name = "BOOL",
        value_parser = clap::builder::BoolishValueParser::new()
    )]
    behind_proxy: Option<bool>,
    /// Language of the pages for whoever asks for none that there is: en or es
    #[arg(long, env = "FUNDOSCOPE_LANGUAGE", value_name = "LANGUAGE")]
    language: Option<Language>,
    #[command(flatten)]
    openid: OpenIdArguments,
    #[command(flatten)]
    work: WorkArguments,
}

/// With which records to work, and what to answer.
#[derive(Args)]
pub(crate) struct WorkArguments {
    #[command(flatten)]
    records: RecordsArguments,
    /// Explanations of each answer, in the order they are computed and shown, separated by commas
    /// [default: combined,grad-cam,integrated-gradients,guided-grad-cam]
    #[arg(
        long,
        env = "FUNDOSCOPE_EXPLANATIONS",
        value_delimiter = ',',
        value_name = "NAME",
        value_parser = shown
    )]
    explanations: Vec<Method>,
}

/// An explanation that the pages can show.
fn shown(text: &str) -> Result<Method, String> {
    let names = || SHOWN.map(Method::name).join(", ");
    let method = SHOWN.into_iter().find(|method| method.name() == text);
    method.ok_or_else(|| format!("choose among {}", names()))
}

/// The explanations that the settings file names; none where it leaves it to the program.
fn explained(settings: &Settings) -> anyhow::Result<Vec<Method>> {
    let named = settings.serve.explanations.iter().flatten();
    named
        .map(|name| {
            shown(name).map_err(|choice| {
                anyhow!("the settings file names the explanation {name:?}; {choice}")
            })
        })
        .collect()
}

impl WorkArguments {
    pub(crate) fn configuration(&self, settings: &Settings) -> anyhow::Result<Configuration> {
        let (data_dir, records) = self.records.place(settings)?;
        let mut configuration = Configuration::new(data_dir, bundle::open(settings)?);
        configuration.records = records;
        configuration.device = settings.device.clone();
        configuration.plan.seed = settings.seed;
        let mut chosen = match self.explanations.as_slice() {
            [] => explained(settings)?,
            named => named.to_vec(),
        };
        if !chosen.is_empty() {
            let mut seen = HashSet::new();
            chosen.retain(|method| seen.insert(method.name()));
            configuration.methods = chosen;
        }
        Ok(configuration)
    }
}

impl Arguments {
    /// What encrypts, where anything does.
    fn tls(&self, file: &ServeSettings) -> anyhow::Result<Option<TlsFiles>> {
        let certificate = self
            .tls_certificate
            .as_ref()
            .or(file.tls_certificate.as_ref());
        let key = self.tls_key.as_ref().or(file.tls_key.as_ref());
        match (certificate.cloned(), key.cloned()) {
            (Some(certificate), Some(key)) => Ok(Some(TlsFiles { certificate, key })),
            (None, None) => Ok(None),
            (Some(_), None) => bail!("--tls-certificate needs its private key: give --tls-key too"),
            (None, Some(_)) => bail!("--tls-key needs its certificate: give --tls-certificate too"),
        }
    }
}

/// Where the records are kept, in words.
pub(crate) fn kept(configuration: &Configuration) -> String {
    let Records { rows, photographs } = &configuration.records;
    let folder = configuration.data_dir.display();
    let photographs = match photographs {
        Photographs::Folder => String::new(),
        Photographs::Bucket(bucket) => format!(", their photographs in {bucket}"),
    };
    match rows {
        Rows::Sqlite => format!("{folder}{photographs}"),
        Rows::Postgres(_) => format!("{folder}{photographs}, their records in PostgreSQL"),
    }
}

pub(crate) fn run(arguments: &Arguments, settings: &Settings) -> anyhow::Result<Outcome> {
    let mut configuration = arguments.work.configuration(settings)?;
    let file = &settings.serve;
    if let Some(listen) = arguments.listen.or(file.listen) {
        configuration.listen = listen;
    }
    if arguments.without_worker.or(file.without_worker) == Some(true) {
        configuration.work = Work::Elsewhere;
    }
    configuration.tls = arguments.tls(file)?;
    configuration.openid = arguments.openid.configuration(file)?;
    let scheme = if configuration.tls.is_some() {
        "https"
    } else {
        "http"
    };
    configuration.behind_proxy = arguments.behind_proxy.or(file.behind_proxy) == Some(true);
    configuration.language = arguments.language.or(file.language).unwrap_or_default();
    let kept = kept(&configuration);
    let runtime = tokio::runtime::Runtime::new().context("cannot start the server's threads")?;
    runtime.block_on(async {
        let server = Server::bind(configuration).await?;
        console::line(&format!(
            "Fundoscope listens on {scheme}://{}; screenings are kept in {kept}. Stop it with Ctrl-C.\n{DISCLAIMER}",
            server.address(),
        ));
        server.run(server::told_to_stop()).await
    })?;
    Ok(Outcome::AllDone)
}
