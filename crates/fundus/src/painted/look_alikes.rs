//! What looks like a lesion of retinopathy and is none: dust on the camera, glare of the nerve fibres in young eyes,
//! crossings of vessels, drusen, scars of laser, pigment.
//!
//! A network that never saw them calls them lesions. They get no mask of a kind.

use image::{GrayImage, RgbImage};
use rand::{Rng, RngExt};
use std::f32::consts::TAU;

use super::blood::depth;
use super::chance::{log_uniform, some};
use super::layer::{Blob, Layer, absorbed};
use super::places::{anywhere, around, distance};
use super::retina::Retina;
use crate::drawn::noise::{Texture, normal};

/// Each look-alike is painted with this probability on a picture that gets any.
const SHARE: f64 = 0.3;

/// Paints some look-alikes; `mask` records where.
pub(super) fn look_alikes(
    retina: &Retina,
    picture: &mut RgbImage,
    mask: &mut GrayImage,
    rng: &mut impl Rng,
) {
    let paint = [drusen, laser_scars, pigment, glare, crossings, dust];
    for paint in paint {
        if rng.random_bool(SHARE) {
            paint(retina, picture, mask, rng);
        }
    }
}

/// Round and soft, deeper than exudates and hence more orange, apart from each other.
fn drusen<R: Rng>(retina: &Retina, picture: &mut RgbImage, mask: &mut GrayImage, rng: &mut R) {
    let mut layer = Layer::new(retina);
    let largest = log_uniform(1.2, 4.5, rng);
    let brightness = rng.random_range(0.08..0.28);
    for _ in 0..some(3.0, 50.0, rng) {
        let Some(center) = around(retina.places.fovea, [0.0, 0.24], retina, rng) else {
            continue;
        };
        let radius = log_uniform(0.8, largest, rng) * retina.scale;
        layer.blob(
            &round(center, radius, 0.12, 0.5, rng),
            brightness * rng.random_range(0.6..1.0),
        );
    }
    layer.lay(retina, picture, mask, |at, color, [_, depth]| {
        let around = retina.surroundings.at(at[0], at[1]);
        [0, 1, 2].map(|channel| color[channel] + [0.5, 1.0, 0.6][channel] * depth * around[channel])
    });
}

/// Pale round burns in rows, some with pigment in the middle, away from the macula.
fn laser_scars<R: Rng>(retina: &Retina, picture: &mut RgbImage, mask: &mut GrayImage, rng: &mut R) {
    let Some(middle) = (0..10).find_map(|_| {
        anywhere(retina, rng)
            .filter(|place| distance(*place, retina.places.fovea) > retina.places.share(0.26))
    }) else {
        return;
    };
    let (mut pale, mut dark) = (Layer::new(retina), Layer::new(retina));
    let radius = rng.random_range(3.0..8.0) * retina.scale;
    let brightness = rng.random_range(0.15..0.7);
    let pigmented = rng.random_range(0.0..0.9);
    for _ in 0..some(3.0, 40.0, rng) {
        let spread = retina.places.share(0.09);
        let place = middle.map(|at| at + spread * normal(rng));
        let is_near = distance(place, retina.places.fovea) < retina.places.share(0.2);
        if is_near || !retina.has(place) || retina.places.is_on_disc(place) {
            continue;
        }
        let radius = radius * rng.random_range(0.7..1.2);
        pale.blob(
            &round(place, radius, 0.2, 0.4, rng),
            brightness * rng.random_range(0.6..1.0),
        );
        if rng.random_bool(pigmented) {
            let share = rng.random_range(0.3..0.8);
            dark.blob(
                &round(place, share * radius, 0.5, 0.5, rng),
                rng.random_range(0.3..1.0),
            );
        }
    }
    pale.lay(retina, picture, mask, |at, color, [_, depth]| {
        let [_, green, blue] = retina.surroundings.at(at[0], at[1]);
        [
            color[0] + 0.6 * depth * green,
            color[1] + depth * green,
            color[2] + 0.8 * depth * blue,
        ]
    });
    lay_pigment(dark, retina, picture, mask);
}

/// Brown-black spots, or one large slate-coloured naevus.
fn pigment<R: Rng>(retina: &Retina, picture: &mut RgbImage, mask: &mut GrayImage, rng: &mut R) {
    let mut layer = Layer::new(retina);
    if rng.random_bool(0.3) {
        if let Some(center) = anywhere(retina, rng) {
            let radius = log_uniform(10.0, 32.0, rng) * retina.scale;
            layer.blob(
                &round(center, radius, 0.2, 0.7, rng),
                rng.random_range(0.2..0.5),
            );
        }
    } else {
        for _ in 0..some(1.0, 8.0, rng) {
            let Some(center) = anywhere(retina, rng) else {
                continue;
            };
            let radius = log_uniform(1.2, 6.0, rng) * retina.scale;
            layer.blob(
                &round(center, radius, 0.5, 0.4, rng),
                rng.random_range(0.3..1.0),
            );
        }
    }
    lay_pigment(layer, retina, picture, mask);
}

/// Melanin absorbs red too, which tells it from blood.
fn lay_pigment(layer: Layer, retina: &Retina, picture: &mut RgbImage, mask: &mut GrayImage) {
    layer.lay(retina, picture, mask, |_, color, [_, depth]| {
        absorbed(color, depth, [0.55, 0.5, 0.3])
    });
}

/// Streaks of light along the nerve fibres and in arcs around the macula, as in young eyes.
fn glare<R: Rng>(retina: &Retina, picture: &mut RgbImage, mask: &mut GrayImage, rng: &mut R) {
    let mut layer = Layer::new(retina);
    let texture = Texture::random(rng);
    let places = &retina.places;
    let brightness = rng.random_range(0.08..0.35);
    for _ in 0..rng.random_range(1..4) {
        let radius = places.share(rng.random_range(0.08..0.3));
        let half_width = log_uniform(1.2, 6.0, rng) * retina.scale;
        let (start, arc) = (rng.random_range(0.0..TAU), rng.random_range(0.4..2.2));
        let stretch = rng.random_range(0.75..1.0);
        let steps = (2.0 * arc * radius / half_width).ceil() as usize;
        for step in 0..=steps {
            let share = step as f32 / steps as f32;
            let angle = start + arc * share;
            let center = [
                places.fovea[0] + radius * angle.cos(),
                places.fovea[1] + stretch * radius * angle.sin(),
            ];
            // It fades to its ends and is broken in between.
            let broken = 0.6 + 0.6 * texture.at([9.0 * share, start]);
            let depth = brightness * (share * std::f32::consts::PI).sin() * broken.max(0.0);
            layer.stamp(center, 3.0 * half_width, |at| {
                let fall = (-(distance(at, center) / half_width).powi(2)).exp();
                [fall, fall * depth]
            });
        }
    }
    layer.lay(retina, picture, mask, |at, color, [_, depth]| {
        // The light of the flash, hardly coloured by the retina.
        let [red, green, blue] = retina.surroundings.at(at[0], at[1]);
        let gain = depth * green;
        [
            color[0] + gain * (red / green.max(1.0)).clamp(0.6, 1.1),
            color[1] + gain,
            color[2] + gain * (1.2 * blue / green.max(1.0)).clamp(0.5, 1.0),
        ]
    });
}

/// A vessel that looks darker and wider for a short way, as where two cross.
fn crossings<R: Rng>(retina: &Retina, picture: &mut RgbImage, mask: &mut GrayImage, rng: &mut R) {
    let mut layer = Layer::new(retina);
    for _ in 0..rng.random_range(1..6) {
        let on_vessel = (0..60)
            .find_map(|_| anywhere(retina, rng).filter(|place| retina.darkness(*place) > 0.7));
        let Some(center) = on_vessel else { continue };
        let radius = rng.random_range(1.2..2.4) * retina.scale;
        let depth = depth(rng.random_range(0.15..0.4), radius, center, retina);
        layer.blob(&round(center, radius, 0.1, 0.6, rng), depth);
    }
    layer.lay(retina, picture, mask, |_, color, [_, depth]| {
        absorbed(color, depth, retina.blood)
    });
}

/// Specks on the sensor or the lens: grey, in or out of focus, at the same place in every photograph of the camera.
fn dust<R: Rng>(retina: &Retina, picture: &mut RgbImage, mask: &mut GrayImage, rng: &mut R) {
    let mut layer = Layer::new(retina);
    for _ in 0..some(1.0, 10.0, rng) {
        let Some(center) = anywhere(retina, rng) else {
            continue;
        };
        let is_in_focus = rng.random_bool(0.5);
        let (radius, edge, darkness) = if is_in_focus {
            (log_uniform(0.7, 2.5, rng), 0.25, rng.random_range(0.1..0.5))
        } else {
            (
                log_uniform(3.0, 9.0, rng),
                0.6,
                rng.random_range(0.04..0.14),
            )
        };
        layer.blob(
            &round(center, radius * retina.scale, 0.15, edge, rng),
            darkness,
        );
    }
    // The same share of every colour.
    layer.lay(retina, picture, mask, |_, color, [_, depth]| {
        absorbed(color, depth, [1.0; 3])
    });
}

fn round(center: [f32; 2], radius: f32, roughness: f32, edge: f32, rng: &mut impl Rng) -> Blob {
    Blob {
        center,
        radii: [radius, radius * rng.random_range(0.75..1.0)],
        angle: rng.random_range(0.0..TAU),
        roughness,
        edge,
        texture: Texture::random(rng),
    }
}
