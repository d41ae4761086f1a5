//! `fundoscope bundle calibrate`: an old bundle for new photographs, without training.

use std::path::PathBuf;

use anyhow::bail;
use clap::Args;
use grader::Grader;

use super::fitting::{DataArguments, Ensemble, fit_and_write, needed};
use crate::output::OutputFolder;
use crate::settings::Settings;
use crate::{Outcome, bundle};

#[derive(Args)]
#[command(after_help = needed())]
pub(crate) struct Arguments {
    /// Folder of the bundle [default: --bundle, else the starter bundle]
    #[arg(value_name = "BUNDLE")]
    folder: Option<PathBuf>,
    #[command(flatten)]
    data: DataArguments,
    /// Folder of the bundle to write, with the same members bit by bit
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

pub(crate) fn run(arguments: &Arguments, settings: &Settings) -> anyhow::Result<Outcome> {
    if arguments.data.data.is_empty() {
        bail!("there is nothing to calibrate on: name graded photographs with --data");
    }
    let device = grader::device(&settings.device)?;
    let folder = super::folder(arguments.folder.as_ref(), settings)?;
    super::refuse_own_folder(&arguments.out, std::slice::from_ref(&folder))?;
    let listed = arguments.data.photographs()?;
    let opened = bundle::open_folder(&folder)?;
    let ensemble = Ensemble {
        members: opened.encoded_members().to_vec(),
        experience: opened.experience.clone(),
        grader: Grader::open(&opened, &device)?,
        before: Some((opened.manifest.calibration.clone(), opened.manifest.policy)),
        manifest: opened.manifest,
    };
    let out = OutputFolder::create(&arguments.out)?;
    fit_and_write(ensemble, &listed, &out, settings)
}
