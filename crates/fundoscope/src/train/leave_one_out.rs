//! How well training carries over to a camera it has not seen: one run without each data set, measured on that set.

use std::collections::BTreeSet;

use anyhow::bail;
use grader::PassPlan;
use serde_json::json;
use training::Configuration;
use training::source::{Source, Split};
use trust::bootstrap::DEFAULT_RESAMPLES;
use trust::evaluation::Evaluation;

use super::{End, train};
use crate::console::Console;
use crate::evaluate::{answered, graded_photographs};
use crate::output::OutputFolder;
use crate::settings::Settings;
use crate::{Outcome, bundle, figures};

/// Trains a bundle without each data set in turn, and writes and prints what each is worth on the set left out.
pub(super) fn run(configuration: &Configuration, settings: &Settings) -> anyhow::Result<Outcome> {
    let sources = sources(configuration)?;
    let out = OutputFolder::create(&configuration.out)?;
    let (mut left_out, mut outcome) = (Vec::new(), Outcome::AllDone);
    for source in &sources {
        let without = Configuration {
            leave_out: vec![source.clone()],
            out: out.path().join(folder(source)),
            ..configuration.clone()
        };
        match train(&without, settings)? {
            End::Interrupted => return Ok(Outcome::SomeFailed),
            End::Reached(Outcome::SomeFailed) => outcome = Outcome::SomeFailed,
            End::Reached(Outcome::AllDone) => {}
        }
        let grader = bundle::grader_in(&without.out, settings)?;
        let only = std::slice::from_ref(source);
        let graded = graded_photographs(&configuration.data, Some(Split::Val), only)?;
        let mut console = Console::new(settings, "graded", graded.len());
        let Some(found) = answered(
            &grader,
            grader.policy(),
            &PassPlan::default(),
            graded,
            &mut console,
        )?
        else {
            return Ok(console.interrupted("run it again with --resume"));
        };
        if console.finish() == Outcome::SomeFailed {
            outcome = Outcome::SomeFailed;
        }
        left_out.extend(found.into_iter().map(|answered| answered.case));
    }
    let evaluation = Evaluation::of(&left_out, settings.seed, DEFAULT_RESAMPLES);
    out.write_json("leave_one_source_out.json", &evaluation)?;
    Console::new(settings, "measured", 0).say(
        &format!(
            "each data set by a bundle that has not seen it\n{}\nwritten to {}\n{}",
            figures::text(&evaluation),
            out.path().display(),
            trust::DISCLAIMER
        ),
        &json!({ "leave_one_source_out": evaluation, "out": out.path() }),
    );
    Ok(outcome)
}

/// The data sets' names; each must have validation photographs to be measured on, and a folder name of its own.
fn sources(configuration: &Configuration) -> anyhow::Result<BTreeSet<String>> {
    let mut sources = BTreeSet::new();
    for path in &configuration.data {
        let photographs = Source::open(path)?.photographs;
        sources.extend(photographs.into_iter().map(|photograph| photograph.source));
    }
    if sources.len() < 2 {
        bail!("there is one data set only: leaving it out leaves nothing to learn from");
    }
    for source in &sources {
        graded_photographs(
            &configuration.data,
            Some(Split::Val),
            std::slice::from_ref(source),
        )?;
    }
    let folders: BTreeSet<String> = sources.iter().map(|source| folder(source)).collect();
    if folders.len() < sources.len() {
        bail!("two data sets have names that give the same folder: rename one");
    }
    Ok(sources)
}

fn folder(source: &str) -> String {
    let plain = |letter: char| match letter {
        letter if letter.is_alphanumeric() || "-_.".contains(letter) => letter,
        _ => '_',
    };
    format!("without-{}", source.chars().map(plain).collect::<String>())
}
