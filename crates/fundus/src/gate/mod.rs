//! Whether what the camera's circle shows is a retina at all.
//!
//! An orange, a moon, or what a dermatoscope sees is as round as a retina and lies on black as well. So the crop is
//! measured once more: colours, light, texture, lines like vessels, bright and dark spots. A logistic regression on these
//! measures, their squares, and how far all of them together are from usual ones tells retinas from other pictures; it is
//! fitted by `examples/gate`. Colour has little say alone,
//! because photographs in grey, without red, or with a cast are retinas too.
//!
//! Whether a retina can be graded is not asked here; that is [`crate::Quality`]'s.

mod color;
mod light;
mod lines;
mod model;
mod spots;
mod statistics;
mod texture;
mod view;
mod weights;

use image::RgbImage;
use thiserror::Error;

use lines::Lines;
use view::SmallView;

/// How much a cropped photograph is like a retina.
#[derive(Clone, Debug, PartialEq)]
pub struct Retina {
    /// How sure it is that this is a retina, `0..=1`; it is a score to be compared with [`Retina::LEAST_PROBABILITY`],
    /// and the share of retinas among pictures like this one only if they come as they were drawn for the fit.
    pub probability: f32,
    /// What was measured, in the order of [`Retina::measure_names`]. All are finite; units differ.
    pub measures: [f32; Retina::MEASURES],
}

/// The picture has a round field of view, but what it shows does not look like a retina.
#[derive(Clone, Copy, Debug, PartialEq, Error)]
#[error(
    "the picture is round like a photograph of the retina, but what it shows does not look like one: the vessels, the \
     colours or the optic disc of a retina were not recognised; check that it is the right file, and if it is, take the \
     photograph again, focused and well lit"
)]
pub struct NotARetina {
    /// How sure it was that this is a retina, `0..=1`; below [`Retina::LEAST_PROBABILITY`].
    pub probability: f32,
}

impl Retina {
    /// Number of measures.
    pub const MEASURES: usize = color::NAMES.len()
        + light::NAMES.len()
        + texture::NAMES.len()
        + lines::NAMES.len()
        + spots::NAMES.len();

    /// From this probability on a picture counts as a retina.
    pub const LEAST_PROBABILITY: f32 = weights::LEAST_PROBABILITY;

    /// Measures a cropped picture as [`crate::FieldOfView::crop`] makes it, at any size; a side below 192 pixels loses
    /// detail.
    pub fn measure(cropped: &RgbImage) -> Self {
        let view = SmallView::new(cropped);
        let lines = Lines::find(&view);
        let groups = [
            &color::measure(&view)[..],
            &light::measure(&view)[..],
            &texture::measure(&view)[..],
            &lines.measure(&view)[..],
            &spots::measure(&view, &lines)[..],
        ];
        let mut measures = [0.0; Self::MEASURES];
        for (measure, value) in measures.iter_mut().zip(groups.concat()) {
            *measure = value;
        }
        Self {
            probability: model::probability(&measures),
            measures,
        }
    }

    /// What is measured, in plain words.
    pub fn measure_names() -> impl Iterator<Item = &'static str> {
        [
            &color::NAMES[..],
            &light::NAMES[..],
            &texture::NAMES[..],
            &lines::NAMES[..],
            &spots::NAMES[..],
        ]
        .concat()
        .into_iter()
    }

    /// Whether the picture counts as a retina: its probability is at least [`Retina::LEAST_PROBABILITY`].
    pub fn is_retina(&self) -> bool {
        self.probability >= Self::LEAST_PROBABILITY
    }

    /// What [`vessel_clearness`] is of the same picture.
    pub(crate) fn vessel_clearness(&self) -> f32 {
        const LINES: usize = color::NAMES.len() + light::NAMES.len() + texture::NAMES.len();
        self.measures[LINES + lines::DARK_OVER_BRIGHT]
    }

    /// Refuses what is no retina.
    ///
    /// # Errors
    ///
    /// [`NotARetina`] when [`Retina::is_retina`] is false.
    pub fn check(&self) -> Result<(), NotARetina> {
        if self.is_retina() {
            return Ok(());
        }
        Err(NotARetina {
            probability: self.probability,
        })
    }
}

/// How much more clearly dark lines show than bright ones in a cropped picture: the logarithm of the ratio of their
/// contrasts, at the 95th percentile of all places.
pub(crate) fn vessel_clearness(cropped: &RgbImage) -> f32 {
    let view = SmallView::new(cropped);
    Lines::find(&view).dark_over_bright(&view)
}
