//! `fundoscope monitor`: whether what is screened lately is still like what the model was validated on.

use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::Args;
use clinic::screened_lately;
use serde_json::json;
use trust::DISCLAIMER;
use trust::drift::{Drift, ENOUGH_PHOTOGRAPHS, Screened};

use crate::console::line;
use crate::serve::data_folder;
use crate::settings::Settings;
use crate::{Outcome, bundle};

#[derive(Args)]
#[command(
    after_help = "The exit status is 1 where something has drifted. The records may belong to a server that is running; they \
                  are only read."
)]
pub(crate) struct Arguments {
    /// Folder of the screenings [default: fundoscope-data]
    #[arg(long, env = "FUNDOSCOPE_DATA_DIR", value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Photographs to look at, the latest ones
    #[arg(long, default_value_t = 500, value_name = "N")]
    latest: u32,
}

pub(crate) fn run(arguments: &Arguments, settings: &Settings) -> anyhow::Result<Outcome> {
    let folder = data_folder(arguments.data_dir.as_ref(), settings);
    let manifest = bundle::open(settings)?.manifest;
    let reference = server::reference(&manifest);
    if reference.is_empty() {
        bail!(
            "the model bundle does not note the grades and the quality of its validation photographs: fit it anew with \
             `fundoscope bundle calibrate`"
        );
    }
    let screened = screened_lately(&folder, arguments.latest)
        .with_context(|| format!("there are no screenings to read in {}", folder.display()))?;
    let recent: Vec<Screened> = screened.iter().map(server::screened).collect();
    let drift = Drift::of(&recent, &reference);
    if settings.json {
        let document = json!({ "drift": drift, "disclaimer": DISCLAIMER });
        line(&document.to_string());
    } else {
        line(&text(&drift));
    }
    Ok(match drift.has_drifted() {
        true => Outcome::SomeFailed,
        false => Outcome::AllDone,
    })
}

fn text(drift: &Drift) -> String {
    let mut lines = vec![format!(
        "{} photographs screened lately against {} of the validation",
        drift.recent, drift.reference
    )];
    if !drift.enough {
        lines.push(format!(
            "Too few to say whether anything has drifted: at least {ENOUGH_PHOTOGRAPHS} are needed."
        ));
    }
    for comparison in &drift.comparisons {
        let mark = match comparison.drifted {
            true => "DRIFTED  ",
            false => "as before",
        };
        lines.push(format!(
            "{mark}  {} ({}, p = {:.4} after Holm's correction)",
            comparison.words(),
            comparison.test.words(),
            comparison.adjusted_p_value
        ));
    }
    lines.push(DISCLAIMER.to_owned());
    lines.join("\n")
}
