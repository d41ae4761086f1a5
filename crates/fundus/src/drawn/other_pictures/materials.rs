//! Textures, noise and leaves.

use std::f32::consts::TAU;

use rand::{Rng, RngExt};

use super::scene::{
    Cells, Color, Grain, Scene, any_color, grey, hashed, inside, mix, turned, warm_color,
};
use super::veins::{Growth, VeinMap};

/// Two colours that a material varies between; warm ones half of the time.
fn pair(rng: &mut impl Rng) -> [Color; 2] {
    if rng.random() {
        [warm_color(rng), warm_color(rng)]
    } else {
        [any_color(rng), any_color(rng)]
    }
}

/// Marble, wood, leather, cloth, cracked earth, clouds, stone chips or bricks.
pub(super) fn texture(rng: &mut impl Rng) -> Scene {
    let [dark, bright] = pair(rng);
    let scale = rng.random_range(1.5..9.0);
    let angle = rng.random_range(0.0..TAU);
    let bends = Grain::random(scale * 0.4, 4, rng);
    let fine = Grain::random(scale * 5.0, 2, rng);
    let cells = Cells::random(rng);
    let seed: u32 = rng.random();
    let kind = rng.random_range(0..8);
    Scene::everywhere(move |at| {
        let [x, y] = turned(at, angle);
        let bent = 0.35 * bends.at(at);
        let share = match kind {
            // Marble.
            0 => (1.0 - ((x * scale + 6.0 * bent).sin()).abs()).powi(3),
            // Wood: rings around a far-off middle.
            1 => {
                let ring = (x - 2.0).hypot(0.25 * y) * scale * 2.5 + 2.0 * bent;
                0.5 + 0.5 * (ring * 3.0).sin() + 0.2 * fine.at([x, 0.1 * y])
            }
            // Leather.
            2 => (cells
                .at([x * scale * 1.5 + bent, y * scale * 1.5])
                .from_edge
                * 3.0)
                .min(1.0),
            // Cloth.
            3 => {
                let over = ((x * scale * 6.0).sin() * (y * scale * 6.0).sin()).signum();
                0.5 + 0.3 * over * (x * scale * 24.0).sin().abs() + 0.2 * fine.at(at)
            }
            // Cracked earth.
            4 => {
                let cell = cells.at([x * scale * 0.7 + bent, y * scale * 0.7 + bent]);
                inside(0.05 - cell.from_edge, 0.02) * (0.7 + 0.3 * cell.number) + 0.1 * fine.at(at)
            }
            // Clouds.
            5 => 0.5 + 0.5 * bends.at([x + 0.3 * bent, y]),
            // Stone chips.
            6 => cells.at([x * scale, y * scale]).number,
            // Bricks.
            _ => {
                let row = (y * scale).floor();
                let along = x * scale * 0.5 + 0.5 * (row % 2.0);
                let from_joint = (along - along.round())
                    .abs()
                    .min((y * scale - (y * scale).round()).abs());
                let brick = hashed(seed, row as i32, along.floor() as i32);
                inside(0.06 - from_joint, 0.02) * (0.6 + 0.4 * brick) + 0.1 * fine.at(at)
            }
        };
        mix(dark, bright, share)
    })
}

/// White, coloured or coarse noise, blocks, smooth blends.
pub(super) fn noise(rng: &mut impl Rng) -> Scene {
    let [dark, bright] = pair(rng);
    let third = warm_color(rng);
    let scale = 2.0_f32.powf(rng.random_range(0.0..7.0));
    let octaves = rng.random_range(1..7);
    let grains = [(); 3].map(|()| Grain::random(scale, octaves, rng));
    let seed: u32 = rng.random();
    let angle = rng.random_range(0.0..TAU);
    let kind = rng.random_range(0..5);
    Scene::everywhere(move |at| match kind {
        0 => mix(dark, bright, 0.5 + 0.5 * grains[0].at(at)),
        1 => grains.map(|grain| 0.5 + 0.5 * grain.at(at)),
        2 => {
            let [column, row] = at.map(|value| (value * scale).floor() as i32);
            mix(dark, bright, hashed(seed, column, row))
        }
        3 => {
            let [x, y] = turned(at, angle);
            let blend = mix(dark, bright, 0.5 + 0.5 * x);
            mix(blend, third, 0.3 + 0.3 * y + 0.2 * grains[0].at(at))
        }
        _ => {
            let spot = (-(at[0] - 0.4).hypot(at[1] - 0.1).powi(2) * 6.0).exp();
            mix(
                mix(dark, third, 0.5 + 0.4 * grains[0].at(at)),
                grey(1.0),
                0.7 * spot,
            )
        }
    })
}

/// Leaves with veins, bare branches before the sky, rivers from above.
pub(super) fn leaf(rng: &mut impl Rng) -> Scene {
    let kind = rng.random_range(0..3);
    let growth = match kind {
        0 => Growth::Pinnate,
        1 => Growth::FromRim,
        _ => Growth::FromPoint,
    };
    let half_width = rng.random_range(0.012..0.04);
    let veins = VeinMap::grow(growth, half_width, rng);
    let net = Cells::random(rng);
    let shade = Grain::random(2.0, 4, rng);
    let net_scale = rng.random_range(8.0..25.0);
    let [body, line] = if rng.random_bool(0.5) {
        // A green or a yellowing leaf with pale or dark veins.
        let body = [
            rng.random_range(0.2..0.8),
            rng.random_range(0.4..0.7),
            rng.random_range(0.05..0.25),
        ];
        [body, body.map(|value| value * rng.random_range(0.4..1.7))]
    } else {
        pair(rng)
    };
    Scene::everywhere(move |at| {
        let vein = veins.at(at);
        let mesh = if kind == 0 {
            0.35 * inside(
                net.at(at.map(|value| value * net_scale)).from_edge - 0.05,
                0.05,
            )
        } else {
            0.0
        };
        let ground = body.map(|value| value * (1.0 + 0.25 * shade.at(at)));
        mix(ground, line, vein.max(mesh))
    })
}
