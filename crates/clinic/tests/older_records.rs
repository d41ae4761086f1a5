//! Records of earlier versions still read.

#![allow(clippy::unwrap_used, reason = "a test may stop")]

use clinic::Finding;
use trust::{Decision, Grade};

/// As the first version wrote a finding: without the rule's name, prediction set and unfamiliarity.
const FIRST_VERSION: &str = r#"{
    "grade": 2,
    "probabilities": [0.05, 0.1, 0.6, 0.2, 0.05],
    "uncertainty": {
        "std": [0.01, 0.02, 0.03, 0.02, 0.01],
        "entropy": 1.1,
        "expected_entropy": 1.0,
        "mutual_information": 0.1
    },
    "decision": "refer",
    "reason": "The probability of referable retinopathy is high.",
    "bundle": "0123456789abcdef",
    "passes": 8
}"#;

#[test]
fn a_finding_of_the_first_version_reads_and_claims_nothing_that_was_not_known_then() {
    let finding: Finding = serde_json::from_str(FIRST_VERSION).unwrap();
    assert_eq!(
        (finding.grade, finding.decision, finding.passes),
        (Grade::Moderate, Decision::Refer, 8)
    );
    assert_eq!(finding.rule, None);
    assert_eq!(finding.prediction_set, None);
    assert_eq!(finding.prediction_words, None);
    assert_eq!(finding.unfamiliarity, None);
}

#[test]
fn a_finding_comes_back_as_it_was_written() {
    let mut finding: Finding = serde_json::from_str(FIRST_VERSION).unwrap();
    finding.rule = Some(trust::Rule::Uncertain);
    finding.prediction_set = Some(trust::PredictionSet::new(Grade::Mild, Grade::Severe).unwrap());
    finding.prediction_words = Some("between mild and severe, 90 %".to_owned());
    finding.unfamiliarity = Some(1.375);
    let written = serde_json::to_string(&finding).unwrap();
    assert_eq!(serde_json::from_str::<Finding>(&written).unwrap(), finding);
}
