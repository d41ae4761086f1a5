//! Photographs that are in no record, joined to eyes and a patient by the rules of the records.

#![allow(clippy::unwrap_used, reason = "a test may stop")]

#[allow(unused_imports, unused_macros, reason = "no database is needed here")]
mod support;

use clinic::{EyeAnswer, Finding, Laterality, Stage, joined};
use trust::{Decision, Grade};

use support::finding;

const RIGHT: Option<Laterality> = Some(Laterality::Right);
const LEFT: Option<Laterality> = Some(Laterality::Left);

fn graded(grade: Grade, decision: Decision) -> Stage {
    Stage::Graded {
        finding: Finding {
            grade,
            decision,
            ..finding()
        },
        explanations: Vec::new(),
    }
}

#[test]
fn both_eyes_clear_a_patient_and_the_worse_one_decides() {
    let healthy = || graded(Grade::NoDr, Decision::Rescreen);
    let (eyes, outcome) = joined(&[(LEFT, healthy()), (RIGHT, healthy())]);
    assert_eq!(eyes.len(), 2);
    assert_eq!(eyes[0].laterality, RIGHT);
    assert_eq!(outcome.decision, Some(Decision::Rescreen));
    assert!(outcome.unanswered.is_empty() && !outcome.is_pending);

    let worse = graded(Grade::Severe, Decision::Refer);
    let (eyes, outcome) = joined(&[(LEFT, healthy()), (RIGHT, healthy()), (LEFT, worse)]);
    assert_eq!(outcome.decision, Some(Decision::Refer));
    assert_eq!(
        eyes[1].answer,
        EyeAnswer::Graded {
            photograph: 2,
            grade: Grade::Severe,
            decision: Decision::Refer
        }
    );
}

#[test]
fn nobody_is_cleared_by_one_eye_or_by_eyes_of_which_nobody_said_which() {
    let healthy = || graded(Grade::NoDr, Decision::Rescreen);
    let poor = graded(Grade::NoDr, Decision::Retake);
    let (_, outcome) = joined(&[(LEFT, healthy())]);
    assert_eq!(outcome.decision, None);
    assert_eq!(outcome.unanswered, [Laterality::Right]);
    let (_, outcome) = joined(&[(LEFT, healthy()), (RIGHT, poor)]);
    assert_eq!(outcome.decision, None);
    assert_eq!(outcome.unanswered, [Laterality::Right]);
    let (eyes, outcome) = joined(&[(None, healthy()), (None, healthy())]);
    assert_eq!((eyes.len(), outcome.decision), (1, None));
    let (eyes, outcome) = joined(&[]);
    assert!(eyes.is_empty());
    assert_eq!((outcome.decision, outcome.unanswered.len()), (None, 2));

    let failed = Stage::Failed {
        error: "not finite".into(),
    };
    let (_, outcome) = joined(&[(LEFT, healthy()), (RIGHT, healthy()), (RIGHT, failed)]);
    assert_eq!(outcome.decision, Some(Decision::Unsure));
}
