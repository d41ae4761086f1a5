//! What is gained by handing the most unsure photographs to a human: referral curves.
//!
//! Photographs are sorted by a measure of uncertainty, the most unsure are handed over, and a figure is computed on
//! those kept. A useful measure makes the figure rise as fewer are kept. Every curve is to be read between two lines:
//! handing over at random leaves the expected figure at its value over all photographs, and an oracle that knows the
//! truth hands over the worst errors first.
//!
//! A curve as one number is the area under the risk-coverage curve ([`risk_coverage_area`]); [`uncertainty_table`]
//! compares the measures by it and by what they gain, and [`rank_measures`] puts them in order.

mod bands;
mod figures;
mod graded;
mod order;
mod ranking;
mod risk_coverage;
mod table;

use serde::Serialize;

use self::graded::{Graded, Way};
use crate::{Assessment, Grade, Measure, TrustError};

pub use self::bands::ReferralBand;
pub use self::figures::{KeptFigures, ReferralFigure};
pub use self::ranking::{Loss, RankedMeasure, rank_measures};
pub use self::risk_coverage::{excess_risk_coverage_area, risk_coverage_area, share_kept_mean};
pub use self::table::{
    AtShares, MeasureFigure, MeasureRow, SourceOfUncertainty, uncertainty_table,
};

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
    /// The 95 % bands of a measure at every 5 % of photographs kept, by rising share; empty where they were not asked
    /// for, and for random and oracle.
    pub bands: Vec<ReferralBand>,
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

    /// Computes all curves, without bands; `refer_at` is the referable probability from which the system refers.
    ///
    /// Of equally unsure photographs, where only part of them is kept, each counts by that part, so that their order in
    /// the input says nothing.
    ///
    /// # Errors
    /// [`TrustError::Empty`] without photographs.
    pub fn of(photographs: &[(Assessment, Grade)], refer_at: f32) -> Result<Self, TrustError> {
        if photographs.is_empty() {
            return Err(TrustError::Empty);
        }
        let graded = Graded::new(photographs, refer_at);
        Ok(Self::from_ways(&graded, &ways(&graded)))
    }

    /// Computes all curves, and for those of the measures the 95 % bands of each figure and of its gain over random, by
    /// the paired bootstrap over patients; `patients` names the patient of each photograph.
    ///
    /// The bands depend on the photographs (not on their order), the seed and the number of resamples alone.
    ///
    /// # Errors
    /// [`TrustError::Empty`] without photographs, [`TrustError::LengthsDiffer`] when there are not as many patients.
    pub fn with_bands(
        photographs: &[(Assessment, Grade)],
        patients: &[impl AsRef<str> + Sync],
        refer_at: f32,
        seed: u64,
        resamples: usize,
    ) -> Result<Self, TrustError> {
        check(photographs, patients)?;
        let graded = Graded::new(photographs, refer_at);
        let ways = ways(&graded);
        let mut referral = Self::from_ways(&graded, &ways);
        let bands = bands::bands(&graded, &ways, patients, seed, resamples);
        for (curve, bands) in referral.measures.iter_mut().zip(bands) {
            curve.bands = bands;
        }
        Ok(referral)
    }

    fn from_ways(graded: &Graded<'_>, ways: &[Way]) -> Self {
        let oracle = curve(graded, &graded.by_oracle());
        let all = graded.figures(&vec![1.0; graded.len()]);
        let at_random = |point: &ReferralPoint| ReferralPoint {
            figures: all,
            ..*point
        };
        Self {
            measures: ways.iter().map(|way| curve(graded, way)).collect(),
            random: ReferralCurve {
                name: "random",
                points: oracle.points.iter().map(at_random).collect(),
                bands: Vec::new(),
            },
            oracle,
        }
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

/// One way a measure.
fn ways(graded: &Graded<'_>) -> Vec<Way> {
    Measure::ALL
        .into_iter()
        .map(|measure| graded.by_measure(measure))
        .collect()
}

/// Keeps the most certain photographs, in rising shares.
fn curve(graded: &Graded<'_>, way: &Way) -> ReferralCurve {
    let total = graded.len();
    let steps = total.min(Referral::POINTS);
    let drawn = vec![1.0; total];
    let point = |step: usize| {
        let kept = total * step / steps;
        ReferralPoint {
            share_kept: kept as f64 / total as f64,
            photographs: kept,
            figures: graded.kept_figures(way, &drawn, kept as f64),
        }
    };
    ReferralCurve {
        name: way.name,
        points: (1..=steps).map(point).collect(),
        bands: Vec::new(),
    }
}

/// Refuses photographs that are none or that do not have a patient each.
fn check(
    photographs: &[(Assessment, Grade)],
    patients: &[impl AsRef<str>],
) -> Result<(), TrustError> {
    if photographs.is_empty() {
        return Err(TrustError::Empty);
    }
    if photographs.len() != patients.len() {
        return Err(TrustError::LengthsDiffer {
            what: "patients",
            left: patients.len(),
            right: photographs.len(),
        });
    }
    Ok(())
}
