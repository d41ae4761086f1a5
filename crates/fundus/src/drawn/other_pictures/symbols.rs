//! Icons, logos, signs and flags: a few flat shapes.

use std::f32::consts::TAU;

use rand::{Rng, RngExt};

use super::scene::{Color, Scene, any_color, grey, inside, mix, turned, warm_color};

/// How far outside a shape a point lies; negative inside.
#[derive(Clone, Copy)]
enum Outline {
    Rectangle,
    Disc,
    Ring,
    Triangle,
    Bar,
}

struct Shape {
    outline: Outline,
    at: [f32; 2],
    size: [f32; 2],
    turn: f32,
    color: Color,
    /// Colour at the lower end; shapes are often shaded.
    lower: Color,
}

impl Shape {
    fn random(colors: &[Color], rng: &mut impl Rng) -> Self {
        let color = colors[rng.random_range(0..colors.len())];
        let outlines = [
            Outline::Rectangle,
            Outline::Disc,
            Outline::Ring,
            Outline::Triangle,
            Outline::Bar,
        ];
        Self {
            outline: outlines[rng.random_range(0..outlines.len())],
            at: [rng.random_range(-0.6..0.6), rng.random_range(-0.6..0.6)],
            size: [rng.random_range(0.08..0.8), rng.random_range(0.08..0.8)],
            turn: if rng.random_bool(0.4) {
                rng.random_range(0.0..TAU)
            } else {
                0.0
            },
            color,
            lower: if rng.random() {
                color
            } else {
                color.map(|value| value * 0.6)
            },
        }
    }

    /// How far outside the shape a point lies, and how far down in it (0 to 1).
    fn beyond(&self, at: [f32; 2]) -> (f32, f32) {
        let [x, y] = turned([at[0] - self.at[0], at[1] - self.at[1]], self.turn);
        let [width, height] = self.size;
        let off = x.hypot(y);
        let beyond = match self.outline {
            Outline::Rectangle => (x.abs() - width).max(y.abs() - height),
            Outline::Disc => off - width,
            Outline::Ring => (off - width).abs() - 0.2 * height,
            Outline::Triangle => (y - height).max(x.abs() - 0.5 * (y + height)),
            Outline::Bar => (x.abs() - width).max(y.abs() - 0.06),
        };
        (beyond, (y / height + 1.0) / 2.0)
    }
}

/// A few shapes on a plain ground.
pub(super) fn symbol(rng: &mut impl Rng) -> Scene {
    let is_warm = rng.random_bool(0.3);
    let colors: Vec<Color> = (0..3)
        .map(|_| {
            if is_warm {
                warm_color(rng)
            } else {
                any_color(rng)
            }
        })
        .chain([grey(0.0), grey(1.0)])
        .collect();
    let ground = match rng.random_range(0..4) {
        0 => grey(0.0),
        1 => grey(rng.random_range(0.85..1.0)),
        _ => colors[0],
    };
    let shapes: Vec<Shape> = (0..rng.random_range(1..8))
        .map(|_| Shape::random(&colors, rng))
        .collect();
    let edge = rng.random_range(0.002..0.02);
    Scene::everywhere(move |at| {
        shapes.iter().fold(ground, |below, shape| {
            let (beyond, down) = shape.beyond(at);
            mix(
                below,
                mix(shape.color, shape.lower, down),
                inside(beyond, edge),
            )
        })
    })
}
