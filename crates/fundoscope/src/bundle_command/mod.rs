//! `fundoscope bundle`: model bundles looked at, checked, made from weights and from other bundles. One action a module.

mod calibrate;
mod experience;
mod export;
mod fitting;
mod import;
mod merge;
mod show;
mod verify;

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use serde::Serialize;

use crate::console::line;
use crate::settings::Settings;
use crate::{Outcome, bundle};

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Show what a bundle says about itself: preparation, members, calibration, thresholds, metrics, licence
    Show(show::Arguments),
    /// Check a bundle and name everything that is wrong; the exit status is 1 where something is
    Verify(verify::Arguments),
    /// Read the weights of a ResNet-18 that another program wrote, and write them as safetensors
    Import(import::Arguments),
    /// Write a bundle's members for PyTorch or for ONNX
    Export(export::Arguments),
    /// Make one ensemble of the members of several bundles, calibrated anew
    Merge(merge::Arguments),
    /// Fit a bundle's calibration and thresholds to one's own graded photographs; the weights stay as they are
    Calibrate(calibrate::Arguments),
    /// Measure what a bundle's members met in training: batch-norm statistics, and where features lie
    Experience(experience::Arguments),
}

pub(crate) fn run(arguments: &Arguments, settings: &Settings) -> anyhow::Result<Outcome> {
    match &arguments.action {
        Action::Show(arguments) => show::run(arguments, settings),
        Action::Verify(arguments) => verify::run(arguments, settings),
        Action::Import(arguments) => import::run(arguments, settings),
        Action::Export(arguments) => export::run(arguments, settings),
        Action::Merge(arguments) => merge::run(arguments, settings),
        Action::Calibrate(arguments) => calibrate::run(arguments, settings),
        Action::Experience(arguments) => experience::run(arguments, settings),
    }
}

/// The folder that was named for this action, else the one of the global settings.
fn folder(named: Option<&PathBuf>, settings: &Settings) -> anyhow::Result<PathBuf> {
    match named {
        Some(folder) => Ok(folder.clone()),
        None => bundle::folder(settings),
    }
}

/// Says what was done: `text` to people, `document` to programs.
fn say(settings: &Settings, text: &str, document: &impl Serialize) -> anyhow::Result<()> {
    if settings.json {
        line(&serde_json::to_string(document).context("cannot write the answer as JSON")?);
    } else {
        line(text);
    }
    Ok(())
}

/// A bundle is not replaced by one that is made from it.
fn refuse_own_folder(out: &Path, sources: &[PathBuf]) -> anyhow::Result<()> {
    let place = |folder: &Path| folder.canonicalize().ok();
    let own = place(out).filter(|own| {
        sources
            .iter()
            .any(|source| place(source).as_ref() == Some(own))
    });
    if own.is_some() {
        bail!(
            "{} is a bundle that is read: name another folder with --out",
            out.display()
        );
    }
    Ok(())
}
