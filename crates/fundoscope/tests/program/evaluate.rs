//! Evaluation: every figure with its interval, in a file for programs and a page for people.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::bench::{bundle, draw, files, folder, run};

/// Ten photographs of five patients in two sets, and one that cannot be read.
fn write_source(source: &Path) {
    let mut manifest = "file,set,grade,patient,split\n".to_owned();
    for index in 0..10 {
        let set = if index < 5 { "first" } else { "second" };
        draw(&source.join(format!("{index}.png")), index);
        manifest += &format!(
            "{index}.png,{set},{},patient-{},val\n",
            index % 5,
            index / 2
        );
    }
    fs::write(source.join("broken.png"), "").unwrap();
    manifest += "broken.png,second,1,patient-9,val\n";
    draw(&source.join("other.png"), 3);
    manifest += "other.png,second,1,patient-8,train\n";
    fs::write(source.join("manifest.csv"), manifest).unwrap();
}

#[test]
fn figures_and_report_are_written_and_the_table_is_printed() {
    let folder = folder();
    write_source(&folder.path().join("source"));
    let arguments = [
        "evaluate",
        "--data",
        "source",
        "--split",
        "val",
        "--out",
        "out",
        "--resamples",
        "200",
    ];
    let ended = run(folder.path(), &arguments).expect(1);
    assert!(ended.sentence_about("source/broken.png").contains("empty"));
    let out = folder.path().join("out");
    assert_eq!(files(&out), ["metrics.json", "report.html"]);

    let metrics: Value =
        serde_json::from_slice(&fs::read(out.join("metrics.json")).unwrap()).unwrap();
    assert_eq!(metrics["disclaimer"], trust::DISCLAIMER);
    assert_eq!(metrics["pooled"]["photographs"], 10);
    assert_eq!(metrics["pooled"]["patients"], 6);
    assert_eq!(
        metrics["by_source"]["first"]["photographs_by_grade"],
        serde_json::json!([1, 1, 1, 1, 1])
    );
    let auc = &metrics["pooled"]["referable_auc"];
    assert!(
        auc["lower"].as_f64() <= auc["value"].as_f64()
            && auc["value"].as_f64() <= auc["upper"].as_f64()
    );

    let line = ended
        .stdout
        .lines()
        .find(|line| line.starts_with("referable AUC"))
        .unwrap();
    assert!(
        line.contains(&format!("{:.3} (", auc["value"].as_f64().unwrap())),
        "{line}"
    );
    let heading = ended
        .stdout
        .lines()
        .find(|line| line.contains("pooled (n = 10)"))
        .unwrap();
    assert!(
        heading.contains("first (n = 5)") && heading.contains("second (n = 5)"),
        "{heading}"
    );
    assert!(ended.stdout.contains("quadratic weighted kappa"));
}

#[test]
fn the_report_needs_nothing_else_and_names_no_photograph() {
    let folder = folder();
    write_source(&folder.path().join("source"));
    let arguments = [
        "evaluate",
        "--data",
        "source",
        "--split",
        "val",
        "--out",
        "out",
        "--resamples",
        "50",
    ];
    run(folder.path(), &arguments).expect(1);
    let report = fs::read_to_string(folder.path().join("out/report.html")).unwrap();
    assert!(report.starts_with("<!DOCTYPE html>"));
    assert!(report.contains(trust::DISCLAIMER));
    // Confusion and two reliability diagrams of three columns each, five referral curves.
    assert_eq!(report.matches("<svg").count(), 3 + 2 * 3 + 5);
    assert!(report.contains("Reliability") || report.contains("reliability"));
    for outside in ["src=", "href=", "url(", "@import", "<script"] {
        assert!(!report.contains(outside), "{outside}");
    }
    for private in ["patient-1", "0.png", "broken.png"] {
        assert!(!report.contains(private), "{private}");
    }
    assert!(report.contains("1 photograph could not be graded"));
}

#[test]
fn the_same_call_gives_the_same_bytes() {
    let folder = folder();
    write_source(&folder.path().join("source"));
    let call = |out: &str, threads: &str| {
        let arguments = [
            "evaluate",
            "--data",
            "source",
            "--out",
            out,
            "--resamples",
            "50",
            "--threads",
            threads,
        ];
        run(folder.path(), &arguments).expect(1);
        ["metrics.json", "report.html"]
            .map(|name| fs::read(folder.path().join(out).join(name)).unwrap())
    };
    assert!(call("first", "1") == call("second", "2"));
}

#[test]
fn a_bundle_is_no_better_than_itself() {
    let folder = folder();
    write_source(&folder.path().join("source"));
    let itself = bundle().to_str().unwrap();
    let arguments = [
        "evaluate",
        "--data",
        "source",
        "--split",
        "val",
        "--out",
        "out",
        "--resamples",
        "50",
        "--against",
        itself,
    ];
    let ended = run(folder.path(), &arguments).expect(1);
    assert!(ended.stdout.contains("this bundle less the other"));
    let out = folder.path().join("out");
    assert_eq!(
        files(&out),
        ["comparison.json", "metrics.json", "report.html"]
    );
    let comparison: Value =
        serde_json::from_slice(&fs::read(out.join("comparison.json")).unwrap()).unwrap();
    assert_eq!(comparison["disclaimer"], trust::DISCLAIMER);
    for set in ["/pooled", "/by_source/first", "/by_source/second"] {
        for figure in ["quadratic_weighted_kappa", "referable_auc", "brier_score"] {
            let difference = comparison.pointer(&format!("{set}/{figure}")).unwrap();
            for end in ["lower", "value", "upper"] {
                assert_eq!(difference[end], 0.0, "{set} {figure}");
            }
        }
    }
    let report = fs::read_to_string(out.join("report.html")).unwrap();
    assert!(report.contains("Against another model"));

    let nowhere = [
        "evaluate",
        "--data",
        "source",
        "--out",
        "other",
        "--against",
    ];
    let ended = run(folder.path(), &[&nowhere[..], &["nowhere"]].concat()).expect(2);
    assert!(ended.stderr.contains("nowhere"), "{}", ended.stderr);
    assert!(!folder.path().join("other").exists());
}

#[test]
fn one_data_set_of_several_can_be_named() {
    let folder = folder();
    write_source(&folder.path().join("source"));
    let call = |name: &str| {
        let arguments = [
            "evaluate",
            "--data",
            "source",
            "--only",
            name,
            "--out",
            "out",
            "--resamples",
            "20",
        ];
        run(folder.path(), &arguments)
    };
    let unknown = call("third").expect(2).stderr;
    assert!(unknown.contains("`third`") && unknown.contains("first, second"));
    call("first").expect(0);
    let metrics = fs::read(folder.path().join("out/metrics.json")).unwrap();
    let metrics: Value = serde_json::from_slice(&metrics).unwrap();
    assert_eq!(metrics["pooled"]["photographs"], 5);
    let sources: Vec<&String> = metrics["by_source"].as_object().unwrap().keys().collect();
    assert_eq!(sources, ["first"]);
}

#[test]
fn what_is_no_source_is_a_wrong_call() {
    let folder = folder();
    write_source(&folder.path().join("source"));
    let call = |arguments: &[&str]| {
        let arguments = [&["evaluate", "--out", "out"], arguments].concat();
        run(folder.path(), &arguments).expect(2).stderr
    };
    assert!(call(&["--data", "nowhere"]).contains("nowhere"));
    assert!(call(&["--data", "source", "--split", "test"]).contains("source"));
    assert!(call(&["--data", "source", "--data", "./source"]).contains("twice"));
    assert!(!folder.path().join("out").exists());
}
