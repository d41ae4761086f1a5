//! `fundoscope bundle experience`: what a bundle's members met in training, measured afterwards and put into it.

use std::path::PathBuf;

use clap::Args;
use grader::Bundle;
use serde_json::json;
use training::experience;
use trust::DISCLAIMER;

use crate::output::OutputFolder;
use crate::settings::Settings;
use crate::train::{print_json, print_line};
use crate::{Outcome, bundle, interrupt};

#[derive(Args)]
#[command(
    after_help = "Bundles that this program trains know it already. The calibration and thresholds stay as they are: \
                  `fundoscope bundle calibrate` fits how unfamiliar a photograph may be."
)]
pub(crate) struct Arguments {
    /// Folder of the bundle [default: --bundle, else the starter bundle]
    #[arg(value_name = "BUNDLE")]
    folder: Option<PathBuf>,
    /// The graded photographs that its members learned from; of sources with splits, the training photographs
    #[arg(long, required = true, num_args = 1.., value_name = "SOURCE")]
    data: Vec<PathBuf>,
    /// Folder of the bundle to write, with the same members bit by bit
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

pub(crate) fn run(arguments: &Arguments, settings: &Settings) -> anyhow::Result<Outcome> {
    let device = grader::device(&settings.device)?;
    let folder = super::folder(arguments.folder.as_ref(), settings)?;
    super::refuse_own_folder(&arguments.out, std::slice::from_ref(&folder))?;
    let opened = bundle::open_folder(&folder)?;
    let out = OutputFolder::create(&arguments.out)?;
    interrupt::listen()?;
    let met = experience::of_bundle(
        &opened,
        &arguments.data,
        &device,
        settings.seed,
        interrupt::asked(),
        &|progress| match settings.json {
            true => print_json(&progress),
            false => print_line(&progress),
        },
    )?;
    let written = Bundle::write_encoded(
        out.path(),
        opened.manifest.clone(),
        opened.encoded_members(),
        Some(&met),
    )?;
    let batches = met.members.first().map_or(0, |member| member.batches.len());
    super::say(
        settings,
        &format!(
            "{} members, the batch-norm statistics of {batches} training batches and the features of training photographs \
             for each\nwritten to {}\n{DISCLAIMER}",
            written.manifest.members.len(),
            out.path().display()
        ),
        &json!({
            "members": written.manifest.members.len(),
            "batches": batches,
            "experience": written.manifest.experience,
            "out": out.path(),
            "disclaimer": DISCLAIMER,
        }),
    )?;
    Ok(Outcome::AllDone)
}
