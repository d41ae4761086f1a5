//! Whether a photograph can be graded, and if not, what to do about it.
//!
//! The measures are taken on the cropped field of view at one fixed size, because measures of sharpness taken on
//! whole photographs follow the camera's resolution and border instead.

use std::fmt;

use image::RgbImage;
use language::Language;
use serde::{Deserialize, Serialize};

use crate::field_of_view::resize;
use crate::gate::vessel_clearness;
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
    /// What is wrong and what to do about it when the photograph is taken again, in one sentence; in English, in which records
    /// keep it.
    pub fn words(self) -> &'static str {
        let language = Language::English;
        match self {
            Self::Blurred => language.text("quality-blurred"),
            Self::TooDark => language.text("quality-too-dark"),
            Self::TooBright => language.text("quality-too-bright"),
            Self::UnevenIllumination => language.text("quality-uneven"),
            Self::PartlyVisible => language.text("quality-partly-visible"),
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
    /// Overall quality in `0..=1`; 1 is best. The weakest of the measures decides; up to a quarter of it is lost where
    /// vessels do not stand out.
    pub score: f32,
    /// Whether a grade means anything: the score is at least [`Quality::GRADABLE_AT`].
    pub gradable: bool,
    /// What is wrong, the worst first; may be given for gradable photographs too.
    pub reasons: Vec<QualityReason>,
    /// Strength of fine detail: the standard deviation of what in the green channel is as small as lesser vessels,
    /// as a share of full brightness. Blur, haze and darkness all lower it. With `vessels` it is what tells rejected
    /// photographs best from good ones, by the labels of EyeQ for EyePACS.
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
    /// How much more clearly dark lines show than bright ones: the logarithm of the ratio of their contrasts, about 0.6
    /// in good photographs, 0 and below where vessels are lost in haze, dirt or noise.
    pub vessels: f32,
}

impl Quality {
    /// The lowest score at which a photograph counts as gradable.
    pub const GRADABLE_AT: f32 = 0.2;

    /// Measures a cropped picture as [`crate::FieldOfView::crop`] makes it.
    pub fn measure(cropped: &RgbImage) -> Self {
        Self::of(cropped, vessel_clearness(cropped))
    }

    /// As [`Quality::measure`], where it is known how clearly vessels show.
    pub(crate) fn of(cropped: &RgbImage, vessels: f32) -> Self {
        let picture = resize(cropped, SIDE as u32);
        let retina = visible_mask(&picture, MEASURED_RADIUS);
        let brightness: Vec<f32> = picture.pixels().map(|pixel| luminance(pixel.0)).collect();
        let mut inside: Vec<f32> = brightness
            .iter()
            .zip(&retina)
            .filter(|(_, inside)| **inside)
            .map(|(value, _)| *value)
            .collect();
        inside.sort_by(f32::total_cmp);
        let circle_area = std::f32::consts::PI * (MEASURED_RADIUS * SIDE as f32 / 2.0).powi(2);
        let count = inside.len().max(1) as f32;
        let share = |of: &dyn Fn(f32) -> bool| {
            inside.iter().filter(|value| of(**value)).count() as f32 / count
        };

        let coverage = (inside.len() as f32 / circle_area).min(1.0);
        let middle = middle_coverage(&retina);
        let illumination = inside.iter().sum::<f32>() / count;
        let median = inside.get(inside.len() / 2).copied().unwrap_or(0.0);
        let evenness = share(&|value| value >= 0.5 * median && value <= 2.0 * median);
        let clipped = share(&|value| value >= 0.97);
        let focus = focus(&picture, &retina);

        let grades = Grades {
            focus: ramp(focus, 0.0025, 0.0125),
            focus_in_usual_light: ramp(
                focus * USUAL_ILLUMINATION / illumination.max(0.02),
                0.0025,
                0.0125,
            ),
            darkness: ramp(illumination, 0.06, 0.24),
            brightness: ramp(clipped, 0.4, 0.05).min(ramp(illumination, 0.95, 0.8)),
            evenness: ramp(evenness, 0.5, 0.92),
            coverage: ramp(coverage, 0.25, 0.8).min(ramp(middle, 0.5, 0.9)),
        };
        let score = grades.weakest()
            * (LEAST_FOR_VESSELS + (1.0 - LEAST_FOR_VESSELS) * ramp(vessels, -0.4, 0.7));
        let reasons = grades.reasons(score);
        Self {
            score,
            gradable: score >= Self::GRADABLE_AT,
            reasons,
            focus,
            illumination,
            evenness,
            clipped,
            coverage,
            vessels,
        }
    }
}

/// Brightness at which most photographs are taken; sharpness is compared at it.
const USUAL_ILLUMINATION: f32 = 0.4;

/// What is left of the score where vessels do not stand out at all. Not less, because bright lesions hide them too, and
/// what decides whether a photograph can be graded must not depend on the disease.
const LEAST_FOR_VESSELS: f32 = 0.75;

/// The part of the radius that holds the macula, or disc and macula: without it nothing can be graded, however much of
/// the rest is there.
const MIDDLE: f32 = 0.5;

/// The share of the middle of the circle that shows retina.
fn middle_coverage(retina: &[bool]) -> f32 {
    let half = SIDE as f32 / 2.0;
    let (mut seen, mut all) = (0.0_f32, 0.0_f32);
    for (at, &shows) in retina.iter().enumerate() {
        let [x, y] = [at % SIDE, at / SIDE].map(|value| (value as f32 + 0.5) / half - 1.0);
        if x * x + y * y < MIDDLE * MIDDLE {
            all += 1.0;
            seen += f32::from(u8::from(shows));
        }
    }
    seen / all
}

/// Below this a grade is a fault that is named.
const FAULT: f32 = 0.5;

/// How good a photograph is in each respect, `0..=1`.
struct Grades {
    focus: f32,
    /// What the focus would be at the usual brightness; the dark has less detail, however sharp.
    focus_in_usual_light: f32,
    darkness: f32,
    brightness: f32,
    evenness: f32,
    coverage: f32,
}

impl Grades {
    fn weakest(&self) -> f32 {
        let grades = [
            self.focus,
            self.darkness,
            self.brightness,
            self.evenness,
            self.coverage,
        ];
        grades.into_iter().fold(1.0, f32::min)
    }

    /// What is wrong, the worst first; a cause before its consequence.
    fn reasons(&self, score: f32) -> Vec<QualityReason> {
        let mut named: Vec<_> = [
            (self.darkness, QualityReason::TooDark),
            (self.brightness, QualityReason::TooBright),
            (self.evenness, QualityReason::UnevenIllumination),
            (self.coverage, QualityReason::PartlyVisible),
        ]
        .into_iter()
        .filter(|(grade, _)| *grade < FAULT)
        .collect();
        // Overexposure leaves no detail, so that nobody can tell whether it was sharp.
        let sharpness = if self.brightness < FAULT {
            self.focus_in_usual_light.max(self.brightness)
        } else {
            self.focus_in_usual_light
        };
        let is_blurred = self.focus < FAULT && sharpness < FAULT;
        if is_blurred || (named.is_empty() && score < FAULT) {
            named.push((sharpness, QualityReason::Blurred));
        }
        named.sort_by(|(one, _), (other, _)| one.total_cmp(other));
        named.into_iter().map(|(_, reason)| reason).collect()
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

/// Standard deviation, over the retina, of green detail between the scales of 3 and of 9 pixels: of small vessels.
fn focus(picture: &RgbImage, retina: &[bool]) -> f32 {
    let visible: Vec<f32> = retina
        .iter()
        .map(|&inside| f32::from(u8::from(inside)))
        .collect();
    let green: Vec<f32> = picture
        .pixels()
        .zip(&visible)
        .map(|(pixel, visible)| f32::from(pixel.0[1]) * visible)
        .collect();
    // Means over visible pixels only, so that the border leaves no edge.
    let mean = |radius: usize| -> Vec<f32> {
        let (sums, weights) = (smooth(&green, radius), smooth(&visible, radius));
        sums.iter()
            .zip(&weights)
            .map(|(sum, weight)| sum / weight.max(1e-6))
            .collect()
    };
    let (fine, coarse) = (mean(1), mean(4));
    let (mut sum, mut squares, mut count) = (0.0_f64, 0.0_f64, 0.0_f64);
    for (index, _) in retina.iter().enumerate().filter(|(_, inside)| **inside) {
        let detail = f64::from(fine[index] - coarse[index]) / 255.0;
        sum += detail;
        squares += detail * detail;
        count += 1.0;
    }
    let mean = sum / f64::max(count, 1.0);
    (squares / f64::max(count, 1.0) - mean * mean)
        .max(0.0)
        .sqrt() as f32
}

/// Mean over the square window of `radius` around each pixel, zero beyond the frame.
fn smooth(values: &[f32], radius: usize) -> Vec<f32> {
    let share = 1.0 / (2 * radius + 1) as f32;
    let window = |at: usize| at.saturating_sub(radius)..=(at + radius).min(SIDE - 1);
    let along = |values: &[f32], start: usize, step: usize, at: usize| {
        window(at)
            .map(|other| values[start + other * step])
            .sum::<f32>()
            * share
    };
    let rows: Vec<f32> = (0..values.len())
        .map(|index| along(values, index - index % SIDE, 1, index % SIDE))
        .collect();
    (0..values.len())
        .map(|index| along(&rows, index % SIDE, SIDE, index / SIDE))
        .collect()
}
