//! What prediction sets are worth on graded photographs.

use std::collections::{BTreeMap, BTreeSet};

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{
    CalibrationPhotograph, ConformalSets, PredictionSet, Promise, calibration_photographs,
};
use crate::bootstrap::{patient_group, percentile};
use crate::{Grade, Probabilities, TrustError};

/// Figures of prediction sets over graded photographs; `None` where one is not defined on them.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CoverageFigures {
    /// Number of photographs.
    pub photographs: usize,
    /// Share of the photographs whose true grade is in their set, in [0, 1].
    pub coverage: Option<f64>,
    /// Mean number of grades in a set, in [1, 5].
    pub mean_size: Option<f64>,
    /// Share of the sets that hold one grade only, in [0, 1].
    pub singletons: Option<f64>,
    /// For each true grade, the share of its photographs whose set holds it, in [0, 1].
    pub coverage_by_grade: [Option<f64>; 5],
    /// Mean of [`PredictionSet::under_grading`], in [0, 1].
    pub under_grading: Option<f64>,
}

impl CoverageFigures {
    /// Measures the sets with every photograph counting alike.
    pub fn of(sets: &ConformalSets, answers: &[(Probabilities, Grade)]) -> Self {
        Self::weighted(sets, answers, |_| 1.0)
    }

    /// Measures the sets with every patient counting alike, which is what is promised: a photograph counts
    /// 1 / (photographs of its patient). `patients` names the patient of each photograph.
    ///
    /// # Errors
    /// [`TrustError::LengthsDiffer`] or [`TrustError::Empty`] for such lists.
    pub fn by_patient(
        sets: &ConformalSets,
        answers: &[(Probabilities, Grade)],
        patients: &[impl AsRef<str>],
    ) -> Result<Self, TrustError> {
        let (photographs, _) = calibration_photographs(answers, patients)?;
        let figures = Self::weighted(sets, answers, |index| photographs[index].weight);
        Ok(figures)
    }

    fn weighted(
        sets: &ConformalSets,
        answers: &[(Probabilities, Grade)],
        weight: impl Fn(usize) -> f64,
    ) -> Self {
        let mut all = Sums::default();
        let mut by_grade = [Sums::default(); 5];
        for (index, (probabilities, truth)) in answers.iter().enumerate() {
            let sums = Sums::of(sets.set(probabilities), *truth, weight(index));
            all.add(sums);
            by_grade[truth.index()].add(sums);
        }
        Self {
            photographs: answers.len(),
            coverage: all.mean(all.covered),
            mean_size: all.mean(all.size),
            singletons: all.mean(all.singletons),
            coverage_by_grade: by_grade.map(|sums| sums.mean(sums.covered)),
            under_grading: all.mean(all.under_grading),
        }
    }
}

/// Weighted sums over photographs.
#[derive(Clone, Copy, Default)]
struct Sums {
    weight: f64,
    covered: f64,
    size: f64,
    singletons: f64,
    under_grading: f64,
}

impl Sums {
    fn of(set: PredictionSet, truth: Grade, weight: f64) -> Self {
        let counted = |is: bool| if is { weight } else { 0.0 };
        Self {
            weight,
            covered: counted(set.contains(truth)),
            size: weight * set.len() as f64,
            singletons: counted(set.len() == 1),
            under_grading: weight * set.under_grading(truth),
        }
    }

    fn add(&mut self, other: Self) {
        self.weight += other.weight;
        self.covered += other.covered;
        self.size += other.size;
        self.singletons += other.singletons;
        self.under_grading += other.under_grading;
    }

    fn mean(&self, sum: f64) -> Option<f64> {
        (self.weight > 0.0).then(|| sum / self.weight)
    }
}

/// What became of a promised coverage on patients that the sets were not fitted to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SplitCoverage {
    /// The promised coverage, in (0, 1).
    pub promised: f64,
    /// Number of random halves.
    pub splits: usize,
    /// Seed of the random halves.
    pub seed: u64,
    /// Over the photographs of all sources; `None` without a split.
    pub pooled: Option<CoverageSpread>,
    /// Over the photographs of each source that was ever measured, under sets fitted to all sources: the promise does
    /// not say that a source keeps it by itself.
    pub by_source: BTreeMap<String, CoverageSpread>,
}

/// Coverage over several splits, with every patient counting alike.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CoverageSpread {
    /// Mean over the splits of the coverage, in [0, 1].
    pub mean: f64,
    /// The 2.5 % percentile of the coverage over the splits.
    pub lower: f64,
    /// The 97.5 % percentile of the coverage over the splits.
    pub upper: f64,
    /// Mean over the splits of the mean number of grades in a set, in [1, 5].
    pub mean_size: f64,
    /// Number of splits left out because no photograph was in the half that is measured.
    pub skipped_splits: usize,
}

/// Halves the patients at random, fits sets with this coverage to the one half (the smaller, where their number is odd)
/// and measures them on the other, `splits` times.
///
/// `answers` holds the probabilities and the true grade of each photograph, `patients` its patient and `sources` its
/// data set; the same name may stand for different patients in different sources. The result depends on the
/// photographs, the seed and the number of splits alone, not on the number of threads.
///
/// # Errors
/// [`TrustError::NoShare`] for a coverage outside (0, 1), [`TrustError::LengthsDiffer`] or [`TrustError::Empty`] for
/// such lists, [`TrustError::PromiseNeedsPatients`] where half of the patients are too few for that coverage.
pub fn coverage_over_splits(
    answers: &[(Probabilities, Grade)],
    patients: &[impl AsRef<str>],
    sources: &[impl AsRef<str>],
    coverage: f64,
    splits: usize,
    seed: u64,
) -> Result<SplitCoverage, TrustError> {
    let promise = Promise::Split { coverage };
    promise.validate()?;
    let groups = patients_with_photographs(answers, patients, sources)?;
    let measured: Vec<BTreeMap<&str, Sums>> = (0..splits)
        .into_par_iter()
        .map(|split| measure_split(&groups, promise, seed, split))
        .collect::<Result<_, _>>()?;
    let pooled = measured.iter().map(|by_source| {
        let mut all = Sums::default();
        by_source.values().for_each(|sums| all.add(*sums));
        all
    });
    let source_names: BTreeSet<&str> = groups.iter().map(|patient| patient.source).collect();
    let spread_of = |source: &str| {
        let sums = measured.iter().filter_map(|sums| sums.get(source).copied());
        Some((source.to_owned(), CoverageSpread::of(sums, splits)?))
    };
    Ok(SplitCoverage {
        promised: coverage,
        splits,
        seed,
        pooled: CoverageSpread::of(pooled, splits),
        by_source: source_names.into_iter().filter_map(spread_of).collect(),
    })
}

/// One patient's photographs; both halves of a split hold whole patients.
struct Patient<'a> {
    source: &'a str,
    photographs: Vec<CalibrationPhotograph>,
}

/// The patients in an order that does not depend on the order of the photographs.
fn patients_with_photographs<'a>(
    answers: &[(Probabilities, Grade)],
    patients: &'a [impl AsRef<str>],
    sources: &'a [impl AsRef<str>],
) -> Result<Vec<Patient<'a>>, TrustError> {
    for (what, left) in [("patients", patients.len()), ("sources", sources.len())] {
        if left != answers.len() {
            return Err(TrustError::LengthsDiffer {
                what,
                left,
                right: answers.len(),
            });
        }
    }
    let names: Vec<String> = patients
        .iter()
        .zip(sources)
        .map(|(patient, source)| patient_group(source.as_ref(), patient.as_ref()))
        .collect();
    let (photographs, _) = calibration_photographs(answers, &names)?;
    let mut groups: BTreeMap<String, Patient<'a>> = BTreeMap::new();
    for ((name, source), photograph) in names.into_iter().zip(sources).zip(photographs) {
        let new = || Patient {
            source: source.as_ref(),
            photographs: Vec::new(),
        };
        let patient = groups.entry(name).or_insert_with(new);
        patient.photographs.push(photograph);
    }
    Ok(groups.into_values().collect())
}

/// Fits to one half of the patients and sums up the other, by source.
fn measure_split<'a>(
    patients: &[Patient<'a>],
    promise: Promise,
    seed: u64,
    split: usize,
) -> Result<BTreeMap<&'a str, Sums>, TrustError> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    random.set_stream(split as u64);
    let mut shuffled: Vec<&Patient> = patients.iter().collect();
    shuffled.shuffle(&mut random);
    let (fitted, measured) = shuffled.split_at(shuffled.len() / 2);
    let photographs: Vec<&CalibrationPhotograph> = fitted
        .iter()
        .flat_map(|patient| &patient.photographs)
        .collect();
    let sets = ConformalSets::fit_grown(&photographs, fitted.len(), promise)?;
    let mut by_source: BTreeMap<&str, Sums> = BTreeMap::new();
    for patient in measured {
        let sums = by_source.entry(patient.source).or_default();
        for photograph in &patient.photographs {
            let set = photograph.growth.at(sets.threshold);
            sums.add(Sums::of(set, photograph.truth, photograph.weight));
        }
    }
    Ok(by_source)
}

impl CoverageSpread {
    /// Of the sums over the photographs of each split that has any; `None` where none has.
    fn of(by_split: impl Iterator<Item = Sums>, splits: usize) -> Option<Self> {
        let (mut rising, sizes): (Vec<f64>, Vec<f64>) = by_split
            .filter_map(|sums| Some((sums.mean(sums.covered)?, sums.mean(sums.size)?)))
            .unzip();
        rising.sort_unstable_by(f64::total_cmp);
        let count = rising.len() as f64;
        Some(Self {
            lower: percentile(&rising, 0.025)?,
            upper: percentile(&rising, 0.975)?,
            mean: rising.iter().sum::<f64>() / count,
            mean_size: sizes.iter().sum::<f64>() / count,
            skipped_splits: splits - rising.len(),
        })
    }
}
