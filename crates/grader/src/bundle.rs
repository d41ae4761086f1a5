//! The model bundle: a folder with `bundle.json` and one safetensors file a member.
//!
//! The manifest says everything that decides an answer: how photographs are prepared, which weights, how logits become
//! probabilities and decisions, and where all of it came from. Opening verifies the SHA-256 of every file and the name
//! and shape of every tensor; writing replaces an older bundle in one step.

use std::io::Write;
use std::path::{Path, PathBuf};

use burn::tensor::Device;
use fundus::Preparation;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use trust::place::ValidationPoint;
use trust::{
    Calibration, CalibrationCandidate, ConformalSets, DISCLAIMER, DecisionPolicy, Evidence, Grade,
    OperatingPoint, Uncertainty,
};

use crate::experience::Experience;
use crate::network::ResNet18;
use crate::weights::{self, Storage, WeightsError};

/// The version of the manifest's format that this program reads and writes.
pub const FORMAT_VERSION: u32 = 1;

/// Name of the manifest in the bundle's folder.
pub const MANIFEST: &str = "bundle.json";

/// Why a bundle could not be opened or written.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// A file could not be read.
    #[error("cannot read {}: {source}; is this the folder of a model bundle?", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// A file could not be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The manifest is no JSON of the expected form.
    #[error("{} is not a manifest of a model bundle: {source}", path.display())]
    Json {
        /// The manifest.
        path: PathBuf,
        /// What the JSON reader said.
        source: serde_json::Error,
    },
    /// The manifest has another format version.
    #[error("{} has format version {found}, but this program reads version {FORMAT_VERSION}; use the program it was made with", path.display())]
    FormatVersion {
        /// The manifest.
        path: PathBuf,
        /// Its version.
        found: u64,
    },
    /// A value in the manifest makes no sense.
    #[error("{}: {problem}", path.display())]
    Manifest {
        /// The manifest.
        path: PathBuf,
        /// One sentence.
        problem: String,
    },
    /// A member's file is not the file that the manifest means.
    #[error("{} has SHA-256 {found}, but the manifest says {expected}; copy the bundle again", path.display())]
    Digest {
        /// The weights file.
        path: PathBuf,
        /// SHA-256 in the manifest, in hexadecimal digits.
        expected: String,
        /// SHA-256 of the file.
        found: String,
    },
    /// A member's weights do not fit.
    #[error(transparent)]
    Weights(#[from] WeightsError),
}

/// The network of every member.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Architecture {
    /// [`ResNet18`] with five outputs.
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

/// A member's weights as they lie in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncodedMember {
    /// The whole safetensors file.
    pub bytes: Vec<u8>,
    /// The seed it was trained with.
    pub seed: u64,
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
    /// What the members met in training: an [`Experience`].
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
    /// [`Bundle::write`] fills in.
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
        let manifest = parse_manifest(&path)?;
        match manifest.problems().into_iter().next() {
            Some(problem) => Err(BundleError::Manifest { path, problem }),
            None => Ok(manifest),
        }
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

impl BundleManifest {
    /// Names of the files that it speaks of.
    fn files(&self) -> Vec<String> {
        let members = self.members.iter().map(|member| &member.file);
        let experience = self.experience.iter().map(|record| &record.file);
        members.chain(experience).cloned().collect()
    }
}

fn class_names() -> Vec<String> {
    Grade::ALL.map(|grade| grade.words().to_owned()).to_vec()
}

/// An opened and verified bundle.
#[derive(Clone, Debug)]
pub struct Bundle {
    /// Where it lies.
    pub folder: PathBuf,
    /// What `bundle.json` says.
    pub manifest: BundleManifest,
    /// The members' networks on the CPU, in the manifest's order.
    pub(crate) networks: Vec<ResNet18>,
    /// What they met in training, where the bundle knows.
    pub experience: Option<Experience>,
}

impl Bundle {
    /// Opens the bundle in `folder` and verifies all of it: the manifest's values, the SHA-256 of every file, the name
    /// and shape of every tensor.
    pub fn open(folder: &Path) -> Result<Self, BundleError> {
        let manifest = BundleManifest::read(folder)?;
        let networks = manifest
            .members
            .iter()
            .map(|member| open_member(folder, member))
            .collect::<Result<_, _>>()?;
        let experience = manifest
            .experience
            .as_ref()
            .map(|record| open_experience(folder, record, manifest.members.len()))
            .transpose()?;
        Ok(Self {
            folder: folder.to_owned(),
            manifest,
            networks,
            experience,
        })
    }

    /// The members' networks on the CPU, in the manifest's order.
    pub fn networks(&self) -> &[ResNet18] {
        &self.networks
    }

    /// The members' files as they are, to copy them.
    ///
    /// # Errors
    /// [`BundleError`] where a file has changed since the bundle was opened.
    pub fn encoded_members(&self) -> Result<Vec<EncodedMember>, BundleError> {
        let members = self.manifest.members.iter();
        members
            .map(|member| {
                Ok(EncodedMember {
                    bytes: read_member(&self.folder, member)?,
                    seed: member.seed,
                })
            })
            .collect()
    }

    /// Writes a bundle of `members` (a network and the seed it was trained with) into `folder`, see
    /// [`Bundle::write_encoded`].
    pub fn write(
        folder: &Path,
        manifest: BundleManifest,
        members: &[(&ResNet18, u64)],
        experience: Option<&Experience>,
        storage: Storage,
    ) -> Result<Self, BundleError> {
        let encoded: Vec<EncodedMember> = members
            .iter()
            .map(|(network, seed)| EncodedMember {
                bytes: weights::encode(network, storage),
                seed: *seed,
            })
            .collect();
        Self::write_encoded(folder, manifest, &encoded, experience)
    }

    /// Writes a bundle of members whose files are there already, bit by bit, into `folder`, which is made if it is
    /// missing. `manifest.members` and `manifest.experience` are filled in here.
    ///
    /// Weights files are named by their content and the manifest is replaced last and in one step: whoever opens the
    /// folder meanwhile, or after a crash, finds the old bundle or the new one, whole. Weights that the old manifest
    /// named and the new one does not are removed afterwards; other files in the folder are left alone.
    pub fn write_encoded(
        folder: &Path,
        mut manifest: BundleManifest,
        members: &[EncodedMember],
        experience: Option<&Experience>,
    ) -> Result<Self, BundleError> {
        let failed = |source| BundleError::Write {
            path: folder.to_owned(),
            source,
        };
        std::fs::create_dir_all(folder).map_err(failed)?;
        let manifest_path = folder.join(MANIFEST);
        let replaced = BundleManifest::read(folder)
            .map(|old| old.files())
            .unwrap_or_default();

        let records = members.iter().enumerate();
        manifest.members = records
            .map(|(index, member)| member_record(index, member))
            .collect();
        let experience = experience.map(Experience::encode);
        manifest.experience = experience.as_deref().map(|bytes| {
            let sha256 = sha256(bytes);
            FileRecord {
                file: format!("experience-{}.safetensors", &sha256[..8]),
                sha256,
            }
        });
        if let Some(problem) = manifest.problems().into_iter().next() {
            return Err(BundleError::Manifest {
                path: manifest_path,
                problem,
            });
        }

        for (record, member) in manifest.members.iter().zip(members) {
            write_whole(&folder.join(&record.file), &member.bytes)?;
        }
        if let (Some(record), Some(bytes)) = (&manifest.experience, &experience) {
            write_whole(&folder.join(&record.file), bytes)?;
        }
        let json = serde_json::to_vec_pretty(&manifest).map_err(|source| BundleError::Json {
            path: manifest_path.clone(),
            source,
        })?;
        write_whole(&manifest_path, &json)?;

        let kept = manifest.files();
        for old in replaced.iter().filter(|old| !kept.contains(old)) {
            // A file that cannot be removed does no harm: nothing names it any more.
            let _ = std::fs::remove_file(folder.join(old));
        }
        Self::open(folder)
    }
}

/// Name, digest and seed of a member at its place in the ensemble.
fn member_record(index: usize, member: &EncodedMember) -> MemberRecord {
    let sha256 = sha256(&member.bytes);
    MemberRecord {
        file: format!("member-{index}-{}.safetensors", &sha256[..8]),
        sha256,
        seed: member.seed,
    }
}

/// The manifest, whether its values make sense or not.
pub(crate) fn parse_manifest(path: &Path) -> Result<BundleManifest, BundleError> {
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

/// A member's file, whole.
fn read_member(folder: &Path, member: &MemberRecord) -> Result<Vec<u8>, BundleError> {
    let path = folder.join(&member.file);
    let bytes = std::fs::read(&path).map_err(|source| BundleError::Read {
        path: path.clone(),
        source,
    })?;
    check_digest(&path, &bytes, &member.sha256)?;
    Ok(bytes)
}

/// What the members met, from the file that the manifest means.
pub(crate) fn open_experience(
    folder: &Path,
    record: &FileRecord,
    members: usize,
) -> Result<Experience, BundleError> {
    let path = folder.join(&record.file);
    let bytes = std::fs::read(&path).map_err(|source| BundleError::Read {
        path: path.clone(),
        source,
    })?;
    check_digest(&path, &bytes, &record.sha256)?;
    Ok(Experience::decode(&bytes, members, &path)?)
}

/// Whether a file is the one that the manifest means.
pub(crate) fn check_digest(path: &Path, bytes: &[u8], expected: &str) -> Result<(), BundleError> {
    let found = sha256(bytes);
    if found == expected {
        return Ok(());
    }
    Err(BundleError::Digest {
        path: path.to_owned(),
        expected: expected.to_owned(),
        found,
    })
}

fn open_member(folder: &Path, member: &MemberRecord) -> Result<ResNet18, BundleError> {
    let bytes = read_member(folder, member)?;
    let path = folder.join(&member.file);
    Ok(weights::decode(&bytes, &path, &Device::flex())?)
}

fn sha256(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}

pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Writes beside the target, flushes to disk, renames: the file appears whole or not at all.
fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), BundleError> {
    let failed = |source| BundleError::Write {
        path: path.to_owned(),
        source,
    };
    let partial = path.with_extension("partial");
    let mut file = std::fs::File::create(&partial).map_err(failed)?;
    file.write_all(bytes)
        .and_then(|()| file.sync_all())
        .map_err(failed)?;
    std::fs::rename(&partial, path).map_err(failed)
}
