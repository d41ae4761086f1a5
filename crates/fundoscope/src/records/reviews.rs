//! `fundoscope export-reviews`: photographs with the grades that readers gave them, as a source to train and evaluate on.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use clinic::{
    Access, Action, Actor, Laterality, PhotographId, SettledPhotograph, SettledReviews,
    settled_reviews,
};
use serde::Serialize;
use serde_json::json;

use super::copies::Copies;
use super::{RecordsArguments, runtime};
use crate::Outcome;
use crate::console::{line, warn};
use crate::output::{OutputFolder, create_private_folder};
use crate::settings::Settings;

#[derive(Args)]
#[command(
    after_help = "The folder is a source for `train --data`, `evaluate --data` and `bundle calibrate --data`. It holds eyes on \
                  which a reader's word stands: read by one and undisputed, or settled between readers; every gradable \
                  photograph of such an eye bears its grade, unless its header or optic disc tells the other eye. Patients have \
                  opaque names there, and photographs too, but they are photographs of patients: keep the folder as the data \
                  folder is kept. The server may go on meanwhile."
)]
pub(crate) struct Arguments {
    #[command(flatten)]
    records: RecordsArguments,
    /// Folder of the source; it must be empty or hold an earlier export
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Only eyes that at least so many readers have read
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..))]
    readers: u8,
}

/// The list of the photographs, in the form that sources have.
const MANIFEST: &str = "manifest.csv";
/// The folder of the photographs below it.
const PHOTOGRAPHS: &str = "photographs";

/// A row of the list.
#[derive(Serialize)]
struct Row {
    file: String,
    grade: u8,
    patient: String,
    laterality: &'static str,
    /// How many readers read the eye.
    readers: usize,
    system_grade: u8,
    screening: String,
}

pub(crate) fn run(arguments: &Arguments, settings: &Settings) -> anyhow::Result<Outcome> {
    let (folder, records) = arguments.records.place(settings)?;
    let runtime = runtime()?;
    let mut settled = runtime.block_on(async {
        // Those who have no records yet are told so before anything is made.
        let settled = settled_reviews(&folder, &records).await?;
        let access = Access::open(&folder, &records).await?;
        access.note(Actor::Local, Action::Exported, None).await?;
        access.close().await?;
        anyhow::Ok(settled)
    })?;
    let wanted =
        |photograph: &SettledPhotograph| photograph.readers >= usize::from(arguments.readers);
    settled.photographs.retain(wanted);
    if settled.photographs.is_empty() {
        anyhow::bail!(
            "there is no photograph of an eye that {} and that they agree about; nothing was written",
            match arguments.readers {
                1 => "a reader has graded".to_owned(),
                readers => format!("{readers} readers have graded"),
            }
        );
    }
    if !arguments.out.exists() {
        create_private_folder(&arguments.out)
            .with_context(|| format!("cannot make the folder {}", arguments.out.display()))?;
    }
    let out = OutputFolder::create(&arguments.out)?;
    refuse_strangers(&arguments.out)?;
    let mut rows = Vec::with_capacity(settled.photographs.len());
    let mut failed = 0;
    for photograph in &settled.photographs {
        let bytes = runtime.block_on(settled.read(&photograph.original));
        let written = bytes.map_err(anyhow::Error::from);
        match written.and_then(|bytes| write(&out, photograph, &bytes)) {
            Ok(row) => rows.push(row),
            Err(error) => {
                warn(&format!("photograph {}: {error:#}", photograph.photograph));
                failed += 1;
            }
        }
    }
    // What the list names is there when the list is.
    out.write_csv(MANIFEST, &rows)?;
    remove_others(&arguments.out, &rows)?;
    say(&settled, rows.len(), failed, settings);
    Ok(match failed {
        0 => Outcome::AllDone,
        _ => Outcome::SomeFailed,
    })
}

/// A folder with other things in it is no place for a source: they would be taken for a part of it.
fn refuse_strangers(out: &Path) -> anyhow::Result<()> {
    let entries = fs::read_dir(out).with_context(|| format!("cannot read {}", out.display()))?;
    for entry in entries {
        let name = entry?.file_name();
        anyhow::ensure!(
            name == MANIFEST || name == PHOTOGRAPHS,
            "{} holds other files; choose an empty folder or that of an earlier export",
            out.display()
        );
    }
    Ok(())
}

/// Photographs of an earlier export that the list no longer names: their patient may have been deleted since.
fn remove_others(out: &Path, rows: &[Row]) -> anyhow::Result<()> {
    let named: HashSet<PathBuf> = rows.iter().map(|row| out.join(&row.file)).collect();
    let folder = out.join(PHOTOGRAPHS);
    let sentence = || format!("cannot clear {}", folder.display());
    for entry in fs::read_dir(&folder).with_context(sentence)? {
        let path = entry.with_context(sentence)?.path();
        let stem = path.file_stem().and_then(|stem| stem.to_str());
        let is_ours = stem.is_some_and(|stem| stem.parse::<PhotographId>().is_ok());
        if is_ours && !named.contains(&path) {
            fs::remove_file(&path).with_context(sentence)?;
        }
    }
    Ok(())
}

fn write(out: &OutputFolder, photograph: &SettledPhotograph, bytes: &[u8]) -> anyhow::Result<Row> {
    let file = format!(
        "{PHOTOGRAPHS}/{}.{}",
        photograph.photograph,
        Copies::WithoutHeaders.extension(&photograph.media_type)
    );
    out.write(&file, &Copies::WithoutHeaders.of(bytes)?)?;
    let screening = photograph.screening.to_string();
    Ok(Row {
        file,
        grade: photograph.grade.into(),
        patient: (photograph.patient)
            .map_or_else(|| screening.clone(), |patient| patient.to_string()),
        laterality: match photograph.laterality {
            Some(Laterality::Right) => "right",
            Some(Laterality::Left) => "left",
            None => "",
        },
        readers: photograph.readers,
        system_grade: photograph.system_grade.into(),
        screening,
    })
}

fn say(settled: &SettledReviews, written: usize, failed: usize, settings: &Settings) {
    let SettledReviews {
        disputed_eyes,
        ungradable_eyes,
        disputed_photographs,
        copies,
        ..
    } = settled;
    if settings.json {
        let said = json!({
            "photographs": written,
            "failed": failed,
            "disputed_eyes": disputed_eyes,
            "ungradable_eyes": ungradable_eyes,
            "disputed_photographs": disputed_photographs,
            "copies": copies,
        });
        return line(&said.to_string());
    }
    line(&format!(
        "{written} photographs with readers' grades; left out: {disputed_eyes} eyes that readers differ about, \
         {ungradable_eyes} ungradable eyes, {disputed_photographs} photographs that may show the other eye, {copies} photographs \
         handed in before"
    ));
}
