//! Calibration and thresholds for graded photographs: what `merge` and `calibrate` share.

use std::path::{Path, PathBuf};

use anyhow::bail;
use clap::Args;
use grader::{Bundle, BundleManifest, EncodedMember, Experience, Grader, PassPlan};
use serde_json::{Value, json};
use training::fitting::{self, Answered, ENOUGH_REFERABLE, FEWEST_PHOTOGRAPHS, Fitted};
use training::source::{GradedPhotograph, Source, Split};
use trust::evaluation::{Evaluation, Figures};
use trust::{Calibration, DISCLAIMER, DecisionPolicy, Grade};

use super::show::calibration_words;
use crate::console::{Console, warn};
use crate::evaluate::{graded_photographs, photograph};
use crate::inputs::{Photograph, parse_split};
use crate::output::OutputFolder;
use crate::screening::{End, screen};
use crate::settings::Settings;
use crate::{Outcome, figures, interrupt};

#[derive(Args)]
pub(super) struct DataArguments {
    /// Graded photographs of patients that no member has learned from: a folder with one sub-folder a grade, a folder with
    /// manifest.csv, or a CSV file
    #[arg(long, num_args = 1.., value_name = "SOURCE")]
    pub(super) data: Vec<PathBuf>,
    /// Only the photographs of this split; must be named where a source has splits
    #[arg(long, value_parser = parse_split, value_name = "train|val|test")]
    pub(super) split: Option<Split>,
}

impl DataArguments {
    /// The photographs, enough of them.
    pub(super) fn photographs(&self) -> anyhow::Result<Vec<GradedPhotograph>> {
        if self.split.is_none() {
            for path in &self.data {
                refuse_splits(path)?;
            }
        }
        let photographs = graded_photographs(&self.data, self.split, &[])?;
        fitting::check_enough(&grades(&photographs.iter().collect::<Vec<_>>()))?;
        Ok(photographs)
    }
}

/// How many photographs are needed, for the help.
pub(super) fn needed() -> String {
    format!(
        "At least {FEWEST_PHOTOGRAPHS} graded photographs are needed, among them one that is referable (grade 2 or more) and \
         one that is not; with fewer than {ENOUGH_REFERABLE} referable ones the thresholds are uncertain."
    )
}

/// Where a source has splits, one of them was learned from, and what is measured there flatters.
fn refuse_splits(path: &Path) -> anyhow::Result<()> {
    let has_splits = Source::open(path)?
        .photographs
        .iter()
        .any(|photograph| photograph.split.is_some());
    if has_splits {
        bail!(
            "the source {} has splits: name one that no member has learned from, such as --split val",
            path.display()
        );
    }
    Ok(())
}

fn grades(photographs: &[&GradedPhotograph]) -> Vec<Grade> {
    photographs
        .iter()
        .map(|photograph| photograph.grade)
        .collect()
}

/// An ensemble that needs calibration and thresholds.
pub(super) struct Ensemble {
    /// Says everything but what is to be fitted.
    pub(super) manifest: BundleManifest,
    pub(super) members: Vec<EncodedMember>,
    /// What they met in training, where it is known.
    pub(super) experience: Option<Experience>,
    /// The same members, ready to grade.
    pub(super) grader: Grader,
    /// The calibration and thresholds that are replaced, where they were this ensemble's.
    pub(super) before: Option<(Calibration, DecisionPolicy)>,
}

/// Grades the photographs, fits calibration and thresholds, and writes the bundle.
pub(super) fn fit_and_write(
    ensemble: Ensemble,
    listed: &[GradedPhotograph],
    out: &OutputFolder,
    settings: &Settings,
) -> anyhow::Result<Outcome> {
    interrupt::listen()?;
    let mut console = Console::new(settings, "graded", listed.len());
    let Some((graded, answers)) = answers(&ensemble.grader, listed, &mut console)? else {
        return Ok(console.interrupted("nothing was written"));
    };
    let outcome = console.finish();
    fitting::check_enough(&grades(&graded))?;
    warn_of_few_referable(&graded);

    let before = ensemble
        .before
        .map(|(calibration, policy)| {
            let evaluation = fitting::measure(&answers, &calibration, &policy, settings.seed)?;
            anyhow::Ok(Column::new("before", calibration, policy, &evaluation))
        })
        .transpose()?;
    let fitted = fitting::fit(&answers, settings.seed)?;
    let Fitted {
        calibration,
        policy,
        evaluation,
        ..
    } = &fitted;
    let after = Column::new("after", calibration.clone(), *policy, evaluation);

    let mut manifest = ensemble.manifest;
    manifest.calibrated_on = Some(fitting::record(&graded)?);
    fitted.into_manifest(&mut manifest);
    let experience = ensemble.experience.as_ref();
    let written = Bundle::write_encoded(out.path(), manifest, &ensemble.members, experience)?;

    let columns: Vec<Column> = before.into_iter().chain([after]).collect();
    let text = format!(
        "{} members, {} photographs, {} of them referable\n{}\nmeasured on the same photographs to which calibration and \
         thresholds were fitted\nwritten to {}\n{DISCLAIMER}",
        written.manifest.members.len(),
        graded.len(),
        referable(&graded),
        table(&columns),
        out.path().display()
    );
    let mut document = json!({
        "photographs": graded.len(),
        "failed": console.failed(),
        "members": written.manifest.members.len(),
        "out": out.path(),
        "disclaimer": DISCLAIMER,
    });
    for column in &columns {
        document[column.name] = column.document();
    }
    console.say(&text, &document);
    Ok(outcome)
}

/// The photographs that could be graded, with their logits; nothing where the work was interrupted.
fn answers<'a>(
    grader: &Grader,
    listed: &'a [GradedPhotograph],
    console: &mut Console,
) -> anyhow::Result<Option<(Vec<&'a GradedPhotograph>, Vec<Answered>)>> {
    let photographs: Vec<Photograph> = listed.iter().map(photograph).collect();
    let (mut graded, mut answers) = (Vec::new(), Vec::new());
    let plan = PassPlan::default();
    let end = screen(
        grader,
        &plan,
        &photographs,
        console,
        |index, _, screening, _| {
            let photograph = &listed[index];
            graded.push(photograph);
            answers.push(Answered {
                source: photograph.source.clone(),
                patient: photograph.patient.clone(),
                grade: photograph.grade,
                evidence: screening.evidence,
                logits: screening.logits,
            });
        },
    )?;
    Ok((end == End::Reached).then_some((graded, answers)))
}

fn referable(graded: &[&GradedPhotograph]) -> usize {
    let referable = graded
        .iter()
        .filter(|photograph| photograph.grade.is_referable());
    referable.count()
}

fn warn_of_few_referable(graded: &[&GradedPhotograph]) {
    let referable = referable(graded);
    if referable < ENOUGH_REFERABLE {
        warn(&format!(
            "only {referable} of the photographs are referable: with fewer than {ENOUGH_REFERABLE} the thresholds are uncertain"
        ));
    }
}

/// What is shown of one state of the ensemble.
struct Column {
    name: &'static str,
    calibration: Calibration,
    policy: DecisionPolicy,
    figures: Figures,
}

impl Column {
    fn new(
        name: &'static str,
        calibration: Calibration,
        policy: DecisionPolicy,
        evaluation: &Evaluation,
    ) -> Self {
        Self {
            name,
            calibration,
            policy,
            figures: evaluation.pooled.clone(),
        }
    }

    fn document(&self) -> Value {
        json!({
            "calibration": self.calibration,
            "policy": self.policy,
            "expected_calibration_error": self.figures.expected_calibration_error,
            "negative_log_likelihood": self.figures.negative_log_likelihood,
            "referable_auc": self.figures.referable_auc,
            "decisions": self.figures.decisions,
        })
    }
}

fn table(columns: &[Column]) -> String {
    const NAME: usize = 44;
    const VALUE: usize = 26;
    let row = |name: &str, value: &dyn Fn(&Column) -> String| -> String {
        let values: String = columns
            .iter()
            .map(|column| format!("{:VALUE$}", value(column)))
            .collect();
        format!("{name:NAME$}{values}").trim_end().to_owned()
    };
    [
        row("", &|column| column.name.to_owned()),
        row("calibration", &|column| {
            calibration_words(&column.calibration)
        }),
        row("expected calibration error", &|column| {
            figures::words(column.figures.expected_calibration_error)
        }),
        row("negative log-likelihood (nats)", &|column| {
            figures::words(column.figures.negative_log_likelihood)
        }),
        row("refer from a referable probability of", &|column| {
            format!("{:.3}", column.policy.refer_at)
        }),
        row("rescreen below", &|column| {
            format!("{:.3}", column.policy.rescreen_below)
        }),
        row("unsure above", &|column| {
            let policy = &column.policy;
            format!(
                "{:.3} {}",
                policy.unsure_above,
                policy.unsure_measure.name()
            )
        }),
        row("unfamiliar above", &|column| {
            let limit = column.policy.unfamiliar_above;
            limit.map_or_else(|| "not known".to_owned(), |limit| format!("{limit:.3}"))
        }),
        row("decided rescreen among the referable", &|column| {
            figures::words(column.figures.decisions.rescreen_among_referable)
        }),
    ]
    .join("\n")
}
