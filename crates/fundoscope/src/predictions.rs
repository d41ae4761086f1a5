//! The predictions of many photographs as files: `predictions.csv` and `predictions.npz`.

use std::path::Path;

use anyhow::{Context, anyhow};
use grader::Screening;
use serde::{Deserialize, Serialize};
use trust::{
    Assessment, Decision, Evidence, Grade, Logits, PredictionSet, Probabilities, Rule, Uncertainty,
};

use crate::numpy::Npz;
use crate::output::{OutputFolder, csv_writer};

/// The table.
pub(crate) const TABLE: &str = "predictions.csv";
/// The arrays.
pub(crate) const ARRAYS: &str = "predictions.npz";

/// The columns of the table, in order.
const COLUMNS: [&str; 24] = [
    "file",
    "grade",
    "p0",
    "p1",
    "p2",
    "p3",
    "p4",
    "referable",
    "std0",
    "std1",
    "std2",
    "std3",
    "std4",
    "entropy",
    "expected_entropy",
    "mutual_information",
    "decision",
    "quality",
    "entropy_of_entropies",
    "variation_ratio",
    "unfamiliarity",
    "rule",
    "set_lowest",
    "set_highest",
];

/// How many of them every table has that this program ever wrote.
const ALWAYS: usize = 18;

/// One photograph's answer.
pub(crate) struct Prediction {
    pub(crate) file: String,
    pub(crate) assessment: Assessment,
    pub(crate) decision: Decision,
    /// The line of the policy that decided; `None` in tables that did not note it.
    pub(crate) rule: Option<Rule>,
    /// The grades that the photograph may have; `None` where nothing is promised of them.
    pub(crate) prediction_set: Option<PredictionSet>,
    pub(crate) evidence: Evidence,
    /// Logits of every pass before calibration; empty when read from a table.
    pub(crate) logits: Vec<Logits>,
}

impl Prediction {
    pub(crate) fn new(file: &str, screening: Screening) -> Self {
        Self {
            file: file.to_owned(),
            assessment: screening.assessment,
            decision: screening.decision,
            rule: Some(screening.rule),
            prediction_set: screening.prediction_set,
            evidence: screening.evidence,
            logits: screening.logits,
        }
    }
}

/// A row of the table; the fields are the columns.
#[derive(Serialize, Deserialize)]
struct Row {
    file: String,
    grade: Grade,
    p0: f32,
    p1: f32,
    p2: f32,
    p3: f32,
    p4: f32,
    referable: f32,
    std0: f32,
    std1: f32,
    std2: f32,
    std3: f32,
    std4: f32,
    entropy: f32,
    expected_entropy: f32,
    mutual_information: f32,
    decision: Decision,
    quality: f32,
    #[serde(default)]
    entropy_of_entropies: f32,
    #[serde(default)]
    variation_ratio: f32,
    #[serde(default)]
    unfamiliarity: Option<f32>,
    #[serde(default)]
    rule: Option<Rule>,
    #[serde(default)]
    set_lowest: Option<Grade>,
    #[serde(default)]
    set_highest: Option<Grade>,
}

impl Row {
    fn of(prediction: &Prediction) -> Self {
        let Assessment {
            grade,
            probabilities,
            uncertainty,
        } = prediction.assessment;
        let [p0, p1, p2, p3, p4] = *probabilities.as_array();
        let [std0, std1, std2, std3, std4] = uncertainty.std;
        Self {
            file: prediction.file.clone(),
            grade,
            p0,
            p1,
            p2,
            p3,
            p4,
            referable: probabilities.referable(),
            std0,
            std1,
            std2,
            std3,
            std4,
            entropy: uncertainty.entropy,
            expected_entropy: uncertainty.expected_entropy,
            mutual_information: uncertainty.mutual_information,
            decision: prediction.decision,
            quality: prediction.evidence.quality,
            entropy_of_entropies: uncertainty.entropy_of_entropies,
            variation_ratio: uncertainty.variation_ratio,
            unfamiliarity: prediction.evidence.unfamiliarity,
            rule: prediction.rule,
            set_lowest: prediction.prediction_set.map(PredictionSet::lowest),
            set_highest: prediction.prediction_set.map(PredictionSet::highest),
        }
    }

    fn prediction(self) -> anyhow::Result<Prediction> {
        let probabilities = Probabilities::new([self.p0, self.p1, self.p2, self.p3, self.p4])?;
        Ok(Prediction {
            file: self.file,
            assessment: Assessment {
                grade: self.grade,
                probabilities,
                uncertainty: Uncertainty {
                    std: [self.std0, self.std1, self.std2, self.std3, self.std4],
                    entropy: self.entropy,
                    expected_entropy: self.expected_entropy,
                    mutual_information: self.mutual_information,
                    entropy_of_entropies: self.entropy_of_entropies,
                    variation_ratio: self.variation_ratio,
                },
            },
            decision: self.decision,
            rule: self.rule,
            prediction_set: match (self.set_lowest, self.set_highest) {
                (Some(lowest), Some(highest)) => Some(PredictionSet::new(lowest, highest)?),
                _ => None,
            },
            evidence: Evidence {
                quality: self.quality,
                unfamiliarity: self.unfamiliarity,
            },
            logits: Vec::new(),
        })
    }
}

/// Writes both files; `passes` is the number of passes behind each prediction.
pub(crate) fn write(
    out: &OutputFolder,
    predictions: &[Prediction],
    passes: usize,
) -> anyhow::Result<()> {
    let table = table(predictions).with_context(|| format!("cannot encode {TABLE}"))?;
    let arrays = arrays(predictions, passes).with_context(|| format!("cannot encode {ARRAYS}"))?;
    out.write(ARRAYS, &arrays)?;
    out.write(TABLE, &table)
}

fn table(predictions: &[Prediction]) -> anyhow::Result<Vec<u8>> {
    let mut writer = csv_writer(false);
    // The header stands even where there is no row.
    writer.write_record(COLUMNS)?;
    for prediction in predictions {
        writer.serialize(Row::of(prediction))?;
    }
    Ok(writer.into_inner().map_err(|error| error.into_error())?)
}

fn arrays(predictions: &[Prediction], passes: usize) -> std::io::Result<Vec<u8>> {
    let photographs = predictions.len();
    let logits = (0..passes).flat_map(|pass| {
        predictions
            .iter()
            .flat_map(move |prediction| prediction.logits[pass].0)
    });
    let probabilities = predictions
        .iter()
        .flat_map(|prediction| *prediction.assessment.probabilities.as_array());
    let files: Vec<&str> = predictions
        .iter()
        .map(|prediction| prediction.file.as_str())
        .collect();
    let mut npz = Npz::new();
    npz.numbers("logits", &[passes, photographs, 5], logits)?;
    npz.numbers("probabilities", &[photographs, 5], probabilities)?;
    npz.texts("files", &files)?;
    npz.finish()
}

/// Reads the table in a folder of predictions (or the table itself); columns that are not ours are ignored.
pub(crate) fn read(path: &Path) -> anyhow::Result<Vec<Prediction>> {
    let table = if path.is_dir() {
        path.join(TABLE)
    } else {
        path.to_owned()
    };
    let mut reader = csv::Reader::from_path(&table).with_context(|| {
        format!(
            "cannot read the predictions {}: name the folder that `fundoscope predict` wrote",
            table.display()
        )
    })?;
    let header = reader
        .headers()
        .with_context(|| format!("{} is no CSV file", table.display()))?;
    if let Some(column) = COLUMNS[..ALWAYS]
        .iter()
        .find(|column| !header.iter().any(|name| name == **column))
    {
        return Err(anyhow!(
            "{} has no column `{column}`: it was not written by `fundoscope predict`",
            table.display()
        ));
    }
    let mut predictions = Vec::new();
    for (row, record) in (2..).zip(reader.deserialize::<Row>()) {
        let prediction = record
            .map_err(anyhow::Error::from)
            .and_then(Row::prediction);
        let sentence = || format!("{}, row {row} does not fit", table.display());
        predictions.push(prediction.with_context(sentence)?);
    }
    if predictions.is_empty() {
        return Err(anyhow!("{} holds no prediction", table.display()));
    }
    Ok(predictions)
}
