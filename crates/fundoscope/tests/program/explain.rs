//! Explanations: arrays, pictures, and what is said about them.

use std::fs::File;
use std::path::Path;

use npyz::NpyFile;
use serde_json::Value;

use crate::bench::{Ended, SIDE, command, draw, files, folder, run};

fn array(path: &Path) -> (Vec<u64>, Vec<f32>) {
    let file = NpyFile::new(File::open(path).unwrap()).unwrap();
    let shape = file.shape().to_vec();
    (shape, file.into_vec().unwrap())
}

#[test]
fn doubling_the_steps_ends_where_it_is_told_to() {
    let folder = folder();
    draw(&folder.path().join("eye.png"), 5);
    // A trained model: one whose weights are drawn is complete after a single step.
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models");
    for (least, most, expected) in [("1", "1", 1), ("1", "2", 2), ("3", "2", 3)] {
        let mut call = command(folder.path());
        call.args(["explain", "eye.png", "--out", "out", "--bundle"]);
        call.arg(&models);
        call.args(["--method", "integrated-gradients"]);
        call.args(["--steps", least, "--max-steps", most]);
        let said = Ended::of(call.output().unwrap()).expect(0).stdout;
        let end = format!(" after {expected} steps");
        assert!(said.contains(&end), "{said}");
    }
}

#[test]
fn every_method_writes_its_arrays_and_its_picture() {
    let folder = folder();
    draw(&folder.path().join("eye.png"), 5);
    let ended = run(
        folder.path(),
        &["explain", "eye.png", "--out", "out", "--steps", "8"],
    )
    .expect(0);
    let out = folder.path().join("out");
    let mut written = files(&out);
    let is_counterfactual = |name: &String| name == "eye.combined.counterfactual.jpg";
    let has_counterfactual = written.iter().any(is_counterfactual);
    written.retain(|name| !is_counterfactual(name));
    assert_eq!(
        written,
        [
            "eye.combined.jpg",
            "eye.combined.json",
            "eye.combined.npy",
            "eye.combined.regions.jpg",
            "eye.grad-cam.jpg",
            "eye.grad-cam.npy",
            "eye.guided-grad-cam.channels.npy",
            "eye.guided-grad-cam.jpg",
            "eye.guided-grad-cam.npy",
            "eye.integrated-gradients.channels.npy",
            "eye.integrated-gradients.jpg",
            "eye.integrated-gradients.npy",
        ]
    );
    assert!(
        ended.stdout.contains("completeness error"),
        "{}",
        ended.stdout
    );
    assert!(ended.stdout.contains(trust::DISCLAIMER), "{}", ended.stdout);

    let regions = std::fs::read(out.join("eye.combined.json")).unwrap();
    let regions: Value = serde_json::from_slice(&regions).unwrap();
    assert_eq!(regions["disclaimer"], trust::DISCLAIMER);
    assert_eq!(has_counterfactual, regions["counterfactual"].is_object());
    for region in regions["regions"].as_array().unwrap() {
        let share = region["share_of_evidence"].as_f64().unwrap();
        assert!(share > 0.0 && share <= 1.0, "{region}");
        assert!(region["outline"].as_array().unwrap().len() >= 4, "{region}");
    }

    let side = SIDE as u64;
    assert_eq!(array(&out.join("eye.grad-cam.npy")).0, [side, side]);
    let (shape, map) = array(&out.join("eye.integrated-gradients.npy"));
    assert_eq!(shape, [side, side]);
    let (shape, channels) = array(&out.join("eye.integrated-gradients.channels.npy"));
    assert_eq!(shape, [3, side, side]);
    let largest = map
        .iter()
        .fold(0.0_f32, |largest, value| largest.max(value.abs()));
    for (place, value) in map.iter().enumerate() {
        let sum: f32 = channels.iter().skip(place).step_by(SIDE * SIDE).sum();
        assert!(
            (sum - value).abs() <= 1e-5 * largest,
            "{place}: {sum} {value}"
        );
    }
    let picture = image::open(out.join("eye.grad-cam.jpg")).unwrap();
    assert!(picture.width() >= SIDE as u32 && picture.height() > picture.width());
}

#[test]
fn the_target_is_the_predicted_grade_unless_another_is_named() {
    let folder = folder();
    draw(&folder.path().join("eye.png"), 5);
    run(folder.path(), &["predict", "eye.png", "--out", "graded"]).expect(0);
    let graded = crate::bench::rows(&folder.path().join("graded/predictions.csv"));
    let explain = |out: &str, target: &[&str]| {
        let arguments = [
            &[
                "explain", "eye.png", "--method", "grad-cam", "--json", "--out", out,
            ],
            target,
        ]
        .concat();
        let ended = run(folder.path(), &arguments).expect(0);
        let first: Value = serde_json::from_str(ended.stdout.lines().next().unwrap()).unwrap();
        let map = array(&folder.path().join(out).join("eye.grad-cam.npy")).1;
        (first["target"].as_str().unwrap().to_owned(), map)
    };
    let (target, map) = explain("default", &[]);
    assert_eq!(target, graded[0][1]);
    assert_eq!(explain("same", &["--target", &target]).1, map);
    let (target, referable) = explain("referable", &["--target", "referable"]);
    assert_eq!(target, "referable");
    assert_ne!(referable, map);
}

#[test]
fn the_same_call_gives_the_same_bytes() {
    let folder = folder();
    draw(&folder.path().join("eye.png"), 5);
    let call = |out: &str, style: &str| {
        let arguments = [
            "explain",
            "eye.png",
            "--out",
            out,
            "--method",
            "guided-grad-cam",
            "--palette",
            "blue-yellow",
            style,
        ];
        run(folder.path(), &arguments).expect(0);
        let out = folder.path().join(out);
        files(&out)
            .iter()
            .map(|name| std::fs::read(out.join(name)).unwrap())
            .collect::<Vec<_>>()
    };
    let areas = call("first", "--json");
    assert!(areas == call("second", "--json"));
    assert!(
        areas != call("lines", "--contours"),
        "lines are another picture"
    );
}

#[test]
fn photographs_of_one_stem_keep_their_sub_folders() {
    let folder = folder();
    draw(&folder.path().join("photos/a/1.png"), 1);
    draw(&folder.path().join("photos/b/1.png"), 2);
    run(
        folder.path(),
        &["explain", "photos", "--out", "out", "--method", "grad-cam"],
    )
    .expect(0);
    assert_eq!(
        files(&folder.path().join("out")),
        [
            "a/1.grad-cam.jpg",
            "a/1.grad-cam.npy",
            "b/1.grad-cam.jpg",
            "b/1.grad-cam.npy"
        ]
    );
}

#[test]
fn a_failed_photograph_is_not_counted_as_explained() {
    let folder = folder();
    draw(&folder.path().join("eye.png"), 5);
    std::fs::write(folder.path().join("text.jpg"), "no photograph").unwrap();
    let arguments = [
        "explain",
        "eye.png",
        "text.jpg",
        "missing.jpg",
        "--method",
        "grad-cam",
        "--out",
        "out",
    ];
    let ended = run(folder.path(), &arguments).expect(1);
    let counted = "explained 1 of 2 photographs, 1 failed";
    assert!(ended.stdout.contains(counted), "{}", ended.stdout);
    ended.sentence_about("text.jpg");
    ended.sentence_about("missing.jpg");
}
