//! Training without a data set, to see what the model is worth on a camera it does not know.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::bench::{Ended, command, draw, folder};

/// Two data sets of eighteen drawn photographs each, a third of them for validation.
fn write_source(source: &Path) {
    let mut manifest = "file,set,grade,patient,split\n".to_owned();
    for index in 0..36 {
        let set = ["first", "the/second"][index % 2];
        let split = if index < 24 { "train" } else { "val" };
        let grade = index / 2 % 3;
        draw(&source.join(format!("{index}.png")), grade as u64);
        manifest += &format!("{index}.png,{set},{grade},{index},{split}\n");
    }
    fs::write(source.join("manifest.csv"), manifest).unwrap();
}

fn train(working_folder: &Path, more: &[&str]) -> Ended {
    let mut command = command(working_folder);
    command.args(["train", "--data", "source", "--out", "trained"]);
    command.args(["--members", "1", "--epochs", "1"]);
    command.args(["--image-size", "32", "--batch-size", "4"]);
    Ended::of(command.args(more).output().unwrap())
}

fn manifest(bundle: &Path) -> Value {
    serde_json::from_slice(&fs::read(bundle.join("bundle.json")).unwrap()).unwrap()
}

#[test]
fn each_data_set_is_measured_with_a_bundle_that_has_not_seen_it() {
    let folder = folder();
    write_source(&folder.path().join("source"));
    let ended = train(folder.path(), &["--leave-one-source-out"]).expect(0);
    assert!(
        ended
            .stdout
            .contains("each data set by a bundle that has not seen it")
    );
    let trained = folder.path().join("trained");
    let measured = fs::read(trained.join("leave_one_source_out.json")).unwrap();
    let measured: Value = serde_json::from_slice(&measured).unwrap();
    assert_eq!(measured["pooled"]["photographs"], 12);
    for source in ["first", "the/second"] {
        assert_eq!(measured["by_source"][source]["photographs"], 6);
    }
    let without_first = manifest(&trained.join("without-first"));
    assert_eq!(
        without_first["training"]["configuration"]["leave_out"],
        serde_json::json!(["first"])
    );
    // The twelve training photographs of the other set.
    assert_eq!(
        without_first["grade_counts"],
        serde_json::json!([4, 4, 4, 0, 0])
    );
    assert!(trained.join("without-the_second/bundle.json").is_file());
}

#[test]
fn a_data_set_that_is_not_there_cannot_be_left_out() {
    let folder = folder();
    write_source(&folder.path().join("source"));
    let ended = train(folder.path(), &["--leave-out", "third"]).expect(2);
    assert!(
        ended.stderr.contains("`third`") && ended.stderr.contains("first, the/second"),
        "{}",
        ended.stderr
    );
}
