//! The working picture: what of a cropped photograph the landmarks are looked for in.

use image::RgbImage;

use super::plane::{Plane, Visible};
use super::vessels::Vessels;
use crate::field_of_view::resize;
use crate::standardization::visible_mask;

/// Side of the working picture in pixels.
pub(super) const SIDE: usize = 512;
/// Pixels of the working picture for one cell of the coarse planes, along each side.
pub(super) const CELL: usize = 4;
/// The radius of the field of view in cells.
pub(super) const RADIUS: f32 = (SIDE / CELL) as f32 / 2.0;

/// The part of the radius that is looked at; rims are often bright, coloured or blurred.
const LOOKED_AT: f32 = 0.97;
/// Brightness that is added before one is divided by it, so that darkness is not amplified (of 255).
const DARKNESS: f32 = 12.0;
/// Lines are looked for on at most this much brightness above the surroundings: what lies between two exudates is no
/// vessel.
const BRIGHTEST: f32 = 0.08;

pub(super) struct Retina {
    pub vessels: Vessels,
    /// What shows retina, in cells.
    pub visible: Visible,
    /// Brightness without vessels against the wide surroundings, red and green together, in cells.
    pub brightness: Plane,
    /// Brightness of green without vessels against the surroundings, bright lesions levelled, in cells.
    pub darkness: Plane,
    /// Share of each cell that is vessel.
    pub vessel_share: Plane,
}

impl Retina {
    pub fn new(cropped: &RgbImage) -> Self {
        let resized;
        let picture = if cropped.dimensions() == (SIDE as u32, SIDE as u32) {
            cropped
        } else {
            resized = resize(cropped, SIDE as u32);
            &resized
        };
        let visible = Visible::new(&visible_mask(picture, LOOKED_AT), SIDE);
        let [red, green] = [0, 1].map(|channel| channel_plane(picture, channel));

        let mut contrast = relative(&green, &visible, 14);
        contrast
            .values
            .iter_mut()
            .for_each(|value| *value = value.min(BRIGHTEST));
        let vessels = Vessels::find(&contrast, &visible);

        let between = Visible {
            weights: Plane {
                side: SIDE,
                values: (visible.weights.values.iter().zip(&vessels.mask))
                    .map(|(&weight, &vessel)| if vessel { 0.0 } else { weight })
                    .collect(),
            },
        };
        let coarse = visible.reduced(CELL);
        let [red, green] =
            [red, green].map(|plane| without_vessels(&plane, &between).reduced(CELL));
        let brightness = relative(&red, &coarse, 14)
            .combined(&relative(&green, &coarse, 14), |red, green| red + green);
        let darkness = levelled(&green, &coarse);
        let share = Plane {
            side: SIDE,
            values: (vessels.mask.iter())
                .map(|&vessel| f32::from(u8::from(vessel)))
                .collect(),
        };
        Self {
            vessels,
            visible: coarse,
            brightness,
            darkness,
            vessel_share: share.reduced(CELL),
        }
    }
}

fn channel_plane(picture: &RgbImage, channel: usize) -> Plane {
    let values = picture.as_raw().iter().skip(channel).step_by(3);
    Plane {
        side: SIDE,
        values: values.map(|&value| f32::from(value)).collect(),
    }
}

/// How much brighter each place is than the mean of its surroundings, as a share of it; 0 where nothing is visible.
fn relative(plane: &Plane, visible: &Visible, radius: usize) -> Plane {
    let surroundings = visible.mean(plane, radius, 2);
    plane
        .combined(&surroundings, |value, mean| {
            (value - mean) / (mean + DARKNESS)
        })
        .combined(&visible.weights, |value, weight| value * weight)
}

/// The plane with what lies between the vessels in their places.
fn without_vessels(plane: &Plane, between: &Visible) -> Plane {
    let filling = between.mean(plane, 6, 2);
    let mut filled = plane.clone();
    for (index, value) in filled.values.iter_mut().enumerate() {
        if !between.sees(index) {
            *value = filling.values[index];
        }
    }
    filled
}

/// Contrast to the surroundings where nothing is brighter than the surroundings of the first reckoning.
fn levelled(green: &Plane, visible: &Visible) -> Plane {
    let mean = visible.mean(green, 10, 2);
    let without_bright = green.combined(&mean, f32::min);
    relative(&without_bright, visible, 12)
}
