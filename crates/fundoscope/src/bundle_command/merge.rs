//! `fundoscope bundle merge`: one ensemble of the members of several bundles.

use std::path::PathBuf;

use anyhow::bail;
use clap::Args;
use grader::{Grader, Member, Merged};

use super::fitting::{DataArguments, Ensemble, fit_and_write, needed};
use crate::output::OutputFolder;
use crate::settings::Settings;
use crate::{Outcome, bundle};

/// Why `--data` must be given.
const REASON: &str = "The calibration and thresholds of one bundle do not fit an ensemble with other members: the \
                      mean of more passes is less sure. So photographs are needed to fit them anew, and without \
                      --data nothing is written.";

#[derive(Args)]
#[command(after_help = format!("{REASON} {}", needed()))]
pub(crate) struct Arguments {
    /// Folders of at least two bundles with the same preparation
    #[arg(required = true, value_name = "BUNDLE")]
    folders: Vec<PathBuf>,
    #[command(flatten)]
    data: DataArguments,
    /// Folder of the bundle to write
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

pub(crate) fn run(arguments: &Arguments, settings: &Settings) -> anyhow::Result<Outcome> {
    let Arguments { folders, data, out } = arguments;
    let device = grader::device(&settings.device)?;
    super::refuse_own_folder(out, folders)?;
    let opened = folders
        .iter()
        .map(|folder| bundle::open_folder(folder))
        .collect::<anyhow::Result<Vec<_>>>()?;
    let merged = Merged::of(&opened)?;
    if data.data.is_empty() {
        bail!(
            "the calibration and thresholds of one bundle do not fit an ensemble with other members, which is less sure: \
             name graded photographs that no member has learned from with --data"
        );
    }
    let listed = data.photographs()?;
    let Merged {
        manifest,
        members,
        experience,
    } = merged;
    let ready = opened.iter().map(|bundle| bundle.members(&device));
    let ready: Vec<Vec<Member>> = ready.collect::<Result<_, _>>()?;
    let grader = Grader::of(manifest.clone(), ready.into_iter().flatten().collect())?;
    let ensemble = Ensemble {
        grader: grader.with_experience(experience.clone()),
        manifest,
        members,
        experience,
        before: None,
    };
    let out = OutputFolder::create(out)?;
    fit_and_write(ensemble, &listed, &out, settings)
}
