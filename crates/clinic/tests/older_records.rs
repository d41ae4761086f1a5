//! Records of earlier versions still read.

#![allow(clippy::unwrap_used, reason = "a test may stop")]

use clinic::{ExplanationState, Finding, PhotographState, Stage, Store};
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

/// The tables of the first version.
const FIRST_TABLES: &str = include_str!("../src/schema.sql");

const FACTS: &str = r#"{
    "width": 4000,
    "height": 3000,
    "media_type": "image/jpeg",
    "field_of_view": { "center": [2000.0, 1500.0], "radius": 1400.0 },
    "quality": { "gradable": true, "score": 0.8, "reasons": [] },
    "laterality": null
}"#;

#[test]
fn a_database_of_the_first_version_opens_and_its_explanations_have_no_regions() {
    let folder = tempfile::tempdir().unwrap();
    let (screening, other) = (
        "6f2c7a52-3c36-4a0a-9d8e-0a4c1d6b7e01",
        "6f2c7a52-3c36-4a0a-9d8e-0a4c1d6b7e02",
    );
    let hash = "ab".repeat(32);
    let database = rusqlite::Connection::open(folder.path().join("records.sqlite")).unwrap();
    database.execute_batch(FIRST_TABLES).unwrap();
    database.pragma_update(None, "user_version", 1).unwrap();
    database
        .execute(
            "INSERT INTO screening (id, created) VALUES (?1, '2026-01-02T03:04:05Z')",
            [screening],
        )
        .unwrap();
    database
        .execute(
            "INSERT INTO photograph (id, screening, file_name, state, original, cropped, standardized, facts, finding)
             VALUES (?1, ?2, 'left.jpg', 'graded', ?3, ?3, ?3, ?4, ?5)",
            [other, screening, &hash, FACTS, FIRST_VERSION],
        )
        .unwrap();
    database
        .execute(
            "INSERT INTO explanation (id, photograph, method, target, state, map, height, width, empty)
             VALUES (?1, ?1, 'combined', '2', 'ready', ?2, 2, 3, 0)",
            [other, &hash],
        )
        .unwrap();
    drop(database);

    let store = Store::open(folder.path()).unwrap();
    let screening = store.screening(screening.parse().unwrap()).unwrap();
    let PhotographState::Accepted(photograph) = &screening.photographs[0].state else {
        panic!("expected an accepted photograph");
    };
    let Stage::Graded { explanations, .. } = &photograph.stage else {
        panic!("expected an answer");
    };
    assert!(matches!(
        explanations[0].state,
        ExplanationState::Ready {
            empty: false,
            scale: None,
            examination: None,
            ..
        }
    ));
}
