//! What holds for all numbers.

use proptest::array::uniform5;
use proptest::collection::vec;
use proptest::prelude::*;
use trust::conformal::{CoverageFigures, coverage_over_splits};
use trust::{ConformalSets, Grade, Logits, Probabilities};

use super::{Answer, sets_at, single_patients};

fn any_probabilities() -> impl Strategy<Value = Probabilities> {
    uniform5(-40.0_f32..40.0).prop_map(|logits| Probabilities::softmax(&Logits(logits)).unwrap())
}

fn any_grade() -> impl Strategy<Value = Grade> {
    (0_usize..5).prop_map(|index| Grade::ALL[index])
}

proptest! {
    #[test]
    fn sets_are_nested_in_the_threshold(
        probabilities in any_probabilities(), left in 0.0_f64..=1.0, right in 0.0_f64..=1.0,
    ) {
        let lower = sets_at(left.min(right)).set(&probabilities);
        let higher = sets_at(left.max(right)).set(&probabilities);
        prop_assert!(lower.grades().all(|grade| higher.contains(grade)));
        prop_assert!(lower.contains(probabilities.grade()));
        prop_assert_eq!(lower.grades().count(), lower.len());
        prop_assert_eq!(sets_at(0.0).set(&probabilities).len(), 1);
        prop_assert_eq!(sets_at(1.0).set(&probabilities).len(), 5);
    }

    #[test]
    fn a_set_has_more_than_the_threshold_and_just_so(
        probabilities in any_probabilities(), threshold in 0.0_f64..0.999,
    ) {
        let set = sets_at(threshold).set(&probabilities);
        let share: f64 = set.grades().map(|grade| f64::from(probabilities.get(grade))).sum();
        prop_assert!(share > threshold - 2e-5);
        // Without one of its ends, the one that came last, it would not have.
        if set.len() > 1 {
            let end = f64::from(probabilities.get(set.lowest()).max(probabilities.get(set.highest())));
            prop_assert!(share - end <= threshold + 2e-5);
        }
    }

    #[test]
    fn fitted_sets_keep_their_promise_on_what_they_were_fitted_to(
        answers in vec((any_probabilities(), any_grade()), 20..60), patients in vec(0_usize..200, 60), share in 0.1_f64..0.9,
    ) {
        let patients: Vec<String> = patients[..answers.len()].iter().map(usize::to_string).collect();
        let figures = |sets: &ConformalSets| CoverageFigures::by_patient(sets, &answers, &patients).unwrap();
        if let Ok(sets) = ConformalSets::fit_split(&answers, &patients, share) {
            prop_assert!(figures(&sets).coverage.unwrap() >= share - 1e-6);
            prop_assert!((0.0..=1.0).contains(&sets.threshold()));
        }
        if let Ok(sets) = ConformalSets::fit_risk_control(&answers, &patients, share) {
            let n = sets.patients() as f64;
            let bound = (n * figures(&sets).under_grading.unwrap() + 1.0) / (n + 1.0);
            prop_assert!(bound <= share + 1e-6);
        }
    }

    #[test]
    fn a_larger_promise_never_makes_a_smaller_set(
        answers in vec((any_probabilities(), any_grade()), 20..60), left in 0.1_f64..0.9, right in 0.1_f64..0.9,
    ) {
        let patients = single_patients(answers.len());
        let (less, more) = (left.min(right), left.max(right));
        let split = |coverage| ConformalSets::fit_split(&answers, &patients, coverage).unwrap().threshold();
        prop_assert!(split(less) <= split(more));
        let risk_control = |risk| ConformalSets::fit_risk_control(&answers, &patients, risk).unwrap().threshold();
        prop_assert!(risk_control(less) >= risk_control(more));
    }

    #[test]
    fn the_order_of_the_photographs_does_not_matter(
        answers in vec((any_probabilities(), any_grade()), 20..60), patients in vec(0_usize..200, 60),
    ) {
        let patients: Vec<String> = patients[..answers.len()].iter().map(usize::to_string).collect();
        let backward: Vec<Answer> = answers.iter().rev().copied().collect();
        let backward_patients: Vec<&String> = patients.iter().rev().collect();
        prop_assert_eq!(
            ConformalSets::fit_split(&answers, &patients, 0.7),
            ConformalSets::fit_split(&backward, &backward_patients, 0.7)
        );
        let sources = vec!["one"; answers.len()];
        let forth = coverage_over_splits(&answers, &patients, &sources, 0.7, 5, 3).unwrap().pooled.unwrap();
        let back = coverage_over_splits(&backward, &backward_patients, &sources, 0.7, 5, 3).unwrap().pooled.unwrap();
        prop_assert!((forth.mean - back.mean).abs() < 1e-12);
    }
}
