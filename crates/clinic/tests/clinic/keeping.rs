//! Backups, and what is deleted.

use std::fs;

use clinic::{
    Actor, BackedUp, ClinicError, Deleted, NewReview, NewScreening, Screening, ScreeningId, Store,
    Verdict, back_up, restore,
};

use crate::support::{Home, accepted, answer_and_explain, on_each_database, rejected};

on_each_database!(
    in_a_bucket_too {
        a_backup_goes_into_either_database,
        a_second_backup_adds_what_is_new,
        a_deleted_patient_leaves_nothing,
    },
    what_is_no_whole_backup_is_refused,
);

/// A patient with an answered, explained and reviewed photograph of these bytes, and a rejected one.
async fn fill(store: &Store, patient: &str, bytes: &[u8]) -> ScreeningId {
    let screening = NewScreening {
        patient: Some(patient.into()),
        laterality: None,
        photographs: vec![accepted(store, "left.jpg", bytes), rejected("notes.txt")],
        ..NewScreening::default()
    };
    let id = store.submit(Actor::Local, screening).await.unwrap();
    answer_and_explain(store, bytes).await;
    let review = NewReview {
        laterality: Some(clinic::Laterality::Left),
        reader: Some("Dr. B".into()),
        verdict: Verdict::Agree,
    };
    store.review(Actor::Local, id, review).await.unwrap();
    id
}

async fn a_backup_goes_into_either_database(home: Home) {
    let store = home.open().await;
    fill(&store, "P-1", b"one").await;
    fill(&store, "P-2", b"two").await;
    let waiting = NewScreening {
        patient: None,
        laterality: None,
        photographs: vec![accepted(&store, "waiting.jpg", b"three")],
        ..NewScreening::default()
    };
    store.submit(Actor::Local, waiting).await.unwrap();
    let before = store.recent(10).await.unwrap();
    // The store is open meanwhile, as that of a running server is.
    let out = home.path().join("backup");
    let done = back_up(Actor::Local, home.path(), &home.records, &out)
        .await
        .unwrap();
    // Two patients, three screenings, five photographs, two answers, four explanations, two reviews, and what the audit says of
    // three submissions, two reviews and the backup; three files of each of three photographs, and two of each explanation.
    assert_eq!(
        done,
        BackedUp {
            rows: 24,
            files: 12
        }
    );
    store.close().await.unwrap();

    let elsewhere = Home::sqlite();
    let restored = restore(Actor::Local, &out, elsewhere.path(), &elsewhere.records).await;
    assert_eq!(restored.unwrap(), done);
    let again = restore(Actor::Local, &out, elsewhere.path(), &elsewhere.records).await;
    assert!(matches!(again, Err(ClinicError::NotEmpty)));
    // And back, into the database that the test is about.
    let out = elsewhere.path().join("backup");
    let copied = back_up(Actor::Local, elsewhere.path(), &elsewhere.records, &out).await;
    // With the restoration and the second backup.
    let more = BackedUp {
        rows: done.rows + 2,
        ..done
    };
    assert_eq!(copied.unwrap(), more);
    check(&elsewhere, &before).await;
    crate::support::on_postgres_or_sqlite(&home, async |fresh: Home| {
        restore(Actor::Local, &out, fresh.path(), &fresh.records)
            .await
            .unwrap();
        check(&fresh, &before).await;
    })
    .await;
}

/// The store holds these screenings and goes on with them.
async fn check(home: &Home, expected: &[Screening]) {
    let store = home.open().await;
    assert_eq!(store.recent(10).await.unwrap(), expected);
    for screening in expected {
        for photograph in &screening.photographs {
            if let Some(accepted) = photograph.accepted() {
                store.read(&accepted.original).await.unwrap();
            }
        }
    }
    let job = store.claim_photograph().await.unwrap().unwrap();
    assert_eq!(store.read(&job.original).await.unwrap(), b"three");
    let failed = store.fail_grading(job.photograph, "not finite");
    failed.await.unwrap();
    // What comes next is the newest.
    let id = fill(&store, "P-9", b"nine").await;
    assert_eq!(store.recent(1).await.unwrap()[0].id, id);
    store.close().await.unwrap();
}

async fn a_second_backup_adds_what_is_new(home: Home) {
    let store = home.open().await;
    fill(&store, "P-1", b"one").await;
    let out = home.path().join("backup");
    back_up(Actor::Local, home.path(), &home.records, &out)
        .await
        .unwrap();
    let first = fs::read(out.join("records.jsonl")).unwrap();
    fill(&store, "P-2", b"two").await;
    back_up(Actor::Local, home.path(), &home.records, &out)
        .await
        .unwrap();
    let second = fs::read(out.join("records.jsonl")).unwrap();
    assert!(second.len() > first.len());
    // Both counterfactual pictures are the same.
    assert_eq!(
        crate::support::files_below(&out.join("files")).len(),
        2 * 4 + 1
    );
}

async fn what_is_no_whole_backup_is_refused(home: Home) {
    let store = home.open().await;
    fill(&store, "P-1", b"one").await;
    let out = home.path().join("backup");
    back_up(Actor::Local, home.path(), &home.records, &out)
        .await
        .unwrap();
    let rows = out.join("records.jsonl");
    let whole = fs::read_to_string(&rows).unwrap();
    let cut: String = whole
        .lines()
        .take(4)
        .map(|line| format!("{line}\n"))
        .collect();
    let unknown = whole.replacen("\"format\":1", "\"format\":9", 1);
    let odd = whole.replacen("\"table\":\"review\"", "\"table\":\"rumour\"", 1);
    let headless: String = whole
        .lines()
        .skip(1)
        .map(|line| format!("{line}\n"))
        .collect();
    let more = format!("{whole}{}\n", whole.lines().nth(1).unwrap());
    for broken in [
        cut.as_str(),
        &unknown,
        &odd,
        &headless,
        &more,
        "",
        "nothing\n",
    ] {
        fs::write(&rows, broken).unwrap();
        let elsewhere = Home::sqlite();
        let refused = restore(Actor::Local, &out, elsewhere.path(), &elsewhere.records).await;
        let error = refused.unwrap_err();
        assert!(
            matches!(error, ClinicError::UnreadableBackup { .. }),
            "{error}"
        );
        assert!(elsewhere.open().await.recent(9).await.unwrap().is_empty());
    }
    fs::write(&rows, whole).unwrap();
    let damaged = crate::support::files_below(&out.join("files")).remove(0);
    fs::write(&damaged, b"damaged").unwrap();
    let elsewhere = Home::sqlite();
    let refused = restore(Actor::Local, &out, elsewhere.path(), &elsewhere.records).await;
    assert!(matches!(refused, Err(ClinicError::Damaged { .. })));
    assert!(elsewhere.open().await.recent(9).await.unwrap().is_empty());
}

async fn a_deleted_patient_leaves_nothing(home: Home) {
    let mut store = home.open().await;
    fill(&store, "P-secret", b"one").await;
    fill(&store, "P-secret", b"two").await;
    let other = fill(&store, "P-2", b"two").await;
    let unknown = store.delete_patient(Actor::Local, "P-3").await;
    assert!(matches!(
        unknown,
        Err(ClinicError::Unknown { what: "patient" })
    ));
    let deleted = store
        .delete_patient(Actor::Local, "P-secret")
        .await
        .unwrap();
    let expected = Deleted {
        screenings: 2,
        photographs: 4,
        results: 2,
        explanations: 4,
        reviews: 2,
        // Of the second photograph, and of the picture without regions, another patient has the same.
        files: 4,
    };
    assert_eq!(deleted, expected);
    let left = store.recent(10).await.unwrap();
    assert_eq!(
        left.iter()
            .map(|screening| screening.id)
            .collect::<Vec<_>>(),
        [other]
    );
    assert_eq!(home.files().len(), 5);
    for photograph in left[0]
        .photographs
        .iter()
        .filter_map(|photograph| photograph.accepted())
    {
        assert_eq!(store.read(&photograph.original).await.unwrap(), b"two");
    }
    store.close().await.unwrap();
    // Not even in what the database has given free.
    for file in fs::read_dir(home.path()).unwrap() {
        let path = file.unwrap().path();
        if path.is_file() {
            let bytes = fs::read(&path).unwrap();
            assert!(
                !bytes.windows(8).any(|window| window == b"P-secret"),
                "{}",
                path.display()
            );
        }
    }
}
