//! The values made by `tests/reference/conformal.py`.

use serde::Deserialize;
use trust::conformal::CoverageFigures;
use trust::{ConformalSets, Grade, Probabilities};

use super::{Answer, ends, sets_at, single_patients};

#[derive(Deserialize)]
pub struct Golden {
    probabilities: Vec<Probabilities>,
    grades: Vec<Grade>,
    pub patients: Vec<String>,
    sets: Vec<GoldenSets>,
    split: Vec<GoldenSplit>,
    first_photographs: Vec<usize>,
    split_of_first_photographs: Vec<GoldenSplit>,
    risk_control: Vec<GoldenRisk>,
    figures: Vec<GoldenFigures>,
}

#[derive(Deserialize)]
struct GoldenSets {
    threshold: f64,
    sets: Vec<[Grade; 2]>,
}

#[derive(Deserialize)]
struct GoldenSplit {
    coverage: f64,
    threshold: f64,
}

#[derive(Deserialize)]
struct GoldenRisk {
    risk: f64,
    threshold: f64,
}

#[derive(Deserialize)]
struct GoldenFigures {
    promised: f64,
    coverage: f64,
    mean_size: f64,
    singletons: f64,
    coverage_by_grade: [f64; 5],
    under_grading: f64,
    coverage_by_patient: f64,
    mean_size_by_patient: f64,
    under_grading_by_patient: f64,
}

impl Golden {
    pub fn read() -> Self {
        serde_json::from_str(include_str!("../../conformal.golden.json")).unwrap()
    }

    pub fn answers(&self) -> Vec<Answer> {
        let grades = self.grades.iter().copied();
        self.probabilities.iter().copied().zip(grades).collect()
    }
}

#[track_caller]
fn assert_close(actual: f64, expected: f64) {
    assert!(
        (actual - expected).abs() < 1e-9,
        "{actual} is not {expected}"
    );
}

#[test]
fn sets_are_the_best_ranges_that_contain_one_another() {
    let golden = Golden::read();
    for GoldenSets { threshold, sets } in &golden.sets {
        for (probabilities, [lowest, highest]) in golden.probabilities.iter().zip(sets) {
            let set = sets_at(*threshold).set(probabilities);
            assert_eq!(
                ends(set),
                (*lowest, *highest),
                "{probabilities:?} at {threshold}"
            );
        }
    }
}

#[test]
fn split_thresholds_are_the_weighted_quantiles_of_numpy() {
    let golden = Golden::read();
    for expected in &golden.split {
        let fitted =
            ConformalSets::fit_split(&golden.answers(), &golden.patients, expected.coverage)
                .unwrap();
        assert_close(fitted.threshold(), expected.threshold);
        assert_eq!((fitted.photographs(), fitted.patients()), (145, 60));
    }
    let first = |index: &usize| golden.answers()[*index];
    let answers: Vec<Answer> = golden.first_photographs.iter().map(first).collect();
    let patients = single_patients(answers.len());
    for expected in &golden.split_of_first_photographs {
        let fitted = ConformalSets::fit_split(&answers, &patients, expected.coverage).unwrap();
        assert_close(fitted.threshold(), expected.threshold);
    }
}

#[test]
fn risk_control_takes_the_first_threshold_that_holds() {
    let golden = Golden::read();
    for expected in &golden.risk_control {
        let fitted =
            ConformalSets::fit_risk_control(&golden.answers(), &golden.patients, expected.risk)
                .unwrap();
        assert_close(fitted.threshold(), expected.threshold);
    }
}

#[test]
fn figures_agree_with_numpy() {
    let golden = Golden::read();
    let answers = golden.answers();
    for expected in &golden.figures {
        let sets = ConformalSets::fit_split(&answers, &golden.patients, expected.promised).unwrap();
        let figures = CoverageFigures::of(&sets, &answers);
        assert_eq!(figures.photographs, answers.len());
        assert_close(figures.coverage.unwrap(), expected.coverage);
        assert_close(figures.mean_size.unwrap(), expected.mean_size);
        assert_close(figures.singletons.unwrap(), expected.singletons);
        assert_close(figures.under_grading.unwrap(), expected.under_grading);
        for (actual, expected) in figures
            .coverage_by_grade
            .into_iter()
            .zip(expected.coverage_by_grade)
        {
            assert_close(actual.unwrap(), expected);
        }
        let figures = CoverageFigures::by_patient(&sets, &answers, &golden.patients).unwrap();
        assert_close(figures.coverage.unwrap(), expected.coverage_by_patient);
        assert_close(figures.mean_size.unwrap(), expected.mean_size_by_patient);
        assert_close(
            figures.under_grading.unwrap(),
            expected.under_grading_by_patient,
        );
    }
}
