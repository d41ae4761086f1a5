//! Whether the photographs screened lately are still like the validation photographs that the bundle was measured on.
//!
//! A new camera, a new group of patients or a lens gone blind shifts what the system sees, and with it what its
//! validation is worth. Each figure of the photographs is compared by a test made for it, over all photographs of both
//! lists, gradable or not:
//! - the mix of the system's grades and the share of gradable photographs by Pearson's chi-squared test, or by Fisher's
//!   exact test where the counts are too small for it ([`DriftTest::ChiSquared`]);
//! - entropy, quality and unfamiliarity by the two-sample Kolmogorov-Smirnov test
//!   ([`DriftTest::KolmogorovSmirnov`]), as Rabanser et al. 2019 (arXiv:1810.11953) found to do best among simple ways to
//!   find shifts.
//!
//! As five tests err more often than one, their p-values are adjusted by Holm's method (Holm 1979, Scandinavian Journal
//! of Statistics 6:65), which keeps the probability of any false alarm below the level of one. With many photographs a
//! trifle becomes certain, so drift is said only where the effect matters as well ([`SIGNIFICANCE`],
//! [`SMALLEST_EFFECT`]). Both hold for one look at photographs that know nothing of each other: two eyes of a patient
//! resemble each other, and who looks every day is deceived by chance some day.

mod agreement;
mod kolmogorov_smirnov;
mod table;
mod words;

use language::Language;
use serde::{Deserialize, Serialize};

pub use self::agreement::{Agreement, ValidationAccuracy, ValidationComparison};
use self::table::Table;
use crate::{Grade, bootstrap, metrics};

/// Adjusted p-value below which a difference is no chance: one false alarm in a hundred looks at photographs that have
/// not changed.
pub const SIGNIFICANCE: f64 = 0.01;

/// Effect from which a difference matters: a tenth of the photographs would have to be others. Two normal distributions
/// have this Kolmogorov-Smirnov distance when they lie a quarter of a standard deviation apart; a fifth is small by
/// Cohen 1988 (Statistical Power Analysis for the Behavioral Sciences).
pub const SMALLEST_EFFECT: f64 = 0.1;

/// Number of photographs on either side below which nothing is said to drift.
pub const ENOUGH_PHOTOGRAPHS: usize = 30;

/// What is compared of one photograph.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Screened {
    /// The system's grade.
    pub grade: Grade,
    /// Entropy of the mean probabilities in nats, in [0, ln 5].
    pub entropy: f32,
    /// Quality, in [0, 1].
    pub quality: f32,
    /// Whether the quality sufficed.
    pub is_gradable: bool,
    /// How unlike the training photographs it is; about 1 for one of them. `None` where the bundle cannot tell.
    #[serde(default)]
    pub unfamiliarity: Option<f32>,
}

/// A figure of the photographs that may drift.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DriftFigure {
    /// How the system's grades are distributed.
    GradeMix,
    /// The entropy.
    Entropy,
    /// The quality.
    Quality,
    /// The share of gradable photographs.
    GradableShare,
    /// The unfamiliarity.
    Unfamiliarity,
}

impl DriftFigure {
    /// All figures, in the order of tables.
    pub const ALL: [DriftFigure; 5] = [
        DriftFigure::GradeMix,
        DriftFigure::Entropy,
        DriftFigure::Quality,
        DriftFigure::GradableShare,
        DriftFigure::Unfamiliarity,
    ];

    /// The name in files and the API.
    pub fn name(self) -> &'static str {
        match self {
            DriftFigure::GradeMix => "grade_mix",
            DriftFigure::Entropy => "entropy",
            DriftFigure::Quality => "quality",
            DriftFigure::GradableShare => "gradable_share",
            DriftFigure::Unfamiliarity => "unfamiliarity",
        }
    }
}

/// How two lists of photographs are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DriftTest {
    /// Pearson's chi-squared test of homogeneity (Pearson 1900), without Yates's correction, which makes it too timid
    /// (Campbell 2007, Statistics in Medicine 26:3661). Neighbouring grades are counted together until at least 5
    /// photographs of each class are expected in either list (Cochran 1954, Biometrics 10:417). Its statistic is the sum of
    /// (observed - expected)² / expected; its effect is the total variation distance between the classes' shares.
    ChiSquared,
    /// Fisher's exact test (Fisher 1935, Journal of the Royal Statistical Society 98:39), two-sided, for two classes of
    /// which fewer are expected: its p-value is the probability of all tables that are no more probable than this one. Its
    /// statistic is this one's probability; its effect is that of the chi-squared test.
    FisherExact,
    /// The two-sample Kolmogorov-Smirnov test (Smirnov 1948, Annals of Mathematical Statistics 19:279), two-sided. Its
    /// statistic and effect is the largest distance between the two cumulative distributions; its p-value is the limit for
    /// many photographs with the correction for few by Stephens 1970 (Journal of the Royal Statistical Society B 32:115).
    KolmogorovSmirnov,
}

impl DriftTest {
    /// The name in sentences.
    pub fn words(self) -> &'static str {
        self.words_in(Language::English)
    }

    /// The same in a language.
    pub fn words_in(self, language: Language) -> &'static str {
        match self {
            DriftTest::ChiSquared => language.text("drift-chi-squared"),
            DriftTest::FisherExact => language.text("drift-fisher-exact"),
            DriftTest::KolmogorovSmirnov => language.text("drift-kolmogorov-smirnov"),
        }
    }
}

/// A figure of one list of photographs in short.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Summary {
    /// The share of each grade, in [0, 1]; they sum to 1.
    Grades([f64; 5]),
    /// A share, in [0, 1].
    Share(f64),
    /// Numbers, in their own unit.
    Values {
        /// The mean.
        mean: f64,
        /// The median, between the two middle ones of an even number.
        median: f64,
    },
}

/// One figure, compared.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct DriftComparison {
    /// What is compared.
    pub what: DriftFigure,
    /// How.
    pub test: DriftTest,
    /// The test's statistic, see [`DriftTest`].
    pub statistic: f64,
    /// How large the difference is, in [0, 1]: the distance that [`DriftTest`] names.
    pub effect: f64,
    /// Probability of a statistic at least as extreme if nothing had changed, in [0, 1].
    pub p_value: f64,
    /// The p-value after Holm's correction over all comparisons, in [0, 1].
    pub adjusted_p_value: f64,
    /// Whether there were enough photographs, the adjusted p-value is below [`SIGNIFICANCE`] and the effect is at least
    /// [`SMALLEST_EFFECT`].
    pub drifted: bool,
    /// The figure of the photographs screened lately.
    pub recent: Summary,
    /// The figure of the validation photographs.
    pub reference: Summary,
}

/// All figures of the photographs screened lately, compared with those of the validation photographs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Drift {
    /// One comparison a figure, in the order of [`DriftFigure::ALL`]; without those that no photograph has on one side.
    pub comparisons: Vec<DriftComparison>,
    /// Number of photographs screened lately.
    pub recent: usize,
    /// Number of validation photographs.
    pub reference: usize,
    /// Whether both are at least [`ENOUGH_PHOTOGRAPHS`]; otherwise nothing is said to drift.
    pub enough: bool,
}

impl Drift {
    /// Compares the photographs screened lately, `recent`, with the validation photographs, `reference`; the order within
    /// the lists does not matter. Numbers that are not finite count as not measured, and a figure measured of fewer than
    /// [`ENOUGH_PHOTOGRAPHS`] photographs of either list is compared, but never said to drift.
    pub fn of(recent: &[Screened], reference: &[Screened]) -> Self {
        let found: Vec<Found> = DriftFigure::ALL
            .into_iter()
            .filter_map(|what| what.compare(recent, reference))
            .collect();
        let p_values: Vec<f64> = found.iter().map(|found| found.outcome.p_value).collect();
        Self {
            comparisons: found
                .into_iter()
                .zip(holm(&p_values))
                .map(|(found, adjusted_p_value)| found.corrected(adjusted_p_value))
                .collect(),
            recent: recent.len(),
            reference: reference.len(),
            enough: is_enough(recent.len(), reference.len()),
        }
    }

    /// Whether any figure drifted.
    pub fn has_drifted(&self) -> bool {
        self.comparisons.iter().any(|found| found.drifted)
    }
}

/// What a test says by itself.
#[derive(Debug, Clone, Copy)]
struct Outcome {
    test: DriftTest,
    statistic: f64,
    effect: f64,
    p_value: f64,
}

/// A figure, compared but not corrected for the other comparisons.
struct Found {
    what: DriftFigure,
    outcome: Outcome,
    enough: bool,
    recent: Summary,
    reference: Summary,
}

impl Found {
    fn corrected(self, adjusted_p_value: f64) -> DriftComparison {
        let Outcome {
            test,
            statistic,
            effect,
            p_value,
        } = self.outcome;
        DriftComparison {
            what: self.what,
            test,
            statistic,
            effect,
            p_value,
            adjusted_p_value,
            drifted: self.enough && matters(adjusted_p_value, effect),
            recent: self.recent,
            reference: self.reference,
        }
    }
}

impl DriftFigure {
    /// `None` where it was measured of no photograph of one of the lists.
    fn compare(self, recent: &[Screened], reference: &[Screened]) -> Option<Found> {
        match self {
            DriftFigure::GradeMix => self.compare_grades(recent, reference),
            DriftFigure::GradableShare => self.compare_gradable(recent, reference),
            DriftFigure::Entropy => {
                self.compare_values(recent, reference, |photograph| Some(photograph.entropy))
            }
            DriftFigure::Quality => {
                self.compare_values(recent, reference, |photograph| Some(photograph.quality))
            }
            DriftFigure::Unfamiliarity => {
                self.compare_values(recent, reference, |photograph| photograph.unfamiliarity)
            }
        }
    }

    fn compare_grades(self, recent: &[Screened], reference: &[Screened]) -> Option<Found> {
        let counts = Grade::ALL.map(|grade| {
            [recent, reference].map(|photographs| {
                photographs
                    .iter()
                    .filter(|photograph| photograph.grade == grade)
                    .count()
            })
        });
        let shares = |list: usize, photographs: &[Screened]| {
            Summary::Grades(counts.map(|count| count[list] as f64 / photographs.len() as f64))
        };
        (!recent.is_empty() && !reference.is_empty()).then(|| Found {
            what: self,
            outcome: Table::pooled(counts.to_vec()).test(),
            enough: is_enough(recent.len(), reference.len()),
            recent: shares(0, recent),
            reference: shares(1, reference),
        })
    }

    fn compare_gradable(self, recent: &[Screened], reference: &[Screened]) -> Option<Found> {
        let gradable = [recent, reference].map(|photographs| {
            photographs
                .iter()
                .filter(|photograph| photograph.is_gradable)
                .count()
        });
        let others = [recent.len() - gradable[0], reference.len() - gradable[1]];
        Some(Found {
            what: self,
            enough: is_enough(recent.len(), reference.len()),
            recent: Summary::Share(metrics::share(gradable[0], recent.len())?),
            reference: Summary::Share(metrics::share(gradable[1], reference.len())?),
            outcome: Table::pooled(vec![gradable, others]).test(),
        })
    }

    fn compare_values(
        self,
        recent: &[Screened],
        reference: &[Screened],
        value: impl Fn(&Screened) -> Option<f32>,
    ) -> Option<Found> {
        let [recent, reference] = [recent, reference].map(|photographs| {
            let measured = photographs.iter().filter_map(&value);
            let mut rising: Vec<f64> = measured
                .filter(|value| value.is_finite())
                .map(f64::from)
                .collect();
            rising.sort_unstable_by(f64::total_cmp);
            rising
        });
        Some(Found {
            what: self,
            enough: is_enough(recent.len(), reference.len()),
            recent: Summary::of_values(&recent)?,
            reference: Summary::of_values(&reference)?,
            outcome: kolmogorov_smirnov::test(&recent, &reference),
        })
    }
}

impl Summary {
    /// `None` without values.
    fn of_values(rising: &[f64]) -> Option<Self> {
        Some(Summary::Values {
            mean: metrics::mean(rising.iter().copied())?,
            median: bootstrap::percentile(rising, 0.5)?,
        })
    }
}

/// Whether both lists are long enough for anything to be said.
fn is_enough(recent: usize, reference: usize) -> bool {
    recent.min(reference) >= ENOUGH_PHOTOGRAPHS
}

/// Whether a difference is neither chance nor a trifle.
fn matters(p_value: f64, effect: f64) -> bool {
    // A tenth is a tenth, whatever the rounding of a difference of shares.
    p_value < SIGNIFICANCE && effect >= SMALLEST_EFFECT - 1e-9
}

/// Holm's adjusted p-values, in the order of the p-values: the k-th smallest of m, counted from 0, becomes the largest of
/// (m - j) times the j-th smallest over all j up to k, and at most 1.
fn holm(p_values: &[f64]) -> Vec<f64> {
    let mut rising: Vec<usize> = (0..p_values.len()).collect();
    rising.sort_by(|left, right| p_values[*left].total_cmp(&p_values[*right]));
    let mut adjusted = vec![1.0; p_values.len()];
    let mut largest: f64 = 0.0;
    for (place, index) in rising.into_iter().enumerate() {
        let remaining = (p_values.len() - place) as f64;
        largest = largest.max((remaining * p_values[index]).min(1.0));
        adjusted[index] = largest;
    }
    adjusted
}
