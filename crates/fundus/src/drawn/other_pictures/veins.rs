//! Lines that branch: of leaves, rivers, mucosa, and whatever else resembles vessels.

use std::f32::consts::{PI, TAU};

use rand::{Rng, RngExt};

/// Density of lines over the square of -1..1 along both axes, 0..1.
pub(super) struct VeinMap {
    values: Vec<f32>,
}

/// Where the lines begin and how they branch.
#[derive(Clone, Copy)]
pub(super) enum Growth {
    /// Several trees that grow in from the rim.
    FromRim,
    /// One star from a point anywhere.
    FromPoint,
    /// A middle line with side lines at regular distances, as in a leaf.
    Pinnate,
    /// Short winding threads without a common origin.
    Threads,
}

impl Growth {
    pub const ALL: [Self; 4] = [Self::FromRim, Self::FromPoint, Self::Pinnate, Self::Threads];
}

/// A line about to grow.
#[derive(Clone, Copy)]
struct Twig {
    at: [f32; 2],
    heading: f32,
    half_width: f32,
    length: f32,
}

const SIDE: usize = 320;
const STEP: f32 = 0.008;
/// Enough for any look; bounds the time.
const MOST_TWIGS: usize = 260;

impl VeinMap {
    pub fn grow(growth: Growth, half_width: f32, rng: &mut impl Rng) -> Self {
        let mut map = Self {
            values: vec![0.0; SIDE * SIDE],
        };
        let mut twigs = beginnings(growth, half_width, rng);
        let bend = match growth {
            Growth::Pinnate => 0.03,
            Growth::FromRim | Growth::FromPoint => rng.random_range(0.03..0.2),
            Growth::Threads => 0.25,
        };
        let branching = match growth {
            Growth::Threads => 0.0,
            _ => rng.random_range(2.0..9.0),
        };
        let mut grown = 0;
        while let Some(twig) = twigs.pop() {
            grown += 1;
            if grown > MOST_TWIGS {
                break;
            }
            map.grow_one(twig, bend, branching, &mut twigs, rng);
        }
        map
    }

    fn grow_one(
        &mut self,
        mut twig: Twig,
        bend: f32,
        branching: f32,
        twigs: &mut Vec<Twig>,
        rng: &mut impl Rng,
    ) {
        let shrink = 1.0 - 0.5 * STEP / twig.length.max(STEP);
        let mut left = twig.length;
        while left > 0.0 && twig.half_width > 0.0015 {
            self.stamp(twig.at, twig.half_width);
            twig.heading += rng.random_range(-1.0..1.0) * bend;
            twig.at[0] += STEP * twig.heading.cos();
            twig.at[1] += STEP * twig.heading.sin();
            twig.half_width *= shrink;
            left -= STEP;
            if rng.random_bool((f64::from(branching * STEP)).clamp(0.0, 1.0)) {
                let side = if rng.random() { 1.0 } else { -1.0 };
                twigs.push(Twig {
                    heading: twig.heading + side * rng.random_range(0.4..1.1),
                    half_width: twig.half_width * rng.random_range(0.5..0.85),
                    length: left * rng.random_range(0.3..0.9),
                    ..twig
                });
            }
        }
    }

    fn stamp(&mut self, at: [f32; 2], half_width: f32) {
        let [x, y] = at.map(|value| (value + 1.0) / 2.0 * SIDE as f32);
        let radius = half_width / 2.0 * SIDE as f32;
        let reach = radius + 1.0;
        let range = |middle: f32| {
            let first = (middle - reach).clamp(0.0, SIDE as f32) as usize;
            first..((middle + reach + 1.0).clamp(0.0, SIDE as f32) as usize)
        };
        for row in range(y) {
            for column in range(x) {
                let off = (column as f32 + 0.5 - x).hypot(row as f32 + 0.5 - y);
                let value = (radius + 0.5 - off).clamp(0.0, 1.0);
                let old = &mut self.values[row * SIDE + column];
                *old = old.max(value);
            }
        }
    }

    /// The density at a point, between its four neighbours; 0 beyond the square.
    pub fn at(&self, at: [f32; 2]) -> f32 {
        let [x, y] = at.map(|value| (value + 1.0) / 2.0 * SIDE as f32 - 0.5);
        if x < 0.0 || y < 0.0 || x >= (SIDE - 1) as f32 || y >= (SIDE - 1) as f32 {
            return 0.0;
        }
        let (column, row) = (x as usize, y as usize);
        let value = |column: usize, row: usize| self.values[row * SIDE + column];
        let along = |row: usize| {
            value(column, row) * (1.0 - x.fract()) + value(column + 1, row) * x.fract()
        };
        along(row) * (1.0 - y.fract()) + along(row + 1) * y.fract()
    }
}

fn beginnings(growth: Growth, half_width: f32, rng: &mut impl Rng) -> Vec<Twig> {
    match growth {
        Growth::FromRim => (0..rng.random_range(2..6))
            .map(|_| {
                let angle = rng.random_range(0.0..TAU);
                Twig {
                    at: [0.99 * angle.cos(), 0.99 * angle.sin()],
                    heading: angle + PI + rng.random_range(-0.6..0.6),
                    half_width: half_width * rng.random_range(0.6..1.2),
                    length: rng.random_range(0.8..2.0),
                }
            })
            .collect(),
        Growth::FromPoint => {
            let at = [rng.random_range(-0.8..0.8), rng.random_range(-0.8..0.8)];
            let count = rng.random_range(3..8);
            let first = rng.random_range(0.0..TAU);
            (0..count)
                .map(|index| Twig {
                    at,
                    heading: first + TAU * index as f32 / count as f32,
                    half_width: half_width * rng.random_range(0.6..1.2),
                    length: rng.random_range(0.7..1.8),
                })
                .collect()
        }
        Growth::Pinnate => pinnate(half_width, rng),
        Growth::Threads => (0..rng.random_range(15..120))
            .map(|_| Twig {
                at: [rng.random_range(-1.0..1.0), rng.random_range(-1.0..1.0)],
                heading: rng.random_range(0.0..TAU),
                half_width: half_width * rng.random_range(0.3..0.9),
                length: rng.random_range(0.1..0.5),
            })
            .collect(),
    }
}

fn pinnate(half_width: f32, rng: &mut impl Rng) -> Vec<Twig> {
    let heading: f32 = rng.random_range(0.0..TAU);
    let spread = rng.random_range(0.6..1.2);
    let distance = rng.random_range(0.1..0.25);
    let start = [-heading.cos(), -heading.sin()];
    let mut twigs = vec![Twig {
        at: start,
        heading,
        half_width,
        length: 2.0,
    }];
    let mut along = 0.1;
    while along < 1.9 {
        let at = [
            start[0] + along * heading.cos(),
            start[1] + along * heading.sin(),
        ];
        twigs.extend([1.0, -1.0].map(|side| Twig {
            at,
            heading: heading + side * spread,
            half_width: half_width * 0.55,
            length: 0.9 - 0.3 * along,
        }));
        along += distance;
    }
    twigs
}
