//! Red lesions: microaneurysms, haemorrhages within the retina, and blood before it.
//!
//! Blood absorbs what the photograph's own vessels absorb; how much of it lies there is drawn relative to them. On the
//! IDRiD photographs the darkest point of a microaneurysm has 0.3 to 0.9 of the absorption of the larger vessels, of a
//! haemorrhage 0.35 to 1.2 (10th to 90th percentile).

use image::{GrayImage, RgbImage};
use rand::{Rng, RngExt};
use std::f32::consts::TAU;

use super::chance::{log_uniform, some};
use super::layer::{Blob, Layer, absorbed};
use super::places::{anywhere, around, off_disc, on_arcade};
use super::retina::Retina;
use crate::drawn::noise::{Texture, normal};

/// What is painted must differ from its surroundings by at least this many of 255 in green.
const LEAST_DIFFERENCE: f32 = 4.0;

/// Small round red dots off the disc and beside the vessels.
pub(super) fn microaneurysms(
    retina: &Retina,
    picture: &mut RgbImage,
    mask: &mut GrayImage,
    rng: &mut impl Rng,
) {
    let mut layer = Layer::new(retina);
    for _ in 0..some(2.0, 50.0, rng) {
        let place = (0..8).find_map(|_| {
            off_disc(retina, rng).filter(|place| retina.vessels_near(*place, 2.0) < 0.2)
        });
        let Some(center) = place else { continue };
        let radius = rng.random_range(1.1..2.1) * retina.scale;
        let blob = Blob {
            center,
            radii: [radius, radius * rng.random_range(0.8..1.0)],
            angle: rng.random_range(0.0..TAU),
            roughness: 0.08,
            edge: 0.3,
            texture: Texture::random(rng),
        };
        let depth = depth(log_uniform(0.3, 0.9, rng), radius, center, retina);
        layer.blob(&blob, depth);
    }
    lay_blood(layer, retina, picture, mask, rng);
}

/// Dots, blots and flames.
pub(super) fn haemorrhages(
    retina: &Retina,
    picture: &mut RgbImage,
    mask: &mut GrayImage,
    rng: &mut impl Rng,
) {
    let mut layer = Layer::new(retina);
    // A retina tends to have more of one kind than of the others.
    let flames = rng.random_range(0.0..0.5);
    let blots = rng.random_range(0.1..0.5);
    for _ in 0..some(1.0, 40.0, rng) {
        let kind = rng.random_range(0.0..1.0);
        if kind < flames {
            if let Some(center) = on_arcade(retina, rng) {
                flame(&mut layer, center, retina, rng);
            }
        } else if let Some(center) = off_disc(retina, rng) {
            let radius = if kind < flames + blots {
                log_uniform(3.0, 10.0, rng)
            } else {
                rng.random_range(1.7..3.2)
            };
            dot_or_blot(&mut layer, center, radius * retina.scale, retina, rng);
        }
    }
    lay_blood(layer, retina, picture, mask, rng);
}

/// One clot, or two or three that ran into each other.
fn dot_or_blot(
    layer: &mut Layer,
    center: [f32; 2],
    radius: f32,
    retina: &Retina,
    rng: &mut impl Rng,
) {
    let is_blot = radius > 3.2 * retina.scale;
    let depth = depth(log_uniform(0.33, 1.1, rng), radius, center, retina);
    let clots = if is_blot { rng.random_range(1..4) } else { 1 };
    for clot in 0..clots {
        let spread = if clot == 0 { 0.0 } else { 0.7 * radius };
        let share = if clot == 0 {
            1.0
        } else {
            rng.random_range(0.4..0.9)
        };
        let blob = Blob {
            center: center.map(|at| at + spread * normal(rng)),
            radii: [radius * share, radius * share * rng.random_range(0.65..1.0)],
            angle: rng.random_range(0.0..TAU),
            roughness: if is_blot { 0.3 } else { 0.14 },
            edge: if is_blot {
                rng.random_range(0.2..0.6)
            } else {
                0.3
            },
            texture: Texture::random(rng),
        };
        layer.blob(&blob, depth * rng.random_range(0.85..1.0));
    }
}

/// Strands along the nerve fibres that end like a feather.
fn flame(layer: &mut Layer, center: [f32; 2], retina: &Retina, rng: &mut impl Rng) {
    let fibres = retina.places.fibres(center);
    let angle = fibres[1].atan2(fibres[0]);
    let length = log_uniform(5.0, 16.0, rng) * retina.scale;
    let breadth = length * rng.random_range(0.16..0.34);
    let depth = depth(log_uniform(0.35, 1.0, rng), breadth, center, retina);
    for _ in 0..rng.random_range(4..9) {
        let [along, across] = [0.35 * length * normal(rng), 0.55 * breadth * normal(rng)];
        let strand = Blob {
            center: [
                center[0] + along * fibres[0] - across * fibres[1],
                center[1] + along * fibres[1] + across * fibres[0],
            ],
            radii: [
                length * rng.random_range(0.35..0.75),
                (breadth * rng.random_range(0.25..0.55)).max(0.5),
            ],
            angle: angle + 0.1 * normal(rng),
            roughness: 0.15,
            edge: 0.5,
            texture: Texture::random(rng),
        };
        layer.blob(&strand, depth * rng.random_range(0.6..1.0));
    }
}

/// The depth that leaves, after the photograph's blur, `wanted` in the middle of a spot; at least so much that it shows.
pub(super) fn depth(wanted: f32, radius: f32, place: [f32; 2], retina: &Retina) -> f32 {
    let [x, y] = place.map(|at| at.max(0.0) as u32);
    let green = retina.surroundings.at(x, y)[1].max(1.0);
    let least = (LEAST_DIFFERENCE / (green * retina.blood[1])).min(1.2);
    let kept = 1.0 - (-(radius / retina.sharpness).powi(2) / 2.0).exp();
    (wanted.max(least) / kept).min(3.0)
}

fn lay_blood(
    layer: Layer,
    retina: &Retina,
    picture: &mut RgbImage,
    mask: &mut GrayImage,
    rng: &mut impl Rng,
) {
    // Clotted blood is browner than flowing blood: red is absorbed more.
    let mut absorption = retina.blood;
    absorption[0] *= rng.random_range(0.8..1.7);
    let clot = Texture::random(rng);
    let grain = 0.12 / retina.scale;
    layer.lay(retina, picture, mask, |at, color, [_, depth]| {
        let uneven = 1.0 + 0.15 * clot.at(at.map(|at| at as f32 * grain * 4.0));
        absorbed(color, depth * uneven, absorption)
    });
}

/// Blood between retina and vitreous: it sinks, so its upper edge is level, and it hides what lies behind it.
pub(super) fn preretinal_haemorrhage(
    retina: &Retina,
    picture: &mut RgbImage,
    mask: &mut GrayImage,
    rng: &mut impl Rng,
) {
    let place = if rng.random_bool(0.7) {
        around(retina.places.fovea, [0.1, 0.38], retina, rng)
    } else {
        anywhere(retina, rng)
    };
    let Some(center) = place else { return };
    let boat = Boat::random(center, retina, rng);
    let mut layer = Layer::new(retina);
    layer.stamp(center, 1.3 * boat.half_width.max(boat.draught), |at| {
        boat.coverage_and_depth(at)
    });
    let green = rng.random_range(0.5_f32..0.95).max(1.3 * retina.blood[1]);
    let absorption = [
        green * rng.random_range(0.35..0.65),
        green,
        green * rng.random_range(0.7..1.1),
    ];
    layer.lay(retina, picture, mask, |at, color, [coverage, depth]| {
        let grain = retina.grain(at);
        let hidden = absorbed(retina.surroundings.at(at[0], at[1]), depth, absorption);
        [0, 1, 2].map(|channel| {
            // Never brighter than what was there, as at the edge of a field of view that fades out.
            let blood = (hidden[channel] + grain[channel]).min(color[channel]);
            color[channel] * (1.0 - coverage) + blood * coverage
        })
    });
}

/// The outline of a preretinal haemorrhage.
struct Boat {
    /// Middle of the upper edge.
    center: [f32; 2],
    half_width: f32,
    /// Largest depth below the upper edge, in pixels.
    draught: f32,
    /// Of the upper edge, in radians: a head is not always held straight.
    tilt: f32,
    /// Where along the width it is deepest, within ±1.
    keel: f32,
    texture: Texture,
}

impl Boat {
    fn random(center: [f32; 2], retina: &Retina, rng: &mut impl Rng) -> Self {
        let half_width = log_uniform(16.0, 75.0, rng) * retina.scale;
        Self {
            center,
            half_width,
            draught: half_width * rng.random_range(0.35..0.95),
            tilt: 0.09 * normal(rng),
            keel: rng.random_range(-0.4..0.4),
            texture: Texture::random(rng),
        }
    }

    fn coverage_and_depth(&self, at: [f32; 2]) -> [f32; 2] {
        let (sine, cosine) = self.tilt.sin_cos();
        let [dx, dy] = [at[0] - self.center[0], at[1] - self.center[1]];
        let along = (dx * cosine + dy * sine) / self.half_width;
        let below = dy * cosine - dx * sine;
        let wave = 0.035 * self.half_width * self.texture.fractal([4.0 * along, 0.5], 3);
        // Each side of the keel is a quarter of an ellipse.
        let side = if along < self.keel {
            (along - self.keel) / (1.0 + self.keel)
        } else {
            (along - self.keel) / (1.0 - self.keel)
        };
        let hull = self.draught * (1.0 - side * side).max(0.0).sqrt()
            + 0.06 * self.half_width * self.texture.at([3.0 * along, 7.5]);
        let inside = (below - wave).min(hull - below);
        let coverage = if side.abs() > 1.0 {
            0.0
        } else {
            (inside + 0.5).clamp(0.0, 1.0)
        };
        let sediment = 0.85 + 0.15 * (below / self.draught).clamp(0.0, 1.0);
        let clot = 1.0
            + 0.25
                * self
                    .texture
                    .fractal([2.5 * along, 2.5 * below / self.half_width], 3);
        [coverage, sediment * clot]
    }
}
