//! `fundoscope bundle verify`: everything that is wrong with a bundle, named at once.

use std::path::PathBuf;

use clap::Args;
use grader::Verification;
use serde_json::json;

use crate::Outcome;
use crate::console::warn;
use crate::settings::Settings;

#[derive(Args)]
pub(crate) struct Arguments {
    /// Folder of the bundle [default: --bundle, else the starter bundle]
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
}

pub(crate) fn run(arguments: &Arguments, settings: &Settings) -> anyhow::Result<Outcome> {
    let folder = super::folder(arguments.folder.as_ref(), settings)?;
    let verification = Verification::of(&folder);
    let Verification { members, problems } = &verification;
    for problem in problems {
        warn(&format!("{}: {}", problem.file, problem.problem));
    }
    let text = match problems.len() {
        0 => format!(
            "{}: nothing is wrong with the manifest, the files, the tensors and the answers of {members} members",
            folder.display()
        ),
        1 => format!("{}: 1 thing is wrong", folder.display()),
        count => format!("{}: {count} things are wrong", folder.display()),
    };
    let document = json!({
        "bundle": folder,
        "sound": verification.is_sound(),
        "members": members,
        "problems": problems,
    });
    super::say(settings, &text, &document)?;
    Ok(match verification.is_sound() {
        true => Outcome::AllDone,
        false => Outcome::SomeFailed,
    })
}
