//! What is gained by handing the most unsure photographs to a human: referral curves.
//!
//! Photographs are sorted by a measure of uncertainty, the most unsure are handed over, and a figure is computed on
//! those kept. A useful measure makes the figure rise as fewer are kept. Every curve is to be read between two lines:
//! handing over at random leaves the expected figure at its value over all photographs, and an oracle that knows the
//! truth hands over the worst errors first.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::{Assessment, Grade, TrustError, metrics};

/// A number that says how unsure the system is of one photograph; higher is less sure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Standard deviation, over the passes, of the predicted grade's probability.
    Std,
    /// Entropy of the mean probabilities.
    Entropy,
    /// Mean entropy of the passes.
    ExpectedEntropy,
    /// Mutual information between the grade and the pass.
    MutualInformation,
    /// Nearness of the referable probability to the referral threshold (minus their distance).
    ThresholdDistance,
    /// One minus the distance between the two largest probabilities.
    Margin,
    /// One minus the largest probability.
    MaxProbability,
}

impl Measure {
    /// All measures, in the order of the table and the legend.
    pub const ALL: [Measure; 7] = [
        Measure::Std,
        Measure::Entropy,
        Measure::ExpectedEntropy,
        Measure::MutualInformation,
        Measure::ThresholdDistance,
        Measure::Margin,
        Measure::MaxProbability,
    ];

    /// The name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Measure::Std => "std",
            Measure::Entropy => "entropy",
            Measure::ExpectedEntropy => "expected_entropy",
            Measure::MutualInformation => "mutual_information",
            Measure::ThresholdDistance => "threshold_distance",
            Measure::Margin => "margin",
            Measure::MaxProbability => "max_probability",
        }
    }

    /// How unsure the system is by this measure; `refer_at` is the referable probability from which it refers.
    pub fn uncertainty(self, assessment: &Assessment, refer_at: f32) -> f32 {
        let mut falling = *assessment.probabilities.as_array();
        falling.sort_unstable_by(|left, right| right.total_cmp(left));
        match self {
            Measure::Std => assessment.uncertainty.std[assessment.grade.index()],
            Measure::Entropy => assessment.uncertainty.entropy,
            Measure::ExpectedEntropy => assessment.uncertainty.expected_entropy,
            Measure::MutualInformation => assessment.uncertainty.mutual_information,
            Measure::ThresholdDistance => -(assessment.probabilities.referable() - refer_at).abs(),
            Measure::Margin => 1.0 - (falling[0] - falling[1]),
            Measure::MaxProbability => 1.0 - falling[0],
        }
    }
}

/// A figure that is followed along a referral curve.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReferralFigure {
    /// Share of right grades.
    Accuracy,
    /// Area under the ROC curve of the referable probability.
    ReferableAuc,
    /// Sensitivity for referable retinopathy at the referral threshold.
    Sensitivity,
    /// Specificity for referable retinopathy at the referral threshold.
    Specificity,
    /// Cohen's kappa with quadratic weights.
    QuadraticWeightedKappa,
}

impl ReferralFigure {
    /// All figures, in the order of the table's columns.
    pub const ALL: [ReferralFigure; 5] = [
        ReferralFigure::Accuracy,
        ReferralFigure::ReferableAuc,
        ReferralFigure::Sensitivity,
        ReferralFigure::Specificity,
        ReferralFigure::QuadraticWeightedKappa,
    ];

    /// The name in tables and file names.
    pub fn name(self) -> &'static str {
        match self {
            ReferralFigure::Accuracy => "accuracy",
            ReferralFigure::ReferableAuc => "referable_auc",
            ReferralFigure::Sensitivity => "sensitivity",
            ReferralFigure::Specificity => "specificity",
            ReferralFigure::QuadraticWeightedKappa => "quadratic_weighted_kappa",
        }
    }
}

/// The figures over the photographs that are kept; `None` where one is not defined on them.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct KeptFigures {
    /// Share of right grades.
    pub accuracy: Option<f64>,
    /// Area under the ROC curve of the referable probability.
    pub referable_auc: Option<f64>,
    /// Sensitivity for referable retinopathy at the referral threshold.
    pub sensitivity: Option<f64>,
    /// Specificity for referable retinopathy at the referral threshold.
    pub specificity: Option<f64>,
    /// Cohen's kappa with quadratic weights.
    pub quadratic_weighted_kappa: Option<f64>,
}

impl KeptFigures {
    /// One of the figures.
    pub fn get(&self, figure: ReferralFigure) -> Option<f64> {
        match figure {
            ReferralFigure::Accuracy => self.accuracy,
            ReferralFigure::ReferableAuc => self.referable_auc,
            ReferralFigure::Sensitivity => self.sensitivity,
            ReferralFigure::Specificity => self.specificity,
            ReferralFigure::QuadraticWeightedKappa => self.quadratic_weighted_kappa,
        }
    }

    fn of(photographs: &[&(Assessment, Grade)], refer_at: f32) -> Self {
        let matrix = metrics::confusion_matrix(
            photographs
                .iter()
                .map(|(assessment, grade)| (*grade, assessment.grade)),
        );
        let scores: Vec<(f32, bool)> = photographs
            .iter()
            .map(|(assessment, grade)| (assessment.probabilities.referable(), grade.is_referable()))
            .collect();
        let (sensitivity, specificity) = metrics::sensitivity_and_specificity(&scores, refer_at);
        Self {
            accuracy: metrics::accuracy(&matrix),
            referable_auc: metrics::roc_auc(&scores),
            sensitivity,
            specificity,
            quadratic_weighted_kappa: metrics::quadratic_weighted_kappa(&matrix),
        }
    }

    /// `grades` where the figure is about the five grades, `referral` where it is about the referral.
    fn joined(grades: &Self, referral: &Self) -> Self {
        Self {
            accuracy: grades.accuracy,
            quadratic_weighted_kappa: grades.quadratic_weighted_kappa,
            ..*referral
        }
    }
}

/// One point of a referral curve.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ReferralPoint {
    /// Share of the photographs that are kept, in (0, 1].
    pub share_kept: f64,
    /// Number of photographs that are kept.
    pub photographs: usize,
    /// The figures over those.
    pub figures: KeptFigures,
}

/// The figures along the share kept, from few photographs to all.
#[derive(Debug, Clone, PartialEq)]
pub struct ReferralCurve {
    /// Name of the measure, `random` or `oracle`.
    pub name: &'static str,
    /// The points, by rising share; the last keeps everything.
    pub points: Vec<ReferralPoint>,
}

impl ReferralCurve {
    /// Mean height of the curve: the area under it (trapezoids) divided by the range of shares where the figure is
    /// defined. `None` with fewer than two such points.
    pub fn area(&self, figure: ReferralFigure) -> Option<f64> {
        let heights: Vec<(f64, f64)> = self
            .points
            .iter()
            .filter_map(|point| Some((point.share_kept, point.figures.get(figure)?)))
            .collect();
        let range = heights.last()?.0 - heights.first()?.0;
        let trapezoid =
            |pair: &[(f64, f64)]| (pair[1].0 - pair[0].0) * (pair[0].1 + pair[1].1) / 2.0;
        (range > 0.0).then(|| heights.windows(2).map(trapezoid).sum::<f64>() / range)
    }
}

/// The referral curves of all measures, with the lines between which they are to be read.
#[derive(Debug, Clone, PartialEq)]
pub struct Referral {
    /// One curve a measure, in the order of [`Measure::ALL`].
    pub measures: Vec<ReferralCurve>,
    /// What handing over at random gives on average: the figures over all photographs, whatever the share.
    pub random: ReferralCurve,
    /// What knowing the truth would give. For accuracy and kappa the grades furthest from the truth are handed over
    /// first; for AUC, sensitivity and specificity those furthest on the wrong side of the referral threshold.
    pub oracle: ReferralCurve,
}

/// One row of the table behind the curves.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReferralRow {
    /// Name of the measure, `random` or `oracle`.
    pub measure: &'static str,
    /// Share of the photographs that are kept, in (0, 1].
    pub share_kept: f64,
    /// Number of photographs that are kept.
    pub photographs: usize,
    /// Share of right grades.
    pub accuracy: Option<f64>,
    /// Area under the ROC curve of the referable probability.
    pub referable_auc: Option<f64>,
    /// Sensitivity for referable retinopathy at the referral threshold.
    pub sensitivity: Option<f64>,
    /// Specificity for referable retinopathy at the referral threshold.
    pub specificity: Option<f64>,
    /// Cohen's kappa with quadratic weights.
    pub quadratic_weighted_kappa: Option<f64>,
}

/// The mean height of one curve for one figure.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReferralArea {
    /// Name of the measure, `random` or `oracle`.
    pub measure: &'static str,
    /// Name of the figure.
    pub figure: &'static str,
    /// See [`ReferralCurve::area`].
    pub area: Option<f64>,
}

impl Referral {
    /// Number of points of a curve, as far as there are photographs: one at every percent.
    const POINTS: usize = 100;

    /// Computes all curves; `refer_at` is the referable probability from which the system refers.
    ///
    /// Equally unsure photographs are handed over in a fixed random order, so that their order in the input says
    /// nothing.
    ///
    /// # Errors
    /// [`TrustError::Empty`] without photographs.
    pub fn of(photographs: &[(Assessment, Grade)], refer_at: f32) -> Result<Self, TrustError> {
        if photographs.is_empty() {
            return Err(TrustError::Empty);
        }
        let mut shuffled: Vec<&(Assessment, Grade)> = photographs.iter().collect();
        shuffled.shuffle(&mut ChaCha8Rng::seed_from_u64(0));

        let measures = Measure::ALL.map(|measure| {
            let uncertainty =
                |(assessment, _): &(Assessment, Grade)| measure.uncertainty(assessment, refer_at);
            ReferralCurve {
                name: measure.name(),
                points: points(&shuffled, refer_at, uncertainty),
            }
        });
        let all = KeptFigures::of(&shuffled, refer_at);
        let at_random = |point: &ReferralPoint| ReferralPoint {
            figures: all,
            ..*point
        };
        let random = measures[0].points.iter().map(at_random).collect();
        Ok(Self {
            random: ReferralCurve {
                name: "random",
                points: random,
            },
            oracle: ReferralCurve {
                name: "oracle",
                points: oracle(&shuffled, refer_at),
            },
            measures: measures.into(),
        })
    }

    /// All curves: the measures, random, oracle.
    pub fn curves(&self) -> impl Iterator<Item = &ReferralCurve> {
        self.measures.iter().chain([&self.random, &self.oracle])
    }

    /// The table behind the curves.
    pub fn rows(&self) -> Vec<ReferralRow> {
        let row = |measure: &'static str, point: &ReferralPoint| ReferralRow {
            measure,
            share_kept: point.share_kept,
            photographs: point.photographs,
            accuracy: point.figures.accuracy,
            referable_auc: point.figures.referable_auc,
            sensitivity: point.figures.sensitivity,
            specificity: point.figures.specificity,
            quadratic_weighted_kappa: point.figures.quadratic_weighted_kappa,
        };
        self.curves()
            .flat_map(|curve| curve.points.iter().map(|point| row(curve.name, point)))
            .collect()
    }

    /// The mean height of every curve for every figure.
    pub fn areas(&self) -> Vec<ReferralArea> {
        let area = |curve: &ReferralCurve, figure: ReferralFigure| ReferralArea {
            measure: curve.name,
            figure: figure.name(),
            area: curve.area(figure),
        };
        self.curves()
            .flat_map(|curve| ReferralFigure::ALL.map(|figure| area(curve, figure)))
            .collect()
    }
}

/// Keeps the photographs with the least `uncertainty`, in rising shares.
fn points(
    photographs: &[&(Assessment, Grade)],
    refer_at: f32,
    uncertainty: impl Fn(&(Assessment, Grade)) -> f32,
) -> Vec<ReferralPoint> {
    let mut rising = photographs.to_vec();
    rising.sort_by(|left, right| uncertainty(left).total_cmp(&uncertainty(right)));
    let total = rising.len();
    let steps = total.min(Referral::POINTS);
    (1..=steps)
        .map(|step| {
            let kept = total * step / steps;
            ReferralPoint {
                share_kept: kept as f64 / total as f64,
                photographs: kept,
                figures: KeptFigures::of(&rising[..kept], refer_at),
            }
        })
        .collect()
}

fn oracle(photographs: &[&(Assessment, Grade)], refer_at: f32) -> Vec<ReferralPoint> {
    let grade_error = |(assessment, grade): &(Assessment, Grade)| {
        assessment.grade.index().abs_diff(grade.index()) as f32
    };
    let wrong_side = |(assessment, grade): &(Assessment, Grade)| {
        let above_threshold = assessment.probabilities.referable() - refer_at;
        if grade.is_referable() {
            -above_threshold
        } else {
            above_threshold
        }
    };
    let by_grade = points(photographs, refer_at, grade_error);
    let by_referral = points(photographs, refer_at, wrong_side);
    let joined = |(grades, referral): (ReferralPoint, ReferralPoint)| ReferralPoint {
        figures: KeptFigures::joined(&grades.figures, &referral.figures),
        ..grades
    };
    by_grade.into_iter().zip(by_referral).map(joined).collect()
}
