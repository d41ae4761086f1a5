//! Maps that know nothing of the network: what an explanation has to beat.

use fundus::Landmarks;
use serde::{Deserialize, Serialize};

use crate::draws::{self, Purpose};
use crate::map::{Map, resize};

/// A map that is the same whatever the network answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Prior {
    /// More in the middle: a Gaussian of a quarter of the side.
    Center,
    /// Vessels and optic disc.
    VesselsAndDisc,
    /// Smooth noise.
    Random,
}

/// Standard deviation of [`Prior::Center`], as a share of the side.
const SPREAD: f64 = 0.25;

/// Cells of [`Prior::Random`] along each side.
const CELLS: usize = 20;

impl Prior {
    /// All of them.
    pub const ALL: [Prior; 3] = [Prior::Center, Prior::VesselsAndDisc, Prior::Random];

    /// The name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Prior::Center => "center-prior",
            Prior::VesselsAndDisc => "vessel-and-disc-prior",
            Prior::Random => "random",
        }
    }

    /// The map, `[side, side]`; `seed` is that of [`Prior::Random`].
    pub fn map(self, landmarks: &Landmarks, side: usize, seed: u64) -> Map {
        let values = match self {
            Prior::Center => center(side),
            Prior::VesselsAndDisc => vessels_and_disc(landmarks, side),
            Prior::Random => random(side, seed),
        };
        Map {
            height: side,
            width: side,
            values: values.into_iter().map(|value| value as f32).collect(),
        }
    }
}

fn center(side: usize) -> Vec<f64> {
    let offset = |at: usize| ((at as f64 + 0.5) / side as f64 - 0.5) / SPREAD;
    let value = |place: usize| {
        let [y, x] = [place / side, place % side].map(offset);
        (-0.5 * (x * x + y * y)).exp()
    };
    (0..side * side).map(value).collect()
}

fn vessels_and_disc(landmarks: &Landmarks, side: usize) -> Vec<f64> {
    let vessels: Vec<f64> = landmarks
        .vessels
        .as_raw()
        .iter()
        .map(|&value| f64::from(value) / 255.0)
        .collect();
    let mut map = resize(&vessels, [Landmarks::SIDE as usize; 2], [side; 2]);
    if let Some(disc) = landmarks.optic_disc {
        for (place, value) in map.iter_mut().enumerate() {
            let [y, x] = [place / side, place % side].map(|at| (at as f64 + 0.5) / side as f64);
            let (dx, dy) = (x - disc.center.x, y - disc.center.y);
            if dx.hypot(dy) <= disc.diameter / 2.0 {
                *value = 1.0;
            }
        }
    }
    map
}

fn random(side: usize, seed: u64) -> Vec<f64> {
    let mut draws = draws::generator(seed, 0, 0, Purpose::Places);
    let grid: Vec<f64> = (0..CELLS * CELLS)
        .map(|_| draws::unit(&mut draws))
        .collect();
    resize(&grid, [CELLS; 2], [side; 2])
}
