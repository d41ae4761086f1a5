//! `fundoscope data check`: what is wrong with graded photographs before anything is learned from them.

use std::fmt::Write;
use std::path::PathBuf;

use anyhow::Context;
use clap::{Args, Subcommand};
use serde_json::json;
use training::TrainingError;
use training::hygiene::{self, Copies, Count, Inspection};
use training::source::{GradedPhotograph, Source, Split};
use trust::DISCLAIMER;

use crate::console::{line, warn};
use crate::settings::Settings;
use crate::{Outcome, interrupt};

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Look for unreadable files, copies, and patients in more than one split; the exit status is 1 where training on
    /// them would measure what it has learned
    Check(CheckArguments),
}

#[derive(Args)]
struct CheckArguments {
    /// Graded photographs: a folder with one sub-folder a grade, a folder with manifest.csv, or a CSV file
    #[arg(required = true, value_name = "SOURCE")]
    sources: Vec<PathBuf>,
}

pub(crate) fn run(arguments: &Arguments, settings: &Settings) -> anyhow::Result<Outcome> {
    let Action::Check(arguments) = &arguments.action;
    check(arguments, settings)
}

fn check(arguments: &CheckArguments, settings: &Settings) -> anyhow::Result<Outcome> {
    let mut photographs: Vec<GradedPhotograph> = Vec::new();
    for path in &arguments.sources {
        photographs.extend(Source::open(path)?.photographs);
    }
    interrupt::listen()?;
    let bar = crate::console::bar(settings, "compared", photographs.len());
    let result = hygiene::inspect(&photographs, interrupt::asked(), &|_, _| bar.inc(1));
    bar.finish_and_clear();
    let inspection = match result {
        Err(TrainingError::Interrupted) => {
            warn("interrupted: nothing was found out");
            return Ok(Outcome::SomeFailed);
        }
        result => result?,
    };
    if settings.json {
        line(&document(&inspection)?);
    } else {
        line(text(&inspection).trim_end());
    }
    let is_clean = !inspection.leaks() && inspection.unreadable.is_empty();
    Ok(if is_clean {
        Outcome::AllDone
    } else {
        Outcome::SomeFailed
    })
}

fn document(inspection: &Inspection) -> anyhow::Result<String> {
    let mut document = json!(inspection);
    document["leaks"] = json!(inspection.leaks());
    document["disclaimer"] = json!(DISCLAIMER);
    serde_json::to_string(&document).context("cannot write what was found as JSON")
}

/// Everything for people to read.
fn text(inspection: &Inspection) -> String {
    let mut text = counts_table(&inspection.counts);
    let mut part = |title: &str, lines: Vec<String>| {
        // Writing to a string cannot fail.
        let _ = write!(text, "\n{title}: {}\n", lines.len());
        for line in lines {
            let _ = writeln!(text, "  {line}");
        }
    };
    let copies = |is_wanted: fn(&Copies) -> bool| -> Vec<String> {
        let wanted = inspection.copies.iter().filter(|copies| is_wanted(copies));
        wanted.map(copies_line).collect()
    };
    part(
        "Unreadable",
        inspection
            .unreadable
            .iter()
            .map(|unreadable| format!("{}: {}", unreadable.file, unreadable.reason))
            .collect(),
    );
    part(
        "Patients in more than one split",
        inspection
            .torn_patients
            .iter()
            .map(|torn| {
                let files: Vec<String> = torn
                    .files
                    .iter()
                    .map(|(split, file)| format!("{file} ({})", split.name()))
                    .collect();
                format!(
                    "{}, patient {}: {}",
                    torn.source,
                    torn.patient,
                    files.join(", ")
                )
            })
            .collect(),
    );
    part(
        "Copies across splits",
        copies(|copies| copies.across_splits),
    );
    part(
        "Copies with different grades",
        copies(|copies| copies.conflicting_grades),
    );
    part(
        "Copies under different patients",
        copies(|copies| copies.different_patients),
    );
    part("All copies", copies(|_| true));
    text += if inspection.leaks() {
        "\nWhat is measured on one split would have been learned from another: put each patient, and both copies of a \
         photograph, into one split.\n"
    } else {
        "\nNo photograph and no patient lies in more than one split.\n"
    };
    text + DISCLAIMER
}

fn counts_table(counts: &[Count]) -> String {
    let width = counts
        .iter()
        .map(|count| count.source.chars().count())
        .max();
    let width = width.unwrap_or(0).max("source".len());
    let mut table = format!(
        "{:width$}  {:5}  {:>6} {:>6} {:>6} {:>6} {:>6}  pixels\n",
        "source", "split", "0", "1", "2", "3", "4"
    );
    for count in counts {
        let split = count.split.map_or("-", Split::name);
        let sizes = count.sizes.map_or_else(String::new, |[smallest, largest]| {
            let [from, to] =
                [smallest, largest].map(|[width, height]| format!("{width} x {height}"));
            if from == to {
                from
            } else {
                format!("{from} to {to}")
            }
        });
        let [none, mild, moderate, severe, proliferative] = count.grades;
        let _ = writeln!(
            table,
            "{:width$}  {split:5}  {none:>6} {mild:>6} {moderate:>6} {severe:>6} {proliferative:>6}  {sizes}",
            count.source
        );
    }
    table
}

fn copies_line(copies: &Copies) -> String {
    let [one, other] = copies.photographs.each_ref().map(|photograph| {
        let split = photograph.split.map_or("no split", Split::name);
        format!(
            "{} (grade {}, {split}, patient {})",
            photograph.file,
            photograph.grade.index(),
            photograph.patient
        )
    });
    let how = if copies.identical {
        "the same file".to_owned()
    } else {
        format!("correlation {:.2}", copies.correlation)
    };
    format!("{one} and {other}: {how}")
}
