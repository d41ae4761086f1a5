//! Bins of predictions by their probability: what is said against what happens.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::place::wilson_interval;
use crate::{Grade, Probabilities};

/// Number of bins in every calibration error and reliability diagram.
pub const CALIBRATION_BINS: usize = 15;

/// How probabilities are put into bins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Binning {
    /// [`CALIBRATION_BINS`] bins of the same width over [0, 1], each without its lower end and with its upper end; some
    /// may be empty.
    EqualWidth,
    /// At most [`CALIBRATION_BINS`] bins with the same number of photographs, as far as it divides and equal
    /// probabilities, which stay together, allow; none is empty. The k-th bin ends at the lowest probability at or below
    /// which k fifteenths of the photographs lie.
    EqualMass,
}

/// One bin of the reliability diagram.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ReliabilityBin {
    /// Lower end of the bin, excluded.
    pub lower: f64,
    /// Upper end of the bin, included.
    pub upper: f64,
    /// Number of photographs whose probability lies in the bin.
    pub photographs: usize,
    /// Mean of their probabilities; 0 without photographs.
    pub confidence: f64,
    /// Share of them for which it happened (the most probable grade is right, the grade is referable); 0 without
    /// photographs.
    pub accuracy: f64,
}

impl ReliabilityBin {
    /// 95 % score interval of `accuracy` (Wilson 1927), in [0, 1]; `None` without photographs.
    pub fn accuracy_interval(&self) -> Option<(f64, f64)> {
        let happened = (self.accuracy * self.photographs as f64).round() as usize;
        (self.photographs > 0).then(|| wilson_interval(happened, self.photographs))
    }
}

/// For each prediction the probability of its most probable grade, and whether that grade is right.
pub fn top_grade_outcomes(predictions: &[(Probabilities, Grade)]) -> Vec<(f32, bool)> {
    predictions
        .iter()
        .map(|(probabilities, truth)| {
            let grade = probabilities.grade();
            (probabilities.get(grade), grade == *truth)
        })
        .collect()
}

/// For each prediction the probability of a grade of 2 or more, and whether the true grade is one.
pub fn referable_outcomes(predictions: &[(Probabilities, Grade)]) -> Vec<(f32, bool)> {
    predictions
        .iter()
        .map(|(probabilities, truth)| (probabilities.referable(), truth.is_referable()))
        .collect()
}

/// Sorts photographs into [`CALIBRATION_BINS`] equal-width bins by the probability of their most probable grade.
pub fn reliability_bins(
    predictions: &[(Probabilities, Grade)],
) -> [ReliabilityBin; CALIBRATION_BINS] {
    let binned = Binned::new(&top_grade_outcomes(predictions), Binning::EqualWidth);
    // There are as many equal-width bins as that, whatever the photographs.
    std::array::from_fn(|index| binned.reliability(&binned.bins[index]))
}

/// Sorts (probability in [0, 1], whether it happened) pairs into bins, from the lowest to the highest.
pub fn binary_reliability_bins(outcomes: &[(f32, bool)], binning: Binning) -> Vec<ReliabilityBin> {
    Binned::new(outcomes, binning).reliabilities()
}

/// Outcomes by rising probability, cut into bins.
pub(super) struct Binned {
    /// (probability, whether it happened) pairs.
    pub rising: Vec<(f64, bool)>,
    /// One after another, they cover all outcomes.
    pub bins: Vec<Bin>,
}

/// One bin of [`Binned`].
pub(super) struct Bin {
    lower: f64,
    upper: f64,
    /// Its part of [`Binned::rising`].
    pub members: Range<usize>,
}

impl Binned {
    pub fn new(outcomes: &[(f32, bool)], binning: Binning) -> Self {
        let mut rising: Vec<(f64, bool)> = outcomes
            .iter()
            .map(|(probability, happened)| (f64::from(*probability), *happened))
            .collect();
        rising.sort_unstable_by(|left, right| left.0.total_cmp(&right.0));
        let bins = match binning {
            Binning::EqualWidth => equal_width(&rising),
            Binning::EqualMass => equal_mass(&rising),
        };
        Self { rising, bins }
    }

    /// Sum over the bins of `value` times the bin's share of the photographs; `None` without photographs.
    pub fn mean_over_bins(&self, value: impl Fn(&ReliabilityBin) -> f64) -> Option<f64> {
        let weighted = |bin: &ReliabilityBin| bin.photographs as f64 * value(bin);
        let sum: f64 = self.reliabilities().iter().map(weighted).sum();
        (!self.rising.is_empty()).then(|| sum / self.rising.len() as f64)
    }

    pub fn reliabilities(&self) -> Vec<ReliabilityBin> {
        self.bins.iter().map(|bin| self.reliability(bin)).collect()
    }

    pub fn reliability(&self, bin: &Bin) -> ReliabilityBin {
        let members = &self.rising[bin.members.clone()];
        let probabilities: f64 = members.iter().map(|(probability, _)| probability).sum();
        let happened = members.iter().filter(|(_, happened)| *happened).count();
        let divisor = members.len().max(1) as f64;
        ReliabilityBin {
            lower: bin.lower,
            upper: bin.upper,
            photographs: members.len(),
            confidence: probabilities / divisor,
            accuracy: happened as f64 / divisor,
        }
    }
}

fn equal_width(rising: &[(f64, bool)]) -> Vec<Bin> {
    let bins = CALIBRATION_BINS as f64;
    let index_of =
        |probability: f64| ((probability * bins).ceil() as usize).clamp(1, CALIBRATION_BINS) - 1;
    let mut start = 0;
    (0..CALIBRATION_BINS)
        .map(|index| {
            let end = rising.partition_point(|(probability, _)| index_of(*probability) <= index);
            Bin {
                lower: index as f64 / bins,
                upper: (index + 1) as f64 / bins,
                members: std::mem::replace(&mut start, end)..end,
            }
        })
        .collect()
}

fn equal_mass(rising: &[(f64, bool)]) -> Vec<Bin> {
    let mut bins: Vec<Bin> = Vec::new();
    let (mut start, mut end, mut lower, mut full) = (0, 0, 0.0, 0);
    for tied in rising.chunk_by(|left, right| left.0 == right.0) {
        end += tied.len();
        let fifteenths = end * CALIBRATION_BINS / rising.len();
        if fifteenths > full {
            let upper = if end == rising.len() { 1.0 } else { tied[0].0 };
            bins.push(Bin {
                lower,
                upper,
                members: start..end,
            });
            (start, lower, full) = (end, upper, fifteenths);
        }
    }
    bins
}
