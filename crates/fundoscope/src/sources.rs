//! `fundoscope sources`: which measure of which source of uncertainty tells wrong answers from right ones.

use std::collections::BTreeSet;
use std::path::PathBuf;

use anyhow::bail;
use clap::Args;
use grader::{Grader, PassPlan, Stochastic};
use serde::Serialize;
use serde_json::json;
use training::source::{GradedPhotograph, Split};
use trust::bootstrap::Interval;
use trust::referral::{
    AtShares, Loss, MeasureRow, RankedMeasure, SourceOfUncertainty, rank_measures,
    uncertainty_table,
};
use trust::{Assessment, DISCLAIMER};

use crate::console::Console;
use crate::evaluate::{GradedArguments, photograph};
use crate::inputs::Photograph;
use crate::output::OutputFolder;
use crate::settings::Settings;
use crate::{Outcome, bundle, figures, interrupt, photograph};

#[derive(Args)]
#[command(
    after_help = "A bundle that was trained without some of the data sets is measured on those, on all of their \
                  photographs where no --split is named; other bundles on the validation photographs."
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
    for folder in &folders {
        let opened = bundle::open_folder(folder)?;
        let wanted = wanted(&opened.manifest.training, &graded);
        if wanted.photographs.is_empty() {
            bail!(
                "there is no photograph to measure {} on: those of the data sets that it was trained without, else the \
                 validation photographs",
                folder.display()
            );
        }
        let grader = bundle::grader_in(folder, settings)?;
        measured.push((grader, wanted));
    }
    let total = (measured.iter())
        .map(|(_, wanted)| wanted.photographs.len())
        .sum();
    let mut console = Console::new(settings, "graded in every way", total);
    let mut sources = Vec::new();
    for (grader, wanted) in &measured {
        let Some(found) = sources_of(grader, wanted, arguments.samples, &mut console)? else {
            return Ok(console.interrupted("nothing was written"));
        };
        sources.extend(found);
    }
    let rows = uncertainty_table(&sources, settings.seed, arguments.graded.resamples)?;
    let ranking = ranking(&rows, measured.iter().flat_map(|(_, wanted)| wanted.data()));
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

/// The photographs that a bundle is measured on.
struct Wanted {
    photographs: Vec<GradedPhotograph>,
    /// What training left out, added to the names of the data sets.
    left_out: String,
}

impl Wanted {
    /// The data sets, in alphabetical order.
    fn sources(&self) -> Vec<&str> {
        let sources = (self.photographs.iter()).map(|graded| graded.source.as_str());
        sources.collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// What some of the data sets are called together in the table.
    fn name(&self, sources: &[&str]) -> String {
        format!("{}{}", sources.join(" and "), self.left_out)
    }

    /// What each data set is called in the table.
    fn data(&self) -> impl Iterator<Item = String> {
        (self.sources().into_iter()).map(|source| self.name(&[source]))
    }
}

/// The photographs of the data sets that training left out, else the validation photographs.
fn wanted(training: &serde_json::Value, graded: &[GradedPhotograph]) -> Wanted {
    let left_out: Vec<&str> = training["configuration"]["leave_out"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(serde_json::Value::as_str)
        .collect();
    let is_wanted = |photograph: &&GradedPhotograph| match left_out.is_empty() {
        true => photograph.split != Some(Split::Train),
        false => left_out.contains(&photograph.source.as_str()),
    };
    let grades: Vec<String> = training["configuration"]["leave_out_grades"]
        .as_array()
        .into_iter()
        .flatten()
        .map(ToString::to_string)
        .collect();
    let name = match (left_out.is_empty(), grades.is_empty()) {
        (false, _) => ", not learned from".to_owned(),
        (true, false) => format!(", grades {} not learned from", grades.join(" and ")),
        (true, true) => String::new(),
    };
    Wanted {
        photographs: graded.iter().filter(is_wanted).cloned().collect(),
        left_out: name,
    }
}

/// Every source of uncertainty that a bundle has, by name.
fn plans(grader: &Grader, samples: u32) -> Vec<(String, PassPlan)> {
    let all = grader.members().len();
    let upright = PassPlan {
        rotations: 1,
        ..PassPlan::default()
    };
    let one = PassPlan {
        members: Some(1),
        ..upright
    };
    let turned = PassPlan::default();
    let mirrored = PassPlan {
        mirrors: true,
        ..turned
    };
    let stochastic = |stochastic| PassPlan {
        stochastic,
        samples,
        ..one
    };
    let together = PassPlan {
        stochastic: Stochastic {
            dropout: true,
            batch_norm: true,
            training_batches: false,
        },
        samples: 2,
        ..turned
    };
    let members = |count: usize| match count {
        1 => "1 member".to_owned(),
        count => format!("{count} members"),
    };
    let draws_batch_norm = grader
        .members()
        .iter()
        .all(|member| member.sample_statistics(0, 0, 0).is_ok());
    let has_dropout = grader.manifest().dropout > 0.0;
    let mut plans = vec![
        (members(1), one),
        (
            format!("{}, 4 rotations", members(1)),
            PassPlan {
                members: Some(1),
                ..turned
            },
        ),
    ];
    let sources_of_chance = [
        (has_dropout, "dropout", Stochastic::DROPOUT),
        (draws_batch_norm, "batch norm drawn", Stochastic::BATCH_NORM),
        (
            grader.training_batches() >= samples as usize,
            "batch norm of training batches",
            Stochastic::TRAINING_BATCHES,
        ),
    ];
    for (_, name, source) in sources_of_chance.into_iter().filter(|(known, ..)| *known) {
        plans.push((format!("{}, {name}", members(1)), stochastic(source)));
    }
    if all > 1 {
        plans.push((members(all), upright));
        plans.push((format!("{}, 4 rotations", members(all)), turned));
    }
    plans.push((format!("{}, 4 rotations, mirrored", members(all)), mirrored));
    if has_dropout && draws_batch_norm {
        plans.push((
            format!("{}, 4 rotations, dropout, batch norm drawn", members(all)),
            together,
        ));
    }
    plans
}

/// Grades the photographs in every way; nothing when the user stopped it.
fn sources_of(
    grader: &Grader,
    wanted: &Wanted,
    samples: u32,
    console: &mut Console,
) -> anyhow::Result<Option<Vec<SourceOfUncertainty>>> {
    let plans = plans(grader, samples);
    // What needs no chance is among the passes of all members and all views, which are computed once.
    let widest = PassPlan {
        mirrors: true,
        ..PassPlan::default()
    };
    let members = grader.members().len();
    let mut answered: Vec<(&GradedPhotograph, Vec<Assessment>)> = Vec::new();
    let photographs: Vec<Photograph> = wanted.photographs.iter().map(photograph).collect();
    let mut first = 0;
    for chunk in photographs.chunks(photograph::CHUNK) {
        if interrupt::is_asked() {
            return Ok(None);
        }
        for (index, prepared) in (first..).zip(photograph::prepare_all(chunk, grader.preparation()))
        {
            match prepared {
                Ok(prepared) => {
                    let inputs = [&prepared.input];
                    let seen = grader.logits(&inputs, &widest)?.concat();
                    let of_plan = |(_, plan): &(String, PassPlan)| {
                        let logits = match plan.places_in(&widest, members) {
                            Some(places) => places.into_iter().map(|place| seen[place]).collect(),
                            None => grader.logits(&inputs, plan)?.concat(),
                        };
                        anyhow::Ok(Assessment::from_passes(&logits, grader.calibration())?)
                    };
                    let assessments = plans.iter().map(of_plan).collect::<anyhow::Result<_>>()?;
                    answered.push((&wanted.photographs[index], assessments));
                }
                Err(reason) => console.failure(&photographs[index].file, &reason),
            }
            console.advance();
        }
        first += chunk.len();
    }
    let sources = wanted.sources();
    let mut groups: Vec<&[&str]> = sources.chunks(1).collect();
    if sources.len() > 1 {
        groups.push(&sources);
    }
    let refer_at = grader.policy().refer_at;
    let of_group = |group: &&[&str]| {
        let own: Vec<&(&GradedPhotograph, Vec<Assessment>)> = (answered.iter())
            .filter(|(graded, _)| group.contains(&graded.source.as_str()))
            .collect();
        let of_plan = |(place, (name, _)): (usize, &(String, PassPlan))| SourceOfUncertainty {
            name: name.clone(),
            data: wanted.name(group),
            photographs: (own.iter())
                .map(|(graded, assessments)| (assessments[place], graded.grade))
                .collect(),
            patients: (own.iter())
                .map(|(graded, _)| format!("{}/{}", graded.source, graded.patient))
                .collect(),
            refer_at,
        };
        plans.iter().enumerate().map(of_plan).collect::<Vec<_>>()
    };
    Ok(Some(groups.iter().flat_map(of_group).collect()))
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
