//! Roughly where the disc and the macula are, and where on the retina lesions of each kind lie.
//!
//! This serves to place what is painted and nothing else: a wrong disc costs plausibility, not truth.

use image::RgbImage;
use rand::{Rng, RngExt};
use std::f32::consts::TAU;

use super::retina::{Retina, is_on_retina, is_visible};

/// Side of the copy on which the disc is searched, in cells.
const CELLS: usize = 64;
/// Radius of the optic disc, as a share of the side of the field of view.
const DISC_RADIUS: f32 = 0.078;
/// From the disc's centre to the fovea, as a share of the side of the field of view.
const DISC_TO_FOVEA: f32 = 0.37;

/// Landmarks in pixels.
#[derive(Clone, Copy, Debug)]
pub(super) struct Places {
    pub(super) disc: [f32; 2],
    pub(super) disc_radius: f32,
    pub(super) fovea: [f32; 2],
    side: f32,
}

impl Places {
    /// The disc is where a disc-sized patch is brightest against its wider surroundings; the fovea lies beside it,
    /// towards the middle of the picture and a little lower.
    pub(super) fn estimate(picture: &RgbImage) -> Self {
        let side = picture.width().min(picture.height()) as f32;
        let brightness = shrunk(picture);
        let (near, far) = (mean_around(&brightness, 3), mean_around(&brightness, 10));
        let contrast = |at: usize| near[at] - far[at];
        let cell = [picture.width(), picture.height()].map(|side| side as f32 / CELLS as f32);
        let center = |at: usize| {
            [(at % CELLS, cell[0]), (at / CELLS, cell[1])]
                .map(|(at, cell)| (at as f32 + 0.5) * cell)
        };
        let brightest = (0..CELLS * CELLS)
            .filter(|at| is_on_retina(picture, center(*at).map(|at| at as u32), 0.86))
            .max_by(|one, other| contrast(*one).total_cmp(&contrast(*other)));
        let middle = [picture.width(), picture.height()].map(|side| side as f32 / 2.0);
        let disc = brightest.map_or(middle, center);
        let towards_middle = if disc[0] > middle[0] { -1.0 } else { 1.0 };
        Self {
            disc,
            disc_radius: DISC_RADIUS * side,
            fovea: [
                disc[0] + towards_middle * DISC_TO_FOVEA * side,
                disc[1] + 0.03 * side,
            ],
            side,
        }
    }

    /// Whether a place lies on the disc or its rim.
    pub(super) fn is_on_disc(&self, place: [f32; 2]) -> bool {
        distance(place, self.disc) < 1.25 * self.disc_radius
    }

    /// Unit vector along the nerve fibres: away from the disc, around the fovea.
    pub(super) fn fibres(&self, place: [f32; 2]) -> [f32; 2] {
        let away = unit(minus(place, self.disc));
        let off_fovea = minus(place, self.fovea);
        let outward = unit(off_fovea);
        let into_fovea = -(away[0] * outward[0] + away[1] * outward[1]);
        let nearness = (1.0 - off_fovea[0].hypot(off_fovea[1]) / (0.33 * self.side)).max(0.0);
        let bend = into_fovea.max(0.0) * nearness.sqrt();
        unit([away[0] + bend * outward[0], away[1] + bend * outward[1]])
    }

    /// A share of the side of the field of view, in pixels.
    pub(super) fn share(&self, share: f32) -> f32 {
        share * self.side
    }
}

/// A random place anywhere on the retina; `None` when none was found soon.
pub(super) fn anywhere(retina: &Retina, rng: &mut impl Rng) -> Option<[f32; 2]> {
    let middle = [retina.picture.width(), retina.picture.height()].map(|side| side as f32 / 2.0);
    (0..20).find_map(|_| {
        let angle = rng.random_range(0.0..TAU);
        let off = rng.random_range(0.0_f32..1.0).sqrt() * 0.93;
        let place = [
            middle[0] + middle[0] * off * angle.cos(),
            middle[1] + middle[1] * off * angle.sin(),
        ];
        retina.has(place).then_some(place)
    })
}

/// A place off the disc, mostly of the posterior pole: denser towards the macula.
pub(super) fn off_disc(retina: &Retina, rng: &mut impl Rng) -> Option<[f32; 2]> {
    (0..10).find_map(|_| {
        let place = if rng.random_bool(0.6) {
            around(retina.places.fovea, [0.03, 0.42], retina, rng)?
        } else {
            anywhere(retina, rng)?
        };
        (!retina.places.is_on_disc(place)).then_some(place)
    })
}

/// A place at `[nearest, farthest]` from a middle, as shares of the side of the field of view.
pub(super) fn around(
    middle: [f32; 2],
    [nearest, farthest]: [f32; 2],
    retina: &Retina,
    rng: &mut impl Rng,
) -> Option<[f32; 2]> {
    (0..20).find_map(|_| {
        let angle = rng.random_range(0.0..TAU);
        let off = retina.places.share(rng.random_range(nearest..farthest));
        let place = [middle[0] + off * angle.cos(), middle[1] + off * angle.sin()];
        retina.has(place).then_some(place)
    })
}

/// The one of several places around the disc with most vessels near it: mostly on an arcade.
pub(super) fn on_arcade(retina: &Retina, rng: &mut impl Rng) -> Option<[f32; 2]> {
    let reach = retina.places.share(0.025);
    (0..8)
        .filter_map(|_| around(retina.places.disc, [0.12, 0.55], retina, rng))
        .max_by(|one, other| {
            let vessels = |place: &[f32; 2]| retina.vessels_near(*place, reach);
            vessels(one).total_cmp(&vessels(other))
        })
}

/// Mean of red and green of each cell's visible pixels, and their number.
fn shrunk(picture: &RgbImage) -> Vec<[f32; 2]> {
    let mut cells = vec![[0.0_f32; 2]; CELLS * CELLS];
    for (x, y, pixel) in picture.enumerate_pixels() {
        if is_visible(picture, [x, y]) && is_on_retina(picture, [x, y], 0.96) {
            let column = x as usize * CELLS / picture.width() as usize;
            let row = y as usize * CELLS / picture.height() as usize;
            let cell = &mut cells[row * CELLS + column];
            cell[0] += f32::from(pixel[0]) + f32::from(pixel[1]);
            cell[1] += 1.0;
        }
    }
    cells
}

/// Mean over the cells within a circle of `reach` cells.
fn mean_around(cells: &[[f32; 2]], reach: isize) -> Vec<f32> {
    let side = CELLS as isize;
    (0..side * side)
        .map(|at| {
            let mut sum = [0.0_f32; 2];
            for dy in -reach..=reach {
                for dx in -reach..=reach {
                    let (column, row) = (at % side + dx, at / side + dy);
                    let is_within = dx * dx + dy * dy <= reach * reach;
                    if is_within && (0..side).contains(&column) && (0..side).contains(&row) {
                        let cell = cells[(row * side + column) as usize];
                        sum = [sum[0] + cell[0], sum[1] + cell[1]];
                    }
                }
            }
            sum[0] / sum[1].max(1.0)
        })
        .collect()
}

pub(super) fn minus(one: [f32; 2], other: [f32; 2]) -> [f32; 2] {
    [one[0] - other[0], one[1] - other[1]]
}

pub(super) fn distance(one: [f32; 2], other: [f32; 2]) -> f32 {
    (one[0] - other[0]).hypot(one[1] - other[1])
}

fn unit(vector: [f32; 2]) -> [f32; 2] {
    let length = vector[0].hypot(vector[1]).max(1e-6);
    vector.map(|value| value / length)
}
