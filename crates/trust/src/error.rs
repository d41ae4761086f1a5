//! The one error of this crate: numbers that do not mean what they should.

/// Why numbers were refused.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum TrustError {
    /// Five numbers that are no probabilities.
    #[error(
        "{0:?} are no probabilities: each must lie in [0, 1] and their sum must be 1 within 0.00001"
    )]
    NotProbabilities([f32; 5]),
    /// A logit that is infinite or not a number, before or after calibration.
    #[error(
        "the logits {0:?} are not finite after calibration: check the weights and the calibration of the bundle"
    )]
    NotFinite([f32; 5]),
    /// A temperature or scale that is no positive finite number, a bias that is not finite, or an isotonic map that falls
    /// or leaves its range.
    #[error(
        "the calibration {0} is invalid: temperature and scale must be positive and finite, bias finite, \
         isotonic maps rising in (0, 1]"
    )]
    InvalidCalibration(String),
    /// A photograph without a pass.
    #[error("a photograph has no pass: ask for at least one member and one view")]
    NoPasses,
    /// Two lists that belong together differ in length.
    #[error("{left} {what} but {right} grades: every photograph needs both")]
    LengthsDiffer {
        /// What the first list holds.
        what: &'static str,
        /// Length of the first list.
        left: usize,
        /// Number of grades.
        right: usize,
    },
    /// Nothing to compute from.
    #[error("no graded photograph was given")]
    Empty,
    /// A threshold was asked for, but only one side of it was seen.
    #[error(
        "{referable} referable and {not_referable} other photographs: \
         thresholds need at least one of each in the validation photographs"
    )]
    OneClassOnly {
        /// Number of photographs of grade 2 or more.
        referable: usize,
        /// Number of photographs of grade 0 or 1.
        not_referable: usize,
    },
    /// Too few patients to fit on some and measure on others.
    #[error(
        "{patients} patients are too few: a calibration is chosen on some and measured on others, which takes at \
         least two, and three where the choice itself is measured"
    )]
    TooFewPatients {
        /// Number of patients.
        patients: usize,
    },
    /// A word or number that names no grade.
    #[error("`{0}` is no grade: expected 0 to 4, or No DR, Mild, Moderate, Severe, Proliferative")]
    UnknownGrade(String),
    /// A coverage or risk that is no share, or one of the two ends.
    #[error("the {what} {value} was asked for: it must lie above 0 and below 1")]
    NoShare {
        /// `coverage` or `risk`.
        what: &'static str,
        /// What was asked for.
        value: f64,
    },
    /// Prediction sets were to be fitted to fewer patients than the promise needs.
    #[error(
        "{patients} patients with graded photographs are too few: \
         prediction sets with this promise need at least {needed}"
    )]
    PromiseNeedsPatients {
        /// Number of patients there are.
        patients: usize,
        /// Number of patients from which the promise can be kept.
        needed: usize,
    },
    /// Prediction sets, or one of them, that no fit can have made.
    #[error("{0} is no prediction set: check the conformal sets of the bundle")]
    InvalidSets(String),
    /// A chart could not be drawn.
    #[error("the chart could not be drawn: {0}")]
    Drawing(String),
}
