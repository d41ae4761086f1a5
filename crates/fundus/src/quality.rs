//! Whether a photograph can be graded, and if not, what to do about it.
//!
//! The measures are taken on the cropped field of view at one fixed size, because measures of sharpness taken on
//! whole photographs follow the camera's resolution and border instead.

use std::fmt;

use image::RgbImage;
use serde::{Deserialize, Serialize};

use crate::field_of_view::resize;
use crate::standardization::visible_mask;

/// Side at which every photograph is measured, in pixels.
const SIDE: usize = 256;

/// The part of the radius that is measured; rims are often bright or blurred in perfectly good photographs.
const MEASURED_RADIUS: f32 = 0.92;

/// Why a photograph is hard or impossible to grade.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QualityReason {
    /// Vessels and fine detail are washed out.
    Blurred,
    /// Most of the retina is too dark to see anything in.
    TooDark,
    /// Much of the retina is overexposed.
    TooBright,
    /// Large parts are much darker than others.
    UnevenIllumination,
    /// Much of the camera's circle lies outside the picture or is black.
    PartlyVisible,
}

impl QualityReason {
    /// What is wrong and what to do about it when the photograph is taken again, in one sentence.
    pub fn words(self) -> &'static str {
        match self {
            Self::Blurred => {
                "The photograph is blurred: focus again, clean the lens, and let the patient blink first."
            }
            Self::TooDark => "The photograph is too dark: raise the flash, or dilate the pupil.",
            Self::TooBright => "The photograph is overexposed: lower the flash.",
            Self::UnevenIllumination => {
                "The retina is unevenly lit: centre the pupil, keep the working distance, or dilate the pupil."
            }
            Self::PartlyVisible => {
                "Part of the retina is not in the picture: open the eyelids wide and take the whole circle."
            }
        }
    }
}

impl fmt::Display for QualityReason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.words())
    }
}

/// The technical quality of a photograph. It is measured, not learnt, and knows nothing of the disease.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Quality {
    /// Overall quality in `0..=1`; 1 is best. The weakest of the measures decides.
    pub score: f32,
    /// Whether a grade means anything.
    pub gradable: bool,
    /// What is wrong, the worst first; may be given for gradable photographs too.
    pub reasons: Vec<QualityReason>,
    /// Strength of fine detail against the local brightness: the standard deviation of what is smaller than about a
    /// vessel's width, as a share of the brightness.
    pub focus: f32,
    /// Mean brightness of the retina in `0..=1`.
    pub illumination: f32,
    /// How evenly the retina is lit, in `0..=1`: the share that is at least half as bright as its median and at most
    /// twice.
    pub evenness: f32,
    /// Share of the retina that is overexposed.
    pub clipped: f32,
    /// Share of the circle that shows retina at all.
    pub coverage: f32,
}

impl Quality {
    /// The lowest score at which a photograph counts as gradable.
    pub const GRADABLE_AT: f32 = 0.2;

    /// Measures a cropped picture as [`crate::FieldOfView::crop`] makes it.
    pub fn measure(cropped: &RgbImage) -> Self {
        let picture = resize(cropped, SIDE as u32);
        let retina = visible_mask(&picture, MEASURED_RADIUS);
        let brightness: Vec<f32> = picture.pixels().map(|pixel| luminance(pixel.0)).collect();
        let inside: Vec<f32> = brightness
            .iter()
            .zip(&retina)
            .filter(|(_, inside)| **inside)
            .map(|(value, _)| *value)
            .collect();
        let circle_area = std::f32::consts::PI * (MEASURED_RADIUS * SIDE as f32 / 2.0).powi(2);
        let coverage = (inside.len() as f32 / circle_area).min(1.0);
        let count = inside.len().max(1) as f32;
        let share = |of: &dyn Fn(f32) -> bool| {
            inside.iter().filter(|value| of(**value)).count() as f32 / count
        };

        let illumination = inside.iter().sum::<f32>() / count;
        let mut sorted = inside.clone();
        sorted.sort_by(f32::total_cmp);
        let median = sorted.get(sorted.len() / 2).copied().unwrap_or(0.0);
        let evenness = share(&|value| value >= 0.5 * median && value <= 2.0 * median);
        let clipped = share(&|value| value >= 0.97);
        let focus = focus(&brightness, &retina);

        let grades = [
            (ramp(focus, 0.006, 0.02), QualityReason::Blurred),
            (ramp(illumination, 0.06, 0.2), QualityReason::TooDark),
            (ramp(clipped, 0.4, 0.05), QualityReason::TooBright),
            (
                ramp(evenness, 0.35, 0.85),
                QualityReason::UnevenIllumination,
            ),
            (ramp(coverage, 0.4, 0.85), QualityReason::PartlyVisible),
        ];
        let score = grades.iter().map(|(grade, _)| *grade).fold(1.0, f32::min);
        let mut weak: Vec<_> = grades
            .into_iter()
            .filter(|(grade, _)| *grade < 0.5)
            .collect();
        weak.sort_by(|(one, _), (other, _)| one.total_cmp(other));
        let reasons = weak.into_iter().map(|(_, reason)| reason).collect();
        Self {
            score,
            gradable: score >= Self::GRADABLE_AT,
            reasons,
            focus,
            illumination,
            evenness,
            clipped,
            coverage,
        }
    }
}

/// 0 at `worst` and beyond, 1 at `best` and beyond, linear between.
fn ramp(value: f32, worst: f32, best: f32) -> f32 {
    ((value - worst) / (best - worst)).clamp(0.0, 1.0)
}

/// Brightness in `0..=1`, mostly green: where vessels and lesions show.
fn luminance([red, green, blue]: [u8; 3]) -> f32 {
    (0.3 * f32::from(red) + 0.6 * f32::from(green) + 0.1 * f32::from(blue)) / 255.0
}

/// Standard deviation of the difference between two scales of smoothing, as a share of the brightness.
fn focus(brightness: &[f32], retina: &[bool]) -> f32 {
    let fine = smooth(brightness, 1);
    let coarse = smooth(brightness, 4);
    let (mut squares, mut count) = (0.0_f64, 0.0_f64);
    for (index, _) in retina.iter().enumerate().filter(|(_, inside)| **inside) {
        let contrast = f64::from((fine[index] - coarse[index]) / coarse[index].max(0.05));
        squares += contrast * contrast;
        count += 1.0;
    }
    (squares / count.max(1.0)).sqrt() as f32
}

/// Mean over the square window of `radius` around each pixel, cut at the frame.
fn smooth(values: &[f32], radius: usize) -> Vec<f32> {
    let along = |values: &[f32], step: usize, at: usize, index: usize| {
        let window = at.saturating_sub(radius)..=(at + radius).min(SIDE - 1);
        let count = window.clone().count() as f32;
        window
            .map(|other| values[index + other * step - at * step])
            .sum::<f32>()
            / count
    };
    let rows: Vec<f32> = (0..values.len())
        .map(|index| along(values, 1, index % SIDE, index))
        .collect();
    (0..values.len())
        .map(|index| along(&rows, SIDE, index / SIDE, index))
        .collect()
}
