//! Graded photographs with their patients, and how they are dealt into folds.

use std::collections::BTreeMap;

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::photograph::{Photograph, photographs};
use crate::{Grade, Logits, TrustError};

/// Folds, where there are as many patients.
const FOLDS: usize = 5;
/// Stream of random numbers for the folds; those of the bootstrap's resamples begin at 0.
const FOLD_STREAM: u64 = 1 << 40;

/// Photographs in an order of their own, so that sums do not depend on the order in which they came.
pub(super) struct Cohort<'a> {
    photographs: Vec<Photograph<'a>>,
    patients: Vec<&'a str>,
    /// Where each photograph stood when it came.
    positions: Vec<usize>,
}

impl<'a> Cohort<'a> {
    /// Takes passes, grades and patients of each photograph.
    ///
    /// # Errors
    /// When the lists are empty or differ in length, a photograph has no pass, or a logit is not finite.
    pub fn new(
        passes: &'a [Vec<Logits>],
        grades: &[Grade],
        patients: &'a [impl AsRef<str>],
    ) -> Result<Self, TrustError> {
        let photographs = photographs(passes, grades)?;
        if patients.len() != grades.len() {
            return Err(TrustError::LengthsDiffer {
                what: "patients",
                left: patients.len(),
                right: grades.len(),
            });
        }
        let mut positions: Vec<usize> = (0..grades.len()).collect();
        positions.sort_by_cached_key(|position| {
            let photograph = &photographs[*position];
            let logits = photograph.passes.iter().flat_map(|pass| pass.0);
            (
                patients[*position].as_ref(),
                photograph.grade,
                logits.map(f32::to_bits).collect::<Vec<_>>(),
            )
        });
        Ok(Self {
            photographs: positions.iter().map(|i| photographs[*i]).collect(),
            patients: positions.iter().map(|i| patients[*i].as_ref()).collect(),
            positions,
        })
    }

    pub fn photographs(&self) -> &[Photograph<'a>] {
        &self.photographs
    }

    /// Values in this order, put back into the order in which the photographs came.
    pub fn as_given<Value: Copy>(&self, values: &[Value]) -> Vec<Value> {
        let mut given: Vec<(usize, Value)> = self
            .positions
            .iter()
            .copied()
            .zip(values.iter().copied())
            .collect();
        given.sort_unstable_by_key(|(position, _)| *position);
        given.into_iter().map(|(_, value)| value).collect()
    }

    /// The photographs at these indices, whose order stays.
    fn part(&self, indices: impl Iterator<Item = usize> + Clone) -> Self {
        Self {
            photographs: indices.clone().map(|i| self.photographs[i]).collect(),
            patients: indices.clone().map(|i| self.patients[i]).collect(),
            positions: indices.map(|i| self.positions[i]).collect(),
        }
    }

    /// Deals the patients into [`FOLDS`] folds, or as many as there are patients.
    ///
    /// They are dealt by their worst grade, shuffled by `seed` among those with the same one, so that each fold has its
    /// share of every grade.
    ///
    /// # Errors
    /// [`TrustError::TooFewPatients`] with fewer than two.
    pub fn folds(&self, seed: u64) -> Result<Folds, TrustError> {
        let mut worst: BTreeMap<&str, Grade> = BTreeMap::new();
        for (patient, photograph) in self.patients.iter().zip(&self.photographs) {
            let grade = worst.entry(patient).or_insert(photograph.grade);
            *grade = (*grade).max(photograph.grade);
        }
        if worst.len() < 2 {
            return Err(TrustError::TooFewPatients {
                patients: worst.len(),
            });
        }
        let mut dealt: Vec<(&str, Grade)> = worst.into_iter().collect();
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        random.set_stream(FOLD_STREAM);
        dealt.shuffle(&mut random);
        dealt.sort_by_key(|(_, grade)| *grade);
        let count = FOLDS.min(dealt.len());
        let fold_of_patient: BTreeMap<&str, usize> = dealt
            .iter()
            .enumerate()
            .map(|(turn, (patient, _))| (*patient, turn % count))
            .collect();
        Ok(Folds {
            count,
            of_photographs: self
                .patients
                .iter()
                .map(|patient| fold_of_patient[patient])
                .collect(),
        })
    }

    /// How much higher the mean of `left` is than that of `right` (one value a photograph), with the standard error of
    /// that difference.
    ///
    /// Photographs of one patient resemble each other, so the error is taken over patients: with d the photographs'
    /// differences, m their mean, n their number, and P patients, it is
    /// `sqrt(P / (P - 1) * sum over patients of (sum of d - m)^2) / n`.
    pub fn mean_difference(&self, left: &[f64], right: &[f64]) -> (f64, f64) {
        let differences = left.iter().zip(right).map(|(left, right)| left - right);
        let count = self.photographs.len() as f64;
        let mean = differences.clone().sum::<f64>() / count;
        let mut by_patient: BTreeMap<&str, f64> = BTreeMap::new();
        for (patient, difference) in self.patients.iter().zip(differences) {
            *by_patient.entry(patient).or_default() += difference - mean;
        }
        let patients = by_patient.len() as f64;
        let squares: f64 = by_patient.values().map(|sum| sum * sum).sum();
        (mean, (patients / (patients - 1.0) * squares).sqrt() / count)
    }
}

/// In which fold each photograph of a cohort lies; all photographs of a patient lie in one.
pub(super) struct Folds {
    /// Number of folds, at least 2.
    pub count: usize,
    of_photographs: Vec<usize>,
}

impl Folds {
    /// Photographs outside a fold, to fit to.
    pub fn training<'a>(&self, cohort: &Cohort<'a>, fold: usize) -> Cohort<'a> {
        let all = self.of_photographs.iter().enumerate();
        cohort.part(all.filter_map(|(index, of)| (*of != fold).then_some(index)))
    }

    /// Puts what was computed for the photographs of each fold, in their order, into the order of the cohort.
    pub fn joined<Value>(&self, by_fold: Vec<Vec<Value>>) -> Vec<Value> {
        let mut by_fold: Vec<_> = by_fold.into_iter().map(Vec::into_iter).collect();
        self.of_photographs
            .iter()
            .filter_map(|fold| by_fold[*fold].next())
            .collect()
    }

    /// Photographs of a fold.
    pub fn held_out<'a>(&self, cohort: &Cohort<'a>, fold: usize) -> Cohort<'a> {
        let all = self.of_photographs.iter().enumerate();
        cohort.part(all.filter_map(|(index, of)| (*of == fold).then_some(index)))
    }
}
