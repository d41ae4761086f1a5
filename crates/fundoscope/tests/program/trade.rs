//! What members and sizes bring and cost: the figures are those of `evaluate`, for each number of members.

use std::fs;

use serde_json::Value;

use crate::bench::{MEMBERS, bundle, draw, files, folder, rows, run};

#[test]
fn every_number_of_members_is_measured_and_all_of_them_are_what_evaluate_measures() {
    let folder = folder();
    let source = folder.path().join("source");
    let mut manifest = "file,grade,patient\n".to_owned();
    for index in 0..8 {
        draw(&source.join(format!("{index}.png")), index);
        manifest += &format!("{index}.png,{},p{index}\n", index % 4);
    }
    fs::write(source.join("broken.png"), "").unwrap();
    manifest += "broken.png,1,p9\n";
    fs::write(source.join("manifest.csv"), manifest).unwrap();

    let same = ["--data", "source", "--resamples", "100", "--out"];
    let trade = [&["trade"], &same[..], &["traded", "--bundles"]].concat();
    let shipped = bundle().to_str().unwrap();
    let ended = run(folder.path(), &[&trade[..], &[shipped, shipped]].concat()).expect(1);
    assert!(ended.sentence_about("source/broken.png").contains("empty"));
    assert!(ended.stdout.contains(trust::DISCLAIMER));
    let traded = folder.path().join("traded");
    assert_eq!(
        files(&traded),
        [
            "kappa.png",
            "kappa.svg",
            "referable_auc.png",
            "referable_auc.svg",
            "trade.csv"
        ]
    );
    let found = rows(&traded.join("trade.csv"));
    let members: Vec<&str> = found.iter().map(|row| &row[2]).collect();
    assert_eq!(members, ["1", "2", "1", "2"]);
    let number = |row: usize, column: usize| found[row][column].parse::<f64>().unwrap();
    for row in 0..found.len() {
        assert_eq!(number(row, 3), 8.0, "photographs");
        assert!(number(row, 4) > 0.0, "seconds");
    }
    assert!(
        number(1, 4) > number(0, 4),
        "two members take longer than one"
    );

    run(
        folder.path(),
        &[&["evaluate"], &same[..], &["evaluated"]].concat(),
    )
    .expect(1);
    let metrics = fs::read(folder.path().join("evaluated/metrics.json")).unwrap();
    let metrics: Value = serde_json::from_slice(&metrics).unwrap();
    let kappa = &metrics["pooled"]["quadratic_weighted_kappa"];
    let auc = &metrics["pooled"]["referable_auc"];
    for (column, figure) in [
        (5, &kappa["value"]),
        (6, &kappa["lower"]),
        (7, &kappa["upper"]),
        (8, &auc["value"]),
        (10, &auc["upper"]),
    ] {
        let expected = figure.as_f64().unwrap();
        assert!((number(MEMBERS - 1, column) - expected).abs() < 1e-9);
    }
}

#[test]
fn a_folder_without_a_bundle_is_named() {
    let folder = folder();
    draw(&folder.path().join("source/2/a.png"), 2);
    let call = [
        "trade",
        "--data",
        "source",
        "--out",
        "out",
        "--bundles",
        "nowhere",
    ];
    let ended = run(folder.path(), &call).expect(2);
    assert!(ended.sentence_about("nowhere").contains("cannot be used"));
    assert!(!folder.path().join("out").exists());
}
