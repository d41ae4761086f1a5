//! Operating points keep what their names promise, on whatever photographs they are chosen.

use proptest::collection::vec;
use proptest::prelude::*;
use trust::{
    Evidence, Grade, Measure, OperatingPoint, OperatingPointName, RESCREEN_SENSITIVITY, TrustError,
    Witness, metrics,
};

fn witnesses(photographs: &[(f32, bool)]) -> Vec<Witness> {
    let witness = |(index, (referable, positive)): (usize, &(f32, bool))| {
        let grade = if *positive {
            Grade::Severe
        } else {
            Grade::Mild
        };
        crate::common::witness(index, *referable, grade)
    };
    photographs.iter().enumerate().map(witness).collect()
}

fn scores(witnesses: &[Witness]) -> Vec<(f32, bool)> {
    witnesses
        .iter()
        .map(|witness| {
            let referable = witness.assessment.probabilities.referable();
            (referable, witness.grade.is_referable())
        })
        .collect()
}

#[test]
fn thresholds_lie_where_the_rule_says() {
    // Twenty referable photographs at 0.41, 0.43, ..., 0.79 and twenty others at 0.10, 0.12, ..., 0.48.
    let referable = (0..20).map(|index| (0.41 + 0.02 * index as f32, true));
    let others = (0..20).map(|index| (0.10 + 0.02 * index as f32, false));
    let photographs: Vec<(f32, bool)> = referable.chain(others).collect();
    let witnesses = witnesses(&photographs);
    let policy = OperatingPointName::Nhs
        .policy(&witnesses, Measure::Entropy, 0.3)
        .unwrap();
    // 17 of 20 lie at or above 0.47, whose next lower neighbour is 0.46; 19 of 20 at or above 0.43, next to 0.42.
    assert!((policy.refer_at - 0.465).abs() < 1e-4, "{policy:?}");
    assert!((policy.rescreen_below - 0.425).abs() < 1e-4, "{policy:?}");
    assert_eq!(policy.minimum_quality, 0.3);

    let refer_at = |name: OperatingPointName| {
        let policy = name.policy(&witnesses, Measure::Entropy, 0.3).unwrap();
        policy.refer_at
    };
    let high_sensitivity = refer_at(OperatingPointName::HighSensitivity);
    assert!((high_sensitivity - 0.425).abs() < 1e-4);
    // One of the twenty others may be referred: the one at 0.48, but not the one at 0.46.
    assert!((refer_at(OperatingPointName::HighSpecificity) - 0.465).abs() < 1e-4);
    // From 0.41 on each step loses one of the referable or frees one of the others; of the equal sums the highest
    // threshold with the largest, which is the one above the last of the others.
    assert!((refer_at(OperatingPointName::Balanced) - 0.485).abs() < 1e-4);

    for refused in [&witnesses[..20], &witnesses[20..], &[]] {
        for name in OperatingPointName::ALL {
            let error = name.policy(refused, Measure::Entropy, 0.3).unwrap_err();
            assert!(matches!(error, TrustError::OneClassOnly { .. }));
            assert!(OperatingPoint::fit(name, refused, Measure::Std, 0.3, 1, 10).is_err());
        }
    }
}

#[test]
fn the_most_unsure_tenth_and_the_strangest_hundredth_lie_above_the_limits() {
    let mut photographs = witnesses(&[(0.2, false), (0.8, true)].repeat(100));
    for (index, witness) in photographs.iter_mut().enumerate() {
        witness.assessment.uncertainty.mutual_information = index as f32 / 1000.0;
        witness.evidence.unfamiliarity = Some(2.0 - index as f32 / 100.0);
    }
    let name = OperatingPointName::Balanced;
    let policy = name
        .policy(&photographs, Measure::MutualInformation, 0.3)
        .unwrap();
    let above = |value: &dyn Fn(&Witness) -> f32, limit: f32| {
        let is_above = |witness: &&Witness| value(witness) > limit;
        photographs.iter().filter(is_above).count()
    };
    assert_eq!(policy.unsure_measure, Measure::MutualInformation);
    let information = |witness: &Witness| witness.assessment.uncertainty.mutual_information;
    assert_eq!(above(&information, policy.unsure_above), 20);
    let unfamiliarity = |witness: &Witness| witness.evidence.unfamiliarity.unwrap();
    assert_eq!(above(&unfamiliarity, policy.unfamiliar_above.unwrap()), 2);

    // Where it is known of some only, nothing can be said of the others.
    photographs[7].evidence = Evidence {
        quality: 1.0,
        unfamiliarity: None,
    };
    let policy = name
        .policy(&photographs, Measure::MutualInformation, 0.3)
        .unwrap();
    assert_eq!(policy.unfamiliar_above, None);
}

#[test]
fn names_are_those_of_the_command_line() {
    let json = serde_json::to_string(&OperatingPointName::ALL).unwrap();
    assert_eq!(
        json,
        r#"["high-sensitivity","balanced","high-specificity","nhs"]"#
    );
    for name in OperatingPointName::ALL {
        let written = serde_json::to_string(&name).unwrap();
        assert_eq!(written, format!("\"{}\"", name.name()));
        assert!(!name.words().is_empty());
    }
}

#[test]
fn an_operating_point_says_what_it_is_worth() {
    let photographs: Vec<Witness> = crate::common::cases(240, 1.0, 11)
        .into_iter()
        .map(|case| Witness {
            patient: case.patient,
            grade: case.grade,
            assessment: case.assessment,
            evidence: case.evidence,
        })
        .collect();
    for name in OperatingPointName::ALL {
        let fit = |photographs: &[Witness], seed: u64| {
            OperatingPoint::fit(name, photographs, Measure::Entropy, 0.3, seed, 200).unwrap()
        };
        let point = fit(&photographs, 5);
        assert_eq!(point, fit(&photographs, 5));
        assert_eq!(point.name, name);
        assert_eq!(
            point.policy,
            name.policy(&photographs, Measure::Entropy, 0.3).unwrap()
        );
        let (sensitivity, specificity) =
            metrics::sensitivity_and_specificity(&scores(&photographs), point.policy.refer_at);
        assert_eq!(Some(point.sensitivity.value), sensitivity);
        assert_eq!(Some(point.specificity.value), specificity);
        for interval in [point.sensitivity, point.specificity] {
            assert!(interval.lower <= interval.value && interval.value <= interval.upper);
        }
        let other_seed = fit(&photographs, 6);
        assert_eq!(other_seed.policy, point.policy);
        assert_ne!(other_seed.specificity, point.specificity);
        let text = serde_json::to_string(&point).unwrap();
        let read: OperatingPoint = serde_json::from_str(&text).unwrap();
        assert_eq!((read.name, read.policy), (point.name, point.policy));
    }
}

/// (sensitivity, specificity) at every threshold that tells photographs apart: each score, between two, and beyond.
fn every_point(scores: &[(f32, bool)]) -> Vec<(f64, f64)> {
    let mut rising: Vec<f32> = scores.iter().map(|(score, _)| *score).collect();
    rising.sort_unstable_by(f32::total_cmp);
    let between = rising
        .windows(2)
        .map(|pair| f32::midpoint(pair[0], pair[1]));
    let thresholds: Vec<f32> = between.chain(rising.iter().copied()).collect();
    thresholds
        .into_iter()
        .map(|threshold| at(scores, threshold))
        .collect()
}

fn at(scores: &[(f32, bool)], threshold: f32) -> (f64, f64) {
    let (sensitivity, specificity) = metrics::sensitivity_and_specificity(scores, threshold);
    (sensitivity.unwrap(), specificity.unwrap())
}

/// Photographs of both kinds, few enough that some scores tie.
fn photographs() -> impl Strategy<Value = Vec<(f32, bool)>> {
    let score = (0_u8..=40).prop_map(|step| f32::from(step) / 40.0);
    vec((score, any::<bool>()), 2..80).prop_filter("both kinds", |photographs| {
        let referable = photographs.iter().filter(|(_, referable)| *referable);
        (1..photographs.len()).contains(&referable.count())
    })
}

proptest! {
    #[test]
    fn every_name_keeps_its_promise(photographs in photographs()) {
        let witnesses = witnesses(&photographs);
        let scores = scores(&witnesses);
        let points = every_point(&scores);
        let chosen = |name: OperatingPointName| {
            let policy = name.policy(&witnesses, Measure::Entropy, 0.3).unwrap();
            let (rescreen_sensitivity, _) = at(&scores, policy.rescreen_below);
            assert!(policy.rescreen_below <= policy.refer_at);
            assert!(rescreen_sensitivity >= RESCREEN_SENSITIVITY - 1e-9);
            at(&scores, policy.refer_at)
        };
        let most = |wanted: &dyn Fn(&(f64, f64)) -> bool, value: &dyn Fn(&(f64, f64)) -> f64| {
            points.iter().filter(|point| wanted(point)).map(value).fold(f64::NEG_INFINITY, f64::max)
        };
        for (name, wanted) in [(OperatingPointName::HighSensitivity, 0.95), (OperatingPointName::Nhs, 0.85)] {
            let (sensitivity, specificity) = chosen(name);
            prop_assert!(sensitivity >= wanted - 1e-9);
            prop_assert_eq!(specificity, most(&|point| point.0 >= wanted - 1e-9, &|point| point.1));
        }
        let (sensitivity, specificity) = chosen(OperatingPointName::Balanced);
        let largest = most(&|_| true, &|point| point.0 + point.1);
        prop_assert!((sensitivity + specificity - largest).abs() < 1e-9);

        let (sensitivity, specificity) = chosen(OperatingPointName::HighSpecificity);
        let most_specific = most(&|_| true, &|point| point.1);
        if most_specific >= 0.95 - 1e-9 {
            prop_assert!(specificity >= 0.95 - 1e-9);
            prop_assert_eq!(sensitivity, most(&|point| point.1 >= 0.95 - 1e-9, &|point| point.0));
        } else {
            // So many others share the highest score that none but referring nobody would keep the promise.
            prop_assert_eq!(specificity, most_specific);
        }
    }

    #[test]
    fn the_order_of_the_photographs_does_not_matter(photographs in photographs(), turn in 0_usize..80) {
        let forth = witnesses(&photographs);
        let mut back = forth.clone();
        back.reverse();
        let turn = turn % back.len();
        back.rotate_left(turn);
        for name in OperatingPointName::ALL {
            let policy = |witnesses: &[Witness]| name.policy(witnesses, Measure::Margin, 0.3).unwrap();
            prop_assert_eq!(policy(&forth), policy(&back));
        }
    }

    #[test]
    fn names_stand_in_the_order_of_caution(photographs in photographs()) {
        let witnesses = witnesses(&photographs);
        let refer_at = |name: OperatingPointName| name.policy(&witnesses, Measure::Entropy, 0.3).unwrap().refer_at;
        prop_assert!(refer_at(OperatingPointName::HighSensitivity) <= refer_at(OperatingPointName::Nhs));
    }
}
