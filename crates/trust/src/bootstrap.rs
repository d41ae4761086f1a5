//! How far a figure could have come out otherwise: the bootstrap over patients.
//!
//! Photographs of one patient resemble each other, so patients are drawn, not photographs: each resample draws as many
//! patients as there are, with replacement, and takes all their photographs. The 95 % interval lies between the 2.5 %
//! and the 97.5 % percentile of the figure over the resamples. Each resample has its own stream of random numbers, so
//! the result depends on the seed alone and not on the number of threads.

use std::collections::BTreeMap;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// Number of resamples where nothing else is asked for.
pub const DEFAULT_RESAMPLES: usize = 2000;

/// A figure with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// The figure on the photographs as they are.
    pub value: f64,
    /// The 2.5 % percentile over the resamples.
    pub lower: f64,
    /// The 97.5 % percentile over the resamples.
    pub upper: f64,
    /// Number of resamples left out because the figure was not defined on them (only one class, for instance).
    pub skipped_resamples: usize,
}

/// Computes `figures` on all photographs and on each resample of the patients, and gives each figure its interval.
///
/// `patients` names the patient of each photograph; `figures` gets the indices of the photographs to use, some of them
/// several times, and answers with a list of the same length every time. A figure is `None` when it is not defined on
/// the photographs as they are or on no resample.
pub fn patient_bootstrap<Figures>(
    patients: &[impl AsRef<str>],
    seed: u64,
    resamples: usize,
    figures: Figures,
) -> Vec<Option<Interval>>
where
    Figures: Fn(&[usize]) -> Vec<Option<f64>> + Sync,
{
    let photographs_by_patient = group_by_patient(patients);
    let all: Vec<usize> = (0..patients.len()).collect();
    let values = figures(&all);
    let resampled: Vec<Vec<Option<f64>>> = (0..resamples)
        .into_par_iter()
        .map(|resample| figures(&draw_patients(&photographs_by_patient, seed, resample)))
        .collect();
    let interval = |(figure, value): (usize, Option<f64>)| {
        let over_resamples = resampled
            .iter()
            .filter_map(|figures| figures.get(figure).copied().flatten());
        percentile_interval(value?, over_resamples.collect(), resamples)
    };
    values.into_iter().enumerate().map(interval).collect()
}

/// The patient among those of all sources: the same number may name different patients in different sources.
pub fn patient_group(source: &str, patient: &str) -> String {
    format!("{source}\n{patient}")
}

/// Indices of the photographs of each patient, in an order that does not depend on the order of the photographs.
fn group_by_patient(patients: &[impl AsRef<str>]) -> Vec<Vec<usize>> {
    let mut groups: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (photograph, patient) in patients.iter().enumerate() {
        groups.entry(patient.as_ref()).or_default().push(photograph);
    }
    groups.into_values().collect()
}

/// One resample: the photographs of as many patients as there are, drawn with replacement.
fn draw_patients(photographs_by_patient: &[Vec<usize>], seed: u64, resample: usize) -> Vec<usize> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    random.set_stream(resample as u64);
    let count = photographs_by_patient.len();
    (0..count)
        .flat_map(|_| &photographs_by_patient[random.random_range(0..count)])
        .copied()
        .collect()
}

fn percentile_interval(
    value: f64,
    mut over_resamples: Vec<f64>,
    resamples: usize,
) -> Option<Interval> {
    over_resamples.sort_unstable_by(f64::total_cmp);
    Some(Interval {
        value,
        lower: percentile(&over_resamples, 0.025)?,
        upper: percentile(&over_resamples, 0.975)?,
        skipped_resamples: resamples - over_resamples.len(),
    })
}

/// The percentile at a share in [0, 1] of rising values, linear between neighbours; `None` without a value.
pub fn percentile(rising: &[f64], share: f64) -> Option<f64> {
    let position = share * rising.len().checked_sub(1)? as f64;
    let below = position.floor() as usize;
    let above = position.ceil() as usize;
    Some(rising[below] + (rising[above] - rising[below]) * (position - below as f64))
}
