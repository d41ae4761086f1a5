//! `fundoscope delete patient`: everything that is known of a patient, removed.

use anyhow::Context;
use clap::{Args, Subcommand};
use clinic::{Actor, ClinicError, Deleted, Store};

use super::{RecordsArguments, runtime};
use crate::Outcome;
use crate::console::line;
use crate::settings::Settings;

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// A patient, with every screening, photograph, answer, review and file
    Patient(PatientArguments),
}

#[derive(Args)]
#[command(
    after_help = "Server and workers must be stopped. What cannot be undone is said afterwards. Backups that hold the patient are not \
                  touched: make a new one in an empty folder and remove the old ones."
)]
struct PatientArguments {
    /// The patient's identifier, as it was given at submission
    identifier: String,
    #[command(flatten)]
    records: RecordsArguments,
}

pub(crate) fn run(arguments: &Arguments, settings: &Settings) -> anyhow::Result<Outcome> {
    let What::Patient(arguments) = &arguments.what;
    let (folder, records) = arguments.records.place(settings)?;
    let deleted = runtime()?.block_on(async {
        let mut store = Store::open_alone(&folder, &records).await?;
        let deleted = store
            .delete_patient(Actor::Local, &arguments.identifier)
            .await;
        store.close().await?;
        deleted
    });
    let deleted = match deleted {
        Err(ClinicError::Unknown { .. }) => {
            return Err(anyhow::anyhow!("there is no patient with this identifier"))
                .context("nothing was deleted");
        }
        deleted => deleted?,
    };
    match settings.json {
        true => line(&serde_json::to_string(&deleted)?),
        false => line(&words(deleted)),
    }
    Ok(Outcome::AllDone)
}

fn words(deleted: Deleted) -> String {
    let Deleted {
        screenings,
        photographs,
        results,
        explanations,
        reviews,
        files,
    } = deleted;
    format!(
        "deleted: the patient, {screenings} screenings, {photographs} photographs, {results} answers, {explanations} \
         explanations, {reviews} reviews, {files} files"
    )
}
