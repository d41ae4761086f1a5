//! Decoded and cropped photographs, kept in memory: opening them anew each epoch would cost more than learning from
//! them.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use fundus::{FieldOfView, Limits, Normalization, Preparation, Quality};
use image::RgbImage;
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use trust::Grade;

use crate::TrainingError;
use crate::annotated::Annotated;
use crate::progress::Progress;
use crate::source::{GradedPhotograph, Split};

/// A photograph ready to be augmented.
pub(crate) struct Photograph {
    pub(crate) listed: GradedPhotograph,
    purpose: Purpose,
    /// Square of the field of view, working side.
    pub(crate) cropped: RgbImage,
    pub(crate) quality: f32,
    /// SHA-256 of the file.
    hash: String,
}

/// What a photograph serves for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Purpose {
    /// To learn its grade, or to measure how well it is told.
    Grade(Split),
    /// To paint lesions on.
    Healthy,
    /// To answer alike for, whatever the camera.
    Unlabelled,
}

impl Purpose {
    fn name(self) -> &'static str {
        match self {
            Self::Grade(split) => split.name(),
            Self::Healthy => "healthy",
            Self::Unlabelled => "unlabelled",
        }
    }
}

/// The photographs of a run.
pub(crate) struct Photographs {
    pub(crate) train: Vec<Photograph>,
    pub(crate) val: Vec<Photograph>,
    /// Without retinopathy, to paint lesions on; no grade is learned from them.
    pub(crate) healthy: Vec<Photograph>,
    /// Without a grade, to answer alike for.
    pub(crate) unlabelled: Vec<Photograph>,
    /// With masks of their lesions; no grade is learned from them.
    pub(crate) annotated: Vec<Annotated>,
}

/// Photographs whose standardised values are measured for the normalisation: enough for three digits.
const MEASURED: usize = 256;

impl Photographs {
    /// Reads the training and validation photographs, the `healthy` and the `unlabelled` ones; unreadable ones are
    /// reported and left out.
    pub(crate) fn read(
        listed: Vec<(GradedPhotograph, Split)>,
        healthy: Vec<GradedPhotograph>,
        unlabelled: Vec<GradedPhotograph>,
        preparation: &Preparation,
        stop: &AtomicBool,
        observer: &(dyn Fn(Progress) + Sync),
    ) -> Result<Self, TrainingError> {
        let graded = listed
            .into_iter()
            .filter(|(_, split)| *split != Split::Test)
            .map(|(listed, split)| (listed, Purpose::Grade(split)));
        let healthy = healthy.into_iter().map(|listed| (listed, Purpose::Healthy));
        let unlabelled = unlabelled
            .into_iter()
            .map(|listed| (listed, Purpose::Unlabelled));
        let wanted: Vec<_> = graded.chain(healthy).chain(unlabelled).collect();
        let (total, done) = (wanted.len(), AtomicUsize::new(0));
        let read = |(listed, purpose): (GradedPhotograph, Purpose)| {
            if stop.load(Ordering::Relaxed) {
                return None;
            }
            let file = listed.file.clone();
            let result = read(listed, purpose, preparation.working_side());
            let so_far = done.fetch_add(1, Ordering::Relaxed) + 1;
            if so_far % 50 == 0 || so_far == total {
                observer(Progress::Reading {
                    done: so_far,
                    total,
                });
            }
            result
                .map_err(|reason| observer(Progress::Unreadable { file, reason }))
                .ok()
        };
        let mut photographs: Vec<Photograph> = wanted.into_par_iter().filter_map(read).collect();
        if stop.load(Ordering::Relaxed) {
            return Err(TrainingError::Interrupted);
        }
        let mut of = |purpose: Purpose| -> Vec<Photograph> {
            photographs
                .extract_if(.., |photograph| photograph.purpose == purpose)
                .collect()
        };
        Ok(Self {
            train: of(Purpose::Grade(Split::Train)),
            val: of(Purpose::Grade(Split::Val)),
            healthy: of(Purpose::Healthy),
            unlabelled: of(Purpose::Unlabelled),
            annotated: Vec::new(),
        })
    }

    /// Per-channel mean and standard deviation of the standardised training photographs, of evenly chosen ones where
    /// there are many.
    pub(crate) fn normalization(&self, preparation: &Preparation) -> Normalization {
        let step = self.train.len().div_ceil(MEASURED).max(1);
        let chosen: Vec<&Photograph> = self.train.iter().step_by(step).collect();
        let sums: Vec<[[f64; 2]; 3]> = chosen
            .par_iter()
            .map(|photograph| {
                let input = preparation.input(&photograph.cropped);
                let pixels = input.side * input.side;
                std::array::from_fn(|channel| {
                    let plane = &input.values[channel * pixels..(channel + 1) * pixels];
                    plane.iter().fold([0.0, 0.0], |[sum, squares], &value| {
                        let value = f64::from(value);
                        [sum + value, squares + value * value]
                    })
                })
            })
            .collect();
        let side = preparation.input_side as f64;
        let count = chosen.len() as f64 * side * side;
        let moment = |channel: usize, power: usize| {
            sums.iter().map(|sums| sums[channel][power]).sum::<f64>() / count
        };
        let mean = [0, 1, 2].map(|channel| moment(channel, 0));
        // A channel that never changes keeps its scale.
        let std = [0, 1, 2].map(|channel| {
            (moment(channel, 1) - mean[channel] * mean[channel])
                .max(0.0)
                .sqrt()
        });
        Normalization {
            mean: mean.map(|value| value as f32),
            std: std.map(|value| if value > 1e-6 { value as f32 } else { 1.0 }),
        }
    }

    /// The [`Fingerprint`] of all photographs.
    pub(crate) fn fingerprint(&self) -> String {
        let mut fingerprint = Fingerprint::default();
        let graded = self.train.iter().chain(&self.val);
        for photograph in graded.chain(&self.healthy).chain(&self.unlabelled) {
            let purpose = photograph.purpose.name();
            fingerprint.add(&photograph.hash, photograph.listed.grade, purpose);
        }
        for annotated in &self.annotated {
            fingerprint.add_masks(&annotated.hash);
        }
        fingerprint.finish()
    }
}

/// SHA-256 over the sorted lines `hash grade purpose` of photographs: the same data give the same fingerprint, wherever
/// they lie.
#[derive(Default)]
pub(crate) struct Fingerprint(BTreeSet<String>);

impl Fingerprint {
    /// One photograph more: the digest of its file, its grade, and what it serves for.
    pub(crate) fn add(&mut self, digest: &str, grade: Grade, purpose: &str) {
        self.0
            .insert(format!("{digest} {} {purpose}\n", grade.index()));
    }

    /// One photograph more of which only the masks of its lesions matter.
    fn add_masks(&mut self, digest: &str) {
        self.0.insert(format!("{digest} lesion masks\n"));
    }

    pub(crate) fn finish(self) -> String {
        let mut hasher = Sha256::new();
        self.0.iter().for_each(|line| hasher.update(line));
        hexadecimal(&hasher.finalize())
    }
}

/// SHA-256 of a file's bytes, in hexadecimal digits.
pub(crate) fn digest(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}

/// The grades of photographs, in order.
pub(crate) fn grades(photographs: &[Photograph]) -> Vec<Grade> {
    photographs
        .iter()
        .map(|photograph| photograph.listed.grade)
        .collect()
}

fn read(
    listed: GradedPhotograph,
    purpose: Purpose,
    working_side: u32,
) -> Result<Photograph, String> {
    let bytes = std::fs::read(&listed.path).map_err(|error| error.to_string())?;
    let hash = digest(&bytes);
    let photograph =
        fundus::decode(&bytes, &Limits::default()).map_err(|error| error.to_string())?;
    let field_of_view = FieldOfView::find(&photograph).map_err(|error| error.to_string())?;
    let cropped = field_of_view.crop(&photograph, working_side);
    let quality = Quality::measure(&cropped).score;
    Ok(Photograph {
        listed,
        purpose,
        cropped,
        quality,
        hash,
    })
}

pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
