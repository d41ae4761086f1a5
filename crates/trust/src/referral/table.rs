//! Measures of uncertainty against the sources that they are computed from: which of them knows best what is wrong.
//!
//! A source is what makes the passes of a photograph: members, rotations, stochastic samples. For each source on each
//! data set there is a row a measure, and the rows `random` and `oracle` between which they are to be read.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::figures::KeptFigures;
use super::graded::{Graded, Way};
use super::order::{count_kept, occurrences};
use super::risk_coverage::{area, weighted_mean};
use crate::bootstrap::{Interval, patient_bootstrap};
use crate::{Assessment, Grade, Measure, TrustError};

/// The assessments of one data set by one way to make passes.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceOfUncertainty {
    /// What makes the passes, such as "3 members, 4 rotations".
    pub name: String,
    /// Name of the data set, such as "messidor2, not learned from".
    pub data: String,
    /// What was said of each photograph, and its true grade.
    pub photographs: Vec<(Assessment, Grade)>,
    /// The patient of each photograph.
    pub patients: Vec<String>,
    /// Referable probability from which the system refers, in [0, 1].
    pub refer_at: f32,
}

/// A figure at four shares of photographs kept; `None` where it is not defined.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct AtShares {
    /// Over the most certain 50 %.
    pub kept_50: Option<Interval>,
    /// Over the most certain 70 %.
    pub kept_70: Option<Interval>,
    /// Over the most certain 80 %.
    pub kept_80: Option<Interval>,
    /// Over the most certain 90 %.
    pub kept_90: Option<Interval>,
}

/// What one measure is worth on one data set with one source of uncertainty; every figure with its 95 % interval over
/// patients. `None` where a figure is not defined. All rows of a data set and source stand on the same resamples.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MeasureRow {
    /// Name of the source of uncertainty.
    pub source: String,
    /// Name of the data set.
    pub data: String,
    /// Name of the measure, `random` or `oracle`.
    pub measure: &'static str,
    /// Number of photographs.
    pub photographs: usize,
    /// Number of patients.
    pub patients: usize,
    /// Area under the risk-coverage curve for the loss "grade wrong", in [0, 1]; see [`super::risk_coverage_area`].
    pub grade_risk_coverage_area: Option<Interval>,
    /// Area under the risk-coverage curve for the loss "referral wrong", in [0, 1].
    pub referral_risk_coverage_area: Option<Interval>,
    /// Share of right grades among those kept.
    pub accuracy: AtShares,
    /// Area under the ROC curve of the referable probability among those kept.
    pub referable_auc: AtShares,
    /// Share of wrong grades among the most unsure fifth.
    pub wrong_among_most_unsure_fifth: Option<Interval>,
    /// Share of wrong grades among the other four fifths.
    pub wrong_among_rest: Option<Interval>,
    /// The former divided by the latter: how many times as often the grade is wrong; `None` where none of the rest is.
    pub wrong_ratio: Option<Interval>,
    /// Whether accuracy is above that of handing over at random by more than chance at every 5 % from 50 to 90 % kept:
    /// the interval of the paired difference lies above 0 at each.
    pub gains_at_every_share: bool,
}

/// One figure of a [`MeasureRow`], for tables of plain columns.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MeasureFigure {
    /// Name of the source of uncertainty.
    pub source: String,
    /// Name of the data set.
    pub data: String,
    /// Name of the measure, `random` or `oracle`.
    pub measure: &'static str,
    /// Name of the figure, such as `accuracy_kept_80`.
    pub figure: &'static str,
    /// The figure on the photographs as they are.
    pub value: Option<f64>,
    /// The 2.5 % percentile over the resamples.
    pub lower: Option<f64>,
    /// The 97.5 % percentile over the resamples.
    pub upper: Option<f64>,
}

impl MeasureRow {
    /// The figures one by one.
    pub fn figures(&self) -> Vec<MeasureFigure> {
        let (accuracy, auc) = (&self.accuracy, &self.referable_auc);
        let figures = [
            ("grade_risk_coverage_area", self.grade_risk_coverage_area),
            (
                "referral_risk_coverage_area",
                self.referral_risk_coverage_area,
            ),
            ("accuracy_kept_50", accuracy.kept_50),
            ("accuracy_kept_70", accuracy.kept_70),
            ("accuracy_kept_80", accuracy.kept_80),
            ("accuracy_kept_90", accuracy.kept_90),
            ("referable_auc_kept_50", auc.kept_50),
            ("referable_auc_kept_70", auc.kept_70),
            ("referable_auc_kept_80", auc.kept_80),
            ("referable_auc_kept_90", auc.kept_90),
            (
                "wrong_among_most_unsure_fifth",
                self.wrong_among_most_unsure_fifth,
            ),
            ("wrong_among_rest", self.wrong_among_rest),
            ("wrong_ratio", self.wrong_ratio),
        ];
        figures
            .into_iter()
            .map(|(figure, interval)| MeasureFigure {
                source: self.source.clone(),
                data: self.data.clone(),
                measure: self.measure,
                figure,
                value: interval.map(|interval| interval.value),
                lower: interval.map(|interval| interval.lower),
                upper: interval.map(|interval| interval.upper),
            })
            .collect()
    }
}

/// Shares kept at which accuracy must gain, in percent; those of [`AtShares`] are among them.
const GAIN_PERCENTS: [u32; 9] = [50, 55, 60, 65, 70, 75, 80, 85, 90];
/// The shares of [`AtShares`], in percent.
const TABLE_PERCENTS: [u32; 4] = [50, 70, 80, 90];
/// A gain must be larger than what rounding makes of none.
const LEAST_GAIN: f64 = 1e-9;

/// The table: for each source a row a measure in the order of [`Measure::ALL`], then `random` and `oracle`. It depends
/// on the photographs (not on their order), the seed and the number of resamples alone.
///
/// # Errors
/// [`TrustError::Empty`] for a source without photographs, [`TrustError::LengthsDiffer`] where its patients are not as
/// many as its photographs.
pub fn uncertainty_table(
    sources: &[SourceOfUncertainty],
    seed: u64,
    resamples: usize,
) -> Result<Vec<MeasureRow>, TrustError> {
    let mut table = Vec::new();
    for source in sources {
        super::check(&source.photographs, &source.patients)?;
        table.extend(rows(source, seed, resamples));
    }
    Ok(table)
}

fn rows(source: &SourceOfUncertainty, seed: u64, resamples: usize) -> Vec<MeasureRow> {
    let graded = Graded::new(&source.photographs, source.refer_at);
    let ways: Vec<Way> = Measure::ALL
        .into_iter()
        .map(|measure| graded.by_measure(measure))
        .chain([graded.at_random(), graded.by_oracle()])
        .collect();
    let (wrong_grades, wrong_referrals) = (graded.wrong_grades(), graded.wrong_referrals());
    let figures = |chosen: &[usize]| {
        let drawn = occurrences(graded.len(), chosen);
        let all = graded.figures(&drawn);
        let of_way = |way: &Way| {
            let areas = [
                area(&way.for_grades, &drawn, &wrong_grades),
                area(way.for_referral(), &drawn, &wrong_referrals),
            ];
            let kept = GAIN_PERCENTS
                .map(|percent| graded.figures_at(way, &drawn, f64::from(percent) / 100.0));
            (areas.into_iter())
                .chain(at_table_shares(&kept, |figures| figures.accuracy))
                .chain(at_table_shares(&kept, |figures| figures.referable_auc))
                .chain(wrong_by_fifth(way, &drawn, &wrong_grades))
                .chain(kept.map(|figures| Some(figures.accuracy? - all.accuracy?)))
                .collect::<Vec<_>>()
        };
        ways.iter().flat_map(of_way).collect()
    };
    let mut intervals = patient_bootstrap(&source.patients, seed, resamples, figures).into_iter();
    ways.iter()
        .map(|way| row(source, way.name, || intervals.next().flatten()))
        .collect()
}

/// Takes the figures in the order in which [`rows`] lists them.
fn row(
    source: &SourceOfUncertainty,
    measure: &'static str,
    mut next: impl FnMut() -> Option<Interval>,
) -> MeasureRow {
    MeasureRow {
        source: source.name.clone(),
        data: source.data.clone(),
        measure,
        photographs: source.photographs.len(),
        patients: source.patients.iter().collect::<BTreeSet<_>>().len(),
        grade_risk_coverage_area: next(),
        referral_risk_coverage_area: next(),
        accuracy: at_shares(&mut next),
        referable_auc: at_shares(&mut next),
        wrong_among_most_unsure_fifth: next(),
        wrong_among_rest: next(),
        wrong_ratio: next(),
        gains_at_every_share: GAIN_PERCENTS
            .map(|_| next().is_some_and(|gain| gain.lower > LEAST_GAIN))
            .into_iter()
            .all(|gains| gains),
    }
}

fn at_shares(next: &mut impl FnMut() -> Option<Interval>) -> AtShares {
    AtShares {
        kept_50: next(),
        kept_70: next(),
        kept_80: next(),
        kept_90: next(),
    }
}

/// One figure at the shares of [`AtShares`], of figures at those of [`GAIN_PERCENTS`].
fn at_table_shares(
    kept: &[KeptFigures; GAIN_PERCENTS.len()],
    figure: fn(&KeptFigures) -> Option<f64>,
) -> impl Iterator<Item = Option<f64>> {
    GAIN_PERCENTS
        .into_iter()
        .zip(kept)
        .filter(|(percent, _)| TABLE_PERCENTS.contains(percent))
        .map(move |(_, figures)| figure(figures))
}

/// The share of wrong grades among the most unsure fifth and among the rest, and their ratio.
fn wrong_by_fifth(way: &Way, drawn: &[f64], wrong_grades: &[f64]) -> [Option<f64>; 3] {
    let kept = way
        .for_grades
        .kept(drawn, count_kept(drawn.iter().sum(), 0.8));
    let handed_over: Vec<f64> = drawn
        .iter()
        .zip(&kept)
        .map(|(all, kept)| all - kept)
        .collect();
    let rest = weighted_mean(&kept, wrong_grades);
    let fifth = weighted_mean(&handed_over, wrong_grades);
    let ratio = fifth.zip(rest).filter(|(_, rest)| *rest > 0.0);
    [fifth, rest, ratio.map(|(fifth, rest)| fifth / rest)]
}
