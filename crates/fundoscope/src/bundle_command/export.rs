//! `fundoscope bundle export`: a bundle's members for PyTorch and for whatever runs ONNX.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use grader::{BundleManifest, ResNet18, export, onnx};
use serde_json::{Value, json};
use trust::DISCLAIMER;

use crate::output::OutputFolder;
use crate::settings::Settings;
use crate::{Outcome, bundle};

/// What the exported members take.
const INPUT: &str = "photographs prepared as `preparation` says: the square of the field of view, standardised, reduced \
                     and normalised; planes red, green, blue, rows from the top";

/// What they give.
const OUTPUT: &str = "logits of the five grades before calibration; divide by the temperature, take the softmax, then \
                      the mean over members and over views (rotations by 0, 90, 180 and 270 degrees)";

#[derive(Args)]
pub(crate) struct Arguments {
    /// Folder of the bundle [default: --bundle, else the starter bundle]
    #[arg(value_name = "BUNDLE")]
    folder: Option<PathBuf>,
    /// What to write, one file a member
    #[arg(long, value_enum)]
    format: Format,
    /// Folder for the files, for export.json, which says what goes in and what comes out, and for check.safetensors:
    /// pictures of noise and the logits of every member for them, to compare with
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// The state_dict of torchvision's resnet18(num_classes=5), in 32 bits
    Safetensors,
    /// An ONNX model, operator set 17, with batch, height and width free
    Onnx,
}

impl Format {
    /// Name, and extension of its files.
    fn name(self) -> &'static str {
        match self {
            Format::Safetensors => "safetensors",
            Format::Onnx => "onnx",
        }
    }
}

pub(crate) fn run(arguments: &Arguments, settings: &Settings) -> anyhow::Result<Outcome> {
    let folder = super::folder(arguments.folder.as_ref(), settings)?;
    let opened = bundle::open_folder(&folder)?;
    let out = OutputFolder::create(&arguments.out)?;
    let networks: Vec<ResNet18> = opened.networks().collect::<Result<_, _>>()?;
    let written = write_members(&networks, &opened.manifest, arguments.format, &out)?;
    let document = document(&opened.manifest, arguments.format, &written);
    let side = opened.manifest.preparation.input_side as usize;
    out.write("check.safetensors", &export::check(&networks, side))?;
    out.write_json("export.json", &document)?;
    super::say(
        settings,
        &format!(
            "{} members, export.json and check.safetensors written to {}\n{DISCLAIMER}",
            written.len(),
            out.path().display()
        ),
        &document,
    )?;
    Ok(Outcome::AllDone)
}

/// The names of the members' files.
fn write_members(
    networks: &[ResNet18],
    manifest: &BundleManifest,
    format: Format,
    out: &OutputFolder,
) -> anyhow::Result<Vec<String>> {
    let notes = [
        ("calibration", json!(manifest.calibration).to_string()),
        ("preparation", json!(manifest.preparation).to_string()),
        ("licence", manifest.licence.clone()),
    ];
    let mut written = Vec::new();
    for (index, network) in networks.iter().enumerate() {
        // Another name than in a bundle: the same folder may hold one.
        let name = format!("resnet18-{index}.{}", format.name());
        let bytes = match format {
            Format::Safetensors => export::state_dict(network),
            Format::Onnx => onnx::encode(network, &notes),
        };
        out.write(&name, &bytes)?;
        written.push(name);
    }
    Ok(written)
}

/// `export.json`.
fn document(manifest: &BundleManifest, format: Format, written: &[String]) -> Value {
    let side = manifest.preparation.input_side;
    let files: Vec<Value> = written
        .iter()
        .zip(&manifest.members)
        .map(|(file, member)| json!({ "file": file, "seed": member.seed, "member_sha256": member.sha256 }))
        .collect();
    json!({
        "disclaimer": DISCLAIMER,
        "format": format.name(),
        "architecture": manifest.architecture,
        "files": files,
        "input": { "name": "pictures", "shape": ["batch", 3, side, side], "meaning": INPUT },
        "output": { "name": "logits", "shape": ["batch", manifest.classes.len()], "meaning": OUTPUT },
        "classes": manifest.classes,
        "preparation": manifest.preparation,
        "calibration": manifest.calibration,
        "policy": manifest.policy,
        "check": "check.safetensors holds `pictures` and the `logits` of every member for them",
        "licence": manifest.licence,
    })
}
