//! `fundoscope screen`: thousands of photographs into one table, in a run that may be stopped at any moment and goes on.
//!
//! A handful of photographs at a time is read, graded where their bytes have no answer yet, and noted in the journal; then
//! their rows are written, always from the journal, so that a run that was stopped ends with the same bytes as one that was
//! not. The tables appear when they are whole, and the journal goes. What an answer is, is what the server puts on record.

mod answer;
mod cases;
mod patients;
mod row;

use std::collections::HashMap;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail};
use clap::Args;
use clinic::{ContentHash, PhotographFacts};
use fundus::{Limits, Preparation, Prepared};
use grader::{Grader, GraderError, PassPlan, Screening};
use rayon::prelude::*;
use serde_json::json;
use trust::DISCLAIMER;

use crate::console::Console;
use crate::journal::{Journal, Options, Place};
use crate::passes::PassArguments;
use crate::screen::answer::Answer;
use crate::screen::cases::{Case, Cases};
use crate::screen::patients::PatientRow;
use crate::screen::row::Row;
use crate::settings::Settings;
use crate::table::{Format, Table};
use crate::{Outcome, bundle, interrupt, journal, photograph};

#[derive(Args)]
#[command(
    after_help = "A table of photographs is a CSV file with the column `file` (or `image`), and if you like `patient`, \
                  `laterality`, `year_of_birth`, `examined`, `device` and `operator`; paths are relative to it. A run that was stopped goes on when the same command is called \
                  again. Photographs with the same bytes are graded once, and each has its row."
)]
pub(crate) struct Arguments {
    /// Photographs, folders of photographs, or CSV tables of photographs
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// File of the results, one row a photograph: .csv, .parquet or .json
    #[arg(long, value_name = "FILE", value_parser = table_file)]
    out: TableFile,
    /// File of what both eyes of each patient come to, one row a patient: .csv, .parquet or .json
    #[arg(long, value_name = "FILE", value_parser = table_file)]
    patients: Option<TableFile>,
    #[command(flatten)]
    passes: PassArguments,
}

/// A file for a table, whose ending says its format.
#[derive(Clone)]
struct TableFile {
    path: PathBuf,
    format: Format,
}

fn table_file(text: &str) -> Result<TableFile, String> {
    let path = PathBuf::from(text);
    let extension = path.extension().and_then(|extension| extension.to_str());
    let formats = [Format::Csv, Format::Parquet, Format::Json];
    let format = formats.into_iter().find(|format| {
        extension.is_some_and(|extension| extension.eq_ignore_ascii_case(format.extension()))
    });
    match format {
        Some(format) => Ok(TableFile { path, format }),
        None => Err("the file must end in .csv, .parquet or .json".to_owned()),
    }
}

/// How many photographs came to what.
#[derive(Default, serde::Serialize)]
struct Counts {
    photographs: usize,
    graded: usize,
    copies: usize,
    failed: usize,
}

pub(crate) fn run(arguments: &Arguments, settings: &Settings) -> anyhow::Result<Outcome> {
    let plan = arguments.passes.plan(settings)?;
    let Cases {
        cases,
        failures,
        skipped,
    } = Cases::find(&arguments.paths)?;
    prepare_place(arguments, &cases)?;
    let bundle = bundle::open(settings)?;
    let fingerprint = server::fingerprint(&bundle);
    let grader = bundle::on_device(&bundle, settings)?;
    let mut journal = open_journal(arguments, options(&fingerprint, &plan, settings))?;
    interrupt::listen()?;

    let mut console = Console::new(settings, "graded", cases.len());
    console.goes_on(journal.answered());
    console.failures(&failures);
    let mut run = Run {
        grader: &grader,
        plan: &plan,
        fingerprint: &fingerprint,
        cases: &cases,
        journal: &mut journal,
        results: Table::begin(
            &arguments.out.path,
            arguments.out.format,
            "photographs",
            row::columns(),
        )?,
        places: Vec::with_capacity(cases.len()),
        firsts: HashMap::new(),
        counts: Counts::default(),
    };
    if !run.all(&mut console)? {
        let kept = journal.answered();
        return Ok(console.interrupted(&format!(
            "{kept} answers are kept in {}",
            journal.path().display()
        )));
    }
    let Run {
        results,
        places,
        counts,
        ..
    } = run;
    finish(arguments, results, &cases, &places, journal)?;
    let outcome = console.finish();
    say_counts(&console, &counts, skipped, arguments);
    Ok(outcome)
}

/// Makes sure that the tables can lie where they are wanted.
fn prepare_place(arguments: &Arguments, cases: &[Case]) -> anyhow::Result<()> {
    let out = whole_path(&arguments.out.path)?;
    let Some(patients) = &arguments.patients else {
        return Ok(());
    };
    if whole_path(&patients.path)? == out {
        bail!("--out and --patients name the same file: name two");
    }
    if cases.iter().all(|case| case.patient.is_none()) {
        bail!(
            "it is not known whose any photograph is: for --patients give a CSV file with the columns `file` and `patient`"
        );
    }
    Ok(())
}

/// The one spelling of a path to a file, whose folder is made.
fn whole_path(path: &Path) -> anyhow::Result<PathBuf> {
    let folder = match path.parent() {
        None => Path::new("."),
        Some(folder) if folder.as_os_str().is_empty() => Path::new("."),
        Some(folder) => folder,
    };
    let unmade = || format!("cannot make the folder {}", folder.display());
    fs::create_dir_all(folder).with_context(unmade)?;
    let folder = folder.canonicalize().with_context(unmade)?;
    Ok(folder.join(path.file_name().unwrap_or_default()))
}

/// The journal, by which no other run writes the same tables; none is begun where that would replace a table.
fn open_journal(arguments: &Arguments, options: Options) -> anyhow::Result<Journal<Answer>> {
    let out = &arguments.out.path;
    let journal = Journal::open(&journal::path_beside(out), options)?;
    // A table beside a journal that goes on is of the same run: it was stopped between the last table and the end.
    if journal.answered() > 0 {
        return Ok(journal);
    }
    let patients = arguments.patients.as_ref().map(|file| &file.path);
    let mut tables = [Some(out), patients].into_iter().flatten();
    if let Some(path) = tables.find(|path| path.exists()) {
        journal.remove()?;
        bail!(
            "{} is there already, and whole: name another file, or remove it",
            path.display()
        );
    }
    Ok(journal)
}

/// What the answers depend on beside the photographs.
fn options(fingerprint: &str, plan: &PassPlan, settings: &Settings) -> Options {
    let PassPlan {
        rotations,
        mirrors,
        members,
        samples,
        stochastic,
        seed,
        // Bounds the memory and does not change an answer.
        batch_size: _,
    } = plan;
    let random = [
        ("dropout", stochastic.dropout),
        ("batch-norm", stochastic.batch_norm),
        ("training-batches", stochastic.training_batches),
    ];
    let random: Vec<&str> = random
        .into_iter()
        .filter_map(|(name, is_random)| is_random.then_some(name))
        .collect();
    let stochastic = match random.is_empty() {
        true => "none".to_owned(),
        false => random.join(","),
    };
    let members = members.map_or_else(|| "all".to_owned(), |members| members.to_string());
    vec![
        ("bundle or operating point", fingerprint.to_owned()),
        ("--device", settings.device.clone()),
        ("--rotations", rotations.to_string()),
        ("--mirrors", mirrors.to_string()),
        ("--members", members),
        ("--samples", samples.to_string()),
        ("--stochastic", stochastic),
        ("--seed", seed.to_string()),
    ]
}

/// Puts the tables in their places, and only then ends the journal.
fn finish(
    arguments: &Arguments,
    results: Table<Row>,
    cases: &[Case],
    places: &[Option<Place>],
    journal: Journal<Answer>,
) -> anyhow::Result<()> {
    let patients = match &arguments.patients {
        None => None,
        Some(TableFile { path, format }) => {
            let mut table: Table<PatientRow> =
                Table::begin(path, *format, "patients", patients::columns())?;
            patients::write(&mut table, cases, places, &journal)?;
            Some(table.finish()?)
        }
    };
    results.finish()?.keep()?;
    if let Some(patients) = patients {
        patients.keep()?;
    }
    journal.remove()
}

fn say_counts(console: &Console, counts: &Counts, skipped: Option<String>, arguments: &Arguments) {
    let Counts {
        photographs,
        graded,
        copies,
        failed,
    } = counts;
    let skipped = skipped.map_or_else(String::new, |sentence| format!("; {sentence}"));
    let out = arguments.out.path.display();
    console.say(
        &format!(
            "{photographs} photographs: {graded} graded, {copies} of them copies of others, {failed} failed{skipped}; \
             written to {out}\n{DISCLAIMER}"
        ),
        &json!({ "counts": counts, "out": arguments.out.path, "disclaimer": DISCLAIMER }),
    );
}

/// A run over all photographs.
struct Run<'a> {
    grader: &'a Grader,
    plan: &'a PassPlan,
    fingerprint: &'a str,
    cases: &'a [Case],
    journal: &'a mut Journal<Answer>,
    results: Table<Row>,
    /// Where the answer to each case so far stands; `None` for one that could not be read.
    places: Vec<Option<Place>>,
    /// The first case with each answer.
    firsts: HashMap<Place, usize>,
    counts: Counts,
}

/// A photograph whose bytes were read.
struct Seen {
    hash: ContentHash,
    /// What becomes of it before it is graded; `None` where it has its answer.
    new: Option<Result<(Prepared, PhotographFacts), String>>,
}

impl Run<'_> {
    /// Works through all photographs; `false` where that was interrupted.
    fn all(&mut self, console: &mut Console) -> anyhow::Result<bool> {
        for chunk in self.cases.chunks(photograph::CHUNK) {
            if interrupt::is_asked() {
                return Ok(false);
            }
            let seen: Vec<Result<Seen, String>> = chunk
                .par_iter()
                .map(|case| see(case, self.journal, self.grader.preparation()))
                .collect();
            let hashes: Vec<Result<ContentHash, String>> = seen
                .iter()
                .map(|seen| Ok(seen.as_ref().map_err(Clone::clone)?.hash.clone()))
                .collect();
            self.answer(seen.into_iter().flatten().collect())?;
            for (case, hash) in chunk.iter().zip(hashes) {
                let row = self.row(case, hash)?;
                self.say(&row, console);
                self.results.push(&row)?;
                console.advance();
            }
        }
        Ok(true)
    }

    /// Notes an answer to each photograph that has none, and brings the answers to disk.
    fn answer(&mut self, seen: Vec<Seen>) -> anyhow::Result<()> {
        let mut ready: Vec<(ContentHash, Prepared, PhotographFacts)> = Vec::new();
        for Seen { hash, new } in seen {
            let is_known = self.journal.place(&hash).is_some()
                || ready.iter().any(|(earlier, ..)| *earlier == hash);
            match new {
                None => {}
                Some(_) if is_known => {}
                Some(Err(error)) => self.journal.note(&hash, Answer::Rejected { error })?,
                Some(Ok((prepared, facts))) => ready.push((hash, prepared, facts)),
            }
        }
        let prepared: Vec<&Prepared> = ready.iter().map(|(_, prepared, _)| prepared).collect();
        let screenings = grade(self.grader, self.plan, &prepared)?;
        for ((hash, _, facts), screening) in ready.into_iter().zip(screenings) {
            let answer = match screening {
                Err(error) => Answer::Failed { facts, error },
                Ok(screening) => Answer::Graded {
                    facts,
                    finding: server::finding(screening, self.grader.manifest(), self.fingerprint),
                },
            };
            self.journal.note(&hash, answer)?;
        }
        self.journal.keep()
    }

    /// The row of the next case, from the journal.
    fn row(&mut self, case: &Case, hash: Result<ContentHash, String>) -> anyhow::Result<Row> {
        let index = self.places.len();
        let hash = match hash {
            Ok(hash) => hash,
            Err(error) => {
                self.places.push(None);
                return Ok(Row::unread(case, error));
            }
        };
        let place = self.journal.place(&hash);
        let place = place.ok_or_else(|| anyhow!("{} has no answer", case.photograph.file))?;
        self.places.push(Some(place));
        let first = *self.firsts.entry(place).or_insert(index);
        let duplicate_of = (first != index).then(|| self.cases[first].photograph.file.clone());
        let answer = self.journal.answer(place)?;
        Ok(Row::answered(case, hash, duplicate_of, answer))
    }

    fn say(&mut self, row: &Row, console: &mut Console) {
        self.counts.photographs += 1;
        if let Some(error) = &row.error {
            self.counts.failed += 1;
            console.failure(&row.file, error);
            return;
        }
        self.counts.graded += 1;
        self.counts.copies += usize::from(row.duplicate_of.is_some());
        console.document(&self.results.document(row));
    }
}

/// Reads a photograph, and prepares it where its bytes have no answer yet; a sentence where it cannot be read.
fn see(case: &Case, journal: &Journal<Answer>, preparation: &Preparation) -> Result<Seen, String> {
    let limits = Limits::default();
    let bytes = photograph::read(&case.photograph.path, &limits)?;
    if bytes.len() as u64 > limits.max_bytes {
        return Err(format!(
            "the file has more than {} bytes; export the photograph as JPEG",
            limits.max_bytes
        ));
    }
    let hash = ContentHash::of(&bytes);
    let new = journal
        .place(&hash)
        .is_none()
        .then(|| prepare(&bytes, preparation, &limits));
    Ok(Seen { hash, new })
}

/// As the server prepares what is handed in. A decoder that fails on one photograph stops no other.
fn prepare(
    bytes: &[u8],
    preparation: &Preparation,
    limits: &Limits,
) -> Result<(Prepared, PhotographFacts), String> {
    let prepared = catch_unwind(AssertUnwindSafe(|| preparation.prepare(bytes, limits)))
        .map_err(|_| "the picture cannot be decoded; export it again as JPEG or PNG")?
        .map_err(|error| error.to_string())?;
    // The answer belongs to the bytes, whatever the file is called and whichever eye it is said to show.
    let facts = server::facts(&prepared, bytes, None);
    Ok((prepared, facts))
}

/// Grades photographs. One that the network cannot grade stops no other; a plan or a bundle that fits none is an error.
fn grade(
    grader: &Grader,
    plan: &PassPlan,
    prepared: &[&Prepared],
) -> anyhow::Result<Vec<Result<Screening, String>>> {
    match grader.screen(prepared, plan) {
        Ok(screenings) => Ok(screenings.into_iter().map(Ok).collect()),
        Err(GraderError::NotFinite { .. } | GraderError::Trust(_)) => Ok(prepared
            .iter()
            .map(|one| {
                let mut screenings = grader
                    .screen(&[one], plan)
                    .map_err(|error| error.to_string())?;
                screenings
                    .pop()
                    .ok_or_else(|| "the network gave no answer".to_owned())
            })
            .collect()),
        Err(error) => Err(error.into()),
    }
}
