//! One photograph's place among the validation photographs: how often the system was right when it was about as
//! unsure as it is now.

use serde::{Deserialize, Serialize};

/// What is kept of one validation photograph for this question.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ValidationPoint {
    /// Entropy in nats.
    pub entropy: f32,
    /// Whether its grade was right.
    pub correct: bool,
}

/// The answer: of the validation photographs closest in entropy, how many were graded right.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Place {
    /// Number of validation photographs looked at: a sixth of all, at least 10, at most 60 (and at most all).
    pub similar: usize,
    /// How many of them were graded right.
    pub correct: usize,
    /// Lower end of the 95 % interval (Wilson 1927) of the share of right grades.
    pub lower: f64,
    /// Upper end of it.
    pub upper: f64,
    /// Share of all validation photographs with less entropy than this, in [0, 1].
    pub less_unsure: f64,
}

impl Place {
    /// Share of right grades among the similar photographs, in [0, 1].
    pub fn accuracy(&self) -> f64 {
        self.correct as f64 / self.similar as f64
    }
}

/// The place of an entropy (nats) among validation photographs in any order; `None` without photographs or for an
/// entropy that is not a number.
pub fn place(validation: &[ValidationPoint], entropy: f32) -> Option<Place> {
    let mut rising = validation.to_vec();
    rising.sort_by(|left, right| left.entropy.total_cmp(&right.entropy));
    place_in_sorted(&rising, entropy)
}

/// As [`place`], for photographs already sorted by rising entropy.
pub(crate) fn place_in_sorted(rising: &[ValidationPoint], entropy: f32) -> Option<Place> {
    if rising.is_empty() || entropy.is_nan() {
        return None;
    }
    let below = rising.partition_point(|point| point.entropy < entropy);
    let similar = (rising.len() / 6).clamp(10, 60).min(rising.len());
    let (mut start, mut end) = (below, below);
    while end - start < similar {
        let distance_left = start
            .checked_sub(1)
            .map(|left| entropy - rising[left].entropy);
        let distance_right = rising.get(end).map(|right| right.entropy - entropy);
        match (distance_left, distance_right) {
            (Some(left), Some(right)) if left < right => start -= 1,
            (Some(_), None) => start -= 1,
            _ => end += 1,
        }
    }
    let correct = rising[start..end]
        .iter()
        .filter(|point| point.correct)
        .count();
    let (lower, upper) = wilson_interval(correct, similar);
    Some(Place {
        similar,
        correct,
        lower,
        upper,
        less_unsure: below as f64 / rising.len() as f64,
    })
}

/// The 95 % score interval of a share (Wilson 1927).
pub(crate) fn wilson_interval(part: usize, whole: usize) -> (f64, f64) {
    let z = 1.959_963_984_540_054;
    let count = whole as f64;
    let share = part as f64 / count;
    let center = share + z * z / (2.0 * count);
    let half = z * (share * (1.0 - share) / count + z * z / (4.0 * count * count)).sqrt();
    let scale = 1.0 + z * z / count;
    (
        ((center - half) / scale).max(0.0),
        ((center + half) / scale).min(1.0),
    )
}
