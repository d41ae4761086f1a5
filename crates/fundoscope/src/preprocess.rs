//! `fundoscope preprocess`: the field of view cut out, what the network sees made visible, and what was measured.

use std::path::PathBuf;

use clap::Args;
use clinic::Laterality;
use fundus::{FieldOfView, Landmarks, PhotographLandmarks, Preparation, Prepared, Quality};
use rayon::prelude::*;
use serde::Serialize;
use serde_json::json;
use trust::DISCLAIMER;

use crate::console::Console;
use crate::eye::Eye;
use crate::inputs::{Inputs, Photograph};
use crate::output::OutputFolder;
use crate::settings::Settings;
use crate::{Outcome, bundle, interrupt, photograph};

#[derive(Args)]
pub(crate) struct Arguments {
    /// Photographs, or folders of photographs
    #[arg(required = true, value_name = "IMAGE")]
    images: Vec<PathBuf>,
    /// Folder for the pictures and their JSON files
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// What is written about a photograph.
#[derive(Serialize)]
struct Document<'a> {
    file: &'a str,
    /// Centre and radius in pixels of the upright photograph.
    field_of_view: FieldOfView,
    width: u32,
    height: u32,
    /// As far as the file's name says, else its header.
    laterality: Option<Laterality>,
    /// As far as its header says.
    laterality_recorded: Option<Laterality>,
    /// Whether the header or the optic disc tells the other eye.
    laterality_disputed: bool,
    quality: &'a Quality,
    /// In pixels of the upright photograph, with the eye that they speak for.
    landmarks: PhotographLandmarks,
    disclaimer: &'static str,
}

pub(crate) fn run(arguments: &Arguments, settings: &Settings) -> anyhow::Result<Outcome> {
    let inputs = Inputs::find(&arguments.images, None, &arguments.out)?;
    let preparation = bundle::open(settings)?.manifest.preparation;
    let out = OutputFolder::create(&arguments.out)?;
    interrupt::listen()?;

    let names = inputs.output_names();
    let named: Vec<(&Photograph, &String)> = inputs.photographs.iter().zip(&names).collect();
    let mut console = Console::new(settings, "prepared", named.len());
    console.failures(&inputs.failures);
    for chunk in named.chunks(photograph::CHUNK) {
        if interrupt::is_asked() {
            return Ok(console.interrupted("the photographs that were finished are written"));
        }
        let results: Vec<_> = chunk
            .par_iter()
            .map(|(photograph, name)| process(photograph, name, &preparation, &out))
            .collect();
        for ((photograph, name), result) in chunk.iter().zip(results) {
            match result? {
                Ok(()) => console.document(&json!({ "file": photograph.file, "name": name })),
                Err(reason) => console.failure(&photograph.file, &reason),
            }
            console.advance();
        }
    }
    let outcome = console.finish();
    let prepared = named.len() + inputs.failures.len() - console.failed();
    let skipped = inputs
        .skipped_sentence()
        .map_or_else(String::new, |sentence| format!("; {sentence}"));
    console.say(
        &format!(
            "{prepared} photographs prepared, {} failed{skipped}; written to {}",
            console.failed(),
            out.path().display()
        ),
        &json!({
            "prepared": prepared,
            "failed": console.failed(),
            "skipped": inputs.skipped,
            "out": out.path(),
            "disclaimer": DISCLAIMER,
        }),
    );
    Ok(outcome)
}

/// Prepares one photograph and writes its files; the inner error is the photograph's, the outer one the folder's.
fn process(
    photograph: &Photograph,
    name: &str,
    preparation: &Preparation,
    out: &OutputFolder,
) -> anyhow::Result<Result<(), String>> {
    match photograph::prepare(&photograph.path, preparation) {
        Ok(prepared) => write(photograph, name, &prepared, preparation, out).map(Ok),
        Err(reason) => Ok(Err(reason)),
    }
}

fn write(
    photograph: &Photograph,
    name: &str,
    prepared: &Prepared,
    preparation: &Preparation,
    out: &OutputFolder,
) -> anyhow::Result<()> {
    out.write_jpeg(&format!("{name}.cropped.jpg"), &prepared.cropped)?;
    let standardized = preparation.visible(&prepared.input);
    out.write_jpeg(&format!("{name}.standardized.jpg"), &standardized)?;
    let landmarks = Landmarks::find(&prepared.cropped);
    let eye = Eye::of(&photograph.file, prepared, &landmarks);
    let document = Document {
        file: &photograph.file,
        field_of_view: prepared.field_of_view,
        width: prepared.width,
        height: prepared.height,
        laterality: eye.stated,
        laterality_recorded: eye.recorded,
        laterality_disputed: eye.is_disputed(),
        quality: &prepared.quality,
        landmarks: landmarks.in_photograph(&prepared.field_of_view),
        disclaimer: DISCLAIMER,
    };
    out.write_json(&format!("{name}.json"), &document)
}
