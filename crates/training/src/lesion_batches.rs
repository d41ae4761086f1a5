//! Batches of pictures with lesions: painted ones, and real ones whose masks were made by readers.
//!
//! What is in a batch follows from the seed and the step alone. A picture is a random patch of the field of view where
//! [`crate::Configuration::lesion_field`] is larger than the input: so lesions are seen larger at the same cost.

use crossbeam_channel::Sender;
use fundus::{NetworkInput, PAINTED_KINDS, PaintedShares, Preparation, paint_lesions};
use grader::CLASSES;
use image::{GrayImage, RgbImage};
use rand::{Rng, RngExt};

use crate::draws;
use crate::member::Lesson;
use crate::photographs::Photograph;

/// What the network's head answers for while lesions are learned: microaneurysms, haemorrhages (within the retina and
/// before it), hard exudates, cotton-wool spots, new vessels.
pub(crate) const TARGETS: usize = CLASSES;
/// The target of each of [`PAINTED_KINDS`].
const TARGET_OF_KIND: [usize; PAINTED_KINDS.len()] = [0, 1, 2, 3, 4, 1];
/// Pixels of the input to one cell of the last feature map.
const CELL: usize = 32;
/// A cell holds a lesion of a target when it has this many whole lesion pixels, in a field of view of 512 pixels.
const LEAST_AREA: [f32; TARGETS] = [3.0, 12.0, 6.0, 24.0, 12.0];
/// Pictures of one step: each has dozens of cells to learn from.
pub(crate) const BATCH: usize = 8;

/// Pictures with lesions, ready for the network.
#[derive(Default)]
pub(crate) struct LesionBatch {
    /// `[BATCH, 3, side, side]`
    pub(crate) values: Vec<f32>,
    /// `[BATCH * cells * cells, TARGETS]`: 1 where a cell holds lesions of a target.
    pub(crate) present: Vec<f32>,
    /// Same shape: 1 where that is known, 0 where nobody looked.
    pub(crate) known: Vec<f32>,
}

/// A field of view with its lesions.
struct Marked {
    picture: RgbImage,
    /// For each target, how much of each pixel is lesion; `None` where nobody looked.
    masks: [Option<GrayImage>; TARGETS],
}

/// The part of a field of view that the network sees, in pixels of the input.
#[derive(Clone, Copy)]
struct Patch {
    left: usize,
    top: usize,
    side: usize,
    /// Side of the whole field of view.
    field: usize,
}

impl Lesson<'_> {
    /// Makes batches of the given steps until nobody takes them.
    pub(crate) fn lesion_batches(
        &self,
        healthy: &[&Photograph],
        steps: impl Iterator<Item = usize>,
        sender: &Sender<LesionBatch>,
    ) {
        let preparation = self.lesion_preparation();
        for step in steps {
            let batch = self.lesion_batch(healthy, &preparation, step);
            if sender.send(batch).is_err() {
                return;
            }
        }
    }

    /// How the whole field of view is prepared: as for the grades, but larger where patches are cut from it.
    fn lesion_preparation(&self) -> Preparation {
        let input_side = self
            .configuration
            .lesion_field
            .unwrap_or(self.preparation.input_side);
        Preparation {
            input_side,
            oversampling: (self.preparation.working_side() / input_side).max(1),
            ..self.preparation.clone()
        }
    }

    fn lesion_batch(
        &self,
        healthy: &[&Photograph],
        preparation: &Preparation,
        step: usize,
    ) -> LesionBatch {
        let mut batch = LesionBatch::default();
        for slot in 0..BATCH {
            let key = [self.configuration.seed, 0, (step * BATCH + slot) as u64];
            let mut random = draws::generator(draws::Purpose::Lesions, key);
            let mut marked = self.marked(healthy, &mut random);
            let mut masks: Vec<&mut GrayImage> = marked.masks.iter_mut().flatten().collect();
            let picture = self.configuration.augmentation.apply_with_masks(
                &marked.picture,
                &mut masks,
                &mut random,
            );
            let input = preparation.input(&picture);
            let patch = Patch::random(
                self.preparation.input_side as usize,
                input.side,
                &mut random,
            );
            patch.cut(&input, &mut batch.values);
            let present = patch.present(&marked.masks);
            batch
                .known
                .extend(present.iter().flatten().map(Option::is_some).map(one_if));
            let flat = present.iter().flatten();
            batch
                .present
                .extend(flat.map(|present| one_if(present.unwrap_or(false))));
        }
        batch
    }

    /// A picture with real lesions, or one without retinopathy with painted ones.
    fn marked(&self, healthy: &[&Photograph], random: &mut impl Rng) -> Marked {
        let share = self.configuration.lesion_mask_share;
        if !self.annotated.is_empty() && random.random_bool(share.clamp(0.0, 1.0)) {
            let annotated = &self.annotated[random.random_range(0..self.annotated.len())];
            return Marked {
                picture: annotated.cropped.clone(),
                masks: annotated.masks.clone(),
            };
        }
        let photograph = healthy[random.random_range(0..healthy.len())];
        let painted = paint_lesions(&photograph.cropped, &PaintedShares::default(), random);
        let mut masks: [Option<GrayImage>; TARGETS] = [const { None }; TARGETS];
        for (mask, target) in painted.masks.into_iter().zip(TARGET_OF_KIND) {
            masks[target] = Some(match masks[target].take() {
                Some(other) => union(other, &mask),
                None => mask,
            });
        }
        Marked {
            picture: painted.picture,
            masks,
        }
    }
}

impl Patch {
    fn random(side: usize, field: usize, random: &mut impl Rng) -> Self {
        let farthest = field.saturating_sub(side);
        Self {
            left: random.random_range(0..=farthest),
            top: random.random_range(0..=farthest),
            side,
            field,
        }
    }

    /// Appends the patch's values `[3, side, side]`.
    fn cut(self, input: &NetworkInput, values: &mut Vec<f32>) {
        for plane in input.values.chunks_exact(self.field * self.field) {
            let rows = plane.chunks_exact(self.field);
            for row in rows.skip(self.top).take(self.side) {
                values.extend_from_slice(&row[self.left..self.left + self.side]);
            }
        }
    }

    /// For each cell, rows from the top, whether it holds lesions of each target; `None` where nobody looked.
    fn present(self, masks: &[Option<GrayImage>; TARGETS]) -> Vec<[Option<bool>; TARGETS]> {
        let cells = self.side.div_ceil(CELL);
        let mut present = vec![[None; TARGETS]; cells * cells];
        for (target, mask) in masks.iter().enumerate() {
            let Some(mask) = mask else { continue };
            let least = LEAST_AREA[target] * (mask.width() as f32 / 512.0).powi(2);
            for (present, area) in present.iter_mut().zip(self.areas(mask, cells)) {
                present[target] = Some(area >= least);
            }
        }
        present
    }

    /// Whole lesion pixels in each cell.
    fn areas(self, mask: &GrayImage, cells: usize) -> Vec<f32> {
        let mut areas = vec![0.0_f32; cells * cells];
        let scale = self.field as f32 / mask.width() as f32;
        let cell = |at: u32, start: usize| -> Option<usize> {
            let inside = (at as f32 + 0.5) * scale - start as f32;
            (inside >= 0.0 && inside < self.side as f32).then_some(inside as usize / CELL)
        };
        for (x, y, share) in mask.enumerate_pixels() {
            if share[0] == 0 {
                continue;
            }
            if let (Some(column), Some(row)) = (cell(x, self.left), cell(y, self.top)) {
                areas[row * cells + column] += f32::from(share[0]) / 255.0;
            }
        }
        areas
    }
}

fn union(mut one: GrayImage, other: &GrayImage) -> GrayImage {
    for (one, other) in one.pixels_mut().zip(other.pixels()) {
        one[0] = one[0].max(other[0]);
    }
    one
}

fn one_if(condition: bool) -> f32 {
    f32::from(u8::from(condition))
}

#[cfg(test)]
mod tests {
    use image::Luma;
    use proptest::prelude::*;

    use super::*;

    fn no_masks() -> [Option<GrayImage>; TARGETS] {
        [const { None }; TARGETS]
    }

    #[test]
    fn what_nobody_looked_for_is_unknown_and_not_absent() {
        let patch = Patch {
            left: 0,
            top: 0,
            side: 64,
            field: 64,
        };
        let mut masks = no_masks();
        masks[2] = Some(GrayImage::from_fn(128, 128, |x, y| {
            Luma([if x >= 64 && y < 64 { 255 } else { 0 }])
        }));
        let present = patch.present(&masks);
        let exudates: Vec<_> = present.iter().map(|cell| cell[2]).collect();
        assert_eq!(
            exudates,
            [Some(false), Some(true), Some(false), Some(false)]
        );
        for target in [0, 1, 3, 4] {
            assert!(present.iter().all(|cell| cell[target].is_none()));
        }
    }

    proptest! {
        /// A picture whose values are its mask: cells with lesion are those whose values say so.
        #[test]
        fn a_patch_of_the_picture_is_the_same_patch_of_the_mask(
            left in 0_usize..=64,
            top in 0_usize..=64,
            x in 0_u32..128,
            y in 0_u32..128,
        ) {
            let (side, field) = (64, 128);
            let patch = Patch { left, top, side, field };
            // A square of 8 pixels, drawn twice as large in the mask.
            let is_lesion = |at: [f32; 2]| {
                (at[0] - x as f32).abs() <= 4.0 && (at[1] - y as f32).abs() <= 4.0
            };
            let values = (0..3 * field * field)
                .map(|at| one_if(is_lesion([(at % field) as f32 + 0.5, (at / field % field) as f32 + 0.5])))
                .collect();
            let mut cut = Vec::new();
            patch.cut(&NetworkInput { side: field, values }, &mut cut);
            prop_assert_eq!(cut.len(), 3 * side * side);
            let mask = GrayImage::from_fn(256, 256, |column, row| {
                let at = [column, row].map(|at| (at as f32 + 0.5) / 2.0);
                Luma([if is_lesion(at) { 255 } else { 0 }])
            });
            let areas = patch.areas(&mask, 2);
            for (cell, area) in areas.iter().enumerate() {
                let in_cell = |at: &usize| {
                    (at % side / CELL, at / side / CELL) == (cell % 2, cell / 2)
                };
                let sum: f32 = (0..side * side).filter(in_cell).map(|at| cut[at]).sum();
                prop_assert!((sum - area / 4.0).abs() < 0.01, "{} and {}", sum, area / 4.0);
            }
        }
    }
}
