//! Knowing when not to know: sources of uncertainty, what a bundle remembers, operating points, and drift in use.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use clinic::{Finding, NewScreening, PhotographFacts, Quality, Records, Store};
use grader::{Bundle, BundleManifest};
use serde_json::Value;
use tokio::runtime::Runtime;
use trust::Rule;

use crate::bench::{
    Ended, Running, accepted, command, copy_folder, draw, facts, files, folder, rows, run,
};

/// Photographs of as many patients, each third referable, all in one split.
fn write_source(source: &Path, photographs: u64, split: &str) {
    let mut manifest = "file,grade,patient,split\n".to_owned();
    for index in 0..photographs {
        draw(&source.join(format!("{index}.png")), index);
        manifest += &format!(
            "{index}.png,{},p{index},{split}\n",
            [0, 1, 3][index as usize % 3]
        );
    }
    fs::write(source.join("manifest.csv"), manifest).unwrap();
}

/// Puts into a folder the test bundle with what it met in training and with thresholds for that, `fitted`, and the
/// photographs that these were found on, `val`. Fitted once.
fn fitted(folder: &Path) {
    static FITTED: OnceLock<PathBuf> = OnceLock::new();
    let once = FITTED.get_or_init(|| {
        let once = Path::new(env!("CARGO_TARGET_TMPDIR")).join("certainty");
        // Of earlier tests.
        if once.exists() {
            fs::remove_dir_all(&once).unwrap();
        }
        write_source(&once.join("train"), 33, "train");
        write_source(&once.join("val"), 36, "val");
        let experience = "bundle experience --data train --out experienced";
        let calibrate = "bundle calibrate experienced --data val --split val --out fitted";
        for line in [experience, calibrate] {
            let arguments: Vec<&str> = line.split(' ').collect();
            run(&once, &arguments).expect(0);
        }
        once
    });
    for part in ["val", "fitted"] {
        copy_folder(&once.join(part), &folder.join(part));
    }
}

/// Runs the program with the fitted bundle.
fn with_fitted(folder: &Path, arguments: &[&str]) -> Ended {
    let mut command = command(folder);
    command.args(["--bundle", "fitted"]).args(arguments);
    Ended::of(command.output().unwrap())
}

#[test]
fn a_fitted_bundle_knows_what_is_unfamiliar_and_where_it_may_stand() {
    let folder = folder();
    fitted(folder.path());
    let manifest = BundleManifest::read(&folder.path().join("fitted")).unwrap();
    assert!(manifest.experience.is_some());
    assert!(manifest.policy.unfamiliar_above.is_some());
    assert!(manifest.prediction_sets.is_some());
    assert_eq!(manifest.operating_points.len(), 4);

    let table = |arguments: &[&str]| {
        with_fitted(
            folder.path(),
            &[arguments, &["predict", "val", "--out", "out"]].concat(),
        )
        .expect(0);
        rows(&folder.path().join("out/predictions.csv"))
    };
    let usual = table(&[]);
    assert_eq!(usual.len(), 36);
    for row in &usual {
        let [unfamiliarity, rule, lowest, grade, highest] =
            [20, 21, 22, 1, 23].map(|column| row[column].to_owned());
        assert!(unfamiliarity.parse::<f32>().unwrap() > 0.0);
        assert!(!rule.is_empty());
        assert!(lowest <= grade && grade <= highest, "{row:?}");
    }
    let referred =
        |rows: &[csv::StringRecord]| rows.iter().filter(|row| &row[16] == "refer").count();
    let sensitive = table(&["--operating-point", "high-sensitivity"]);
    let specific = table(&["--operating-point", "high-specificity"]);
    assert!(referred(&sensitive) >= referred(&usual));
    assert!(referred(&usual) >= referred(&specific) || referred(&sensitive) >= referred(&specific));

    let unknown = run(
        folder.path(),
        &["--operating-point", "nhs", "predict", "val", "--out", "out"],
    )
    .expect(2);
    assert!(
        unknown.stderr.contains("no operating point `nhs`"),
        "{}",
        unknown.stderr
    );

    // Where every photograph is too unlike what was learned from, none is sent home; unless that is not asked.
    let path = folder.path().join("fitted/bundle.json");
    let mut strict: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    strict["policy"]["unfamiliar_above"] = Value::from(1e-6);
    strict["policy"]["rescreen_below"] = strict["policy"]["refer_at"].clone();
    strict["policy"]["unsure_above"] = Value::from(1e6);
    strict["policy"]["minimum_quality"] = Value::from(0.0);
    fs::write(&path, strict.to_string()).unwrap();
    let sent_home = |arguments: &[&str]| {
        let evaluate = [
            "evaluate",
            "--data",
            "val",
            "--resamples",
            "20",
            "--out",
            "report",
        ];
        with_fitted(folder.path(), &[&evaluate, arguments].concat()).expect(0);
        let metrics = fs::read(folder.path().join("report/metrics.json")).unwrap();
        let metrics: Value = serde_json::from_slice(&metrics).unwrap();
        metrics["pooled"]["decisions"]["shares"]["rescreen"]["value"].as_f64()
    };
    let referred = referred(&table(&[])) as f64 / 36.0;
    assert_eq!(sent_home(&[]), Some(0.0));
    let sent = sent_home(&["--ignore-unfamiliarity"]).unwrap();
    assert!((sent - (1.0 - referred)).abs() < 1e-9, "{sent} {referred}");
}

#[test]
fn every_source_and_measure_is_in_the_table() {
    let folder = folder();
    fitted(folder.path());
    let manifest = fs::read_to_string(folder.path().join("val/manifest.csv")).unwrap();
    let of_two_sets: String = (manifest.lines().enumerate())
        .map(|(line, row)| match line {
            0 => format!("{row},set\n"),
            odd if odd % 2 == 1 => format!("{row},first\n"),
            _ => format!("{row},second\n"),
        })
        .collect();
    fs::write(folder.path().join("val/manifest.csv"), of_two_sets).unwrap();
    let arguments = [
        "sources",
        "--data",
        "val",
        "--samples",
        "3",
        "--resamples",
        "50",
        "--out",
        "measured",
    ];
    let ended = with_fitted(folder.path(), &arguments).expect(0);
    for part in [
        "1 member, batch norm of training batches",
        "2 members, 4 rotations, mirrored",
        "expected_clinical_cost",
        "oracle",
        "first and second (n = 36): 2 members",
        "above random, 50-90 % kept",
        "the best first",
        trust::DISCLAIMER,
    ] {
        assert!(ended.stdout.contains(part), "{part}:\n{}", ended.stdout);
    }
    let text = fs::read(folder.path().join("measured/uncertainty.json")).unwrap();
    let document: Value = serde_json::from_slice(&text).unwrap();
    // Two sets and both together, each with seven sources (the untrained members have no moments to draw batch norm
    // from), ten measures and the two lines.
    let table = document["rows"].as_array().unwrap();
    assert_eq!(table.len(), 3 * 7 * 12);
    assert!(rows(&folder.path().join("measured/uncertainty.csv")).len() > 3 * 7 * 12);
    // Both together are no third set to choose the measure by.
    let area = |data: &str| {
        let of_data = table
            .iter()
            .filter(|row| row["data"] == data && row["measure"] == "entropy");
        let areas = of_data.map(|row| row["grade_risk_coverage_area"]["value"].as_f64().unwrap());
        areas.sum::<f64>() / 7.0
    };
    let measures = document["ranking"][0]["measures"].as_array().unwrap();
    let entropy = (measures.iter()).find(|ranked| ranked["measure"] == "entropy");
    let mean = entropy.unwrap()["mean_area"].as_f64().unwrap();
    let expected = (area("first") + area("second")) / 2.0;
    assert!((mean - expected).abs() < 1e-9, "{mean} {expected}");
}

#[test]
fn measuring_that_was_killed_goes_on_and_says_the_same() {
    let folder = folder();
    fitted(folder.path());
    let sources = |samples: &str, out: &str| {
        let mut command = command(folder.path());
        command.args(["--bundle", "fitted", "sources", "--data", "val"]);
        command.args(["--samples", samples, "--resamples", "20", "--out", out]);
        command
    };
    let whole = Ended::of(sources("2", "whole").output().unwrap()).expect(0);
    assert!(!whole.stdout.contains("going on"), "{}", whole.stdout);

    let killed = folder.path().join("killed");
    let journal = killed.join("uncertainty.1.unfinished");
    Running::kill_after(&mut sources("2", "killed"), &journal, 1);
    assert!(journal.exists(), "it was not stopped before its end");
    let refused = Ended::of(sources("3", "killed").output().unwrap()).expect(2);
    let sentence = refused.sentence_about("uncertainty.1.unfinished");
    assert!(sentence.contains("--samples (then 2, now 3)"), "{sentence}");

    let ended = Ended::of(sources("2", "killed").output().unwrap()).expect(0);
    assert!(ended.stdout.contains("going on: "), "{}", ended.stdout);
    assert_eq!(files(&killed), ["uncertainty.csv", "uncertainty.json"]);
    for name in files(&killed) {
        let of = |out: &str| fs::read(folder.path().join(out).join(&name)).unwrap();
        assert!(of("killed") == of("whole"), "{name}");
    }
}

#[test]
fn what_was_screened_is_compared_with_the_validation() {
    let folder = folder();
    fitted(folder.path());
    let data = folder.path().join("screenings");
    let bundle = Bundle::open(&folder.path().join("fitted")).unwrap();
    let fingerprint = server::fingerprint(&bundle);
    let manifest = &bundle.manifest;
    let monitor = ["monitor", "--data-dir", "screenings"];
    let missing = with_fitted(folder.path(), &monitor).expect(2);
    assert!(missing.stderr.contains("screenings"), "{}", missing.stderr);

    // As the validation, then twice as many that are far worse. The server may be running meanwhile.
    let runtime = Runtime::new().unwrap();
    let store = runtime
        .block_on(Store::open(&data, &Records::default()))
        .unwrap();
    for photograph in &manifest.validation {
        let quality = photograph.evidence.unwrap().quality;
        runtime.block_on(record(
            &store,
            finding(manifest, &fingerprint, photograph.uncertainty.entropy),
            quality,
        ));
    }
    let same = with_fitted(folder.path(), &[&monitor[..], &["--json"]].concat());
    let document: Value = serde_json::from_str(same.stdout.trim()).unwrap();
    let drifted = |what: &str| {
        let comparisons = document["drift"]["comparisons"].as_array().unwrap();
        let found = comparisons
            .iter()
            .find(|comparison| comparison["what"] == what);
        found.unwrap()["drifted"].as_bool().unwrap()
    };
    assert!(!drifted("entropy") && !drifted("quality"), "{document}");

    let many_worse = |bundle: &str| {
        for _ in 0..2 * manifest.validation.len() {
            runtime.block_on(record(&store, finding(manifest, bundle, 1.6), 0.01));
        }
    };
    // What another bundle answered is not compared with this one's validation.
    many_worse("another");
    let still = with_fitted(folder.path(), &[&monitor[..], &["--json"]].concat());
    assert_eq!(still.stdout, same.stdout);
    many_worse(&fingerprint);
    let worse = with_fitted(folder.path(), &monitor).expect(1);
    assert!(worse.stdout.contains("DRIFTED"), "{}", worse.stdout);
    assert!(worse.stdout.contains(trust::DISCLAIMER));
}

fn finding(manifest: &BundleManifest, bundle: &str, entropy: f32) -> Finding {
    let first = &manifest.validation[0];
    let mut uncertainty = first.uncertainty;
    uncertainty.entropy = entropy;
    Finding {
        grade: first.grade.unwrap(),
        probabilities: trust::Probabilities::new([0.2; 5]).unwrap(),
        uncertainty,
        decision: Rule::Uncertain.decision(),
        reason: "The entropy is above.".to_owned(),
        rule: Some(Rule::Uncertain),
        prediction_set: None,
        prediction_words: None,
        unfamiliarity: first.evidence.unwrap().unfamiliarity,
        bundle: bundle.to_owned(),
        passes: 8,
    }
}

/// Puts a photograph with this answer on record.
async fn record(store: &Store, finding: Finding, quality: f32) {
    let facts = PhotographFacts {
        quality: Quality {
            gradable: quality >= 0.2,
            score: quality,
            reasons: Vec::new(),
        },
        ..facts()
    };
    let photograph = accepted(store, "eye.png", &quality.to_le_bytes(), facts);
    let screening = NewScreening {
        photographs: vec![photograph],
        ..NewScreening::default()
    };
    let submitted = store.submit(clinic::Actor::Local, screening).await;
    submitted.unwrap();
    let job = store.claim_photograph().await.unwrap().unwrap();
    let finished = store.finish_grading(job.photograph, &finding, &[]).await;
    finished.unwrap();
}
