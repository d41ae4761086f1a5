//! Balls, beads, buttons and lamps: smooth, round, with a bright spot.

use std::f32::consts::TAU;

use rand::{Rng, RngExt};

use super::scene::{Grain, Scene, any_color, grey, inside, lit, mix, turned, warm_color};

/// A ball of billiards, of glass or of wool, a lamp, a button or a coin.
pub(super) fn ball(rng: &mut impl Rng) -> Scene {
    let [one, other] = if rng.random_bool(0.6) {
        [warm_color(rng), warm_color(rng)]
    } else {
        [any_color(rng), any_color(rng)]
    };
    let kind = rng.random_range(0..5);
    let spot = [rng.random_range(-0.7..0.7), rng.random_range(-0.7..0.7)];
    let spot_size = rng.random_range(0.06..0.6f32);
    let spot_light = rng.random_range(0.2..1.0);
    let shade = rng.random_range(0.0..0.8);
    let angle = rng.random_range(0.0..TAU);
    let stripe = rng.random_range(0.15..0.5);
    let swirl = Grain::random(rng.random_range(1.0..3.0), 4, rng);
    let cloudiness = rng.random_range(0.0..0.5);
    Scene::object(move |at| {
        let off = at[0].hypot(at[1]);
        if off > 1.0 {
            return None;
        }
        let [x, y] = turned(at, angle);
        let bulge = 1.0 - shade * off.powi(2);
        let cloud = cloudiness * swirl.at(at);
        let color = match kind {
            // A striped ball with a number's white field.
            0 => {
                let banded = mix(one, grey(0.95), inside(stripe - y.abs(), 0.01));
                mix(banded, grey(0.97), inside((x - 0.2).hypot(y) - 0.25, 0.01))
            }
            // Glass with threads of colour.
            1 => mix(one, other, 0.5 + (6.0 * x + 3.0 * swirl.at(at)).sin()),
            // A lamp: brightest in the middle.
            2 => lit(mix(one, grey(1.0), (1.0 - off).powi(2)), 1.0 + 0.3 * cloud),
            // A button with holes and a rim.
            3 => {
                let hole = [(x.abs() - 0.16), (y.abs() - 0.16)];
                let rim = (-((off - 0.85) / 0.05).powi(2)).exp();
                let face = lit(one, 1.0 + cloud - 0.4 * rim);
                mix(
                    face,
                    grey(0.05),
                    inside(hole[0].hypot(hole[1]) - 0.08, 0.01),
                )
            }
            // Plain.
            _ => mix(one, other, 0.3 + cloud),
        };
        let from_spot = (at[0] - spot[0]).hypot(at[1] - spot[1]) / spot_size;
        let glow = spot_light * (-from_spot * from_spot).exp();
        Some(mix(lit(color, bulge), grey(1.0), glow))
    })
}
