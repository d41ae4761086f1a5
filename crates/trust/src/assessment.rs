//! What all passes of one photograph say together: the mean of their probabilities and how much they disagree.

use serde::{Deserialize, Serialize};

use crate::probabilities::entropy;
use crate::{Calibration, Grade, Logits, Probabilities, TrustError};

/// How unsure the passes are, alone and among each other.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Uncertainty {
    /// Standard deviation of each grade's probability over the passes (population, divided by the number of passes).
    pub std: [f32; 5],
    /// Entropy of the mean probabilities in nats, in [0, ln 5]: the whole uncertainty.
    pub entropy: f32,
    /// Mean of the passes' entropies in nats: what each pass is unsure of by itself.
    pub expected_entropy: f32,
    /// `entropy - expected_entropy` in nats, never negative: what the passes disagree about.
    pub mutual_information: f32,
    /// Entropy, in nats, of how the passes' entropies fall into [`ENTROPY_BINS`] equal bins over [0, ln 5]: 0 where all
    /// passes hesitate alike.
    #[serde(default)]
    pub entropy_of_entropies: f32,
    /// Share of the passes, in [0, 1), whose most probable grade is not the one that most passes see.
    #[serde(default)]
    pub variation_ratio: f32,
}

/// Bins of the passes' entropies in [`Uncertainty::entropy_of_entropies`].
pub const ENTROPY_BINS: usize = 10;

/// The answer for one photograph, after calibration and averaging.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Assessment {
    /// The most probable grade; of equally probable ones the more severe.
    pub grade: Grade,
    /// Mean of the calibrated probabilities of all passes.
    pub probabilities: Probabilities,
    /// How unsure the passes are.
    pub uncertainty: Uncertainty,
}

impl Assessment {
    /// Calibrates each pass, averages the probabilities and measures the uncertainty, all in double precision.
    ///
    /// # Errors
    /// [`TrustError::NoPasses`] for an empty slice, [`TrustError::NotFinite`] for a logit that is infinite or not a
    /// number, [`TrustError::InvalidCalibration`] for a calibration out of range.
    pub fn from_passes(passes: &[Logits], calibration: &Calibration) -> Result<Self, TrustError> {
        if passes.is_empty() {
            return Err(TrustError::NoPasses);
        }
        let calibrated = passes
            .iter()
            .map(|logits| calibration.calibrate_exactly(logits))
            .collect::<Result<Vec<_>, _>>()?;
        let count = calibrated.len() as f64;
        let mean: [f64; 5] =
            std::array::from_fn(|grade| calibrated.iter().map(|p| p[grade]).sum::<f64>() / count);
        let variance = |grade: usize| {
            calibrated
                .iter()
                .map(|p| (p[grade] - mean[grade]).powi(2))
                .sum::<f64>()
                / count
        };
        let total_entropy = entropy(&mean);
        let entropies: Vec<f64> = calibrated.iter().map(entropy).collect();
        let expected_entropy = entropies.iter().sum::<f64>() / count;

        let probabilities = Probabilities::rounded(mean);
        Ok(Self {
            grade: probabilities.grade(),
            probabilities,
            uncertainty: Uncertainty {
                std: std::array::from_fn(|grade| variance(grade).sqrt() as f32),
                entropy: total_entropy as f32,
                expected_entropy: expected_entropy as f32,
                // Jensen's inequality makes it non-negative; rounding may not.
                mutual_information: (total_entropy - expected_entropy).max(0.0) as f32,
                entropy_of_entropies: entropy_of_entropies(&entropies) as f32,
                variation_ratio: variation_ratio(&calibrated) as f32,
            },
        })
    }
}

/// See [`Uncertainty::entropy_of_entropies`].
fn entropy_of_entropies(entropies: &[f64]) -> f64 {
    let mut counts = [0_usize; ENTROPY_BINS];
    for entropy in entropies {
        let bin = (entropy / 5.0_f64.ln() * ENTROPY_BINS as f64) as usize;
        counts[bin.min(ENTROPY_BINS - 1)] += 1;
    }
    let shares = counts.map(|count| count as f64 / entropies.len() as f64);
    -shares
        .into_iter()
        .filter(|share| *share > 0.0)
        .map(|share| share * share.ln())
        .sum::<f64>()
        + 0.0
}

/// See [`Uncertainty::variation_ratio`].
fn variation_ratio(passes: &[[f64; 5]]) -> f64 {
    let mut votes = [0_usize; 5];
    for pass in passes {
        votes[Probabilities::rounded(*pass).grade().index()] += 1;
    }
    let most = votes.into_iter().max().unwrap_or(0);
    1.0 - most as f64 / passes.len() as f64
}
