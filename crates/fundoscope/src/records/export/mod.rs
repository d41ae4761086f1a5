//! `fundoscope export`: everything in the records as tables, and the photographs, for other programs.
//!
//! The folder appears when it is whole. Rows pass through a page at a time, so memory does not grow with the records.

mod tables;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::Args;
use clinic::{Actor, Export, ExportPage, ExportedPhotograph, Period, Pseudonyms, Rows};
use serde::Serialize;
use serde_json::json;
use time::macros::format_description;
use time::{Date, OffsetDateTime};
use trust::DISCLAIMER;

use super::copies::Copies;
use super::{RecordsArguments, runtime};
use crate::console::{line, warn};
use crate::output::create_private_folder;
use crate::records::export::tables::Tables;
use crate::settings::Settings;
use crate::table::{Format, Part, synchronise_folder_of};
use crate::{Outcome, interrupt};

/// The document that says what an export holds.
const ABOUT: &str = "export.json";
/// The folder of the photographs.
const PHOTOGRAPHS: &str = "photographs";

#[derive(Args)]
#[command(
    after_help = "The server may go on meanwhile: the export shows one moment. It holds patients' names and photographs, unless \
                  it is pseudonymous: keep it as the data folder is kept."
)]
pub(crate) struct Arguments {
    #[command(flatten)]
    records: RecordsArguments,
    /// Folder of the export; it must not be there yet, or be empty
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// How the tables are written; several, separated by commas
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = [Format::Csv, Format::Parquet, Format::Json])]
    format: Vec<Format>,
    /// Copy the photographs too, as they were submitted; where the export is pseudonymous, DICOM files as their pictures alone
    #[arg(long)]
    photographs: bool,
    /// Only screenings that were received on this day (UTC) or later
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = day)]
    since: Option<Date>,
    /// Only screenings that were received on this day (UTC) or earlier
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = day)]
    until: Option<Date>,
    /// Replace names of patients, files and readers by keyed hashes, and leave out what readers wrote
    #[arg(long)]
    pseudonymous: bool,
}

fn day(text: &str) -> Result<Date, String> {
    let form = format_description!("[year]-[month]-[day]");
    Date::parse(text, form).map_err(|_| "expected a day such as 2026-03-31".to_owned())
}

/// How many rows and files an export holds.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub(crate) struct Counts {
    pub(crate) patients: u64,
    pub(crate) screenings: u64,
    pub(crate) photographs: u64,
    pub(crate) results: u64,
    pub(crate) explanations: u64,
    pub(crate) reviews: u64,
    /// Copied photographs; the same bytes are one file.
    pub(crate) files: u64,
}

pub(crate) fn run(arguments: &Arguments, settings: &Settings) -> anyhow::Result<Outcome> {
    let (data_folder, records) = arguments.records.place(settings)?;
    let period = period(arguments)?;
    if records.rows == Rows::Sqlite {
        fs::metadata(&data_folder).with_context(|| {
            format!(
                "there are no screenings to export in {}",
                data_folder.display()
            )
        })?;
    }
    let out = PartFolder::begin(&arguments.out)?;
    interrupt::listen()?;
    let counts = runtime()?.block_on(async {
        let pseudonyms = match arguments.pseudonymous {
            true => Some(Pseudonyms::of(&data_folder, &records).await?),
            false => None,
        };
        let export = Export::open(Actor::Local, &data_folder, &records, period, pseudonyms)
            .await
            .context("the records cannot be exported")?;
        write(export, arguments, &out.path).await
    })?;
    let Some(counts) = counts else {
        warn("interrupted: nothing was written; run the same command again");
        return Ok(Outcome::SomeFailed);
    };
    write_about(arguments, &counts, &out.path)?;
    out.keep()?;
    say(arguments, &counts, settings);
    Ok(Outcome::AllDone)
}

fn period(arguments: &Arguments) -> anyhow::Result<Period> {
    let (since, until) = (arguments.since, arguments.until);
    if since.zip(until).is_some_and(|(since, until)| since > until) {
        bail!("--since is later than --until: nothing lies between them");
    }
    // The last day of the calendar has no next one, and nothing after it.
    let before = until.and_then(Date::next_day);
    let midnight = |day: Date| day.midnight().assume_utc();
    Ok(Period {
        since: since.map(midnight),
        before: before.map(midnight),
    })
}

/// Writes all tables, and the photographs where they are wanted; `None` where that was interrupted.
async fn write(
    mut export: Export,
    arguments: &Arguments,
    out: &Path,
) -> anyhow::Result<Option<Counts>> {
    let copies = arguments
        .photographs
        .then_some(match arguments.pseudonymous {
            true => Copies::WithoutHeaders,
            false => Copies::Whole,
        });
    let mut tables = Tables::begin(out, &arguments.format, copies)?;
    let photographs = out.join(PHOTOGRAPHS);
    if copies.is_some() {
        fs::create_dir(&photographs)
            .with_context(|| format!("cannot make the folder {}", photographs.display()))?;
    }
    let mut files = 0;
    while let Some(page) = export.next_page().await? {
        if interrupt::is_asked() {
            return Ok(None);
        }
        tables.push(&page)?;
        if let (Some(copies), ExportPage::Photographs(rows)) = (copies, &page) {
            for row in rows {
                if interrupt::is_asked() {
                    return Ok(None);
                }
                files += u64::from(copy(&export, row, copies, out).await?);
            }
        }
    }
    export.close().await?;
    Ok(Some(Counts {
        files,
        ..tables.finish()?
    }))
}

/// Copies a photograph; `false` where there is none, or it was copied before.
async fn copy(
    export: &Export,
    row: &ExportedPhotograph,
    copies: Copies,
    out: &Path,
) -> anyhow::Result<bool> {
    let (Some(hash), Some(name)) = (&row.original, name_of_copy(row, copies)) else {
        return Ok(false);
    };
    let target = out.join(name);
    if target.exists() {
        return Ok(false);
    }
    let original = export.original(hash).await?;
    let written = || format!("cannot copy a photograph to {}", target.display());
    let bytes = copies.of(&original).with_context(written)?;
    fs::File::create_new(&target)
        .and_then(|mut file| file.write_all(&bytes).and_then(|()| file.sync_all()))
        .with_context(written)?;
    Ok(true)
}

/// Where a photograph lies in the export: by the hash of its bytes, with the ending of its format.
fn name_of_copy(row: &ExportedPhotograph, copies: Copies) -> Option<String> {
    let hash = row.original.as_ref()?;
    let extension = copies.extension(&row.facts.as_ref()?.media_type);
    Some(format!("{PHOTOGRAPHS}/{hash}.{extension}"))
}

fn write_about(arguments: &Arguments, counts: &Counts, out: &Path) -> anyhow::Result<()> {
    let about = json!({
        "disclaimer": DISCLAIMER,
        "program": concat!("fundoscope ", env!("CARGO_PKG_VERSION")),
        "created": OffsetDateTime::now_utc().format(&time::format_description::well_known::Rfc3339)?,
        "since": arguments.since.map(|day| day.to_string()),
        "until": arguments.until.map(|day| day.to_string()),
        "pseudonymous": arguments.pseudonymous,
        "counts": counts,
    });
    let path = out.join(ABOUT);
    let text = format!("{about:#}\n");
    fs::File::create(&path)
        .and_then(|mut file| {
            file.write_all(text.as_bytes())
                .and_then(|()| file.sync_all())
        })
        .with_context(|| format!("cannot write {}", path.display()))
}

fn say(arguments: &Arguments, counts: &Counts, settings: &Settings) {
    let Counts {
        patients,
        screenings,
        photographs,
        results,
        explanations,
        reviews,
        files,
    } = counts;
    let out = arguments.out.display();
    match settings.json {
        true => line(
            &json!({ "counts": counts, "out": arguments.out, "disclaimer": DISCLAIMER })
                .to_string(),
        ),
        false => line(&format!(
            "{patients} patients, {screenings} screenings, {photographs} photographs, {results} results, {explanations} \
             explanations and {reviews} reviews exported to {out}, with {files} files\n{DISCLAIMER}"
        )),
    }
    if arguments.pseudonymous && arguments.photographs {
        warn(
            "the photographs were copied as they were submitted, but for the headers of DICOM files: what a camera wrote into \
             the others or over any may still name the patient",
        );
    }
}

/// A folder that is being written, hidden beside its place until it is whole. Dropping it removes it.
struct PartFolder {
    path: PathBuf,
    target: PathBuf,
    is_kept: bool,
}

impl PartFolder {
    /// Begins the folder that is to be `target`. What a run that was killed left of it is replaced.
    fn begin(target: &Path) -> anyhow::Result<Self> {
        let is_empty = |mut entries: fs::ReadDir| entries.next().is_none();
        if target.exists() && !fs::read_dir(target).is_ok_and(is_empty) {
            bail!(
                "{} is there already, and not empty: name another folder, or remove it",
                target.display()
            );
        }
        // `out/` and `out/.` are `out`.
        let target: PathBuf = target.components().collect();
        let Some(name) = target.file_name() else {
            bail!(
                "{} has no name that a folder can be given",
                target.display()
            );
        };
        let path = target.with_file_name(format!(".{}.part", name.to_string_lossy()));
        let sentence = || format!("cannot make the folder {}", path.display());
        if path.exists() {
            fs::remove_dir_all(&path).with_context(sentence)?;
        }
        create_private_folder(&path).with_context(sentence)?;
        Ok(Self {
            path,
            target,
            is_kept: false,
        })
    }

    /// Puts the folder, which is whole, in its place.
    fn keep(mut self) -> anyhow::Result<()> {
        let sentence = || format!("cannot write {}", self.target.display());
        if self.target.exists() {
            fs::remove_dir(&self.target).with_context(sentence)?;
        }
        fs::rename(&self.path, &self.target).with_context(sentence)?;
        self.is_kept = true;
        synchronise_folder_of(&self.target).with_context(sentence)
    }
}

impl Drop for PartFolder {
    fn drop(&mut self) {
        if !self.is_kept {
            // What cannot be removed is hidden, and its name says that it is a part.
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

/// Puts each table in its place in the folder.
fn keep_all(parts: Vec<Part>) -> anyhow::Result<()> {
    parts.into_iter().try_for_each(Part::keep)
}
