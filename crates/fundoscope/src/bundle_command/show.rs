//! `fundoscope bundle show`: the manifest of a bundle for people, or as it is.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use fundus::{Preparation, Reduction};
use grader::{Architecture, BundleManifest, MemberRecord};
use trust::evaluation::Evaluation;
use trust::{Calibration, DISCLAIMER};

use crate::settings::Settings;
use crate::{Outcome, figures};

#[derive(Args)]
pub(crate) struct Arguments {
    /// Folder of the bundle [default: --bundle, else the starter bundle]
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
}

pub(crate) fn run(arguments: &Arguments, settings: &Settings) -> anyhow::Result<Outcome> {
    let folder = super::folder(arguments.folder.as_ref(), settings)?;
    let manifest = BundleManifest::read(&folder)
        .with_context(|| format!("the model bundle {} cannot be shown", folder.display()))?;
    super::say(settings, &text(&folder, &manifest), &manifest)?;
    Ok(Outcome::AllDone)
}

fn text(folder: &Path, manifest: &BundleManifest) -> String {
    let mut text = format!("Model bundle {}\n", folder.display());
    let rows = model_rows(manifest)
        .into_iter()
        .chain(decision_rows(manifest))
        .chain(provenance_rows(manifest));
    for (name, value) in rows.filter(|(_, value)| !value.is_empty()) {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "  {name:18} {value}");
    }
    text += "\nMembers\n";
    for (index, member) in manifest.members.iter().enumerate() {
        let _ = writeln!(text, "  {index}  {}", member_words(folder, member));
    }
    text += "\nMetrics\n";
    text += &metrics_words(manifest);
    let _ = write!(text, "\n\n{}\n{DISCLAIMER}", manifest.licence);
    text
}

fn model_rows(manifest: &BundleManifest) -> Vec<(&'static str, String)> {
    let Preparation {
        input_side,
        oversampling,
        reduction,
        normalization,
        ..
    } = manifest.preparation;
    let architecture = match manifest.architecture {
        Architecture::ResNet18 => "ResNet-18",
    };
    let reduced = match (oversampling, reduction) {
        (1, _) => String::new(),
        (_, Reduction::Mean) => ", reduced by the mean of each block".to_owned(),
        (_, Reduction::Extreme) => ", reduced by the extreme of each block".to_owned(),
    };
    let side = manifest.preparation.working_side();
    // What was read from JSON can be written as JSON.
    let standardization = serde_json::to_string(&manifest.preparation.standardization);
    vec![
        (
            "architecture",
            format!("{architecture}, {} outputs", manifest.classes.len()),
        ),
        ("grades", manifest.classes.join(", ")),
        (
            "input",
            format!("{input_side} x {input_side} pixels, from a field of view of {side}{reduced}"),
        ),
        ("standardisation", standardization.unwrap_or_default()),
        (
            "normalisation",
            format!(
                "mean {:?}, deviation {:?}",
                normalization.mean, normalization.std
            ),
        ),
        ("dropout", manifest.dropout.to_string()),
    ]
}

fn decision_rows(manifest: &BundleManifest) -> Vec<(&'static str, String)> {
    let policy = &manifest.policy;
    vec![
        ("calibration", calibration_words(&manifest.calibration)),
        (
            "refer from",
            format!("{:.3} probability of grade 2 or more", policy.refer_at),
        ),
        (
            "rescreen below",
            format!("{:.3} of the same", policy.rescreen_below),
        ),
        (
            "unsure above",
            format!(
                "{:.3} for the {}",
                policy.unsure_above,
                policy.unsure_measure.words()
            ),
        ),
        (
            "unfamiliar above",
            policy.unfamiliar_above.map_or_else(String::new, |limit| {
                format!("{limit:.2} of feature distance")
            }),
        ),
        (
            "retake below",
            format!("{:.2} quality", policy.minimum_quality),
        ),
    ]
}

fn provenance_rows(manifest: &BundleManifest) -> Vec<(&'static str, String)> {
    let calibrated = manifest
        .calibrated_on
        .as_ref()
        .map(|record| photographs_words(&record.grade_counts, &record.data_fingerprint));
    vec![
        (
            "trained on",
            photographs_words(&manifest.grade_counts, &manifest.data_fingerprint),
        ),
        ("calibrated on", calibrated.unwrap_or_default()),
        ("code revision", manifest.code_revision.clone()),
    ]
}

/// A calibration in a few words.
pub(super) fn calibration_words(calibration: &Calibration) -> String {
    match calibration {
        Calibration::Identity => "none".to_owned(),
        Calibration::Temperature { temperature } => format!("temperature {temperature:.3}"),
        Calibration::Vector { scale, bias } => {
            format!("vector scaling: scale {scale:.3?}, bias {bias:.3?}")
        }
        Calibration::Isotonic { maps } => {
            let knots = maps.each_ref().map(Vec::len);
            format!("isotonic: one map a grade, of {knots:?} knots")
        }
    }
}

fn photographs_words(counts: &[u64; 5], fingerprint: &str) -> String {
    let by_grade = counts.map(|count| count.to_string()).join(" / ");
    let fingerprint = match fingerprint {
        "" => String::new(),
        digits => format!("; data {digits}"),
    };
    format!(
        "{} photographs, by grade {by_grade}{fingerprint}",
        counts.iter().sum::<u64>()
    )
}

fn member_words(folder: &Path, member: &MemberRecord) -> String {
    let size = match std::fs::metadata(folder.join(&member.file)) {
        Ok(metadata) => format!("{:.1} MB", metadata.len() as f64 / 1e6),
        Err(_) => "missing".to_owned(),
    };
    let MemberRecord { file, sha256, seed } = member;
    format!("{file}  {size}  seed {seed}\n     SHA-256 {sha256}")
}

fn metrics_words(manifest: &BundleManifest) -> String {
    let evaluation: Result<Evaluation, _> = serde_json::from_value(manifest.metrics.clone());
    match evaluation {
        Ok(evaluation) => format!(
            "95 % intervals: bootstrap over patients; calibration and thresholds were fitted on the same photographs.\n{}",
            figures::text(&evaluation)
        ),
        Err(_) => "none were measured".to_owned(),
    }
}
