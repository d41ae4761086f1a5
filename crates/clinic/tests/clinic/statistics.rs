//! What a period came to, and what readers have settled.

use clinic::{
    Finding, PatientDecision, Period, ReadingState, Store, Verdict, WorkState, lately,
    settled_reviews,
};
use time::{Duration, OffsetDateTime};
use trust::{Decision, Grade};

use crate::support::day::{
    HEALTHY, LEFT, MODERATE, RIGHT, UNSURE, answer, overrule, read, screened, submit,
};
use crate::support::{Home, finding, on_each_database};

on_each_database!(
    a_period_is_counted,
    readers_are_compared_by_what_they_said_first,
    settled_eyes_are_something_to_learn_from,
    answers_of_another_bundle_do_not_count,
);

async fn a_period_is_counted(home: Home) {
    let store = home.open().await;
    screened(&store, "P-1", HEALTHY).await;
    screened(&store, "P-2", MODERATE).await;
    let blurred = submit(&store, None, &[RIGHT, LEFT], &["notes.txt"]).await;
    answer(&store, &[(Grade::Severe, Decision::Retake), HEALTHY]).await;
    submit(&store, None, &[None], &["notes.txt"]).await;
    read(&store, blurred, "A", &Verdict::Ungradable).await;

    let statistics = store.statistics(Period::default()).await.unwrap();
    assert_eq!(statistics.screenings, 4);
    let today = OffsetDateTime::now_utc().date();
    let counted: usize = statistics.days.iter().map(|day| day.screenings).sum();
    assert_eq!(counted, 4);
    // At midnight there are two days.
    assert!(statistics.days.iter().any(|day| day.date == today));
    let photographs: usize = statistics.days.iter().map(|day| day.photographs).sum();
    assert_eq!(photographs, 7 + 2);
    assert_eq!(statistics.rejected_photographs, 2);
    assert_eq!(
        (
            statistics.graded_photographs,
            statistics.gradable_photographs
        ),
        (6, 5)
    );
    // The reader withdrew the grade of the blurred one's other eye.
    assert_eq!(
        (statistics.grades, statistics.without_grade),
        ([1, 0, 1, 0, 0], 2)
    );
    let decisions: Vec<usize> = statistics
        .decisions
        .iter()
        .map(|(_, count)| *count)
        .collect();
    assert_eq!(statistics.decisions[0], (PatientDecision::Refer, 1));
    assert_eq!(decisions, [1, 0, 1, 1, 1]);
    assert!(statistics.states.contains(&(WorkState::Waiting, 1)));
    assert!(statistics.readings.contains(&(ReadingState::ReadOnce, 1)));
    let to_answer = statistics.to_answer.unwrap();
    assert_eq!(to_answer.screenings, 3);
    assert!((0.0..60.0).contains(&to_answer.median) && to_answer.median <= to_answer.ninetieth);
    assert_eq!(statistics.to_review.unwrap().screenings, 1);

    let tomorrow = Period {
        since: Some(OffsetDateTime::now_utc() + Duration::days(1)),
        before: None,
    };
    let none = store.statistics(tomorrow).await.unwrap();
    assert_eq!(
        (none.screenings, none.to_answer, none.with_system.pairs()),
        (0, None, 0)
    );
}

async fn readers_are_compared_by_what_they_said_first(home: Home) {
    let store = home.open().await;
    let agreed = screened(&store, "P-1", UNSURE).await;
    read(&store, agreed, "A", &Verdict::Agree).await;
    read(&store, agreed, "B", &Verdict::Agree).await;
    let differed = screened(&store, "P-2", HEALTHY).await;
    read(&store, differed, "A", &overrule(Grade::Severe)).await;
    read(&store, differed, "B", &Verdict::Agree).await;
    // What is said again, or by a third, is said with knowledge of the others.
    read(&store, differed, "b ", &overrule(Grade::Severe)).await;
    let ungradable = screened(&store, "P-3", HEALTHY).await;
    read(&store, ungradable, "A", &Verdict::Ungradable).await;
    read(&store, ungradable, "B", &Verdict::Agree).await;

    let statistics = store.statistics(Period::default()).await.unwrap();
    let readers = &statistics.between_readers;
    assert_eq!(
        (readers.pairs(), readers.equal(), readers.patients),
        (4, 2, 2)
    );
    assert_eq!(readers.matrix[3][0], 2);
    assert_eq!(readers.gradability_differs, 2);
    let kappa = readers.kappa.unwrap();
    assert!(
        kappa.lower <= kappa.value && kappa.value <= kappa.upper,
        "{kappa:?}"
    );
    let system = &statistics.with_system;
    // Four words on the first, four on the second, two graded ones on the third.
    assert_eq!((system.pairs(), system.equal()), (10, 8));
    assert_eq!((system.gradability_differs, system.patients), (2, 3));
    let again = store.statistics(Period::default()).await.unwrap();
    assert_eq!(again, statistics);
}

async fn settled_eyes_are_something_to_learn_from(home: Home) {
    let store = home.open().await;
    let once = screened(&store, "P-1", UNSURE).await;
    read(&store, once, "A", &overrule(Grade::Moderate)).await;
    let settled = submit(&store, None, &[RIGHT, RIGHT], &[]).await;
    answer(&store, &[HEALTHY, (Grade::Severe, Decision::Retake)]).await;
    for reader in ["A", "B"] {
        read_right(&store, settled, reader, &Verdict::Agree).await;
    }
    let differ = screened(&store, "P-2", HEALTHY).await;
    read(&store, differ, "A", &Verdict::Agree).await;
    read(&store, differ, "B", &overrule(Grade::Severe)).await;
    let ungradable = screened(&store, "P-3", HEALTHY).await;
    read(&store, ungradable, "A", &Verdict::Ungradable).await;
    screened(&store, "P-4", HEALTHY).await;
    // The same photographs once more, read otherwise.
    let again = screened(&store, "P-1", UNSURE).await;
    read(&store, again, "A", &overrule(Grade::Severe)).await;

    // The store is open meanwhile, as that of a running server is.
    let found = settled_reviews(home.path(), &home.records).await.unwrap();
    assert_eq!(
        (found.disputed_eyes, found.ungradable_eyes, found.copies),
        (2, 2, 2)
    );
    let said: Vec<_> = (found.photographs.iter())
        .map(|each| (each.screening, each.grade, each.system_grade, each.readers))
        .collect();
    assert_eq!(
        said,
        [
            (settled, Grade::NoDr, Grade::NoDr, 2),
            (again, Grade::Severe, Grade::Mild, 1),
            (again, Grade::Severe, Grade::Mild, 1),
        ]
    );
    let [first, second, _] = found.photographs.as_slice() else {
        panic!("expected three photographs");
    };
    assert_eq!(
        (first.patient, first.reading),
        (None, ReadingState::Settled)
    );
    assert_eq!(
        (second.laterality, second.reading),
        (RIGHT, ReadingState::ReadOnce)
    );
    assert!(second.patient.is_some());
    assert_eq!(found.read(&first.original).await.unwrap(), b"None 0");
}

async fn answers_of_another_bundle_do_not_count(home: Home) {
    let store = home.open().await;
    let earlier = screened(&store, "P-1", HEALTHY).await;
    read(&store, earlier, "A", &Verdict::Agree).await;
    let later = submit(&store, Some("P-2"), &[RIGHT], &[]).await;
    let job = store.claim_photograph().await.unwrap().unwrap();
    let found = Finding {
        bundle: "another".into(),
        ..finding()
    };
    let finished = store.finish_grading(job.photograph, &found, &[]);
    finished.await.unwrap();
    read_right(&store, later, "A", &overrule(Grade::Severe)).await;

    // However few are asked for, the newer ones of another bundle do not take their places.
    let bundle = finding().bundle;
    for (most, count) in [(10, 2), (1, 1)] {
        let photographs = store.screened_lately(&bundle, most).await.unwrap();
        assert_eq!(photographs.len(), count);
        assert!(photographs.iter().all(|each| each.finding.bundle == bundle));
        let reviewed = store.reviewed_lately(&bundle, most).await.unwrap();
        assert_eq!(reviewed, vec![(Grade::NoDr, Grade::NoDr); count]);
    }
    let (photographs, reviewed) = lately(home.path(), &home.records, "another", 10)
        .await
        .unwrap();
    assert_eq!(photographs.len(), 1);
    assert_eq!(photographs[0].finding.bundle, "another");
    assert_eq!(reviewed, [(found.grade, Grade::Severe)]);
}

async fn read_right(store: &Store, id: clinic::ScreeningId, reader: &str, verdict: &Verdict) {
    let new = clinic::NewReview {
        laterality: RIGHT,
        reader: Some(reader.to_owned()),
        verdict: verdict.clone(),
    };
    store.review(clinic::Actor::Local, id, new).await.unwrap();
}
