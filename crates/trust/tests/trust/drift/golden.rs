//! The values made by `tests/reference/drift.py`.

use serde::Deserialize;
use trust::Grade;
use trust::drift::{
    Agreement, Drift, DriftFigure, DriftTest, ENOUGH_PHOTOGRAPHS, SIGNIFICANCE, SMALLEST_EFFECT,
    Screened, Summary, ValidationAccuracy,
};

#[derive(Deserialize)]
struct Golden {
    cases: Vec<GoldenCase>,
    agreements: Vec<GoldenAgreement>,
}

type GoldenPhotograph = (Grade, f32, f32, bool, Option<f32>);

#[derive(Deserialize)]
struct GoldenCase {
    recent: Vec<GoldenPhotograph>,
    reference: Vec<GoldenPhotograph>,
    comparisons: Vec<GoldenComparison>,
}

#[derive(Deserialize)]
struct GoldenComparison {
    what: DriftFigure,
    test: DriftTest,
    statistic: Option<f64>,
    effect: f64,
    p_value: f64,
    p_value_of_scipy: Option<f64>,
    adjusted_p_value: f64,
    mean: Option<[f64; 2]>,
    median: Option<[f64; 2]>,
}

#[derive(Deserialize)]
struct GoldenAgreement {
    pairs: Vec<(Grade, Grade)>,
    photographs: usize,
    right: usize,
    agreed: usize,
    quadratic_weighted_kappa: f64,
    test: DriftTest,
    statistic: Option<f64>,
    effect: f64,
    p_value: f64,
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("../../drift.golden.json")).unwrap()
}

fn screened(photographs: &[GoldenPhotograph]) -> Vec<Screened> {
    photographs
        .iter()
        .map(
            |(grade, entropy, quality, is_gradable, unfamiliarity)| Screened {
                grade: *grade,
                entropy: *entropy,
                quality: *quality,
                is_gradable: *is_gradable,
                unfamiliarity: *unfamiliarity,
            },
        )
        .collect()
}

/// Within a billionth of the larger number, or of 1e-6.
#[track_caller]
fn assert_close(actual: f64, expected: f64) {
    let tolerance = 1e-9 * expected.abs().max(1e-6);
    assert!(
        (actual - expected).abs() <= tolerance,
        "{actual} is not {expected}"
    );
}

#[test]
fn tests_and_their_correction_agree_with_scipy() {
    let mut drifted = 0;
    for case in golden().cases {
        let drift = Drift::of(&screened(&case.recent), &screened(&case.reference));
        assert_eq!(
            (drift.recent, drift.reference),
            (case.recent.len(), case.reference.len())
        );
        let enough = case.recent.len() >= ENOUGH_PHOTOGRAPHS;
        assert_eq!(drift.enough, enough);
        assert_eq!(drift.comparisons.len(), case.comparisons.len());
        for (actual, expected) in drift.comparisons.iter().zip(&case.comparisons) {
            assert_eq!((actual.what, actual.test), (expected.what, expected.test));
            if let Some(statistic) = expected.statistic {
                assert_close(actual.statistic, statistic);
            }
            assert_close(actual.effect, expected.effect);
            assert_close(actual.p_value, expected.p_value);
            assert_close(actual.adjusted_p_value, expected.adjusted_p_value);
            let matters =
                expected.adjusted_p_value < SIGNIFICANCE && expected.effect >= SMALLEST_EFFECT;
            assert_eq!(actual.drifted, enough && matters);
            drifted += usize::from(actual.drifted);
        }
    }
    assert_eq!(drifted, 6, "cases of both kinds");
}

#[test]
fn the_limit_with_its_correction_is_as_good_as_the_distribution_for_as_many_photographs() {
    for case in golden().cases {
        let drift = Drift::of(&screened(&case.recent), &screened(&case.reference));
        for (actual, expected) in drift.comparisons.iter().zip(&case.comparisons) {
            if let Some(exact) = expected.p_value_of_scipy {
                let tolerance = 0.1 * exact + 1e-6;
                let difference = (actual.p_value - exact).abs();
                assert!(difference < tolerance, "{} is not {exact}", actual.p_value);
            }
        }
    }
}

#[test]
fn summaries_agree_with_numpy() {
    for case in golden().cases {
        let (recent, reference) = (screened(&case.recent), screened(&case.reference));
        let drift = Drift::of(&recent, &reference);
        for (actual, expected) in drift.comparisons.iter().zip(&case.comparisons) {
            for (list, summary) in [actual.recent, actual.reference].into_iter().enumerate() {
                match summary {
                    Summary::Values { mean, median } => {
                        assert_close(mean, expected.mean.unwrap()[list]);
                        assert_close(median, expected.median.unwrap()[list]);
                    }
                    Summary::Grades(shares) => {
                        assert_eq!(actual.what, DriftFigure::GradeMix);
                        assert_close(shares.iter().sum(), 1.0);
                    }
                    Summary::Share(share) => {
                        let photographs = [&recent, &reference][list];
                        let gradable = photographs.iter().filter(|one| one.is_gradable).count();
                        assert_eq!(actual.what, DriftFigure::GradableShare);
                        assert_close(share, gradable as f64 / photographs.len() as f64);
                    }
                }
            }
        }
    }
}

#[test]
fn agreement_agrees_with_scipy_and_scikit_learn() {
    for expected in golden().agreements {
        let accuracy = ValidationAccuracy {
            photographs: expected.photographs,
            right: expected.right,
        };
        let agreement = Agreement::of(&expected.pairs, Some(accuracy));
        assert_eq!(agreement.reviewed, expected.pairs.len());
        assert_eq!(agreement.agreed, expected.agreed);
        assert_close(
            agreement.quadratic_weighted_kappa.unwrap(),
            expected.quadratic_weighted_kappa,
        );
        let comparison = agreement.validation.unwrap();
        assert_eq!(comparison.accuracy, accuracy);
        assert_eq!(comparison.test, expected.test);
        if let Some(statistic) = expected.statistic {
            assert_close(comparison.statistic, statistic);
        }
        assert_close(comparison.effect, expected.effect);
        assert_close(comparison.p_value, expected.p_value);
        let matters = expected.p_value < SIGNIFICANCE && expected.effect >= SMALLEST_EFFECT;
        assert_eq!(comparison.drifted, matters);
    }
}
