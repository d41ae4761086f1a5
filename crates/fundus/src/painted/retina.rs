//! What painting needs to know of a photograph: where its retina is, and its own colours, sharpness and landmarks.

use image::RgbImage;

use super::places::Places;
use super::sharpness::sharpness;
use super::surroundings::Surroundings;

/// Below this brightness (of 255) of the brightest channel there is no retina to paint on.
const DARK: u8 = 25;
/// Where the surroundings have less red and green than this, of 255, lesions would not be seen.
const DIM: f32 = 50.0;
/// Nor where they have more green than this.
const GLARING: f32 = 225.0;
/// Nothing is painted beyond this share of the field of view's radius.
const OUTERMOST: f32 = 0.96;
/// Share of the pixels that count as the larger vessels, which are the darkest.
const VESSELS: f32 = 0.03;
/// What the darkness of vessels is held to, as natural logarithms of the ratio to the surroundings: red, green, blue.
const POSSIBLE_BLOOD: [[f32; 2]; 3] = [[0.03, 0.22], [0.17, 0.65], [0.06, 0.55]];
/// Sizes are given for a field of view this many pixels wide, and scaled.
pub(super) const REFERENCE_SIDE: f32 = 512.0;

/// A photograph about to be painted on.
pub(super) struct Retina<'a> {
    pub(super) picture: &'a RgbImage,
    pub(super) surroundings: Surroundings,
    /// Standard deviation of the photograph's blur, in pixels.
    pub(super) sharpness: f32,
    /// How much of each channel the larger vessels absorb, as a natural logarithm: the colour of blood.
    pub(super) blood: [f32; 3],
    pub(super) places: Places,
    /// Pixels to one of [`REFERENCE_SIDE`].
    pub(super) scale: f32,
}

impl<'a> Retina<'a> {
    pub(super) fn of(picture: &'a RgbImage) -> Self {
        let surroundings = Surroundings::of(picture);
        Self {
            blood: blood(picture, &surroundings),
            surroundings,
            sharpness: sharpness(picture),
            places: Places::estimate(picture),
            scale: picture.width() as f32 / REFERENCE_SIDE,
            picture,
        }
    }

    /// Whether there is retina to paint on at a pixel.
    pub(super) fn shows(&self, at: [u32; 2]) -> bool {
        at[0] < self.picture.width()
            && at[1] < self.picture.height()
            && is_on_retina(self.picture, at, OUTERMOST)
            && is_visible(self.picture, at)
    }

    /// Whether there is retina at a place in pixels, neither so dark nor so bright that nothing would be seen there.
    pub(super) fn has(&self, place: [f32; 2]) -> bool {
        let at = place.map(|at| at as u32);
        if place.iter().any(|at| *at < 0.0) || !self.shows(at) {
            return false;
        }
        let [red, green, _] = self.surroundings.at(at[0], at[1]);
        red.max(green) >= DIM && green <= GLARING
    }

    /// How dark the place is in green against its surroundings: 0 as they are, 1 as a large vessel.
    pub(super) fn darkness(&self, place: [f32; 2]) -> f32 {
        if !self.has(place) {
            return 0.0;
        }
        let [x, y] = place.map(|at| at as u32);
        let around = self.surroundings.at(x, y)[1];
        -logarithm(self.picture.get_pixel(x, y)[1], around) / self.blood[1]
    }

    /// What a pixel has of the camera's noise and of the finest texture: its difference to its neighbourhood.
    pub(super) fn grain(&self, at: [u32; 2]) -> [f32; 3] {
        let range = |at: u32, side: u32| at.saturating_sub(1)..(at + 2).min(side);
        let (mut sum, mut count) = ([0.0_f32; 3], 0.0);
        for y in range(at[1], self.picture.height()) {
            for x in range(at[0], self.picture.width()) {
                for (sum, value) in sum.iter_mut().zip(self.picture.get_pixel(x, y).0) {
                    *sum += f32::from(value);
                }
                count += 1.0;
            }
        }
        let own = self.picture.get_pixel(at[0], at[1]).0;
        [0, 1, 2].map(|channel| f32::from(own[channel]) - sum[channel] / count)
    }

    /// Share of dark places, as of vessels, within `reach` pixels.
    pub(super) fn vessels_near(&self, place: [f32; 2], reach: f32) -> f32 {
        const STEPS: i32 = 3;
        let offsets = (-STEPS..=STEPS).map(|step| step as f32 / STEPS as f32 * reach);
        let dark = offsets
            .clone()
            .flat_map(|dy| offsets.clone().map(move |dx| [dx, dy]))
            .filter(|[dx, dy]| self.darkness([place[0] + dx, place[1] + dy]) > 0.6)
            .count();
        dark as f32 / (2 * STEPS + 1).pow(2) as f32
    }
}

/// Whether a pixel is brighter than a border.
pub(super) fn is_visible(picture: &RgbImage, at: [u32; 2]) -> bool {
    picture
        .get_pixel(at[0], at[1])
        .0
        .iter()
        .any(|value| *value >= DARK)
}

/// Whether a pixel's centre lies within `share` of the radius of the field of view.
pub(super) fn is_on_retina(picture: &RgbImage, at: [u32; 2], share: f32) -> bool {
    let [x, y] = [(at[0], picture.width()), (at[1], picture.height())]
        .map(|(at, side)| (at as f32 + 0.5) / (side as f32 / 2.0) - 1.0);
    x.hypot(y) < share
}

/// Natural logarithm of a value's ratio to what lies around it; two more of each, so that noise near black counts little.
fn logarithm(value: u8, around: f32) -> f32 {
    ((f32::from(value) + 2.0) / (around + 2.0)).ln()
}

/// Mean absorption of the darkest pixels within the inner retina.
fn blood(picture: &RgbImage, surroundings: &Surroundings) -> [f32; 3] {
    let mut inside: Vec<(f32, u32, u32)> = picture
        .enumerate_pixels()
        .filter(|(x, y, _)| (x + y) % 2 == 0 && is_on_retina(picture, [*x, *y], 0.85))
        .filter(|(x, y, _)| is_visible(picture, [*x, *y]))
        .map(|(x, y, pixel)| (logarithm(pixel[1], surroundings.at(x, y)[1]), x, y))
        .collect();
    let count = ((inside.len() as f32 * VESSELS) as usize).min(inside.len().saturating_sub(1));
    if count > 0 {
        inside.select_nth_unstable_by(count, |one, other| one.0.total_cmp(&other.0));
    }
    let mut sums = [0.0_f32; 3];
    for (_, x, y) in &inside[..count] {
        let around = surroundings.at(*x, *y);
        let pixel = picture.get_pixel(*x, *y);
        for channel in 0..3 {
            sums[channel] -= logarithm(pixel[channel], around[channel]);
        }
    }
    std::array::from_fn(|channel| {
        let [least, most] = POSSIBLE_BLOOD[channel];
        (sums[channel] / count.max(1) as f32).clamp(least, most)
    })
}
