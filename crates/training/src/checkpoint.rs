//! What a run leaves behind so that it can go on: a folder an epoch, whole or not there.
//!
//! `BUNDLE/.checkpoints/run.json` says which run it is. `member-1/epoch-7/` holds the weights with their batch-norm
//! statistics, the state of the optimiser, and the history; `member-1/best.safetensors` the best weights so far; and
//! `member-1/finished.json` appears when the member is done.

use std::path::{Path, PathBuf};

use burn::optim::ModuleOptimizer;
use burn::tensor::Device;
use grader::ResNet18;
use grader::weights::{self, Storage};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::TrainingError;
use crate::optimizer::identify;

/// One epoch's figures.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct EpochRecord {
    pub(crate) train_loss: f64,
    pub(crate) val_loss: f64,
    pub(crate) kappa: f64,
    pub(crate) referable_auc: f64,
    pub(crate) accuracy: f64,
    /// What the best epoch is chosen by.
    pub(crate) score: f64,
}

/// Nine decimals: more than any figure is worth, and few enough for JSON to give back the same number, so that a resumed
/// run compares epochs as an uninterrupted one does.
pub(crate) fn rounded(figure: f64) -> f64 {
    (figure * 1e9).round() / 1e9
}

/// A member's epochs so far.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct History(pub(crate) Vec<EpochRecord>);

impl History {
    /// The first of the epochs with the highest score, counted from 0.
    pub(crate) fn best(&self) -> Option<usize> {
        let mut best: Option<usize> = None;
        for (epoch, record) in self.0.iter().enumerate() {
            if best.is_none_or(|best| record.score > self.0[best].score) {
                best = Some(epoch);
            }
        }
        best
    }
}

/// The checkpoints of one run.
pub(crate) struct Checkpoints {
    folder: PathBuf,
}

/// A member as it was at the end of an epoch.
pub(crate) struct Resumed {
    pub(crate) network: ResNet18,
    pub(crate) optimizer: ModuleOptimizer,
    pub(crate) history: History,
}

impl Checkpoints {
    /// The checkpoints of a run with this identity in a bundle's folder; without `resume`, old ones are removed.
    pub(crate) fn open(
        bundle: &Path,
        identity: &serde_json::Value,
        resume: bool,
    ) -> Result<Self, TrainingError> {
        let folder = bundle.join(".checkpoints");
        let run = folder.join("run.json");
        if resume && run.is_file() {
            let found =
                std::fs::read(&run).map_err(|error| TrainingError::file("read", &run, &error))?;
            if found != format!("{identity:#}").into_bytes() {
                return Err(TrainingError::OtherRun(folder));
            }
        } else {
            remove(&folder)?;
            std::fs::create_dir_all(&folder)
                .map_err(|error| TrainingError::file("make folder", &folder, &error))?;
            write_json(&run, identity)?;
        }
        Ok(Self { folder })
    }

    /// Where the best weights of a member are kept.
    pub(crate) fn best(&self, member: usize) -> PathBuf {
        self.member(member).join("best.safetensors")
    }

    /// Where the weights are kept that have learned what a lesion is.
    pub(crate) fn lesions(&self) -> PathBuf {
        self.folder.join("lesions.safetensors")
    }

    /// The history of a member that is done.
    pub(crate) fn finished(&self, member: usize) -> Result<Option<History>, TrainingError> {
        let path = self.member(member).join("finished.json");
        if path.is_file() {
            read_json(&path).map(Some)
        } else {
            Ok(None)
        }
    }

    /// Marks a member as done and removes what was only needed to go on.
    pub(crate) fn finish(&self, member: usize, history: &History) -> Result<(), TrainingError> {
        write_json(&self.member(member).join("finished.json"), history)?;
        self.epochs(member)?
            .into_iter()
            .try_for_each(|(_, folder)| remove(&folder))
    }

    /// Saves the end of an epoch, and the weights as the best ones if they are.
    pub(crate) fn save(
        &self,
        member: usize,
        network: &ResNet18,
        optimizer: &ModuleOptimizer,
        history: &History,
    ) -> Result<(), TrainingError> {
        let epoch = history.0.len();
        let folder = self.member(member);
        let (partial, whole) = (
            folder.join("partial"),
            folder.join(format!("epoch-{epoch}")),
        );
        remove(&partial)?;
        std::fs::create_dir_all(&partial)
            .map_err(|error| TrainingError::file("make folder", &partial, &error))?;
        weights::save(network, &partial.join("weights.safetensors"), Storage::F32)?;
        let optimizer_path = partial.join("optimizer.bpk");
        optimizer
            .save(&optimizer_path)
            .map_err(|error| TrainingError::file("write", &optimizer_path, &error))?;
        write_json(&partial.join("history.json"), history)?;
        // Before the epoch counts as done: on resuming, an epoch done again writes the same best weights again.
        if history.best() == Some(epoch - 1) {
            weights::save(network, &self.best(member), Storage::F32)?;
        }
        let older = self.epochs(member)?;
        std::fs::rename(&partial, &whole)
            .map_err(|error| TrainingError::file("write", &whole, &error))?;
        older
            .into_iter()
            .try_for_each(|(_, folder)| remove(&folder))
    }

    /// The latest whole epoch of a member.
    pub(crate) fn load(
        &self,
        member: usize,
        optimizer: ModuleOptimizer,
        device: &Device,
    ) -> Result<Option<Resumed>, TrainingError> {
        let Some((_, folder)) = self.epochs(member)?.pop() else {
            return Ok(None);
        };
        let optimizer_path = folder.join("optimizer.bpk");
        Ok(Some(Resumed {
            network: identify(weights::load(&folder.join("weights.safetensors"), device)?),
            optimizer: optimizer
                .load(&optimizer_path)
                .map_err(|error| TrainingError::file("read", &optimizer_path, &error))?,
            history: read_json(&folder.join("history.json"))?,
        }))
    }

    fn member(&self, member: usize) -> PathBuf {
        self.folder.join(format!("member-{}", member + 1))
    }

    /// Whole epochs and their folders, oldest first.
    fn epochs(&self, member: usize) -> Result<Vec<(usize, PathBuf)>, TrainingError> {
        let folder = self.member(member);
        if !folder.is_dir() {
            return Ok(Vec::new());
        }
        let entries = std::fs::read_dir(&folder)
            .map_err(|error| TrainingError::file("read", &folder, &error))?;
        let mut epochs: Vec<(usize, PathBuf)> = entries
            .filter_map(Result::ok)
            .filter_map(|entry| {
                let name = entry.file_name();
                let number = name.to_str()?.strip_prefix("epoch-")?.parse().ok()?;
                Some((number, entry.path()))
            })
            .collect();
        epochs.sort();
        Ok(epochs)
    }
}

fn remove(folder: &Path) -> Result<(), TrainingError> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(TrainingError::file("remove", folder, &error))
        }
        _ => Ok(()),
    }
}

fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T, TrainingError> {
    let text = std::fs::read(path).map_err(|error| TrainingError::file("read", path, &error))?;
    serde_json::from_slice(&text).map_err(|error| TrainingError::file("read", path, &error))
}

fn write_json(path: &Path, value: &impl Serialize) -> Result<(), TrainingError> {
    let failed = |error: &dyn std::fmt::Display| TrainingError::file("write", path, error);
    let text = serde_json::to_vec_pretty(value).map_err(|error| failed(&error))?;
    let partial = path.with_extension("partial");
    std::fs::write(&partial, text).map_err(|error| failed(&error))?;
    std::fs::rename(&partial, path).map_err(|error| failed(&error))
}
