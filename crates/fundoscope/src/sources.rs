//! `fundoscope sources`: which measure of which source of uncertainty tells wrong answers from right ones.
//!
//! It takes hours where there are many photographs; so what each bundle has answered is noted in a journal, and a run that
//! was stopped goes on.

mod measured;

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use serde_json::json;
use trust::DISCLAIMER;
use trust::bootstrap::Interval;
use trust::referral::{
    AtShares, Loss, MeasureRow, RankedMeasure, rank_measures, uncertainty_table,
};

use crate::console::Console;
use crate::evaluate::GradedArguments;
use crate::output::OutputFolder;
use crate::settings::Settings;
use crate::sources::measured::Measured;
use crate::{Outcome, bundle, figures, interrupt, journal};

#[derive(Args)]
#[command(
    after_help = "A bundle that was trained without some of the data sets is measured on those, on all of their \
                  photographs where no --split is named; other bundles on the validation photographs. A run that was \
                  stopped goes on when the same command is called again."
)]
pub(crate) struct Arguments {
    #[command(flatten)]
    graded: GradedArguments,
    /// Model bundles to measure [default: the one of --bundle]
    #[arg(long, num_args = 1.., value_name = "BUNDLE_DIR")]
    bundles: Vec<PathBuf>,
    /// Stochastic samples of the sources that draw some
    #[arg(long, default_value_t = 10, value_name = "N")]
    samples: u32,
    /// Folder for uncertainty.csv and uncertainty.json
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

pub(crate) fn run(arguments: &Arguments, settings: &Settings) -> anyhow::Result<Outcome> {
    let graded = arguments.graded.photographs()?;
    let folders = match arguments.bundles.is_empty() {
        true => vec![bundle::folder(settings)?],
        false => arguments.bundles.clone(),
    };
    let out = OutputFolder::create(&arguments.out)?;
    interrupt::listen()?;
    let mut measured = Vec::new();
    for (place, folder) in (1..).zip(&folders) {
        let journal = journal::path_beside(&out.path().join(format!("uncertainty.{place}")));
        let measure = Measured::open(folder, &graded, arguments.samples, &journal, settings)?;
        measured.push(measure);
    }
    let total = (measured.iter())
        .map(|measured| measured.wanted.photographs.len())
        .sum();
    let mut console = Console::new(settings, "graded in every way", total);
    let before: usize = (measured.iter())
        .map(|measured| measured.journal.answered())
        .sum();
    console.goes_on(before);
    let mut sources = Vec::new();
    for measured in &mut measured {
        let Some(found) = measured.sources(&mut console)? else {
            let kept = out.path().display();
            return Ok(console.interrupted(&format!("what was answered is kept in {kept}")));
        };
        sources.extend(found);
    }
    let rows = uncertainty_table(&sources, settings.seed, arguments.graded.resamples)?;
    let ranking = ranking(
        &rows,
        measured.iter().flat_map(|measured| measured.wanted.data()),
    );
    let flat: Vec<_> = rows.iter().flat_map(MeasureRow::figures).collect();
    out.write_csv("uncertainty.csv", &flat)?;
    let document = json!({
        "disclaimer": DISCLAIMER,
        "seed": settings.seed,
        "resamples": arguments.graded.resamples,
        "rows": rows,
        "ranking": ranking,
    });
    out.write_json("uncertainty.json", &document)?;
    for measured in measured {
        measured.journal.remove()?;
    }
    let outcome = console.finish();
    console.say(
        &format!(
            "{}\n{}\n95 % intervals: bootstrap over patients, {} resamples\nwritten to {}\n{DISCLAIMER}",
            table(&rows),
            ranking_text(&ranking),
            arguments.graded.resamples,
            out.path().display()
        ),
        &document,
    );
    Ok(outcome)
}

/// The measures from the best to the worst on some data sets, by one mistake.
#[derive(Serialize)]
struct Ranking {
    data: &'static str,
    loss: Loss,
    measures: Vec<RankedMeasure>,
}

/// The measures from the best to the worst: on the data sets that a bundle has not learned from, where there are some, and
/// on the others, by each mistake. Data sets together are no further ones.
fn ranking(rows: &[MeasureRow], data: impl Iterator<Item = String>) -> Vec<Ranking> {
    let data: BTreeSet<String> = data.collect();
    let (unseen, seen): (Vec<String>, Vec<String>) =
        (data.into_iter()).partition(|data| data.contains("not learned from"));
    [
        ("data sets not learned from", unseen),
        ("validation photographs", seen),
    ]
    .into_iter()
    .filter(|(_, data)| !data.is_empty())
    .flat_map(|(name, data)| {
        Loss::ALL.map(|loss| Ranking {
            data: name,
            loss,
            measures: rank_measures(rows, &data, loss),
        })
    })
    .collect()
}

fn ranking_text(rankings: &[Ranking]) -> String {
    let mut text = String::new();
    for Ranking {
        data,
        loss,
        measures,
    } in rankings
    {
        text += &format!(
            "measures on {data} by {}, the best first (mean area under the risk-coverage curve, mean rank)\n",
            loss.words()
        );
        for RankedMeasure {
            measure,
            mean_area,
            mean_rank,
        } in measures
        {
            text += &format!("  {:<24}{mean_area:.4}  {mean_rank:.1}\n", measure.name());
        }
    }
    text
}

/// The whole table as plain text.
fn table(rows: &[MeasureRow]) -> String {
    let mut text = String::new();
    let mut heading = String::new();
    for row in rows {
        let group = format!("{} (n = {}): {}", row.data, row.photographs, row.source);
        if group != heading {
            text += &format!(
                "\n{group}\n  {:<24}{:<24}{:<24}{:<24}{:<24}{:<24}{:<24}{:<26}{}\n",
                "measure",
                "risk-coverage area",
                "the same, referral",
                "accuracy, 50 % kept",
                "70 %",
                "80 %",
                "90 %",
                "wrong: unsure fifth/rest",
                "above random, 50-90 % kept"
            );
            heading = group;
        }
        let AtShares {
            kept_50,
            kept_70,
            kept_80,
            kept_90,
        } = row.accuracy;
        text += &format!("  {:<24}", row.measure);
        for value in [
            row.grade_risk_coverage_area,
            row.referral_risk_coverage_area,
            kept_50,
            kept_70,
            kept_80,
            kept_90,
            row.wrong_ratio,
        ] {
            text += &format!("{:<24}", short(value));
        }
        text += match row.gains_at_every_share {
            true => "  yes\n",
            false => "  no\n",
        };
    }
    text
}

fn short(value: Option<Interval>) -> String {
    figures::words(value).replace(" to ", "-")
}
