//! How far probabilities are from what happens, and how far they would seem to be if they were perfect.
//!
//! All figures but the first take (probability in [0, 1], whether it happened) pairs, as
//! [`top_grade_outcomes`](super::top_grade_outcomes) and [`referable_outcomes`](super::referable_outcomes) make them.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::mean;
use super::reliability::{Binned, Binning, ReliabilityBin, top_grade_outcomes};
use crate::bootstrap::percentile;
use crate::{Grade, Probabilities};

/// Draws of outcomes behind [`CalibrationError`].
pub const PERFECT_DRAWS: usize = 1000;
/// Stream of random numbers of the first draw; those of the bootstrap's resamples begin at 0.
const FIRST_DRAW_STREAM: u64 = 1 << 41;

/// Expected calibration error of the most probable grade (Guo et al. 2017), in [0, 1]: over
/// [`CALIBRATION_BINS`](super::CALIBRATION_BINS) equal-width bins, the mean of |accuracy - confidence| weighted by the
/// photographs in the bin.
pub fn expected_calibration_error(predictions: &[(Probabilities, Grade)]) -> Option<f64> {
    binary_expected_calibration_error(&top_grade_outcomes(predictions))
}

/// Expected calibration error (Naeini et al. 2015), in [0, 1]: over [`CALIBRATION_BINS`](super::CALIBRATION_BINS)
/// equal-width bins, the mean of |share that happened - mean probability| weighted by the photographs in the bin.
/// `None` without photographs.
pub fn binary_expected_calibration_error(outcomes: &[(f32, bool)]) -> Option<f64> {
    Binned::new(outcomes, Binning::EqualWidth).mean_over_bins(gap)
}

/// Adaptive calibration error (Nixon et al. 2019), in [0, 1]: as [`binary_expected_calibration_error`], over bins of
/// equal mass. `None` without photographs.
pub fn adaptive_calibration_error(outcomes: &[(f32, bool)]) -> Option<f64> {
    Binned::new(outcomes, Binning::EqualMass).mean_over_bins(gap)
}

/// Root of the debiased squared calibration error (Kumar et al. 2019), in [0, 1].
///
/// With w the share of the photographs that lie in a bin, n their number, c their mean probability and y the share that
/// happened, it is the root of the sum over the bins of `w ((y - c)^2 - y (1 - y) / (n - 1))`, or 0 where that is
/// negative. The second term is what the scatter of n outcomes adds to the first. A bin of one photograph, whose scatter
/// cannot be known, counts as 0. `None` without photographs.
pub fn debiased_calibration_error(outcomes: &[(f32, bool)], binning: Binning) -> Option<f64> {
    let squared = |bin: &ReliabilityBin| {
        if bin.photographs < 2 {
            return 0.0;
        }
        let scatter = bin.accuracy * (1.0 - bin.accuracy) / (bin.photographs - 1) as f64;
        gap(bin).powi(2) - scatter
    };
    let sum = Binned::new(outcomes, binning).mean_over_bins(squared)?;
    Some(sum.max(0.0).sqrt())
}

/// A calibration error beside what perfect calibration would give on as many photographs with the same probabilities.
///
/// With few photographs in a bin, chance alone keeps what happens away from its probability, so a calibration error is
/// above 0 even where the probabilities are perfect. How much, is found by drawing [`PERFECT_DRAWS`] times what happens
/// from the probabilities themselves (consistency resampling, Bröcker and Smith 2007).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CalibrationError {
    /// [`binary_expected_calibration_error`] or, with bins of equal mass, [`adaptive_calibration_error`]; in [0, 1].
    pub raw: f64,
    /// `raw - perfect_mean`, at least 0.
    pub corrected: f64,
    /// Mean of the error over the draws: what is to be expected of perfect probabilities.
    pub perfect_mean: f64,
    /// The 2.5 % percentile of the error over the draws.
    pub perfect_lower: f64,
    /// The 97.5 % percentile of the error over the draws; a `raw` above it does not look like perfect calibration.
    pub perfect_upper: f64,
    /// The bins behind `raw`.
    pub bins: Vec<ReliabilityBin>,
}

impl CalibrationError {
    /// Computes the error and draws what perfect calibration would give; `None` without photographs.
    ///
    /// The result depends on the pairs (not on their order), the binning and the seed alone.
    pub fn of(outcomes: &[(f32, bool)], binning: Binning, seed: u64) -> Option<Self> {
        let binned = Binned::new(outcomes, binning);
        let raw = binned.mean_over_bins(gap)?;
        let mut drawn: Vec<f64> = (0..PERFECT_DRAWS)
            .into_par_iter()
            .map(|draw| error_if_perfect(&binned, seed, draw))
            .collect();
        drawn.sort_unstable_by(f64::total_cmp);
        let perfect_mean = mean(drawn.iter().copied())?;
        Some(Self {
            raw,
            corrected: (raw - perfect_mean).max(0.0),
            perfect_mean,
            perfect_lower: percentile(&drawn, 0.025)?,
            perfect_upper: percentile(&drawn, 0.975)?,
            bins: binned.reliabilities(),
        })
    }
}

/// The error where what happens is drawn from the probabilities; `binned` holds a photograph.
fn error_if_perfect(binned: &Binned, seed: u64, draw: usize) -> f64 {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    random.set_stream(FIRST_DRAW_STREAM + draw as u64);
    let mut sum = 0.0;
    for bin in &binned.bins {
        // More happened than was to be expected, or less: the sum of the differences, one a photograph.
        let mut surplus = 0.0;
        for (probability, _) in &binned.rising[bin.members.clone()] {
            let happens = random.random::<f64>() < *probability;
            surplus += f64::from(u8::from(happens)) - probability;
        }
        sum += surplus.abs();
    }
    sum / binned.rising.len() as f64
}

/// |share that happened - mean probability|.
fn gap(bin: &ReliabilityBin) -> f64 {
    (bin.accuracy - bin.confidence).abs()
}
