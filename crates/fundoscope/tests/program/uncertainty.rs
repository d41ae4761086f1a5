//! Accuracy against the share of photographs kept: graphs and the table behind them.

use std::fs;
use std::path::Path;

use crate::bench::{files, folder, rows, run};

/// Predictions for twelve photographs: the sure ones are right, the unsure ones wrong.
fn write_predictions(folder: &Path) {
    let mut table =
        "file,grade,p0,p1,p2,p3,p4,referable,std0,std1,std2,std3,std4,entropy,expected_entropy,\
                     mutual_information,decision,quality,later_column\r\n"
            .to_owned();
    for index in 0..12 {
        let sure = index % 2 == 0;
        let (p0, p3, entropy) = if sure {
            (0.95, 0.05, 0.2)
        } else {
            (0.6, 0.4, 0.7)
        };
        table += &format!(
            "photos/{index}_left.jpg,0,{p0},0,0,{p3},0,{p3},0.1,0,0,0.1,0,{entropy},0.1,0.1,rescreen,0.9,x\r\n"
        );
    }
    fs::create_dir_all(folder).unwrap();
    fs::write(folder.join("predictions.csv"), table).unwrap();
}

fn labels(header: &str, name: impl Fn(usize) -> String) -> String {
    let rows =
        (0..12).map(|index| format!("{},{}\n", name(index), if index % 2 == 0 { 0 } else { 3 }));
    format!("{header}\n{}", rows.collect::<String>())
}

#[test]
fn graphs_and_tables_are_written_for_every_measure() {
    let folder = folder();
    write_predictions(&folder.path().join("graded"));
    fs::write(
        folder.path().join("labels.csv"),
        labels("image,level", |index| format!("{index}_left")),
    )
    .unwrap();
    let arguments = [
        "uncertainty",
        "--predictions",
        "graded",
        "--labels",
        "labels.csv",
        "--out",
        "out",
    ];
    let ended = run(folder.path(), &arguments).expect(0);
    assert!(
        ended.stdout.contains("12 of 12 photographs"),
        "{}",
        ended.stdout
    );

    let out = folder.path().join("out");
    let mut expected = vec!["areas.csv".to_owned(), "referral.csv".to_owned()];
    for figure in [
        "accuracy",
        "referable_auc",
        "sensitivity",
        "specificity",
        "quadratic_weighted_kappa",
    ] {
        expected.extend([format!("{figure}.svg"), format!("{figure}.png")]);
    }
    expected.sort();
    assert_eq!(files(&out), expected);
    let svg = fs::read_to_string(out.join("accuracy.svg")).unwrap();
    for line in ["entropy", "mutual information", "random", "oracle"] {
        assert!(svg.contains(line), "no {line} in the graph");
    }
    assert!(image::open(out.join("accuracy.png")).unwrap().width() > 600);

    let rows = rows(&out.join("referral.csv"));
    let accuracy = |measure: &str, photographs: &str| -> f64 {
        let row = rows
            .iter()
            .find(|row| &row[0] == measure && &row[2] == photographs)
            .unwrap();
        row[3].parse().unwrap()
    };
    // Half of the photographs are right, and entropy tells which.
    assert_eq!(accuracy("entropy", "12"), 0.5);
    assert_eq!(accuracy("entropy", "6"), 1.0);
    assert_eq!(accuracy("oracle", "6"), 1.0);
    assert_eq!(accuracy("random", "6"), 0.5);
}

#[test]
fn a_name_that_could_be_two_is_named_and_left_out() {
    let folder = folder();
    write_predictions(&folder.path().join("graded"));
    let mut text = labels("file,grade", |index| format!("elsewhere/{index}_left.jpg"));
    text += "other/3_left.jpg,1\n";
    fs::write(folder.path().join("labels.csv"), text).unwrap();
    let arguments = [
        "uncertainty",
        "--predictions",
        "graded",
        "--labels",
        "labels.csv",
        "--out",
        "out",
    ];
    let ended = run(folder.path(), &arguments).expect(1);
    assert!(
        ended
            .sentence_about("photos/3_left.jpg")
            .contains("several")
    );
    assert!(
        ended.stdout.contains("11 of 12 photographs"),
        "{}",
        ended.stdout
    );
}

#[test]
fn what_cannot_be_joined_is_a_wrong_call() {
    let folder = folder();
    write_predictions(&folder.path().join("graded"));
    let write = |text: &str| fs::write(folder.path().join("labels.csv"), text).unwrap();
    let call = |predictions: &str| {
        let arguments = [
            "uncertainty",
            "--predictions",
            predictions,
            "--labels",
            "labels.csv",
            "--out",
            "out",
        ];
        run(folder.path(), &arguments).expect(2).stderr
    };
    write("file,grade\nstrangers/99.jpg,2\n");
    assert!(call("graded").contains("labels.csv"));
    assert!(call("nowhere").contains("nowhere"));
    write("file,grade\n1_left.jpg,9\n");
    assert!(call("graded").contains("row 2"));
    write("name,colour\n1_left.jpg,red\n");
    assert!(call("graded").contains("name,colour"));
    assert!(!folder.path().join("out/accuracy.svg").exists());
}
