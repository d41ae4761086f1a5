//! The report of a screening, written beside the records.

use std::fs;
use std::path::Path;

use clinic::{Finding, Laterality, NewScreening, PhotographFacts, Records, Store};
use tokio::runtime::Runtime;
use trust::{Decision, Grade, Probabilities, Rule, Uncertainty};

use crate::bench::{Ended, accepted, bundle, draw, facts, folder, run};

/// Puts a photograph on record, graded or not, and gives the screening's identifier.
fn screened(folder: &Path, is_graded: bool) -> String {
    let picture = folder.join("eye.png");
    draw(&picture, 2);
    let bytes = fs::read(&picture).unwrap();
    Runtime::new().unwrap().block_on(async {
        let store = Store::open(&folder.join("data"), &Records::default())
            .await
            .unwrap();
        let facts = PhotographFacts {
            laterality: Some(Laterality::Right),
            ..facts()
        };
        let photograph = accepted(&store, "eye.png", &bytes, facts);
        let screening = NewScreening {
            patient: Some("P-1".to_owned()),
            laterality: None,
            photographs: vec![photograph],
            ..NewScreening::default()
        };
        let id = store.submit(clinic::Actor::Local, screening).await.unwrap();
        if is_graded {
            let job = store.claim_photograph().await.unwrap().unwrap();
            store
                .finish_grading(job.photograph, &finding(), &[])
                .await
                .unwrap();
        }
        store.close().await.unwrap();
        id.to_string()
    })
}

fn finding() -> Finding {
    Finding {
        grade: Grade::Severe,
        probabilities: Probabilities::new([0.05, 0.05, 0.1, 0.7, 0.1]).unwrap(),
        uncertainty: Uncertainty {
            std: [0.0; 5],
            entropy: 1.0,
            expected_entropy: 0.9,
            mutual_information: 0.1,
            entropy_of_entropies: 0.0,
            variation_ratio: 0.0,
        },
        prediction_set: None,
        prediction_words: None,
        unfamiliarity: None,
        decision: Decision::Refer,
        rule: Some(Rule::Referable),
        reason: "the probability is high".to_owned(),
        bundle: "another".to_owned(),
        passes: 4,
    }
}

fn report(folder: &Path, id: &str) -> Ended {
    let bundle = bundle().to_str().unwrap();
    let arguments = [
        "report",
        id,
        "--data-dir",
        "data",
        "--out",
        "kept/report.pdf",
        "--bundle",
        bundle,
        "--made-by",
        "Dr. B",
    ];
    run(folder, &arguments)
}

#[test]
fn a_report_is_written_beside_the_records() {
    let folder = folder();
    let id = screened(folder.path(), true);
    let ended = report(folder.path(), &id).expect(0);
    assert!(ended.stdout.contains("kept/report.pdf"), "{}", ended.stdout);
    let document = fs::read(folder.path().join("kept/report.pdf")).unwrap();
    assert!(document.starts_with(b"%PDF-"));
    #[cfg(unix)]
    assert_eq!(
        crate::bench::mode(&folder.path().join("kept/report.pdf")),
        0o600
    );
}

#[test]
fn what_cannot_be_reported_is_said_and_nothing_written() {
    let folder = folder();
    let id = screened(folder.path(), false);
    let said = |id: &str| report(folder.path(), id).expect(2).stderr;
    assert!(said(&id).contains("not finished"));
    assert!(said("P-1").contains("address of the screening's page"));
    let unknown = "00000000-0000-4000-8000-000000000000";
    assert!(said(unknown).contains(&format!("no screening {unknown}")));
    assert!(!folder.path().join("kept").exists());
}
