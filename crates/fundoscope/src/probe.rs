//! `fundoscope probe`: what can be read off the features of given weights, before anything is trained in earnest.

use std::path::PathBuf;

use anyhow::bail;
use clap::Args;
use serde_json::json;
use training::probe::{LeftOut, MacularOedema, MeasuredHead, Probe};
use training::{Configuration, Progress, TrainingError};
use trust::DISCLAIMER;

use crate::console::{line, warn};
use crate::figures::words;
use crate::output::OutputFolder;
use crate::settings::Settings;
use crate::train::{AugmentationName, ReductionName, print_json, print_line};
use crate::{Outcome, interrupt};

#[derive(Args)]
pub(crate) struct Arguments {
    /// Graded photographs: a folder with one sub-folder a grade, a folder with manifest.csv, or a CSV file; may be repeated
    #[arg(long, required = true, num_args = 1.., value_name = "SOURCE")]
    data: Vec<PathBuf>,
    /// Weights whose features are looked at, with torchvision's names for ResNet-18, or a bundle's folder, of which it is
    /// the first member; their head does not matter
    #[arg(long, value_name = "WEIGHTS.safetensors|BUNDLE_DIR")]
    init: PathBuf,
    /// Folder for probe.json
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Side of the network's input, in pixels
    #[arg(long, default_value_t = Configuration::default().image_size, value_name = "PX")]
    image_size: u32,
    /// Pixels of the standardised picture for one of the input [default: so that it is about 384 pixels wide]
    #[arg(long, value_name = "N")]
    oversampling: Option<u32>,
    /// How the standardised picture is reduced to the input
    #[arg(long, value_enum, default_value_t = ReductionName::Mean)]
    reduction: ReductionName,
    /// Random changes of each training photograph that the heads learn from beside the photograph itself
    #[arg(long, default_value_t = 1, value_name = "N")]
    views: usize,
    /// How those changes are made
    #[arg(long, value_enum, default_value_t = AugmentationName::Plain)]
    augmentation: AugmentationName,
}

pub(crate) fn run(arguments: &Arguments, settings: &Settings) -> anyhow::Result<Outcome> {
    if arguments.views > 64 {
        bail!(
            "{} random changes of each photograph are too many to keep: give at most 64",
            arguments.views
        );
    }
    let configuration = Configuration {
        data: arguments.data.clone(),
        init: Some(arguments.init.clone()),
        devices: vec![settings.device.clone()],
        image_size: arguments.image_size,
        oversampling: arguments
            .oversampling
            .unwrap_or_else(|| Configuration::default_oversampling(arguments.image_size)),
        reduction: arguments.reduction.reduction(),
        augmentation: arguments.augmentation.augmentation(),
        seed: settings.seed,
        ..Configuration::default()
    };
    let out = OutputFolder::create(&arguments.out)?;
    interrupt::listen()?;
    let failed = std::sync::atomic::AtomicUsize::new(0);
    let result = training::probe::probe(
        &configuration,
        arguments.views,
        interrupt::asked(),
        &|progress| {
            if let Progress::Unreadable { file, reason } = &progress {
                failed.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                warn(&format!("{file}: {reason}"));
            }
            if settings.json {
                print_json(&progress);
            } else {
                print_line(&progress);
            }
        },
    );
    let probe = match result {
        Err(TrainingError::Interrupted) => {
            warn("interrupted: nothing was written");
            return Ok(Outcome::SomeFailed);
        }
        other => other?,
    };
    out.write_json("probe.json", &probe)?;
    if settings.json {
        line(&json!({ "probe": probe, "out": out.path() }).to_string());
    } else {
        line(&text(&probe));
        line(&format!(
            "written to {}\n{DISCLAIMER}",
            out.path().display()
        ));
    }
    Ok(match failed.into_inner() {
        0 => Outcome::AllDone,
        _ => Outcome::SomeFailed,
    })
}

/// The findings as tables.
fn text(probe: &Probe) -> String {
    let mut lines = vec![format!(
        "\n{:36}{:27}{:27}{:27}{:27}",
        "head on frozen features", "kappa", "referable AUC", "kappa less first", "AUC less first"
    )];
    lines.extend(probe.heads.iter().map(head_line));
    if !probe.leave_one_source_out.is_empty() {
        lines.push(format!(
            "\n{:36}{:27}{:27}",
            "fitted without", "kappa there", "referable AUC there"
        ));
        lines.extend(probe.leave_one_source_out.iter().map(left_out_line));
    }
    lines.push(probe.macular_oedema.as_ref().map_or_else(
        || "\nmacular oedema: too few photographs say whether there is any".to_owned(),
        oedema_line,
    ));
    lines.join("\n")
}

fn head_line(head: &MeasuredHead) -> String {
    let pooled = &head.evaluation.pooled;
    let less = head.against_first.as_ref().map(|against| &against.pooled);
    let name = format!("{}, {}", head.pooling.name(), head.answer.name());
    let line = format!(
        "{name:36}{:27}{:27}{:27}{:27}",
        words(pooled.quadratic_weighted_kappa),
        words(pooled.referable_auc),
        less.map_or_else(String::new, |less| words(less.quadratic_weighted_kappa)),
        less.map_or_else(String::new, |less| words(less.referable_auc)),
    );
    line.trim_end().to_owned()
}

fn left_out_line(left_out: &LeftOut) -> String {
    let pooled = &left_out.evaluation.pooled;
    format!(
        "{:36}{:27}{}",
        left_out.source,
        words(pooled.quadratic_weighted_kappa),
        words(pooled.referable_auc)
    )
}

fn oedema_line(oedema: &MacularOedema) -> String {
    format!(
        "\nmacular oedema: AUC {} by a head of its own, {} by the referable probability; \
         {} with and {} without it measured",
        words(oedema.auc),
        words(oedema.referable_auc),
        oedema.measured[1],
        oedema.measured[0]
    )
}
