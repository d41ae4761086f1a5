//! `fundoscope trade`: what more members and larger inputs bring, and what they cost.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, bail};
use clap::Args;
use grader::{Bundle, Grader, PassPlan};
use serde::Serialize;
use serde_json::json;
use training::source::GradedPhotograph;
use trust::bootstrap::Interval;
use trust::evaluation::Evaluation;
use trust::plot::{TradeLine, TradePoint, trade_chart};
use trust::{Assessment, DISCLAIMER, Evidence, Logits};

use crate::console::Console;
use crate::evaluate::{GradedArguments, case};
use crate::output::OutputFolder;
use crate::passes::PassArguments;
use crate::settings::Settings;
use crate::{Outcome, bundle, figures, interrupt, photograph};

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    graded: GradedArguments,
    /// Model bundles to compare [default: the one of --bundle]
    #[arg(long, num_args = 1.., value_name = "BUNDLE_DIR")]
    bundles: Vec<PathBuf>,
    /// Folder for trade.csv and the graphs
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    #[command(flatten)]
    passes: PassArguments,
}

/// A bundle cut down to its first members, measured.
struct Row {
    bundle: String,
    image_size: u32,
    members: usize,
    photographs: usize,
    /// Mean time of a photograph's passes, each photograph alone.
    seconds: f64,
    kappa: Option<Interval>,
    referable_auc: Option<Interval>,
}

/// A [`Row`] as it is written.
#[derive(Serialize)]
struct Record<'a> {
    bundle: &'a str,
    image_size: u32,
    members: usize,
    photographs: usize,
    seconds: f64,
    kappa: Option<f64>,
    kappa_lower: Option<f64>,
    kappa_upper: Option<f64>,
    referable_auc: Option<f64>,
    referable_auc_lower: Option<f64>,
    referable_auc_upper: Option<f64>,
}

pub(crate) fn run(arguments: &Arguments, settings: &Settings) -> anyhow::Result<Outcome> {
    let plan = arguments.passes.plan(settings)?;
    let graded = arguments.graded.photographs()?;
    let folders = match arguments.bundles.is_empty() {
        true => vec![bundle::folder(settings)?],
        false => arguments.bundles.clone(),
    };
    let bundles = folders
        .iter()
        .map(|folder| bundle::open_folder(folder))
        .collect::<anyhow::Result<Vec<Bundle>>>()?;
    let out = OutputFolder::create(&arguments.out)?;
    interrupt::listen()?;

    let mut console = Console::new(settings, "graded", graded.len() * bundles.len());
    let mut failed = HashSet::new();
    let mut rows = Vec::new();
    for bundle in &bundles {
        let members = Members::of(bundle, settings)?;
        let Some(answered) = members.answers(&graded, &plan, &mut failed, &mut console)? else {
            return Ok(console.interrupted("nothing was written"));
        };
        if answered.is_empty() {
            bail!("none of the photographs could be graded");
        }
        let name = name(&bundle.folder);
        rows.extend(members.rows(&name, &answered, settings.seed, arguments.graded.resamples)?);
    }
    write(&out, &rows)?;
    let outcome = console.finish();
    console.say(
        &format!(
            "{}\n95 % intervals: bootstrap over patients, {} resamples\nwritten to {}\n{DISCLAIMER}",
            text(&rows),
            arguments.graded.resamples,
            out.path().display()
        ),
        &json!({ "rows": rows.iter().map(Row::record).collect::<Vec<_>>(), "failed": console.failed(), "out": out.path(), "disclaimer": DISCLAIMER }),
    );
    Ok(outcome)
}

/// The members of a bundle, each a grader of its own, so that each can be timed.
struct Members {
    graders: Vec<Grader>,
}

/// What every member said about a photograph, and the seconds that each took.
struct Answered {
    graded: GradedPhotograph,
    evidence: Evidence,
    by_member: Vec<(Vec<Logits>, f64)>,
}

impl Members {
    fn of(bundle: &Bundle, settings: &Settings) -> anyhow::Result<Self> {
        let device = grader::device(&settings.device)?;
        let members = bundle.members(&device)?.into_iter();
        let graders = members.map(|member| {
            Grader::of(bundle.manifest.clone(), vec![member])
                .with_context(|| bundle::unusable(&bundle.folder))
        });
        Ok(Self {
            graders: graders.collect::<anyhow::Result<_>>()?,
        })
    }

    /// The answers to the photographs that can be prepared, the others are named once; nothing when the user stopped it.
    fn answers(
        &self,
        graded: &[GradedPhotograph],
        plan: &PassPlan,
        failed: &mut HashSet<usize>,
        console: &mut Console,
    ) -> anyhow::Result<Option<Vec<Answered>>> {
        let mut answered = Vec::with_capacity(graded.len());
        for (index, graded) in graded.iter().enumerate() {
            if interrupt::is_asked() {
                return Ok(None);
            }
            match photograph::prepare(&graded.path, self.graders[0].preparation()) {
                Ok(prepared) => {
                    let timed = |grader: &Grader| {
                        let started = Instant::now();
                        let logits = grader.logits(&[&prepared.input], plan)?;
                        let seconds = started.elapsed().as_secs_f64();
                        anyhow::Ok((logits.into_iter().flatten().collect(), seconds))
                    };
                    let by_member = self.graders.iter().map(timed);
                    answered.push(Answered {
                        graded: graded.clone(),
                        evidence: Evidence {
                            quality: prepared.quality.score,
                            // Without a bundle of its own no member knows what it learned from.
                            unfamiliarity: None,
                        },
                        by_member: by_member.collect::<anyhow::Result<_>>()?,
                    });
                }
                Err(reason) if failed.insert(index) => console.failure(&graded.file, &reason),
                Err(_) => {}
            }
            console.advance();
        }
        Ok(Some(answered))
    }

    /// A row for the first member alone, the first two, and so on.
    fn rows(
        &self,
        bundle: &str,
        answered: &[Answered],
        seed: u64,
        resamples: usize,
    ) -> anyhow::Result<Vec<Row>> {
        let grader = &self.graders[0];
        let rows = (1..=self.graders.len()).map(|members| {
            let of_photograph = |answered: &Answered| {
                let logits: Vec<Logits> = (answered.by_member.iter().take(members))
                    .flat_map(|(logits, _)| logits.iter().copied())
                    .collect();
                let assessment = Assessment::from_passes(&logits, grader.calibration())?;
                let evidence = answered.evidence;
                anyhow::Ok(case(
                    &answered.graded,
                    assessment,
                    evidence,
                    grader.policy(),
                ))
            };
            let cases = answered
                .iter()
                .map(of_photograph)
                .collect::<anyhow::Result<Vec<_>>>()?;
            let seconds: f64 = (answered.iter())
                .flat_map(|answered| answered.by_member.iter().take(members))
                .map(|(_, seconds)| seconds)
                .sum();
            let figures = Evaluation::of(&cases, seed, resamples).pooled;
            Ok(Row {
                bundle: bundle.to_owned(),
                image_size: grader.preparation().input_side,
                members,
                photographs: cases.len(),
                seconds: seconds / cases.len() as f64,
                kappa: figures.quadratic_weighted_kappa,
                referable_auc: figures.referable_auc,
            })
        });
        rows.collect()
    }
}

impl Row {
    fn record(&self) -> Record<'_> {
        let (kappa, auc) = (self.kappa, self.referable_auc);
        Record {
            bundle: &self.bundle,
            image_size: self.image_size,
            members: self.members,
            photographs: self.photographs,
            seconds: self.seconds,
            kappa: kappa.map(|interval| interval.value),
            kappa_lower: kappa.map(|interval| interval.lower),
            kappa_upper: kappa.map(|interval| interval.upper),
            referable_auc: auc.map(|interval| interval.value),
            referable_auc_lower: auc.map(|interval| interval.lower),
            referable_auc_upper: auc.map(|interval| interval.upper),
        }
    }
}

/// What a bundle is called: its folder's name.
fn name(folder: &Path) -> String {
    let absolute = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    absolute.file_name().map_or_else(
        || folder.display().to_string(),
        |name| name.to_string_lossy().into_owned(),
    )
}

fn write(out: &OutputFolder, rows: &[Row]) -> anyhow::Result<()> {
    out.write_csv(
        "trade.csv",
        &rows.iter().map(Row::record).collect::<Vec<_>>(),
    )?;
    let kappa = lines(rows, |row| row.kappa);
    out.write_chart("kappa", &trade_chart("quadratic weighted kappa", &kappa))?;
    let auc = lines(rows, |row| row.referable_auc);
    out.write_chart("referable_auc", &trade_chart("referable AUC", &auc))
}

/// One line a bundle; each begins with its first member.
fn lines(rows: &[Row], figure: fn(&Row) -> Option<Interval>) -> Vec<TradeLine> {
    let mut lines: Vec<TradeLine> = Vec::new();
    for row in rows {
        if row.members == 1 {
            lines.push(TradeLine {
                name: format!("{}, {} px", row.bundle, row.image_size),
                points: Vec::new(),
            });
        }
        if let (Some(line), Some(figure)) = (lines.last_mut(), figure(row)) {
            line.points.push(TradePoint {
                members: row.members,
                seconds: row.seconds,
                figure,
            });
        }
    }
    lines
}

fn text(rows: &[Row]) -> String {
    let mut text = format!(
        "{:<24}{:>6}{:>9}{:>9}  {:<27}{}",
        "bundle", "px", "members", "seconds", "quadratic weighted kappa", "referable AUC"
    );
    for row in rows {
        text += &format!(
            "\n{:<24}{:>6}{:>9}{:>9.3}  {:<27}{}",
            row.bundle,
            row.image_size,
            row.members,
            row.seconds,
            figures::words(row.kappa),
            figures::words(row.referable_auc)
        );
    }
    text
}
