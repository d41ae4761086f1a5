//! What readers settled, as a source to learn from.

use std::fs;
use std::path::Path;

use clinic::{
    Finding, Laterality, NewReview, NewScreening, PhotographFacts, Records, ScreeningId, Store,
    Verdict,
};
use tokio::runtime::Runtime;
use trust::{Decision, Grade, Probabilities, Uncertainty};

use crate::bench::{accepted, draw, facts, files, folder, run};

const EXPORT: [&str; 5] = [
    "export-reviews",
    "--data-dir",
    "records",
    "--out",
    "settled",
];

fn finding(grade: Grade) -> Finding {
    Finding {
        grade,
        probabilities: Probabilities::new([0.05, 0.1, 0.6, 0.2, 0.05]).unwrap(),
        uncertainty: Uncertainty {
            std: [0.1; 5],
            entropy: 1.0,
            expected_entropy: 0.9,
            mutual_information: 0.1,
            entropy_of_entropies: 0.0,
            variation_ratio: 0.0,
        },
        prediction_set: None,
        prediction_words: None,
        unfamiliarity: None,
        decision: Decision::Unsure,
        rule: None,
        reason: "the system is unsure".to_owned(),
        bundle: "0123456789ab".to_owned(),
        passes: 2,
    }
}

/// Both eyes of a patient, graded as mild.
async fn screened(store: &Store, drawings: &Path, patient: &str, seed: u64) -> ScreeningId {
    let eyes = [(Laterality::Right, seed), (Laterality::Left, seed + 1)];
    let photographs = eyes.map(|(laterality, seed)| {
        let path = drawings.join(format!("{seed}.png"));
        draw(&path, seed);
        let bytes = fs::read(&path).unwrap();
        let facts = PhotographFacts {
            laterality: Some(laterality),
            ..facts()
        };
        accepted(store, &format!("{patient}.png"), &bytes, facts)
    });
    let screening = NewScreening {
        patient: Some(patient.to_owned()),
        laterality: None,
        photographs: photographs.into(),
        ..NewScreening::default()
    };
    graded(store, screening).await
}

/// Puts a screening on record, every photograph graded as mild.
async fn graded(store: &Store, screening: NewScreening) -> ScreeningId {
    let id = store.submit(clinic::Actor::Local, screening).await.unwrap();
    while let Some(job) = store.claim_photograph().await.unwrap() {
        let found = finding(Grade::Mild);
        let finished = store.finish_grading(job.photograph, &found, &[]);
        finished.await.unwrap();
    }
    id
}

async fn read(store: &Store, id: ScreeningId, reader: &str, grade: Grade) {
    for laterality in [Laterality::Right, Laterality::Left] {
        let new = NewReview {
            laterality: Some(laterality),
            reader: Some(reader.to_owned()),
            verdict: Verdict::Overrule {
                grade,
                reason: "seen".to_owned(),
            },
        };
        store.review(clinic::Actor::Local, id, new).await.unwrap();
    }
}

fn fill(data: &Path, drawings: &Path) {
    Runtime::new().unwrap().block_on(async {
        let store = Store::open(data, &Records::default()).await.unwrap();
        let once = screened(&store, drawings, "Wilhelmina", 1).await;
        read(&store, once, "A", Grade::Severe).await;
        let twice = screened(&store, drawings, "Käthe", 3).await;
        read(&store, twice, "A", Grade::NoDr).await;
        read(&store, twice, "B", Grade::NoDr).await;
        let disputed = screened(&store, drawings, "Emil", 5).await;
        read(&store, disputed, "A", Grade::NoDr).await;
        read(&store, disputed, "B", Grade::Moderate).await;
        store.close().await.unwrap();
    });
}

/// Nobody learns the grade of one eye from a photograph of the other, or the name of a patient from a file's header.
#[test]
fn what_may_be_another_eye_stays_and_headers_do_too() {
    const FILE: &[u8] = include_bytes!("../../../fundus/tests/pictures/rgb.dcm");
    let folder = folder();
    Runtime::new().unwrap().block_on(async {
        let records = Records::default();
        let store = Store::open(&folder.path().join("records"), &records).await;
        let store = store.unwrap();
        let of = |recorded, bytes: &[u8]| {
            let facts = PhotographFacts {
                media_type: "application/dicom".to_owned(),
                laterality: Some(Laterality::Left),
                recorded_laterality: Some(recorded),
                ..facts()
            };
            accepted(&store, "IM0001", bytes, facts)
        };
        let other = [FILE, b"\0\0"].concat();
        let screening = NewScreening {
            photographs: vec![of(Laterality::Left, FILE), of(Laterality::Right, &other)],
            ..NewScreening::default()
        };
        let id = graded(&store, screening).await;
        let new = NewReview {
            laterality: Some(Laterality::Left),
            reader: Some("A".to_owned()),
            verdict: Verdict::Agree,
        };
        store.review(clinic::Actor::Local, id, new).await.unwrap();
        store.close().await.unwrap();
    });

    let said = run(folder.path(), &EXPORT).expect(0).stdout;
    assert!(said.starts_with("1 photographs"), "{said}");
    assert!(
        said.contains("1 photographs that may show the other eye"),
        "{said}"
    );
    let photographs = folder.path().join("settled/photographs");
    let names = files(&photographs);
    let [name] = names.as_slice() else {
        panic!("{names:?}");
    };
    assert!(name.ends_with(".png"), "{names:?}");
    let copied = fs::read(photographs.join(name)).unwrap();
    assert!(!copied.windows(6).any(|bytes| bytes == b"Secret"));
    let decoded = |bytes: &[u8]| fundus::decode(bytes, &fundus::Limits::default()).unwrap();
    assert!(decoded(&copied) == decoded(FILE));

    // An export with names holds the file as it came, one without them the picture.
    let export = |out: &str, more: &[&str]| {
        let call = [
            "export",
            "--data-dir",
            "records",
            "--photographs",
            "--out",
            out,
        ];
        run(folder.path(), &[&call, more].concat()).expect(0);
        let folder = folder.path().join(out).join("photographs");
        let all = files(&folder).into_iter();
        all.map(|name| (fs::read(folder.join(&name)).unwrap(), name))
            .collect::<Vec<_>>()
    };
    let whole = export("whole", &[]);
    assert_eq!(whole.len(), 2);
    assert!(whole.iter().any(|(bytes, _)| bytes == FILE));
    let pseudonymous = export("pseudonymous", &["--pseudonymous"]);
    assert_eq!(pseudonymous.len(), 2);
    for (bytes, name) in pseudonymous {
        assert!(name.ends_with(".png"), "{name}");
        assert!(bytes == copied);
    }
    let table = folder.path().join("pseudonymous/photographs.csv");
    let table = fs::read_to_string(table).unwrap();
    assert!(table.contains("laterality_recorded"), "{table}");
    assert_eq!(table.matches(".png").count(), 2, "{table}");
}

#[test]
fn what_readers_settled_can_be_learned_from() {
    let folder = folder();
    fill(&folder.path().join("records"), &folder.path().join("drawn"));
    let said = run(folder.path(), &EXPORT).expect(0).stdout;
    assert!(
        said.contains("4 photographs with readers' grades"),
        "{said}"
    );
    assert!(said.contains("2 eyes that readers differ about"), "{said}");
    #[cfg(unix)]
    assert_eq!(crate::bench::mode(&folder.path().join("settled")), 0o700);
    let manifest = fs::read_to_string(folder.path().join("settled/manifest.csv")).unwrap();
    assert!(manifest.starts_with("file,grade,patient,"), "{manifest}");
    assert_eq!(manifest.lines().count(), 5);
    let grades: Vec<&str> = (manifest.lines().skip(1))
        .map(|line| line.split(',').nth(1).unwrap())
        .collect();
    assert_eq!(grades, ["3", "3", "0", "0"]);
    for name in ["Wilhelmina", "Käthe", "Emil"] {
        assert!(!manifest.contains(name), "{manifest}");
    }

    // It is a source like others.
    run(folder.path(), &["data", "check", "settled"]).expect(0);
    let evaluate = ["evaluate", "--data", "settled", "--out", "report"];
    run(folder.path(), &evaluate).expect(0);

    // What was read by two alone; what an earlier export held beyond it is gone.
    let twice = [EXPORT.as_slice(), &["--readers", "2", "--json"]].concat();
    let said = run(folder.path(), &twice).expect(0).stdout;
    assert!(said.contains("\"photographs\":2"), "{said}");
    let kept = fs::read_dir(folder.path().join("settled/photographs")).unwrap();
    assert_eq!(kept.count(), 2);

    let thrice = [EXPORT.as_slice(), &["--readers", "3"]].concat();
    let refused = run(folder.path(), &thrice).expect(2);
    assert!(refused.stderr.contains("3 readers"), "{}", refused.stderr);
    fs::write(folder.path().join("settled/letter.txt"), "Dear colleague").unwrap();
    let refused = run(folder.path(), &EXPORT).expect(2);
    assert!(refused.stderr.contains("other files"), "{}", refused.stderr);
}
