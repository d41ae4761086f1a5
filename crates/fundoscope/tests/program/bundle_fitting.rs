//! Ensembles merged, and calibration and thresholds fitted to a clinic's own photographs.

use std::fs;
use std::path::Path;

use grader::weights::{self, Storage};
use grader::{Bundle, BundleManifest, EncodedMember, ResNet18};
use serde_json::Value;
use trust::Calibration;

use crate::bench::{Ended, bundle, command, draw, files, folder, run};

/// Drawn photographs in a folder a grade: healthy ones in `0`, diseased ones in `1` and `3`.
fn write_graded(source: &Path, photographs: u64) {
    for seed in 0..photographs {
        let grade = [0, 1, 3][seed as usize % 3];
        draw(&source.join(format!("{grade}/{seed}.png")), seed);
    }
}

/// A bundle of one other member, changed.
fn write_other(to: &Path, change: impl Fn(&mut BundleManifest)) {
    let mut manifest = BundleManifest::read(bundle()).unwrap();
    change(&mut manifest);
    let network = ResNet18::initial(3, &grader::device("cpu").unwrap());
    let member = EncodedMember {
        bytes: weights::encode(&network, Storage::F16),
        seed: 3,
    };
    Bundle::write_encoded(to, manifest, &[member], None).unwrap();
}

fn read(folder: &Path) -> BundleManifest {
    BundleManifest::read(folder).unwrap()
}

fn merge(working_folder: &Path, more: &[&str]) -> Ended {
    let first = bundle().to_str().unwrap();
    let arguments = [&["bundle", "merge", first, "other", "--out", "out"], more].concat();
    run(working_folder, &arguments)
}

fn calibrate(working_folder: &Path, more: &[&str]) -> Ended {
    let arguments = [&["bundle", "calibrate", "--out", "out"], more].concat();
    run(working_folder, &arguments)
}

#[test]
fn calibrate_fits_thresholds_and_leaves_the_members_as_they_are() {
    let folder = folder();
    write_graded(&folder.path().join("clinic"), 21);
    let ended = calibrate(folder.path(), &["--data", "clinic"]).expect(0);
    for part in [
        "2 members, 21 photographs, 7 of them referable",
        "before",
        "after",
        "expected calibration error",
        "negative log-likelihood",
        "rescreen below",
        trust::DISCLAIMER,
    ] {
        assert!(ended.stdout.contains(part), "{part}:\n{}", ended.stdout);
    }
    assert!(
        ended
            .stderr
            .contains("only 7 of the photographs are referable")
    );

    let (old, new) = (read(bundle()), read(&folder.path().join("out")));
    assert_eq!(new.members, old.members);
    for member in &new.members {
        assert!(
            fs::read(folder.path().join("out").join(&member.file)).unwrap()
                == fs::read(bundle().join(&member.file)).unwrap()
        );
    }
    // Probabilities of members that learned nothing are made better by what the grades are like.
    assert_eq!(new.calibration_candidates.len(), 4);
    assert_ne!(new.calibration, Calibration::Identity);
    let record = new.calibrated_on.unwrap();
    assert_eq!(record.grade_counts, [7, 7, 0, 7, 0]);
    assert_eq!(record.data_fingerprint.len(), 64);
    assert_eq!(new.validation.len(), 21);
    assert_eq!(new.metrics["pooled"]["photographs"], 21);
    assert_eq!(new.preparation, old.preparation);
    assert_eq!(new.training, old.training);
    assert_eq!(new.licence, old.licence);
}

#[test]
fn the_new_calibration_is_no_worse_and_the_same_call_gives_the_same_bundle() {
    let folder = folder();
    write_graded(&folder.path().join("clinic"), 21);
    let arguments = ["--data", "clinic", "--json"];
    let ended = calibrate(folder.path(), &arguments).expect(0);
    let document: Value = serde_json::from_str(ended.stdout.lines().last().unwrap()).unwrap();
    let loss = |when: &str| {
        let figure = &document[when]["negative_log_likelihood"]["value"];
        figure.as_f64().unwrap()
    };
    assert!(loss("after") <= loss("before") + 1e-6, "{document}");
    let first = fs::read(folder.path().join("out/bundle.json")).unwrap();
    calibrate(
        folder.path(),
        &[&arguments[..], &["--threads", "1"]].concat(),
    )
    .expect(0);
    assert!(fs::read(folder.path().join("out/bundle.json")).unwrap() == first);
}

#[test]
fn an_unreadable_photograph_is_named_and_the_rest_decides() {
    let folder = folder();
    write_graded(&folder.path().join("clinic"), 21);
    fs::write(folder.path().join("clinic/0/broken.png"), "").unwrap();
    let ended = calibrate(folder.path(), &["--data", "clinic"]).expect(1);
    assert!(ended.sentence_about("broken.png").contains("empty"));
    let record = read(&folder.path().join("out")).calibrated_on.unwrap();
    assert_eq!(record.grade_counts, [7, 7, 0, 7, 0]);
}

#[test]
fn photographs_that_cannot_decide_are_refused() {
    let folder = folder();
    write_graded(&folder.path().join("few"), 12);
    let said = calibrate(folder.path(), &["--data", "few"])
        .expect(2)
        .stderr;
    assert!(
        said.contains("12 graded photographs, 4 of them referable") && said.contains("at least 20"),
        "{said}"
    );
    for seed in 0..20 {
        draw(
            &folder.path().join(format!("healthy/0/{seed}.png")),
            3 * seed,
        );
    }
    let said = calibrate(folder.path(), &["--data", "healthy"])
        .expect(2)
        .stderr;
    assert!(said.contains("one that is referable"), "{said}");
    let said = calibrate(folder.path(), &[]).expect(2).stderr;
    assert!(said.contains("--data"), "{said}");
    let said = calibrate(folder.path(), &["--data", "nowhere"])
        .expect(2)
        .stderr;
    assert!(said.contains("nowhere"), "{said}");
    assert!(!folder.path().join("out").exists());
}

#[test]
fn a_source_with_splits_needs_one_named() {
    let folder = folder();
    for split in ["train", "val"] {
        write_graded(&folder.path().join("clinic").join(split), 21);
    }
    let said = calibrate(folder.path(), &["--data", "clinic"])
        .expect(2)
        .stderr;
    assert!(said.contains("--split val"), "{said}");
    let ended = calibrate(folder.path(), &["--data", "clinic", "--split", "val"]).expect(0);
    assert!(ended.stdout.contains("21 photographs"), "{}", ended.stdout);
}

#[test]
fn no_bundle_is_replaced_by_one_made_from_it() {
    let folder = folder();
    write_graded(&folder.path().join("clinic"), 21);
    write_other(&folder.path().join("out"), |_| {});
    let before = fs::read(folder.path().join("out/bundle.json")).unwrap();
    let arguments = [
        "bundle",
        "calibrate",
        "./out",
        "--out",
        "out",
        "--data",
        "clinic",
    ];
    let said = run(folder.path(), &arguments).expect(2).stderr;
    assert!(said.contains("name another folder"), "{said}");
    assert!(fs::read(folder.path().join("out/bundle.json")).unwrap() == before);
}

#[test]
fn merged_bundles_grade_together() {
    let folder = folder();
    write_other(&folder.path().join("other"), |manifest| {
        manifest.licence = "another licence".to_owned();
    });
    write_graded(&folder.path().join("clinic"), 21);
    let ended = merge(folder.path(), &["--data", "clinic"]).expect(0);
    assert!(
        ended.stdout.contains("3 members, 21 photographs"),
        "{}",
        ended.stdout
    );
    assert!(!ended.stdout.contains("before"), "{}", ended.stdout);
    let out = folder.path().join("out");
    let merged = read(&out);
    let seeds: Vec<u64> = merged.members.iter().map(|member| member.seed).collect();
    assert_eq!(seeds, [1, 2, 3]);
    assert_eq!(merged.licence, "research use only\nanother licence");
    assert_eq!(merged.calibrated_on.unwrap().grade_counts, [7, 7, 0, 7, 0]);

    run(folder.path(), &["bundle", "verify", "out"]).expect(0);
    let arguments = ["--bundle", "out", "predict", "clinic", "--out", "graded"];
    Ended::of(command(folder.path()).args(arguments).output().unwrap()).expect(0);
}

#[test]
fn bundles_that_do_not_go_together_are_refused_with_what_differs() {
    let folder = folder();
    write_graded(&folder.path().join("clinic"), 21);
    write_other(&folder.path().join("other"), |manifest| {
        manifest.preparation.input_side = 96;
        manifest.dropout = 0.1;
    });
    let said = merge(folder.path(), &["--data", "clinic"]).expect(2).stderr;
    for part in ["do not go together", "`input_side` is 64", "`dropout`"] {
        assert!(said.contains(part), "{said}");
    }
    write_other(&folder.path().join("other"), |_| {});
    let said = merge(folder.path(), &[]).expect(2).stderr;
    assert!(
        said.contains("do not fit an ensemble with other members"),
        "{said}"
    );
    let said = merge(folder.path(), &["other", "--data", "clinic"])
        .expect(2)
        .stderr;
    assert!(said.contains("in the ensemble already"), "{said}");
    let alone = [
        "bundle", "merge", "other", "--data", "clinic", "--out", "out",
    ];
    let said = run(folder.path(), &alone).expect(2).stderr;
    assert!(said.contains("at least two"), "{said}");
    assert_eq!(files(&folder.path().join("out")), [""; 0]);
}
