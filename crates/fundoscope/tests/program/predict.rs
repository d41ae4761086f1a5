//! Predictions: the two files, their meaning, and that nothing but the photograph decides an answer.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use npyz::npz::NpzArchive;

use crate::bench::{Ended, MEMBERS, bundle, command, draw, files, folder, rows, run};

const HEADER: &str = "file,grade,p0,p1,p2,p3,p4,referable,std0,std1,std2,std3,std4,entropy,expected_entropy,\
                      mutual_information,decision,quality\r\n";

/// Shape and values of an array of single-precision numbers.
fn array(archive: &Path, name: &str) -> (Vec<u64>, Vec<f32>) {
    let mut archive = NpzArchive::open(archive).unwrap();
    let array = archive.by_name(name).unwrap().unwrap();
    let shape = array.shape().to_vec();
    (shape, array.into_vec().unwrap())
}

fn names(archive: &Path) -> Vec<String> {
    let mut archive = NpzArchive::open(archive).unwrap();
    archive
        .by_name("files")
        .unwrap()
        .unwrap()
        .into_vec()
        .unwrap()
}

/// Five photographs, two of them in sub-folders, and a text.
fn write_photographs(photos: &Path) {
    draw(&photos.join("1.png"), 1);
    draw(&photos.join("2.jpg"), 2);
    draw(&photos.join("a/3.png"), 3);
    draw(&photos.join("b/3.png"), 4);
    draw(&photos.join("b/Größe, \"5\".png"), 5);
    fs::write(photos.join("notes.txt"), "not a photograph by its name").unwrap();
}

#[test]
fn the_table_and_the_arrays_follow_the_contract() {
    let folder = folder();
    write_photographs(&folder.path().join("photos"));
    let ended = run(folder.path(), &["predict", "photos/", "--out", "out"]).expect(0);
    assert!(
        ended.stdout.contains("1 other file was skipped"),
        "{}",
        ended.stdout
    );

    let table = folder.path().join("out/predictions.csv");
    let text = fs::read_to_string(&table).unwrap();
    // Later columns may follow.
    assert!(text.starts_with(HEADER.trim_end()), "{text}");
    let rows = rows(&table);
    let expected_files = [
        "photos/1.png",
        "photos/2.jpg",
        "photos/a/3.png",
        "photos/b/3.png",
        "photos/b/Größe, \"5\".png",
    ];
    let found: Vec<&str> = rows.iter().map(|row| &row[0]).collect();
    assert_eq!(found, expected_files);

    let archive = folder.path().join("out/predictions.npz");
    let (logits_shape, logits) = array(&archive, "logits");
    assert_eq!(logits_shape, [MEMBERS as u64 * 4, 5, 5]);
    assert!(logits.iter().all(|logit| logit.is_finite()));
    let (probabilities_shape, probabilities) = array(&archive, "probabilities");
    assert_eq!(probabilities_shape, [5, 5]);
    assert_eq!(names(&archive), expected_files);
    for (row, probabilities) in rows.iter().zip(probabilities.chunks(5)) {
        expect_consistent(row, probabilities);
    }
}

/// A row agrees with itself and with the row of the array.
#[track_caller]
fn expect_consistent(row: &csv::StringRecord, probabilities: &[f32]) {
    let number = |column: usize| row[column].parse::<f32>().unwrap();
    let in_table: Vec<f32> = (2..7).map(number).collect();
    assert_eq!(in_table, probabilities);
    assert!((probabilities.iter().sum::<f32>() - 1.0).abs() < 1e-5);
    let referable = probabilities[2] + probabilities[3] + probabilities[4];
    assert!((number(7) - referable).abs() < 1e-6);
    let grade: usize = row[1].parse().unwrap();
    assert!(
        probabilities
            .iter()
            .all(|other| *other <= probabilities[grade])
    );
    let [entropy, expected_entropy, mutual_information] = [13, 14, 15].map(number);
    assert!((entropy - expected_entropy - mutual_information).abs() < 1e-5);
    assert!(["refer", "rescreen", "unsure", "retake"].contains(&&row[16]));
    assert!((0.0..=1.0).contains(&number(17)));
}

#[test]
fn probabilities_are_the_mean_over_the_passes() {
    let folder = folder();
    draw(&folder.path().join("eye.png"), 8);
    run(
        folder.path(),
        &[
            "predict",
            "eye.png",
            "--out",
            "out",
            "--rotations",
            "2",
            "--mirrors",
        ],
    )
    .expect(0);
    let archive = folder.path().join("out/predictions.npz");
    let (shape, logits) = array(&archive, "logits");
    assert_eq!(shape, [MEMBERS as u64 * 4, 1, 5]);
    let softmax = |logits: &[f32]| {
        let exponentials: Vec<f64> = logits.iter().map(|logit| f64::from(*logit).exp()).collect();
        let sum: f64 = exponentials.iter().sum();
        exponentials
            .into_iter()
            .map(move |value| value / sum)
            .collect::<Vec<f64>>()
    };
    let passes: Vec<Vec<f64>> = logits.chunks(5).map(softmax).collect();
    let (_, probabilities) = array(&archive, "probabilities");
    for (grade, probability) in probabilities.into_iter().enumerate() {
        let mean = passes.iter().map(|pass| pass[grade]).sum::<f64>() / passes.len() as f64;
        assert!(
            (mean - f64::from(probability)).abs() < 1e-6,
            "{mean} {probability}"
        );
    }
}

#[test]
fn the_same_call_gives_the_same_bytes_on_any_number_of_threads() {
    let folder = folder();
    write_photographs(&folder.path().join("photos"));
    let stochastic = [
        "--stochastic",
        "dropout",
        "--samples",
        "3",
        "--rotations",
        "1",
    ];
    let call = |out: &str, more: &[&str]| {
        let arguments = [&["predict", "photos", "--out", out], &stochastic[..], more].concat();
        run(folder.path(), &arguments).expect(0);
        ["predictions.csv", "predictions.npz"]
            .map(|name| fs::read(folder.path().join(out).join(name)).unwrap())
    };
    let first = call("first", &["--seed", "7"]);
    assert!(
        first
            == call(
                "second",
                &["--seed", "7", "--threads", "1", "--batch-size", "3"]
            )
    );
    assert!(first != call("third", &["--seed", "8"]));
}

#[test]
fn the_program_runs_on_narrower_processors_and_says_what_it_computes_with() {
    let folder = folder();
    draw(&folder.path().join("1.png"), 1);
    let predicted = |instructions: &str| {
        let mut predict = command(folder.path());
        predict.arg("--bundle").arg(bundle());
        predict.args(["-v", "predict", "1.png", "--out", instructions]);
        predict.env("FUNDOSCOPE_INSTRUCTIONS", instructions);
        let ended = Ended::of(predict.output().unwrap()).expect(0);
        let rows = rows(&folder.path().join(instructions).join("predictions.csv"));
        (ended.stderr, rows[0].clone())
    };
    let (said, expected) = predicted("portable");
    assert!(said.contains("engine=\"portable\""), "{said}");
    // What this processor does not have, or nobody knows, leaves it its best.
    for instructions in ["avx2", "avx512", "abacus"] {
        let (said, found) = predicted(instructions);
        assert!(!said.contains("engine=\"abacus\""), "{said}");
        assert_eq!(found[1], expected[1], "the grade with {said}");
        for column in 2..8 {
            let [found, expected] =
                [&found, &expected].map(|row| row[column].parse::<f64>().unwrap());
            assert!(
                (found - expected).abs() < 1e-4,
                "{found} {expected}: {said}"
            );
        }
    }
}

#[test]
fn an_answer_does_not_depend_on_the_other_photographs() {
    let folder = folder();
    write_photographs(&folder.path().join("photos"));
    run(folder.path(), &["predict", "photos", "--out", "all"]).expect(0);
    run(
        folder.path(),
        &["predict", "photos/b/3.png", "--out", "alone"],
    )
    .expect(0);
    let all = rows(&folder.path().join("all/predictions.csv"));
    let alone = rows(&folder.path().join("alone/predictions.csv"));
    assert_eq!(alone, [all[3].clone()]);

    let (_, all) = array(&folder.path().join("all/predictions.npz"), "logits");
    let (_, alone) = array(&folder.path().join("alone/predictions.npz"), "logits");
    let of_this: Vec<f32> = all
        .chunks(5 * 5)
        .flat_map(|pass| pass[15..20].to_vec())
        .collect();
    assert_eq!(alone, of_this);
}

#[test]
fn a_photograph_given_twice_is_graded_once() {
    let folder = folder();
    draw(&folder.path().join("photos/eye.png"), 2);
    let arguments = [
        "predict",
        "photos",
        "photos/eye.png",
        "./photos",
        "--out",
        "out",
    ];
    run(folder.path(), &arguments).expect(0);
    assert_eq!(rows(&folder.path().join("out/predictions.csv")).len(), 1);
}

#[test]
fn outputs_inside_the_input_folder_are_not_inputs() {
    let folder = folder();
    draw(&folder.path().join("photos/eye.png"), 2);
    run(
        folder.path(),
        &["preprocess", "photos", "--out", "photos/out"],
    )
    .expect(0);
    run(
        folder.path(),
        &["preprocess", "photos", "--out", "photos/out"],
    )
    .expect(0);
    assert_eq!(files(&folder.path().join("photos/out")).len(), 3);
}

#[test]
fn a_split_picks_its_photographs_from_a_source() {
    let folder = folder();
    let source = folder.path().join("source");
    for (name, seed) in [("x/1.png", 1), ("x/2.png", 2), ("3.png", 3)] {
        draw(&source.join(name), seed);
    }
    fs::write(
        source.join("manifest.csv"),
        "file,set,grade,patient,split\nx/1.png,s,0,p1,train\nx/2.png,s,2,p2,val\n3.png,s,3,p3,val\n",
    )
    .unwrap();
    run(
        folder.path(),
        &["predict", "source", "--split", "val", "--out", "out"],
    )
    .expect(0);
    let rows = rows(&folder.path().join("out/predictions.csv"));
    let found: Vec<&str> = rows.iter().map(|row| &row[0]).collect();
    assert_eq!(found, ["source/x/2.png", "source/3.png"]);
}

#[test]
fn sampling_what_the_weights_do_not_have_is_refused() {
    let folder = folder();
    draw(&folder.path().join("eye.png"), 2);
    let arguments = [
        "predict",
        "eye.png",
        "--out",
        "out",
        "--stochastic",
        "batch-norm",
    ];
    let ended = run(folder.path(), &arguments).expect(2);
    assert_eq!(ended.stderr.lines().count(), 1, "{}", ended.stderr);
    assert!(files(&folder.path().join("out")).is_empty());
}

#[test]
fn the_settings_file_yields_to_the_environment_and_that_to_the_command_line() {
    let folder = folder();
    draw(&folder.path().join("eye.png"), 2);
    fs::write(folder.path().join("fundoscope.toml"), "seed = 1\n").unwrap();
    let logits = |environment: Option<&str>, flag: Option<&str>| {
        let mut command = command(folder.path());
        command.arg("--bundle").arg(bundle());
        command.args([
            "predict",
            "eye.png",
            "--out",
            "out",
            "--stochastic",
            "dropout",
        ]);
        if let Some(seed) = environment {
            command.env("FUNDOSCOPE_SEED", seed);
        }
        if let Some(seed) = flag {
            command.args(["--seed", seed]);
        }
        Ended::of(command.output().unwrap()).expect(0);
        array(&folder.path().join("out/predictions.npz"), "logits").1
    };
    let (one, two) = (logits(None, None), logits(Some("2"), None));
    assert_ne!(one, two);
    assert_eq!(one, logits(Some("2"), Some("1")));
    fs::remove_file(folder.path().join("fundoscope.toml")).unwrap();
    assert_eq!(two, logits(Some("2"), None));
}

/// Whether the signal arrives in time or not, the files are whole or absent.
#[cfg(unix)]
#[test]
fn ctrl_c_leaves_whole_files_only() {
    let folder = folder();
    for seed in 0..40 {
        draw(&folder.path().join(format!("photos/{seed}.png")), seed % 3);
    }
    let mut command = command(folder.path());
    command
        .arg("--bundle")
        .arg(bundle())
        .args(["predict", "photos", "--out", "out"]);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    stdout.read_line(&mut String::new()).unwrap();
    let process = child.id().to_string();
    Command::new("kill")
        .args(["-INT", &process])
        .status()
        .unwrap();
    let mut rest = Vec::new();
    std::io::Read::read_to_end(&mut stdout, &mut rest).unwrap();
    let ended = Ended::of(child.wait_with_output().unwrap());
    let left = files(&folder.path().join("out"));
    match ended.status {
        0 => assert_eq!(left, ["predictions.csv", "predictions.npz"]),
        _ => {
            let ended = ended.expect(1);
            assert!(ended.stderr.contains("interrupted"), "{}", ended.stderr);
            assert!(left.is_empty(), "{left:?}");
        }
    }
}

#[cfg(unix)]
#[test]
fn the_bundle_in_models_is_found_without_a_flag() {
    let folder = folder();
    draw(&folder.path().join("eye.png"), 2);
    std::os::unix::fs::symlink(bundle(), folder.path().join("models")).unwrap();
    let mut without_flag = command(folder.path());
    without_flag.args(["predict", "eye.png", "--out", "found"]);
    Ended::of(without_flag.output().unwrap()).expect(0);
    run(folder.path(), &["predict", "eye.png", "--out", "named"]).expect(0);
    let table = |out: &str| fs::read(folder.path().join(out).join("predictions.csv")).unwrap();
    assert!(table("found") == table("named"));
}

#[test]
fn the_eye_that_the_optic_disc_tells_is_the_same_for_every_command() {
    let folder = folder();
    draw(&folder.path().join("7_left.png"), 7);
    let documents = |call: &[&str]| -> Vec<serde_json::Value> {
        let ended = run(folder.path(), call).expect(0);
        let lines = ended.stdout.lines();
        lines
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    };
    documents(&["--json", "preprocess", "7_left.png", "--out", "prepared"]);
    let prepared = fs::read(folder.path().join("prepared/7_left.json")).unwrap();
    let prepared: serde_json::Value = serde_json::from_slice(&prepared).unwrap();
    let predicted = &documents(&["--json", "predict", "7_left.png", "--out", "out"])[0];
    let screened = &documents(&["--json", "screen", "7_left.png", "--out", "results.csv"])[0];

    let seen = &prepared["landmarks"]["laterality"];
    assert_eq!(seen["eye"], "right", "{prepared}");
    let single = |value: &serde_json::Value| value.as_f64().unwrap() as f32;
    assert_eq!(predicted["laterality"], "left");
    assert_eq!(predicted["laterality_seen"]["eye"], seen["eye"]);
    let confidence = single(&seen["confidence"]);
    assert_eq!(
        single(&predicted["laterality_seen"]["confidence"]),
        confidence
    );
    assert_eq!(screened["laterality_seen"], seen["eye"]);
    assert_eq!(single(&screened["laterality_confidence"]), confidence);
    for document in [predicted, screened] {
        assert_eq!(
            document["laterality_disputed"],
            prepared["laterality_disputed"]
        );
    }
}
