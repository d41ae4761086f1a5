//! Named operating points: where on the curve of sensitivity against specificity a screening programme wants to stand.

use language::Language;
use serde::{Deserialize, Serialize};

use crate::bootstrap::{Interval, patient_bootstrap};
use crate::{Assessment, DecisionPolicy, Evidence, Grade, Measure, TrustError, metrics};

/// How the referral threshold is chosen on validation photographs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OperatingPointName {
    /// Finds at least 95 % of the referable photographs: for those who would rather look twice.
    HighSensitivity,
    /// The largest sum of sensitivity and specificity (Youden 1950).
    Balanced,
    /// Refers at most 5 % of the others: for those who cannot see many. Where more than 5 % of them have the highest
    /// probability of all photographs, it refers at that, the highest specificity short of referring nobody.
    HighSpecificity,
    /// Finds at least 85 % of the referable photographs, as the screening programme of the English National Health Service
    /// asks, with the highest specificity that leaves; it asks for 80 % (as used by Leibig et al. 2017).
    Nhs,
}

impl OperatingPointName {
    /// All of them, in the order of tables.
    pub const ALL: [Self; 4] = [
        Self::HighSensitivity,
        Self::Balanced,
        Self::HighSpecificity,
        Self::Nhs,
    ];

    /// The name in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::HighSensitivity => "high-sensitivity",
            Self::Balanced => "balanced",
            Self::HighSpecificity => "high-specificity",
            Self::Nhs => "nhs",
        }
    }

    /// What it promises, in a few words.
    pub fn words(self) -> &'static str {
        self.words_in(Language::English)
    }

    /// The same in a language.
    pub fn words_in(self, language: Language) -> &'static str {
        match self {
            Self::HighSensitivity => language.text("point-high-sensitivity"),
            Self::Balanced => language.text("point-balanced"),
            Self::HighSpecificity => language.text("point-high-specificity"),
            Self::Nhs => language.text("point-nhs"),
        }
    }

    /// The referral threshold; `scores` are (referable probability, referable) pairs of both kinds.
    fn refer_at(self, scores: &[(f32, bool)]) -> f32 {
        match self {
            Self::HighSensitivity => highest_with_sensitivity(scores, 0.95),
            Self::Nhs => highest_with_sensitivity(scores, 0.85),
            Self::HighSpecificity => best(scores, |sensitivity, specificity| {
                if specificity >= 0.95 - 1e-9 {
                    1.0 + sensitivity
                } else {
                    specificity
                }
            }),
            Self::Balanced => best(scores, |sensitivity, specificity| sensitivity + specificity),
        }
    }
}

/// An operating point with what it is worth on the photographs that it was chosen on.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct OperatingPoint {
    /// How it was chosen.
    pub name: OperatingPointName,
    /// The whole rule at this point.
    pub policy: DecisionPolicy,
    /// Share of the referable photographs at or above the referral threshold.
    pub sensitivity: Interval,
    /// Share of the others below it.
    pub specificity: Interval,
}

/// A graded photograph of those that thresholds are chosen on.
#[derive(Debug, Clone, PartialEq)]
pub struct Witness {
    /// Group key: photographs of one patient are drawn together.
    pub patient: String,
    /// The true grade.
    pub grade: Grade,
    /// What the system says.
    pub assessment: Assessment,
    /// What else is known of it.
    pub evidence: Evidence,
}

/// Share of the referable photographs that must lie at or above `rescreen_below`.
pub const RESCREEN_SENSITIVITY: f64 = 0.95;

/// Share of the photographs whose uncertainty is at most `unsure_above`: the most unsure tenth is looked at.
pub const CERTAIN_SHARE: f64 = 0.9;

/// Share of the photographs whose unfamiliarity is at most `unfamiliar_above`.
pub const FAMILIAR_SHARE: f64 = 0.99;

impl OperatingPointName {
    /// Chooses the thresholds on validation photographs, each of which lies midway between two neighbouring values:
    /// - `refer_at` as the name says;
    /// - `rescreen_below` is the highest threshold, at most `refer_at`, that leaves at most 5 % of the referable
    ///   photographs below it;
    /// - `unsure_above` is the 90 % quantile of `measure`, so that the most unsure tenth is never rescreened;
    /// - `unfamiliar_above` is the 99 % quantile of the unfamiliarity.
    ///
    /// `minimum_quality` is taken as it is: it belongs to the quality measure, not to the network.
    ///
    /// # Errors
    /// [`TrustError::OneClassOnly`] when the photographs hold no referable one, or only referable ones.
    pub fn policy(
        self,
        photographs: &[Witness],
        measure: Measure,
        minimum_quality: f32,
    ) -> Result<DecisionPolicy, TrustError> {
        let scores: Vec<(f32, bool)> = photographs.iter().map(Witness::score).collect();
        let referable = scores.iter().filter(|(_, referable)| *referable).count();
        if referable == 0 || referable == scores.len() {
            return Err(TrustError::OneClassOnly {
                referable,
                not_referable: scores.len() - referable,
            });
        }
        let refer_at = self.refer_at(&scores);
        let uncertainties = photographs
            .iter()
            .map(|photograph| measure.uncertainty(&photograph.assessment, refer_at));
        let unfamiliarities: Vec<f32> = photographs
            .iter()
            .filter_map(|photograph| photograph.evidence.unfamiliarity)
            .collect();
        Ok(DecisionPolicy {
            refer_at,
            rescreen_below: highest_with_sensitivity(&scores, RESCREEN_SENSITIVITY).min(refer_at),
            unsure_measure: measure,
            unsure_above: quantile(uncertainties.collect(), CERTAIN_SHARE),
            unfamiliar_above: (unfamiliarities.len() == photographs.len())
                .then(|| quantile(unfamiliarities, FAMILIAR_SHARE)),
            minimum_quality,
        })
    }
}

impl OperatingPoint {
    /// Chooses the thresholds, see [`OperatingPointName::policy`], and measures what they are worth on the same photographs,
    /// so it flatters them; the intervals are those of a bootstrap over patients.
    ///
    /// # Errors
    /// [`TrustError::OneClassOnly`] when the photographs, or all resamples of their patients, hold no referable one, or
    /// only referable ones.
    pub fn fit(
        name: OperatingPointName,
        photographs: &[Witness],
        measure: Measure,
        minimum_quality: f32,
        seed: u64,
        resamples: usize,
    ) -> Result<Self, TrustError> {
        let policy = name.policy(photographs, measure, minimum_quality)?;
        let scores: Vec<(f32, bool)> = photographs.iter().map(Witness::score).collect();
        let patients: Vec<&str> = photographs
            .iter()
            .map(|photograph| photograph.patient.as_str())
            .collect();
        let shares = |chosen: &[usize]| {
            let chosen: Vec<(f32, bool)> = chosen.iter().map(|index| scores[*index]).collect();
            let (sensitivity, specificity) =
                metrics::sensitivity_and_specificity(&chosen, policy.refer_at);
            vec![sensitivity, specificity]
        };
        let intervals = patient_bootstrap(&patients, seed, resamples, shares);
        let [Some(sensitivity), Some(specificity)] = intervals[..] else {
            let referable = scores.iter().filter(|(_, referable)| *referable).count();
            return Err(TrustError::OneClassOnly {
                referable,
                not_referable: scores.len() - referable,
            });
        };
        Ok(Self {
            name,
            policy,
            sensitivity,
            specificity,
        })
    }
}

impl Witness {
    fn score(&self) -> (f32, bool) {
        (
            self.assessment.probabilities.referable(),
            self.grade.is_referable(),
        )
    }
}

/// The value below or at which this share of the values lies; 0 without values.
fn quantile(mut values: Vec<f32>, share: f64) -> f32 {
    values.sort_unstable_by(f32::total_cmp);
    let place = (share * values.len() as f64 - 1e-9).ceil() as usize;
    let place = place.clamp(1, values.len().max(1)) - 1;
    values.get(place).copied().unwrap_or(0.0)
}

/// The highest threshold with at least this sensitivity, midway to the next lower score; `scores` hold at least one
/// referable photograph.
fn highest_with_sensitivity(scores: &[(f32, bool)], sensitivity: f64) -> f32 {
    let mut referable: Vec<f32> = scores
        .iter()
        .filter(|(_, referable)| *referable)
        .map(|(score, _)| *score)
        .collect();
    referable.sort_unstable_by(|left, right| right.total_cmp(left));
    // 0.85 x 20 must need 17, whatever its rounding.
    let needed = (sensitivity * referable.len() as f64 - 1e-9).ceil() as usize;
    midway_below(scores, referable[needed.clamp(1, referable.len()) - 1])
}

/// The threshold with the largest `value` of (sensitivity, specificity); of several the highest.
fn best(scores: &[(f32, bool)], value: impl Fn(f64, f64) -> f64) -> f32 {
    let mut thresholds: Vec<f32> = scores.iter().map(|(score, _)| *score).collect();
    thresholds.sort_unstable_by(|left, right| right.total_cmp(left));
    thresholds.dedup();
    let mut chosen = (f64::NEG_INFINITY, f32::INFINITY);
    for threshold in thresholds {
        let (sensitivity, specificity) = metrics::sensitivity_and_specificity(scores, threshold);
        let value = value(sensitivity.unwrap_or(0.0), specificity.unwrap_or(0.0));
        if value > chosen.0 + 1e-12 {
            chosen = (value, threshold);
        }
    }
    midway_below(scores, chosen.1)
}

/// Midway from a score to the next lower one; the score itself where there is none, or where the middle rounds to the
/// lower.
fn midway_below(scores: &[(f32, bool)], score: f32) -> f32 {
    let lower = scores
        .iter()
        .map(|(other, _)| *other)
        .filter(|other| *other < score)
        .fold(f32::NEG_INFINITY, f32::max);
    let midway = (score + lower) / 2.0;
    if midway.is_finite() && midway > lower {
        midway
    } else {
        score
    }
}
