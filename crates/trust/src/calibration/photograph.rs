//! What a calibration is fitted to.

use crate::{Grade, Logits, TrustError};

/// A graded photograph; it has a pass, and all its logits are finite.
#[derive(Debug, Clone, Copy)]
pub(super) struct Photograph<'a> {
    /// The logits of every pass.
    pub passes: &'a [Logits],
    /// The true grade.
    pub grade: Grade,
}

/// Puts passes and grades together.
///
/// # Errors
/// When the lists are empty or differ in length, a photograph has no pass, or a logit is not finite.
pub(super) fn photographs<'a>(
    passes: &'a [Vec<Logits>],
    grades: &[Grade],
) -> Result<Vec<Photograph<'a>>, TrustError> {
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
    let mut all_logits = passes.iter().flatten();
    if let Some(logits) = all_logits.find(|logits| logits.0.iter().any(|logit| !logit.is_finite()))
    {
        return Err(TrustError::NotFinite(logits.0));
    }
    let pairs = passes.iter().zip(grades);
    Ok(pairs
        .map(|(passes, grade)| Photograph {
            passes,
            grade: *grade,
        })
        .collect())
}
