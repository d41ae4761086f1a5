//! `fundoscope uncertainty`: what is gained by handing the most unsure photographs to a human.

use std::path::PathBuf;

use anyhow::bail;
use clap::Args;
use serde_json::json;
use trust::referral::{Referral, ReferralFigure};
use trust::{Assessment, DISCLAIMER, Grade, plot};

use crate::console::Console;
use crate::labels::{Labels, Match};
use crate::output::OutputFolder;
use crate::predictions::{self, Prediction};
use crate::settings::Settings;
use crate::{Outcome, bundle};

/// Where no bundle says from which referable probability it refers.
const REFER_AT_WITHOUT_BUNDLE: f32 = 0.5;

#[derive(Args)]
pub(crate) struct Arguments {
    /// Folder that `fundoscope predict` wrote
    #[arg(long, value_name = "DIR")]
    predictions: PathBuf,
    /// True grades: a CSV file with the columns file,grade or those of a public data set
    #[arg(long, value_name = "CSV")]
    labels: PathBuf,
    /// Folder for the graphs and tables
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Referable probability from which the system refers [default: the bundle's, else 0.5]
    #[arg(long, value_name = "P")]
    refer_at: Option<f32>,
}

pub(crate) fn run(arguments: &Arguments, settings: &Settings) -> anyhow::Result<Outcome> {
    let predictions = predictions::read(&arguments.predictions)?;
    let labels = Labels::read(&arguments.labels)?;
    let refer_at = refer_at(arguments, settings)?;
    let out = OutputFolder::create(&arguments.out)?;

    let mut console = Console::new(settings, "labelled", predictions.len());
    let graded = join(&predictions, &labels, &mut console);
    if graded.is_empty() {
        bail!(
            "no row of {} names a photograph of {}: names must agree by path, or by base name",
            arguments.labels.display(),
            arguments.predictions.display()
        );
    }
    let referral = Referral::of(&graded, refer_at)?;
    for figure in ReferralFigure::ALL {
        let chart = plot::referral_chart(&referral, figure);
        out.write_chart(figure.name(), &chart)?;
    }
    out.write_csv("referral.csv", &referral.rows())?;
    out.write_csv("areas.csv", &referral.areas())?;

    let outcome = console.finish();
    let areas: Vec<(&str, Option<f64>)> = referral
        .curves()
        .map(|curve| (curve.name, curve.area(ReferralFigure::Accuracy)))
        .collect();
    let table: String = areas
        .iter()
        .map(|(name, area)| {
            let area = area.map_or_else(|| "-".to_owned(), |area| format!("{area:.3}"));
            format!("  {name:<20} {area}\n")
        })
        .collect();
    console.say(
        &format!(
            "{} of {} photographs have a label ({} rows without grade)\nmean accuracy over all shares kept:\n{table}\
             written to {}\n{DISCLAIMER}",
            graded.len(),
            predictions.len(),
            labels.without_grade,
            out.path().display()
        ),
        &json!({
            "labelled": graded.len(),
            "predictions": predictions.len(),
            "rows_without_grade": labels.without_grade,
            "refer_at": refer_at,
            "mean_accuracy": areas.into_iter().collect::<std::collections::BTreeMap<_, _>>(),
            "out": out.path(),
            "disclaimer": DISCLAIMER,
        }),
    );
    Ok(outcome)
}

fn refer_at(arguments: &Arguments, settings: &Settings) -> anyhow::Result<f32> {
    match arguments.refer_at {
        Some(refer_at) if (0.0..=1.0).contains(&refer_at) => Ok(refer_at),
        Some(refer_at) => bail!("--refer-at {refer_at} is no probability: give 0 to 1"),
        None if bundle::find(settings).is_none() => Ok(REFER_AT_WITHOUT_BUNDLE),
        None => Ok(bundle::open(settings)?.manifest.policy.refer_at),
    }
}

/// The predictions whose true grade is known; those whose label is ambiguous are named.
fn join(
    predictions: &[Prediction],
    labels: &Labels,
    console: &mut Console,
) -> Vec<(Assessment, Grade)> {
    let files: Vec<&str> = predictions
        .iter()
        .map(|prediction| prediction.file.as_str())
        .collect();
    let mut graded = Vec::new();
    for (prediction, found) in predictions.iter().zip(labels.matched(&files)) {
        match found {
            Match::Grade(grade) => graded.push((prediction.assessment, grade)),
            Match::Missing => {}
            Match::Ambiguous => console.failure(
                &prediction.file,
                &"several labels or photographs have this name; give the labels with their folders",
            ),
        }
    }
    graded
}
