//! Photographs that are in no record, joined to eyes and a patient by the rules of the records.

use clinic::{
    Eye, EyeAnswer, Finding, JoinedPhotograph, Laterality, PatientOutcome, SeenLaterality, Stage,
};
use trust::{Decision, Grade};

use crate::support::finding;

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

fn joined(photographs: &[(Option<Laterality>, Stage)]) -> (Vec<Eye>, PatientOutcome) {
    let seen = photographs.iter().map(|(eye, stage)| (*eye, None, stage));
    joined_as_seen(seen)
}

/// Photographs with the eye that is stated and the one that the optic disc speaks for.
fn joined_as_seen<'a>(
    photographs: impl Iterator<Item = (Option<Laterality>, Option<SeenLaterality>, &'a Stage)>,
) -> (Vec<Eye>, PatientOutcome) {
    let photographs = photographs.map(|(laterality, seen_laterality, stage)| JoinedPhotograph {
        laterality,
        is_disputed: clinic::speaks_against(laterality, None, seen_laterality),
        stage: stage.clone(),
    });
    clinic::joined(&photographs.collect::<Vec<_>>(), false)
}

#[test]
fn nobody_is_cleared_where_an_optic_disc_tells_another_eye() {
    let healthy = graded(Grade::NoDr, Decision::Rescreen);
    let worse = graded(Grade::Severe, Decision::Refer);
    let seen = |eye, confidence| Some(SeenLaterality { eye, confidence });
    let (right, left) = (Laterality::Right, Laterality::Left);
    let of = |photographs: &[(Option<Laterality>, Option<SeenLaterality>, &Stage)]| {
        let (eyes, outcome) = joined_as_seen(photographs.iter().copied());
        let disputed: Vec<usize> = eyes.into_iter().flat_map(|eye| eye.disputed).collect();
        (disputed, outcome.decision)
    };
    let agreeing = (LEFT, seen(left, 1.0), &healthy);
    let cleared = Some(Decision::Rescreen);
    assert_eq!(
        of(&[agreeing, (RIGHT, seen(right, 1.0), &healthy)]),
        (vec![], cleared)
    );
    // Not sure enough to be acted on.
    assert_eq!(
        of(&[agreeing, (RIGHT, seen(left, 0.949), &healthy)]),
        (vec![], cleared)
    );
    assert_eq!(
        of(&[agreeing, (RIGHT, seen(left, 0.95), &healthy)]),
        (vec![1], None)
    );
    // Also beside one that nobody disputes.
    let beside = [
        agreeing,
        (RIGHT, None, &healthy),
        (RIGHT, seen(left, 1.0), &healthy),
    ];
    assert_eq!(of(&beside), (vec![2], None));
    // What is to be done at once is not held up.
    let referred = (vec![1], Some(Decision::Refer));
    assert_eq!(of(&[agreeing, (RIGHT, seen(left, 1.0), &worse)]), referred);
    // The disc alone says which eye it is to nobody.
    let unstated = [agreeing, (None, seen(right, 1.0), &healthy)];
    assert_eq!(of(&unstated), (vec![], None));
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

#[test]
fn nobody_is_cleared_where_a_photograph_could_not_be_read() {
    let of = |grade, decision| JoinedPhotograph {
        laterality: LEFT,
        is_disputed: false,
        stage: graded(grade, decision),
    };
    let right = JoinedPhotograph {
        laterality: RIGHT,
        ..of(Grade::NoDr, Decision::Rescreen)
    };
    let decided = |left, is_unread| {
        let (_, outcome) = clinic::joined(&[right.clone(), left], is_unread);
        outcome.decision
    };
    let healthy = || of(Grade::NoDr, Decision::Rescreen);
    assert_eq!(decided(healthy(), false), Some(Decision::Rescreen));
    assert_eq!(decided(healthy(), true), None);
    let severe = of(Grade::Severe, Decision::Refer);
    assert_eq!(decided(severe, true), Some(Decision::Refer));
}
