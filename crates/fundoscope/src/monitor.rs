//! `fundoscope monitor`: whether what is screened lately is still like what the model was validated on.

use anyhow::{Context, bail};
use clap::Args;
use clinic::{Rows, lately};
use grader::ValidationPhotograph;
use serde_json::json;
use trust::DISCLAIMER;
use trust::drift::{Agreement, Drift, ENOUGH_PHOTOGRAPHS, Screened, ValidationAccuracy};

use crate::console::line;
use crate::records::{RecordsArguments, runtime};
use crate::settings::Settings;
use crate::{Outcome, bundle};

#[derive(Args)]
#[command(
    after_help = "Only answers of this bundle count, at the same operating point. The exit status is 1 where something has \
                  drifted. The records may belong to a server that is running; they are only read."
)]
pub(crate) struct Arguments {
    #[command(flatten)]
    records: RecordsArguments,
    /// Photographs to look at, the latest ones
    #[arg(long, default_value_t = 500, value_name = "N")]
    latest: u32,
}

pub(crate) fn run(arguments: &Arguments, settings: &Settings) -> anyhow::Result<Outcome> {
    let (folder, records) = arguments.records.place(settings)?;
    let opened = bundle::open(settings)?;
    let fingerprint = server::fingerprint(&opened);
    let manifest = opened.manifest;
    let reference = server::reference(&manifest);
    if reference.is_empty() {
        bail!(
            "the model bundle does not note the grades and the quality of its validation photographs: fit it anew with \
             `fundoscope bundle calibrate`"
        );
    }
    let (screened, reviewed) = runtime()?
        .block_on(lately(&folder, &records, &fingerprint, arguments.latest))
        .with_context(|| match records.rows {
            Rows::Sqlite => format!("there are no screenings to read in {}", folder.display()),
            Rows::Postgres(_) => "there are no screenings to read in the database".to_owned(),
        })?;
    let recent: Vec<Screened> = screened.iter().map(server::screened).collect();
    let drift = Drift::of(&recent, &reference);
    let points: Vec<_> = (manifest.validation.iter())
        .map(ValidationPhotograph::point)
        .collect();
    let validation = ValidationAccuracy::of(&points);
    let agreement = Agreement::of(&reviewed, Some(validation));
    if settings.json {
        let document = json!({ "drift": drift, "agreement": agreement, "disclaimer": DISCLAIMER });
        line(&document.to_string());
    } else {
        line(&text(&drift, &agreement));
    }
    let disagrees = (agreement.validation).is_some_and(|validation| validation.drifted);
    Ok(match drift.has_drifted() || disagrees {
        true => Outcome::SomeFailed,
        false => Outcome::AllDone,
    })
}

fn text(drift: &Drift, agreement: &Agreement) -> String {
    let mut lines = vec![format!(
        "{} photographs screened lately with this bundle against {} of the validation",
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
    lines.push(agreement.words());
    lines.push(DISCLAIMER.to_owned());
    lines.join("\n")
}
