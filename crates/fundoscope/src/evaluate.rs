//! `fundoscope evaluate`: how good the model is on graded photographs, every figure with its interval.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::bail;
use clap::Args;
use grader::{Grader, PassPlan, Screening};
use serde::Serialize;
use serde_json::json;
use training::fitting;
use training::source::{GradedPhotograph, Source, Split};
use trust::bootstrap::DEFAULT_RESAMPLES;
use trust::comparison::{Comparison, GradedTwice};
use trust::evaluation::{Case, Evaluation};
use trust::held_out::{HeldOut, HeldOutFigures};
use trust::{Assessment, DISCLAIMER, DecisionPolicy, Evidence, Grade, Logits, OperatingPoint};

use crate::console::Console;
use crate::inputs::{Photograph, parse_split};
use crate::output::OutputFolder;
use crate::passes::PassArguments;
use crate::report::{self, Report, SavedScorecard};
use crate::screening::{End, screen};
use crate::settings::Settings;
use crate::{Outcome, bundle, figures, interrupt};

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    graded: GradedArguments,
    /// Another model bundle, to say how much better or worse this one is on the same photographs
    #[arg(long, value_name = "BUNDLE_DIR")]
    against: Option<PathBuf>,
    /// Decide as if every photograph were like those that the model learned from, to see what that rule brings
    #[arg(long)]
    ignore_unfamiliarity: bool,
    /// Folder of a scorecard of this model's explanations (`explain --score`), for the report
    #[arg(long, value_name = "DIR")]
    explanations: Option<PathBuf>,
    /// Folder for metrics.json and report.html
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    #[command(flatten)]
    passes: PassArguments,
}

/// Which graded photographs something is measured on, and how its intervals are found.
#[derive(Args)]
pub(crate) struct GradedArguments {
    /// Graded photographs: a folder with one sub-folder a grade, a folder with manifest.csv, or a CSV file
    #[arg(long, required = true, num_args = 1.., value_name = "SOURCE")]
    data: Vec<PathBuf>,
    /// Only the photographs of this split
    #[arg(long, value_parser = parse_split, value_name = "train|val|test")]
    split: Option<Split>,
    /// Only the photographs of these data sets, by the names in the table's `set` column
    #[arg(long, num_args = 1.., value_name = "NAME")]
    only: Vec<String>,
    /// Resamples of the bootstrap behind the intervals
    #[arg(long, default_value_t = DEFAULT_RESAMPLES, value_name = "N", value_parser = resamples)]
    pub(crate) resamples: usize,
}

impl GradedArguments {
    /// The photographs that are meant.
    pub(crate) fn photographs(&self) -> anyhow::Result<Vec<GradedPhotograph>> {
        graded_photographs(&self.data, self.split, &self.only)
    }
}

fn resamples(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err(format!(
            "0 resamples give no interval: give at least 1, better {DEFAULT_RESAMPLES}"
        )),
        Ok(resamples) => Ok(resamples),
        Err(_) => Err("give a whole number".to_owned()),
    }
}

pub(crate) fn run(arguments: &Arguments, settings: &Settings) -> anyhow::Result<Outcome> {
    let plan = arguments.passes.plan(settings)?;
    let graded = arguments.graded.photographs()?;
    let grader = bundle::grader(settings)?;
    let reference = match &arguments.against {
        Some(folder) => Some(bundle::grader_in(folder, settings)?),
        None => None,
    };
    let scorecard = match &arguments.explanations {
        Some(folder) => Some(SavedScorecard::read(folder, grader.manifest())?),
        None => None,
    };
    let out = OutputFolder::create(&arguments.out)?;
    interrupt::listen()?;

    let mut console = Console::new(settings, "graded", graded.len());
    let policy = DecisionPolicy {
        unfamiliar_above: match arguments.ignore_unfamiliarity {
            true => None,
            false => grader.policy().unfamiliar_above,
        },
        ..*grader.policy()
    };
    let Some(answered) = answered(&grader, &policy, &plan, graded, &mut console)? else {
        return Ok(console.interrupted("nothing was written"));
    };
    let cases: Vec<(Photograph, Case)> = answered
        .iter()
        .map(|answered| (answered.photograph.clone(), answered.case.clone()))
        .collect();
    let held_out = held_out(&answered, settings.seed);
    let comparison = match &reference {
        Some(reference) => {
            let mut console = Console::new(settings, "graded by the other bundle too", cases.len());
            let Some(twice) = graded_twice(reference, &plan, &cases, &mut console)? else {
                return Ok(console.interrupted("nothing was written"));
            };
            Some(Comparison::of(
                &twice,
                settings.seed,
                arguments.graded.resamples,
            ))
        }
        None => None,
    };
    let cases: Vec<Case> = cases.into_iter().map(|(_, case)| case).collect();
    let evaluation = Evaluation::of(&cases, settings.seed, arguments.graded.resamples);
    let report = Report {
        evaluation: &evaluation,
        comparison: comparison.as_ref(),
        held_out: held_out.as_ref(),
        scorecard: scorecard.as_ref(),
        cases: &cases,
        manifest: grader.manifest(),
        split: arguments.graded.split,
        failed: console.failed(),
        passes: passes_sentence(&plan, grader.members().len()),
    };
    let page = report::page(&report)?;
    let metrics = Metrics {
        evaluation: &evaluation,
        operating_points: &grader.manifest().operating_points,
        held_out: held_out.as_ref(),
    };
    out.write_json("metrics.json", &metrics)?;
    if let Some(comparison) = &comparison {
        out.write_json("comparison.json", comparison)?;
    }
    out.write("report.html", page.as_bytes())?;

    let outcome = console.finish();
    let compared = comparison.as_ref().map_or_else(String::new, |comparison| {
        format!(
            "\n\nthis bundle less the other, on the same photographs\n{}",
            figures::comparison_text(comparison)
        )
    });
    let held_out = held_out.as_ref().map_or_else(String::new, |held_out| {
        format!(
            "\n\non patients that calibration and sets were not fitted to\n{}",
            figures::held_out_text(held_out)
        )
    });
    console.say(
        &format!(
            "{}{held_out}{compared}\n95 % intervals: bootstrap over patients, {} resamples\nwritten to {}\n{DISCLAIMER}",
            figures::text(&evaluation),
            evaluation.resamples,
            out.path().display()
        ),
        &json!({
            "evaluation": metrics,
            "comparison": comparison,
            "failed": console.failed(),
            "out": out.path(),
        }),
    );
    Ok(outcome)
}

/// What `metrics.json` holds.
#[derive(Serialize)]
struct Metrics<'a> {
    #[serde(flatten)]
    evaluation: &'a Evaluation,
    /// The bundle's, each with what it was worth on the photographs that it was chosen on.
    operating_points: &'a [OperatingPoint],
    /// `null` with too few patients.
    held_out: Option<&'a HeldOutFigures>,
}

/// A photograph that could be graded.
pub(crate) struct Answered {
    photograph: Photograph,
    pub(crate) case: Case,
    logits: Vec<Logits>,
}

/// Calibration and sets on patients that they were not fitted to; nothing where there are too few.
fn held_out(answered: &[Answered], seed: u64) -> Option<HeldOutFigures> {
    let passes: Vec<Vec<Logits>> = answered.iter().map(|one| one.logits.clone()).collect();
    let grades: Vec<Grade> = answered.iter().map(|one| one.case.grade).collect();
    let patients: Vec<String> = answered
        .iter()
        .map(|one| one.case.patient.clone())
        .collect();
    let sources: Vec<String> = answered.iter().map(|one| one.case.source.clone()).collect();
    let photographs = HeldOut {
        passes: &passes,
        grades: &grades,
        patients: &patients,
        sources: &sources,
    };
    HeldOutFigures::of(&photographs, fitting::SET_COVERAGE, seed).ok()
}

/// Grades the photographs and decides by the policy; each that could be graded with its case, or nothing when the user
/// stopped it.
///
/// # Errors
/// None of them could be graded.
pub(crate) fn answered(
    grader: &Grader,
    policy: &DecisionPolicy,
    plan: &PassPlan,
    graded: Vec<GradedPhotograph>,
    console: &mut Console,
) -> anyhow::Result<Option<Vec<Answered>>> {
    let photographs: Vec<Photograph> = graded.iter().map(photograph).collect();
    let Some(screenings) = screenings(grader, plan, &photographs, console)? else {
        return Ok(None);
    };
    let answered = photographs.into_iter().zip(graded).zip(screenings);
    let answered: Vec<Answered> = answered
        .filter_map(|((photograph, graded), screening)| {
            let screening = screening?;
            let case = case(&graded, screening.assessment, screening.evidence, policy);
            Some(Answered {
                photograph,
                case,
                logits: screening.logits,
            })
        })
        .collect();
    if answered.is_empty() {
        bail!("none of the photographs could be graded");
    }
    Ok(Some(answered))
}

/// What is counted of a photograph that was graded.
pub(crate) fn case(
    graded: &GradedPhotograph,
    assessment: Assessment,
    evidence: Evidence,
    policy: &DecisionPolicy,
) -> Case {
    Case {
        source: graded.source.clone(),
        patient: graded.patient.clone(),
        grade: graded.grade,
        assessment,
        evidence,
        rule: policy.rule(&assessment, &evidence),
    }
}

/// What another grader says about the same photographs; nothing when the user stopped it.
fn graded_twice(
    reference: &Grader,
    plan: &PassPlan,
    cases: &[(Photograph, Case)],
    console: &mut Console,
) -> anyhow::Result<Option<Vec<GradedTwice>>> {
    let (photographs, cases): (Vec<Photograph>, Vec<Case>) = cases.iter().cloned().unzip();
    let Some(screenings) = screenings(reference, plan, &photographs, console)? else {
        return Ok(None);
    };
    let twice = cases.into_iter().zip(screenings);
    let twice = twice.filter_map(|(case, screening)| {
        let reference = screening?.assessment.probabilities;
        Some(GradedTwice { case, reference })
    });
    Ok(Some(twice.collect()))
}

/// The answer to each photograph, none where it failed (and was named); nothing at all when the user stopped it.
fn screenings(
    grader: &Grader,
    plan: &PassPlan,
    photographs: &[Photograph],
    console: &mut Console,
) -> anyhow::Result<Option<Vec<Option<Screening>>>> {
    let mut screenings: Vec<Option<Screening>> = vec![None; photographs.len()];
    let end = screen(
        grader,
        plan,
        photographs,
        console,
        |index, _, screening, _| screenings[index] = Some(screening),
    )?;
    Ok((end == End::Reached).then_some(screenings))
}

/// A graded photograph as one to be screened.
pub(crate) fn photograph(graded: &GradedPhotograph) -> Photograph {
    Photograph {
        path: graded.path.clone(),
        file: graded.file.clone(),
    }
}

/// The photographs of all sources; of one split and of some data sets where they are named.
pub(crate) fn graded_photographs(
    sources: &[PathBuf],
    split: Option<Split>,
    only: &[String],
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
    keep_named(&mut photographs, only)?;
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

/// Keeps the photographs of the named data sets; all of them where none is named.
fn keep_named(photographs: &mut Vec<GradedPhotograph>, only: &[String]) -> anyhow::Result<()> {
    let known: BTreeSet<String> = photographs
        .iter()
        .map(|photograph| photograph.source.clone())
        .collect();
    if let Some(unknown) = only.iter().find(|name| !known.contains(*name)) {
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        bail!(
            "there is no photograph of a data set `{unknown}` here: there are {}",
            known.join(", ")
        );
    }
    photographs.retain(|photograph| only.is_empty() || only.contains(&photograph.source));
    Ok(())
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
