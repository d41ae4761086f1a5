//! From an assessment to what should happen next, by a written rule.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Assessment, Measure};

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

/// What is known of a photograph beside the grader's answer.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// Quality, in [0, 1].
    pub quality: f32,
    /// How unlike the training photographs it is; about 1 for one of them. `None` where the bundle cannot tell.
    #[serde(default)]
    pub unfamiliarity: Option<f32>,
}

/// Which line of the rule decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// The quality is too low.
    PoorQuality,
    /// The referable probability reaches the referral threshold.
    Referable,
    /// The photograph is unlike those that the grader learned from.
    Unfamiliar,
    /// The measure of uncertainty is too high.
    Uncertain,
    /// The referable probability is safely low.
    Negative,
    /// The referable probability lies between the two thresholds.
    BetweenThresholds,
}

impl Rule {
    /// All lines, in the order in which they are asked; the first that holds decides.
    pub const ALL: [Rule; 6] = [
        Rule::PoorQuality,
        Rule::Referable,
        Rule::Unfamiliar,
        Rule::Uncertain,
        Rule::Negative,
        Rule::BetweenThresholds,
    ];

    /// The short name for people, as it stands after "Decided by".
    pub fn words(self) -> &'static str {
        match self {
            Rule::PoorQuality => "poor quality",
            Rule::Referable => "high probability",
            Rule::Unfamiliar => "unfamiliarity",
            Rule::Uncertain => "uncertainty",
            Rule::Negative => "low probability",
            Rule::BetweenThresholds => "probability in between",
        }
    }

    /// The word used in files and the API.
    pub fn name(self) -> &'static str {
        match self {
            Rule::PoorQuality => "poor_quality",
            Rule::Referable => "referable",
            Rule::Unfamiliar => "unfamiliar",
            Rule::Uncertain => "uncertain",
            Rule::Negative => "negative",
            Rule::BetweenThresholds => "between_thresholds",
        }
    }

    /// What should happen next by this rule.
    pub fn decision(self) -> Decision {
        match self {
            Rule::PoorQuality => Decision::Retake,
            Rule::Referable => Decision::Refer,
            Rule::Negative => Decision::Rescreen,
            Rule::Unfamiliar | Rule::Uncertain | Rule::BetweenThresholds => Decision::Unsure,
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

/// The written rule that turns an assessment into a decision; kept in the model bundle.
///
/// The first line that holds decides:
/// 1. quality below `minimum_quality`: [`Decision::Retake`];
/// 2. referable probability at or above `refer_at`: [`Decision::Refer`];
/// 3. unfamiliarity above `unfamiliar_above`: [`Decision::Unsure`];
/// 4. `unsure_measure` above `unsure_above`: [`Decision::Unsure`];
/// 5. referable probability below `rescreen_below`: [`Decision::Rescreen`];
/// 6. otherwise, between the two thresholds: [`Decision::Unsure`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct DecisionPolicy {
    /// Referable probability, in [0, 1], at or above which a photograph is referred.
    pub refer_at: f32,
    /// Referable probability, at most `refer_at`, below which a photograph is safely negative.
    pub rescreen_below: f32,
    /// By what a photograph is judged too uncertain.
    #[serde(default = "entropy")]
    pub unsure_measure: Measure,
    /// That measure's value above which a photograph is unsure, unless it is referred.
    #[serde(alias = "unsure_entropy")]
    pub unsure_above: f32,
    /// Unfamiliarity above which a photograph is unsure, unless it is referred; `None` where the bundle does not know the
    /// features of what it learned from.
    #[serde(default)]
    pub unfamiliar_above: Option<f32>,
    /// Quality, in [0, 1], below which a photograph must be taken again.
    pub minimum_quality: f32,
}

/// The measure of bundles that were written before there was a choice.
fn entropy() -> Measure {
    Measure::Entropy
}

impl DecisionPolicy {
    /// What should happen next.
    pub fn decide(&self, assessment: &Assessment, evidence: &Evidence) -> Decision {
        self.rule(assessment, evidence).decision()
    }

    /// The line that decides. A quality that is not a number counts as too low, an unfamiliarity that is not a number as
    /// too high.
    pub fn rule(&self, assessment: &Assessment, evidence: &Evidence) -> Rule {
        let referable = assessment.probabilities.referable();
        let uncertainty = self.unsure_measure.uncertainty(assessment, self.refer_at);
        let quality = evidence.quality;
        let limit = self.unfamiliar_above.unwrap_or(f32::INFINITY);
        let is_unfamiliar = evidence
            .unfamiliarity
            .is_some_and(|unfamiliarity| unfamiliarity.is_nan() || unfamiliarity > limit);
        if quality.is_nan() || quality < self.minimum_quality {
            Rule::PoorQuality
        } else if referable >= self.refer_at {
            Rule::Referable
        } else if is_unfamiliar {
            Rule::Unfamiliar
        } else if uncertainty > self.unsure_above {
            Rule::Uncertain
        } else if referable < self.rescreen_below {
            Rule::Negative
        } else {
            Rule::BetweenThresholds
        }
    }

    /// The rule that decided, in a sentence with its numbers.
    pub fn reason(&self, assessment: &Assessment, evidence: &Evidence) -> String {
        let referable = assessment.probabilities.referable();
        let quality = evidence.quality;
        let Self {
            refer_at,
            rescreen_below,
            unsure_measure,
            unsure_above,
            minimum_quality,
            ..
        } = self;
        let uncertainty = unsure_measure.uncertainty(assessment, *refer_at);
        match self.rule(assessment, evidence) {
            Rule::PoorQuality if referable >= *refer_at => format!(
                "The quality {quality:.2} is below {minimum_quality:.2}; \
                 what could be read speaks for referral, so the new photograph should not wait."
            ),
            Rule::PoorQuality => format!("The quality {quality:.2} is below {minimum_quality:.2}."),
            Rule::Referable => format!(
                "The probability of referable retinopathy, {referable:.3}, is at or above the threshold {refer_at:.3}."
            ),
            Rule::Unfamiliar => format!(
                "The photograph is unlike those that the system learned from: its features lie {:.2} times as far off as \
                 theirs do on average, and {:.2} times is the limit.",
                evidence.unfamiliarity.unwrap_or(f32::NAN),
                self.unfamiliar_above.unwrap_or(f32::INFINITY),
            ),
            Rule::Uncertain => format!(
                "The {}, {uncertainty:.3}, is above {unsure_above:.3}.",
                unsure_measure.words()
            ),
            Rule::Negative => format!(
                "The probability of referable retinopathy, {referable:.3}, is below {rescreen_below:.3}, \
                 and the {}, {uncertainty:.3}, is at most {unsure_above:.3}.",
                unsure_measure.words()
            ),
            Rule::BetweenThresholds => format!(
                "The probability of referable retinopathy, {referable:.3}, lies between {rescreen_below:.3}, \
                 below which it is safely negative, and {refer_at:.3}, from which it is referred."
            ),
        }
    }
}
