//! What drift, its sentences and its documents mean.

use trust::drift::{
    Agreement, Drift, DriftComparison, DriftFigure, DriftTest, ENOUGH_PHOTOGRAPHS, Screened,
    Summary, ValidationAccuracy,
};
use trust::{Grade, place::ValidationPoint};

use super::of;

/// Photographs that differ by little but their number: `referable` of a hundred are moderate, the others without
/// retinopathy.
fn hundred(referable: usize) -> Vec<Screened> {
    (0..100)
        .map(|index| Screened {
            grade: if index < referable {
                Grade::Moderate
            } else {
                Grade::NoDr
            },
            entropy: 0.2 + 0.01 * (index % 20) as f32,
            quality: 0.6 + 0.01 * (index % 25) as f32,
            is_gradable: index % 25 != 0,
            unfamiliarity: Some(0.9 + 0.01 * (index % 25) as f32),
        })
        .collect()
}

#[test]
fn a_sentence_says_what_rose_and_from_where() {
    let drift = Drift::of(&hundred(41).repeat(3), &hundred(26).repeat(3));
    let mix = of(&drift, DriftFigure::GradeMix);
    assert!(mix.drifted, "{mix:?}");
    assert_eq!(
        mix.words(),
        "The share of moderate or worse grades rose from 26 % to 41 %."
    );
    assert!(drift.has_drifted());
    assert_eq!(
        drift.words(),
        "The 300 photographs screened lately differ from the 300 validation photographs in 1 of 5 figures; \
         what the validation says may not hold for them."
    );
    let quality = of(&drift, DriftFigure::Quality);
    assert_eq!(quality.words(), "The median quality stayed at 0.72.");
}

#[test]
fn every_figure_has_its_sentence() {
    let reference = hundred(26).repeat(3);
    let mut recent = reference.clone();
    for (index, photograph) in recent.iter_mut().enumerate() {
        photograph.entropy += 0.2;
        photograph.quality -= 0.25;
        photograph.is_gradable &= index % 4 != 1;
        photograph.unfamiliarity = photograph.unfamiliarity.map(|one| one + 0.5);
        if photograph.grade == Grade::Moderate && index % 2 == 0 {
            photograph.grade = Grade::Proliferative;
        }
    }
    let drift = Drift::of(&recent, &reference);
    let words: Vec<String> = drift
        .comparisons
        .iter()
        .map(DriftComparison::words)
        .collect();
    assert_eq!(
        words,
        [
            "The share of severe or worse grades rose from 0 % to 13 %.",
            "The median entropy rose from 0.30 to 0.50 nats.",
            "The median quality fell from 0.72 to 0.47.",
            "The share of gradable photographs fell from 96 % to 72 %.",
            "The median unfamiliarity rose from 1.02 to 1.52.",
        ]
    );
    assert!(
        drift
            .comparisons
            .iter()
            .all(|comparison| comparison.drifted)
    );
}

#[test]
fn values_that_spread_otherwise_drift_around_their_median() {
    let reference = hundred(26).repeat(3);
    let mut recent = reference.clone();
    for photograph in &mut recent {
        photograph.quality = 0.72 + 3.0 * (photograph.quality - 0.72);
    }
    let quality = of(&Drift::of(&recent, &reference), DriftFigure::Quality);
    assert!(quality.drifted, "{quality:?}");
    assert!(
        quality
            .words()
            .ends_with("but what lies around it changed."),
        "{}",
        quality.words()
    );
}

#[test]
fn what_may_be_chance_is_said_to_be() {
    let drift = Drift::of(&hundred(30), &hundred(26));
    let mix = of(&drift, DriftFigure::GradeMix);
    assert!(!mix.drifted && !drift.has_drifted());
    assert_eq!(
        mix.words(),
        "The share of moderate or worse grades rose from 26 % to 30 %, which may be chance or too little to matter."
    );
    assert!(
        drift
            .words()
            .contains("are like the 100 validation photographs")
    );
}

#[test]
fn a_trifle_does_not_drift_however_certain() {
    let drift = Drift::of(&hundred(33).repeat(60), &hundred(26).repeat(60));
    let mix = of(&drift, DriftFigure::GradeMix);
    assert!(mix.adjusted_p_value < 1e-9, "{mix:?}");
    assert!((mix.effect - 0.07).abs() < 1e-9);
    assert!(!mix.drifted);
    // A tenth is not a trifle.
    let drift = Drift::of(&hundred(36).repeat(60), &hundred(26).repeat(60));
    assert!(of(&drift, DriftFigure::GradeMix).drifted);
}

#[test]
fn too_few_photographs_say_nothing() {
    let sick = hundred(100);
    let healthy = hundred(0);
    for (recent, reference, enough) in [
        (ENOUGH_PHOTOGRAPHS, 100, true),
        (ENOUGH_PHOTOGRAPHS - 1, 100, false),
        (100, ENOUGH_PHOTOGRAPHS - 1, false),
    ] {
        let drift = Drift::of(&sick[..recent], &healthy[..reference]);
        assert_eq!(drift.enough, enough);
        assert_eq!(drift.has_drifted(), enough);
        assert_eq!(drift.comparisons.len(), 5);
        assert_eq!(drift.words().contains("too few"), !enough);
    }
    for (recent, reference) in [(0, 100), (100, 0), (0, 0)] {
        let drift = Drift::of(&sick[..recent], &healthy[..reference]);
        assert_eq!(drift.comparisons, []);
        assert!(!drift.enough && !drift.has_drifted());
    }
}

#[test]
fn a_figure_that_few_photographs_have_does_not_drift() {
    let reference = hundred(26);
    let unfamiliarity = |known: usize| {
        let mut recent = hundred(26);
        for (index, photograph) in recent.iter_mut().enumerate() {
            photograph.unfamiliarity = (index < known).then_some(5.0);
        }
        Drift::of(&recent, &reference)
    };
    assert!(of(&unfamiliarity(30), DriftFigure::Unfamiliarity).drifted);
    let few = of(&unfamiliarity(29), DriftFigure::Unfamiliarity);
    assert!(few.adjusted_p_value < 1e-9 && !few.drifted);
    let none = unfamiliarity(0);
    let compared: Vec<DriftFigure> = none.comparisons.iter().map(|one| one.what).collect();
    assert_eq!(compared, DriftFigure::ALL[..4]);
}

#[test]
fn numbers_that_are_none_count_as_not_measured() {
    let reference = hundred(26);
    let mut recent = hundred(26);
    for photograph in &mut recent[..20] {
        photograph.entropy = f32::NAN;
        photograph.quality = f32::INFINITY;
    }
    let drift = Drift::of(&recent, &reference);
    for comparison in &drift.comparisons {
        assert!(comparison.p_value.is_finite() && comparison.statistic.is_finite());
        assert!(!comparison.drifted, "{comparison:?}");
    }
    let Summary::Values { mean, .. } = of(&drift, DriftFigure::Quality).recent else {
        panic!("quality is a number");
    };
    assert!((0.6..0.9).contains(&mean));
}

#[test]
fn rare_grades_are_counted_together() {
    let with = |counts: [usize; 5]| -> Vec<Screened> {
        let grades = Grade::ALL.into_iter().zip(counts);
        grades
            .flat_map(|(grade, count)| {
                let photograph = Screened {
                    grade,
                    ..hundred(0)[1]
                };
                std::iter::repeat_n(photograph, count)
            })
            .collect()
    };
    let mix = |recent: [usize; 5], reference: [usize; 5]| {
        of(
            &Drift::of(&with(recent), &with(reference)),
            DriftFigure::GradeMix,
        )
    };
    // Four severe and four proliferative become eight, of which four are expected in each: they join the moderate.
    let joined = mix([30, 10, 10, 4, 0], [30, 10, 10, 0, 4]);
    assert_eq!(
        (joined.test, joined.statistic),
        (DriftTest::ChiSquared, 0.0)
    );
    assert_eq!((joined.effect, joined.p_value), (0.0, 1.0));
    // Six of each stand by themselves.
    let apart = mix([30, 10, 10, 10, 0], [30, 10, 10, 0, 10]);
    assert!((apart.statistic - 20.0).abs() < 1e-9, "{apart:?}");
    // Two classes too rare for chi-squared.
    let rare = mix([50, 0, 0, 0, 4], [50, 0, 0, 0, 0]);
    assert_eq!(rare.test, DriftTest::FisherExact);
    // The probability that the four proliferative of all 104 lie in the first list: C(54, 4) / C(104, 4).
    assert!(
        (rare.statistic - 316_251.0 / 4_598_126.0).abs() < 1e-9,
        "{rare:?}"
    );
    // One grade in both lists: nothing to compare.
    let one = mix([40, 0, 0, 0, 0], [50, 0, 0, 0, 0]);
    assert_eq!((one.p_value, one.effect, one.drifted), (1.0, 0.0, false));
}

#[test]
fn agreement_is_compared_with_the_validation_accuracy() {
    let pairs = |agreed: usize, all: usize| -> Vec<(Grade, Grade)> {
        (0..all)
            .map(|index| {
                let grade = Grade::ALL[index % 5];
                let other = Grade::ALL[(index + 1) % 5];
                (grade, if index < agreed { grade } else { other })
            })
            .collect()
    };
    let points: Vec<ValidationPoint> = (0..290)
        .map(|index| ValidationPoint {
            entropy: 0.5,
            correct: index % 20 >= 3,
        })
        .collect();
    let accuracy = ValidationAccuracy::of(&points);
    assert_eq!((accuracy.photographs, accuracy.right), (290, 245));

    let low = Agreement::of(&pairs(60, 100), Some(accuracy));
    assert!(low.validation.unwrap().drifted);
    assert_eq!(
        low.words(),
        "Reviewers agreed with 60 of 100 grades (60 %); 84 % of the validation photographs were graded right, \
         and the agreement is lower than chance explains."
    );
    let same = Agreement::of(&pairs(83, 100), Some(accuracy));
    assert!(!same.validation.unwrap().drifted);
    assert!(same.words().ends_with("too little to matter."));
    let high = Agreement::of(&pairs(100, 100), Some(accuracy));
    assert_eq!(high.quadratic_weighted_kappa, Some(1.0));
    assert!(high.words().ends_with("higher than chance explains."));
    // Too few reviews to say anything.
    let few = Agreement::of(&pairs(0, 29), Some(accuracy));
    assert!(!few.validation.unwrap().drifted);

    let alone = Agreement::of(&pairs(60, 100), None);
    assert_eq!(alone.validation, None);
    assert_eq!(
        alone.words(),
        "Reviewers agreed with 60 of 100 grades (60 %)."
    );
    let empty = Agreement::of(&[], Some(accuracy));
    assert_eq!((empty.share(), empty.validation), (None, None));
    assert_eq!(empty.words(), "No photograph was reviewed.");
    let unvalidated = Agreement::of(&pairs(60, 100), Some(ValidationAccuracy::of(&[])));
    assert_eq!(unvalidated.validation, None);
}

#[test]
fn documents_give_back_what_was_written() {
    let drift = Drift::of(&hundred(41), &hundred(26));
    let text = serde_json::to_string(&drift).unwrap();
    assert!(text.contains(r#""what":"grade_mix","test":"chi_squared""#));
    assert!(text.contains(r#""recent":{"share":0.96}"#));
    let read: Drift = serde_json::from_str(&text).unwrap();
    assert_eq!(read.comparisons.len(), drift.comparisons.len());
    for (read, written) in read.comparisons.iter().zip(&drift.comparisons) {
        assert_eq!((read.what, read.drifted), (written.what, written.drifted));
        assert!((read.p_value - written.p_value).abs() < 1e-12);
    }
    for figure in DriftFigure::ALL {
        let written = serde_json::to_string(&figure).unwrap();
        assert_eq!(written, format!("\"{}\"", figure.name()));
    }
    let photograph: Screened =
        serde_json::from_str(r#"{"grade":2,"entropy":0.5,"quality":0.5,"is_gradable":true}"#)
            .unwrap();
    assert_eq!(photograph.unfamiliarity, None);
}
