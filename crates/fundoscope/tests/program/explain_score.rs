//! The scorecard of explanations, on painted lesions and on outlined ones.

use std::path::Path;

use image::{GrayImage, Luma};
use serde_json::Value;

use crate::bench::{Ended, Running, bundle, command, draw, files, folder, run};

/// Healthy photographs to paint on, and one with an outlined haemorrhage.
fn photographs(folder: &Path) {
    for seed in [0, 3, 6] {
        draw(&folder.join(format!("graded/0/{seed}.png")), seed);
    }
    draw(&folder.join("outlined/eye.png"), 5);
    let mask = GrayImage::from_fn(360, 300, |x, y| {
        let is_lesion = x.abs_diff(200) < 8 && y.abs_diff(140) < 8;
        Luma([if is_lesion { 255 } else { 0 }])
    });
    mask.save(folder.join("outlined/eye_HE.png")).unwrap();
}

const CALL: [&str; 15] = [
    "explain",
    "--score",
    "--data",
    "graded",
    "--masks",
    "outlined",
    "--painted",
    "4",
    "--tested",
    "1",
    "--resamples",
    "50",
    "--method",
    "grad-cam,saliency",
    "--out",
];

#[test]
fn every_map_is_measured_beside_those_that_know_nothing() {
    let folder = folder();
    photographs(folder.path());
    let ended = run(folder.path(), &[&CALL[..], &["scored"]].concat()).expect(0);
    for words in [
        "painted, all lesions",
        "outlined, all lesions",
        "vessel-and-disc-prior",
        trust::DISCLAIMER,
    ] {
        assert!(
            ended.stdout.contains(words),
            "no `{words}`:\n{}",
            ended.stdout
        );
    }
    let card = std::fs::read(folder.path().join("scored/scorecard.json")).unwrap();
    let card: Value = serde_json::from_slice(&card).unwrap();
    let figures = card["figures"].as_array().unwrap();
    let figure = |set: &str, map: &str, name: &str| {
        let is_meant =
            |row: &&Value| row["photographs"] == set && row["map"] == map && row["figure"] == name;
        figures
            .iter()
            .find(is_meant)
            .unwrap_or_else(|| panic!("no {name} of {map} on {set} photographs"))
    };
    for set in ["painted", "outlined"] {
        for map in [
            "center-prior",
            "vessel-and-disc-prior",
            "random",
            "grad-cam",
            "saliency",
        ] {
            for name in [
                "pointing game",
                "mass accuracy",
                "area under the curve",
                "insertion",
                "ROAD",
                "infidelity",
            ] {
                let row = figure(set, map, name);
                let [value, lower, upper] =
                    ["value", "lower", "upper"].map(|key| row[key].as_f64().unwrap());
                assert!(lower <= value && value <= upper, "{row}");
            }
        }
        // Of everything random but the order of the layers; priors do not look at weights.
        assert!(
            figure(set, "saliency", "random to stem")["value"]
                .as_f64()
                .unwrap()
                <= 1.0
        );
    }
    assert_eq!(figure("outlined", "saliency", "mass accuracy")["count"], 1);
    let differences = card["differences"].as_array().unwrap();
    assert!(
        differences
            .iter()
            .any(|row| row["figure"] == "mass accuracy less center-prior")
    );

    let scored = files(&folder.path().join("scored"));
    for chart in ["painted_mass_accuracy.png", "outlined_pointing_game.svg"] {
        assert!(scored.iter().any(|name| name == chart), "{scored:?}");
    }

    // The same model's report shows it; anything else is refused.
    let evaluate = ["evaluate", "--data", "graded", "--resamples", "20"];
    let shown = ["--explanations", "scored", "--out", "report"];
    run(folder.path(), &[&evaluate[..], &shown].concat()).expect(0);
    let report = std::fs::read_to_string(folder.path().join("report/report.html")).unwrap();
    assert!(report.contains("Do explanations point at lesions?"));
    assert!(report.contains("What explanations are worth: mass accuracy"));
    let elsewhere = ["--explanations", "graded", "--out", "other"];
    let refused = run(folder.path(), &[&evaluate[..], &elsewhere].concat()).expect(2);
    assert!(
        refused.stderr.contains("is no scorecard"),
        "{}",
        refused.stderr
    );
    let path = folder.path().join("scored/scorecard.json");
    let mut other = card.clone();
    other["members"][0] = Value::from("0123");
    std::fs::write(&path, other.to_string()).unwrap();
    let refused = run(folder.path(), &[&evaluate[..], &shown].concat()).expect(2);
    assert!(
        refused.stderr.contains("of another model"),
        "{}",
        refused.stderr
    );

    run(folder.path(), &[&CALL[..], &["again"]].concat()).expect(0);
    let table = |name: &str| without_time(&folder.path().join(name));
    assert_eq!(table("scored"), table("again"));
}

/// The lines of a scorecard that are the same whenever it is made.
fn without_time(scored: &Path) -> Vec<String> {
    let table = std::fs::read_to_string(scored.join("scorecard.csv")).unwrap();
    let lines = table.lines().filter(|line| !line.contains("seconds"));
    lines.map(str::to_owned).collect()
}

#[test]
fn scoring_that_was_killed_goes_on_and_says_the_same() {
    let folder = folder();
    photographs(folder.path());
    let score = |method: &str, out: &str| {
        let mut command = command(folder.path());
        command.arg("--bundle").arg(bundle());
        command.args([
            "explain", "--score", "--data", "graded", "--masks", "outlined",
        ]);
        command.args(["--painted", "40", "--tested", "1", "--resamples", "20"]);
        command.args(["--method", method, "--out", out]);
        command
    };
    let whole = Ended::of(score("saliency", "whole").output().unwrap()).expect(0);
    assert!(!whole.stdout.contains("going on"), "{}", whole.stdout);
    let table = without_time(&folder.path().join("whole"));
    // Every photograph that was asked for has lesions to be seen.
    let is_full = |line: &String| line.starts_with("painted,all lesions,40,saliency,mass");
    assert!(table.iter().any(is_full), "{table:?}");

    let killed = folder.path().join("killed");
    let journal = killed.join("scorecard.unfinished");
    Running::kill_after(&mut score("saliency", "killed"), &journal, 1);
    assert!(journal.exists(), "it was not stopped before its end");
    let refused = Ended::of(score("grad-cam", "killed").output().unwrap()).expect(2);
    let sentence = refused.sentence_about("scorecard.unfinished");
    assert!(
        sentence.contains("--method (then saliency, now grad-cam)"),
        "{sentence}"
    );

    let ended = Ended::of(score("saliency", "killed").output().unwrap()).expect(0);
    assert!(ended.stdout.contains("going on: "), "{}", ended.stdout);
    assert!(!journal.exists());
    assert_eq!(without_time(&killed), table);
}

#[test]
fn a_model_of_shuffled_grades_is_compared_on_the_tested_photographs() {
    let folder = folder();
    photographs(folder.path());
    // The same weights under another name: what they explain is the same, which shows that maps are compared at all.
    let copy = folder.path().join("shuffled");
    std::fs::create_dir(&copy).unwrap();
    for name in files(bundle()) {
        std::fs::copy(bundle().join(&name), copy.join(&name)).unwrap();
    }
    let manifest = |change: &dyn Fn(&mut Value)| {
        let original = std::fs::read(bundle().join("bundle.json")).unwrap();
        let mut manifest: Value = serde_json::from_slice(&original).unwrap();
        change(&mut manifest);
        std::fs::write(copy.join("bundle.json"), manifest.to_string()).unwrap();
    };
    let with = ["scored", "--shuffled", "shuffled"];
    let refused = run(folder.path(), &[&CALL[..], &with].concat()).expect(2);
    refused.sentence_about("not trained with --shuffle-grades");

    manifest(&|manifest| {
        manifest["training"]["configuration"]["shuffle_grades"] = true.into();
        manifest["preparation"]["normalization"]["mean"][0] = 0.25.into();
    });
    let refused = run(folder.path(), &[&CALL[..], &with].concat()).expect(2);
    refused.sentence_about("sees photographs otherwise");

    manifest(&|manifest| manifest["training"]["configuration"]["shuffle_grades"] = true.into());
    let ended = run(folder.path(), &[&CALL[..], &with].concat()).expect(0);
    assert!(ended.stdout.contains("shuffled grades"), "{}", ended.stdout);
    let table = std::fs::read_to_string(folder.path().join("scored/scorecard.csv")).unwrap();
    let rows: Vec<&str> = table
        .lines()
        .filter(|line| line.contains(",saliency,shuffled grades,"))
        .collect();
    assert_eq!(rows.len(), 2, "one for each set of photographs:\n{table}");
    for row in rows {
        let value: f64 = row.split(',').nth(5).unwrap().parse().unwrap();
        assert!((value - 1.0).abs() < 1e-9, "{row}");
    }
}

#[test]
fn what_cannot_be_scored_is_told() {
    let folder = folder();
    let nothing = run(folder.path(), &["explain", "--score", "--out", "scored"]).expect(2);
    assert!(nothing.stderr.contains("--masks"), "{}", nothing.stderr);
    draw(&folder.path().join("graded/2/1.png"), 1);
    let none_healthy = run(
        folder.path(),
        &["explain", "--score", "--data", "graded", "--out", "scored"],
    )
    .expect(2);
    assert!(
        none_healthy.stderr.contains("grade 0"),
        "{}",
        none_healthy.stderr
    );
    let both = run(
        folder.path(),
        &["explain", "eye.png", "--score", "--out", "scored"],
    );
    assert_eq!(both.status, 2);
}
