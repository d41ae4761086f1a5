//! Numbers that say how unsure the system is of one photograph, by which photographs can be handed to a human.

use language::Language;
use serde::{Deserialize, Serialize};

use crate::{Assessment, Grade, Probabilities};

/// A number that says how unsure the system is of one photograph; higher is less sure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Standard deviation, over the passes, of the predicted grade's probability.
    Std,
    /// Entropy of the mean probabilities, H(p), in nats (Shannon 1948).
    Entropy,
    /// Mean entropy of the passes, in nats: what each hesitates about by itself (Depeweg et al. 2018, arXiv:1710.07283).
    ExpectedEntropy,
    /// Mutual information between the grade and the pass, in nats: what the passes disagree about (Houlsby et al. 2011,
    /// arXiv:1112.5745).
    MutualInformation,
    /// Entropy of the passes' entropies, in nats: whether all hesitate alike.
    EntropyOfEntropies,
    /// Share of the passes that see another grade than most do (Freeman 1965).
    VariationRatio,
    /// Nearness of the mean referable probability to the referral threshold (minus their distance; Leibig et al. 2022 and
    /// arXiv:2007.06063).
    ThresholdDistance,
    /// One minus the distance between the two largest probabilities (Scheffer et al. 2001).
    Margin,
    /// One minus the largest probability (Hendrycks and Gimpel 2017, arXiv:1610.02136).
    MaxProbability,
    /// Expected clinical cost of the best grade, see [`expected_clinical_cost`].
    ExpectedClinicalCost,
}

impl Measure {
    /// All measures, in the order of the table and the legend.
    pub const ALL: [Measure; 10] = [
        Measure::Std,
        Measure::Entropy,
        Measure::ExpectedEntropy,
        Measure::MutualInformation,
        Measure::EntropyOfEntropies,
        Measure::VariationRatio,
        Measure::ThresholdDistance,
        Measure::Margin,
        Measure::MaxProbability,
        Measure::ExpectedClinicalCost,
    ];

    /// The name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Measure::Std => "std",
            Measure::Entropy => "entropy",
            Measure::ExpectedEntropy => "expected_entropy",
            Measure::MutualInformation => "mutual_information",
            Measure::EntropyOfEntropies => "entropy_of_entropies",
            Measure::VariationRatio => "variation_ratio",
            Measure::ThresholdDistance => "threshold_distance",
            Measure::Margin => "margin",
            Measure::MaxProbability => "max_probability",
            Measure::ExpectedClinicalCost => "expected_clinical_cost",
        }
    }

    /// The name in sentences for clinicians.
    pub fn words(self) -> &'static str {
        self.words_in(Language::English)
    }

    /// The same in a language.
    pub fn words_in(self, language: Language) -> &'static str {
        match self {
            Measure::Std => language.text("measure-std"),
            Measure::Entropy => language.text("measure-entropy"),
            Measure::ExpectedEntropy => language.text("measure-expected-entropy"),
            Measure::MutualInformation => language.text("measure-mutual-information"),
            Measure::EntropyOfEntropies => language.text("measure-entropy-of-entropies"),
            Measure::VariationRatio => language.text("measure-variation-ratio"),
            Measure::ThresholdDistance => language.text("measure-threshold-distance"),
            Measure::Margin => language.text("measure-margin"),
            Measure::MaxProbability => language.text("measure-max-probability"),
            Measure::ExpectedClinicalCost => language.text("measure-expected-clinical-cost"),
        }
    }

    /// How unsure the system is by this measure; `refer_at` is the referable probability from which it refers.
    pub fn uncertainty(self, assessment: &Assessment, refer_at: f32) -> f32 {
        let mut falling = *assessment.probabilities.as_array();
        falling.sort_unstable_by(|left, right| right.total_cmp(left));
        let uncertainty = &assessment.uncertainty;
        match self {
            Measure::Std => uncertainty.std[assessment.grade.index()],
            Measure::Entropy => uncertainty.entropy,
            Measure::ExpectedEntropy => uncertainty.expected_entropy,
            Measure::MutualInformation => uncertainty.mutual_information,
            Measure::EntropyOfEntropies => uncertainty.entropy_of_entropies,
            Measure::VariationRatio => uncertainty.variation_ratio,
            Measure::ThresholdDistance => -(assessment.probabilities.referable() - refer_at).abs(),
            Measure::Margin => 1.0 - (falling[0] - falling[1]),
            Measure::MaxProbability => 1.0 - falling[0],
            Measure::ExpectedClinicalCost => expected_clinical_cost(&assessment.probabilities),
        }
    }
}

/// Expected quadratic-weighted loss of the best decision, in [0, 1]: the least, over the grades g, of the sum over the
/// grades k of p(k) (k - g)² / 16 (after Jaskari et al. 2022, IEEE Access). A doubt between neighbours costs little, one
/// between none and proliferative much.
pub fn expected_clinical_cost(probabilities: &Probabilities) -> f32 {
    let cost_of = |answer: Grade| -> f64 {
        Grade::ALL
            .into_iter()
            .map(|truth| {
                let steps = truth.index() as f64 - answer.index() as f64;
                f64::from(probabilities.get(truth)) * steps * steps / 16.0
            })
            .sum()
    };
    Grade::ALL
        .into_iter()
        .map(cost_of)
        .fold(f64::INFINITY, f64::min) as f32
}
