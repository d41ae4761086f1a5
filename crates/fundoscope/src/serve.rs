//! `fundoscope serve`: the pages and the JSON API.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::Context;
use attribution::Method;
use clap::Args;
use clinic::{Photographs, Records, Rows};
use language::Language;
use server::{Configuration, SHOWN, Server, TlsFiles, Work};
use trust::DISCLAIMER;

use crate::records::RecordsArguments;
use crate::settings::Settings;
use crate::{Outcome, bundle, console};

#[derive(Args)]
pub(crate) struct Arguments {
    /// Address to listen on; one that others can reach needs accounts, and encryption or a proxy [default: 127.0.0.1:5000]
    #[arg(long, env = "FUNDOSCOPE_LISTEN", value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,
    /// Leave grading and explaining to `fundoscope worker`, with the same records
    #[arg(long, env = "FUNDOSCOPE_WITHOUT_WORKER", value_parser = clap::builder::BoolishValueParser::new())]
    without_worker: bool,
    /// Certificate to encrypt with, and those that it rests on, as PEM
    #[arg(
        long,
        env = "FUNDOSCOPE_TLS_CERTIFICATE",
        value_name = "PEM",
        requires = "tls_key"
    )]
    tls_certificate: Option<PathBuf>,
    /// The certificate's private key, as PEM
    #[arg(
        long,
        env = "FUNDOSCOPE_TLS_KEY",
        value_name = "PEM",
        requires = "tls_certificate"
    )]
    tls_key: Option<PathBuf>,
    /// Believe the X-Forwarded-For, -Proto and -Host of a proxy on this computer that all requests come through
    #[arg(long, env = "FUNDOSCOPE_BEHIND_PROXY", value_parser = clap::builder::BoolishValueParser::new())]
    behind_proxy: bool,
    /// Language of the pages for whoever asks for none that there is: en or es
    #[arg(
        long,
        env = "FUNDOSCOPE_LANGUAGE",
        value_name = "LANGUAGE",
        default_value_t
    )]
    language: Language,
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

impl WorkArguments {
    pub(crate) fn configuration(&self, settings: &Settings) -> anyhow::Result<Configuration> {
        let (data_dir, records) = self.records.place(settings)?;
        let mut configuration = Configuration::new(data_dir, bundle::open(settings)?);
        configuration.records = records;
        configuration.device = settings.device.clone();
        configuration.plan.seed = settings.seed;
        if !self.explanations.is_empty() {
            let mut chosen = self.explanations.clone();
            let mut seen = HashSet::new();
            chosen.retain(|method| seen.insert(method.name()));
            configuration.methods = chosen;
        }
        Ok(configuration)
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
    if let Some(listen) = arguments.listen.or(settings.listen) {
        configuration.listen = listen;
    }
    if arguments.without_worker {
        configuration.work = Work::Elsewhere;
    }
    let files = (arguments.tls_certificate.clone()).zip(arguments.tls_key.clone());
    configuration.tls = files.map(|(certificate, key)| TlsFiles { certificate, key });
    let scheme = if configuration.tls.is_some() {
        "https"
    } else {
        "http"
    };
    configuration.behind_proxy = arguments.behind_proxy;
    configuration.language = arguments.language;
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
