//! The one way from a photograph to what the network sees, and back to something a person can look at.

use std::ops::RangeInclusive;

use image::RgbImage;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{
    DecodeError, FieldOfView, Header, Limits, NoFieldOfView, NotARetina, Quality, Retina,
    Standardization, decode,
};

/// Why a photograph cannot be prepared. The message follows the name of the input.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FundusError {
    /// The bytes are not a readable picture.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// The picture shows no field of view of a fundus camera.
    #[error(transparent)]
    NoFieldOfView(#[from] NoFieldOfView),
    /// The field of view shows something else than a retina.
    #[error(transparent)]
    NotARetina(#[from] NotARetina),
}

/// Sizes with which nothing can be prepared, or which would need too much memory.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error(
    "an input of {input_side} pixels with oversampling {oversampling} is out of range: expected {} to {} pixels, \
     oversampling {} to {}, and a product of at most {LARGEST_WORKING_SIDE}",
    INPUT_SIDES.start(), INPUT_SIDES.end(), OVERSAMPLINGS.start(), OVERSAMPLINGS.end()
)]
pub struct OutOfRange {
    /// Side of the network's input, in pixels.
    pub input_side: u32,
    /// Pixels of the working picture for one of the input, along each side.
    pub oversampling: u32,
}

const INPUT_SIDES: RangeInclusive<u32> = 32..=2048;
const OVERSAMPLINGS: RangeInclusive<u32> = 1..=8;
const LARGEST_WORKING_SIDE: u32 = 4096;

/// Per-channel statistics of the standardised training photographs: `(value - mean) / std`, channels red, green, blue.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Normalization {
    /// Mean of each channel, in standardised units.
    pub mean: [f32; 3],
    /// Standard deviation of each channel, in standardised units; above zero.
    pub std: [f32; 3],
}

impl Default for Normalization {
    /// Mean 0, standard deviation 1: values stay as they are.
    fn default() -> Self {
        Self {
            mean: [0.0; 3],
            std: [1.0; 3],
        }
    }
}

/// How the standardised working picture is reduced to the side of the network's input. The working picture is divided
/// into blocks of `oversampling` x `oversampling` pixels, each channel by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reduction {
    /// The mean of each block.
    Mean,
    /// The value of each block that is furthest from zero, so that a microaneurysm of one or two pixels survives;
    /// of two equally far values, the positive one.
    Extreme,
}

/// Everything that decides what the network sees. It lives in the bundle, beside the weights that were trained with it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preparation {
    /// Side of the network's square input, in pixels; at least 1.
    pub input_side: u32,
    /// Pixels of the working picture for one of the input, along each side; at least 1.
    pub oversampling: u32,
    /// How the working picture is reduced to the input.
    pub reduction: Reduction,
    /// How illumination and colour are standardised.
    pub standardization: Standardization,
    /// Statistics of the standardised training photographs.
    pub normalization: Normalization,
}

impl Default for Preparation {
    /// 384 pixels, no oversampling, local background subtracted, not normalised.
    fn default() -> Self {
        Self {
            input_side: 384,
            oversampling: 1,
            reduction: Reduction::Mean,
            standardization: Standardization::default(),
            normalization: Normalization::default(),
        }
    }
}

/// What the network sees: planar values `[3, side, side]`, channels red, green, blue, rows from the top.
#[derive(Clone, Debug, PartialEq)]
pub struct NetworkInput {
    /// Width and height.
    pub side: usize,
    /// `3 * side * side` normalised values.
    pub values: Vec<f32>,
}

/// A photograph made ready for the network, with all that is shown or stored beside its grade.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// What its file says of it.
    pub header: Header,
    /// Width of the upright photograph, in pixels.
    pub width: u32,
    /// Height of the upright photograph, in pixels.
    pub height: u32,
    /// Where the camera's circle lies, in pixels of the upright photograph.
    pub field_of_view: FieldOfView,
    /// Whether the photograph can be graded, and why not.
    pub quality: Quality,
    /// The square of the field of view, [`Preparation::working_side`] pixels wide and high.
    pub cropped: RgbImage,
    /// What the network sees.
    pub input: NetworkInput,
}

impl Preparation {
    /// Checks the sizes: an input of 32 to 2048 pixels, oversampling 1 to 8, a working side of at most 4096 pixels.
    ///
    /// # Errors
    /// [`OutOfRange`] with what was found and what was expected.
    pub fn check_sizes(&self) -> Result<(), OutOfRange> {
        let Self {
            input_side,
            oversampling,
            ..
        } = *self;
        let is_possible = INPUT_SIDES.contains(&input_side)
            && OVERSAMPLINGS.contains(&oversampling)
            && input_side * oversampling <= LARGEST_WORKING_SIDE;
        if is_possible {
            return Ok(());
        }
        Err(OutOfRange {
            input_side,
            oversampling,
        })
    }

    /// Side of the cropped picture from which the input is made, in pixels: `input_side * oversampling`.
    pub fn working_side(&self) -> u32 {
        self.input_side.max(1) * self.oversampling.max(1)
    }

    /// Makes the network's input from a cropped picture: standardise, reduce, normalise.
    ///
    /// This is the only way to an input; training, prediction and explanation all call it. A picture of another side
    /// than [`Preparation::working_side`] is resized to it first.
    pub fn input(&self, cropped: &RgbImage) -> NetworkInput {
        let working_side = self.working_side();
        let standardized = if cropped.dimensions() == (working_side, working_side) {
            self.standardization.apply(cropped)
        } else {
            let resized = crate::field_of_view::resize(cropped, working_side);
            self.standardization.apply(&resized)
        };
        let mut values = self.reduce(standardized);
        let side = self.input_side.max(1) as usize;
        for (channel, plane) in values.chunks_exact_mut(side * side).enumerate() {
            let (mean, factor) = (
                self.normalization.mean[channel],
                1.0 / self.normalization.std[channel],
            );
            plane
                .iter_mut()
                .for_each(|value| *value = (*value - mean) * factor);
        }
        NetworkInput { side, values }
    }

    fn reduce(&self, standardized: Vec<f32>) -> Vec<f32> {
        let block = self.oversampling.max(1) as usize;
        if block == 1 {
            return standardized;
        }
        let working_side = self.working_side() as usize;
        let side = self.input_side.max(1) as usize;
        let share = 1.0 / (block * block) as f32;
        let mut reduced = vec![0.0_f32; 3 * side * side];
        for (row, out_row) in reduced.chunks_exact_mut(side).enumerate() {
            let top = row * block * working_side;
            for line in standardized[top..top + block * working_side].chunks_exact(working_side) {
                for (out, values) in out_row.iter_mut().zip(line.chunks_exact(block)) {
                    *out = match self.reduction {
                        Reduction::Mean => *out + values.iter().sum::<f32>() * share,
                        Reduction::Extreme => values.iter().copied().fold(*out, further_from_zero),
                    };
                }
            }
        }
        reduced
    }

    /// Makes a picture of a network input that a person can look at: normalisation undone, contrast fitted to 8 bits,
    /// black outside the field of view.
    pub fn visible(&self, input: &NetworkInput) -> RgbImage {
        let side = input.side;
        let pixels = side * side;
        RgbImage::from_fn(side as u32, side as u32, |x, y| {
            let index = y as usize * side + x as usize;
            let standardized = std::array::from_fn(|channel| {
                let value = input.values[channel * pixels + index];
                value * self.normalization.std[channel] + self.normalization.mean[channel]
            });
            image::Rgb(self.standardization.visible(standardized, [x, y], side))
        })
    }

    /// Prepares a photograph from the bytes of its file.
    ///
    /// # Errors
    ///
    /// [`FundusError`] when the bytes cannot be decoded within `limits`, show no field of view, or show something else
    /// than a retina in it.
    pub fn prepare(&self, bytes: &[u8], limits: &Limits) -> Result<Prepared, FundusError> {
        let photograph = decode(bytes, limits)?;
        let field_of_view = FieldOfView::find(&photograph)?;
        let cropped = field_of_view.crop(&photograph, self.working_side());
        let (width, height) = photograph.dimensions();
        drop(photograph);
        let retina = Retina::measure(&cropped);
        retina.check()?;
        let quality = Quality::of(&cropped, retina.vessel_clearness());
        let input = self.input(&cropped);
        Ok(Prepared {
            header: Header::of(bytes),
            width,
            height,
            field_of_view,
            quality,
            cropped,
            input,
        })
    }
}

/// The one of two values with the larger magnitude; of equals, the positive.
fn further_from_zero(first: f32, second: f32) -> f32 {
    let (first_size, second_size) = (first.abs(), second.abs());
    if second_size > first_size || (second_size == first_size && second > first) {
        second
    } else {
        first
    }
}
