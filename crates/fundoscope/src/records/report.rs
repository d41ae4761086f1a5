//! `fundoscope report`: the report of one screening as PDF.

use std::path::PathBuf;

use anyhow::{Context, anyhow};
use clap::{Args, ValueEnum};
use clinic::{Access, Action, Actor, Archive, ClinicError, ContentHash, ScreeningId, Subject};
use exchange::{Paper, Report, ReportError};
use fundus::Limits;
use language::Language;
use serde_json::json;
use server::{ReportFailure, ReportRequest};

use super::{RecordsArguments, runtime};
use crate::console::line;
use crate::settings::Settings;
use crate::{Outcome, bundle, output};

#[derive(Args)]
#[command(
    after_help = "The server may go on meanwhile; its records are only read. The document holds the patient's identifier and \
                  photographs: keep it as the data folder is kept."
)]
pub(crate) struct Arguments {
    /// The screening's identifier, the last part of its page's address
    #[arg(value_name = "SCREENING_ID")]
    screening: String,
    #[command(flatten)]
    records: RecordsArguments,
    /// The document to write
    #[arg(long, value_name = "FILE.pdf")]
    out: PathBuf,
    /// Who asks for it, to be named in it
    #[arg(long, value_name = "NAME")]
    made_by: Option<String>,
    /// The size of its pages
    #[arg(long, value_enum, default_value_t = PaperName::A4)]
    paper: PaperName,
    /// Its language: en or es
    #[arg(long, value_name = "LANGUAGE", default_value_t)]
    language: Language,
}

#[derive(Clone, Copy, ValueEnum)]
enum PaperName {
    /// 210 × 297 mm
    A4,
    /// 8.5 × 11 inches
    UsLetter,
}

impl From<PaperName> for Paper {
    fn from(paper: PaperName) -> Self {
        match paper {
            PaperName::A4 => Self::A4,
            PaperName::UsLetter => Self::UsLetter,
        }
    }
}

pub(crate) fn run(arguments: &Arguments, settings: &Settings) -> anyhow::Result<Outcome> {
    let id: ScreeningId = (arguments.screening.parse()).map_err(|_| {
        anyhow!(
            "`{}` is no identifier of a screening: copy it from the address of the screening's page",
            arguments.screening
        )
    })?;
    let model = server::report_model(&bundle::open(settings)?);
    let (folder, records) = arguments.records.place(settings)?;
    let runtime = runtime()?;
    let (archive, screening) = runtime.block_on(async {
        let archive = Archive::open(&folder, &records).await?;
        let access = Access::open(&folder, &records).await?;
        let subject = Some(Subject::Screening(id));
        (access.note(Actor::Local, Action::ScreeningOpened, subject)).await?;
        access.close().await?;
        let screening = archive.screening(id).await.map_err(|error| match error {
            ClinicError::Unknown { .. } => anyhow!("there is no screening {id} in these records"),
            error => error.into(),
        })?;
        anyhow::Ok((archive, screening))
    })?;
    let request = ReportRequest {
        made_by: arguments.made_by.clone(),
        paper: arguments.paper.into(),
        language: arguments.language,
    };
    let read = |hash: &ContentHash| runtime.block_on(archive.read(hash));
    let report = server::report(screening, request, model, &Limits::default(), read);
    runtime.block_on(archive.close())?;
    let report = report.map_err(unfinished)?;
    let bytes = report.pdf()?;
    output::write_private(&arguments.out, &bytes)
        .with_context(|| format!("cannot write {}", arguments.out.display()))?;
    say(&report, &bytes, arguments, settings);
    Ok(Outcome::AllDone)
}

/// Without a server that goes on, waiting would not help.
fn unfinished(failure: ReportFailure) -> anyhow::Error {
    let is_unfinished = matches!(failure, ReportFailure::Report(ReportError::Unfinished));
    let error = anyhow::Error::from(failure);
    match is_unfinished {
        true => {
            error.context("nothing was written; `fundoscope serve` goes on with what is left to do")
        }
        false => error,
    }
}

fn say(report: &Report, bytes: &[u8], arguments: &Arguments, settings: &Settings) {
    let (out, photographs) = (&arguments.out, report.screening.photographs.len());
    match settings.json {
        true => line(
            &json!({ "screening": report.screening.id.to_string(), "photographs": photographs, "bytes": bytes.len(), "out": out })
                .to_string(),
        ),
        false => line(&format!("wrote {}, {} kB", out.display(), bytes.len().div_ceil(1000))),
    }
}
