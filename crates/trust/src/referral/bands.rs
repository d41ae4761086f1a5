//! How far a referral curve could have come out otherwise: its 95 % bands over resamples of the patients.

use serde::{Deserialize, Serialize};

use super::figures::{KeptFigures, ReferralFigure};
use super::graded::{Graded, Way};
use super::order::occurrences;
use crate::bootstrap::{Interval, patient_bootstrap};

/// Number of shares kept at which a curve has its band: one at every 5 %.
const SHARES: usize = 20;
/// Number of figures along a curve.
const FIGURES: usize = ReferralFigure::ALL.len();

/// The 95 % intervals of a curve's figures at one share kept, by the bootstrap over patients.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ReferralBand {
    /// Share of the photographs that are kept, in (0, 1].
    pub share_kept: f64,
    /// Lower ends of the figures' intervals.
    pub lower: KeptFigures,
    /// Upper ends of the figures' intervals.
    pub upper: KeptFigures,
    /// Lower ends of the intervals of the gains: each figure less the same figure over all photographs of the same
    /// resample, which is what handing over at random leaves. Above 0 the measure is better than chance at this share.
    pub gain_lower: KeptFigures,
    /// Upper ends of the intervals of the gains.
    pub gain_upper: KeptFigures,
}

/// The bands of each way, all over the same resamples.
pub(super) fn bands(
    graded: &Graded<'_>,
    ways: &[Way],
    patients: &[impl AsRef<str>],
    seed: u64,
    resamples: usize,
) -> Vec<Vec<ReferralBand>> {
    let figures = |chosen: &[usize]| figures_and_gains(graded, ways, chosen);
    let intervals = patient_bootstrap(patients, seed, resamples, figures);
    intervals
        .chunks(SHARES * 2 * FIGURES)
        .map(|of_way| {
            let at_share = of_way.chunks(2 * FIGURES).zip(shares());
            at_share.map(|(both, share)| band(share, both)).collect()
        })
        .collect()
}

fn shares() -> impl Iterator<Item = f64> {
    (1..=SHARES).map(|step| step as f64 / SHARES as f64)
}

/// For each way and each share, the figures in the order of [`ReferralFigure::ALL`], then their gains.
fn figures_and_gains(graded: &Graded<'_>, ways: &[Way], chosen: &[usize]) -> Vec<Option<f64>> {
    let drawn = occurrences(graded.len(), chosen);
    let all = graded.figures(&drawn);
    let mut values = Vec::with_capacity(ways.len() * SHARES * 2 * FIGURES);
    for way in ways {
        for share in shares() {
            let kept = graded.figures_at(way, &drawn, share);
            values.extend(ReferralFigure::ALL.map(|figure| kept.get(figure)));
            let gain = |figure| Some(kept.get(figure)? - all.get(figure)?);
            values.extend(ReferralFigure::ALL.map(gain));
        }
    }
    values
}

fn band(share_kept: f64, figures_and_gains: &[Option<Interval>]) -> ReferralBand {
    let (figures, gains) = figures_and_gains.split_at(FIGURES);
    let ends = |intervals: &[Option<Interval>], end: fn(&Interval) -> f64| {
        // The figures are numbered in the order of `ReferralFigure::ALL`, in which their intervals lie.
        KeptFigures::from_each(|figure| intervals[figure as usize].as_ref().map(end))
    };
    ReferralBand {
        share_kept,
        lower: ends(figures, |interval| interval.lower),
        upper: ends(figures, |interval| interval.upper),
        gain_lower: ends(gains, |interval| interval.lower),
        gain_upper: ends(gains, |interval| interval.upper),
    }
}
