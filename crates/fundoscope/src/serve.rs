//! `fundoscope serve`: the pages and the JSON API on this machine.

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use server::{Configuration, Server};
use trust::DISCLAIMER;

use crate::settings::Settings;
use crate::{Outcome, bundle, console};

#[derive(Args)]
pub(crate) struct Arguments {
    /// Address to listen on; a loopback address [default: 127.0.0.1:5000]
    #[arg(long, env = "FUNDOSCOPE_LISTEN", value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,
    /// Folder of the screenings [default: fundoscope-data]
    #[arg(long, env = "FUNDOSCOPE_DATA_DIR", value_name = "DIR")]
    data_dir: Option<PathBuf>,
}

const DATA_DIR: &str = "fundoscope-data";

pub(crate) fn run(arguments: &Arguments, settings: &Settings) -> anyhow::Result<Outcome> {
    let data_dir = data_folder(arguments.data_dir.as_ref(), settings);
    let mut configuration = Configuration::new(data_dir.clone(), bundle::open(settings)?);
    if let Some(listen) = arguments.listen.or(settings.listen) {
        configuration.listen = listen;
    }
    configuration.device = settings.device.clone();
    configuration.plan.seed = settings.seed;

    let runtime = tokio::runtime::Runtime::new().context("cannot start the server's threads")?;
    runtime.block_on(async {
        let server = Server::bind(configuration).await?;
        console::line(&format!(
            "Fundoscope listens on http://{}; screenings are kept in {}. Stop it with Ctrl-C.\n{DISCLAIMER}",
            server.address(),
            data_dir.display()
        ));
        server.run(server::told_to_stop()).await
    })?;
    Ok(Outcome::AllDone)
}

/// Where the screenings are kept: the folder that was named, else that of the settings file, else the usual one.
pub(crate) fn data_folder(named: Option<&PathBuf>, settings: &Settings) -> PathBuf {
    let folder = named.or(settings.data_dir.as_ref());
    folder.cloned().unwrap_or_else(|| PathBuf::from(DATA_DIR))
}
