//! From photographs to eyes and patients, and what readers say of them.

use clinic::{
    Actor, ClinicError, EyeAnswer, Laterality, NewPhotograph, NewReview, NewScreening,
    PatientOutcome, ScreeningId, Store, Verdict,
};
use proptest::prelude::*;
use trust::{Decision, Grade};

use crate::support::{Home, accepted, day, finding, on_each_database};

on_each_database!(
    an_eye_is_worth_its_worst_gradable_photograph,
    an_unread_file_clears_nobody_until_both_eyes_are_read,
    reviews_are_kept_and_never_changed,
    what_cannot_be_a_review_is_refused,
);

/// A photograph of an eye, what is answered to it, `None` for not yet.
type Shown = (Option<Laterality>, Option<(Grade, Decision)>);

const RIGHT: Option<Laterality> = Some(Laterality::Right);
const LEFT: Option<Laterality> = Some(Laterality::Left);

async fn screened(store: &Store, photographs: &[Shown]) -> ScreeningId {
    let new = |(place, (laterality, _)): (usize, &Shown)| {
        let mut photograph = accepted(store, "eye.jpg", format!("eye {place}").as_bytes());
        if let NewPhotograph {
            submission: Ok(acceptance),
            ..
        } = &mut photograph
        {
            acceptance.facts.laterality = *laterality;
        }
        photograph
    };
    let screening = NewScreening {
        patient: None,
        laterality: None,
        photographs: photographs.iter().enumerate().map(new).collect(),
        ..NewScreening::default()
    };
    let id = store.submit(Actor::Local, screening).await.unwrap();
    for (_, answer) in photographs {
        let Some((grade, decision)) = *answer else {
            break;
        };
        let job = store.claim_photograph().await.unwrap().unwrap();
        let mut found = finding();
        (found.grade, found.decision) = (grade, decision);
        store
            .finish_grading(job.photograph, &found, &[])
            .await
            .unwrap();
    }
    id
}

async fn an_eye_is_worth_its_worst_gradable_photograph(home: Home) {
    let store = home.open().await;
    let id = screened(
        &store,
        &[
            (RIGHT, Some((Grade::NoDr, Decision::Rescreen))),
            (LEFT, Some((Grade::Mild, Decision::Retake))),
            (RIGHT, Some((Grade::Mild, Decision::Unsure))),
            (LEFT, Some((Grade::NoDr, Decision::Rescreen))),
        ],
    )
    .await;
    let screening = store.screening(id).await.unwrap();
    let [right, left] = screening.eyes().try_into().unwrap();
    assert_eq!((right.laterality, right.photographs), (RIGHT, vec![0, 2]));
    let unsure = EyeAnswer::Graded {
        photograph: 2,
        grade: Grade::Mild,
        decision: Decision::Unsure,
    };
    assert_eq!(right.answer, unsure);
    // What cannot be graded counts for nothing, unless it speaks for referral.
    let healthy = EyeAnswer::Graded {
        photograph: 3,
        grade: Grade::NoDr,
        decision: Decision::Rescreen,
    };
    assert_eq!(left.answer, healthy);
    let outcome = screening.patient_outcome();
    assert_eq!(outcome.decision, Some(Decision::Unsure));
    assert!(outcome.unanswered.is_empty() && !outcome.is_pending);
}

#[tokio::test]
async fn nobody_is_cleared_by_one_eye() {
    let rescreen = Some((Grade::NoDr, Decision::Rescreen));
    let refer = Some((Grade::Severe, Decision::Refer));
    let retake = Some((Grade::NoDr, Decision::Retake));
    let unsure = Some((Grade::Mild, Decision::Unsure));
    let (right, left) = (Laterality::Right, Laterality::Left);
    let referable = Some((Grade::Proliferative, Decision::Retake));
    let cases: [(&[Shown], Option<Decision>, &[Laterality]); 14] = [
        (
            &[(RIGHT, rescreen), (LEFT, rescreen)],
            Some(Decision::Rescreen),
            &[],
        ),
        (&[(RIGHT, rescreen)], None, &[left]),
        (&[(RIGHT, rescreen), (LEFT, retake)], None, &[left]),
        (
            &[(RIGHT, rescreen), (LEFT, retake), (LEFT, rescreen)],
            Some(Decision::Rescreen),
            &[],
        ),
        // What is too poor to be graded but speaks for referral is for a reader, beside one that can be graded.
        (
            &[(RIGHT, rescreen), (LEFT, referable), (LEFT, rescreen)],
            Some(Decision::Unsure),
            &[],
        ),
        (&[(RIGHT, rescreen), (LEFT, referable)], None, &[left]),
        (
            &[(RIGHT, refer), (LEFT, retake)],
            Some(Decision::Refer),
            &[left],
        ),
        (
            &[(RIGHT, unsure), (LEFT, retake)],
            Some(Decision::Unsure),
            &[left],
        ),
        (
            &[(RIGHT, refer), (LEFT, None)],
            Some(Decision::Refer),
            &[left],
        ),
        (&[(RIGHT, rescreen), (LEFT, None)], None, &[left]),
        // Of which eye nobody said it, that may be the same one twice.
        (&[(None, rescreen), (None, rescreen)], None, &[right, left]),
        (&[(RIGHT, rescreen), (None, rescreen)], None, &[left]),
        (&[(None, refer)], Some(Decision::Refer), &[right, left]),
        // Of an eye that nobody named, and nobody saw what it shows.
        (
            &[(RIGHT, rescreen), (LEFT, rescreen), (None, None)],
            None,
            &[],
        ),
    ];
    for (photographs, decision, unanswered) in cases {
        let home = Home::sqlite();
        let store = home.open().await;
        let id = screened(&store, photographs).await;
        let outcome = store.screening(id).await.unwrap().patient_outcome();
        let expected = PatientOutcome {
            decision,
            is_pending: photographs.iter().any(|(_, answer)| answer.is_none()),
            unanswered: unanswered.to_vec(),
            is_unread: false,
        };
        assert_eq!(outcome, expected, "{photographs:?}");
    }
}

#[tokio::test]
async fn a_photograph_that_the_system_failed_at_is_for_a_reader() {
    let home = Home::sqlite();
    let store = home.open().await;
    let rescreen = Some((Grade::NoDr, Decision::Rescreen));
    let shown = [(RIGHT, rescreen), (LEFT, rescreen), (LEFT, None)];
    let id = screened(&store, &shown).await;
    let job = store.claim_photograph().await.unwrap().unwrap();
    let failed = store.fail_grading(job.photograph, "not finite");
    failed.await.unwrap();
    let screening = store.screening(id).await.unwrap();
    let left = screening.eye(LEFT).unwrap().answer;
    assert_eq!(left.decision(), Some(Decision::Unsure));
    assert_eq!(screening.patient_outcome().decision, Some(Decision::Unsure));
}

/// A file that could not be read may have shown what the others do not.
async fn an_unread_file_clears_nobody_until_both_eyes_are_read(home: Home) {
    let store = home.open().await;
    let read = async |id, laterality| {
        let new = NewReview {
            laterality,
            reader: None,
            verdict: Verdict::Agree,
        };
        store.review(Actor::Local, id, new).await.unwrap();
        let screening = store.screening(id).await.unwrap();
        (screening.patient_outcome(), screening.blind_outcome())
    };
    let id = day::submit(&store, None, &[RIGHT, LEFT], &["notes.txt"]).await;
    day::answer(&store, &[day::HEALTHY, day::HEALTHY]).await;
    let outcome = store.screening(id).await.unwrap().patient_outcome();
    assert_eq!((outcome.decision, outcome.is_unread), (None, true));
    assert!(outcome.unanswered.is_empty());
    assert_eq!(read(id, RIGHT).await.0.decision, None);
    let (outcome, blind) = read(id, LEFT).await;
    assert_eq!(outcome.decision, Some(Decision::Rescreen));
    assert!(!outcome.is_unread);
    // A second reader is not told what the first one said.
    assert_eq!((blind.decision, blind.is_unread), (None, true));

    // What is to be done at once is not held up.
    let id = day::submit(&store, None, &[RIGHT, LEFT], &["notes.txt"]).await;
    day::answer(&store, &[day::HEALTHY, day::MODERATE]).await;
    let outcome = store.screening(id).await.unwrap().patient_outcome();
    assert_eq!(outcome.decision, Some(Decision::Refer));
}

/// The last word is the reader's.
#[tokio::test]
async fn an_all_clear_does_not_outlive_a_review() {
    let home = Home::sqlite();
    let store = home.open().await;
    let rescreen = Some((Grade::NoDr, Decision::Rescreen));
    let unsure = Some((Grade::Mild, Decision::Unsure));
    let id = screened(&store, &[(RIGHT, rescreen), (LEFT, unsure)]).await;
    let says = async |laterality, verdict| {
        let new = NewReview {
            laterality,
            reader: None,
            verdict,
        };
        store.review(Actor::Local, id, new).await.unwrap();
        let outcome = store.screening(id).await.unwrap().patient_outcome();
        (outcome.decision, outcome.unanswered)
    };
    let overrule = |grade| Verdict::Overrule {
        grade,
        reason: "seen".into(),
    };
    let (left, cleared) = (Laterality::Left, Some(Decision::Rescreen));
    assert_eq!(says(LEFT, Verdict::Agree).await, (cleared, vec![]));
    assert_eq!(says(LEFT, Verdict::Ungradable).await, (None, vec![left]));
    let referred = (Some(Decision::Refer), vec![]);
    assert_eq!(says(LEFT, overrule(Grade::Moderate)).await, referred);
    assert_eq!(says(LEFT, overrule(Grade::NoDr)).await, (cleared, vec![]));
}

async fn reviews_are_kept_and_never_changed(home: Home) {
    let store = home.open().await;
    let id = screened(
        &store,
        &[
            (RIGHT, Some((Grade::Mild, Decision::Rescreen))),
            (LEFT, Some((Grade::Mild, Decision::Retake))),
        ],
    )
    .await;
    let overrule = Verdict::Overrule {
        grade: Grade::Moderate,
        reason: "haemorrhages below the fovea".into(),
    };
    let given = [
        (RIGHT, Verdict::Agree, Some(Grade::Mild)),
        (RIGHT, overrule.clone(), Some(Grade::Mild)),
        (LEFT, Verdict::Ungradable, None),
        (LEFT, overrule, None),
    ];
    for (laterality, verdict, system_grade) in &given {
        let review = NewReview {
            laterality: *laterality,
            reader: Some("Dr. Müller".into()),
            verdict: verdict.clone(),
        };
        let kept = store.review(Actor::Local, id, review).await.unwrap();
        assert_eq!(kept.system_grade, *system_grade);
    }
    store.close().await.unwrap();
    let store = home.open().await;
    let reviews = store.screening(id).await.unwrap().reviews;
    let kept = reviews.iter().map(|review| {
        (
            review.laterality,
            review.verdict.clone(),
            review.system_grade,
        )
    });
    assert_eq!(kept.collect::<Vec<_>>(), given);
    assert!(
        reviews
            .iter()
            .all(|review| review.reader.as_deref() == Some("Dr. Müller"))
    );
    // The last word on each eye; where there is no grade of the system there is nothing to compare.
    let bundle = finding().bundle;
    let pairs = store.reviewed_lately(&bundle, 10).await.unwrap();
    assert_eq!(pairs, [(Grade::Mild, Grade::Moderate)]);
    assert_eq!(store.reviewed_lately(&bundle, 2).await.unwrap(), []);
    assert_eq!(store.recent(1).await.unwrap()[0].reviews, reviews);
}

async fn what_cannot_be_a_review_is_refused(home: Home) {
    let store = home.open().await;
    let id = screened(
        &store,
        &[
            (RIGHT, Some((Grade::Mild, Decision::Rescreen))),
            (LEFT, None),
        ],
    )
    .await;
    let review = async |laterality, verdict| {
        let new = NewReview {
            laterality,
            reader: None,
            verdict,
        };
        store.review(Actor::Local, id, new).await.unwrap_err()
    };
    let overrule = |grade, reason: &str| Verdict::Overrule {
        grade,
        reason: reason.into(),
    };
    let pending = review(LEFT, Verdict::Agree).await;
    assert!(
        matches!(pending, ClinicError::NotReviewable { .. }),
        "{pending}"
    );
    let no_eye = review(None, Verdict::Agree).await;
    assert!(
        matches!(no_eye, ClinicError::Unknown { what: "eye" }),
        "{no_eye}"
    );
    let no_reason = review(RIGHT, overrule(Grade::Severe, " ")).await;
    assert!(
        matches!(no_reason, ClinicError::NotReviewable { .. }),
        "{no_reason}"
    );
    let same = review(RIGHT, overrule(Grade::Mild, "I think so")).await;
    assert!(matches!(same, ClinicError::NotReviewable { .. }), "{same}");
    assert!(store.screening(id).await.unwrap().reviews.is_empty());
}

fn shown() -> impl Strategy<Value = Shown> {
    let laterality = prop_oneof![Just(None), Just(RIGHT), Just(LEFT)];
    let grade = (0_usize..5).prop_map(|index| Grade::ALL[index]);
    let decision = (0_usize..4).prop_map(|index| Decision::ALL[index]);
    (laterality, (grade, decision).prop_map(Some))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// No eye is better than any of its gradable photographs, and no patient better than any eye.
    #[test]
    fn nothing_is_made_better_by_joining(photographs in proptest::collection::vec(shown(), 1..7)) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let screening = runtime.block_on(async {
            let home = Home::sqlite();
            let store = home.open().await;
            let id = screened(&store, &photographs).await;
            store.screening(id).await.unwrap()
        });
        let gradable = photographs.iter().filter_map(|(laterality, answer)| {
            answer.filter(|(_, decision)| *decision != Decision::Retake).map(|answer| (*laterality, answer))
        });
        for (laterality, (grade, decision)) in gradable {
            let EyeAnswer::Graded { grade: of_eye, decision: decided, .. } = screening.eye(laterality).unwrap().answer else {
                panic!("the eye is gradable");
            };
            prop_assert!(of_eye >= grade);
            if decision == Decision::Refer {
                prop_assert_eq!(decided, Decision::Refer);
                prop_assert_eq!(screening.patient_outcome().decision, Some(Decision::Refer));
            }
        }
        if screening.patient_outcome().decision == Some(Decision::Rescreen) {
            for eye in screening.eyes() {
                prop_assert!(matches!(eye.answer.decision(), None | Some(Decision::Rescreen)));
            }
            for laterality in [RIGHT, LEFT] {
                let answer = screening.eye(laterality).unwrap().answer;
                prop_assert_eq!(answer.decision(), Some(Decision::Rescreen));
            }
        }
    }
}
