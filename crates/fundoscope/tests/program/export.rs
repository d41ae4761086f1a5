//! Exporting the records: tables in three forms that agree, photographs, and a folder that is whole or not there.

use std::fs;
use std::path::Path;

use clinic::{
    Actor, FieldOfView, Laterality, NewPhotograph, NewReview, NewScreening, PhotographFacts,
    Quality, Records, Store, Verdict,
};
use parquet::file::reader::{FileReader, SerializedFileReader};
use serde_json::Value;
use tokio::runtime::Runtime;

use crate::bench::{accepted, facts, files, folder, rows, run};

/// A patient with a photograph that failed and one that was rejected, both reviewed as not gradable, and another one who waits.
fn fill(data: &Path) {
    Runtime::new().unwrap().block_on(async {
        let store = Store::open(data, &Records::default()).await.unwrap();
        for (patient, bytes) in [("P-1", b"one"), ("=P-2", b"two")] {
            let facts = PhotographFacts {
                width: 10,
                height: 12,
                media_type: "image/jpeg".to_owned(),
                field_of_view: FieldOfView {
                    center: [5.0, 6.25],
                    radius: 5.0,
                },
                quality: Quality {
                    gradable: true,
                    score: 0.875,
                    reasons: Vec::new(),
                },
                laterality: Some(Laterality::Left),
                ..facts()
            };
            let accepted = accepted(&store, "eye.jpg", bytes, facts);
            let rejected = NewPhotograph {
                file_name: "notes, \"old\".txt".to_owned(),
                submission: Err("this is not a picture".to_owned()),
            };
            let screening = NewScreening {
                patient: Some(patient.to_owned()),
                laterality: None,
                photographs: vec![accepted, rejected],
                ..NewScreening::default()
            };
            let id = store.submit(Actor::Local, screening).await.unwrap();
            if patient == "P-1" {
                let job = store.claim_photograph().await.unwrap().unwrap();
                let failed = store.fail_grading(job.photograph, "not finite");
                failed.await.unwrap();
                let review = NewReview {
                    laterality: Some(Laterality::Left),
                    reader: Some("Dr. Blue".to_owned()),
                    verdict: Verdict::Ungradable,
                };
                store.review(Actor::Local, id, review).await.unwrap();
            }
        }
        store.close().await.unwrap();
    });
}

const TABLES: [(&str, usize); 6] = [
    ("patients", 2),
    ("screenings", 2),
    ("photographs", 4),
    ("results", 0),
    ("explanations", 0),
    ("reviews", 1),
];

#[test]
fn the_records_are_exported_in_three_forms_that_agree() {
    let folder = folder();
    fill(&folder.path().join("data"));
    let call = [
        "export",
        "--data-dir",
        "data",
        "--out",
        "kept/exported/",
        "--photographs",
    ];
    let ended = run(folder.path(), &call).expect(0);
    for words in [
        "2 patients, 2 screenings, 4 photographs",
        "2 files",
        "Research software",
    ] {
        assert!(ended.stdout.contains(words), "{}", ended.stdout);
    }
    let out = folder.path().join("kept/exported");
    for (name, count) in TABLES {
        let expected = rows(&out.join(format!("{name}.csv")));
        assert_eq!(expected.len(), count, "{name}");
        let text = fs::read_to_string(out.join(format!("{name}.json"))).unwrap();
        let document: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(document["disclaimer"], trust::DISCLAIMER);
        let in_json = document["rows"].as_array().unwrap();
        assert_eq!(in_json.len(), count, "{name}");
        let file = fs::File::open(out.join(format!("{name}.parquet"))).unwrap();
        let reader = SerializedFileReader::new(file).unwrap();
        let in_parquet = reader.get_row_iter(None).unwrap().map(Result::unwrap);
        let ids: Vec<String> = in_parquet
            .map(|row| match row.get_column_iter().next() {
                Some((name, parquet::record::Field::Str(id))) if name == "id" => id.clone(),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(ids, expected.iter().map(|row| &row[0]).collect::<Vec<_>>());
        for (row, id) in in_json.iter().zip(&ids) {
            assert_eq!(row["id"], id.as_str());
        }
    }
    let photographs = fs::read_to_string(out.join("photographs.json")).unwrap();
    let photographs: Value = serde_json::from_str(&photographs).unwrap();
    let (first, second) = (&photographs["rows"][0], &photographs["rows"][1]);
    assert_eq!(first["state"], "failed");
    assert_eq!(first["quality"].to_string(), "0.875");
    assert_eq!(first["field_of_view_y"].to_string(), "6.25");
    let copy = first["copy"].as_str().unwrap();
    assert!(copy.ends_with(".jpg"), "{copy}");
    assert_eq!(fs::read(out.join(copy)).unwrap(), b"one");
    assert_eq!(second["file"], "notes, \"old\".txt");
    assert!(second["copy"].is_null() && second["width"].is_null());
    let screenings = rows(&out.join("screenings.csv"));
    assert_eq!(&screenings[1][2], "=P-2");

    let about: Value =
        serde_json::from_str(&fs::read_to_string(out.join("export.json")).unwrap()).unwrap();
    assert_eq!(about["counts"]["photographs"], 4);
    assert_eq!(about["pseudonymous"], false);
    assert_eq!(about["disclaimer"], trust::DISCLAIMER);
    let names = files(&folder.path().join("kept"));
    assert_eq!(names.len(), 6 * 3 + 1 + 2, "{names:?}");
    assert!(
        names.iter().all(|name| !name.contains(".part")),
        "{names:?}"
    );
    // Only this user can read it.
    #[cfg(unix)]
    assert_eq!(crate::bench::mode(&out), 0o700);
}

#[test]
fn a_pseudonymous_export_holds_no_name_and_the_key_stays() {
    let folder = folder();
    fill(&folder.path().join("data"));
    let call = |out: &str| {
        let arguments = [
            "export",
            "--data-dir",
            "data",
            "--pseudonymous",
            "--out",
            out,
        ];
        run(folder.path(), &arguments).expect(0)
    };
    let ended = call("first");
    let key = fs::read_to_string(folder.path().join("data/pseudonym-key")).unwrap();
    let secrets = [key.as_str(), "P-1", "P-2", "eye.jpg", "notes", "Blue"];
    let mut texts = vec![ended.stdout, ended.stderr];
    let out = folder.path().join("first");
    for name in files(&out) {
        let bytes = fs::read(out.join(name)).unwrap();
        texts.push(String::from_utf8_lossy(&bytes).into_owned());
    }
    assert_eq!(texts.len(), 2 + 6 * 3 + 1);
    for secret in secrets {
        assert!(texts.iter().all(|text| !text.contains(secret)), "{secret}");
    }
    call("second");
    let [first, second] = ["first", "second"]
        .map(|out| fs::read(folder.path().join(out).join("patients.csv")).unwrap());
    assert!(first == second);
}

#[test]
fn days_choose_and_other_folders_stay_as_they_are() {
    let folder = folder();
    fill(&folder.path().join("data"));
    let export = |more: &[&str]| {
        let call = [&["export", "--data-dir", "data", "--format", "csv"], more].concat();
        run(folder.path(), &call)
    };
    export(&["--out", "none", "--until", "2001-01-01"]).expect(0);
    let none = folder.path().join("none");
    assert_eq!(rows(&none.join("patients.csv")).len(), 0);
    assert_eq!(files(&none).len(), 6 + 1);
    export(&[
        "--out",
        "all",
        "--since",
        "2001-01-01",
        "--until",
        "9999-12-31",
    ])
    .expect(0);
    assert_eq!(rows(&folder.path().join("all/patients.csv")).len(), 2);

    fs::create_dir(folder.path().join("taken")).unwrap();
    fs::write(folder.path().join("taken/letter.txt"), "mine").unwrap();
    for (more, words) in [
        (&["--out", "taken"][..], "not empty"),
        (&["--out", "all"], "not empty"),
        (&["--out", "taken/letter.txt"], "not empty"),
        (&["--out", "/"], "folder"),
        (&["--out", "x", "--since", "yesterday"], "2026-03-31"),
        (&["--out", "x", "--since", "2026-02-30"], "2026-03-31"),
        (
            &[
                "--out",
                "x",
                "--since",
                "2026-02-02",
                "--until",
                "2026-02-01",
            ],
            "later",
        ),
    ] {
        let refused = export(more).expect(2);
        assert!(
            refused.stderr.contains(words),
            "{words}: {}",
            refused.stderr
        );
    }
    let nowhere = ["export", "--data-dir", "nowhere", "--out", "x"];
    for call in [&nowhere[..], &[&nowhere[..], &["--pseudonymous"]].concat()] {
        let refused = run(folder.path(), call).expect(2);
        let sentence = refused.sentence_about("nowhere");
        assert!(sentence.contains("no screenings"), "{sentence}");
    }
    assert_eq!(files(&folder.path().join("taken")), ["letter.txt"]);
    let names: Vec<String> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    assert!(
        names
            .iter()
            .all(|name| !name.contains(".part") && *name != "x" && *name != "nowhere"),
        "{names:?}"
    );
}
