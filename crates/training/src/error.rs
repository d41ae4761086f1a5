//! Why a training run stopped.

use std::path::PathBuf;

use crate::source::SourceError;

/// Why a training run stopped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrainingError {
    /// A setting that cannot be.
    #[error("the configuration does not work: {0}")]
    Configuration(String),
    /// A source was refused.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The same photograph in two sources, or twice in one.
    #[error("the photograph {0} was given twice: name each source once")]
    PhotographTwice(String),
    /// A patient in training and validation.
    #[error(
        "{first} and {second} are of one patient but one is for training and the other for validation: \
         correct the split, or leave it out to have one made by patient"
    )]
    PatientInBothSplits {
        /// A photograph of the patient.
        first: String,
        /// Another, in the other split.
        second: String,
    },
    /// A split without enough photographs, or without one of the classes it needs.
    #[error("{0}")]
    TooFew(String),
    /// The device is not known or not built in.
    #[error("{0}")]
    Device(String),
    /// Weights could not be read or written.
    #[error(transparent)]
    Weights(#[from] grader::weights::WeightsError),
    /// The bundle could not be written or read back.
    #[error(transparent)]
    Bundle(#[from] grader::BundleError),
    /// The trained members could not grade the validation photographs.
    #[error(transparent)]
    Grader(#[from] grader::GraderError),
    /// Metrics, calibration or thresholds could not be computed.
    #[error(transparent)]
    Trust(#[from] trust::TrustError),
    /// A file of the run could not be written or read.
    #[error("cannot {action} {}: {reason}", path.display())]
    File {
        /// What was tried.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the operating system or the reader said.
        reason: String,
    },
    /// `--resume` with other settings than those of the checkpoints.
    #[error(
        "the checkpoints in {} were made with other settings or photographs: resume with the same ones, \
         or start anew without resuming", .0.display()
    )]
    OtherRun(PathBuf),
    /// Loss or gradient stopped being a number.
    #[error(
        "the loss of member {member} is not finite in epoch {epoch}, step {step}: use a lower learning rate"
    )]
    NotFinite {
        /// Member, counted from 1.
        member: usize,
        /// Epoch, counted from 1.
        epoch: usize,
        /// Step, counted from 1.
        step: usize,
    },
    /// The caller asked to stop.
    #[error("training was interrupted; run it again with --resume to continue where it stopped")]
    Interrupted,
}

impl TrainingError {
    pub(crate) fn file(
        action: &'static str,
        path: &std::path::Path,
        error: &dyn std::fmt::Display,
    ) -> Self {
        Self::File {
            action,
            path: path.to_owned(),
            reason: error.to_string(),
        }
    }
}
