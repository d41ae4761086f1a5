//! The measures of uncertainty agree with SciPy and NumPy; the values are made by
//! `tests/reference/trust_measures.py`.

use std::collections::BTreeMap;

use serde::Deserialize;
use trust::{
    Assessment, Calibration, Logits, Measure, Probabilities, Uncertainty, expected_clinical_cost,
};

#[derive(Deserialize)]
struct Golden {
    refer_at: f32,
    logits: Vec<Vec<Logits>>,
    measures: Vec<BTreeMap<String, f64>>,
}

#[test]
fn all_ten_agree_with_scipy() {
    let golden: Golden = serde_json::from_str(include_str!("../measures.golden.json")).unwrap();
    for (passes, expected) in golden.logits.iter().zip(&golden.measures) {
        let assessment = Assessment::from_passes(passes, &Calibration::Identity).unwrap();
        assert_eq!(expected.len(), Measure::ALL.len());
        for measure in Measure::ALL {
            let actual = f64::from(measure.uncertainty(&assessment, golden.refer_at));
            let expected = expected[measure.name()];
            assert!(
                (actual - expected).abs() < 1e-6,
                "{measure:?}: {actual} is not {expected}"
            );
        }
    }
}

#[test]
fn measures_are_written_by_name_and_said_in_words() {
    for measure in Measure::ALL {
        let text = serde_json::to_string(&measure).unwrap();
        assert_eq!(text, format!("\"{}\"", measure.name()));
        assert!(!measure.words().contains('_'), "{}", measure.words());
    }
}

#[test]
fn a_doubt_between_far_grades_costs_more_than_one_between_neighbours() {
    let cost = |values: [f32; 5]| expected_clinical_cost(&Probabilities::new(values).unwrap());
    assert_eq!(cost([0.0, 0.0, 1.0, 0.0, 0.0]), 0.0);
    // Half a grade wrong, at best: 0.5 / 16.
    assert_eq!(cost([0.5, 0.5, 0.0, 0.0, 0.0]), 0.03125);
    // Moderate is two grades from either: 4 / 16.
    assert_eq!(cost([0.5, 0.0, 0.0, 0.0, 0.5]), 0.25);
}

#[test]
fn assessments_from_before_the_two_newest_figures_are_read() {
    let old = r#"{"std":[0.0,0.0,0.0,0.0,0.0],"entropy":1.0,"expected_entropy":0.5,"mutual_information":0.5}"#;
    let uncertainty: Uncertainty = serde_json::from_str(old).unwrap();
    assert_eq!(uncertainty.entropy_of_entropies, 0.0);
    assert_eq!(uncertainty.variation_ratio, 0.0);
}
