//! Who is learned from, how often, and how fast.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use proptest::prelude::*;
use training::source::{GradedPhotograph, Split};
use training::{Schedule, sampler, split};
use trust::Grade;

fn photograph(
    index: usize,
    patient: usize,
    grade: usize,
    given: Option<Split>,
) -> GradedPhotograph {
    GradedPhotograph {
        path: PathBuf::from(format!("{index}.jpg")),
        file: format!("{index}.jpg"),
        grade: Grade::from_index(grade).unwrap(),
        patient: patient.to_string(),
        split: given,
        macular_oedema: None,
        source: "drawn".to_owned(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_patient_is_split_and_every_grade_keeps_its_share(
        eyes in prop::collection::vec((0_usize..80, 0_usize..5), 1..300),
        share in 0.05_f64..0.5,
        seed in any::<u64>(),
    ) {
        let photographs: Vec<_> =
            eyes.iter().enumerate().map(|(index, (patient, grade))| photograph(index, *patient, *grade, None)).collect();
        let splits = split::assign(&photographs, share, seed).unwrap();
        prop_assert_eq!(&splits, &split::assign(&photographs, share, seed).unwrap());

        let mut patients: BTreeMap<&str, (BTreeSet<Split>, Grade)> = BTreeMap::new();
        for (photograph, split) in photographs.iter().zip(&splits) {
            let entry = patients.entry(&photograph.patient).or_insert((BTreeSet::new(), photograph.grade));
            entry.0.insert(*split);
            entry.1 = entry.1.max(photograph.grade);
        }
        prop_assert!(patients.values().all(|(splits, _)| splits.len() == 1));
        for grade in Grade::ALL {
            let stratum: Vec<_> = patients.values().filter(|(_, worst)| *worst == grade).collect();
            let chosen = stratum.iter().filter(|(splits, _)| splits.contains(&Split::Val)).count();
            let wanted = stratum.len() as f64 * share;
            // Rounded, but at least one and not all where there are two patients.
            prop_assert!((chosen as f64 - wanted).abs() <= 1.0, "{chosen} of {} instead of {wanted}", stratum.len());
            prop_assert!(stratum.len() < 2 || (chosen >= 1 && chosen < stratum.len()));
        }
    }

    #[test]
    fn an_epoch_shows_each_photograph_as_often_as_expected(
        grades in prop::collection::vec(0_usize..5, 1..400),
        balance in 0.0_f64..1.0,
        seed in any::<u64>(),
    ) {
        let grades: Vec<Grade> = grades.into_iter().map(|grade| Grade::from_index(grade).unwrap()).collect();
        let expected = sampler::expected_draws(&grades, balance);
        let order = sampler::epoch(&expected, seed, 1, 2);
        prop_assert_eq!(order.len(), grades.len());
        let mut times = vec![0.0_f64; grades.len()];
        order.iter().for_each(|index| times[*index] += 1.0);
        for (index, (times, expected)) in times.iter().zip(&expected).enumerate() {
            // The last one may make up for rounding.
            let slack = if index + 1 == grades.len() { 1.0 } else { 1e-6 };
            prop_assert!((times - expected).abs() <= 1.0 + slack, "{times} instead of {expected}");
        }
    }
}

#[test]
fn splits_of_a_source_are_kept_and_only_training_photographs_are_moved() {
    let with_validation: Vec<_> = (0..20)
        .map(|i| {
            photograph(
                i,
                i,
                i % 5,
                Some(if i < 15 { Split::Train } else { Split::Val }),
            )
        })
        .collect();
    let kept = split::assign(&with_validation, 0.3, 1).unwrap();
    assert!(
        with_validation
            .iter()
            .zip(&kept)
            .all(|(photograph, split)| photograph.split == Some(*split))
    );

    let without: Vec<_> = (0..20)
        .map(|i| {
            photograph(
                i,
                i,
                i % 5,
                Some(if i < 15 { Split::Train } else { Split::Test }),
            )
        })
        .collect();
    let made = split::assign(&without, 0.3, 1).unwrap();
    assert!(made[15..].iter().all(|split| *split == Split::Test));
    assert!(made[..15].contains(&Split::Val) && made[..15].contains(&Split::Train));
}

#[test]
fn a_patient_in_training_and_validation_is_refused_by_file() {
    let torn = [
        photograph(0, 7, 0, Some(Split::Train)),
        photograph(1, 7, 2, Some(Split::Val)),
    ];
    let message = split::assign(&torn, 0.2, 0).unwrap_err().to_string();
    assert!(
        message.contains("0.jpg") && message.contains("1.jpg"),
        "{message}"
    );
}

#[test]
fn balance_moves_from_every_photograph_to_every_grade_equally_often() {
    let grades: Vec<Grade> = [vec![Grade::NoDr; 90], vec![Grade::Severe; 10]].concat();
    let share_of_severe = |balance| {
        sampler::expected_draws(&grades, balance)[90..]
            .iter()
            .sum::<f64>()
            / 100.0
    };
    assert!((share_of_severe(0.0) - 0.1).abs() < 1e-12);
    assert!((share_of_severe(1.0) - 0.5).abs() < 1e-12);
    // The square root: weights 90 / sqrt(90) against 10 / sqrt(10), that is 3 to 1.
    assert!((share_of_severe(0.5) - 0.25).abs() < 1e-12);
}

#[test]
fn epochs_and_members_differ_in_their_order() {
    let expected = vec![1.0; 50];
    let first = sampler::epoch(&expected, 0, 0, 0);
    assert_eq!(first, sampler::epoch(&expected, 0, 0, 0));
    for other in [
        sampler::epoch(&expected, 1, 0, 0),
        sampler::epoch(&expected, 0, 1, 0),
        sampler::epoch(&expected, 0, 0, 1),
    ] {
        assert_ne!(first, other);
    }
}

#[test]
fn the_learning_rate_rises_linearly_and_falls_with_the_cosine() {
    let schedule = Schedule {
        peak: 0.1,
        warm_up: 4,
        steps: 12,
    };
    let expected = [
        0.025,
        0.05,
        0.075,
        0.1,
        0.1,
        0.096_193_976_6,
        0.085_355_339_1,
        0.069_134_171_6,
        0.05,
    ];
    for (step, expected) in expected.into_iter().enumerate() {
        let found = schedule.learning_rate(step);
        assert!(
            (found - expected).abs() < 1e-9,
            "step {step}: {found} instead of {expected}"
        );
    }
    assert!(schedule.learning_rate(12) < 1e-12 && schedule.learning_rate(11) > 0.0);
}
