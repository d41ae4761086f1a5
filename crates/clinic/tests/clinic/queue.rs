//! The queue: work is done once, taken up again after a crash, and given up where it brings the program down.

use std::collections::BTreeSet;
use std::sync::Arc;

use clinic::{
    Actor, ClinicError, Laterality, NewReview, ScreeningState, Stage, Store, Usage, Verdict,
};

use crate::support::{Home, accepted, facts, finding, on_each_database, requests, screening_of};
use sea_orm::{ConnectionTrait, Database};

on_each_database!(
    in_a_bucket_too {
        unfinished_work_is_taken_up_again_and_given_up_after_ten_tries,
        what_failed_can_be_tried_again,
        a_photograph_that_failed_before_a_reader_gave_a_word_is_not_tried_again,
        work_that_nobody_claims_is_taken_back,
        work_that_was_given_up_after_a_failure_counts_as_a_try,
        work_that_stops_the_program_waits_behind_other_work,
        work_that_was_given_back_does_not_count_as_a_try,
        results_are_taken_only_for_claimed_work,
        many_tasks_submit_and_work_without_losing_or_doubling_anything,
        work_of_a_store_that_hangs_is_taken_over_and_its_late_answer_refused,
        a_claim_that_is_renewed_stays,
        stores_that_share_a_queue_do_each_piece_of_work_once,
    },
    workers_with_work_in_hand_and_stored_files_are_counted,
);

async fn unfinished_work_is_taken_up_again_and_given_up_after_ten_tries(home: Home) {
    let store = home.open().await;
    let id = store
        .submit(
            Actor::Local,
            screening_of(vec![
                accepted(&store, "a.jpg", b"a"),
                accepted(&store, "b.jpg", b"b"),
            ]),
        )
        .await
        .unwrap();
    let first = store.claim_photograph().await.unwrap().unwrap();
    store
        .finish_grading(first.photograph, &finding(), &requests())
        .await
        .unwrap();
    store.close().await.unwrap();

    for _ in 0..10 {
        let store = home.open().await;
        assert!(
            store.claim_photograph().await.unwrap().is_some(),
            "the second photograph is queued again"
        );
        for method in ["grad-cam", "integrated-gradients"] {
            let claimed = store.claim_explanation().await.unwrap().unwrap();
            assert_eq!(claimed.method, method);
        }
        assert_eq!(
            store.screening(id).await.unwrap().state(),
            ScreeningState::Grading
        );
        store.close().await.unwrap();
    }
    let store = home.open().await;
    assert!(store.claim_photograph().await.unwrap().is_none());
    assert!(store.claim_explanation().await.unwrap().is_none());
    let screening = store.screening(id).await.unwrap();
    assert!(
        matches!(screening.photographs[1].stage(), Some(Stage::Failed { error }) if error.contains("given up"))
    );
}

async fn what_failed_can_be_tried_again(home: Home) {
    let store = home.open().await;
    let submitted = vec![
        accepted(&store, "a.jpg", b"a"),
        accepted(&store, "b.jpg", b"b"),
    ];
    let id = store
        .submit(Actor::Local, screening_of(submitted))
        .await
        .unwrap();
    let elsewhere = vec![accepted(&store, "c.jpg", b"c")];
    let other = store
        .submit(Actor::Local, screening_of(elsewhere))
        .await
        .unwrap();
    assert_eq!(store.try_again(Actor::Local, id).await.unwrap(), 0);
    let first = store.claim_photograph().await.unwrap().unwrap();
    store
        .finish_grading(first.photograph, &finding(), &requests())
        .await
        .unwrap();
    for _ in 0..2 {
        let job = store.claim_photograph().await.unwrap().unwrap();
        store.fail_grading(job.photograph, "no").await.unwrap();
    }
    let job = store.claim_explanation().await.unwrap().unwrap();
    store.fail_explanation(job.explanation, "no").await.unwrap();
    assert!(store.screening(id).await.unwrap().has_failed());

    assert_eq!(store.try_again(Actor::Local, id).await.unwrap(), 2);
    assert!(!store.screening(id).await.unwrap().has_failed());
    assert!(store.screening(other).await.unwrap().has_failed());
    assert!(grade_next(&store).await.is_some());
    assert!(grade_next(&store).await.is_none());
    let unknown = store.try_again(
        Actor::Local,
        "6b1f9d3e-3a4c-4d0e-9e42-0d7f9b1c2a55".parse().unwrap(),
    );
    assert!(matches!(unknown.await, Err(ClinicError::Unknown { .. })));
}

async fn a_photograph_that_failed_before_a_reader_gave_a_word_is_not_tried_again(home: Home) {
    let store = home.open().await;
    let submitted = vec![
        accepted(&store, "a.jpg", b"a"),
        accepted(&store, "b.jpg", b"b"),
    ];
    let new = screening_of(submitted);
    let id = store.submit(Actor::Local, new).await.unwrap();
    let first = store.claim_photograph().await.unwrap().unwrap();
    store
        .finish_grading(first.photograph, &finding(), &requests())
        .await
        .unwrap();
    let second = store.claim_photograph().await.unwrap().unwrap();
    store.fail_grading(second.photograph, "no").await.unwrap();
    assert!(store.screening(id).await.unwrap().has_failed());
    let review = NewReview {
        laterality: Some(Laterality::Left),
        reader: Some("A".into()),
        verdict: Verdict::Ungradable,
    };
    store.review(Actor::Local, id, review).await.unwrap();
    assert!(!store.screening(id).await.unwrap().has_failed());
    assert_eq!(store.try_again(Actor::Local, id).await.unwrap(), 0);
    assert!(store.claim_photograph().await.unwrap().is_none());
}

async fn work_that_nobody_claims_is_taken_back(home: Home) {
    let (store, other) = (home.open().await, home.open().await);
    let new = screening_of(vec![accepted(&store, "a.jpg", b"a")]);
    store.submit(Actor::Local, new).await.unwrap();
    let job = store.claim_photograph().await.unwrap().unwrap();
    // As a backup leaves it that was made while it was graded.
    let database = Database::connect(home.address()).await.unwrap();
    database
        .execute_unprepared("UPDATE photograph SET claimant = NULL, claimed_until = NULL")
        .await
        .unwrap();
    database.close().await.unwrap();
    assert!(other.renew_claims().await.unwrap());
    assert_eq!(grade_next(&other).await, Some(job.photograph.to_string()));
}

async fn work_that_was_given_up_after_a_failure_counts_as_a_try(home: Home) {
    let store = home.open().await;
    for bytes in [b"a", b"b"] {
        let new = screening_of(vec![accepted(&store, "a.jpg", bytes)]);
        store.submit(Actor::Local, new).await.unwrap();
    }
    let first = store.claim_photograph().await.unwrap().unwrap();
    store.abandon_claims().await.unwrap();
    let next = store.claim_photograph().await.unwrap().unwrap();
    assert_ne!(next.photograph, first.photograph);
    store.fail_grading(next.photograph, "no").await.unwrap();
    for _ in 0..9 {
        let again = store.claim_photograph().await.unwrap().unwrap();
        assert_eq!(again.photograph, first.photograph);
        store.abandon_claims().await.unwrap();
    }
    assert!(store.claim_photograph().await.unwrap().is_none());
    assert_eq!(store.waiting().await.unwrap(), (0, 0));
}

async fn work_that_stops_the_program_waits_behind_other_work(home: Home) {
    let store = home.open().await;
    for bytes in [b"a", b"b"] {
        let photographs = vec![accepted(&store, "a.jpg", bytes)];
        store
            .submit(Actor::Local, screening_of(photographs))
            .await
            .unwrap();
    }
    let first = store.claim_photograph().await.unwrap().unwrap();
    store.close().await.unwrap();
    let store = home.open().await;
    let next = store.claim_photograph().await.unwrap().unwrap();
    assert_ne!(next.photograph, first.photograph);
    let last = store.claim_photograph().await.unwrap().unwrap();
    assert_eq!(last.photograph, first.photograph);
}

async fn work_that_was_given_back_does_not_count_as_a_try(home: Home) {
    let mut store = home.open().await;
    store
        .submit(
            Actor::Local,
            screening_of(vec![accepted(&store, "a.jpg", b"a")]),
        )
        .await
        .unwrap();
    for _ in 0..5 {
        assert!(store.claim_photograph().await.unwrap().is_some());
        store.release_claims().await.unwrap();
        store.close().await.unwrap();
        store = home.open().await;
    }
    assert_eq!(
        store.claim_photograph().await.unwrap().unwrap().facts,
        facts()
    );
}

async fn workers_with_work_in_hand_and_stored_files_are_counted(home: Home) {
    let store = home.open().await;
    assert_eq!(store.usage().await.unwrap(), Usage::default());
    for bytes in [b"a", b"b"] {
        let photographs = vec![accepted(&store, "a.jpg", bytes)];
        store
            .submit(Actor::Local, screening_of(photographs))
            .await
            .unwrap();
    }
    let files = home.files();
    let bytes = files.iter().map(|file| file.metadata().unwrap().len());
    let usage = Usage {
        files: files.len() as u64,
        bytes: bytes.sum(),
    };
    assert_eq!(store.usage().await.unwrap(), usage);
    assert!(["SQLite", "PostgreSQL"].contains(&store.database_name()));
    assert_eq!(store.busy_workers().await.unwrap(), 0);
    let other = home.open().await;
    for (each, workers) in [(&store, 1), (&other, 2)] {
        each.claim_photograph().await.unwrap().unwrap();
        assert_eq!(store.busy_workers().await.unwrap(), workers);
    }
    other.release_claims().await.unwrap();
    assert_eq!(store.busy_workers().await.unwrap(), 1);
}

async fn results_are_taken_only_for_claimed_work(home: Home) {
    let store = home.open().await;
    store
        .submit(
            Actor::Local,
            screening_of(vec![accepted(&store, "a.jpg", b"a")]),
        )
        .await
        .unwrap();
    let job = store.claim_photograph().await.unwrap().unwrap();
    store
        .fail_grading(
            job.photograph,
            "the network answered with a number that is not finite",
        )
        .await
        .unwrap();
    let late = store
        .finish_grading(job.photograph, &finding(), &requests())
        .await;
    assert!(matches!(late, Err(ClinicError::NotClaimed { .. })));
    assert_eq!(store.waiting().await.unwrap(), (0, 0));
    assert_eq!(
        store.recent(1).await.unwrap()[0].state(),
        ScreeningState::Failed
    );
}

async fn many_tasks_submit_and_work_without_losing_or_doubling_anything(home: Home) {
    let store = Arc::new(home.open().await);
    let submitters = (0..4).map(|submitter| {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            for index in 0..6 {
                let bytes = format!("photograph {submitter} {index}");
                let photographs = vec![accepted(&store, "a.jpg", bytes.as_bytes())];
                store
                    .submit(Actor::Local, screening_of(photographs))
                    .await
                    .unwrap();
            }
        })
    });
    let workers = (0..3).map(|_| {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            let mut claimed = Vec::new();
            for _ in 0..100 {
                claimed.extend(grade_next(&store).await);
            }
            claimed
        })
    });
    let (submitters, workers) = (submitters.collect::<Vec<_>>(), workers.collect::<Vec<_>>());
    for submitter in submitters {
        submitter.await.unwrap();
    }
    let mut graded = Vec::new();
    for worker in workers {
        graded.extend(worker.await.unwrap());
    }
    while let Some(photograph) = grade_next(&store).await {
        graded.push(photograph);
    }
    assert_eq!(graded.len(), 24);
    assert_eq!(graded.iter().collect::<BTreeSet<_>>().len(), 24);
    let screenings = store.recent(100).await.unwrap();
    assert_eq!(screenings.len(), 24);
    let is_done = |screening: &clinic::Screening| screening.state() == ScreeningState::Done;
    assert!(screenings.iter().all(is_done));
}

async fn work_of_a_store_that_hangs_is_taken_over_and_its_late_answer_refused(home: Home) {
    let (hanging, other) = (home.open().await, home.open().await);
    hanging
        .submit(
            Actor::Local,
            screening_of(vec![accepted(&hanging, "a.jpg", b"a")]),
        )
        .await
        .unwrap();
    let job = hanging.claim_photograph().await.unwrap().unwrap();
    assert!(!other.renew_claims().await.unwrap());
    assert!(other.claim_photograph().await.unwrap().is_none());

    let_claims_lapse(&home).await;
    assert!(other.renew_claims().await.unwrap());
    assert_eq!(grade_next(&other).await, Some(job.photograph.to_string()));
    let late = hanging
        .finish_grading(job.photograph, &finding(), &requests())
        .await;
    assert!(matches!(late, Err(ClinicError::NotClaimed { .. })));
}

async fn a_claim_that_is_renewed_stays(home: Home) {
    let (store, other) = (home.open().await, home.open().await);
    store
        .submit(
            Actor::Local,
            screening_of(vec![accepted(&store, "a.jpg", b"a")]),
        )
        .await
        .unwrap();
    let job = store.claim_photograph().await.unwrap().unwrap();
    let_claims_lapse(&home).await;
    store.renew_claims().await.unwrap();
    assert!(!other.renew_claims().await.unwrap());
    store
        .finish_grading(job.photograph, &finding(), &requests())
        .await
        .unwrap();
    let explained = store.claim_explanation().await.unwrap().unwrap();
    let_claims_lapse(&home).await;
    store.renew_claims().await.unwrap();
    assert!(!other.renew_claims().await.unwrap());
    assert!(
        store
            .fail_explanation(explained.explanation, "no evidence")
            .await
            .is_ok()
    );
}

async fn stores_that_share_a_queue_do_each_piece_of_work_once(home: Home) {
    let front = home.open().await;
    for index in 0..12 {
        let bytes = format!("photograph {index}");
        let photographs = vec![accepted(&front, "a.jpg", bytes.as_bytes())];
        front
            .submit(Actor::Local, screening_of(photographs))
            .await
            .unwrap();
    }
    let workers = [home.open().await, home.open().await].map(|store| {
        tokio::spawn(async move {
            let mut graded = Vec::new();
            while let Some(photograph) = grade_next(&store).await {
                graded.push(photograph);
            }
            graded
        })
    });
    let mut graded = Vec::new();
    for worker in workers {
        graded.extend(worker.await.unwrap());
    }
    assert_eq!(graded.len(), 12);
    assert_eq!(graded.iter().collect::<BTreeSet<_>>().len(), 12);
}

/// What a minute without a sign of life does.
async fn let_claims_lapse(home: &Home) {
    let database = Database::connect(home.address()).await.unwrap();
    for table in ["photograph", "explanation"] {
        database
            .execute_unprepared(&format!("UPDATE {table} SET claimed_until = 1"))
            .await
            .unwrap();
    }
    database.close().await.unwrap();
}

/// Takes on the next photograph, if there is one, and answers it.
async fn grade_next(store: &Store) -> Option<String> {
    let job = store.claim_photograph().await.unwrap()?;
    store
        .finish_grading(job.photograph, &finding(), &[])
        .await
        .unwrap();
    Some(job.photograph.to_string())
}
