//! `fundoscope bundle import`: weights of a ResNet-18 from PyTorch and from other programs.

use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::Args;
use grader::import::{self, FoundHead, Imported};
use grader::weights::{self, Storage};
use serde_json::json;

use crate::Outcome;
use crate::settings::Settings;

#[derive(Args)]
pub(crate) struct Arguments {
    /// Checkpoint of PyTorch (.pth, .pt, .t7 of torch.save) or safetensors file, with torchvision's names for ResNet-18;
    /// wrappers and prefixes such as `state_dict` and `module.` are taken away. No code in it is run
    #[arg(value_name = "WEIGHTS")]
    weights: PathBuf,
    /// The file to write, in 32 bits; a head that is not one for five grades is left out. `train --init` starts from it
    #[arg(long, value_name = "FILE.safetensors")]
    out: PathBuf,
}

pub(crate) fn run(arguments: &Arguments, settings: &Settings) -> anyhow::Result<Outcome> {
    let Arguments { weights, out } = arguments;
    if out
        .extension()
        .is_none_or(|extension| extension != "safetensors")
    {
        bail!(
            "the output {} must end in .safetensors, the format it is written in",
            out.display()
        );
    }
    let imported = import::read(weights)?;
    if let Some(folder) = out.parent() {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    }
    weights::save_tensors(&imported.tensors, out, Storage::F32)?;

    let Imported {
        tensors,
        prefix,
        head,
        left_out,
    } = &imported;
    let place = match prefix.as_str() {
        "" => String::new(),
        prefix => format!(" below `{prefix}`"),
    };
    let others = match left_out {
        0 => String::new(),
        count => format!("; {count} other tensors of the file were left out"),
    };
    let text = format!(
        "{} tensors of a ResNet-18{place}, {}{others}; written to {}",
        tensors.len(),
        head_words(*head),
        out.display()
    );
    let outputs = match head {
        FoundHead::Fits => Some(grader::CLASSES),
        FoundHead::Outputs(outputs) => Some(*outputs),
        FoundHead::Absent => None,
    };
    let document = json!({
        "tensors": tensors.len(),
        "prefix": prefix,
        "outputs": outputs,
        "head_kept": *head == FoundHead::Fits,
        "left_out": left_out,
        "out": out,
    });
    super::say(settings, &text, &document)?;
    Ok(Outcome::AllDone)
}

fn head_words(head: FoundHead) -> String {
    match head {
        FoundHead::Fits => "with its head for five grades".to_owned(),
        FoundHead::Outputs(outputs) => format!("without its head of {outputs} outputs"),
        FoundHead::Absent => "without a head".to_owned(),
    }
}
