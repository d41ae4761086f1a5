//! Moons, planets and the sun.

use std::f32::consts::TAU;

use rand::{Rng, RngExt};

use super::scene::{Cells, Grain, Scene, any_color, lit, mix, turned, warm_color};

/// A ball in the light of a star, or a star.
pub(super) fn planet(rng: &mut impl Rng) -> Scene {
    let [one, other] = if rng.random_bool(0.6) {
        [warm_color(rng), warm_color(rng)]
    } else {
        [any_color(rng), any_color(rng)]
    };
    let kind = rng.random_range(0..4);
    let angle = rng.random_range(0.0..TAU);
    let bands = rng.random_range(3.0..12.0);
    let land = Grain::random(rng.random_range(1.0..4.0), 5, rng);
    let fine = Grain::random(rng.random_range(12.0..40.0), 2, rng);
    let craters = Cells::random(rng);
    let crater_scale = rng.random_range(2.0..7.0);
    // Mostly full; now and then a phase.
    let slant = if rng.random_bool(0.7) {
        rng.random_range(0.0..0.35)
    } else {
        rng.random_range(0.35..1.2f32)
    };
    let limb = rng.random_range(0.1..0.9);
    Scene::object(move |at| {
        let off = at[0].hypot(at[1]);
        if off > 1.0 {
            return None;
        }
        let height = (1.0 - off * off).sqrt();
        let [x, y] = turned(at, angle);
        let light = (height * slant.cos() + x * slant.sin()).max(0.0).powf(limb);
        let color = match kind {
            // A moon: seas and craters.
            0 => {
                let crater = craters.at([x * crater_scale, y * crater_scale]);
                let bowl = crater.distance / (0.1 + 0.35 * crater.number);
                let rim = (-(bowl - 1.0).powi(2) * 30.0).exp() - 0.5 * (-bowl * bowl * 2.0).exp();
                lit(
                    mix(one, other, 0.5 + 0.6 * land.at(at)),
                    1.0 + 0.3 * rim + 0.1 * fine.at(at),
                )
            }
            // Bands and a spot.
            1 => {
                let turbulence = 0.12 * land.at([x * 0.7, y * 2.5]);
                let band = ((y + turbulence) * bands).sin();
                let spot = (-((x - 0.3) / 0.2).powi(2) - ((y - 0.35) / 0.12).powi(2)).exp();
                lit(
                    mix(one, other, 0.5 + 0.5 * band + 0.8 * spot),
                    1.0 + 0.08 * fine.at(at),
                )
            }
            // Land or rust, and a white cap.
            2 => {
                let ground = mix(one, other, 0.5 + 0.9 * land.at(at));
                mix(ground, [0.95; 3], (-(y + 0.85) * 12.0).clamp(0.0, 1.0))
            }
            // A sun: granules, spots, filaments.
            _ => {
                let granule = 0.08 * fine.at(at) + 0.06 * land.at(at);
                let spot = (land.at([x * 2.0, y * 2.0]) - 0.75).max(0.0) * 3.0;
                lit(one, 1.15 + granule - spot)
            }
        };
        Some(lit(color, light))
    })
}
