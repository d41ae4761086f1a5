//! Comparison of two models on the same photographs.

use trust::comparison::{Comparison, Differences, GradedTwice};
use trust::evaluation::{Case, Evaluation, Figures};
use trust::{DISCLAIMER, Grade};

/// `cases`, and what a model of another `skill` says about the same grades.
fn twice(cases: &[Case], other: &[Case]) -> Vec<GradedTwice> {
    let pairs = cases.iter().zip(other);
    pairs
        .map(|(case, other)| GradedTwice {
            case: case.clone(),
            reference: other.assessment.probabilities,
        })
        .collect()
}

/// The difference of the figure itself is that of the two evaluations.
fn assert_differences(differences: &Differences, ours: &Figures, theirs: &Figures) {
    let pairs = [
        (
            differences.quadratic_weighted_kappa,
            ours.quadratic_weighted_kappa,
            theirs.quadratic_weighted_kappa,
        ),
        (differences.accuracy, ours.accuracy, theirs.accuracy),
        (
            differences.referable_auc,
            ours.referable_auc,
            theirs.referable_auc,
        ),
        (
            differences.vision_threatening_auc,
            ours.vision_threatening_auc,
            theirs.vision_threatening_auc,
        ),
        (
            differences.referable_sensitivity_at_90_specificity,
            ours.referable_sensitivity_at_90_specificity,
            theirs.referable_sensitivity_at_90_specificity,
        ),
        (
            differences.recall_by_grade[2],
            ours.recall_by_grade[2],
            theirs.recall_by_grade[2],
        ),
        (
            differences.expected_calibration_error,
            ours.expected_calibration_error,
            theirs.expected_calibration_error,
        ),
        (
            differences.brier_score,
            ours.brier_score,
            theirs.brier_score,
        ),
        (
            differences.negative_log_likelihood,
            ours.negative_log_likelihood,
            theirs.negative_log_likelihood,
        ),
    ];
    for (index, (difference, ours, theirs)) in pairs.into_iter().enumerate() {
        let difference = difference.unwrap();
        let expected = ours.unwrap().value - theirs.unwrap().value;
        assert!((difference.value - expected).abs() < 1e-12, "{index}");
        assert!(difference.lower <= difference.upper, "{index}");
    }
}

#[test]
fn differences_are_those_of_the_two_evaluations_in_each_source() {
    let ours = crate::common::cases(290, 1.0, 5);
    // The same grades: the generator draws alike, only the passes are sharper.
    let theirs = crate::common::cases(290, 0.4, 5);
    let comparison = Comparison::of(&twice(&ours, &theirs), 1, 200);
    let [ours, theirs] = [ours, theirs].map(|cases| Evaluation::of(&cases, 1, 50));
    assert_eq!(comparison.disclaimer, DISCLAIMER);
    assert_differences(&comparison.pooled, &ours.pooled, &theirs.pooled);
    for (source, differences) in &comparison.by_source {
        assert_differences(
            differences,
            &ours.by_source[source],
            &theirs.by_source[source],
        );
        assert_eq!(differences.patients, ours.by_source[source].patients);
    }
    assert_eq!(comparison.by_source.len(), 2);
}

#[test]
fn a_model_differs_from_itself_by_nothing() {
    let cases = crate::common::cases(120, 1.0, 3);
    let same = Comparison::of(&twice(&cases, &cases), 1, 100).pooled;
    let auc = same.referable_auc.unwrap();
    assert_eq!((auc.lower, auc.value, auc.upper), (0.0, 0.0, 0.0));
}

#[test]
fn pairing_shows_a_difference_that_two_intervals_hide() {
    let ours = crate::common::cases(290, 1.0, 5);
    let mut photographs = twice(&ours, &ours);
    // The other model errs where this one does, and calls every fifth referable photograph healthy besides.
    let healthy = ours
        .iter()
        .find(|case| case.grade == Grade::NoDr && case.assessment.grade == Grade::NoDr)
        .unwrap()
        .assessment
        .probabilities;
    photographs
        .iter_mut()
        .filter(|photograph| photograph.case.grade.is_referable())
        .step_by(5)
        .for_each(|photograph| photograph.reference = healthy);
    let comparison = Comparison::of(&photographs, 1, 500);
    let difference = comparison.pooled.referable_auc.unwrap();
    assert!(difference.lower > 0.0, "{difference:?}");

    let mut theirs = ours.clone();
    for (case, photograph) in theirs.iter_mut().zip(&photographs) {
        case.assessment.probabilities = photograph.reference;
    }
    let [ours, theirs] = [ours, theirs].map(|cases| {
        let evaluation = Evaluation::of(&cases, 1, 500);
        evaluation.pooled.referable_auc.unwrap()
    });
    assert!(
        difference.upper - difference.lower < ours.upper - theirs.lower,
        "{difference:?} against {ours:?} and {theirs:?}"
    );
}

#[test]
fn the_order_of_the_photographs_does_not_matter() {
    let ours = crate::common::cases(120, 1.0, 3);
    let theirs = crate::common::cases(120, 0.4, 3);
    let forth = twice(&ours, &theirs);
    let back: Vec<GradedTwice> = forth.iter().rev().cloned().collect();
    let [forth, back] = [forth, back].map(|photographs| {
        let comparison = Comparison::of(&photographs, 7, 100);
        comparison.pooled.quadratic_weighted_kappa.unwrap()
    });
    assert!((forth.lower - back.lower).abs() < 1e-12 && (forth.upper - back.upper).abs() < 1e-12);
}
