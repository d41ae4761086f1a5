//! Fitted calibrations and calibration errors agree with scikit-learn, SciPy and NumPy; the values are made by
//! `tests/reference/trust_calibration.py`.

use serde::Deserialize;
use trust::metrics::{self, Binning, CalibrationError, ReliabilityBin};
use trust::{Calibration, Grade, Logits};

#[derive(Deserialize)]
struct Golden {
    grades: Vec<Grade>,
    logits: Vec<Vec<Logits>>,
    vector: GoldenVector,
    isotonic: Vec<Vec<[f64; 5]>>,
    top_grade: GoldenFigures,
    referable: GoldenFigures,
}

#[derive(Deserialize)]
struct GoldenVector {
    scale: [f64; 5],
    bias: [f64; 5],
}

#[derive(Deserialize)]
struct GoldenFigures {
    outcomes: Vec<(f32, bool)>,
    equal_mass_accuracy: Vec<f64>,
    equal_mass_confidence: Vec<f64>,
    equal_width_accuracy: Vec<f64>,
    equal_width_confidence: Vec<f64>,
    negative_log_likelihood: f64,
    equal_width: GoldenErrors,
    equal_mass: GoldenErrors,
}

#[derive(Deserialize)]
struct GoldenErrors {
    error: f64,
    perfect_mean: f64,
    perfect_lower: f64,
    perfect_upper: f64,
    debiased: f64,
    brier: GoldenBrier,
}

#[derive(Deserialize)]
struct GoldenBrier {
    score: f64,
    reliability: f64,
    resolution: f64,
    uncertainty: f64,
    within_bins: f64,
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("../calibration.golden.json")).unwrap()
}

#[track_caller]
fn assert_close(actual: f64, expected: f64, tolerance: f64) {
    assert!(
        (actual - expected).abs() <= tolerance,
        "{actual} is not {expected} within {tolerance}"
    );
}

#[test]
fn the_fitted_scales_and_biases_are_those_of_scipy() {
    let golden = golden();
    let Calibration::Vector { scale, bias } =
        Calibration::fit_vector(&golden.logits, &golden.grades).unwrap()
    else {
        panic!("scales and biases were to be fitted");
    };
    for grade in 0..5 {
        assert_close(scale[grade], golden.vector.scale[grade], 1e-4);
        assert_close(bias[grade], golden.vector.bias[grade], 1e-4);
    }
}

#[test]
fn the_fitted_maps_are_those_of_scikit_learn() {
    let golden = golden();
    let calibration = Calibration::fit_isotonic(&golden.logits, &golden.grades).unwrap();
    for (passes, expected) in golden.logits.iter().zip(&golden.isotonic) {
        for (logits, expected) in passes.iter().zip(expected) {
            let probabilities = calibration.calibrate(logits).unwrap();
            for grade in Grade::ALL {
                let actual = f64::from(probabilities.get(grade));
                assert_close(actual, expected[grade.index()], 1e-6);
            }
        }
    }
}

#[test]
fn bins_are_those_of_scikit_learn() {
    let golden = golden();
    for figures in [&golden.top_grade, &golden.referable] {
        for (binning, accuracy, confidence) in [
            (
                Binning::EqualMass,
                &figures.equal_mass_accuracy,
                &figures.equal_mass_confidence,
            ),
            (
                Binning::EqualWidth,
                &figures.equal_width_accuracy,
                &figures.equal_width_confidence,
            ),
        ] {
            let bins = metrics::binary_reliability_bins(&figures.outcomes, binning);
            let filled: Vec<&ReliabilityBin> =
                bins.iter().filter(|bin| bin.photographs > 0).collect();
            assert_eq!(filled.len(), accuracy.len());
            for (index, bin) in filled.into_iter().enumerate() {
                assert_close(bin.accuracy, accuracy[index], 1e-12);
                assert_close(bin.confidence, confidence[index], 1e-12);
            }
        }
    }
}

#[test]
fn calibration_errors_agree_with_numpy_and_the_exact_distribution() {
    let golden = golden();
    for figures in [&golden.top_grade, &golden.referable] {
        let outcomes = &figures.outcomes;
        let raw = metrics::binary_expected_calibration_error(outcomes).unwrap();
        assert_close(raw, figures.equal_width.error, 1e-12);
        let raw = metrics::adaptive_calibration_error(outcomes).unwrap();
        assert_close(raw, figures.equal_mass.error, 1e-12);
        for (binning, expected) in [
            (Binning::EqualWidth, &figures.equal_width),
            (Binning::EqualMass, &figures.equal_mass),
        ] {
            let debiased = metrics::debiased_calibration_error(outcomes, binning).unwrap();
            assert_close(debiased, expected.debiased, 1e-9);
            let error = CalibrationError::of(outcomes, binning, 7).unwrap();
            assert_close(error.raw, expected.error, 1e-12);
            // Thousand draws of a figure whose deviation is about 0.03; the expected values are all but exact.
            assert_close(error.perfect_mean, expected.perfect_mean, 0.004);
            assert_close(error.perfect_lower, expected.perfect_lower, 0.01);
            assert_close(error.perfect_upper, expected.perfect_upper, 0.01);
            let corrected = (error.raw - error.perfect_mean).max(0.0);
            assert_close(error.corrected, corrected, 1e-15);
        }
    }
}

#[test]
fn the_brier_score_and_its_parts_agree_with_scikit_learn() {
    let golden = golden();
    for figures in [&golden.top_grade, &golden.referable] {
        let outcomes = &figures.outcomes;
        let loss = metrics::binary_negative_log_likelihood(outcomes).unwrap();
        assert_close(loss, figures.negative_log_likelihood, 1e-9);
        for (binning, expected) in [
            (Binning::EqualWidth, &figures.equal_width.brier),
            (Binning::EqualMass, &figures.equal_mass.brier),
        ] {
            let actual = metrics::brier_decomposition(outcomes, binning).unwrap();
            assert_close(actual.score, expected.score, 1e-12);
            assert_close(actual.reliability, expected.reliability, 1e-12);
            assert_close(actual.resolution, expected.resolution, 1e-12);
            assert_close(actual.uncertainty, expected.uncertainty, 1e-12);
            assert_close(actual.within_bins, expected.within_bins, 1e-12);
        }
    }
}
