//! Records of earlier versions still read.

use std::path::Path;

use clinic::{
    Circumstances, ExplanationState, Finding, Laterality, PhotographState, Records, Stage, Store,
};
use sea_orm::{ConnectionTrait, Database};
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
const FIRST_TABLES: &str = include_str!("../earlier/first.sql");

const FACTS: &str = r#"{
    "width": 4000,
    "height": 3000,
    "media_type": "image/jpeg",
    "field_of_view": { "center": [2000.0, 1500.0], "radius": 1400.0 },
    "quality": { "gradable": true, "score": 0.8, "reasons": [] },
    "laterality": null
}"#;

/// What the second version added.
const SECOND_TABLES: &str = include_str!("../earlier/second.sql");

const SCREENING: &str = "6f2c7a52-3c36-4a0a-9d8e-0a4c1d6b7e01";
const GRADED: &str = "6f2c7a52-3c36-4a0a-9d8e-0a4c1d6b7e02";
const QUEUED: &str = "6f2c7a52-3c36-4a0a-9d8e-0a4c1d6b7e03";

/// A database as an earlier version wrote it, with a graded, an unfinished and a rejected photograph.
async fn write_earlier(folder: &Path, tables: &[&str]) {
    let path = folder.join("records.sqlite");
    let address = format!("sqlite://{}?mode=rwc", path.display());
    let database = Database::connect(address).await.unwrap();
    for statements in tables {
        database.execute_unprepared(statements).await.unwrap();
    }
    let hash = "ab".repeat(32);
    let rows = format!(
        "INSERT INTO screening (id, created, patient, laterality)
            VALUES ('{SCREENING}', '2026-01-02T03:04:05Z', 'P-17', 'left');
         INSERT INTO photograph (id, screening, file_name, state, original, cropped, standardized, facts, finding)
            VALUES ('{GRADED}', '{SCREENING}', 'left.jpg', 'graded', '{hash}', '{hash}', '{hash}', '{FACTS}', '{FIRST_VERSION}');
         INSERT INTO photograph (id, screening, file_name, state, attempts, original, cropped, standardized, facts)
            VALUES ('{QUEUED}', '{SCREENING}', 'right.jpg', 'grading', 1, '{hash}', '{hash}', '{hash}', '{FACTS}');
         INSERT INTO photograph (id, screening, file_name, state, error)
            VALUES ('6f2c7a52-3c36-4a0a-9d8e-0a4c1d6b7e04', '{SCREENING}', 'notes.txt', 'rejected', 'no picture');
         INSERT INTO explanation (id, photograph, method, target, state, map, height, width, empty)
            VALUES ('{GRADED}', '{GRADED}', 'combined', '2', 'ready', '{hash}', 2, 3, 0);
         PRAGMA user_version = {};",
        tables.len()
    );
    database.execute_unprepared(&rows).await.unwrap();
    database.close().await.unwrap();
    // Its files are gone; the store looks only for those that no row names.
}

#[tokio::test]
async fn databases_of_earlier_versions_open_with_all_that_they_hold() {
    for tables in [&[FIRST_TABLES][..], &[FIRST_TABLES, SECOND_TABLES][..]] {
        let folder = tempfile::tempdir().unwrap();
        write_earlier(folder.path(), tables).await;
        let store = Store::open(folder.path(), &Records::default())
            .await
            .unwrap();
        holds_all(&store).await;
        store.close().await.unwrap();
        // Once only.
        let store = Store::open(folder.path(), &Records::default())
            .await
            .unwrap();
        holds_all(&store).await;
        let job = store.claim_photograph().await.unwrap().unwrap();
        assert_eq!(job.photograph.to_string(), QUEUED);
    }
}

async fn holds_all(store: &Store) {
    let screening = store.screening(SCREENING.parse().unwrap()).await.unwrap();
    assert_eq!(screening.patient.as_deref(), Some("P-17"));
    assert_eq!(screening.laterality, Some(Laterality::Left));
    assert_eq!(
        screening.created,
        time::macros::datetime!(2026-01-02 03:04:05 UTC)
    );
    let [graded, queued, rejected] = screening.photographs.as_slice() else {
        panic!("expected three photographs");
    };
    assert_eq!(screening.circumstances, Circumstances::default());
    let facts = &graded.accepted().unwrap().facts;
    assert_eq!(
        (facts.seen_laterality, facts.laterality_checked),
        (None, false)
    );
    let Some(Stage::Graded {
        finding,
        explanations,
    }) = graded.stage()
    else {
        panic!("expected an answer");
    };
    let written: Finding = serde_json::from_str(FIRST_VERSION).unwrap();
    assert_eq!(*finding, written);
    assert!(matches!(
        explanations[0].state,
        ExplanationState::Ready {
            empty: false,
            scale: None,
            examination: None,
            ..
        }
    ));
    assert_eq!(queued.stage(), Some(&Stage::Queued));
    assert!(
        matches!(&rejected.state, PhotographState::Rejected { error } if error == "no picture")
    );
}
