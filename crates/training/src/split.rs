//! Who is learned from and who decides when to stop: a split by patient, stratified by grade.
//!
//! A source that has splits keeps them. One that has none, or a training split without a validation split, gives up a
//! share of its patients for validation. A patient is never in both.

use std::collections::BTreeMap;

use rand::seq::SliceRandom;

use crate::TrainingError;
use crate::draws;
use crate::source::{GradedPhotograph, Split};

/// The split of every photograph, in order.
///
/// Where a source gives no validation split, its patients are put into strata by their worst grade, shuffled by `seed`,
/// and `validation_share` (between 0 and 1) of each stratum goes to validation: of a stratum with at least two patients
/// at least one, and never all of them.
///
/// # Errors
/// [`TrainingError::PatientInBothSplits`] when a source's own splits tear a patient apart.
pub fn assign(
    photographs: &[GradedPhotograph],
    validation_share: f64,
    seed: u64,
) -> Result<Vec<Split>, TrainingError> {
    let mut sources: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, photograph) in photographs.iter().enumerate() {
        sources.entry(&photograph.source).or_default().push(index);
    }
    let mut splits: Vec<Split> = photographs
        .iter()
        .map(|photograph| photograph.split.unwrap_or(Split::Train))
        .collect();
    for members in sources.values() {
        let has_validation = members
            .iter()
            .any(|&index| photographs[index].split == Some(Split::Val));
        if !has_validation {
            let trained: Vec<usize> = members
                .iter()
                .copied()
                .filter(|&index| splits[index] == Split::Train)
                .collect();
            for index in choose_validation(photographs, &trained, validation_share, seed) {
                splits[index] = Split::Val;
            }
        }
    }
    refuse_torn_patients(photographs, &splits)?;
    Ok(splits)
}

/// Indices of the photographs of one source that go to validation.
fn choose_validation(
    photographs: &[GradedPhotograph],
    members: &[usize],
    share: f64,
    seed: u64,
) -> Vec<usize> {
    let mut patients: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for &index in members {
        patients
            .entry(&photographs[index].patient)
            .or_default()
            .push(index);
    }
    let mut strata: BTreeMap<_, Vec<Vec<usize>>> = BTreeMap::new();
    for group in patients.into_values() {
        let worst = group.iter().map(|&index| photographs[index].grade).max();
        strata.entry(worst).or_default().push(group);
    }
    let mut random = draws::generator(draws::Purpose::Split, [seed, 0, 0]);
    let mut chosen = Vec::new();
    for mut groups in strata.into_values() {
        groups.shuffle(&mut random);
        let wanted = (groups.len() as f64 * share).round() as usize;
        let count = if groups.len() < 2 {
            0
        } else {
            wanted.clamp(1, groups.len() - 1)
        };
        chosen.extend(groups.into_iter().take(count).flatten());
    }
    chosen
}

fn refuse_torn_patients(
    photographs: &[GradedPhotograph],
    splits: &[Split],
) -> Result<(), TrainingError> {
    let mut seen: BTreeMap<(&str, &str), (Split, &str)> = BTreeMap::new();
    for (photograph, &split) in photographs
        .iter()
        .zip(splits)
        .filter(|(_, split)| **split != Split::Test)
    {
        let first = seen
            .entry((&photograph.source, &photograph.patient))
            .or_insert((split, &photograph.file));
        if first.0 != split {
            return Err(TrainingError::PatientInBothSplits {
                first: first.1.to_owned(),
                second: photograph.file.clone(),
            });
        }
    }
    Ok(())
}
