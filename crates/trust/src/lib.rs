//! What the numbers are worth: probabilities, uncertainty, calibration, decisions, metrics with intervals, plots.
//!
//! The crate sees numbers only, never a picture or a network. The way through it:
//! the logits of every pass become [`Probabilities`] by a [`Calibration`], the passes of one photograph become one
//! [`Assessment`], a [`DecisionPolicy`] turns that into a [`Decision`], and [`evaluation`] says how good all of it was
//! on photographs with a known grade; [`comparison`] says whether another model is better on them.
//!
//! How unsure an assessment is, a [`Measure`] says, and [`referral`] what handing the most unsure photographs to a human
//! gains by each of them. An [`OperatingPointName`] says where on the curve of sensitivity against specificity a
//! programme wants to stand, and chooses the policy's thresholds on validation photographs. [`conformal`] gives a range
//! of grades that keeps a promise, whatever the network is worth. [`drift`] says whether the photographs screened lately
//! are still like those that all of it was measured on.

mod assessment;
pub mod bootstrap;
mod calibration;
pub mod comparison;
pub mod conformal;
mod decision;
pub mod drift;
mod error;
pub mod evaluation;
mod grade;
pub mod held_out;
mod measure;
pub mod metrics;
mod operating_point;
pub mod place;
pub mod plot;
mod probabilities;
pub mod referral;
pub mod words;

pub use assessment::{Assessment, ENTROPY_BINS, Uncertainty};
pub use calibration::{
    Calibration, CalibrationCandidate, CalibrationChoice, CalibrationMethod, Knot, cross_fitted,
};
pub use conformal::{ConformalSets, PredictionSet};
pub use decision::{Decision, DecisionPolicy, Evidence, Rule};
pub use error::TrustError;
pub use grade::Grade;
pub use measure::{Measure, expected_clinical_cost};
pub use operating_point::{
    CERTAIN_SHARE, FAMILIAR_SHARE, OperatingPoint, OperatingPointName, RESCREEN_SENSITIVITY,
    Witness,
};
pub use probabilities::{Logits, Probabilities};

/// What every page, report and document of the project says about itself.
pub const DISCLAIMER: &str = "Research software, not a medical device. \
     It must not be used to diagnose, treat or rule out disease; macular oedema is not assessed.";
