//! Distributions that several lesions share.

use rand::{Rng, RngExt};

/// A value whose logarithm is uniform.
pub(super) fn log_uniform(smallest: f32, largest: f32, rng: &mut impl Rng) -> f32 {
    rng.random_range(smallest.ln()..largest.ln()).exp()
}

/// A number of lesions: few more often than many.
pub(super) fn some(fewest: f32, most: f32, rng: &mut impl Rng) -> usize {
    log_uniform(fewest, most, rng).round() as usize
}
