//! Fruit and dishes: round, warm and shiny.

use std::f32::consts::TAU;

use rand::{Rng, RngExt};

use super::scene::{Cells, Color, Grain, Scene, inside, lit, mix, one_of, turned};

/// Skins of oranges, tomatoes, apples, peaches and lemons, each channel 0..1.
const SKINS: [Color; 6] = [
    [0.95, 0.55, 0.10],
    [0.85, 0.16, 0.10],
    [0.75, 0.20, 0.15],
    [0.95, 0.62, 0.38],
    [0.93, 0.80, 0.25],
    [0.55, 0.13, 0.16],
];

/// A whole fruit, a cut one, or a dish seen from above.
pub(super) fn fruit(rng: &mut impl Rng) -> Scene {
    match rng.random_range(0..5) {
        0..=2 => whole(rng),
        3 => slice(rng),
        _ => dish(rng),
    }
}

fn whole(rng: &mut impl Rng) -> Scene {
    let skin = one_of(&SKINS, rng).map(|value| value * rng.random_range(0.85..1.1));
    let blush = one_of(&SKINS, rng);
    let blushing = if rng.random() {
        rng.random_range(0.0..0.8)
    } else {
        0.0
    };
    let patches = Grain::random(1.6, 4, rng);
    let pores = Cells::random(rng);
    let pore_scale = rng.random_range(15.0..45.0);
    let pore_depth = rng.random_range(0.0..0.3);
    let lobes = rng.random_range(0..6) as f32;
    let lobe_depth = rng.random_range(0.0..0.035);
    let light = [rng.random_range(-0.5..0.5), rng.random_range(-0.6..0.3)];
    let shine = rng.random_range(0.0..0.9);
    let shine_size = rng.random_range(0.05..0.3);
    let stem = rng.random_bool(0.6).then(|| Stem::random(rng));
    let streaks = if rng.random_bool(0.3) {
        rng.random_range(0.1..0.4)
    } else {
        0.0
    };
    let streak_grain = Grain::random(1.0, 3, rng);
    Scene::object(move |at| {
        let off = at[0].hypot(at[1]);
        let angle = at[1].atan2(at[0]);
        if off > 1.0 - lobe_depth * (0.5 + 0.5 * (angle * lobes).cos()) {
            return None;
        }
        let height = (1.0 - (off * off).min(1.0)).sqrt();
        let towards = at[0] * light[0] + at[1] * light[1] + height;
        let mut color = mix(skin, blush, blushing * (0.5 + patches.at(at)));
        color = lit(color, 1.0 + streaks * streak_grain.at([angle * 9.0, off]));
        let pore = pores.at(at.map(|value| value * pore_scale)).distance;
        color = lit(color, 1.0 - pore_depth * (0.4 - pore).max(0.0));
        color = lit(color, 0.25 + 0.75 * towards.clamp(0.0, 1.2));
        let from_shine = (at[0] - light[0]).hypot(at[1] - light[1]);
        color = mix(
            color,
            [1.0; 3],
            shine * (-(from_shine / shine_size).powi(2)).exp(),
        );
        if let Some(stem) = &stem {
            color = stem.over(color, at);
        }
        Some(color)
    })
}

/// The green star of a tomato or the dimple of an orange.
struct Stem {
    at: [f32; 2],
    size: f32,
    points: f32,
    turn: f32,
    color: Color,
}

impl Stem {
    fn random(rng: &mut impl Rng) -> Self {
        Self {
            at: [rng.random_range(-0.6..0.6), rng.random_range(-0.6..0.6)],
            size: rng.random_range(0.06..0.35),
            points: rng.random_range(4..8) as f32,
            turn: rng.random_range(0.0..TAU),
            color: one_of(
                &[
                    [0.25, 0.45, 0.12],
                    [0.35, 0.25, 0.1],
                    [0.85, 0.75, 0.4],
                    [0.15, 0.3, 0.1],
                ],
                rng,
            ),
        }
    }

    fn over(&self, below: Color, at: [f32; 2]) -> Color {
        let away = [at[0] - self.at[0], at[1] - self.at[1]];
        let (off, angle) = (away[0].hypot(away[1]), away[1].atan2(away[0]) + self.turn);
        let edge = self.size * (0.55 + 0.45 * (angle * self.points).cos());
        let shadow = lit(below, 1.0 - 0.3 * (-(off / self.size).powi(2)).exp());
        mix(shadow, self.color, inside(off - edge, 0.02))
    }
}

/// A citrus fruit or tomato cut across: rind, segments, pips.
fn slice(rng: &mut impl Rng) -> Scene {
    let flesh = one_of(&SKINS, rng);
    let rind = mix(flesh, [1.0, 0.9, 0.7], rng.random_range(0.3..0.9));
    let segments = rng.random_range(6..12) as f32;
    let turn = rng.random_range(0.0..TAU);
    let juice = Grain::random(5.0, 3, rng);
    let rind_width = rng.random_range(0.05..0.15);
    let core = rng.random_range(0.04..0.15);
    Scene::object(move |at| {
        let off = at[0].hypot(at[1]);
        if off > 1.0 {
            return None;
        }
        let angle = at[1].atan2(at[0]) + turn + 0.05 * juice.at(at);
        let wall = off * (angle * segments / 2.0).sin().abs() / segments * 2.0;
        let is_flesh = inside(0.03 - wall, 0.015)
            * inside(off - (1.0 - rind_width), 0.02)
            * inside(core - off, 0.02);
        let drops = juice.at([angle * 3.0, off * 2.0]);
        Some(mix(rind, lit(flesh, 1.0 + 0.25 * drops), is_flesh))
    })
}

/// A pizza, a soup, a cup of coffee or a bowl: a rim, a filling, and pieces on it.
fn dish(rng: &mut impl Rng) -> Scene {
    let filling = one_of(&SKINS, rng).map(|value| value * rng.random_range(0.4..1.0));
    let rim = [0.85, 0.68, 0.45].map(|value: f32| value * rng.random_range(0.7..1.15));
    let pieces = Cells::random(rng);
    let piece_scale = rng.random_range(1.5..4.0);
    let piece_size = rng.random_range(0.0..0.4);
    let piece_color = one_of(&SKINS, rng);
    let swirl = Grain::random(2.5, 4, rng);
    let rim_width = rng.random_range(0.04..0.2);
    let twist = rng.random_range(0.0..3.0);
    Scene::object(move |at| {
        let off = at[0].hypot(at[1]);
        if off > 1.0 {
            return None;
        }
        let surface = lit(filling, 1.0 + 0.45 * swirl.at(turned(at, twist * off)));
        let piece = pieces.at(at.map(|value| value * piece_scale));
        let topped = mix(
            surface,
            lit(piece_color, 0.7 + 0.4 * piece.number),
            inside(piece.distance - piece_size * piece.number, 0.03),
        );
        let crust = lit(rim, 0.9 + 0.25 * swirl.at(at));
        Some(mix(crust, topped, inside(off - (1.0 - rim_width), 0.02)))
    })
}
