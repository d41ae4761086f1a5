//! One temperature for all logits.

use super::photograph::{Photograph, photographs};
use crate::probabilities::softmax;
use crate::{Calibration, Grade, Logits, TrustError};

/// Number of temperatures scanned on either side of 1.
const SCAN_STEPS: i32 = 20;

impl Calibration {
    /// Finds the temperature, from 0.05 to 20, with the least negative log-likelihood of the mean of the passes.
    ///
    /// `passes` holds, for each validation photograph, the logits of all its passes; `grades` the true grades.
    /// A scan over the logarithm of the temperature, on which the loss may have several valleys, then a golden-section
    /// search in the deepest, to a relative accuracy of 1e-6. Never worse than a temperature of 1, which is scanned.
    ///
    /// # Errors
    /// When the lists are empty or differ in length, a photograph has no pass, or a logit is not finite.
    pub fn fit_temperature(
        passes: &[Vec<Logits>],
        grades: &[Grade],
    ) -> Result<Calibration, TrustError> {
        Ok(Calibration::Temperature {
            temperature: fitted(&photographs(passes, grades)?),
        })
    }
}

/// As [`Calibration::fit_temperature`]; `photographs` holds at least one.
pub(super) fn fitted(photographs: &[Photograph]) -> f64 {
    let loss = |log_temperature: f64| negative_log_likelihood(photographs, log_temperature.exp());
    let step = 20.0_f64.ln() / f64::from(SCAN_STEPS);
    let scanned = (-SCAN_STEPS..=SCAN_STEPS).map(|index| f64::from(index) * step);
    let deepest = lowest(loss, scanned);
    let refined = golden_section(loss, deepest - step, deepest + step, 1e-6);
    lowest(loss, [refined, deepest].into_iter()).exp()
}

/// The first of the places with the least loss; 0 without a place.
fn lowest(loss: impl Fn(f64) -> f64, places: impl Iterator<Item = f64>) -> f64 {
    let losses = places.map(|place| (place, loss(place)));
    let least = losses.reduce(|best, candidate| {
        if candidate.1 < best.1 {
            candidate
        } else {
            best
        }
    });
    least.map_or(0.0, |(place, _)| place)
}

/// Mean over the photographs of -ln of the mean over the passes of the true grade's probability, in nats.
fn negative_log_likelihood(photographs: &[Photograph], temperature: f64) -> f64 {
    let loss_of = |photograph: &Photograph| {
        let true_grade = |logits: &Logits| {
            let scaled = logits.0.map(|logit| f64::from(logit) / temperature);
            softmax(scaled)[photograph.grade.index()]
        };
        let passes = photograph.passes;
        let mean = passes.iter().map(true_grade).sum::<f64>() / passes.len() as f64;
        // An underflow to zero must stay comparable: -ln of the smallest normal number is about 708 nats.
        -mean.max(f64::MIN_POSITIVE).ln()
    };
    photographs.iter().map(loss_of).sum::<f64>() / photographs.len() as f64
}

/// The place of a minimum of `loss` in `[low, high]`, to within `tolerance`.
fn golden_section(loss: impl Fn(f64) -> f64, mut low: f64, mut high: f64, tolerance: f64) -> f64 {
    let golden = (5.0_f64.sqrt() - 1.0) / 2.0;
    let mut left = high - golden * (high - low);
    let mut right = low + golden * (high - low);
    let (mut loss_left, mut loss_right) = (loss(left), loss(right));
    while high - low > tolerance {
        if loss_left < loss_right {
            (high, right, loss_right) = (right, left, loss_left);
            left = high - golden * (high - low);
            loss_left = loss(left);
        } else {
            (low, left, loss_left) = (left, right, loss_right);
            right = low + golden * (high - low);
            loss_right = loss(right);
        }
    }
    (low + high) / 2.0
}
