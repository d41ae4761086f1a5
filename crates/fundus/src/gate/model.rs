//! From measures to a probability.

use super::Retina;
use super::weights::{DISTANCE, INTERCEPT, WEIGHTS, WHITENING};

/// Measures further than this many standard deviations from their mean count as this far.
const FURTHEST: f32 = 4.0;

/// The scale of the logarithm of the distance, which makes it vary about as much as a measure does.
const DISTANCE_SCALE: f32 = 3.0;

/// Weight of one measure: it is standardised by its mean and standard deviation among retinas and held within ±4 first.
pub(super) struct Weight {
    pub mean: f32,
    pub deviation: f32,
    /// Of the standardised measure.
    pub linear: f32,
    /// Of its square.
    pub square: f32,
}

pub(super) fn probability(measures: &[f32; Retina::MEASURES]) -> f32 {
    let standard: [f32; Retina::MEASURES] = std::array::from_fn(|at| {
        let weight = &WEIGHTS[at];
        ((measures[at] - weight.mean) / weight.deviation).clamp(-FURTHEST, FURTHEST)
    });
    let weighed: f32 = (standard.iter().zip(&WEIGHTS))
        .map(|(value, weight)| value * (weight.linear + weight.square * value))
        .sum();
    let far = unusualness(&standard);
    let [linear, square] = DISTANCE;
    1.0 / (1.0 + (-(INTERCEPT + weighed + far * (linear + square * far))).exp())
}

/// How far the measures together are from those of usual retinas: the logarithm of the squared Mahalanobis distance,
/// 0 for a usual one. A picture may have usual colours and usual lines that do not go together.
fn unusualness(standard: &[f32; Retina::MEASURES]) -> f32 {
    let mut rest = &WHITENING[..];
    let mut distance = 0.0_f32;
    // Row by row of a lower triangle: the first row has one number, the last as many as there are measures.
    for row in 1..=Retina::MEASURES {
        let (numbers, following) = rest.split_at(row);
        let sum: f32 = (numbers.iter().zip(standard))
            .map(|(number, value)| number * value)
            .sum();
        distance += sum * sum;
        rest = following;
    }
    DISTANCE_SCALE * ((1.0 + distance).ln() - (1.0 + Retina::MEASURES as f32).ln())
}
