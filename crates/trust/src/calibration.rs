//! Calibration: what makes a probability of 0.8 mean four times in five.
//!
//! It acts on each pass, before the passes are averaged. Each kind is fitted by a function of its own, and
//! [`Calibration::fit`] chooses between the kinds on photographs that did not take part in the fitting.

mod choice;
mod cohort;
mod descent;
mod isotonic;
mod photograph;
mod temperature;
mod vector;

use serde::{Deserialize, Serialize};

pub use self::choice::{CalibrationCandidate, CalibrationChoice, CalibrationMethod, cross_fitted};
pub use self::isotonic::Knot;
use crate::probabilities::softmax;
use crate::{Logits, Probabilities, TrustError};

/// How logits become probabilities; kept in the model bundle.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
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
    /// The plain softmax, each of whose probabilities then goes through a map of its grade; divided by their sum
    /// (isotonic regression, Zadrozny and Elkan 2002).
    Isotonic {
        /// One map a grade: linear between the knots, level before the first and after the last.
        ///
        /// At least one knot, the uncalibrated probabilities rising and in [0, 1], the calibrated ones never falling and
        /// in (0, 1]: none is 0, so that there is always a sum to divide by.
        maps: [Vec<Knot>; 5],
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
            Calibration::Identity | Calibration::Isotonic { .. } => raw,
            Calibration::Temperature { temperature } => raw.map(|logit| logit / temperature),
            Calibration::Vector { scale, bias } => vector::scaled(&raw, scale, bias),
        };
        if scaled.iter().any(|logit| !logit.is_finite()) {
            return Err(TrustError::NotFinite(logits.0));
        }
        let probabilities = softmax(scaled);
        Ok(match self {
            Calibration::Isotonic { maps } => isotonic::mapped(maps, &probabilities),
            _ => probabilities,
        })
    }

    /// Checks the ranges: temperature and scales positive and finite, biases finite, knots as
    /// [`Calibration::Isotonic`] says.
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
            Calibration::Isotonic { maps } => maps.iter().all(|map| isotonic::is_valid(map)),
        };
        if valid {
            Ok(())
        } else {
            Err(TrustError::InvalidCalibration(format!("{self:?}")))
        }
    }
}
