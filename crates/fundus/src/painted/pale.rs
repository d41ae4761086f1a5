//! Pale lesions: hard exudates and cotton-wool spots.
//!
//! They add light to the retina's own. How much is drawn relative to the green of the surroundings: on the IDRiD
//! photographs the brightest point of a hard exudate has 1.06 to 1.8 times the green around it (5th to 95th
//! percentile), and gains three quarters as much in red; blue is gained as far as the surroundings have any.

use image::{GrayImage, RgbImage};
use rand::{Rng, RngExt};
use std::f32::consts::{FRAC_PI_2, TAU};

use super::chance::{log_uniform, some};
use super::layer::{Blob, Layer};
use super::places::{around, off_disc};
use super::retina::Retina;
use crate::drawn::noise::{Texture, normal};

/// Single exudates, clusters and circinate rings, mostly in the macular area.
pub(super) fn hard_exudates(
    retina: &Retina,
    picture: &mut RgbImage,
    mask: &mut GrayImage,
    rng: &mut impl Rng,
) {
    let mut layer = Layer::new(retina);
    for _ in 0..some(1.0, 7.0, rng) {
        let place = if rng.random_bool(0.75) {
            around(retina.places.fovea, [0.02, 0.26], retina, rng)
        } else {
            off_disc(retina, rng)
        };
        let Some(center) = place else { continue };
        let brightness = log_uniform(0.17, 1.35, rng);
        match rng.random_range(0.0..1.0) {
            kind if kind < 0.35 => singles(&mut layer, center, brightness, retina, rng),
            kind if kind < 0.8 => cluster(&mut layer, center, brightness, retina, rng),
            _ => ring(&mut layer, center, brightness, retina, rng),
        }
    }
    layer.lay(retina, picture, mask, |at, color, [_, depth]| {
        let [_, green, blue] = retina.surroundings.at(at[0], at[1]);
        // What is very bright is nearly white.
        let blueness = (0.5 * blue / green.max(1.0)).clamp(0.05, 0.6) + 0.1 * depth;
        let gain = green.max(25.0) * depth;
        [
            color[0] + 0.72 * gain,
            color[1] + gain,
            color[2] + blueness * gain,
        ]
    });
}

fn singles(
    layer: &mut Layer,
    center: [f32; 2],
    brightness: f32,
    retina: &Retina,
    rng: &mut impl Rng,
) {
    let spread = retina.places.share(0.07);
    for _ in 0..rng.random_range(1..6) {
        let place = center.map(|at| at + spread * normal(rng));
        let radius = log_uniform(0.8, 3.0, rng) * retina.scale;
        exudate(layer, place, radius, brightness, retina, rng);
    }
}

/// Dozens, the largest in the middle, where they run into each other.
fn cluster(
    layer: &mut Layer,
    center: [f32; 2],
    brightness: f32,
    retina: &Retina,
    rng: &mut impl Rng,
) {
    let spread = log_uniform(5.0, 26.0, rng) * retina.scale;
    let (stretch, angle) = (rng.random_range(0.4..1.0), rng.random_range(0.0..TAU));
    let largest = log_uniform(1.2, 7.0, rng);
    for _ in 0..some(6.0, 80.0, rng) {
        let [along, across] = [normal(rng), stretch * normal(rng)];
        let off = along.hypot(across);
        let place = [
            center[0] + spread * (along * angle.cos() - across * angle.sin()),
            center[1] + spread * (along * angle.sin() + across * angle.cos()),
        ];
        let radius = log_uniform(
            0.6,
            1.2 + (largest - 1.2) * (1.3 - 0.6 * off).clamp(0.1, 1.0),
            rng,
        );
        exudate(layer, place, radius * retina.scale, brightness, retina, rng);
    }
}

/// A ring, whole or in part, around what leaks.
fn ring(layer: &mut Layer, center: [f32; 2], brightness: f32, retina: &Retina, rng: &mut impl Rng) {
    let radius = log_uniform(12.0, 42.0, rng) * retina.scale;
    let (start, arc) = (
        rng.random_range(0.0..TAU),
        rng.random_range(0.45..1.0) * TAU,
    );
    let stretch = rng.random_range(0.7..1.0);
    let count = (radius / retina.scale * arc * rng.random_range(0.12..0.4)) as usize + 4;
    for _ in 0..count {
        let angle = start + arc * rng.random_range(0.0..1.0);
        let off = radius * (1.0 + 0.18 * normal(rng));
        let place = [
            center[0] + off * angle.cos(),
            center[1] + stretch * off * angle.sin(),
        ];
        let size = log_uniform(0.6, 2.8, rng) * retina.scale;
        exudate(layer, place, size, brightness, retina, rng);
    }
}

fn exudate(
    layer: &mut Layer,
    center: [f32; 2],
    radius: f32,
    brightness: f32,
    retina: &Retina,
    rng: &mut impl Rng,
) {
    if !retina.has(center) || retina.places.is_on_disc(center) {
        return;
    }
    let blob = Blob {
        center,
        radii: [radius, radius * rng.random_range(0.5..1.0)],
        angle: rng.random_range(0.0..TAU),
        roughness: 0.4,
        edge: 0.25,
        texture: Texture::random(rng),
    };
    layer.blob(&blob, brightness * rng.random_range(0.5..1.0));
}

/// Pale patches with feathered edges in the nerve fibre layer, not far from the disc.
pub(super) fn cotton_wool_spots(
    retina: &Retina,
    picture: &mut RgbImage,
    mask: &mut GrayImage,
    rng: &mut impl Rng,
) {
    let mut layer = Layer::new(retina);
    for _ in 0..some(1.0, 5.0, rng) {
        let Some(center) = around(retina.places.disc, [0.13, 0.5], retina, rng) else {
            continue;
        };
        let fibres = retina.places.fibres(center);
        let radius = log_uniform(4.5, 12.0, rng) * retina.scale;
        let brightness = log_uniform(0.13, 0.48, rng);
        let angle = fibres[1].atan2(fibres[0]) + FRAC_PI_2 + 0.3 * normal(rng);
        // Several tufts make one spot.
        for tuft in 0..rng.random_range(2..5) {
            let spread = if tuft == 0 { 0.0 } else { 0.5 * radius };
            let blob = Blob {
                center: center.map(|at| at + spread * normal(rng)),
                radii: [radius, radius * rng.random_range(0.5..0.9)]
                    .map(|radius| radius * if tuft == 0 { 1.0 } else { 0.6 }),
                angle,
                roughness: 0.35,
                edge: rng.random_range(0.5..0.85),
                texture: Texture::random(rng),
            };
            layer.blob(&blob, brightness * rng.random_range(0.7..1.0));
        }
    }
    let fluff = Texture::random(rng);
    let grain = 0.25 / retina.scale;
    layer.lay(retina, picture, mask, |at, color, [_, depth]| {
        let [_, green, blue] = retina.surroundings.at(at[0], at[1]);
        let uneven = 1.0 + 0.25 * fluff.fractal(at.map(|at| at as f32 * grain), 2);
        let gain = green.max(25.0) * depth * uneven;
        let blueness = (0.95 * blue / green.max(1.0)).clamp(0.15, 1.0);
        [
            color[0] + 0.55 * gain,
            color[1] + gain,
            color[2] + blueness * gain,
        ]
    });
}
