//! What a run leaves behind so that it can go on.
//!
//! `BUNDLE/.checkpoints/run.json` says which run it is. `lesions/` is the [`Trail`] of learning lesions and
//! `lesions.safetensors` what came of it. `member-1/` is the trail of the first member, with the weights of its best
//! epoch so far in `best-7.safetensors` and, when the member is done, its history in `finished.json`.

use std::path::{Path, PathBuf};

use grader::ResNet18;
use grader::weights::{self, Storage};
use serde::{Deserialize, Serialize};

use crate::TrainingError;
use crate::trail::{Trail, flush, read_json, remove, write_json};

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
            // First what says that there is something to go on from: the rest may only be removed in part.
            match std::fs::remove_file(&run) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(TrainingError::file("remove", &run, &error));
                }
                _ => {}
            }
            remove(&folder)?;
            std::fs::create_dir_all(&folder)
                .map_err(|error| TrainingError::file("make folder", &folder, &error))?;
            write_json(&run, identity)?;
        }
        Ok(Self { folder })
    }

    /// Where the weights are kept that have learned what a lesion is.
    pub(crate) fn lesions(&self) -> PathBuf {
        self.folder.join("lesions.safetensors")
    }

    /// Where the head that all members start with is kept.
    pub(crate) fn head(&self) -> PathBuf {
        self.folder.join("head.safetensors")
    }

    /// The trail of learning lesions.
    pub(crate) fn lesion_trail(&self) -> Trail {
        Trail::new(self.folder.join("lesions"))
    }

    /// The trail of a member.
    pub(crate) fn trail(&self, member: usize) -> Trail {
        Trail::new(self.member(member))
    }

    /// Where the weights of a member's best epoch are kept, counted from 0.
    pub(crate) fn best(&self, member: usize, epoch: usize) -> PathBuf {
        self.member(member)
            .join(format!("best-{}.safetensors", epoch + 1))
    }

    /// Keeps weights as those of the best epoch. The best ones before stay until they are [forgotten](Self::forget),
    /// because this epoch counts only when its checkpoint is there too.
    pub(crate) fn keep(
        &self,
        member: usize,
        epoch: usize,
        network: &ResNet18,
    ) -> Result<(), TrainingError> {
        let folder = self.member(member);
        std::fs::create_dir_all(&folder)
            .map_err(|error| TrainingError::file("make folder", &folder, &error))?;
        let path = self.best(member, epoch);
        weights::save(network, &path, Storage::F32)?;
        flush(&path)
    }

    /// Removes the best weights of earlier epochs.
    pub(crate) fn forget(&self, member: usize, best: Option<usize>) {
        for epoch in 0..best.unwrap_or(0) {
            // Only room is lost where it does not work.
            let _ = std::fs::remove_file(self.best(member, epoch));
        }
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
        self.trail(member).clear()
    }

    fn member(&self, member: usize) -> PathBuf {
        self.folder.join(format!("member-{}", member + 1))
    }
}
