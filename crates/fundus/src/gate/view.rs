//! The small picture that all measures are taken on.

use image::RgbImage;

use crate::field_of_view::resize;
use crate::landmarks::plane::{Plane, Visible};
use crate::standardization::visible_mask;

/// Side of the picture that is measured, in pixels: enough for the larger vessels, and a few milliseconds' work.
pub(super) const SIDE: usize = 192;

/// The part of the radius that is measured; rims are often bright, coloured or blurred.
const MEASURED_RADIUS: f32 = 0.94;

/// Brightness that is added before one is divided by it, so that darkness is not amplified (of 1).
const DARKNESS: f32 = 0.04;

/// Radius of the surroundings that contrast is measured against, in pixels.
const SURROUNDINGS: usize = 9;

/// A cropped photograph made small, with what several measures need of it.
pub(super) struct SmallView {
    pub picture: RgbImage,
    /// Red, green and blue, each 0..1.
    pub channels: [Plane; 3],
    /// Mostly green, as the eye weighs it and as vessels show; 0..1.
    pub brightness: Plane,
    /// How much brighter each channel is than its surroundings, as a share of their brightness.
    pub contrast: [Plane; 3],
    /// What shows something, away from the rim and from darkness.
    pub visible: Visible,
    /// The indices of what is visible.
    pub places: Vec<usize>,
    /// How far each place lies from the middle, as a share of the radius.
    pub radii: Vec<f32>,
}

impl SmallView {
    pub fn new(cropped: &RgbImage) -> Self {
        let picture = resize(cropped, SIDE as u32);
        let visible = Visible::new(&visible_mask(&picture, MEASURED_RADIUS), SIDE);
        let channels = [0, 1, 2].map(|channel| Plane {
            side: SIDE,
            values: (picture.pixels())
                .map(|pixel| f32::from(pixel.0[channel]) / 255.0)
                .collect(),
        });
        let brightness = Plane {
            side: SIDE,
            values: (0..SIDE * SIDE)
                .map(|at| {
                    let [red, green, blue] = [0, 1, 2].map(|channel| channels[channel].values[at]);
                    0.3 * red + 0.6 * green + 0.1 * blue
                })
                .collect(),
        };
        let contrast = [0, 1, 2].map(|channel| relative(&channels[channel], &visible));
        let places = (0..SIDE * SIDE).filter(|&at| visible.sees(at)).collect();
        Self {
            picture,
            channels,
            brightness,
            contrast,
            visible,
            places,
            radii: (0..SIDE * SIDE).map(|at| length(position(at))).collect(),
        }
    }

    /// The visible values of a plane.
    pub fn values<'a>(&'a self, plane: &'a Plane) -> impl Iterator<Item = f32> + Clone + 'a {
        self.places.iter().map(|&at| plane.values[at])
    }

    /// The share of the visible places for which something holds; 0 when nothing is visible.
    pub fn share(&self, holds: impl Fn(usize) -> bool) -> f32 {
        let count = self.places.iter().filter(|&&at| holds(at)).count();
        count as f32 / self.places.len().max(1) as f32
    }
}

fn relative(channel: &Plane, visible: &Visible) -> Plane {
    let mut relative = channel.combined(&visible.mean(channel, SURROUNDINGS, 2), |value, mean| {
        (value + DARKNESS) / (mean + DARKNESS) - 1.0
    });
    for (value, weight) in relative.values.iter_mut().zip(&visible.weights.values) {
        *value *= weight;
    }
    relative
}

/// Where a place lies: right and down of the middle, as shares of the radius.
pub(super) fn position(at: usize) -> [f32; 2] {
    [at % SIDE, at / SIDE].map(|value| (value as f32 + 0.5) / (SIDE as f32 / 2.0) - 1.0)
}

/// The length of a vector; quicker than `hypot`, whose care for huge numbers is not needed here.
pub(super) fn length([x, y]: [f32; 2]) -> f32 {
    (x * x + y * y).sqrt()
}
