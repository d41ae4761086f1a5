//! Lesions painted on photographs of retinas without retinopathy, with an exact mask each.
//!
//! Grades say little about where to look; painted lesions say it exactly, and cost nothing. Everything a network could
//! take for a short cut comes from the photograph: colours from the retina around and from its own vessels, sharpness
//! from its own edges, sizes in shares of the field of view. Places are plausible: flames follow the nerve fibres,
//! exudates lie in the macular area, new vessels at the disc and on the arcades. Among the lesions stand look-alikes
//! that are none and have no mask.
//!
//! [`Retina`](retina::Retina) is the photograph with what painting must know of it, [`Layer`](layer::Layer) what is laid
//! over it; each other module paints lesions of a colour.

mod blood;
mod chance;
mod layer;
mod look_alikes;
mod new_vessels;
mod pale;
mod places;
mod retina;
mod sharpness;
mod surroundings;

use image::{GrayImage, Luma, RgbImage};
use rand::{Rng, RngExt};

use crate::drawn::LesionKind;
use retina::Retina;

/// The kinds that are painted, in the order of [`Painted::masks`].
pub const PAINTED_KINDS: [LesionKind; 6] = [
    LesionKind::Microaneurysm,
    LesionKind::Haemorrhage,
    LesionKind::HardExudate,
    LesionKind::CottonWoolSpot,
    LesionKind::NewVessels,
    LesionKind::PreretinalHaemorrhage,
];

/// Below this width or height, in pixels, nothing is painted.
const SMALLEST: u32 = 32;

/// On which share of the pictures what is painted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PaintedShares {
    /// Probability of each of [`PAINTED_KINDS`], by itself; in `0..=1`.
    pub kinds: [f64; PAINTED_KINDS.len()],
    /// Probability of look-alikes; in `0..=1`.
    pub look_alikes: f64,
}

impl Default for PaintedShares {
    /// Every kind often enough to be learned; one picture in twenty has no lesion.
    fn default() -> Self {
        Self {
            kinds: [0.55, 0.5, 0.45, 0.35, 0.3, 0.12],
            look_alikes: 0.6,
        }
    }
}

/// A photograph with painted lesions.
pub struct Painted {
    /// The square crop of the field of view, with lesions.
    pub picture: RgbImage,
    /// For each of [`PAINTED_KINDS`], how much of each pixel is lesion: 0 none, 255 all.
    pub masks: [GrayImage; PAINTED_KINDS.len()],
    /// How much of each pixel is something that only looks like a lesion. Where this and all masks are 0 the picture is
    /// as it was.
    pub look_alikes: GrayImage,
}

/// Paints a random load of lesions and look-alikes on a square crop of a field of view, upright, so that blood sinks
/// downwards. The same generator state gives the same picture.
pub fn paint_lesions(cropped: &RgbImage, shares: &PaintedShares, rng: &mut impl Rng) -> Painted {
    let (width, height) = cropped.dimensions();
    let mut painted = Painted {
        picture: cropped.clone(),
        masks: PAINTED_KINDS.map(|_| GrayImage::new(width, height)),
        look_alikes: GrayImage::new(width, height),
    };
    if width < SMALLEST || height < SMALLEST {
        return painted;
    }
    let retina = Retina::of(cropped);
    if rng.random_bool(shares.look_alikes) {
        let (picture, mask) = (&mut painted.picture, &mut painted.look_alikes);
        look_alikes::look_alikes(&retina, picture, mask, rng);
    }
    // What lies deeper first: exudates, cotton-wool, blood within the retina, vessels and blood before it.
    for kind in [2, 3, 1, 0, 4, 5] {
        if !rng.random_bool(shares.kinds[kind]) {
            continue;
        }
        let (picture, mask) = (&mut painted.picture, &mut painted.masks[kind]);
        match PAINTED_KINDS[kind] {
            LesionKind::Microaneurysm => blood::microaneurysms(&retina, picture, mask, rng),
            LesionKind::Haemorrhage => blood::haemorrhages(&retina, picture, mask, rng),
            LesionKind::HardExudate => pale::hard_exudates(&retina, picture, mask, rng),
            LesionKind::CottonWoolSpot => pale::cotton_wool_spots(&retina, picture, mask, rng),
            LesionKind::NewVessels => new_vessels::new_vessels(&retina, picture, mask, rng),
            LesionKind::PreretinalHaemorrhage => {
                blood::preretinal_haemorrhage(&retina, picture, mask, rng);
            }
        }
    }
    hide_behind_blood(&mut painted.masks);
    painted
}

/// What lies behind a preretinal haemorrhage is not to be seen.
fn hide_behind_blood(masks: &mut [GrayImage; PAINTED_KINDS.len()]) {
    let [behind @ .., blood] = masks;
    for mask in behind {
        for (Luma([share]), Luma([hidden])) in mask.pixels_mut().zip(blood.pixels()) {
            *share = (u16::from(*share) * u16::from(255 - hidden) / 255) as u8;
        }
    }
}
