//! Documents and charts.

use std::f32::consts::TAU;

use rand::{Rng, RngExt};

use super::scene::{
    Color, Grain, Scene, any_color, distance_to_line, grey, hashed, inside, mix, turned, warm_color,
};

/// Lines of words: where ink lies.
#[derive(Clone, Copy)]
pub(super) struct Lettering {
    seed: u32,
    /// Distance of two lines.
    pub line: f32,
    /// Width of a letter as a share of the line's distance.
    letter: f32,
}

impl Lettering {
    pub fn random(line: f32, rng: &mut impl Rng) -> Self {
        Self {
            seed: rng.random(),
            line,
            letter: rng.random_range(0.25..0.5),
        }
    }

    /// Whether there is ink at a point.
    pub fn has_ink(&self, [x, y]: [f32; 2]) -> bool {
        let row = (y / self.line).floor();
        let within = y / self.line - row;
        if !(0.2..0.8).contains(&within) {
            return false;
        }
        let width = self.letter * self.line;
        let letter = (x / width).floor();
        let word = (letter / 6.0).floor();
        let gap = hashed(self.seed, word as i32, row as i32) * 3.0;
        if letter - 6.0 * word < gap {
            return false;
        }
        // A letter is a few strokes on a grid of 3 x 4.
        let across = ((x / width - letter) * 4.0) as i32;
        let down = ((within - 0.2) / 0.6 * 4.0) as i32;
        let stroke = self.seed ^ 0x9d ^ (row as u32).wrapping_mul(31);
        across < 3 && hashed(stroke, letter as i32 * 4 + across, down) < 0.5
    }
}

/// A page of print or handwriting, on a table or filling the frame.
pub(super) fn document(rng: &mut impl Rng) -> Scene {
    let tilt = rng.random_range(-0.25..0.25);
    let paper = [1.0, 0.98, 0.92].map(|value: f32| value * rng.random_range(0.8..1.0));
    let ink = if rng.random() {
        grey(0.1)
    } else {
        any_color(rng)
    };
    let line = rng.random_range(0.03..0.14);
    let lettering = Lettering::random(line, rng);
    let margin = rng.random_range(0.5..1.2);
    let stamp = any_color(rng);
    let stamp_at = [rng.random_range(-0.5..0.5), rng.random_range(-0.5..0.5)];
    let stamp_radius = rng.random_range(0.1..0.4);
    let has_stamp = rng.random_bool(0.4);
    let crumple = Grain::random(1.5, 4, rng);
    let photograph = rng.random_bool(0.3);
    let picture = Grain::random(3.0, 4, rng);
    let tint = warm_color(rng);
    Scene::everywhere(move |at| {
        let on_page = turned(at, tilt);
        let mut color = mix(paper, grey(0.6), 0.2 + 0.25 * crumple.at(at));
        let is_picture = photograph && on_page[0].abs() < 0.45 && (on_page[1] + 0.3).abs() < 0.3;
        if is_picture {
            color = mix(grey(0.2), tint, 0.5 + 0.5 * picture.at(at));
        } else if on_page[0].abs() < margin && lettering.has_ink(on_page) {
            color = ink;
        }
        let from_stamp = (at[0] - stamp_at[0]).hypot(at[1] - stamp_at[1]) - stamp_radius;
        if has_stamp {
            color = mix(color, stamp, 0.7 * inside(from_stamp.abs() - 0.02, 0.01));
        }
        color
    })
}

/// A pie, bar, line, contour or scatter chart, or a heat map.
pub(super) fn chart(rng: &mut impl Rng) -> Scene {
    match rng.random_range(0..5) {
        0 => pie(rng),
        1 => bars(rng),
        2 => lines(rng),
        _ => field(rng),
    }
}

fn palette(rng: &mut impl Rng) -> Vec<Color> {
    let is_warm = rng.random();
    (0..8)
        .map(|_| {
            if is_warm {
                warm_color(rng)
            } else {
                any_color(rng)
            }
        })
        .collect()
}

fn pie(rng: &mut impl Rng) -> Scene {
    let colors = palette(rng);
    let count = rng.random_range(2..8);
    let mut ends: Vec<f32> = (1..count).map(|_| rng.random_range(0.0..TAU)).collect();
    ends.sort_by(f32::total_cmp);
    let hole = if rng.random_bool(0.3) {
        rng.random_range(0.2..0.6)
    } else {
        0.0
    };
    let line = rng.random_range(0.0..0.02);
    Scene::object(move |at| {
        let off = at[0].hypot(at[1]);
        if off > 1.0 || off < hole {
            return None;
        }
        let angle = at[1].atan2(at[0]).rem_euclid(TAU);
        let share = ends.iter().filter(|end| **end < angle).count();
        let is_line = ends
            .iter()
            .any(|end| off * (angle - end).abs() < line && line > 0.004);
        Some(if is_line { grey(1.0) } else { colors[share] })
    })
}

fn bars(rng: &mut impl Rng) -> Scene {
    let colors = palette(rng);
    let ground = if rng.random() {
        grey(1.0)
    } else {
        any_color(rng)
    };
    let seed: u32 = rng.random();
    let width = rng.random_range(0.08..0.3);
    let labels = Lettering::random(0.08, rng);
    Scene::everywhere(move |[x, y]| {
        let bar = (x / width).floor();
        let height = hashed(seed, bar as i32, 0) * 1.4;
        let is_bar = x / width - bar < 0.75 && y < 0.7 && y > 0.7 - height;
        if is_bar {
            colors[bar.rem_euclid(8.0) as usize]
        } else if (y - 0.7).abs() < 0.01 || (y > 0.75 && labels.has_ink([x, y])) {
            grey(0.1)
        } else if (y * 5.0 - (y * 5.0).round()).abs() < 0.03 {
            ground.map(|value| value * 0.8)
        } else {
            ground
        }
    })
}

fn lines(rng: &mut impl Rng) -> Scene {
    let colors = palette(rng);
    let ground = if rng.random() {
        grey(1.0)
    } else {
        warm_color(rng)
    };
    let curves: Vec<Vec<[f32; 2]>> = (0..rng.random_range(1..6))
        .map(|_| {
            let mut y = rng.random_range(-0.6..0.6);
            (0..25)
                .map(|step| {
                    y += rng.random_range(-0.16..0.16);
                    [step as f32 / 12.0 - 1.0, y]
                })
                .collect()
        })
        .collect();
    let width = rng.random_range(0.006..0.02);
    let grid = rng.random_range(2.0..8.0);
    Scene::everywhere(move |at| {
        for (curve, color) in curves.iter().zip(&colors) {
            let near = |pair: &[[f32; 2]]| distance_to_line(at, pair[0], pair[1]) < width;
            if curve.windows(2).any(near) {
                return *color;
            }
        }
        let is_grid = at
            .iter()
            .any(|value| (value * grid - (value * grid).round()).abs() < 0.03);
        ground.map(|value| if is_grid { value * 0.85 } else { value })
    })
}

/// A heat map, contour lines or a scatter of dots.
fn field(rng: &mut impl Rng) -> Scene {
    let colors = palette(rng);
    let hills = Grain::random(rng.random_range(0.8..3.0), 3, rng);
    let seed: u32 = rng.random();
    let cell = rng.random_range(0.05..0.2);
    let levels = rng.random_range(4.0..12.0);
    let kind = rng.random_range(0..3);
    Scene::everywhere(move |at| match kind {
        0 => {
            let [column, row] = at.map(|value| (value / cell).floor());
            let height = hills.at([column * cell, row * cell]);
            mix(
                colors[0],
                colors[1],
                0.5 + 0.4 * height + 0.2 * hashed(seed, column as i32, row as i32),
            )
        }
        1 => {
            let height = hills.at(at) * levels;
            let line = inside((height - height.round()).abs() - 0.05, 0.04);
            mix(
                mix(colors[0], colors[1], 0.5 + 0.5 * hills.at(at)),
                colors[2],
                line,
            )
        }
        _ => {
            let [column, row] = at.map(|value| (value / cell).floor());
            let number = hashed(seed, column as i32, row as i32);
            let center = [(column + 0.5) * cell, (row + 0.5) * cell];
            let off = (at[0] - center[0]).hypot(at[1] - center[1]);
            mix(
                colors[0],
                colors[1 + (number * 6.9) as usize],
                inside(off - 0.4 * cell * number, 0.01),
            )
        }
    })
}
