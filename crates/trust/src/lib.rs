//! What the numbers are worth: probabilities, uncertainty, calibration, decisions, metrics with intervals, plots.
//!
//! The crate sees numbers only, never a picture or a network. The way through it:
//! the logits of every pass become [`Probabilities`] by a [`Calibration`], the passes of one photograph become one
//! [`Assessment`], a [`DecisionPolicy`] turns that into a [`Decision`], and [`evaluation`] says how good all of it was
//! on photographs with a known grade; [`comparison`] says whether another model is better on them.

mod assessment;
pub mod bootstrap;
mod calibration;
pub mod comparison;
mod decision;
mod error;
pub mod evaluation;
mod grade;
pub mod metrics;
pub mod place;
pub mod plot;
mod probabilities;
pub mod referral;

pub use assessment::{Assessment, Uncertainty};
pub use calibration::Calibration;
pub use decision::{Decision, DecisionPolicy};
pub use error::TrustError;
pub use grade::Grade;
pub use probabilities::{Logits, Probabilities};

/// What every page, report and document of the project says about itself.
pub const DISCLAIMER: &str = "Research software, not a medical device. \
     It must not be used to diagnose, treat or rule out disease; macular oedema is not assessed.";
