//! From an assessment to what should happen next, by a written rule.

use std::fmt;

use language::{Language, text_with};
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

    /// A word, a colon and a sentence for clinicians, in English.
    pub fn words(self) -> &'static str {
        self.words_in(Language::English)
    }

    /// The same in a language.
    pub fn words_in(self, language: Language) -> &'static str {
        match self {
            Decision::Refer => language.text("decision-refer"),
            Decision::Rescreen => language.text("decision-rescreen"),
            Decision::Unsure => language.text("decision-unsure"),
            Decision::Retake => language.text("decision-retake"),
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
    pub fn words_in(self, language: Language) -> &'static str {
        match self {
            Rule::PoorQuality => language.text("rule-poor-quality"),
            Rule::Referable => language.text("rule-referable"),
            Rule::Unfamiliar => language.text("rule-unfamiliar"),
            Rule::Uncertain => language.text("rule-uncertain"),
            Rule::Negative => language.text("rule-negative"),
            Rule::BetweenThresholds => language.text("rule-between-thresholds"),
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

    /// The rule that decided, in a sentence with its numbers; in English, in which records keep it
    /// ([`Language::retell`] says it in another language).
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
        let english = Language::English;
        let two = |number: f32| format!("{number:.2}");
        let three = |number: f32| format!("{number:.3}");
        match self.rule(assessment, evidence) {
            Rule::PoorQuality if referable >= *refer_at => text_with!(
                english,
                "reason-poor-quality-urgent",
                quality = two(quality),
                least = two(*minimum_quality),
            ),
            Rule::PoorQuality => text_with!(
                english,
                "reason-poor-quality",
                quality = two(quality),
                least = two(*minimum_quality),
            ),
            Rule::Referable => text_with!(
                english,
                "reason-referable",
                referable = three(referable),
                threshold = three(*refer_at),
            ),
            Rule::Unfamiliar => text_with!(
                english,
                "reason-unfamiliar",
                distance = two(evidence.unfamiliarity.unwrap_or(f32::NAN)),
                limit = two(self.unfamiliar_above.unwrap_or(f32::INFINITY)),
            ),
            Rule::Uncertain => text_with!(
                english,
                "reason-uncertain",
                measure = unsure_measure.words(),
                uncertainty = three(uncertainty),
                limit = three(*unsure_above),
            ),
            Rule::Negative => text_with!(
                english,
                "reason-negative",
                referable = three(referable),
                threshold = three(*rescreen_below),
                measure = unsure_measure.words(),
                uncertainty = three(uncertainty),
                limit = three(*unsure_above),
            ),
            Rule::BetweenThresholds => text_with!(
                english,
                "reason-between-thresholds",
                referable = three(referable),
                lower = three(*rescreen_below),
                upper = three(*refer_at),
            ),
        }
    }
}
