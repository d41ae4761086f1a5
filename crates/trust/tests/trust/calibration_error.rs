//! What calibration errors say of probabilities that are known to be right or wrong.

use proptest::collection::vec;
use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use trust::metrics::{
    self, Binning, CALIBRATION_BINS, CalibrationError, adaptive_calibration_error,
    binary_expected_calibration_error, debiased_calibration_error,
};
use trust::{Grade, Probabilities};

const BINNINGS: [Binning; 2] = [Binning::EqualWidth, Binning::EqualMass];

/// Outcomes that happen as often as `truth` says of the probability.
fn drawn(count: usize, seed: u64, truth: impl Fn(f64) -> f64) -> Vec<(f32, bool)> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    (0..count)
        .map(|_| {
            let probability: f32 = random.random();
            let happened = random.random::<f64>() < truth(f64::from(probability));
            (probability, happened)
        })
        .collect()
}

#[test]
fn perfect_probabilities_have_an_error_that_is_only_that_of_chance() {
    let (mut outside, mut corrected) = (0, 0.0);
    for seed in 0..100 {
        let outcomes = drawn(300, seed, |probability| probability);
        let error = CalibrationError::of(&outcomes, Binning::EqualMass, seed).unwrap();
        assert!(error.raw > 0.03, "few photographs never look perfect");
        assert!(
            error.perfect_lower < error.perfect_mean && error.perfect_mean < error.perfect_upper
        );
        outside += usize::from(error.raw < error.perfect_lower || error.raw > error.perfect_upper);
        corrected += error.corrected / 100.0;
    }
    assert!(outside <= 12, "{outside} of 100 intervals of 95 % missed");
    assert!(corrected < 0.01, "{corrected}");
}

#[test]
fn a_known_error_is_found() {
    // Over probabilities p spread evenly, 0.8 p (1 - p) has a mean of 0.1333 and a root mean square of 0.1461.
    let truth = |probability: f64| probability - 0.8 * probability * (1.0 - probability);
    let outcomes = drawn(20_000, 1, truth);
    for binning in BINNINGS {
        let error = CalibrationError::of(&outcomes, binning, 1).unwrap();
        assert!((error.raw - 0.1333).abs() < 0.01, "{}", error.raw);
        assert!(error.raw > error.perfect_upper && error.corrected > 0.11);
        let root = debiased_calibration_error(&outcomes, binning).unwrap();
        assert!((root - 0.1461).abs() < 0.01, "{root}");
    }
}

#[test]
fn the_debiased_error_is_the_same_with_few_photographs() {
    // Everything happens half the time: |p - 1/2| has a mean square of 1 / 12, over however few photographs. Undebiased, the
    // scatter of four outcomes a bin would add 1 / 16 to it.
    for few in [60, 600] {
        let squares = (0..400).map(|seed| {
            let outcomes = drawn(few, seed, |_| 0.5);
            let root = debiased_calibration_error(&outcomes, Binning::EqualMass);
            root.unwrap().powi(2)
        });
        let found = squares.sum::<f64>() / 400.0;
        assert!((found - 1.0 / 12.0).abs() < 0.01, "{few}: {found}");
    }
}

#[test]
fn figures_without_photographs_are_not_defined() {
    assert_eq!(binary_expected_calibration_error(&[]), None);
    assert_eq!(adaptive_calibration_error(&[]), None);
    assert_eq!(metrics::binary_brier_score(&[]), None);
    assert_eq!(metrics::binary_negative_log_likelihood(&[]), None);
    for binning in BINNINGS {
        assert_eq!(CalibrationError::of(&[], binning, 0), None);
        assert_eq!(debiased_calibration_error(&[], binning), None);
        assert_eq!(metrics::brier_decomposition(&[], binning), None);
    }
    assert_eq!(
        metrics::binary_reliability_bins(&[], Binning::EqualMass),
        []
    );
    let empty = metrics::binary_reliability_bins(&[], Binning::EqualWidth);
    assert_eq!(empty.len(), CALIBRATION_BINS);
    assert!(empty.iter().all(|bin| bin.accuracy_interval().is_none()));
}

#[test]
fn predictions_become_outcomes() {
    let predictions = [
        (
            Probabilities::new([0.5, 0.25, 0.25, 0.0, 0.0]).unwrap(),
            Grade::NoDr,
        ),
        (
            Probabilities::new([0.0, 0.25, 0.25, 0.25, 0.25]).unwrap(),
            Grade::Mild,
        ),
    ];
    let top = metrics::top_grade_outcomes(&predictions);
    assert_eq!(top, [(0.5, true), (0.25, false)]);
    let referable = metrics::referable_outcomes(&predictions);
    assert_eq!(referable, [(0.25, false), (0.75, false)]);
    assert_eq!(
        binary_expected_calibration_error(&top),
        metrics::expected_calibration_error(&predictions)
    );
    let score = metrics::binary_brier_score(&referable).unwrap();
    assert!((score - (0.0625 + 0.5625) / 2.0).abs() < 1e-12);
}

#[test]
fn the_interval_of_a_bin_is_wilsons() {
    let outcomes: Vec<(f32, bool)> = (0..10).map(|index| (0.3, index < 3)).collect();
    let bins = metrics::binary_reliability_bins(&outcomes, Binning::EqualMass);
    assert_eq!(bins.len(), 1, "equal probabilities stay together");
    // Wilson's interval of 3 in 10, by SciPy's `binomtest(3, 10).proportion_ci(method="wilson")`.
    let (lower, upper) = bins[0].accuracy_interval().unwrap();
    assert!((lower - 0.107_791_267_4).abs() < 1e-9 && (upper - 0.603_221_852_5).abs() < 1e-9);
}

fn outcomes() -> impl Strategy<Value = Vec<(f32, bool)>> {
    // Twentieths, so that probabilities tie, 0 and 1 among them.
    let probability = (0_u8..=20).prop_map(|twentieths| f32::from(twentieths) / 20.0);
    vec((probability, any::<bool>()), 1..80)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn bins_hold_every_photograph_once(outcomes in outcomes()) {
        for binning in BINNINGS {
            let bins = metrics::binary_reliability_bins(&outcomes, binning);
            prop_assert!(bins.len() <= CALIBRATION_BINS);
            prop_assert_eq!(bins.iter().map(|bin| bin.photographs).sum::<usize>(), outcomes.len());
            prop_assert_eq!((bins[0].lower, bins[bins.len() - 1].upper), (0.0, 1.0));
            prop_assert!(bins.windows(2).all(|pair| pair[0].upper == pair[1].lower));
            for bin in bins.iter().filter(|bin| bin.photographs > 0) {
                prop_assert!(bin.lower <= bin.confidence && bin.confidence <= bin.upper);
                let (lower, upper) = bin.accuracy_interval().unwrap();
                prop_assert!(lower <= bin.accuracy + 1e-12 && bin.accuracy <= upper + 1e-12);
            }
        }
    }

    #[test]
    fn the_order_of_the_outcomes_does_not_matter(outcomes in outcomes(), seed in any::<u64>()) {
        let mut reversed = outcomes.clone();
        reversed.reverse();
        for binning in BINNINGS {
            prop_assert_eq!(CalibrationError::of(&outcomes, binning, seed), CalibrationError::of(&reversed, binning, seed));
            prop_assert_eq!(debiased_calibration_error(&outcomes, binning), debiased_calibration_error(&reversed, binning));
        }
    }

    #[test]
    fn errors_stay_in_their_range(outcomes in outcomes(), seed in any::<u64>()) {
        for binning in BINNINGS {
            let error = CalibrationError::of(&outcomes, binning, seed).unwrap();
            prop_assert!((0.0..=1.0).contains(&error.raw) && (0.0..=error.raw).contains(&error.corrected));
            prop_assert!(error.perfect_lower <= error.perfect_upper + 1e-12);
            let debiased = debiased_calibration_error(&outcomes, binning).unwrap();
            // The debiased square is what is left of the plain one, which no bin's gap exceeds.
            let largest = error.bins.iter().map(|bin| (bin.accuracy - bin.confidence).abs()).fold(0.0, f64::max);
            prop_assert!((0.0..=largest + 1e-12).contains(&debiased));
        }
    }

    #[test]
    fn the_parts_of_the_brier_score_sum_to_it(outcomes in outcomes()) {
        for binning in BINNINGS {
            let parts = metrics::brier_decomposition(&outcomes, binning).unwrap();
            let sum = parts.reliability - parts.resolution + parts.uncertainty + parts.within_bins;
            prop_assert!((sum - parts.score).abs() < 1e-12);
            prop_assert_eq!(Some(parts.score), metrics::binary_brier_score(&outcomes));
            prop_assert!(parts.reliability >= 0.0 && parts.resolution >= 0.0);
            prop_assert!(parts.resolution <= parts.uncertainty + 1e-12 && parts.uncertainty <= 0.25);
        }
    }

    #[test]
    fn certain_and_right_costs_nothing(happened in vec(any::<bool>(), 1..40)) {
        let outcomes: Vec<(f32, bool)> = happened.iter().map(|happened| (f32::from(u8::from(*happened)), *happened)).collect();
        let error = CalibrationError::of(&outcomes, Binning::EqualMass, 0).unwrap();
        prop_assert_eq!((error.raw, error.corrected, error.perfect_upper), (0.0, 0.0, 0.0));
        prop_assert_eq!(metrics::binary_brier_score(&outcomes), Some(0.0));
        prop_assert_eq!(metrics::binary_negative_log_likelihood(&outcomes), Some(0.0));
    }
}
