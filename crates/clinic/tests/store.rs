//! What the store promises: all or nothing, lasting, and safe to use from many threads.

#![allow(clippy::unwrap_used, reason = "a test may stop")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

use clinic::{
    Acceptance, ClinicError, Completeness, Counterfactual, ExplanationRequest, ExplanationState,
    FieldOfView, Finding, Laterality, NewExamination, NewMap, NewPhotograph, NewScreening,
    PhotographFacts, PhotographState, Quality, Region, ScreeningState, Stage, Store,
};
use proptest::prelude::*;
use trust::{Assessment, Calibration, Decision, Grade, Logits, PredictionSet, Rule};

fn facts() -> PhotographFacts {
    PhotographFacts {
        width: 4000,
        height: 3000,
        media_type: "image/jpeg".into(),
        field_of_view: FieldOfView {
            center: [2000.25, 1500.5],
            radius: 1410.125,
        },
        quality: Quality {
            gradable: true,
            score: 0.83,
            reasons: vec!["slightly dark".into()],
        },
        laterality: Some(Laterality::Left),
    }
}

fn accepted(store: &Store, name: &str, bytes: &[u8]) -> NewPhotograph {
    NewPhotograph {
        file_name: name.into(),
        submission: Ok(Acceptance {
            original: store.stage_bytes(bytes).unwrap(),
            cropped: store.stage_bytes(&[bytes, b" cropped"].concat()).unwrap(),
            standardized: store
                .stage_bytes(&[bytes, b" standardized"].concat())
                .unwrap(),
            facts: facts(),
        }),
    }
}

fn rejected(name: &str) -> NewPhotograph {
    NewPhotograph {
        file_name: name.into(),
        submission: Err("this is not a picture".into()),
    }
}

fn screening_of(photographs: Vec<NewPhotograph>) -> NewScreening {
    NewScreening {
        patient: Some("A. Patient".into()),
        laterality: Some(Laterality::Right),
        photographs,
    }
}

fn finding() -> Finding {
    let passes = [
        Logits([0.1, 0.2, 1.7, 0.3, 0.1]),
        Logits([0.0, 0.4, 1.2, 0.5, 0.2]),
    ];
    let assessment = Assessment::from_passes(&passes, &Calibration::Identity).unwrap();
    Finding {
        grade: assessment.grade,
        probabilities: assessment.probabilities,
        uncertainty: assessment.uncertainty,
        prediction_set: Some(PredictionSet::new(Grade::Mild, Grade::Severe).unwrap()),
        prediction_words: Some("between mild and severe, 90 %".into()),
        unfamiliarity: Some(1.125),
        decision: Decision::Refer,
        rule: Some(Rule::Referable),
        reason: "the probability of referable retinopathy is high".into(),
        bundle: "0123456789ab".into(),
        passes: 2,
    }
}

fn requests() -> Vec<ExplanationRequest> {
    ["grad-cam", "integrated-gradients"]
        .map(|method| ExplanationRequest {
            method: method.into(),
            target: "2".into(),
        })
        .into()
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_below(&path));
        } else {
            found.push(path);
        }
    }
    found
}

#[test]
fn a_screening_goes_through_its_states_and_survives_reopening() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let id = store
        .submit(screening_of(vec![
            accepted(&store, "left eye.jpg", b"one"),
            rejected("notes.jpg"),
        ]))
        .unwrap();
    let state = || store.screening(id).unwrap().state();
    assert_eq!(state(), ScreeningState::Queued);

    let job = store.claim_photograph().unwrap().unwrap();
    assert_eq!(job.screening, id);
    assert_eq!(store.read(&job.original).unwrap(), b"one");
    assert_eq!(state(), ScreeningState::Grading);
    assert!(store.claim_photograph().unwrap().is_none());

    store
        .finish_grading(job.photograph, &finding(), &requests())
        .unwrap();
    assert_eq!(state(), ScreeningState::Graded);
    assert!(store.screening(id).unwrap().is_graded());

    let explaining = store.claim_explanation().unwrap().unwrap();
    assert_eq!(
        (explaining.method.as_str(), explaining.target.as_str()),
        ("grad-cam", "2")
    );
    assert_eq!(state(), ScreeningState::Explaining);
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
        .unwrap();
    let second = store.claim_explanation().unwrap().unwrap();
    store
        .fail_explanation(second.explanation, "the gradient is not finite")
        .unwrap();
    assert_eq!(state(), ScreeningState::Done);

    let before = store.screening(id).unwrap();
    drop(store);
    let store = Store::open(folder.path()).unwrap();
    let after = store.screening(id).unwrap();
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
    assert_eq!(store.read(picture).unwrap(), b"without");
    assert_eq!((map.height, map.width, *kept), (2, 3, Some(completeness)));
    assert_eq!(store.read(&map.content).unwrap(), [0; 24]);
    assert_eq!(store.recent(10).unwrap(), vec![after]);
}

fn region() -> Region {
    Region {
        peak: [0.25, 0.75],
        outline: vec![[0.2, 0.7], [0.3, 0.7], [0.25, 0.8]],
        share_of_evidence: 0.375,
        diameter: 0.0625,
        disc_diameters: Some(0.5),
        speaks_for: Some(Grade::Moderate),
    }
}

fn counterfactual() -> Counterfactual {
    Counterfactual {
        removed: vec![0],
        grade: Grade::Mild,
    }
}

#[test]
fn a_screening_of_bad_photographs_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let answer = store.submit(screening_of(vec![rejected("a.jpg"), rejected("b.jpg")]));
    assert!(matches!(answer, Err(ClinicError::NothingAccepted)));
    assert!(store.recent(10).unwrap().is_empty());
    assert!(files_below(&folder.path().join("files")).is_empty());
}

#[test]
fn what_is_staged_and_not_submitted_disappears() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let photograph = accepted(&store, "a.jpg", b"abandoned");
    assert_eq!(files_below(&folder.path().join("files")).len(), 3);
    drop(photograph);
    assert!(files_below(&folder.path().join("files")).is_empty());
}

#[test]
fn the_same_bytes_are_kept_once() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    for _ in 0..2 {
        let photographs = vec![
            accepted(&store, "a.jpg", b"same"),
            accepted(&store, "b.jpg", b"same"),
        ];
        store.submit(screening_of(photographs)).unwrap();
    }
    assert_eq!(files_below(&folder.path().join("files")).len(), 3);
    assert_eq!(store.waiting().unwrap(), (4, 0));
}

#[test]
fn unfinished_work_is_taken_up_again_and_given_up_after_three_tries() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let id = store
        .submit(screening_of(vec![
            accepted(&store, "a.jpg", b"a"),
            accepted(&store, "b.jpg", b"b"),
        ]))
        .unwrap();
    let first = store.claim_photograph().unwrap().unwrap();
    store
        .finish_grading(first.photograph, &finding(), &requests())
        .unwrap();
    drop(store);

    for _ in 0..3 {
        let store = Store::open(folder.path()).unwrap();
        assert!(
            store.claim_photograph().unwrap().is_some(),
            "the second photograph is queued again"
        );
        assert_eq!(
            store.claim_explanation().unwrap().unwrap().method,
            "grad-cam"
        );
        assert_eq!(
            store.screening(id).unwrap().state(),
            ScreeningState::Grading
        );
    }
    let store = Store::open(folder.path()).unwrap();
    assert!(store.claim_photograph().unwrap().is_none());
    assert_eq!(
        store.claim_explanation().unwrap().unwrap().method,
        "integrated-gradients"
    );
    let screening = store.screening(id).unwrap();
    assert!(
        matches!(screening.photographs[1].stage(), Some(Stage::Failed { error }) if error.contains("given up"))
    );
    assert_eq!(screening.state(), ScreeningState::Explaining);
}

#[test]
fn work_that_was_given_back_does_not_count_as_a_try() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::open(folder.path()).unwrap();
    store
        .submit(screening_of(vec![accepted(&store, "a.jpg", b"a")]))
        .unwrap();
    for _ in 0..5 {
        assert!(store.claim_photograph().unwrap().is_some());
        store.release_claims().unwrap();
        drop(store);
        store = Store::open(folder.path()).unwrap();
    }
    assert_eq!(store.claim_photograph().unwrap().unwrap().facts, facts());
}

#[test]
fn what_a_crash_left_behind_is_removed_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let id = store
        .submit(screening_of(vec![accepted(&store, "a.jpg", b"kept")]))
        .unwrap();
    drop(store);
    let files = folder.path().join("files");
    let half_written = files.join("incoming").join(".tmpAbCdEf");
    fs::write(&half_written, b"half of a photo").unwrap();
    let orphan = files.join("ab").join("ab".repeat(32));
    fs::create_dir_all(orphan.parent().unwrap()).unwrap();
    fs::write(&orphan, b"a file whose row was never committed").unwrap();

    let store = Store::open(folder.path()).unwrap();
    assert!(!half_written.exists());
    assert!(!orphan.exists());
    let PhotographState::Accepted(accepted) = &store.screening(id).unwrap().photographs[0].state
    else {
        panic!("the accepted photograph is gone");
    };
    assert_eq!(store.read(&accepted.original).unwrap(), b"kept");
}

#[test]
fn a_file_altered_on_disk_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    store
        .submit(screening_of(vec![accepted(&store, "a.jpg", b"whole")]))
        .unwrap();
    let job = store.claim_photograph().unwrap().unwrap();
    let hash = job.original.as_str();
    fs::write(
        folder.path().join("files").join(&hash[..2]).join(hash),
        b"altered",
    )
    .unwrap();
    assert!(matches!(
        store.read(&job.original),
        Err(ClinicError::Damaged { .. })
    ));
}

#[test]
fn results_are_taken_only_for_claimed_work() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    store
        .submit(screening_of(vec![accepted(&store, "a.jpg", b"a")]))
        .unwrap();
    let job = store.claim_photograph().unwrap().unwrap();
    store
        .fail_grading(
            job.photograph,
            "the network answered with a number that is not finite",
        )
        .unwrap();
    let late = store.finish_grading(job.photograph, &finding(), &requests());
    assert!(matches!(late, Err(ClinicError::NotClaimed { .. })));
    assert_eq!(store.waiting().unwrap(), (0, 0));
    assert_eq!(store.recent(1).unwrap()[0].state(), ScreeningState::Failed);
}

#[test]
fn a_second_store_on_the_same_folder_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    assert!(matches!(
        Store::open(folder.path()),
        Err(ClinicError::Locked { .. })
    ));
    drop(store);
    Store::open(folder.path()).unwrap();
}

#[test]
fn a_data_folder_that_cannot_be_made_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a-file");
    fs::write(&file, b"").unwrap();
    let sentence = Store::open(&file.join("data")).unwrap_err().to_string();
    assert!(sentence.contains("a-file"), "{sentence}");
}

#[test]
fn records_of_a_newer_version_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    drop(Store::open(folder.path()).unwrap());
    let connection = rusqlite::Connection::open(folder.path().join("records.sqlite")).unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    drop(connection);
    assert!(matches!(
        Store::open(folder.path()),
        Err(ClinicError::Migration(_))
    ));
}

#[cfg(unix)]
#[test]
fn the_data_folder_is_private() {
    use std::os::unix::fs::PermissionsExt;
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("data");
    let _store = Store::open(&folder).unwrap();
    assert_eq!(
        fs::metadata(&folder).unwrap().permissions().mode() & 0o777,
        0o700
    );
}

#[test]
fn many_threads_submit_and_work_without_losing_or_doubling_anything() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let claimed: Vec<String> = thread::scope(|scope| {
        for submitter in 0..4 {
            let store = &store;
            scope.spawn(move || {
                for index in 0..6 {
                    let bytes = format!("photograph {submitter} {index}");
                    store
                        .submit(screening_of(vec![accepted(
                            store,
                            "a.jpg",
                            bytes.as_bytes(),
                        )]))
                        .unwrap();
                }
            });
        }
        let workers: Vec<_> = (0..3)
            .map(|_| {
                let store = &store;
                scope.spawn(move || {
                    let mut claimed = Vec::new();
                    for _ in 0..400 {
                        if let Some(job) = store.claim_photograph().unwrap() {
                            store
                                .finish_grading(job.photograph, &finding(), &[])
                                .unwrap();
                            claimed.push(job.photograph.to_string());
                        }
                    }
                    claimed
                })
            })
            .collect();
        workers
            .into_iter()
            .flat_map(|worker| worker.join().unwrap())
            .collect()
    });
    let mut rest = Vec::new();
    while let Some(job) = store.claim_photograph().unwrap() {
        store
            .finish_grading(job.photograph, &finding(), &[])
            .unwrap();
        rest.push(job.photograph.to_string());
    }
    let all: Vec<_> = claimed.into_iter().chain(rest).collect();
    assert_eq!(all.len(), 24);
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), 24);
    assert!(
        store
            .recent(100)
            .unwrap()
            .iter()
            .all(|screening| screening.state() == ScreeningState::Done)
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn any_names_and_bytes_come_back_as_they_were(
        name in ".{0,40}",
        patient in proptest::option::of(".{0,20}"),
        bytes in proptest::collection::vec(any::<u8>(), 0..2000),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let id = store.submit(NewScreening {
            patient: patient.clone(),
            laterality: None,
            photographs: vec![accepted(&store, &name, &bytes)],
        }).unwrap();
        let screening = store.screening(id).unwrap();
        prop_assert_eq!(&screening.patient, &patient);
        prop_assert_eq!(&screening.photographs[0].file_name, &name);
        let PhotographState::Accepted(accepted) = &screening.photographs[0].state else {
            panic!("the photograph was accepted");
        };
        prop_assert_eq!(store.read(&accepted.original).unwrap(), bytes);
    }
}
