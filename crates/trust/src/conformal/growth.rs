//! How the set of one photograph grows.

use super::PredictionSet;
use crate::{Grade, Probabilities};

/// The five sets of one photograph, from the most probable grade to all grades.
pub(super) struct Growth {
    steps: [Step; 5],
}

/// One of the five sets.
#[derive(Clone, Copy)]
pub(super) struct Step {
    /// The threshold from which it is the set: the share of the probability that the set before it has, in [0, 1].
    pub from: f64,
    /// The set.
    pub set: PredictionSet,
}

impl Growth {
    /// Adds the more probable neighbour (of equally probable ones the more severe) until all grades are in.
    pub fn of(probabilities: &Probabilities) -> Self {
        let mut newest = probabilities.grade();
        let mut set = PredictionSet::single(newest);
        let mut sum = 0.0;
        let mut steps = [Step { from: 0.0, set }; 5];
        for step in &mut steps[1..] {
            sum += f64::from(probabilities.get(newest));
            newest = more_probable_neighbour(set, probabilities);
            set = set.extended_to(newest);
            *step = Step { from: sum, set };
        }
        // Probabilities sum to 1 within 1e-5 only; divided by their sum, added in this order, no share exceeds 1.
        sum += f64::from(probabilities.get(newest));
        for step in &mut steps {
            step.from /= sum;
        }
        Self { steps }
    }

    /// The five sets, each with one grade more than the one before it, at thresholds that never fall.
    pub fn steps(&self) -> &[Step; 5] {
        &self.steps
    }

    /// The set at a threshold, in [0, 1]: the largest one whose step begins at or below it.
    pub fn at(&self, threshold: f64) -> PredictionSet {
        // The first step begins at 0, so that at least one is counted.
        let reached = self.steps.partition_point(|step| step.from <= threshold);
        self.steps[reached - 1].set
    }
}

/// The grade by which the set grows; the most severe grade for a set of all, which cannot.
fn more_probable_neighbour(set: PredictionSet, probabilities: &Probabilities) -> Grade {
    let below = set.lowest().index().checked_sub(1);
    let above = Grade::from_index(set.highest().index() + 1);
    match (below.and_then(Grade::from_index), above) {
        (Some(below), Some(above)) if probabilities.get(below) > probabilities.get(above) => below,
        (Some(below), None) => below,
        (_, Some(above)) => above,
        (None, None) => Grade::Proliferative,
    }
}
