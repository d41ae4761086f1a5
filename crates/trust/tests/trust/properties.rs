//! What holds for all numbers, whatever the network says.

use proptest::array::uniform5;
use proptest::collection::vec;
use proptest::prelude::*;
use trust::metrics;
use trust::{
    Assessment, Calibration, Decision, DecisionPolicy, ENTROPY_BINS, Evidence, Grade, Knot, Logits,
    Measure, OperatingPointName, Probabilities, Witness,
};

fn logits() -> impl Strategy<Value = Logits> {
    uniform5(-60.0_f32..60.0).prop_map(Logits)
}

fn passes() -> impl Strategy<Value = Vec<Logits>> {
    vec(logits(), 1..12)
}

fn grade() -> impl Strategy<Value = Grade> {
    (0_usize..5).prop_map(|index| Grade::ALL[index])
}

fn calibration() -> impl Strategy<Value = Calibration> {
    prop_oneof![
        Just(Calibration::Identity),
        (0.05_f64..20.0).prop_map(|temperature| Calibration::Temperature { temperature }),
        (uniform5(0.1_f64..5.0), uniform5(-3.0_f64..3.0))
            .prop_map(|(scale, bias)| Calibration::Vector { scale, bias }),
        uniform5(vec((0.0_f32..=1.0, 1e-6_f32..=1.0), 1..8)).prop_map(|maps| {
            Calibration::Isotonic {
                maps: maps.map(rising_map),
            }
        }),
    ]
}

/// Any numbers, as the knots of a map that rises.
fn rising_map(numbers: Vec<(f32, f32)>) -> Vec<Knot> {
    let (mut uncalibrated, mut calibrated): (Vec<f32>, Vec<f32>) = numbers.into_iter().unzip();
    uncalibrated.sort_unstable_by(f32::total_cmp);
    uncalibrated.dedup();
    calibrated.sort_unstable_by(f32::total_cmp);
    uncalibrated
        .into_iter()
        .zip(calibrated)
        .map(|(uncalibrated, calibrated)| Knot {
            uncalibrated,
            calibrated,
        })
        .collect()
}

fn policy() -> impl Strategy<Value = DecisionPolicy> {
    (0.0_f32..1.0, 0.0_f32..1.0, 0.0_f32..1.6, 0.0_f32..1.0).prop_map(
        |(refer_at, part, unsure_above, minimum_quality)| DecisionPolicy {
            refer_at,
            rescreen_below: refer_at * part,
            unsure_measure: Measure::Entropy,
            unsure_above,
            unfamiliar_above: None,
            minimum_quality,
        },
    )
}

/// What is known of a photograph whose likeness to others is not.
fn evidence(quality: f32) -> Evidence {
    Evidence {
        quality,
        unfamiliarity: None,
    }
}

proptest! {
    #[test]
    fn an_assessment_keeps_every_range(passes in passes(), calibration in calibration()) {
        let assessment = Assessment::from_passes(&passes, &calibration).unwrap();
        let probabilities = assessment.probabilities;
        let sum: f32 = probabilities.as_array().iter().sum();
        prop_assert!((sum - 1.0).abs() < 1e-5);
        prop_assert!(Probabilities::new(*probabilities.as_array()).is_ok());
        prop_assert_eq!(assessment.grade, probabilities.grade());
        prop_assert!((0.0..=1.0).contains(&probabilities.referable()));
        prop_assert!(probabilities.vision_threatening() <= probabilities.referable());
        prop_assert!((0.0..=4.00001).contains(&probabilities.expected_grade()));

        let uncertainty = assessment.uncertainty;
        prop_assert!((0.0..=5.0_f32.ln() + 1e-6).contains(&uncertainty.entropy));
        prop_assert!((uncertainty.entropy - probabilities.entropy()).abs() < 1e-5);
        prop_assert!(uncertainty.mutual_information >= 0.0);
        let difference = uncertainty.entropy - uncertainty.expected_entropy;
        prop_assert!((difference - uncertainty.mutual_information).abs() < 1e-5);
        // The standard deviation of numbers in [0, 1] is at most one half.
        prop_assert!(uncertainty.std.iter().all(|std| (0.0..=0.500001).contains(std)));
        let highest = (passes.len().min(ENTROPY_BINS) as f32).ln();
        prop_assert!((0.0..=highest + 1e-6).contains(&uncertainty.entropy_of_entropies));
        // Each of the five grades has a fifth of the votes, or another has more.
        prop_assert!((0.0..=0.800001).contains(&uncertainty.variation_ratio));
    }

    #[test]
    fn every_measure_keeps_its_range(passes in passes(), refer_at in 0.0_f32..=1.0) {
        let assessment = Assessment::from_passes(&passes, &Calibration::Identity).unwrap();
        for measure in Measure::ALL {
            let uncertainty = measure.uncertainty(&assessment, refer_at);
            let range = match measure {
                Measure::Std => 0.0..=0.500001,
                Measure::Entropy | Measure::ExpectedEntropy | Measure::MutualInformation => 0.0..=5.0_f32.ln() + 1e-6,
                Measure::EntropyOfEntropies => 0.0..=(ENTROPY_BINS as f32).ln() + 1e-6,
                Measure::VariationRatio | Measure::MaxProbability => 0.0..=0.800001,
                Measure::ThresholdDistance => -1.0..=0.0,
                Measure::Margin => 0.0..=1.0,
                // Half none and half proliferative: two grades away from the one in the middle.
                Measure::ExpectedClinicalCost => 0.0..=0.250001,
            };
            prop_assert!(range.contains(&uncertainty), "{measure:?} {uncertainty}");
        }
    }

    #[test]
    fn one_pass_disagrees_with_nothing(pass in logits(), repeats in 1_usize..6) {
        let assessment = Assessment::from_passes(&vec![pass; repeats], &Calibration::Identity).unwrap();
        prop_assert!(assessment.uncertainty.std.iter().all(|std| *std < 1e-7));
        prop_assert!(assessment.uncertainty.mutual_information < 1e-7);
        prop_assert_eq!(assessment.uncertainty.entropy_of_entropies, 0.0);
        prop_assert_eq!(assessment.uncertainty.variation_ratio, 0.0);
        let softmax = Probabilities::softmax(&pass).unwrap();
        for grade in Grade::ALL {
            prop_assert!((assessment.probabilities.get(grade) - softmax.get(grade)).abs() < 1e-6);
        }
    }

    #[test]
    fn a_temperature_keeps_the_order_of_the_grades(pass in logits(), temperature in 0.05_f64..20.0) {
        let calibrated = Calibration::Temperature { temperature }.calibrate(&pass).unwrap();
        for (left, right) in Grade::ALL.into_iter().flat_map(|left| Grade::ALL.map(|right| (left, right))) {
            if pass.0[left.index()] >= pass.0[right.index()] {
                prop_assert!(calibrated.get(left) >= calibrated.get(right));
            }
        }
    }

    #[test]
    fn a_fitted_temperature_is_no_worse_than_none(photographs in vec((vec(logits(), 3), grade()), 5..20)) {
        let (passes, grades): (Vec<Vec<Logits>>, Vec<Grade>) = photographs.into_iter().unzip();
        let loss = |calibration: &Calibration| {
            let assess = |passes: &Vec<Logits>| Assessment::from_passes(passes, calibration).unwrap().probabilities;
            let predictions: Vec<_> = passes.iter().map(assess).zip(grades.iter().copied()).collect();
            metrics::negative_log_likelihood(&predictions).unwrap()
        };
        let fitted = Calibration::fit_temperature(&passes, &grades).unwrap();
        prop_assert!(loss(&fitted) <= loss(&Calibration::Identity) + 1e-6);
        prop_assert_eq!(fitted, Calibration::fit_temperature(&passes, &grades).unwrap());
    }

    #[test]
    fn auc_is_symmetric(scores in vec((0_u8..20, any::<bool>()), 2..60)) {
        let scores: Vec<(f32, bool)> = scores.into_iter().map(|(score, positive)| (f32::from(score), positive)).collect();
        let negated: Vec<(f32, bool)> = scores.iter().map(|(score, positive)| (-score, *positive)).collect();
        let swapped: Vec<(f32, bool)> = scores.iter().map(|(score, positive)| (*score, !positive)).collect();
        let positives = scores.iter().filter(|(_, positive)| *positive).count();
        match metrics::roc_auc(&scores) {
            None => prop_assert!(positives == 0 || positives == scores.len()),
            Some(auc) => {
                prop_assert!((0.0..=1.0).contains(&auc));
                prop_assert!((auc + metrics::roc_auc(&negated).unwrap() - 1.0).abs() < 1e-12);
                prop_assert!((auc + metrics::roc_auc(&swapped).unwrap() - 1.0).abs() < 1e-12);
                let pairs = pairwise_auc(&scores);
                prop_assert!((auc - pairs).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn sensitivity_falls_as_more_specificity_is_asked(scores in vec((0_u8..20, any::<bool>()), 2..60)) {
        let scores: Vec<(f32, bool)> = scores.into_iter().map(|(score, positive)| (f32::from(score), positive)).collect();
        if let Some(at_zero) = metrics::sensitivity_at_specificity(&scores, 0.0) {
            prop_assert_eq!(at_zero, 1.0);
            let at_half = metrics::sensitivity_at_specificity(&scores, 0.5).unwrap();
            let at_one = metrics::sensitivity_at_specificity(&scores, 1.0).unwrap();
            prop_assert!(at_half >= at_one);
        }
    }

    #[test]
    fn perfect_grades_have_a_kappa_of_one(grades in vec(grade(), 2..40)) {
        let matrix = metrics::confusion_matrix(grades.iter().map(|grade| (*grade, *grade)));
        let one_grade_only = grades.iter().all(|grade| *grade == grades[0]);
        prop_assert_eq!(metrics::quadratic_weighted_kappa(&matrix), (!one_grade_only).then_some(1.0));
        prop_assert_eq!(metrics::accuracy(&matrix), Some(1.0));
    }

    #[test]
    fn kappa_does_not_ask_which_grader_is_the_truth(pairs in vec((grade(), grade()), 2..40)) {
        let forth = metrics::quadratic_weighted_kappa(&metrics::confusion_matrix(pairs.iter().copied()));
        let back = metrics::quadratic_weighted_kappa(&metrics::confusion_matrix(pairs.iter().map(|(a, b)| (*b, *a))));
        match (forth, back) {
            (Some(forth), Some(back)) => prop_assert!((forth - back).abs() < 1e-12 && (-1.0 - 1e-12..=1.0).contains(&forth)),
            (forth, back) => prop_assert_eq!(forth, back),
        }
    }

    #[test]
    fn more_referable_never_leads_away_from_referral(
        passes in passes(), policy in policy(), quality in 0.0_f32..1.0, shift in 0.0_f32..20.0,
    ) {
        let before = Assessment::from_passes(&passes, &Calibration::Identity).unwrap();
        let shifted: Vec<Logits> = passes
            .iter()
            .map(|Logits(logits)| Logits(std::array::from_fn(|grade| logits[grade] + if grade >= 2 { shift } else { 0.0 })))
            .collect();
        let after = Assessment::from_passes(&shifted, &Calibration::Identity).unwrap();
        let evidence = evidence(quality);
        let (decided, decided_after) = (policy.decide(&before, &evidence), policy.decide(&after, &evidence));
        if decided == Decision::Refer {
            prop_assert_eq!(decided_after, Decision::Refer);
        }
        // What is retaken depends on the quality alone, and what is rescreened is never referable enough to refer.
        prop_assert_eq!(decided == Decision::Retake, quality < policy.minimum_quality);
        if decided == Decision::Rescreen {
            prop_assert!(before.probabilities.referable() < policy.rescreen_below);
            prop_assert!(before.uncertainty.entropy <= policy.unsure_above);
        }
        prop_assert!(policy.reason(&before, &evidence).ends_with('.'));
    }

    #[test]
    fn a_fitted_policy_keeps_its_promises(photographs in vec((passes(), grade()), 10..60)) {
        let witnesses: Vec<Witness> = photographs
            .iter()
            .enumerate()
            .map(|(index, (passes, grade))| Witness {
                patient: index.to_string(),
                grade: *grade,
                assessment: Assessment::from_passes(passes, &Calibration::Identity).unwrap(),
                evidence: evidence(1.0),
            })
            .collect();
        let referable = witnesses.iter().filter(|witness| witness.grade.is_referable()).count();
        let fitted = OperatingPointName::Nhs.policy(&witnesses, Measure::Entropy, 0.25);
        prop_assert_eq!(fitted.is_err(), referable == 0 || referable == witnesses.len());
        if let Ok(policy) = fitted {
            let scores: Vec<(f32, bool)> = witnesses
                .iter()
                .map(|witness| (witness.assessment.probabilities.referable(), witness.grade.is_referable()))
                .collect();
            let at = |threshold: f32| metrics::sensitivity_and_specificity(&scores, threshold);
            prop_assert!(at(policy.refer_at).0.unwrap() >= 0.85);
            prop_assert!(at(policy.rescreen_below).0.unwrap() >= 0.95);
            prop_assert!(policy.rescreen_below <= policy.refer_at);
            // No threshold with that sensitivity has a higher specificity.
            for (threshold, _) in &scores {
                if at(*threshold).0.unwrap() >= 0.85 {
                    prop_assert!(at(*threshold).1.unwrap() <= at(policy.refer_at).1.unwrap());
                }
            }
        }
    }

    #[test]
    fn documents_give_back_what_was_written(passes in passes(), calibration in calibration(), policy in policy()) {
        let assessment = Assessment::from_passes(&passes, &Calibration::Identity).unwrap();
        let text = serde_json::to_string(&(assessment, &calibration, policy)).unwrap();
        let read: (Assessment, Calibration, DecisionPolicy) = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(read.0, assessment);
        prop_assert_eq!(read.2, policy);
        // serde_json's reading of double precision may be off in the last digit.
        let probability = |calibration: &Calibration| calibration.calibrate(&passes[0]).unwrap().referable();
        prop_assert!((probability(&read.1) - probability(&calibration)).abs() < 1e-6);
    }
}

/// The definition, pair by pair.
fn pairwise_auc(scores: &[(f32, bool)]) -> f64 {
    let side = |wanted: bool| {
        scores
            .iter()
            .filter(move |(_, positive)| *positive == wanted)
            .map(|(score, _)| *score)
    };
    let mut outscored = 0.0;
    for positive in side(true) {
        for negative in side(false) {
            outscored += if positive > negative {
                1.0
            } else if positive == negative {
                0.5
            } else {
                0.0
            };
        }
    }
    outscored / (side(true).count() * side(false).count()) as f64
}
