//! Screening many photographs: one row each, and the answers of the server.

use std::fs;
use std::io::{Read, Write};
use std::path::Path;

use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use serde_json::Value;

use crate::bench::{draw, files, folder, rows, run};
use crate::client;

/// Rows of a table by the names of their columns.
fn table(path: &Path) -> Vec<std::collections::HashMap<String, String>> {
    let mut reader = csv::Reader::from_path(path).unwrap();
    reader.deserialize().map(Result::unwrap).collect()
}

/// Four photographs, a copy of the second, and one that cannot be read.
fn write_photographs(photos: &Path) {
    draw(&photos.join("1.png"), 1);
    draw(&photos.join("2_left.jpg"), 2);
    draw(&photos.join("a/3.png"), 3);
    draw(&photos.join("a/4.png"), 4);
    fs::copy(photos.join("2_left.jpg"), photos.join("b_copy.jpg")).unwrap();
    fs::write(photos.join("text.jpg"), "Dear colleague,\n").unwrap();
    fs::write(photos.join("notes.txt"), "not a photograph by its name").unwrap();
}

#[test]
fn every_photograph_has_a_row_also_copies_and_those_that_fail() {
    let folder = folder();
    write_photographs(&folder.path().join("photos"));
    let call = ["screen", "photos", "--out", "found/results.csv"];
    let ended = run(folder.path(), &call).expect(1);
    let sentence = ended.sentence_about("text.jpg");
    assert!(sentence.contains("not a picture"), "{sentence}");
    for words in [
        "6 photographs: 5 graded, 1 of them copies",
        "1 failed",
        "1 other file was skipped",
        "Research software",
    ] {
        assert!(ended.stdout.contains(words), "{words}: {}", ended.stdout);
    }

    let rows = table(&folder.path().join("found/results.csv"));
    let found: Vec<&str> = rows.iter().map(|row| row["file"].as_str()).collect();
    let expected = [
        "photos/1.png",
        "photos/2_left.jpg",
        "photos/a/3.png",
        "photos/a/4.png",
        "photos/b_copy.jpg",
        "photos/text.jpg",
    ];
    assert_eq!(found, expected);
    for row in &rows[..5] {
        let number = |column: &str| row[column].parse::<f64>().unwrap();
        let sum: f64 = (0..5).map(|grade| number(&format!("p{grade}"))).sum();
        assert!((sum - 1.0).abs() < 1e-5, "{row:?}");
        assert!((0.0..=1.0).contains(&number("expected_clinical_cost")));
        assert!(["refer", "rescreen", "unsure", "retake"].contains(&row["decision"].as_str()));
        assert_eq!(row["bundle"].len(), 16);
        assert_eq!(row["sha256"].len(), 64);
        assert_eq!(row["error"], "");
    }
    let (original, copy, failed) = (&rows[1], &rows[4], &rows[5]);
    assert_eq!(original["duplicate_of"], "");
    assert_eq!(copy["duplicate_of"], "photos/2_left.jpg");
    assert_eq!(original["laterality"], "left");
    assert_eq!(copy["laterality"], "", "a name is not a matter of bytes");
    for column in ["sha256", "grade", "p0", "entropy", "quality", "rule"] {
        assert_eq!(original[column], copy[column], "{column}");
    }
    assert!(failed["error"].contains("not a picture"));
    assert_eq!((failed["grade"].as_str(), failed["p0"].as_str()), ("", ""));
    assert_eq!(files(&folder.path().join("found")), ["results.csv"]);

    // What `predict` says of them, a copy included.
    run(folder.path(), &["predict", "photos", "--out", "out"]).expect(1);
    let predicted = table(&folder.path().join("out/predictions.csv"));
    assert_eq!(predicted.len(), 5);
    for (row, predicted) in rows.iter().zip(&predicted) {
        for (column, value) in predicted {
            let own = &row[column];
            let same = match (own.parse::<f32>(), value.parse::<f32>()) {
                (Ok(own), Ok(value)) => own == value,
                _ => own == value,
            };
            assert!(same, "{column}: {own} and {value}");
        }
    }
}

#[test]
fn results_that_are_whole_are_not_replaced() {
    let folder = folder();
    draw(&folder.path().join("eye.png"), 8);
    let call = ["screen", "eye.png", "--out", "results.csv"];
    run(folder.path(), &call).expect(0);
    let whole = fs::read(folder.path().join("results.csv")).unwrap();
    let refused = run(folder.path(), &call).expect(2);
    let sentence = refused.sentence_about("results.csv");
    assert!(sentence.contains("there already"), "{sentence}");
    assert_eq!(fs::read(folder.path().join("results.csv")).unwrap(), whole);
}

#[test]
fn the_server_gives_the_same_answers_to_the_same_bytes() {
    let folder = folder();
    draw(&folder.path().join("eye_left.png"), 8);
    draw(&folder.path().join("eye_right.jpg"), 4);
    let call = [
        "screen",
        "eye_left.png",
        "eye_right.jpg",
        "--out",
        "results.csv",
    ];
    run(folder.path(), &call).expect(0);
    let rows = table(&folder.path().join("results.csv"));
    let document = submitted(folder.path(), &["eye_left.png", "eye_right.jpg"]);
    let results = document["results"].as_array().unwrap();
    assert_eq!(results.len(), 2);
    for (row, result) in rows.iter().zip(results) {
        assert_eq!(row["file"], result["file"].as_str().unwrap());
        assert_eq!(row["laterality"], result["laterality"].as_str().unwrap());
        let expect = |column: &str, value: &Value| {
            let value = value
                .as_f64()
                .unwrap_or_else(|| panic!("{column}: {value}"));
            assert_eq!(
                row[column].parse::<f32>().unwrap(),
                value as f32,
                "{column}"
            );
        };
        for grade in 0..5 {
            expect(&format!("p{grade}"), &result["probabilities"][grade]);
            expect(&format!("std{grade}"), &result["uncertainty"]["std"][grade]);
        }
        for measure in [
            "entropy",
            "expected_entropy",
            "mutual_information",
            "entropy_of_entropies",
            "variation_ratio",
        ] {
            expect(measure, &result["uncertainty"][measure]);
        }
        expect("grade", &result["grade"]);
        expect("referable", &result["referable"]);
        expect("vision_threatening", &result["vision_threatening"]);
        expect("quality", &result["quality"]["score"]);
        expect("passes", &result["passes"]);
        for (column, value) in [
            ("decision", &result["decision"]),
            ("rule", &result["rule"]),
            ("reason", &result["reason"]),
            ("bundle", &result["graded_by"]),
        ] {
            assert_eq!(row[column], value.as_str().unwrap(), "{column}");
        }
        assert_eq!(row["gradable"], result["quality"]["gradable"].to_string());
        assert_eq!(row["unfamiliarity"], "", "this bundle knows no features");
        assert!(result["unfamiliarity"].is_null());
    }
}

/// Hands photographs in to a server of their own, and gives what it says when they are graded.
fn submitted(working_folder: &Path, names: &[&str]) -> Value {
    let arguments = ["serve", "--listen", "127.0.0.1:0", "--data-dir", "data"];
    let (_serving, address) = client::serve(working_folder, &arguments);

    let mut body = Vec::new();
    for name in names {
        let head = format!(
            "--boundary\r\nContent-Disposition: form-data; name=\"image\"; filename=\"{name}\"\r\n\r\n"
        );
        body.extend(head.bytes());
        body.extend(fs::read(working_folder.join(name)).unwrap());
        body.extend(b"\r\n");
    }
    body.extend(b"--boundary--\r\n");
    let mut connection = std::net::TcpStream::connect(&address).unwrap();
    write!(
        connection,
        "POST /api/v1/screenings HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {}\r\n\
         Content-Type: multipart/form-data; boundary=boundary\r\n\r\n",
        body.len()
    )
    .unwrap();
    connection.write_all(&body).unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    let (head, document) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 201"), "{answer}");
    serde_json::from_str(document).unwrap()
}

#[test]
fn parquet_says_the_same_as_csv() {
    let folder = folder();
    write_photographs(&folder.path().join("photos"));
    for out in ["results.csv", "results.parquet", "results.json"] {
        run(folder.path(), &["screen", "photos", "--out", out]).expect(1);
    }
    let expected = rows(&folder.path().join("results.csv"));
    let header = csv::Reader::from_path(folder.path().join("results.csv"))
        .unwrap()
        .headers()
        .unwrap()
        .clone();
    let file = fs::File::open(folder.path().join("results.parquet")).unwrap();
    let reader = SerializedFileReader::new(file).unwrap();
    let metadata = reader.metadata().file_metadata().key_value_metadata();
    let said = metadata
        .unwrap()
        .iter()
        .find(|pair| pair.key == "disclaimer");
    assert_eq!(said.unwrap().value.as_deref(), Some(trust::DISCLAIMER));
    let found: Vec<_> = reader
        .get_row_iter(None)
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(&expected) {
        let columns: Vec<(&String, &Field)> = found.get_column_iter().collect();
        assert_eq!(columns.len(), expected.len());
        for (((name, value), column), cell) in columns.into_iter().zip(&header).zip(expected) {
            assert_eq!(name, column);
            let text = match value {
                Field::Null => String::new(),
                Field::Str(text) => text.clone(),
                Field::Bool(flag) => flag.to_string(),
                Field::Long(number) => number.to_string(),
                Field::Float(number) => number.to_string(),
                other => panic!("{name} is {other:?}"),
            };
            assert_eq!(text, cell, "{name}");
        }
    }
    let text = fs::read_to_string(folder.path().join("results.json")).unwrap();
    let document: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(document["disclaimer"], trust::DISCLAIMER);
    assert_eq!(document["rows"].as_array().unwrap().len(), expected.len());
    assert_eq!(document["rows"][0]["p0"].to_string(), expected[0][17]);
    assert!(document["rows"][5]["grade"].is_null());
}

#[test]
fn a_table_says_whose_eyes_are_screened_and_patients_are_joined() {
    let folder = folder();
    let photos = folder.path().join("photos");
    draw(&photos.join("a.png"), 1);
    draw(&photos.join("b.png"), 2);
    draw(&photos.join("c.png"), 3);
    draw(&photos.join("d_left.png"), 4);
    fs::copy(photos.join("a.png"), photos.join("a again.png")).unwrap();
    let list = "\u{feff}patient,Image,laterality,device\r\n\
                P-1,photos/a,OD,Topcon\r\nP-1,photos/b.png,left,x\r\n\
                P-2,photos/c.png,right,x\r\nP-2,photos/missing.png,left,x\r\n\
                P-3,photos/a again.png,L,x\r\nP-4,photos/d_left.png,,x\r\n,photos/nobody.png,,x\r\n";
    fs::write(folder.path().join("list.csv"), list).unwrap();
    let call = [
        "screen",
        "list.csv",
        "--out",
        "results.csv",
        "--patients",
        "patients.csv",
    ];
    let ended = run(folder.path(), &call).expect(1);
    assert!(
        ended
            .sentence_about("missing.png")
            .contains("cannot be read")
    );
    let photographs = table(&folder.path().join("results.csv"));
    assert_eq!(photographs.len(), 7);
    assert_eq!(photographs[0]["file"], "photos/a.png");
    assert_eq!(photographs[0]["patient"], "P-1");
    assert_eq!(photographs[0]["laterality"], "right");
    assert_eq!(photographs[0]["device"], "Topcon");
    assert_eq!(photographs[0]["year_of_birth"], "");
    for row in &photographs {
        let told = row["laterality_confidence"].parse().unwrap_or(0.0) >= 0.95;
        let differs = row["laterality"] != row["laterality_seen"];
        let disputed = match row["sha256"].is_empty() {
            true => String::new(),
            false => (told && differs && !row["laterality"].is_empty()).to_string(),
        };
        assert_eq!(row["laterality_disputed"], disputed, "{}", row["file"]);
    }
    assert_eq!(photographs[3]["sha256"], "");
    assert!(photographs[3]["error"].contains("cannot be read"));
    assert_eq!(photographs[5]["laterality"], "left");

    let patients = table(&folder.path().join("patients.csv"));
    let column =
        |name: &str| -> Vec<String> { patients.iter().map(|row| row[name].clone()).collect() };
    assert_eq!(column("patient"), ["P-1", "P-2", "P-3", "P-4"]);
    assert_eq!(column("photographs"), ["2", "2", "1", "1"]);
    assert_eq!(column("failed"), ["0", "1", "0", "0"]);
    // The first picture is said to be the right eye of one and the left one of another.
    assert_eq!(column("contradictory"), ["1", "0", "1", "0"]);
    assert_eq!(column("right"), ["", "graded", "", ""]);
    assert_eq!(column("left"), ["graded", "", "", "graded"]);
    assert_eq!(column("unknown_eye"), ["graded", "", "graded", ""]);
    let unanswered = column("eyes_without_answer");
    assert_eq!(unanswered, ["right", "left", "right left", "right"]);
    assert_eq!(patients[1]["right_grade"], photographs[2]["grade"]);
    assert_eq!(patients[1]["right_file"], "photos/c.png");
    assert!(
        column("decision")
            .iter()
            .all(|decision| decision != "rescreen")
    );
}

#[test]
fn what_cannot_be_screened_is_said_before_the_work() {
    let folder = folder();
    draw(&folder.path().join("eye.png"), 1);
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("nameless.csv", "path,patient\neye.png,P-1\n");
    write("eyes.csv", "file,laterality\neye.png,left\neye.png,right\n");
    write("odd.csv", "file,laterality\neye.png,upper\n");
    write("born.csv", "file,patient,year_of_birth\neye.png,P-1,1899\n");
    write("day.csv", "file,examined\neye.png,yesterday\n");
    write("lines.csv", "file,operator\neye.png,\"a\nb\"\n");
    write(
        "reborn.csv",
        "file,patient,year_of_birth\neye.png,P-1,1961\nother.png,P-1,1962\n",
    );
    write("twice.csv", "file,patient,patient\neye.png,a,b\n");
    write("gap.csv", "file\neye.png\n\"\"\n");
    write("none.csv", "file\n");
    for (arguments, words) in [
        (
            &["nameless.csv", "--out", "r.csv"][..],
            "expected `file` or `image`",
        ),
        (&["eyes.csv", "--out", "r.csv"], "named twice"),
        (&["odd.csv", "--out", "r.csv"], "row 2"),
        (
            &["born.csv", "--out", "r.csv"],
            "year_of_birth must be a year",
        ),
        (&["day.csv", "--out", "r.csv"], "examined must be a day"),
        (
            &["lines.csv", "--out", "r.csv"],
            "operator must be one line",
        ),
        (&["reborn.csv", "--out", "r.csv"], "another year of birth"),
        (&["twice.csv", "--out", "r.csv"], "twice"),
        (&["gap.csv", "--out", "r.csv"], "row 3"),
        (&["none.csv", "--out", "r.csv"], "no photograph"),
        (&["nowhere", "--out", "r.csv"], "no such file"),
        (&["eye.png", "--out", "r.xlsx"], ".csv, .parquet or .json"),
        (
            &["eye.png", "--out", "r.csv", "--patients", "r.csv"],
            "the same file",
        ),
        (
            &["eye.png", "--out", "r.csv", "--patients", "./r.csv"],
            "the same file",
        ),
        (
            &["eye.png", "--out", "r.csv", "--patients", "p.csv"],
            "whose",
        ),
        (&["eye.png", "--out", "eye.png/r.csv"], "eye.png"),
        (
            &["eye.png", "--out", "r.csv", "--rotations", "3"],
            "choose 1, 2 or 4",
        ),
    ] {
        let call = [&["screen"], arguments].concat();
        let refused = run(folder.path(), &call).expect(2);
        assert!(
            refused.stderr.contains(words),
            "{words}: {}",
            refused.stderr
        );
        assert!(!folder.path().join("r.csv").exists());
        assert!(
            !folder.path().join("r.csv.unfinished").exists(),
            "{arguments:?}"
        );
    }
}

#[test]
fn programs_are_told_of_each_photograph() {
    let folder = folder();
    write_photographs(&folder.path().join("photos"));
    let call = ["--json", "screen", "photos", "--out", "results.csv"];
    let ended = run(folder.path(), &call).expect(1);
    let events: Vec<Value> = (ended.stdout.lines())
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(events.len(), 7);
    assert_eq!(events[0]["file"], "photos/1.png");
    assert!(events[0]["p4"].as_f64().unwrap() < 1.0);
    assert_eq!(events[5]["file"], "photos/text.jpg");
    assert!(
        events[5]["error"]
            .as_str()
            .unwrap()
            .contains("not a picture")
    );
    let counts = &events[6]["counts"];
    assert_eq!(
        (&counts["graded"], &counts["failed"]),
        (&5.into(), &1.into())
    );
}
