//! The two-sample Kolmogorov-Smirnov test.

use super::{DriftTest, Outcome};

/// Compares two lists of rising values, neither of them empty; see [`DriftTest::KolmogorovSmirnov`].
pub(super) fn test(recent: &[f64], reference: &[f64]) -> Outcome {
    let distance = distance(recent, reference);
    let (first, second) = (recent.len() as f64, reference.len() as f64);
    let root = (first * second / (first + second)).sqrt();
    Outcome {
        test: DriftTest::KolmogorovSmirnov,
        statistic: distance,
        effect: distance,
        // Stephens 1970: for few photographs the limit alone is too timid.
        p_value: probability_beyond((root + 0.12 + 0.11 / root) * distance),
    }
}

/// The largest distance between the shares of values at or below any number, in [0, 1].
fn distance(first: &[f64], second: &[f64]) -> f64 {
    let (mut below_first, mut below_second, mut largest) = (0, 0, 0.0_f64);
    while let (Some(left), Some(right)) = (first.get(below_first), second.get(below_second)) {
        let value = left.min(*right);
        // Equal values are passed at once: between them there is no number at which to look.
        below_first += first[below_first..]
            .iter()
            .take_while(|other| **other <= value)
            .count();
        below_second += second[below_second..]
            .iter()
            .take_while(|other| **other <= value)
            .count();
        let share_first = below_first as f64 / first.len() as f64;
        let share_second = below_second as f64 / second.len() as f64;
        largest = largest.max((share_first - share_second).abs());
    }
    largest
}

/// Probability that Kolmogorov's distribution lies beyond this: twice the sum over k from 1 of
/// (-1)^(k - 1) exp(-2 k² x²), in [0, 1].
fn probability_beyond(scaled_distance: f64) -> f64 {
    // Below 0.2 the series hardly falls, and the probability differs from 1 by less than 1e-12.
    if scaled_distance < 0.2 {
        return 1.0;
    }
    let mut sum = 0.0;
    for k in 1..=30 {
        let term = (-2.0 * (f64::from(k) * scaled_distance).powi(2)).exp();
        sum += if k % 2 == 1 { term } else { -term };
    }
    (2.0 * sum).clamp(0.0, 1.0)
}
