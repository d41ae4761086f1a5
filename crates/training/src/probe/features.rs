//! What a frozen network sees in photographs: its last feature maps, computed once a view and kept.

use std::sync::atomic::{AtomicBool, Ordering};

use burn::tensor::Device;
use fundus::{Augmentation, NetworkInput, Preparation};
use grader::{FEATURES, Member, PassPlan, ResNet18};
use half::f16;
use rayon::prelude::*;
use trust::Grade;

use crate::photographs::Photograph;
use crate::{TrainingError, draws};

/// One view of one photograph.
pub(crate) struct View {
    /// Index of its photograph.
    pub(crate) photograph: usize,
    pub(crate) grade: Grade,
    /// Last feature map `[512, cells]`, after the last ReLU.
    pub(crate) map: Vec<f16>,
}

/// Which views of a photograph are looked at.
#[derive(Clone, Copy)]
pub(crate) enum Views<'a> {
    /// As it is, and so many times changed at random.
    Augmented {
        changed: usize,
        augmentation: &'a Augmentation,
        seed: u64,
    },
    /// The four rotations with which photographs are graded.
    Rotations,
}

/// Views of one forward pass.
const BATCH: usize = 16;

/// The feature maps of all views of all photographs, those of one photograph one after the other.
pub(crate) fn features(
    network: &ResNet18,
    photographs: &[Photograph],
    preparation: &Preparation,
    views: Views<'_>,
    device: &Device,
    stop: &AtomicBool,
    mut done: impl FnMut(usize),
) -> Result<Vec<View>, TrainingError> {
    let side = preparation.input_side as usize;
    let member = Member::new(network, device);
    let mut found = Vec::new();
    // Inputs are large: those of few photographs are kept at a time.
    for (first, chunk) in (0..).step_by(BATCH).zip(photographs.chunks(BATCH)) {
        if stop.load(Ordering::Relaxed) {
            return Err(TrainingError::Interrupted);
        }
        let inputs: Vec<(usize, Vec<f32>)> = chunk
            .par_iter()
            .enumerate()
            .flat_map_iter(|(at, photograph)| {
                let seen = views.of(first + at, photograph, preparation);
                seen.into_iter().map(move |values| (first + at, values))
            })
            .collect();
        for batch in inputs.chunks(BATCH) {
            let values: Vec<f32> = batch
                .iter()
                .flat_map(|(_, values)| values)
                .copied()
                .collect();
            let maps = member.feature_maps(&values, side);
            let values: Vec<f16> = maps.into_iter().map(f16::from_f32).collect();
            let size = values.len() / batch.len();
            for ((photograph, _), map) in batch.iter().zip(values.chunks_exact(size)) {
                found.push(View {
                    photograph: *photograph,
                    grade: photographs[*photograph].listed.grade,
                    map: map.to_vec(),
                });
            }
        }
        done(first + chunk.len());
    }
    Ok(found)
}

impl Views<'_> {
    /// The views of a photograph, as values `[3, side, side]`.
    fn of(self, index: usize, photograph: &Photograph, preparation: &Preparation) -> Vec<Vec<f32>> {
        let plain = || preparation.input(&photograph.cropped);
        match self {
            Views::Augmented {
                changed,
                augmentation,
                seed,
            } => {
                let changed = (0..changed).map(|view| {
                    let key = [seed, index as u64, view as u64];
                    let mut random = draws::generator(draws::Purpose::Views, key);
                    let augmented = augmentation.apply(&photograph.cropped, &mut random);
                    preparation.input(&augmented).values
                });
                std::iter::once(plain().values).chain(changed).collect()
            }
            Views::Rotations => rotations(&plain()),
        }
    }
}

fn rotations(input: &NetworkInput) -> Vec<Vec<f32>> {
    let views = PassPlan::default().views();
    views.into_iter().map(|view| view.of(input)).collect()
}

/// Cells of a feature map.
pub(crate) fn cells(view: &View) -> usize {
    view.map.len() / FEATURES
}
