//! One rising map a grade, from the probability that the network says to the share that it turns out to be.

use serde::{Deserialize, Serialize};

use super::photograph::{Photograph, photographs};
use crate::probabilities::softmax;
use crate::{Calibration, Grade, Logits, TrustError};

/// A point of an isotonic map. Single precision, so that a file gives back exactly what was written.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Knot {
    /// The softmax probability of the grade, in [0, 1].
    pub uncalibrated: f32,
    /// What it is mapped to, in (0, 1].
    pub calibrated: f32,
}

impl Calibration {
    /// Fits one rising map a grade by isotonic regression: of all maps that never fall, the one with the least mean
    /// squared distance to what happened, found by pooling adjacent violators (Ayer et al. 1955), each grade against
    /// all others (Zadrozny and Elkan 2002).
    ///
    /// It is fitted to the mean over the passes of the softmax probabilities, rounded to single precision. With n
    /// photographs no probability is mapped to less than 1 / (2 n): a grade that none of them had is not impossible.
    ///
    /// # Errors
    /// When the lists are empty or differ in length, a photograph has no pass, or a logit is not finite.
    pub fn fit_isotonic(
        passes: &[Vec<Logits>],
        grades: &[Grade],
    ) -> Result<Calibration, TrustError> {
        Ok(Calibration::Isotonic {
            maps: fitted(&photographs(passes, grades)?),
        })
    }
}

/// As [`Calibration::fit_isotonic`]; `photographs` holds at least one.
pub(super) fn fitted(photographs: &[Photograph]) -> [Vec<Knot>; 5] {
    let means: Vec<[f32; 5]> = photographs.iter().map(mean_probabilities).collect();
    Grade::ALL.map(|grade| {
        let outcomes = means.iter().zip(photographs).map(|(mean, photograph)| {
            let happened = photograph.grade == grade;
            (mean[grade.index()], happened)
        });
        rising_map(outcomes.collect())
    })
}

fn mean_probabilities(photograph: &Photograph) -> [f32; 5] {
    let passes = photograph.passes;
    let by_pass: Vec<[f64; 5]> = passes
        .iter()
        .map(|logits| softmax(logits.0.map(f64::from)))
        .collect();
    std::array::from_fn(|grade| {
        let sum: f64 = by_pass
            .iter()
            .map(|probabilities| probabilities[grade])
            .sum();
        (sum / passes.len() as f64) as f32
    })
}

/// Photographs, neighbours in probability, that share one calibrated probability.
#[derive(Debug, Clone, Copy)]
struct Block {
    lowest: f32,
    highest: f32,
    happened: usize,
    photographs: usize,
}

impl Block {
    /// Whether more of this block's photographs have the grade than of the following one's, or as many.
    fn is_not_below(&self, following: &Block) -> bool {
        self.happened * following.photographs >= following.happened * self.photographs
    }

    fn joined(&self, following: &Block) -> Block {
        Block {
            lowest: self.lowest,
            highest: following.highest,
            happened: self.happened + following.happened,
            photographs: self.photographs + following.photographs,
        }
    }
}

/// The map for (probability, whether it happened) pairs.
fn rising_map(mut outcomes: Vec<(f32, bool)>) -> Vec<Knot> {
    outcomes.sort_unstable_by(|left, right| left.0.total_cmp(&right.0));
    let floor = 0.5 / outcomes.len() as f64;
    let mut blocks: Vec<Block> = Vec::new();
    for tied in outcomes.chunk_by(|left, right| left.0 == right.0) {
        let mut block = Block {
            lowest: tied[0].0,
            highest: tied[0].0,
            happened: tied.iter().filter(|(_, happened)| *happened).count(),
            photographs: tied.len(),
        };
        while let Some(previous) = blocks.pop_if(|previous| previous.is_not_below(&block)) {
            block = previous.joined(&block);
        }
        blocks.push(block);
    }
    blocks
        .iter()
        .flat_map(|block| knots(block, floor))
        .collect()
}

/// Both ends of a block, or its one place.
fn knots(block: &Block, floor: f64) -> impl Iterator<Item = Knot> + use<> {
    let share = block.happened as f64 / block.photographs as f64;
    let knot = |uncalibrated| Knot {
        uncalibrated,
        calibrated: share.max(floor) as f32,
    };
    let last = (block.highest > block.lowest).then(|| knot(block.highest));
    std::iter::once(knot(block.lowest)).chain(last)
}

/// Whether the knots are what [`Calibration::Isotonic`] asks for.
pub(super) fn is_valid(map: &[Knot]) -> bool {
    let in_range = |knot: &Knot| {
        (0.0..=1.0).contains(&knot.uncalibrated) && knot.calibrated > 0.0 && knot.calibrated <= 1.0
    };
    let in_order = |pair: &[Knot]| {
        pair[0].uncalibrated < pair[1].uncalibrated && pair[0].calibrated <= pair[1].calibrated
    };
    !map.is_empty() && map.iter().all(in_range) && map.windows(2).all(in_order)
}

/// The mapped probabilities, divided by their sum; the maps are valid.
pub(super) fn mapped(maps: &[Vec<Knot>; 5], probabilities: &[f64; 5]) -> [f64; 5] {
    let mapped: [f64; 5] =
        std::array::from_fn(|grade| value_at(&maps[grade], probabilities[grade]));
    let sum: f64 = mapped.iter().sum();
    mapped.map(|probability| probability / sum)
}

fn value_at(map: &[Knot], probability: f64) -> f64 {
    let above = map.partition_point(|knot| f64::from(knot.uncalibrated) <= probability);
    let after = &map[above.min(map.len() - 1)];
    let before = &map[above.saturating_sub(1)];
    let (left, right) = (
        f64::from(before.uncalibrated),
        f64::from(after.uncalibrated),
    );
    let (lower, upper) = (f64::from(before.calibrated), f64::from(after.calibrated));
    if left < right {
        lower + (upper - lower) * (probability - left) / (right - left)
    } else {
        lower
    }
}
