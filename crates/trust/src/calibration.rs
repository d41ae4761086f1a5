//! Calibration: what makes a probability of 0.8 mean four times in five.
//!
//! It acts on the logits of each pass, before the passes are averaged.

use serde::{Deserialize, Serialize};

use crate::probabilities::softmax;
use crate::{Grade, Logits, Probabilities, TrustError};

/// How logits become probabilities; kept in the model bundle.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, Default)]
#[serde(tag = "method", rename_all = "lowercase")]
pub enum Calibration {
    /// The plain softmax.
    #[default]
    Identity,
    /// Softmax of the logits divided by one temperature (Guo et al. 2017); above 1 it makes the network less sure.
    Temperature {
        /// Positive and finite.
        temperature: f64,
    },
    /// Softmax of `scale * logit + bias`, one pair a grade (vector scaling, Guo et al. 2017).
    Vector {
        /// One positive factor a grade.
        scale: [f64; 5],
        /// One summand a grade.
        bias: [f64; 5],
    },
}

impl Calibration {
    /// Turns the logits of one pass into probabilities.
    ///
    /// # Errors
    /// [`TrustError::InvalidCalibration`] when the calibration itself is out of range (see [`Calibration::validate`]);
    /// [`TrustError::NotFinite`] when a logit is, or becomes, infinite or not a number.
    pub fn calibrate(&self, logits: &Logits) -> Result<Probabilities, TrustError> {
        self.calibrate_exactly(logits).map(Probabilities::rounded)
    }

    /// As [`Calibration::calibrate`], before rounding to single precision.
    pub(crate) fn calibrate_exactly(&self, logits: &Logits) -> Result<[f64; 5], TrustError> {
        self.validate()?;
        let raw = logits.0.map(f64::from);
        let scaled = match self {
            Calibration::Identity => raw,
            Calibration::Temperature { temperature } => raw.map(|logit| logit / temperature),
            Calibration::Vector { scale, bias } => {
                std::array::from_fn(|i| scale[i] * raw[i] + bias[i])
            }
        };
        if scaled.iter().any(|logit| !logit.is_finite()) {
            return Err(TrustError::NotFinite(logits.0));
        }
        Ok(softmax(scaled))
    }

    /// Checks the ranges: temperature and scales positive and finite, biases finite.
    ///
    /// # Errors
    /// [`TrustError::InvalidCalibration`] otherwise.
    pub fn validate(&self) -> Result<(), TrustError> {
        let positive = |value: f64| value > 0.0 && value.is_finite();
        let valid = match self {
            Calibration::Identity => true,
            Calibration::Temperature { temperature } => positive(*temperature),
            Calibration::Vector { scale, bias } => {
                scale.iter().all(|value| positive(*value))
                    && bias.iter().all(|value| value.is_finite())
            }
        };
        if valid {
            Ok(())
        } else {
            Err(TrustError::InvalidCalibration(format!("{self:?}")))
        }
    }

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
        if passes.len() != grades.len() {
            return Err(TrustError::LengthsDiffer {
                what: "photographs",
                left: passes.len(),
                right: grades.len(),
            });
        }
        if grades.is_empty() {
            return Err(TrustError::Empty);
        }
        if passes.iter().any(Vec::is_empty) {
            return Err(TrustError::NoPasses);
        }
        if let Some(logits) = passes
            .iter()
            .flatten()
            .find(|logits| logits.0.iter().any(|logit| !logit.is_finite()))
        {
            return Err(TrustError::NotFinite(logits.0));
        }
        let loss =
            |log_temperature: f64| negative_log_likelihood(passes, grades, log_temperature.exp());
        let step = 20.0_f64.ln() / f64::from(SCAN_STEPS);
        let scanned = (-SCAN_STEPS..=SCAN_STEPS).map(|index| f64::from(index) * step);
        let deepest = lowest(loss, scanned);
        let refined = golden_section(loss, deepest - step, deepest + step, 1e-6);
        let log_temperature = lowest(loss, [refined, deepest].into_iter());
        Ok(Calibration::Temperature {
            temperature: log_temperature.exp(),
        })
    }
}

/// Number of temperatures scanned on either side of 1.
const SCAN_STEPS: i32 = 20;

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
fn negative_log_likelihood(passes: &[Vec<Logits>], grades: &[Grade], temperature: f64) -> f64 {
    let loss_of = |(passes, grade): (&Vec<Logits>, &Grade)| {
        let true_grade = |logits: &Logits| {
            softmax(logits.0.map(|logit| f64::from(logit) / temperature))[grade.index()]
        };
        let mean = passes.iter().map(true_grade).sum::<f64>() / passes.len() as f64;
        // An underflow to zero must stay comparable: -ln of the smallest normal number is about 708 nats.
        -mean.max(f64::MIN_POSITIVE).ln()
    };
    passes.iter().zip(grades).map(loss_of).sum::<f64>() / grades.len() as f64
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
