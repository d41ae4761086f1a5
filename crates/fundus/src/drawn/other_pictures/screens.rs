//! Pictures of screens: windows, lists, tiles and maps.

use rand::{Rng, RngExt};

use super::paper::Lettering;
use super::scene::{
    Cells, Color, Grain, Scene, any_color, distance_to_line, grey, hashed, inside, mix, warm_color,
};

struct Panel {
    left: f32,
    top: f32,
    width: f32,
    height: f32,
    color: Color,
    title: Color,
}

impl Panel {
    fn random(rng: &mut impl Rng) -> Self {
        Self {
            left: rng.random_range(-1.3..0.5),
            top: rng.random_range(-1.0..0.4),
            width: rng.random_range(0.4..1.6),
            height: rng.random_range(0.3..1.4),
            color: if rng.random() {
                grey(rng.random_range(0.1..1.0))
            } else {
                any_color(rng)
            },
            title: any_color(rng),
        }
    }

    fn holds(&self, [x, y]: [f32; 2]) -> bool {
        (self.left..self.left + self.width).contains(&x)
            && (self.top..self.top + self.height).contains(&y)
    }
}

/// A desktop with windows, a grid of tiles, or a street map.
pub(super) fn screenshot(rng: &mut impl Rng) -> Scene {
    match rng.random_range(0..3) {
        0 => windows(rng),
        1 => tiles(rng),
        _ => map(rng),
    }
}

fn windows(rng: &mut impl Rng) -> Scene {
    let panels: Vec<Panel> = (0..rng.random_range(2..6))
        .map(|_| Panel::random(rng))
        .collect();
    let sky = Grain::random(1.0, 4, rng);
    let [low, high] = [warm_color(rng), any_color(rng)];
    let lettering = Lettering::random(rng.random_range(0.05..0.12), rng);
    Scene::everywhere(move |at| {
        let Some(panel) = panels.iter().rev().find(|panel| panel.holds(at)) else {
            return mix(low, high, 0.5 + 0.5 * sky.at(at));
        };
        if at[1] < panel.top + 0.08 {
            return panel.title;
        }
        let is_text = at[0] > panel.left + 0.05
            && at[0] < panel.left + panel.width - 0.1
            && lettering.has_ink(at);
        if is_text {
            panel.color.map(|value| 1.0 - value.round())
        } else {
            panel.color
        }
    })
}

fn tiles(rng: &mut impl Rng) -> Scene {
    let ground = any_color(rng);
    let tile = rng.random_range(0.2..0.6);
    let seed: u32 = rng.random();
    let pictures = Grain::random(4.0, 3, rng);
    let [one, other] = [warm_color(rng), any_color(rng)];
    let is_round = rng.random();
    let lettering = Lettering::random(tile * 0.12, rng);
    Scene::everywhere(move |at| {
        let [column, row] = at.map(|value| (value / tile).floor());
        let within = [at[0] / tile - column - 0.5, at[1] / tile - row - 0.4];
        let off = if is_round {
            within[0].hypot(within[1]) - 0.35
        } else {
            within[0].abs().max(within[1].abs()) - 0.35
        };
        if off < 0.0 {
            let number = hashed(seed, column as i32, row as i32);
            return mix(one, other, number + 0.5 * pictures.at(at));
        }
        if within[1] > 0.4 && lettering.has_ink(at) {
            ground.map(|value| 1.0 - value.round())
        } else {
            ground
        }
    })
}

fn map(rng: &mut impl Rng) -> Scene {
    let blocks = Cells::random(rng);
    let scale = rng.random_range(2.0..8.0);
    let [land, road, water] = if rng.random_bool(0.4) {
        [warm_color(rng), warm_color(rng), warm_color(rng)]
    } else {
        [[0.93, 0.91, 0.87], [1.0, 0.95, 0.7], [0.65, 0.8, 0.95]]
    };
    let sea = Grain::random(0.8, 3, rng);
    let main = [
        [-1.5, rng.random_range(-1.0..1.0)],
        [1.5, rng.random_range(-1.0..1.0)],
    ];
    Scene::everywhere(move |at| {
        if sea.at(at) < -0.45 {
            return water;
        }
        let block = blocks.at(at.map(|value| value * scale));
        let ground = mix(
            land,
            [0.75, 0.88, 0.7],
            f32::from(u8::from(block.number > 0.85)),
        );
        let street = inside(block.from_edge - 0.08, 0.03);
        let highway = inside(distance_to_line(at, main[0], main[1]) - 0.03, 0.005);
        mix(
            mix(ground, grey(1.0), street),
            road,
            highway.max(street * (1.0 - block.number)),
        )
    })
}
