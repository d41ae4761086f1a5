//! `fundoscope evaluate`: how good the model is on graded photographs, every figure with its interval.

use std::path::{Path, PathBuf};

use anyhow::bail;
use clap::Args;
use grader::PassPlan;
use serde_json::json;
use training::source::{GradedPhotograph, Source, Split};
use trust::DISCLAIMER;
use trust::bootstrap::DEFAULT_RESAMPLES;
use trust::evaluation::{Case, Evaluation};

use crate::console::Console;
use crate::inputs::{Photograph, parse_split};
use crate::output::OutputFolder;
use crate::passes::PassArguments;
use crate::report::{self, Report};
use crate::screening::{End, screen};
use crate::settings::Settings;
use crate::{Outcome, bundle, figures, interrupt};

#[derive(Args)]
pub(crate) struct Arguments {
    /// Graded photographs: a folder with one sub-folder a grade, a folder with manifest.csv, or a CSV file
    #[arg(long, required = true, num_args = 1.., value_name = "SOURCE")]
    data: Vec<PathBuf>,
    /// Only the photographs of this split
    #[arg(long, value_parser = parse_split, value_name = "train|val|test")]
    split: Option<Split>,
    /// Folder for metrics.json and report.html
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Resamples of the bootstrap behind the intervals
    #[arg(long, default_value_t = DEFAULT_RESAMPLES, value_name = "N")]
    resamples: usize,
    #[command(flatten)]
    passes: PassArguments,
}

pub(crate) fn run(arguments: &Arguments, settings: &Settings) -> anyhow::Result<Outcome> {
    if arguments.resamples == 0 {
        bail!("0 resamples give no interval: give at least 1, better {DEFAULT_RESAMPLES}");
    }
    let plan = arguments.passes.plan(settings)?;
    let graded = graded_photographs(&arguments.data, arguments.split)?;
    let grader = bundle::grader(settings)?;
    let out = OutputFolder::create(&arguments.out)?;
    interrupt::listen()?;

    let photographs: Vec<Photograph> = graded.iter().map(photograph).collect();
    let mut console = Console::new(settings, "graded", photographs.len());
    let mut cases = Vec::new();
    let end = screen(
        &grader,
        &plan,
        &photographs,
        &mut console,
        |index, screening, _| {
            let GradedPhotograph {
                grade,
                patient,
                source,
                ..
            } = &graded[index];
            cases.push(Case {
                source: source.clone(),
                patient: patient.clone(),
                grade: *grade,
                assessment: screening.assessment,
                quality: screening.quality.score,
                decision: screening.decision,
            });
        },
    )?;
    if end == End::Interrupted {
        return Ok(console.interrupted("nothing was written"));
    }
    if cases.is_empty() {
        bail!(
            "none of the {} photographs could be graded",
            photographs.len()
        );
    }
    let evaluation = Evaluation::of(&cases, settings.seed, arguments.resamples);
    let report = Report {
        evaluation: &evaluation,
        cases: &cases,
        manifest: grader.manifest(),
        split: arguments.split,
        failed: console.failed(),
        passes: passes_sentence(&plan, grader.members().len()),
    };
    let page = report::page(&report)?;
    out.write_json("metrics.json", &evaluation)?;
    out.write("report.html", page.as_bytes())?;

    let outcome = console.finish();
    console.say(
        &format!(
            "{}\n95 % intervals: bootstrap over patients, {} resamples\nwritten to {}\n{DISCLAIMER}",
            figures::text(&evaluation),
            evaluation.resamples,
            out.path().display()
        ),
        &json!({
            "evaluation": evaluation,
            "failed": console.failed(),
            "out": out.path(),
        }),
    );
    Ok(outcome)
}

/// A graded photograph as one to be screened.
pub(crate) fn photograph(graded: &GradedPhotograph) -> Photograph {
    Photograph {
        path: graded.path.clone(),
        file: graded.file.clone(),
    }
}

/// The photographs of all sources, of one split where one is named.
pub(crate) fn graded_photographs(
    sources: &[PathBuf],
    split: Option<Split>,
) -> anyhow::Result<Vec<GradedPhotograph>> {
    let mut photographs: Vec<GradedPhotograph> = Vec::new();
    for path in sources {
        let found = Source::open(path)?.photographs;
        let before = photographs.len();
        photographs.extend(
            found
                .into_iter()
                .filter(|photograph| split.is_none() || photograph.split == split),
        );
        if photographs.len() == before {
            bail!(
                "the source {} has no photograph in the split `{}`",
                path.display(),
                split.map_or("", Split::name)
            );
        }
    }
    let mut paths: Vec<PathBuf> = photographs
        .iter()
        .map(|photograph| absolute(&photograph.path))
        .collect();
    paths.sort_unstable();
    if let Some(twice) = paths.windows(2).find(|pair| pair[0] == pair[1]) {
        bail!(
            "the photograph {} was given twice: name each source once",
            twice[0].display()
        );
    }
    Ok(photographs)
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

fn passes_sentence(plan: &PassPlan, members: usize) -> String {
    let mirrored = if plan.mirrors {
        ", each also mirrored"
    } else {
        ""
    };
    let samples = match plan.samples {
        1 => String::new(),
        samples => format!(", {samples} stochastic samples"),
    };
    format!(
        "{} passes a photograph: {members} members, {} rotations{mirrored}{samples}",
        plan.passes(members),
        plan.rotations
    )
}
