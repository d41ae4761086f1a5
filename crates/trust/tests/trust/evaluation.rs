//! Evaluation and referral: what `metrics.json` and the referral table promise.

use proptest::prelude::*;
use trust::bootstrap::{DEFAULT_RESAMPLES, patient_bootstrap};
use trust::evaluation::{Case, Evaluation, Figures};
use trust::referral::{Referral, ReferralFigure};
use trust::{Assessment, DISCLAIMER, Decision, Grade, Measure, Rule};

#[test]
fn an_evaluation_is_the_same_whatever_the_threads_and_the_order() {
    let cases = crate::common::cases(120, 1.0, 3);
    let on_threads = |threads: usize, cases: &[Case]| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| Evaluation::of(cases, 11, 100))
    };
    let single = on_threads(1, &cases);
    assert_eq!(single, on_threads(4, &cases));
    assert_ne!(
        single.pooled.accuracy,
        Evaluation::of(&cases, 12, 100).pooled.accuracy
    );

    let mut reversed = cases.clone();
    reversed.reverse();
    let (forth, back) = (
        single.pooled.referable_auc.unwrap(),
        on_threads(2, &reversed).pooled.referable_auc.unwrap(),
    );
    assert!((forth.lower - back.lower).abs() < 1e-12 && (forth.upper - back.upper).abs() < 1e-12);
}

#[test]
fn figures_are_pooled_and_by_source_with_intervals_around_them() {
    let cases = crate::common::cases(290, 1.0, 5);
    let evaluation = Evaluation::of(&cases, 1, DEFAULT_RESAMPLES);
    assert_eq!(evaluation.disclaimer, DISCLAIMER);
    assert_eq!(
        evaluation.by_source.keys().collect::<Vec<_>>(),
        ["first", "second"]
    );
    let by_source: usize = evaluation
        .by_source
        .values()
        .map(|figures| figures.photographs)
        .sum();
    assert_eq!((by_source, evaluation.pooled.photographs), (290, 290));
    for figures in evaluation.by_source.values().chain([&evaluation.pooled]) {
        assert_consistent(figures);
    }
}

fn assert_consistent(figures: &Figures) {
    let matrix_sum: usize = figures.confusion_matrix.iter().flatten().sum();
    assert_eq!(matrix_sum, figures.photographs);
    assert_eq!(
        figures.photographs_by_grade.iter().sum::<usize>(),
        figures.photographs
    );
    assert!(figures.patients < figures.photographs);
    let right: usize = (0..5)
        .map(|grade| figures.confusion_matrix[grade][grade])
        .sum();
    assert_eq!(
        figures.accuracy.unwrap().value,
        right as f64 / figures.photographs as f64
    );
    let shares: f64 = figures
        .decisions
        .shares
        .values()
        .map(|share| share.value)
        .sum();
    assert!((shares - 1.0).abs() < 1e-12);
    let recalls = figures.recall_by_grade.iter().copied();
    for interval in recalls.chain([
        figures.quadratic_weighted_kappa,
        figures.accuracy,
        figures.referable_auc,
        figures.vision_threatening_auc,
        figures.referable_sensitivity_at_90_specificity,
        figures.mean_quality,
        figures.brier_score,
        figures.negative_log_likelihood,
        figures.decisions.referable_among_refer,
    ]) {
        let interval = interval.unwrap();
        assert!(
            interval.lower <= interval.value && interval.value <= interval.upper,
            "{interval:?}"
        );
        assert!(interval.lower < interval.upper, "{interval:?}");
    }
    assert!(
        figures.referable_auc.unwrap().lower > 0.7,
        "skilled passes beat chance"
    );
}

#[test]
fn missed_patients_are_counted_among_the_rescreened_and_among_the_referable() {
    let mut cases = crate::common::cases(60, 1.0, 5);
    for (index, case) in cases.iter_mut().enumerate() {
        case.grade = if index < 20 {
            Grade::Severe
        } else {
            Grade::NoDr
        };
        case.rule = if !(5..25).contains(&index) {
            Rule::Negative
        } else {
            Rule::Referable
        };
    }
    let decisions = Evaluation::of(&cases, 1, 50).pooled.decisions;
    assert_eq!(
        decisions.referable_among_rescreen.unwrap().value,
        5.0 / 40.0
    );
    assert_eq!(
        decisions.rescreen_among_referable.unwrap().value,
        5.0 / 20.0
    );
    assert_eq!(decisions.referable_among_refer.unwrap().value, 15.0 / 20.0);
    assert_eq!(decisions.shares[&Decision::Retake].value, 0.0);
}

#[test]
fn what_is_not_defined_is_null_and_not_made_up() {
    let mut cases = crate::common::cases(30, 1.0, 5);
    cases.iter_mut().for_each(|case| case.grade = Grade::NoDr);
    let figures = Evaluation::of(&cases, 1, 50).pooled;
    assert_eq!(figures.referable_auc, None);
    assert_eq!(figures.recall_by_grade[4], None);
    assert!(figures.accuracy.is_some());
    let empty = Evaluation::of(&[], 1, 50);
    assert_eq!((empty.pooled.photographs, empty.pooled.accuracy), (0, None));
    assert!(empty.by_source.is_empty());
}

#[test]
fn metrics_json_gives_back_the_evaluation_and_names_no_patient() {
    let mut cases = crate::common::cases(60, 1.0, 5);
    cases
        .iter_mut()
        .for_each(|case| case.patient = format!("patient-{}", case.patient));
    let evaluation = Evaluation::of(&cases, 1, 50);
    let text = serde_json::to_string_pretty(&evaluation).unwrap();
    assert!(!text.contains("patient-"));
    assert!(text.contains("\"rescreen\": {"));
    let read: Evaluation = serde_json::from_str(&text).unwrap();
    assert_eq!(
        read.pooled.confusion_matrix,
        evaluation.pooled.confusion_matrix
    );
    let difference =
        read.pooled.brier_score.unwrap().upper - evaluation.pooled.brier_score.unwrap().upper;
    assert!(difference.abs() < 1e-12);
}

#[test]
fn the_same_number_in_two_sources_is_two_patients() {
    let mut cases = crate::common::cases(40, 1.0, 5);
    cases.iter_mut().enumerate().for_each(|(index, case)| {
        case.patient = (index % 10).to_string();
        case.source = if index < 20 {
            "left".into()
        } else {
            "right".into()
        };
    });
    assert_eq!(Evaluation::of(&cases, 1, 10).pooled.patients, 20);
}

#[test]
fn patients_are_drawn_and_not_photographs() {
    // Ten patients with ten equal photographs each: an interval over photographs would be far narrower.
    let patients: Vec<String> = (0..100).map(|index| (index / 10).to_string()).collect();
    let mean = |photographs: &[usize]| {
        let sick = photographs.iter().filter(|index| **index / 10 < 5).count();
        vec![Some(sick as f64 / photographs.len() as f64)]
    };
    let interval = patient_bootstrap(&patients, 1, 2000, mean)[0].unwrap();
    // The exact 2.5 % and 97.5 % quantiles of a binomial share of 10 draws at one half are 0.2 and 0.8.
    assert_eq!(
        (interval.value, interval.lower, interval.upper),
        (0.5, 0.2, 0.8)
    );
    assert_eq!(interval.skipped_resamples, 0);
}

#[test]
fn resamples_without_the_figure_are_skipped_and_counted() {
    // One of three patients is needed; it is absent from a resample with probability (2/3)^3 = 0.296.
    let patients = ["a", "b", "c"];
    let needs_first = |photographs: &[usize]| vec![photographs.contains(&0).then_some(1.0), None];
    let intervals = patient_bootstrap(&patients, 9, 2000, needs_first);
    let skipped = intervals[0].unwrap().skipped_resamples;
    assert!((500..700).contains(&skipped), "{skipped}");
    assert_eq!(intervals[1], None);
    let none = patient_bootstrap(&[] as &[&str], 9, 10, |_| vec![None, Some(1.0)]);
    assert_eq!(none[0], None);
}

fn photographs(count: usize, seed: u64) -> Vec<(Assessment, Grade)> {
    crate::common::cases(count, 1.0, seed)
        .into_iter()
        .map(|case| (case.assessment, case.grade))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn referral_curves_end_at_the_full_value_under_the_oracle(count in 20_usize..160, seed in any::<u64>(), refer_at in 0.1_f32..0.9) {
        let photographs = photographs(count, seed);
        let referral = Referral::of(&photographs, refer_at).unwrap();
        let all = *referral.random.points.last().unwrap();
        prop_assert_eq!((all.share_kept, all.photographs), (1.0, count));
        let right = photographs.iter().filter(|(assessment, grade)| assessment.grade == *grade).count();
        prop_assert_eq!(all.figures.accuracy, Some(right as f64 / count as f64));
        for curve in referral.curves() {
            let last = curve.points.last().unwrap();
            prop_assert_eq!(last.figures, all.figures, "{}", curve.name);
            prop_assert!(curve.points.windows(2).all(|pair| pair[0].photographs < pair[1].photographs));
            for (point, best) in curve.points.iter().zip(&referral.oracle.points) {
                let above = point.figures.accuracy.unwrap() - best.figures.accuracy.unwrap();
                prop_assert!(above <= 1e-12, "{}", curve.name);
            }
            let area = curve.area(ReferralFigure::Accuracy).unwrap();
            prop_assert!((0.0..=1.0).contains(&area));
        }
        prop_assert!(referral.random.points.iter().all(|point| point.figures == all.figures));
        let random_area = referral.random.area(ReferralFigure::Accuracy).unwrap();
        prop_assert!((random_area - all.figures.accuracy.unwrap()).abs() < 1e-12);
        prop_assert_eq!(referral.measures.len(), Measure::ALL.len());
        prop_assert_eq!(referral.rows().len(), 12 * referral.random.points.len());
        prop_assert_eq!(referral.areas().len(), 12 * ReferralFigure::ALL.len());
    }
}

#[test]
fn a_measure_that_knows_beats_chance() {
    let photographs = photographs(400, 4);
    let referral = Referral::of(&photographs, 0.4).unwrap();
    let area = |name: &str, figure| {
        referral
            .curves()
            .find(|curve| curve.name == name)
            .unwrap()
            .area(figure)
            .unwrap()
    };
    let random = area("random", ReferralFigure::Accuracy);
    for measure in [
        "std",
        "entropy",
        "mutual_information",
        "variation_ratio",
        "margin",
        "max_probability",
        "expected_clinical_cost",
    ] {
        assert!(
            area(measure, ReferralFigure::Accuracy) > random + 0.02,
            "{measure}"
        );
    }
    let sensitivity = |name| area(name, ReferralFigure::Sensitivity);
    assert!(sensitivity("threshold_distance") > sensitivity("random") + 0.02);
}

#[test]
fn a_measure_that_says_nothing_does_not_speak_through_the_order() {
    // One pass has no standard deviation; the right grades come first, and must not look like the surer ones.
    let mut photographs = photographs(400, 4);
    photographs
        .iter_mut()
        .for_each(|(assessment, _)| assessment.uncertainty.std = [0.0; 5]);
    photographs.sort_by_key(|(assessment, grade)| assessment.grade != *grade);
    let referral = Referral::of(&photographs, 0.4).unwrap();
    let random = referral.random.area(ReferralFigure::Accuracy).unwrap();
    let std = referral.measures[0].area(ReferralFigure::Accuracy).unwrap();
    assert!((std - random).abs() < 1e-12, "{std} is not {random}");
}

#[test]
fn referral_of_nothing_is_refused_and_of_one_photograph_is_a_point() {
    assert!(Referral::of(&[], 0.5).is_err());
    let one = Referral::of(&photographs(20, 1)[..1], 0.5).unwrap();
    assert_eq!(one.oracle.points.len(), 1);
    assert_eq!(one.oracle.area(ReferralFigure::Accuracy), None);
}
