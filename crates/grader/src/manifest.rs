//! What a bundle says about itself: `bundle.json`.

use std::path::Path;

use fundus::Preparation;
use serde::{Deserialize, Serialize};
use trust::place::ValidationPoint;
use trust::{
    Calibration, CalibrationCandidate, ConformalSets, DISCLAIMER, DecisionPolicy, Evidence, Grade,
    OperatingPoint, Uncertainty,
};

use crate::bundle::BundleError;

/// The version of the manifest's format that this program reads and writes.
pub const FORMAT_VERSION: u32 = 1;

/// Name of the manifest in the bundle's folder.
pub const MANIFEST: &str = "bundle.json";

/// The network of every member.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Architecture {
    /// [`ResNet18`](crate::ResNet18) with five outputs.
    #[default]
    ResNet18,
}

/// One member of the ensemble.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberRecord {
    /// Name of its weights file in the bundle's folder.
    pub file: String,
    /// SHA-256 of that file, in lower-case hexadecimal digits.
    pub sha256: String,
    /// The seed it was trained with.
    pub seed: u64,
}

/// How a photograph of the validation split fared; nothing tells which photograph it was.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ValidationPhotograph {
    /// Its uncertainty.
    pub uncertainty: Uncertainty,
    /// Its most probable grade; `None` in bundles that did not note it.
    #[serde(default)]
    pub grade: Option<Grade>,
    /// Its quality and unfamiliarity; `None` in bundles that did not note them.
    #[serde(default)]
    pub evidence: Option<Evidence>,
    /// Whether the most probable grade was the right one.
    pub correct: bool,
}

impl ValidationPhotograph {
    /// What the graph of accuracy against uncertainty needs.
    pub fn point(&self) -> ValidationPoint {
        ValidationPoint {
            entropy: self.uncertainty.entropy,
            correct: self.correct,
        }
    }
}

/// A file of the bundle's folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileRecord {
    /// Its name in the bundle's folder.
    pub file: String,
    /// Its SHA-256, in lower-case hexadecimal digits.
    pub sha256: String,
}

/// On what a bundle was calibrated, where that was not the end of its training.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CalibrationRecord {
    /// SHA-256 over the grades and contents of the photographs.
    pub data_fingerprint: String,
    /// Photographs of each grade.
    pub grade_counts: [u64; 5],
}

/// Everything in a bundle except the weights; `bundle.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BundleManifest {
    /// [`FORMAT_VERSION`].
    pub format_version: u32,
    /// The network of every member.
    pub architecture: Architecture,
    /// How a photograph becomes the network's input.
    pub preparation: Preparation,
    /// The grades in words, in the order of the logits.
    pub classes: Vec<String>,
    /// Probability, in [0, 1), with which a feature was dropped before the head in training; Monte Carlo dropout uses
    /// it too and needs it above 0.
    pub dropout: f32,
    /// The members, in the order of the passes.
    pub members: Vec<MemberRecord>,
    /// How the logits of a pass become probabilities.
    pub calibration: Calibration,
    /// The kinds of calibration that were compared for it, each on patients that it was not fitted to.
    #[serde(default)]
    pub calibration_candidates: Vec<CalibrationCandidate>,
    /// How an assessment becomes a decision.
    pub policy: DecisionPolicy,
    /// Other rules to choose from, each with what it is worth on the photographs it was chosen on.
    #[serde(default)]
    pub operating_points: Vec<OperatingPoint>,
    /// How probabilities become a set of grades with a promised coverage.
    #[serde(default)]
    pub prediction_sets: Option<ConformalSets>,
    /// What the members met in training: an [`Experience`](crate::Experience).
    #[serde(default)]
    pub experience: Option<FileRecord>,
    /// SHA-256 over the names, grades and contents of the training photographs.
    pub data_fingerprint: String,
    /// Training photographs of each grade.
    pub grade_counts: [u64; 5],
    /// The training configuration, as the training program wrote it.
    pub training: serde_json::Value,
    /// Revision of the code that trained.
    pub code_revision: String,
    /// On what calibration, policy, metrics and validation were measured, where those are not the validation photographs
    /// of the training.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calibrated_on: Option<CalibrationRecord>,
    /// Metrics on the validation photographs, with intervals.
    pub metrics: serde_json::Value,
    /// The validation photographs, for graphs.
    pub validation: Vec<ValidationPhotograph>,
    /// Under what terms the weights may be used.
    pub licence: String,
    /// [`DISCLAIMER`].
    pub disclaimer: String,
}

impl BundleManifest {
    /// A manifest with what decides an answer; provenance is empty, to be filled in, and so are the members, which
    /// [`Bundle::write`](crate::Bundle::write) fills in.
    pub fn new(preparation: Preparation, calibration: Calibration, policy: DecisionPolicy) -> Self {
        Self {
            format_version: FORMAT_VERSION,
            architecture: Architecture::ResNet18,
            preparation,
            classes: class_names(),
            dropout: 0.0,
            members: Vec::new(),
            calibration,
            calibration_candidates: Vec::new(),
            policy,
            operating_points: Vec::new(),
            prediction_sets: None,
            experience: None,
            data_fingerprint: String::new(),
            grade_counts: [0; 5],
            training: serde_json::Value::Null,
            code_revision: String::new(),
            calibrated_on: None,
            metrics: serde_json::Value::Null,
            validation: Vec::new(),
            licence: String::new(),
            disclaimer: DISCLAIMER.to_owned(),
        }
    }

    /// Reads the manifest of the bundle in `folder`; the weights are not looked at.
    ///
    /// # Errors
    /// [`BundleError`]: it cannot be read, is of another version, or a value makes no sense.
    pub fn read(folder: &Path) -> Result<Self, BundleError> {
        let path = folder.join(MANIFEST);
        let manifest = parse(&path)?;
        match manifest.problems().into_iter().next() {
            Some(problem) => Err(BundleError::Manifest { path, problem }),
            None => Ok(manifest),
        }
    }

    /// Names of the files that it speaks of.
    pub(crate) fn files(&self) -> Vec<String> {
        let members = self.members.iter().map(|member| &member.file);
        let experience = self.experience.iter().map(|record| &record.file);
        members.chain(experience).cloned().collect()
    }

    /// Everything in the manifest that makes no sense, one sentence each.
    pub(crate) fn problems(&self) -> Vec<String> {
        let std = self.preparation.normalization.std;
        let DecisionPolicy {
            refer_at,
            rescreen_below,
            ..
        } = self.policy;
        let mut problems = Vec::new();
        if self.classes != class_names() {
            problems.push(format!(
                "the classes are {:?}, expected {:?}",
                self.classes,
                class_names()
            ));
        }
        if let Err(error) = self.preparation.check_sizes() {
            problems.push(error.to_string());
        }
        if !std.iter().all(|&value| value > 0.0 && value.is_finite()) {
            problems.push(format!(
                "the normalisation divides by {std:?}, which must be above 0"
            ));
        }
        if !(0.0..1.0).contains(&self.dropout) {
            problems.push(format!(
                "dropout is {}, which must lie in [0, 1)",
                self.dropout
            ));
        }
        if let Err(error) = self.calibration.validate() {
            problems.push(error.to_string());
        }
        if refer_at.is_nan() || rescreen_below.is_nan() || rescreen_below > refer_at {
            problems.push(format!(
                "the policy rescreens below {rescreen_below} but refers from {refer_at}"
            ));
        }
        if self.members.is_empty() {
            problems.push("there are no members, at least one is needed".to_owned());
        }
        let outside = self.members.iter().filter(|member| !member.is_inside());
        problems.extend(outside.map(|member| {
            format!(
                "member file `{}` must be a plain file name in the bundle's folder",
                member.file
            )
        }));
        if let Some(experience) = &self.experience
            && !is_inside(&experience.file)
        {
            problems.push(format!(
                "the file `{}` must be a plain file name in the bundle's folder",
                experience.file
            ));
        }
        problems
    }
}

impl MemberRecord {
    /// Whether its file lies in the bundle's folder itself.
    pub(crate) fn is_inside(&self) -> bool {
        is_inside(&self.file)
    }
}

/// Whether a name is that of a file in the bundle's folder itself.
fn is_inside(file: &str) -> bool {
    Path::new(file).file_name().is_some_and(|name| name == file)
}

fn class_names() -> Vec<String> {
    Grade::ALL.map(|grade| grade.words().to_owned()).to_vec()
}

/// The manifest, whether its values make sense or not.
pub(crate) fn parse(path: &Path) -> Result<BundleManifest, BundleError> {
    let text = std::fs::read(path).map_err(|source| BundleError::Read {
        path: path.to_owned(),
        source,
    })?;
    let json = |source| BundleError::Json {
        path: path.to_owned(),
        source,
    };
    // The version is read first: another version may have other fields.
    let document: serde_json::Value = serde_json::from_slice(&text).map_err(json)?;
    if let Some(found) = document
        .get("format_version")
        .and_then(serde_json::Value::as_u64)
        && found != u64::from(FORMAT_VERSION)
    {
        return Err(BundleError::FormatVersion {
            path: path.to_owned(),
            found,
        });
    }
    serde_json::from_value(document).map_err(json)
}
