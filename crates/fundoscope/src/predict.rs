//! `fundoscope predict`: probabilities, uncertainty and decision of each photograph.

use std::path::PathBuf;

use clap::Args;
use fundus::Landmarks;
use serde_json::json;
use training::source::Split;
use trust::DISCLAIMER;

use crate::console::Console;
use crate::eye::Eye;
use crate::inputs::{Inputs, parse_split};
use crate::output::OutputFolder;
use crate::passes::PassArguments;
use crate::predictions::{self, Prediction};
use crate::screening::{End, screen};
use crate::settings::Settings;
use crate::{Outcome, bundle, interrupt};

#[derive(Args)]
pub(crate) struct Arguments {
    /// Photographs, folders of photographs, or sources (CSV files; with --split also folders)
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Folder for predictions.csv and predictions.npz
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Only the photographs of this split; every PATH must be a source then
    #[arg(long, value_parser = parse_split, value_name = "train|val|test")]
    split: Option<Split>,
    #[command(flatten)]
    passes: PassArguments,
}

pub(crate) fn run(arguments: &Arguments, settings: &Settings) -> anyhow::Result<Outcome> {
    let plan = arguments.passes.plan(settings)?;
    let inputs = Inputs::find(&arguments.paths, arguments.split, &arguments.out)?;
    let grader = bundle::grader(settings)?;
    let out = OutputFolder::create(&arguments.out)?;
    interrupt::listen()?;

    let mut console = Console::new(settings, "graded", inputs.photographs.len());
    console.failures(&inputs.failures);
    let mut predictions = Vec::new();
    let end = screen(
        &grader,
        &plan,
        &inputs.photographs,
        &mut console,
        |index, prepared, screening, console| {
            // Finding the disc takes its time.
            let eye = settings.json.then(|| {
                let file = &inputs.photographs[index].file;
                Eye::of(file, prepared, &Landmarks::find(&prepared.cropped))
            });
            let prediction = Prediction::new(&inputs.photographs[index].file, screening);
            console.document(&json!({
                "file": prediction.file,
                "grade": prediction.assessment.grade,
                "probabilities": prediction.assessment.probabilities,
                "referable": prediction.assessment.probabilities.referable(),
                "uncertainty": prediction.assessment.uncertainty,
                "decision": prediction.decision,
                "rule": prediction.rule,
                "prediction_set": prediction.prediction_set,
                "quality": prediction.evidence.quality,
                "unfamiliarity": prediction.evidence.unfamiliarity,
                "laterality": eye.as_ref().and_then(|eye| eye.stated),
                "laterality_recorded": eye.as_ref().and_then(|eye| eye.recorded),
                "laterality_seen": eye.as_ref().and_then(|eye| eye.seen),
                "laterality_disputed": eye.as_ref().is_some_and(Eye::is_disputed),
            }));
            predictions.push(prediction);
        },
    )?;
    if end == End::Interrupted {
        return Ok(console.interrupted("nothing was written"));
    }
    predictions::write(&out, &predictions, plan.passes(grader.members().len()))?;
    let outcome = console.finish();
    let skipped = inputs
        .skipped_sentence()
        .map_or_else(String::new, |sentence| format!("; {sentence}"));
    console.say(
        &format!(
            "{} photographs graded, {} failed{skipped}; written to {}\n{DISCLAIMER}",
            predictions.len(),
            console.failed(),
            out.path().display()
        ),
        &json!({
            "graded": predictions.len(),
            "failed": console.failed(),
            "skipped": inputs.skipped,
            "out": out.path(),
            "disclaimer": DISCLAIMER,
        }),
    );
    Ok(outcome)
}
