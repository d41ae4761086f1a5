//! The Brier score of a probability of one thing, and what it consists of.

use serde::{Deserialize, Serialize};

use super::mean;
use super::reliability::{Binned, Binning};

/// Brier score (Brier 1950) of (probability in [0, 1], whether it happened) pairs, in [0, 1]: mean of
/// `(probability - 1)^2` where it happened and of `probability^2` where not. `None` without photographs.
pub fn binary_brier_score(outcomes: &[(f32, bool)]) -> Option<f64> {
    mean(outcomes.iter().map(|(probability, happened)| {
        (f64::from(*probability) - f64::from(u8::from(*happened))).powi(2)
    }))
}

/// What a Brier score consists of (Murphy 1973): `score = reliability - resolution + uncertainty + within_bins`.
///
/// With n the number of photographs in a bin, f their mean probability, o the share that happened, N the number of all
/// photographs and O the share of all that happened:
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct BrierDecomposition {
    /// [`binary_brier_score`], in [0, 1].
    pub score: f64,
    /// Sum over the bins of `n (f - o)^2`, by N: what miscalibration costs; 0 is best.
    pub reliability: f64,
    /// Sum over the bins of `n (o - O)^2`, by N: what telling photographs apart gains; at most `uncertainty`.
    pub resolution: f64,
    /// `O (1 - O)`: the score of who only knows how often it happens.
    pub uncertainty: f64,
    /// What Murphy's three parts lack where the probabilities in a bin differ (Stephenson et al. 2008): the variance of
    /// the probabilities within the bins less twice their covariance with what happens. Negative where the probabilities
    /// tell photographs of a bin apart.
    pub within_bins: f64,
}

/// Takes the Brier score of (probability in [0, 1], whether it happened) pairs apart; `None` without photographs.
pub fn brier_decomposition(
    outcomes: &[(f32, bool)],
    binning: Binning,
) -> Option<BrierDecomposition> {
    let score = binary_brier_score(outcomes)?;
    let binned = Binned::new(outcomes, binning);
    let happened = outcomes.iter().filter(|(_, happened)| *happened).count();
    let rate = happened as f64 / outcomes.len() as f64;
    Some(BrierDecomposition {
        score,
        reliability: binned.mean_over_bins(|bin| (bin.confidence - bin.accuracy).powi(2))?,
        resolution: binned.mean_over_bins(|bin| (bin.accuracy - rate).powi(2))?,
        uncertainty: rate * (1.0 - rate),
        within_bins: within_bins(&binned),
    })
}

/// See [`BrierDecomposition::within_bins`]; `binned` holds a photograph.
fn within_bins(binned: &Binned) -> f64 {
    let mut sum = 0.0;
    for bin in &binned.bins {
        let all = binned.reliability(bin);
        for (probability, happened) in &binned.rising[bin.members.clone()] {
            let surplus = probability - all.confidence;
            let outcome = f64::from(u8::from(*happened)) - all.accuracy;
            sum += surplus * surplus - 2.0 * surplus * outcome;
        }
    }
    sum / binned.rising.len() as f64
}
