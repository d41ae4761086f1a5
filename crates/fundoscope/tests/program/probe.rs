//! What can be read off given weights, before training.

use std::fs;
use std::path::Path;

use grader::ResNet18;
use grader::weights::{Storage, save};
use serde_json::Value;

use crate::bench::{Ended, command, draw, files, folder};

/// Two data sets of drawn photographs; the first says whether there is macular oedema.
fn write_source(source: &Path) {
    let mut manifest = "file,set,grade,patient,split,dme\n".to_owned();
    for index in 0..48 {
        let (set, oedema) = match index % 2 {
            0 => ("first", (index / 2 % 2).to_string()),
            _ => ("second", String::new()),
        };
        let split = if index < 36 { "train" } else { "val" };
        let grade = index / 2 % 3;
        draw(&source.join(format!("{index}.png")), grade);
        manifest += &format!("{index}.png,{set},{grade},{index},{split},{oedema}\n");
    }
    fs::write(source.join("manifest.csv"), manifest).unwrap();
}

fn probe(working_folder: &Path, more: &[&str]) -> Ended {
    let mut command = command(working_folder);
    command.args(["probe", "--data", "source", "--out", "out"]);
    command.args(["--image-size", "32"]);
    Ended::of(command.args(more).output().unwrap())
}

#[test]
fn heads_are_compared_across_photographs_and_cameras() {
    let folder = folder();
    write_source(&folder.path().join("source"));
    let network = ResNet18::initial(1, &grader::device("cpu").unwrap());
    save(
        &network,
        &folder.path().join("weights.safetensors"),
        Storage::F16,
    )
    .unwrap();
    let ended = probe(folder.path(), &["--init", "weights.safetensors"]).expect(0);
    for part in [
        "features of 48 of 48 photographs",
        "attention, cross-entropy",
        "average, CORN",
        "fitted without",
        "macular oedema",
        "not a medical device",
    ] {
        assert!(
            ended.stdout.contains(part),
            "no `{part}`:\n{}",
            ended.stdout
        );
    }
    assert_eq!(files(&folder.path().join("out")), ["probe.json"]);
    let probe: Value =
        serde_json::from_slice(&fs::read(folder.path().join("out/probe.json")).unwrap()).unwrap();
    assert_eq!(probe["disclaimer"], trust::DISCLAIMER);
    let heads = probe["heads"].as_array().unwrap();
    assert_eq!(heads.len(), 8);
    assert!(heads[0]["against_first"].is_null());
    for head in heads {
        assert_eq!(head["evaluation"]["pooled"]["photographs"], 12);
    }
    for head in &heads[1..] {
        assert_eq!(head["against_first"]["pooled"]["photographs"], 12);
    }
    let left_out = probe["leave_one_source_out"].as_array().unwrap();
    let sources: Vec<&str> = left_out
        .iter()
        .map(|left_out| left_out["source"].as_str().unwrap())
        .collect();
    assert_eq!(sources, ["first", "second"]);
    assert_eq!(left_out[0]["evaluation"]["pooled"]["photographs"], 6);
    // Of the eighteen training photographs of the first set every other one has it.
    assert_eq!(
        probe["macular_oedema"]["trained"],
        serde_json::json!([9, 9])
    );
}

#[test]
fn weights_that_are_none_are_named() {
    let folder = folder();
    write_source(&folder.path().join("source"));
    fs::write(folder.path().join("weights.safetensors"), "no weights").unwrap();
    let ended = probe(folder.path(), &["--init", "weights.safetensors"]).expect(2);
    assert!(
        ended.stderr.contains("weights.safetensors"),
        "{}",
        ended.stderr
    );
    let ended = probe(folder.path(), &["--init", "nowhere.safetensors"]).expect(2);
    assert!(
        ended.stderr.contains("nowhere.safetensors"),
        "{}",
        ended.stderr
    );
}
