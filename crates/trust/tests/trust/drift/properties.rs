//! What holds for all lists of photographs.

use proptest::collection::vec;
use proptest::prelude::*;
use trust::Grade;
use trust::drift::{
    Drift, DriftComparison, DriftFigure, DriftTest, SIGNIFICANCE, Screened, Summary,
};

use super::of;

prop_compose! {
    /// Of few values, so that many tie.
    fn photograph()(
        grade in 0_usize..5,
        entropy in 0_u8..40,
        quality in 0_u8..=50,
        is_gradable in any::<bool>(),
        unfamiliarity in proptest::option::weighted(0.9, 10_u8..60),
    ) -> Screened {
        Screened {
            grade: Grade::ALL[grade],
            entropy: f32::from(entropy) / 25.0,
            quality: f32::from(quality) / 50.0,
            is_gradable,
            unfamiliarity: unfamiliarity.map(|step| f32::from(step) / 20.0),
        }
    }
}

fn photographs() -> impl Strategy<Value = Vec<Screened>> {
    vec(photograph(), 1..120)
}

/// The definition: the largest distance between the cumulative shares at any of the values.
fn distance(first: &[f32], second: &[f32]) -> f64 {
    let at_most = |values: &[f32], limit: f32| {
        values.iter().filter(|value| **value <= limit).count() as f64 / values.len() as f64
    };
    first
        .iter()
        .chain(second)
        .map(|limit| (at_most(first, *limit) - at_most(second, *limit)).abs())
        .fold(0.0, f64::max)
}

fn qualities(photographs: &[Screened]) -> Vec<f32> {
    photographs.iter().map(|one| one.quality).collect()
}

fn assert_ranges(comparison: &DriftComparison) -> Result<(), TestCaseError> {
    prop_assert!((0.0..=1.0).contains(&comparison.p_value), "{comparison:?}");
    prop_assert!((comparison.p_value..=1.0).contains(&comparison.adjusted_p_value));
    prop_assert!((0.0..=1.0 + 1e-12).contains(&comparison.effect));
    prop_assert!(comparison.statistic >= 0.0 && comparison.statistic.is_finite());
    prop_assert!(!comparison.drifted || comparison.adjusted_p_value < SIGNIFICANCE);
    let words = comparison.words();
    prop_assert!(words.ends_with('.') && words.contains(|letter: char| letter.is_ascii_digit()));
    Ok(())
}

proptest! {
    #[test]
    fn every_number_keeps_its_range(recent in photographs(), reference in photographs()) {
        let drift = Drift::of(&recent, &reference);
        for comparison in &drift.comparisons {
            assert_ranges(comparison)?;
            if let Summary::Grades(shares) = comparison.recent {
                prop_assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-12);
            }
        }
        prop_assert_eq!(drift.enough, recent.len() >= 30 && reference.len() >= 30);
        prop_assert!(drift.enough || !drift.has_drifted());
        let quality = of(&drift, DriftFigure::Quality);
        let expected = distance(&qualities(&recent), &qualities(&reference));
        prop_assert!((quality.statistic - expected).abs() < 1e-12);
    }

    #[test]
    fn the_correction_keeps_the_order_of_the_p_values(recent in photographs(), reference in photographs()) {
        let mut comparisons = Drift::of(&recent, &reference).comparisons;
        comparisons.sort_by(|left, right| left.p_value.total_cmp(&right.p_value));
        let count = comparisons.len() as f64;
        prop_assert!(comparisons.is_sorted_by(|left, right| left.adjusted_p_value <= right.adjusted_p_value));
        prop_assert_eq!(comparisons[0].adjusted_p_value, (count * comparisons[0].p_value).min(1.0));
        for comparison in comparisons {
            prop_assert!(comparison.adjusted_p_value <= (count * comparison.p_value).min(1.0) + 1e-15);
        }
    }

    #[test]
    fn the_order_of_the_photographs_does_not_matter(
        recent in photographs(), reference in photographs(), turn in 0_usize..120,
    ) {
        let turned = |photographs: &[Screened]| {
            let mut turned = photographs.to_vec();
            turned.reverse();
            turned.rotate_left(turn % photographs.len());
            turned
        };
        prop_assert_eq!(Drift::of(&recent, &reference), Drift::of(&turned(&recent), &turned(&reference)));
    }

    #[test]
    fn it_does_not_matter_for_the_tests_which_list_is_which(recent in photographs(), reference in photographs()) {
        let (forth, back) = (Drift::of(&recent, &reference), Drift::of(&reference, &recent));
        for (forth, back) in forth.comparisons.iter().zip(&back.comparisons) {
            prop_assert_eq!((forth.what, forth.test, forth.drifted), (back.what, back.test, back.drifted));
            prop_assert!((forth.p_value - back.p_value).abs() < 1e-9);
            prop_assert!((forth.effect - back.effect).abs() < 1e-12);
            prop_assert_eq!(forth.recent, back.reference);
        }
    }

    #[test]
    fn a_list_does_not_drift_from_itself(photographs in photographs(), times in 1_usize..5) {
        let drift = Drift::of(&photographs.repeat(times), &photographs);
        prop_assert!(!drift.has_drifted());
        for comparison in drift.comparisons {
            prop_assert!(comparison.effect < 1e-12);
            prop_assert!(comparison.p_value > 1.0 - 1e-6, "{comparison:?}");
            if comparison.test == DriftTest::KolmogorovSmirnov {
                prop_assert_eq!(comparison.p_value, 1.0);
            }
        }
    }

    #[test]
    fn lists_shifted_far_enough_drift(photographs in vec(photograph(), 60..160), sign in any::<bool>()) {
        // Every number moves beyond the range of the others.
        let shift = if sign { 4.0 } else { -4.0 };
        let shifted: Vec<Screened> = photographs
            .iter()
            .map(|photograph| Screened {
                grade: Grade::ALL[usize::from(sign) * 4],
                entropy: photograph.entropy + shift,
                quality: photograph.quality + shift,
                is_gradable: photograph.is_gradable,
                unfamiliarity: photograph.unfamiliarity.map(|unfamiliarity| unfamiliarity + shift),
            })
            .collect();
        let drift = Drift::of(&shifted, &photographs);
        for comparison in &drift.comparisons {
            prop_assert_eq!(comparison.drifted, comparison.what != DriftFigure::GradableShare, "{:?}", comparison);
        }
    }
}
