//! Metrics, uncertainty and calibration agree with scikit-learn, SciPy and NumPy; the values are made by
//! `tests/reference/trust_metrics.py`.

use serde::Deserialize;
use trust::metrics::{self, ConfusionMatrix};
use trust::{Assessment, Calibration, Grade, Logits, Probabilities};

#[derive(Deserialize)]
struct Golden {
    grades: Vec<Grade>,
    logits: Vec<Vec<Logits>>,
    probabilities: Vec<Probabilities>,
    scores: Vec<f32>,
    quadratic_weighted_kappa: f64,
    accuracy: f64,
    confusion_matrix: ConfusionMatrix,
    recall_by_grade: [f64; 5],
    roc_auc: f64,
    sensitivity_at_90_specificity: f64,
    sensitivity_at_50_specificity: f64,
    expected_calibration_error: f64,
    brier_score: f64,
    negative_log_likelihood: f64,
    mean_of_passes: Vec<[f64; 5]>,
    std: Vec<[f64; 5]>,
    entropy: Vec<f64>,
    expected_entropy: Vec<f64>,
    mutual_information: Vec<f64>,
    temperature: f64,
    vector: GoldenVector,
}

#[derive(Deserialize)]
struct GoldenVector {
    scale: [f64; 5],
    bias: [f64; 5],
    probabilities: [f64; 5],
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("../metrics.golden.json")).unwrap()
}

#[track_caller]
fn assert_close(actual: f64, expected: f64, tolerance: f64) {
    assert!(
        (actual - expected).abs() <= tolerance,
        "{actual} is not {expected} within {tolerance}"
    );
}

#[test]
fn metrics_agree_with_scikit_learn() {
    let golden = golden();
    let grades = || golden.grades.iter().copied();
    let matrix = metrics::confusion_matrix(
        grades().zip(golden.probabilities.iter().map(Probabilities::grade)),
    );
    assert_eq!(matrix, golden.confusion_matrix);
    assert_close(
        metrics::quadratic_weighted_kappa(&matrix).unwrap(),
        golden.quadratic_weighted_kappa,
        1e-12,
    );
    assert_close(metrics::accuracy(&matrix).unwrap(), golden.accuracy, 1e-12);
    for (recall, expected) in metrics::recall_by_grade(&matrix)
        .into_iter()
        .zip(golden.recall_by_grade)
    {
        assert_close(recall.unwrap(), expected, 1e-12);
    }
    let scores: Vec<(f32, bool)> = golden
        .scores
        .iter()
        .copied()
        .zip(grades().map(Grade::is_referable))
        .collect();
    assert_close(metrics::roc_auc(&scores).unwrap(), golden.roc_auc, 1e-12);
    let sensitivity =
        |specificity| metrics::sensitivity_at_specificity(&scores, specificity).unwrap();
    assert_close(
        sensitivity(0.9),
        golden.sensitivity_at_90_specificity,
        1e-12,
    );
    assert_close(
        sensitivity(0.5),
        golden.sensitivity_at_50_specificity,
        1e-12,
    );
    let predictions: Vec<(Probabilities, Grade)> =
        golden.probabilities.iter().copied().zip(grades()).collect();
    let error = metrics::expected_calibration_error(&predictions).unwrap();
    assert_close(error, golden.expected_calibration_error, 1e-9);
    assert_close(
        metrics::brier_score(&predictions).unwrap(),
        golden.brier_score,
        1e-9,
    );
    assert_close(
        metrics::negative_log_likelihood(&predictions).unwrap(),
        golden.negative_log_likelihood,
        1e-6,
    );
}

#[test]
fn uncertainty_agrees_with_scipy() {
    let golden = golden();
    for (index, passes) in golden.logits.iter().enumerate() {
        let assessment = Assessment::from_passes(passes, &Calibration::Identity).unwrap();
        let uncertainty = assessment.uncertainty;
        for grade in Grade::ALL {
            let probability = f64::from(assessment.probabilities.get(grade));
            assert_close(
                probability,
                golden.mean_of_passes[index][grade.index()],
                1e-7,
            );
            assert_close(
                f64::from(uncertainty.std[grade.index()]),
                golden.std[index][grade.index()],
                1e-7,
            );
        }
        assert_close(f64::from(uncertainty.entropy), golden.entropy[index], 1e-6);
        assert_close(
            f64::from(uncertainty.expected_entropy),
            golden.expected_entropy[index],
            1e-6,
        );
        assert_close(
            f64::from(uncertainty.mutual_information),
            golden.mutual_information[index],
            1e-6,
        );
    }
}

#[test]
fn the_fitted_temperature_is_that_of_scipy() {
    let golden = golden();
    let Calibration::Temperature { temperature } =
        Calibration::fit_temperature(&golden.logits, &golden.grades).unwrap()
    else {
        panic!("a temperature was to be fitted");
    };
    assert_close(temperature, golden.temperature, 1e-4 * golden.temperature);
}

#[test]
fn vector_scaling_agrees_with_scipy() {
    let golden = golden();
    let calibration = Calibration::Vector {
        scale: golden.vector.scale,
        bias: golden.vector.bias,
    };
    let probabilities = calibration.calibrate(&golden.logits[0][0]).unwrap();
    for (actual, expected) in probabilities
        .as_array()
        .iter()
        .zip(golden.vector.probabilities)
    {
        assert_close(f64::from(*actual), expected, 1e-7);
    }
}
