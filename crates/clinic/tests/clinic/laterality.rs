//! Which eye a photograph shows: what is stated, what the optic disc disputes, and who settles it.

use clinic::{
    Action, Actor, ClinicError, Filter, Laterality, NewReview, NewScreening, Order, Page,
    PatientDecision, PhotographFacts, Screening, ScreeningId, SeenLaterality, Store, Verdict,
    words,
};
use language::Language;
use trust::Decision;

use crate::support::day::{HEALTHY, LEFT, RIGHT, answer, submit};
use crate::support::{Home, accepted, on_each_database};

on_each_database!(
    a_disputed_eye_clears_nobody_until_somebody_states_it,
    a_file_that_stands_for_both_eyes_clears_nobody,
    a_photograph_moves_only_between_eyes_that_nobody_has_read,
    a_review_and_a_statement_at_the_same_moment_do_not_cross,
);

const ON_THE_RIGHT: Option<SeenLaterality> = Some(SeenLaterality {
    eye: Laterality::Right,
    confidence: 0.99,
});

type Shown = (Option<Laterality>, Option<SeenLaterality>);

/// A screening of healthy photographs.
async fn screened(store: &Store, photographs: &[Shown]) -> ScreeningId {
    let new = |(place, (laterality, seen)): (usize, &Shown)| {
        let mut photograph = accepted(store, "eye.jpg", format!("eye {place}").as_bytes());
        if let Ok(acceptance) = &mut photograph.submission {
            acceptance.facts.laterality = *laterality;
            acceptance.facts.seen_laterality = *seen;
        }
        photograph
    };
    let taken = photographs.iter().enumerate().map(new);
    let screening = NewScreening {
        photographs: taken.collect(),
        ..NewScreening::default()
    };
    let id = store.submit(Actor::Local, screening).await.unwrap();
    answer(store, &vec![HEALTHY; photographs.len()]).await;
    id
}

/// What is to be done, by the records and by the worklist.
async fn decided(store: &Store, id: ScreeningId) -> Option<Decision> {
    let decision = store.screening(id).await.unwrap().patient_outcome();
    let everything = Filter::default();
    let worklist = store.worklist(&everything, Order::default(), Page::First, 100);
    let lines = worklist.await.unwrap().lines;
    let line = lines.iter().find(|line| line.screening == id).unwrap();
    assert_eq!(line.decision, PatientDecision::of(&decision));
    assert_eq!(line.blind_decision, line.decision);
    decision.decision
}

async fn facts(store: &Store, id: ScreeningId, place: usize) -> PhotographFacts {
    let screening = store.screening(id).await.unwrap();
    screening.photographs[place]
        .accepted()
        .unwrap()
        .facts
        .clone()
}

fn review(laterality: Option<Laterality>) -> NewReview {
    NewReview {
        laterality,
        reader: None,
        verdict: Verdict::Agree,
    }
}

async fn a_disputed_eye_clears_nobody_until_somebody_states_it(home: Home) {
    let store = home.open().await;
    let id = screened(&store, &[(RIGHT, ON_THE_RIGHT), (LEFT, ON_THE_RIGHT)]).await;
    assert_eq!(decided(&store, id).await, None);
    let left = store.screening(id).await.unwrap().eye(LEFT).unwrap();
    assert_eq!((left.photographs, left.disputed), (vec![1], vec![1]));

    // Also where readers agree with every grade, who may not have noticed.
    for eye in [RIGHT, LEFT] {
        store.review(Actor::Local, id, review(eye)).await.unwrap();
    }
    let outcome = store.screening(id).await.unwrap().patient_outcome();
    assert_eq!(outcome.decision, None);

    // It stays where it is, so that nothing stands in the way.
    let actor = Actor::Account("6f2c7a52-3c36-4a0a-9d8e-0a4c1d6b7e01".parse().unwrap());
    store
        .state_eye(actor, id, 1, Laterality::Left)
        .await
        .unwrap();
    let stated = facts(&store, id, 1).await;
    assert!(stated.laterality_checked && !stated.is_disputed());
    assert_eq!(stated.told_laterality(), Some(Laterality::Right));
    let outcome = store.screening(id).await.unwrap().patient_outcome();
    assert_eq!(outcome.decision, Some(Decision::Rescreen));
    let entries = store.access().audit(None, 1).await.unwrap();
    assert_eq!(entries[0].action, Action::EyeStated.name());
    assert_eq!(entries[0].actor, actor.to_string());
    let subject = format!("screening {id} photograph 1");
    assert_eq!(entries[0].subject.as_ref(), Some(&subject));
}

/// The same file as both eyes shows one of them twice, whoever stated which.
async fn a_file_that_stands_for_both_eyes_clears_nobody(home: Home) {
    let store = home.open().await;
    let eye = |laterality| {
        let mut photograph = accepted(&store, "eye.jpg", b"the same eye");
        if let Ok(acceptance) = &mut photograph.submission {
            acceptance.facts.laterality = laterality;
        }
        photograph
    };
    let screening = NewScreening {
        photographs: vec![eye(RIGHT), eye(LEFT)],
        ..NewScreening::default()
    };
    let id = store.submit(Actor::Local, screening).await.unwrap();
    answer(&store, &[HEALTHY, HEALTHY]).await;
    assert_eq!(decided(&store, id).await, None);
    let screening = store.screening(id).await.unwrap();
    assert_eq!(screening.eye(RIGHT).unwrap().disputed, [0]);
    assert_eq!(screening.eye(LEFT).unwrap().disputed, [1]);
    let doubt = |place: usize, screening: &Screening| {
        let accepted = screening.photographs[place].accepted().unwrap();
        words::eye_doubt(Language::English, screening, accepted)
    };
    assert_eq!(
        doubt(0, &screening),
        Some("The same file was handed in as the other eye too: check before acting.")
    );

    // Whoever states one of them again as it was changes nothing; as the other, it shows one eye, and nobody saw the second.
    let state = async |place, eye| store.state_eye(Actor::Local, id, place, eye).await;
    state(1, Laterality::Left).await.unwrap();
    assert_eq!(decided(&store, id).await, None);
    state(1, Laterality::Right).await.unwrap();
    assert_eq!(decided(&store, id).await, None);
    let screening = store.screening(id).await.unwrap();
    let right = screening.eye(RIGHT).unwrap();
    assert!(right.disputed.is_empty() && right.photographs == [0, 1]);
    assert_eq!(doubt(0, &screening), None);
    assert_eq!(screening.patient_outcome().unanswered, [Laterality::Left]);
}

async fn a_photograph_moves_only_between_eyes_that_nobody_has_read(home: Home) {
    let store = home.open().await;
    let state = async |id, place, eye| store.state_eye(Actor::Local, id, place, eye).await;
    let (right, left) = (Laterality::Right, Laterality::Left);
    // An eye known by its disc alone is not known.
    let id = screened(&store, &[(LEFT, None), (None, ON_THE_RIGHT)]).await;
    assert_eq!(decided(&store, id).await, None);
    let screening = store.screening(id).await.unwrap();
    assert_eq!(screening.eye(None).unwrap().photographs, [1]);
    state(id, 1, right).await.unwrap();
    assert_eq!(decided(&store, id).await, Some(Decision::Rescreen));
    state(id, 1, left).await.unwrap();
    assert_eq!(decided(&store, id).await, None);
    state(id, 1, right).await.unwrap();

    store.review(Actor::Local, id, review(LEFT)).await.unwrap();
    for (place, eye) in [(1, left), (0, right)] {
        let refused = state(id, place, eye).await;
        assert!(matches!(refused, Err(ClinicError::EyeRead)));
    }
    let screening = store.screening(id).await.unwrap();
    assert!(!screening.can_be_stated(1, left) && screening.can_be_stated(1, right));
    assert_eq!(screening.eye(RIGHT).unwrap().photographs, [1]);
    // A file that could not be read, none, and another screening.
    let unread = submit(&store, None, &[LEFT], &["notes.txt"]).await;
    for (id, place) in [(unread, 1), (id, 2), (id, u32::MAX)] {
        let refused = state(id, place, left).await;
        assert!(matches!(refused, Err(ClinicError::Unknown { .. })));
    }
    let unknown = "00000000-0000-4000-8000-000000000000".parse().unwrap();
    let refused = state(unknown, 0, left).await;
    assert!(matches!(refused, Err(ClinicError::Unknown { .. })));
    // Nothing that was refused is in the audit: two submissions, three statements, a review.
    assert_eq!(store.access().audit(None, 100).await.unwrap().len(), 6);
}

async fn a_review_and_a_statement_at_the_same_moment_do_not_cross(home: Home) {
    let store = home.open().await;
    for _ in 0..12 {
        let id = screened(&store, &[(None, ON_THE_RIGHT)]).await;
        let (reviewed, stated) = tokio::join!(
            store.review(Actor::Local, id, review(None)),
            store.state_eye(Actor::Local, id, 0, Laterality::Right)
        );
        let eye = facts(&store, id, 0).await.laterality;
        match (reviewed, stated) {
            (Ok(_), Err(ClinicError::EyeRead)) => assert_eq!(eye, None),
            (Err(ClinicError::Unknown { .. }), Ok(())) => assert_eq!(eye, RIGHT),
            other => panic!("the review or the statement went first: {other:?}"),
        }
    }
}

#[test]
fn facts_of_earlier_versions_dispute_nothing() {
    let mut facts = crate::support::facts();
    facts.seen_laterality = ON_THE_RIGHT;
    assert!(facts.is_disputed());
    let mut written = serde_json::to_value(&facts).unwrap();
    let earlier = written.as_object_mut().unwrap();
    earlier.remove("seen_laterality").unwrap();
    earlier.remove("laterality_checked").unwrap();
    let read: PhotographFacts = serde_json::from_value(written).unwrap();
    assert_eq!(
        (read.seen_laterality, read.laterality_checked),
        (None, false)
    );
    assert!(!read.is_disputed());
}
