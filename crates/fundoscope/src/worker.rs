//! `fundoscope worker`: grades and explains what servers with the same records put into the queue.

use anyhow::Context;
use clap::Args;
use trust::DISCLAIMER;

use crate::serve::{WorkArguments, kept};
use crate::settings::Settings;
use crate::{Outcome, console};

#[derive(Args)]
#[command(
    after_help = "Servers and workers share the records (--database) and the photographs: a network folder (--data-dir), or a \
                  bucket (--bucket), with which each machine has a data folder of its own. Their clocks may differ by less than a \
                  minute."
)]
pub(crate) struct Arguments {
    #[command(flatten)]
    work: WorkArguments,
}

pub(crate) fn run(arguments: &Arguments, settings: &Settings) -> anyhow::Result<Outcome> {
    let configuration = arguments.work.configuration(settings)?;
    let kept = kept(&configuration);
    let runtime = tokio::runtime::Runtime::new().context("cannot start the worker's threads")?;
    runtime.block_on(async {
        let stop = async {
            console::line(&format!(
                "Fundoscope works on screenings that are kept in {kept}. Stop it with Ctrl-C.\n{DISCLAIMER}"
            ));
            server::told_to_stop().await;
        };
        server::work(configuration, stop).await
    })?;
    Ok(Outcome::AllDone)
}
