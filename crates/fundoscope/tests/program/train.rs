//! A researcher trains on a folder with one sub-folder a grade, and grades with what came out.

use std::path::Path;

use crate::bench::{Ended, command, draw, files, folder, rows};

/// Twelve drawn photographs: healthy ones in `0`, diseased ones in `1` and `2`.
fn graded_folder(folder: &Path) {
    for seed in 0..12 {
        draw(&folder.join(format!("{}/{seed}.png", seed % 3)), seed);
    }
}

fn train(working_folder: &Path, more: &[&str]) -> Ended {
    let mut command = command(working_folder);
    command.args(["train", "--data", "graded", "--out", "trained"]);
    command.args(["--members", "1", "--image-size", "32", "--batch-size", "4"]);
    Ended::of(command.args(more).output().unwrap())
}

#[test]
fn what_was_trained_grades_photographs_and_says_how_it_was_made() {
    let folder = folder();
    graded_folder(&folder.path().join("graded"));
    let ended = train(folder.path(), &["--epochs", "1"]).expect(0);
    for part in ["photographs to learn from", "epoch 1/1", "bundle written"] {
        assert!(
            ended.stdout.contains(part),
            "no `{part}`:\n{}",
            ended.stdout
        );
    }
    let bundle = folder.path().join("trained");
    let manifest: serde_json::Value =
        serde_json::from_slice(&std::fs::read(bundle.join("bundle.json")).unwrap()).unwrap();
    assert_eq!(manifest["training"]["configuration"]["image_size"], 32);
    assert_eq!(manifest["grade_counts"].as_array().unwrap().len(), 5);

    let mut predict = command(folder.path());
    predict.args(["--bundle", "trained", "predict", "graded", "--out", "out"]);
    Ended::of(predict.output().unwrap()).expect(0);
    let rows = rows(&folder.path().join("out/predictions.csv"));
    assert_eq!(rows.len(), 12);
    for row in rows {
        let sum: f64 = (2..7)
            .map(|column| row[column].parse::<f64>().unwrap())
            .sum();
        assert!((sum - 1.0).abs() < 1e-4, "{row:?}");
    }
}

#[test]
fn a_finished_run_resumes_to_the_same_bundle() {
    let folder = folder();
    graded_folder(&folder.path().join("graded"));
    train(folder.path(), &["--epochs", "1"]).expect(0);
    let weights = |folder: &Path| -> Vec<Vec<u8>> {
        files(folder)
            .iter()
            .filter(|file| file.ends_with(".safetensors") && !file.starts_with('.'))
            .map(|file| std::fs::read(folder.join(file)).unwrap())
            .collect()
    };
    let before = weights(&folder.path().join("trained"));
    assert_eq!(before.len(), 2, "the member, and what it met");
    train(folder.path(), &["--epochs", "1", "--resume"]).expect(0);
    assert_eq!(weights(&folder.path().join("trained")), before);
}

#[test]
fn a_run_with_other_settings_does_not_resume() {
    let folder = folder();
    graded_folder(&folder.path().join("graded"));
    train(folder.path(), &["--epochs", "1"]).expect(0);
    let ended = train(folder.path(), &["--epochs", "2", "--resume"]);
    assert_ne!(ended.status, 0);
    assert!(ended.stderr.contains("trained"), "{}", ended.stderr);
}

/// The photographs of [`graded_folder`] with a manifest, whose rows `change` may spoil.
fn source_with_manifest(folder: &Path, change: impl Fn(String) -> String) {
    let mut manifest = "file,grade\n".to_owned();
    for seed in 0..12 {
        draw(&folder.join(format!("{seed}.png")), seed);
        manifest += &format!("{seed}.png,{}\n", seed % 3);
    }
    std::fs::write(folder.join("manifest.csv"), change(manifest)).unwrap();
}

#[test]
fn a_row_that_does_not_fit_is_named_and_nothing_is_left_behind() {
    let cases = [
        (
            "7.png,1",
            "missing.png,1",
            "row 9: the photograph `missing.png` is missing",
        ),
        (
            "7.png,1",
            "7.png,7",
            "row 9: the grade is `7`, expected 0 to 4",
        ),
    ];
    for (row, spoiled, expected) in cases {
        let folder = folder();
        source_with_manifest(&folder.path().join("graded"), |manifest| {
            manifest.replace(row, spoiled)
        });
        let ended = train(folder.path(), &["--epochs", "1"]).expect(2);
        let sentence = ended.sentence_about("manifest.csv");
        assert!(sentence.contains(expected), "{sentence}");
        assert!(!folder.path().join("trained").exists());
    }
}

#[test]
fn a_corrupt_photograph_and_an_empty_class_are_named_and_the_rest_is_learned() {
    let folder = folder();
    let graded = folder.path().join("graded");
    graded_folder(&graded);
    std::fs::create_dir(graded.join("3")).unwrap();
    let photograph = std::fs::read(graded.join("0/3.png")).unwrap();
    std::fs::write(graded.join("0/3.png"), &photograph[..photograph.len() / 2]).unwrap();
    let ended = train(folder.path(), &["--epochs", "1"]).expect(1);
    let sentence = ended.sentence_about("graded/0/3.png");
    assert!(sentence.len() > "graded/0/3.png: ".len(), "{sentence}");
    ended.sentence_about("1 photographs could not be read");
    let sentence = ended.sentence_about("grade 3");
    assert!(sentence.contains("hardly ever"), "{sentence}");
    let bytes = std::fs::read(folder.path().join("trained/bundle.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    let counts = manifest["grade_counts"].as_array().unwrap();
    let learned: u64 = counts.iter().map(|count| count.as_u64().unwrap()).sum();
    let validated = manifest["validation"].as_array().unwrap().len() as u64;
    assert_eq!(learned + validated, 11);
    assert_eq!(manifest["grade_counts"][3], 0);
}

#[test]
fn a_device_of_another_build_says_how_to_get_it() {
    let folder = folder();
    graded_folder(&folder.path().join("graded"));
    let ended = train(folder.path(), &["--devices", "cpu,cuda:1"]);
    if cfg!(not(feature = "cuda")) {
        let sentence = ended.expect(2).stderr;
        assert!(sentence.contains("--features cuda"), "{sentence}");
        assert!(!folder.path().join("trained").exists());
    }
}
