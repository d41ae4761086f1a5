//! What the store promises: all or nothing, and lasting.

use std::fs;
use std::time::Duration;

use clinic::{
    Actor, ClinicError, Completeness, ExplanationState, Laterality, NewExamination, NewMap,
    NewScreening, PhotographState, Records, Rows, ScreeningState, Stage, Store,
};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use sea_orm::{ConnectionTrait, Database};
use trust::Grade;

use crate::support::{
    Home, accepted, counterfactual, facts, finding, on_each_database, region, rejected, requests,
    screening_of,
};

on_each_database!(
    in_a_bucket_too {
        a_screening_goes_through_its_states_and_survives_reopening,
        a_screening_of_bad_photographs_leaves_nothing,
        what_is_staged_and_not_submitted_disappears,
        the_same_bytes_are_kept_once,
        what_a_crash_left_behind_is_removed_and_nothing_else,
        a_file_altered_on_disk_is_noticed,
        several_stores_share_records_but_one_that_wants_them_alone_waits_for_none,
        a_file_whose_row_is_yet_to_come_survives_another_that_opens_the_store,
        any_names_and_bytes_come_back_as_they_were,
    },
    records_of_a_newer_version_are_refused,
    photographs_are_not_swept_by_other_records,
);

async fn a_screening_goes_through_its_states_and_survives_reopening(home: Home) {
    let store = home.open().await;
    let id = store
        .submit(
            Actor::Local,
            screening_of(vec![
                accepted(&store, "left eye.jpg", b"one"),
                rejected("notes.jpg"),
            ]),
        )
        .await
        .unwrap();
    let state = async || store.screening(id).await.unwrap().state();
    assert_eq!(state().await, ScreeningState::Queued);

    let job = store.claim_photograph().await.unwrap().unwrap();
    assert_eq!(job.screening, id);
    assert_eq!(store.read(&job.original).await.unwrap(), b"one");
    assert_eq!(state().await, ScreeningState::Grading);
    assert!(store.claim_photograph().await.unwrap().is_none());

    store
        .finish_grading(job.photograph, &finding(), &requests())
        .await
        .unwrap();
    assert_eq!(state().await, ScreeningState::Graded);
    assert!(store.screening(id).await.unwrap().is_graded());

    let explaining = store.claim_explanation().await.unwrap().unwrap();
    assert_eq!(
        (explaining.method.as_str(), explaining.target.as_str()),
        ("grad-cam", "2")
    );
    assert_eq!(state().await, ScreeningState::Explaining);
    let completeness = Completeness {
        relative_error: 0.031,
        steps: 50,
        reached: true,
    };
    let map = store.stage_bytes(&[0; 4 * 6]).unwrap();
    store
        .finish_explanation(
            explaining.explanation,
            NewMap {
                map,
                sides: [2, 3],
                completeness: Some(completeness),
                empty: false,
                scale: Some(0.125),
                examination: Some(NewExamination {
                    regions: vec![region()],
                    counterfactual: Some((
                        counterfactual(),
                        store.stage_bytes(b"without").unwrap(),
                    )),
                }),
            },
        )
        .await
        .unwrap();
    let second = store.claim_explanation().await.unwrap().unwrap();
    store
        .fail_explanation(second.explanation, "the gradient is not finite")
        .await
        .unwrap();
    assert_eq!(state().await, ScreeningState::Done);

    let before = store.screening(id).await.unwrap();
    store.close().await.unwrap();
    let store = home.open().await;
    let after = store.screening(id).await.unwrap();
    assert_eq!(after, before);
    assert_eq!(after.patient.as_deref(), Some("A. Patient"));
    assert_eq!(after.laterality, Some(Laterality::Right));
    assert_eq!(after.photographs[0].file_name, "left eye.jpg");
    assert!(matches!(
        &after.photographs[1].state,
        PhotographState::Rejected { error } if error == "this is not a picture"
    ));
    let PhotographState::Accepted(photograph) = &after.photographs[0].state else {
        panic!(
            "expected an accepted photograph, found {:?}",
            after.photographs[0]
        );
    };
    let Stage::Graded {
        finding: answer,
        explanations,
    } = &photograph.stage
    else {
        panic!("expected an answer, found {:?}", photograph.stage);
    };
    assert_eq!(photograph.facts, facts());
    assert_eq!(*answer, finding());
    assert_eq!(answer.grade, Grade::Moderate);
    let ExplanationState::Ready {
        map,
        completeness: kept,
        empty: false,
        scale: Some(0.125),
        examination: Some(examination),
    } = &explanations[0].state
    else {
        panic!(
            "expected a map and its regions, found {:?}",
            explanations[0]
        );
    };
    assert_eq!(examination.regions, vec![region()]);
    let (changed, picture) = examination.counterfactual.as_ref().unwrap();
    assert_eq!(*changed, counterfactual());
    assert_eq!(store.read(picture).await.unwrap(), b"without");
    assert_eq!((map.height, map.width, *kept), (2, 3, Some(completeness)));
    assert_eq!(store.read(&map.content).await.unwrap(), [0; 24]);
    assert_eq!(store.recent(10).await.unwrap(), vec![after]);
}

async fn a_screening_of_bad_photographs_leaves_nothing(home: Home) {
    let store = home.open().await;
    let answer = store
        .submit(
            Actor::Local,
            screening_of(vec![rejected("a.jpg"), rejected("b.jpg")]),
        )
        .await;
    assert!(matches!(answer, Err(ClinicError::NothingAccepted)));
    assert!(store.recent(10).await.unwrap().is_empty());
    assert!(home.files().is_empty());
}

async fn what_is_staged_and_not_submitted_disappears(home: Home) {
    let store = home.open().await;
    let photograph = accepted(&store, "a.jpg", b"abandoned");
    assert_eq!(home.files().len(), 3);
    drop(photograph);
    assert!(home.files().is_empty());
}

async fn the_same_bytes_are_kept_once(home: Home) {
    let store = home.open().await;
    for _ in 0..2 {
        let photographs = vec![
            accepted(&store, "a.jpg", b"same"),
            accepted(&store, "b.jpg", b"same"),
        ];
        store
            .submit(Actor::Local, screening_of(photographs))
            .await
            .unwrap();
    }
    assert_eq!(home.files().len(), 3);
    assert_eq!(store.waiting().await.unwrap(), (4, 0));
}

async fn what_a_crash_left_behind_is_removed_and_nothing_else(home: Home) {
    let store = home.open().await;
    let id = store
        .submit(
            Actor::Local,
            screening_of(vec![accepted(&store, "a.jpg", b"kept")]),
        )
        .await
        .unwrap();
    store.close().await.unwrap();
    let incoming = home.path().join("files").join("incoming");
    let half_written = incoming.join(".tmpAbCdEf");
    fs::write(&half_written, b"half of a photo").unwrap();
    let orphan = home.kept().join("ab").join("ab".repeat(32));
    fs::create_dir_all(orphan.parent().unwrap()).unwrap();
    fs::write(&orphan, b"a file whose row was never committed").unwrap();
    // In a bucket another program may be about to name what is young.
    crate::support::s3::age(&home.kept(), Duration::from_secs(2 * 60 * 60));

    let store = home.open().await;
    assert!(!half_written.exists());
    assert!(!orphan.exists());
    let PhotographState::Accepted(accepted) =
        &store.screening(id).await.unwrap().photographs[0].state
    else {
        panic!("the accepted photograph is gone");
    };
    assert_eq!(store.read(&accepted.original).await.unwrap(), b"kept");
}

async fn a_file_altered_on_disk_is_noticed(home: Home) {
    let store = home.open().await;
    store
        .submit(
            Actor::Local,
            screening_of(vec![accepted(&store, "a.jpg", b"whole")]),
        )
        .await
        .unwrap();
    let job = store.claim_photograph().await.unwrap().unwrap();
    let hash = job.original.as_str();
    fs::write(home.kept().join(&hash[..2]).join(hash), b"altered").unwrap();
    assert!(matches!(
        store.read(&job.original).await,
        Err(ClinicError::Damaged { .. })
    ));
}

async fn several_stores_share_records_but_one_that_wants_them_alone_waits_for_none(home: Home) {
    let store = home.open().await;
    let beside = home.open().await;
    let id = beside
        .submit(
            Actor::Local,
            screening_of(vec![accepted(&beside, "a.jpg", b"a")]),
        )
        .await
        .unwrap();
    assert_eq!(store.screening(id).await.unwrap().photographs.len(), 1);
    let alone = Store::open_alone(home.path(), &home.records).await;
    match home.records.rows {
        Rows::Sqlite => assert!(matches!(alone, Err(ClinicError::Locked { .. }))),
        Rows::Postgres(_) => assert!(matches!(alone, Err(ClinicError::DatabaseInUse))),
    }
    store.close().await.unwrap();
    let alone = Store::open_alone(home.path(), &home.records).await;
    assert!(alone.is_err(), "one still has them open");
    beside.close().await.unwrap();
    let alone = Store::open_alone(home.path(), &home.records).await.unwrap();
    assert_eq!(alone.screening(id).await.unwrap().photographs.len(), 1);
}

async fn a_file_whose_row_is_yet_to_come_survives_another_that_opens_the_store(home: Home) {
    let store = home.open().await;
    let photograph = accepted(&store, "a.jpg", b"a");
    let beside = home.open().await;
    let id = store
        .submit(Actor::Local, screening_of(vec![photograph]))
        .await
        .unwrap();
    let job = beside.claim_photograph().await.unwrap().unwrap();
    assert_eq!(job.screening, id);
    assert_eq!(beside.read(&job.original).await.unwrap(), b"a");
}

async fn photographs_are_not_swept_by_other_records(home: Home) {
    let store = home.open().await;
    let photographs = vec![accepted(&store, "a.jpg", b"a")];
    let id = store
        .submit(Actor::Local, screening_of(photographs))
        .await
        .unwrap();
    store.close().await.unwrap();
    // The folder with a new database, and the database with a new folder.
    let moved = Home::sqlite();
    std::process::Command::new("cp")
        .arg("-r")
        .arg(home.path().join("files"))
        .arg(moved.path())
        .status()
        .unwrap();
    let files = moved.files().len();
    let refused = moved.try_open().await;
    assert!(
        matches!(refused, Err(ClinicError::OtherRecords { .. })),
        "{refused:?}"
    );
    fs::copy(home.path().join("store"), moved.path().join("store")).unwrap();
    let refused = moved.try_open().await;
    assert!(
        matches!(refused, Err(ClinicError::OtherRecords { .. })),
        "{refused:?}"
    );
    assert_eq!(moved.files().len(), files);
    if home.records.rows != Rows::Sqlite {
        let elsewhere = Home {
            records: home.records.clone(),
            ..Home::sqlite()
        };
        let refused = elsewhere.try_open().await;
        assert!(
            matches!(refused, Err(ClinicError::OtherRecords { .. })),
            "{refused:?}"
        );
    }
    let store = home.open().await;
    assert_eq!(store.screening(id).await.unwrap().photographs.len(), 1);
}

async fn records_of_a_newer_version_are_refused(home: Home) {
    home.open().await.close().await.unwrap();
    let database = Database::connect(home.address()).await.unwrap();
    database
        .execute_unprepared(
            "INSERT INTO seaql_migrations (version, applied_at) VALUES ('of a later day', 0)",
        )
        .await
        .unwrap();
    database.close().await.unwrap();
    let opened = home.try_open().await;
    assert!(matches!(opened, Err(ClinicError::Migration(_))));
}

async fn any_names_and_bytes_come_back_as_they_were(home: Home) {
    let store = home.open().await;
    let bytes = proptest::collection::vec(any::<u8>(), 0..2000);
    let submissions = (
        r"[^\x00]{0,40}",
        proptest::option::of(r"[^\x00]{0,20}"),
        bytes,
    );
    let back = |(name, patient, bytes): (String, Option<String>, Vec<u8>)| {
        let screening = NewScreening {
            patient: patient.clone(),
            laterality: None,
            photographs: vec![accepted(&store, &name, &bytes)],
            ..NewScreening::default()
        };
        let (screening, kept) = tokio::task::block_in_place(|| {
            tokio::runtime::Handle::current().block_on(async {
                let id = store.submit(Actor::Local, screening).await.unwrap();
                let screening = store.screening(id).await.unwrap();
                let accepted = screening.photographs[0].accepted().unwrap();
                let kept = store.read(&accepted.original).await.unwrap();
                (screening, kept)
            })
        });
        prop_assert_eq!(&screening.patient, &patient);
        prop_assert_eq!(&screening.photographs[0].file_name, &name);
        prop_assert_eq!(kept, bytes);
        Ok(())
    };
    let mut runner = TestRunner::new(ProptestConfig::with_cases(16));
    runner.run(&submissions, back).unwrap();
}

#[tokio::test]
async fn a_data_folder_that_cannot_be_made_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a-file");
    fs::write(&file, b"").unwrap();
    let refused = Store::open(&file.join("data"), &Records::default()).await;
    let sentence = refused.unwrap_err().to_string();
    assert!(sentence.contains("a-file"), "{sentence}");
}

#[tokio::test]
async fn a_data_folder_may_be_called_anything() {
    let folder = tempfile::tempdir().unwrap();
    let odd = folder.path().join("eyes & 100 %? #1 ü");
    let store = Store::open(&odd, &Records::default()).await.unwrap();
    let photographs = vec![accepted(&store, "a.jpg", b"a")];
    store
        .submit(Actor::Local, screening_of(photographs))
        .await
        .unwrap();
    store.close().await.unwrap();
    let lately = clinic::lately(&odd, &Records::default(), "bundle", 10).await;
    let (screened, reviewed) = lately.unwrap();
    assert!(screened.is_empty() && reviewed.is_empty());
    assert!(odd.join("records.sqlite").exists());
}

#[test]
fn only_an_address_of_postgresql_is_one() {
    let address = "postgres://reader@db.hospital/eyes";
    assert_eq!(
        address.parse::<Rows>().unwrap(),
        Rows::Postgres(address.into())
    );
    for other in ["", "eyes", "mysql://db/eyes", "sqlite://eyes.sqlite"] {
        assert!(
            matches!(other.parse::<Rows>(), Err(ClinicError::UnknownDatabase)),
            "{other}"
        );
    }
}

#[cfg(unix)]
#[tokio::test]
async fn the_data_folder_is_private() {
    use std::os::unix::fs::PermissionsExt;
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("data");
    let _store = Store::open(&folder, &Records::default()).await.unwrap();
    assert_eq!(
        fs::metadata(&folder).unwrap().permissions().mode() & 0o777,
        0o700
    );
}
