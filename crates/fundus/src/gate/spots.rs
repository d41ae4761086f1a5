//! Spots: the bright one that may be the optic disc, with lines that come from it, and the dark one that may be the fovea.

use super::lines::Lines;
use super::statistics::{Moments, logarithm};
use super::view::{SIDE, SmallView, length, position};
use crate::landmarks::plane::Plane;

pub(super) const NAMES: [&str; 10] = [
    "bright spot",
    "bright spot over variation",
    "bright spot from the middle",
    "size of the bright spot",
    "lines around the bright spot",
    "bright spot bright in green",
    "dark spot",
    "dark spot from the middle",
    "between bright and dark spot",
    "lines around the dark spot",
];

/// Radius of the box that a spot is as large as, in pixels; twice it is a tent.
const SPOT: usize = 5;
/// Radius of a spot's surroundings in pixels.
const AROUND: usize = 22;
/// Spots further out are the light of the rim.
const OUTERMOST: f32 = 0.85;

pub(super) fn measure(view: &SmallView, lines: &Lines) -> [f32; NAMES.len()] {
    let light = relative(view, &view.brightness);
    let green = relative(view, &view.channels[1]);
    let inner = || {
        view.places
            .iter()
            .copied()
            .filter(|&at| view.radii[at] < OUTERMOST)
    };
    let by_light = |one: &usize, other: &usize| light.values[*one].total_cmp(&light.values[*other]);
    let middle = SIDE * SIDE / 2 + SIDE / 2;
    let bright = inner().max_by(by_light).unwrap_or(middle);
    let dark = inner()
        .filter(|&at| view.radii[at] < 0.6)
        .min_by(by_light)
        .unwrap_or(middle);
    let deviation = Moments::of(view.values(&light)).deviation;
    let height = light.values[bright];
    let half = view.share(|at| light.values[at] > 0.5 * height);
    let whole = view.share(|at| lines.mask[at]);
    let near = |spot: usize| {
        let around = view.places.iter().filter(|&&at| apart(at, spot) < 0.28);
        let (mut count, mut on_lines) = (0.0_f32, 0.0_f32);
        for &at in around {
            count += 1.0;
            on_lines += f32::from(u8::from(lines.mask[at]));
        }
        logarithm(on_lines / count.max(1.0), 0.01) - logarithm(whole, 0.01)
    };
    [
        height,
        height / (deviation + 0.005),
        view.radii[bright],
        logarithm(half, 0.003),
        near(bright),
        (green.values[bright] / height.max(0.02)).clamp(-2.0, 5.0),
        light.values[dark],
        view.radii[dark],
        apart(bright, dark),
        near(dark),
    ]
}

/// How much brighter a spot is than its wide surroundings, as a share of their brightness.
fn relative(view: &SmallView, plane: &Plane) -> Plane {
    let spot = view.visible.mean(plane, SPOT, 2);
    let around = view.visible.mean(plane, AROUND, 2);
    spot.combined(&around, |spot, around| (spot - around) / (around + 0.04))
}

fn apart(one: usize, other: usize) -> f32 {
    let ([x, y], [other_x, other_y]) = (position(one), position(other));
    length([x - other_x, y - other_y])
}
