//! The fovea: the dark place without vessels, about two and a half disc diameters temporal of the disc.
//!
//! Darkness is measured as the difference of two blurs on the green channel, bright lesions levelled before; vessels
//! speak against a place. Where it may lie follows from the disc, as in Sinthanayothin et al. (British Journal of
//! Ophthalmology 83, 1999) and Li and Chutatape (IEEE Transactions on Biomedical Engineering 51(2), 2004).

use super::disc::Candidate;
use super::logistic;
use super::plane::{Plane, Visible};
use super::retina::{CELL, RADIUS, Retina, SIDE};

/// From the disc to the fovea, in radii of a field of view of 45 degrees and in disc diameters; each is off where the
/// other is right: the one for other cameras, the other for unusual discs.
const IN_RADII: f32 = 0.69;
const IN_DIAMETERS: f32 = 2.5;
/// Standard deviations of where it lies around that, as shares of the distance: along the axis and across.
/// It is looked for as much above the disc as below, since the picture may be upside down.
const SPREAD: [f32; 2] = [0.13, 0.19];
/// More likeness than this counts no more: a haemorrhage is darker than a fovea.
const GREATEST: f32 = 5.5;
/// How far the place may move to where the likeness is greatest, in cells.
const CLIMB: usize = 6;
/// The furthest from the expected place, in standard deviations.
const REACH: f32 = 2.5;

/// Where the retina is as dark and free of vessels as a fovea, in standard deviations above the usual.
pub(super) struct FoveaMap {
    likeness: Plane,
}

/// A place that may be the fovea, in cells.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spot {
    pub center: [f32; 2],
    /// Standard deviations above the usual, less what its place costs.
    pub score: f32,
}

impl Spot {
    /// How sure it is that this is the fovea, if the disc is one.
    pub fn confidence(&self) -> f32 {
        logistic(2.0 * (self.score - 0.5))
    }
}

impl FoveaMap {
    pub fn new(retina: &Retina) -> Self {
        let visible = &retina.visible;
        let near = visible.mean(&retina.darkness, 3, 3);
        let around = visible.mean(&retina.darkness, 8, 3);
        let darkness = around.combined(&near, |around, near| around - near);
        let vessels = retina.vessel_share.boxed(3, 2);
        let likeness = standardized(&darkness, visible)
            .combined(&standardized(&vessels, visible), |dark, vessels| {
                dark.max(-3.0) - 0.5 * vessels.clamp(-1.0, 3.0)
            });
        Self { likeness }
    }

    /// The best place on one side of a disc (`temporal` -1: left in the picture, 1: right); `None` when the expected
    /// place is not in the picture.
    pub fn beside(&self, disc: &Candidate, temporal: f32, visible: &Visible) -> Option<Spot> {
        let distance = 0.5 * (IN_RADII * RADIUS + IN_DIAMETERS * 2.0 * disc.radius);
        let expected = [disc.center[0] + temporal * distance, disc.center[1]];
        let side = SIDE / CELL;
        let [reach_x, reach_y] = SPREAD.map(|spread| (REACH * spread * distance) as i32);
        let mut best: Option<Spot> = None;
        for dy in -reach_y..=reach_y {
            for dx in -reach_x..=reach_x {
                let [x, y] = [expected[0] + dx as f32, expected[1] + dy as f32];
                let (column, row) = (x.round(), y.round());
                let inside =
                    column >= 0.0 && row >= 0.0 && column < side as f32 && row < side as f32;
                if !inside || !visible.sees(row as usize * side + column as usize) {
                    continue;
                }
                let off = [dx as f32, dy as f32];
                let cost: f32 = (0..2)
                    .map(|axis| 0.5 * (off[axis] / (SPREAD[axis] * distance)).powi(2))
                    .sum();
                let likeness = self.likeness.values[row as usize * side + column as usize];
                let score = likeness.min(GREATEST) - cost;
                if best.is_none_or(|best| score > best.score) {
                    best = Some(Spot {
                        center: [column, row],
                        score,
                    });
                }
            }
        }
        best.map(|spot| Spot {
            center: self.peak_near(spot.center, visible),
            ..spot
        })
    }

    /// Where one gets from a place by going uphill, a cell at a time.
    fn peak_near(&self, from: [f32; 2], visible: &Visible) -> [f32; 2] {
        let side = SIDE / CELL;
        let mut at = from.map(|place| place as usize);
        let likeness = |[x, y]: [usize; 2]| self.likeness.values[y * side + x];
        for _ in 0..CLIMB {
            let [columns, rows] = at.map(|place| place.saturating_sub(1)..(place + 2).min(side));
            let neighbours = rows.flat_map(|row| columns.clone().map(move |column| [column, row]));
            let highest = neighbours
                .filter(|[x, y]| visible.sees(y * side + x))
                .max_by(|&one, &other| likeness(one).total_cmp(&likeness(other)));
            match highest {
                Some(higher) if likeness(higher) > likeness(at) => at = higher,
                _ => break,
            }
        }
        at.map(|place| place as f32)
    }
}

/// Standard deviations above the mean of what is visible.
fn standardized(plane: &Plane, visible: &Visible) -> Plane {
    let values = visible.sorted(plane);
    let count = values.len().max(1) as f32;
    let mean = values.iter().sum::<f32>() / count;
    let squares: f32 = values.iter().map(|value| (value - mean).powi(2)).sum();
    let spread = (squares / count).sqrt().max(1e-4);
    let mut standardized = plane.clone();
    for (value, weight) in standardized.values.iter_mut().zip(&visible.weights.values) {
        *value = (*value - mean) / spread * weight;
    }
    standardized
}
