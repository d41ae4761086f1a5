//! Backups, and deleting a patient.

use std::path::Path;

use clinic::{Actor, NewScreening, Records, Store};
use tokio::runtime::Runtime;

use crate::bench::{accepted, facts, folder, run};

/// Puts a photograph of each patient on record.
fn submit(data: &Path, patients: &[&str]) {
    Runtime::new().unwrap().block_on(async {
        let store = Store::open(data, &Records::default()).await.unwrap();
        for patient in patients {
            let photograph = accepted(&store, "eye.png", patient.as_bytes(), facts());
            let screening = NewScreening {
                patient: Some((*patient).to_owned()),
                laterality: None,
                photographs: vec![photograph],
                ..NewScreening::default()
            };
            store.submit(Actor::Local, screening).await.unwrap();
        }
        store.close().await.unwrap();
    });
}

/// The patients of the latest screenings, newest first.
fn patients(data: &Path) -> Vec<Option<String>> {
    Runtime::new().unwrap().block_on(async {
        let store = Store::open(data, &Records::default()).await.unwrap();
        let recent = store.recent(10).await.unwrap();
        store.close().await.unwrap();
        let names = recent.into_iter().map(|screening| screening.patient);
        names.collect()
    })
}

#[test]
fn records_are_backed_up_restored_and_deleted() {
    let folder = folder();
    let (first, second) = (folder.path().join("first"), folder.path().join("second"));
    submit(&first, &["P-1", "P-2"]);
    let backup = ["backup", "--data-dir", "first", "--out", "kept"];
    let ended = run(folder.path(), &backup).expect(0);
    // Patients, screenings and photographs, and three entries of the audit; each photograph is its own crop here.
    assert!(
        ended.stdout.contains("9 records and 2 files backed up"),
        "{}",
        ended.stdout
    );
    let restore = ["restore", "kept", "--data-dir", "second"];
    run(folder.path(), &restore).expect(0);
    let both = [Some("P-2".to_owned()), Some("P-1".to_owned())];
    assert_eq!(patients(&second), both);
    let refused = run(folder.path(), &restore).expect(2);
    assert!(refused.stderr.contains("empty"), "{}", refused.stderr);

    let delete = |patient| {
        let arguments = [
            "delete",
            "patient",
            patient,
            "--data-dir",
            "second",
            "--json",
        ];
        run(folder.path(), &arguments)
    };
    let deleted = delete("P-1").expect(0);
    assert!(deleted.stdout.contains("\"files\":1"), "{}", deleted.stdout);
    assert_eq!(patients(&second), both[..1]);
    let unknown = delete("P-1").expect(2);
    assert!(unknown.stderr.contains("no patient"), "{}", unknown.stderr);
    // Who deletes, deletes in one place.
    assert_eq!(patients(&first), both);
}

#[test]
fn a_database_that_is_none_is_said_to_be_none() {
    let folder = folder();
    let backup = ["backup", "--out", "kept", "--database", "mysql://somewhere"];
    let refused = run(folder.path(), &backup).expect(2);
    assert!(refused.stderr.contains("postgres://"), "{}", refused.stderr);
    let nothing = run(folder.path(), &["backup", "--out", "kept"]).expect(2);
    assert!(nothing.stderr.contains("records"), "{}", nothing.stderr);
}
