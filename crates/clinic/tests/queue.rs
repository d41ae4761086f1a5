//! The queue: work is done once, taken up again after a crash, and given up where it brings the program down.

#![allow(clippy::unwrap_used, reason = "a test may stop")]

mod support;

use std::collections::BTreeSet;
use std::sync::Arc;

use clinic::{Actor, ClinicError, ScreeningState, Stage, Store};

use support::{Home, accepted, facts, finding, on_each_database, requests, screening_of};

on_each_database!(
    unfinished_work_is_taken_up_again_and_given_up_after_three_tries,
    work_that_was_given_back_does_not_count_as_a_try,
    results_are_taken_only_for_claimed_work,
    many_tasks_submit_and_work_without_losing_or_doubling_anything,
);

async fn unfinished_work_is_taken_up_again_and_given_up_after_three_tries(home: Home) {
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

    for _ in 0..3 {
        let store = home.open().await;
        assert!(
            store.claim_photograph().await.unwrap().is_some(),
            "the second photograph is queued again"
        );
        assert_eq!(
            store.claim_explanation().await.unwrap().unwrap().method,
            "grad-cam"
        );
        assert_eq!(
            store.screening(id).await.unwrap().state(),
            ScreeningState::Grading
        );
    }
    let store = home.open().await;
    assert!(store.claim_photograph().await.unwrap().is_none());
    assert_eq!(
        store.claim_explanation().await.unwrap().unwrap().method,
        "integrated-gradients"
    );
    let screening = store.screening(id).await.unwrap();
    assert!(
        matches!(screening.photographs[1].stage(), Some(Stage::Failed { error }) if error.contains("given up"))
    );
    assert_eq!(screening.state(), ScreeningState::Explaining);
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

/// Takes on the next photograph, if there is one, and answers it.
async fn grade_next(store: &Store) -> Option<String> {
    let job = store.claim_photograph().await.unwrap()?;
    store
        .finish_grading(job.photograph, &finding(), &[])
        .await
        .unwrap();
    Some(job.photograph.to_string())
}
