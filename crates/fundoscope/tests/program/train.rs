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
    assert_eq!(before.len(), 1);
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
