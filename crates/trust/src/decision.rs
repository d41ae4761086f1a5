//! From an assessment to what should happen next.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Assessment, Grade, TrustError};

/// What should happen next with the patient or the photograph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Decision {
    /// Signs of referable retinopathy: send to an ophthalmologist.
    Refer,
    /// No sign of referable retinopathy: screen again at the usual interval.
    Rescreen,
    /// The system cannot tell: a human grader looks.
    Unsure,
    /// The photograph cannot be graded: take another.
    Retake,
}

impl Decision {
    /// All decisions, in the order pages list them.
    pub const ALL: [Decision; 4] = [
        Decision::Refer,
        Decision::Rescreen,
        Decision::Unsure,
        Decision::Retake,
    ];

    /// The word used in files and the API: `refer`, `rescreen`, `unsure` or `retake`.
    pub fn name(self) -> &'static str {
        match self {
            Decision::Refer => "refer",
            Decision::Rescreen => "rescreen",
            Decision::Unsure => "unsure",
            Decision::Retake => "retake",
        }
    }

    /// One sentence for clinicians.
    pub fn words(self) -> &'static str {
        match self {
            Decision::Refer => {
                "Refer: the photograph shows signs of moderate or worse diabetic retinopathy."
            }
            Decision::Rescreen => {
                "Rescreen: no signs of referable diabetic retinopathy; screen again at the usual interval."
            }
            Decision::Unsure => "Unsure: a human grader needs to look at this photograph.",
            Decision::Retake => "Retake: the photograph is not gradable; take another one.",
        }
    }
}

impl fmt::Display for Decision {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

/// The written rule that turns an assessment into a decision; kept in the model bundle.
///
/// The first line that holds decides:
/// 1. quality below `minimum_quality`: [`Decision::Retake`];
/// 2. referable probability at or above `refer_at`: [`Decision::Refer`];
/// 3. entropy above `unsure_entropy`: [`Decision::Unsure`];
/// 4. referable probability below `rescreen_below`: [`Decision::Rescreen`];
/// 5. otherwise, between the two thresholds: [`Decision::Unsure`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct DecisionPolicy {
    /// Referable probability, in [0, 1], at or above which a photograph is referred.
    pub refer_at: f32,
    /// Referable probability, at most `refer_at`, below which a photograph is safely negative.
    pub rescreen_below: f32,
    /// Entropy in nats above which a photograph is unsure, unless it is referred.
    pub unsure_entropy: f32,
    /// Quality, in [0, 1], below which a photograph must be taken again.
    pub minimum_quality: f32,
}

/// Which line of the rule decided.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Rule {
    PoorQuality,
    Referable,
    HighEntropy,
    Negative,
    BetweenThresholds,
}

impl DecisionPolicy {
    /// Sensitivity for referable retinopathy that `refer_at` must reach on the validation photographs: the minimum of
    /// the English National Health Service's screening programme (as used by Leibig et al. 2017).
    pub const REFER_SENSITIVITY: f64 = 0.85;
    /// Share of the referable validation photographs that must lie at or above `rescreen_below`.
    pub const RESCREEN_SENSITIVITY: f64 = 0.95;
    /// Share of the validation photographs whose entropy is at most `unsure_entropy`.
    pub const ENTROPY_QUANTILE: f64 = 0.9;

    /// What should happen next. A quality that is not a number counts as too low.
    pub fn decide(&self, assessment: &Assessment, quality: f32) -> Decision {
        match self.rule(assessment, quality) {
            Rule::PoorQuality => Decision::Retake,
            Rule::Referable => Decision::Refer,
            Rule::Negative => Decision::Rescreen,
            Rule::HighEntropy | Rule::BetweenThresholds => Decision::Unsure,
        }
    }

    /// The rule that decided, in a sentence with its numbers.
    pub fn reason(&self, assessment: &Assessment, quality: f32) -> String {
        let referable = assessment.probabilities.referable();
        let Self {
            refer_at,
            rescreen_below,
            unsure_entropy,
            minimum_quality,
        } = self;
        match self.rule(assessment, quality) {
            Rule::PoorQuality if referable >= *refer_at => format!(
                "The quality {quality:.2} is below {minimum_quality:.2}; \
                 what could be read speaks for referral, so the new photograph should not wait."
            ),
            Rule::PoorQuality => format!("The quality {quality:.2} is below {minimum_quality:.2}."),
            Rule::Referable => format!(
                "The probability of referable retinopathy, {referable:.3}, is at or above the threshold {refer_at:.3}."
            ),
            Rule::HighEntropy => {
                let entropy = assessment.uncertainty.entropy;
                format!("The entropy {entropy:.3} nats is above {unsure_entropy:.3} nats.")
            }
            Rule::Negative => format!(
                "The probability of referable retinopathy, {referable:.3}, is below {rescreen_below:.3} \
                 and the entropy is at most {unsure_entropy:.3} nats."
            ),
            Rule::BetweenThresholds => format!(
                "The probability of referable retinopathy, {referable:.3}, lies between {rescreen_below:.3}, \
                 below which it is safely negative, and {refer_at:.3}, from which it is referred."
            ),
        }
    }

    fn rule(&self, assessment: &Assessment, quality: f32) -> Rule {
        let referable = assessment.probabilities.referable();
        if quality.is_nan() || quality < self.minimum_quality {
            Rule::PoorQuality
        } else if referable >= self.refer_at {
            Rule::Referable
        } else if assessment.uncertainty.entropy > self.unsure_entropy {
            Rule::HighEntropy
        } else if referable < self.rescreen_below {
            Rule::Negative
        } else {
            Rule::BetweenThresholds
        }
    }

    /// Chooses the thresholds on validation photographs, by a rule that fits in three lines:
    /// - `refer_at` is the operating point "high sensitivity": of all thresholds that find at least 85 % of the
    ///   referable photographs, the one with the highest specificity, which is the highest threshold;
    /// - `rescreen_below` is the highest threshold that leaves at most 5 % of the referable photographs below it;
    /// - `unsure_entropy` is the 90 % quantile of the entropy, so that the most unsure tenth is never rescreened.
    ///
    /// Each threshold lies midway between two neighbouring probabilities. `minimum_quality` is taken as it is: it
    /// belongs to the quality measure, not to the network.
    ///
    /// # Errors
    /// When the lists differ in length or the grades hold no referable, or only referable, photographs.
    pub fn fit(
        assessments: &[Assessment],
        grades: &[Grade],
        minimum_quality: f32,
    ) -> Result<Self, TrustError> {
        if assessments.len() != grades.len() {
            return Err(TrustError::LengthsDiffer {
                what: "assessments",
                left: assessments.len(),
                right: grades.len(),
            });
        }
        let referable = grades.iter().filter(|grade| grade.is_referable()).count();
        if referable == 0 || referable == grades.len() {
            return Err(TrustError::OneClassOnly {
                referable,
                not_referable: grades.len() - referable,
            });
        }
        let mut scores: Vec<(f32, bool)> = assessments
            .iter()
            .zip(grades)
            .map(|(assessment, grade)| (assessment.probabilities.referable(), grade.is_referable()))
            .collect();
        scores.sort_by(|left, right| right.0.total_cmp(&left.0));
        let mut entropies: Vec<f32> = assessments
            .iter()
            .map(|assessment| assessment.uncertainty.entropy)
            .collect();
        entropies.sort_by(f32::total_cmp);
        let quantile = (Self::ENTROPY_QUANTILE * entropies.len() as f64).ceil() as usize;
        Ok(Self {
            refer_at: highest_threshold(&scores, Self::REFER_SENSITIVITY),
            rescreen_below: highest_threshold(&scores, Self::RESCREEN_SENSITIVITY),
            unsure_entropy: entropies[quantile.clamp(1, entropies.len()) - 1],
            minimum_quality,
        })
    }
}

/// The highest threshold with at least this sensitivity, midway to the next lower score; `scores` (score, referable)
/// fall and hold at least one referable photograph.
fn highest_threshold(scores: &[(f32, bool)], sensitivity: f64) -> f32 {
    let referable: Vec<f32> = scores
        .iter()
        .filter(|(_, referable)| *referable)
        .map(|(score, _)| *score)
        .collect();
    // 0.85 x 20 must need 17, whatever its rounding.
    let needed = (sensitivity * referable.len() as f64 - 1e-9).ceil() as usize;
    let lowest_found = referable[needed.clamp(1, referable.len()) - 1];
    let next_lower = scores
        .iter()
        .map(|(score, _)| *score)
        .find(|score| *score < lowest_found);
    let midway = next_lower.map_or(lowest_found, |lower| (lowest_found + lower) / 2.0);
    // Between two neighbouring floats the middle rounds to one of them: it must not be the lower.
    if next_lower.is_some_and(|lower| midway <= lower) {
        lowest_found
    } else {
        midway
    }
}
