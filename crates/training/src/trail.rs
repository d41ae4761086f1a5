//! The checkpoints of one course of learning, a member's or that of the lesions.
//!
//! A checkpoint is a folder, named after its place (`epoch-7-step-120`: seven epochs are done and 120 steps of the
//! next), with the weights and their batch-norm statistics, their average where there is one, the state of the optimiser,
//! and notes. It is written beside,
//! flushed to the disk and renamed; only then is the one before removed. So whenever the process dies or the disk is
//! full, a whole checkpoint is there. No random state is kept: every draw is keyed by its place.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use burn::optim::ModuleOptimizer;
use burn::tensor::Device;
use grader::ResNet18;
use grader::weights::{self, Storage};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::TrainingError;
use crate::average::Average;
use crate::optimizer::identify;

/// What learns.
pub(crate) struct Learner {
    pub(crate) network: ResNet18,
    pub(crate) optimizer: ModuleOptimizer,
    /// Of the weights, where one is asked for.
    pub(crate) average: Option<Average>,
}

impl Learner {
    /// The weights that learning has brought so far: their average, where there is one.
    pub(crate) fn outcome(&self, device: &Device) -> ResNet18 {
        match &self.average {
            Some(average) => average.network(device),
            None => self.network.clone(),
        }
    }
}

/// How far a course has come.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    /// Epochs done.
    pub(crate) epoch: usize,
    /// Steps done of the next one.
    pub(crate) step: usize,
}

/// A sum that comes back from JSON as exactly the same number, which decimal digits do not promise.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(from = "u64", into = "u64")]
pub(crate) struct ExactSum(pub(crate) f64);

impl From<u64> for ExactSum {
    fn from(bits: u64) -> Self {
        Self(f64::from_bits(bits))
    }
}

impl From<ExactSum> for u64 {
    fn from(ExactSum(sum): ExactSum) -> Self {
        sum.to_bits()
    }
}

/// Says when the next checkpoint is due.
pub(crate) struct Interval {
    every: Duration,
    since: Instant,
}

impl Interval {
    /// Due again every so many minutes from now on; 0 is always due.
    pub(crate) fn minutes(minutes: f64) -> Self {
        Self {
            every: Duration::try_from_secs_f64(minutes * 60.0).unwrap_or(Duration::MAX),
            since: Instant::now(),
        }
    }

    /// Whether it is time; if so, the next interval begins.
    pub(crate) fn is_over(&mut self) -> bool {
        let is_over = self.since.elapsed() >= self.every;
        if is_over {
            self.since = Instant::now();
        }
        is_over
    }
}

/// The folder of a course's checkpoints.
pub(crate) struct Trail {
    folder: PathBuf,
}

impl Trail {
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Saves where the course is now, and removes the checkpoint before.
    pub(crate) fn save(
        &self,
        place: Place,
        learner: &Learner,
        notes: &impl Serialize,
    ) -> Result<(), TrainingError> {
        let Place { epoch, step } = place;
        let whole = self.folder.join(format!("epoch-{epoch}-step-{step}"));
        // A course comes through a place once: what lies there is this very checkpoint.
        if whole.is_dir() {
            return Ok(());
        }
        let partial = self.folder.join("partial");
        if let Err(error) = write(&partial, learner, notes) {
            // Half a checkpoint is of no use, and a full disk needs the room.
            let _ = std::fs::remove_dir_all(&partial);
            return Err(error);
        }
        let older = self.places()?;
        std::fs::rename(&partial, &whole)
            .map_err(|error| TrainingError::file("write", &whole, &error))?;
        older.iter().try_for_each(|(_, folder)| remove(folder))
    }

    /// The newest checkpoint: the learner, with the state that `optimizer` had, and the notes.
    pub(crate) fn latest<N: DeserializeOwned>(
        &self,
        optimizer: &ModuleOptimizer,
        device: &Device,
    ) -> Result<Option<(Learner, N)>, TrainingError> {
        let mut places = self.places()?;
        let Some((_, folder)) = places.pop() else {
            return Ok(None);
        };
        // A process that was killed has not removed them; it matters only for the room.
        for (_, older) in places {
            let _ = remove(&older);
        }
        let optimizer_path = folder.join(OPTIMIZER);
        let average_path = folder.join(AVERAGE);
        let average = match average_path.is_file() {
            true => Some(Average::from_tensors(weights::read_tensors(&average_path)?)),
            false => None,
        };
        let learner = Learner {
            network: identify(weights::load(&folder.join(WEIGHTS), device)?),
            optimizer: optimizer
                .clone()
                .load(&optimizer_path)
                .map_err(|error| TrainingError::file("read", &optimizer_path, &error))?,
            average,
        };
        Ok(Some((learner, read_json(&folder.join(NOTES))?)))
    }

    /// Removes all checkpoints, when the course is over.
    pub(crate) fn clear(&self) -> Result<(), TrainingError> {
        self.places()?
            .iter()
            .try_for_each(|(_, folder)| remove(folder))
    }

    /// Whole checkpoints, oldest first.
    fn places(&self) -> Result<Vec<(Place, PathBuf)>, TrainingError> {
        if !self.folder.is_dir() {
            return Ok(Vec::new());
        }
        let entries = std::fs::read_dir(&self.folder)
            .map_err(|error| TrainingError::file("read", &self.folder, &error))?;
        let mut places: Vec<(Place, PathBuf)> = entries
            .filter_map(Result::ok)
            .filter_map(|entry| {
                let name = entry.file_name();
                let (epoch, step) = name
                    .to_str()?
                    .strip_prefix("epoch-")?
                    .split_once("-step-")?;
                let place = Place {
                    epoch: epoch.parse().ok()?,
                    step: step.parse().ok()?,
                };
                Some((place, entry.path()))
            })
            .collect();
        places.sort();
        Ok(places)
    }
}

const WEIGHTS: &str = "weights.safetensors";
const OPTIMIZER: &str = "optimizer.bpk";
const AVERAGE: &str = "average.safetensors";
const NOTES: &str = "notes.json";

/// Writes a checkpoint's files into a new folder, and waits until they are on the disk.
fn write(folder: &Path, learner: &Learner, notes: &impl Serialize) -> Result<(), TrainingError> {
    remove(folder)?;
    std::fs::create_dir_all(folder)
        .map_err(|error| TrainingError::file("make folder", folder, &error))?;
    let weights_path = folder.join(WEIGHTS);
    weights::save(&learner.network, &weights_path, Storage::F32)?;
    flush(&weights_path)?;
    if let Some(average) = &learner.average {
        let path = folder.join(AVERAGE);
        weights::save_tensors(average.tensors(), &path, Storage::F32)?;
        flush(&path)?;
    }
    let optimizer_path = folder.join(OPTIMIZER);
    learner
        .optimizer
        .save(&optimizer_path)
        .map_err(|error| TrainingError::file("write", &optimizer_path, &error))?;
    flush(&optimizer_path)?;
    write_json(&folder.join(NOTES), notes)
}

/// Waits until a file is on the disk, so that it outlives a power cut too.
pub(crate) fn flush(path: &Path) -> Result<(), TrainingError> {
    OpenOptions::new()
        .write(true)
        .open(path)
        .and_then(|file| file.sync_all())
        .map_err(|error| TrainingError::file("write", path, &error))
}

/// Removes a folder with all that is in it, if it is there.
pub(crate) fn remove(folder: &Path) -> Result<(), TrainingError> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(TrainingError::file("remove", folder, &error))
        }
        _ => Ok(()),
    }
}

pub(crate) fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T, TrainingError> {
    let text = std::fs::read(path).map_err(|error| TrainingError::file("read", path, &error))?;
    serde_json::from_slice(&text).map_err(|error| TrainingError::file("read", path, &error))
}

/// Writes a JSON file that appears whole or not at all.
pub(crate) fn write_json(path: &Path, value: &impl Serialize) -> Result<(), TrainingError> {
    let failed = |error: &dyn std::fmt::Display| TrainingError::file("write", path, error);
    let text = serde_json::to_vec_pretty(value).map_err(|error| failed(&error))?;
    let partial = path.with_extension("partial");
    File::create(&partial)
        .and_then(|mut file| file.write_all(&text).and_then(|()| file.sync_all()))
        .map_err(|error| failed(&error))?;
    std::fs::rename(&partial, path).map_err(|error| failed(&error))
}
