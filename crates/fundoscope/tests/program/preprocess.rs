//! Preprocessing: the two pictures and the JSON of each photograph.

use std::fs;

use serde_json::Value;

use crate::bench::{SIDE, draw, files, folder, run};

#[test]
fn the_files_follow_the_contract() {
    let folder = folder();
    draw(&folder.path().join("photos/7_left.jpg"), 7);
    run(
        folder.path(),
        &["preprocess", "photos/7_left.jpg", "--out", "out"],
    )
    .expect(0);
    let out = folder.path().join("out");
    assert_eq!(
        files(&out),
        [
            "7_left.cropped.jpg",
            "7_left.json",
            "7_left.standardized.jpg"
        ]
    );

    let document: Value =
        serde_json::from_slice(&fs::read(out.join("7_left.json")).unwrap()).unwrap();
    assert_eq!(
        (&document["width"], &document["height"]),
        (&360.into(), &300.into())
    );
    assert_eq!(document["laterality"], "left");
    assert_eq!(document["disclaimer"], trust::DISCLAIMER);
    let quality = document["quality"]["score"].as_f64().unwrap();
    assert!((0.0..=1.0).contains(&quality));
    assert!(document["quality"]["gradable"].is_boolean());
    let truth = fundus::drawn::DrawnRetina {
        seed: 7,
        width: 360,
        height: 300,
        lesions: fundus::drawn::LesionLoad::MILD,
        ..Default::default()
    }
    .draw();
    let fovea_is_left = truth.fovea[0] < truth.optic_disc.center[0];
    let optic_disc = truth.optic_disc;
    let truth = truth.field_of_view;
    let found = &document["field_of_view"];
    let near = |found: &Value, truth: f64| (found.as_f64().unwrap() - truth).abs() < 0.03 * truth;
    assert!(near(&found["radius"], truth.radius), "{found} {truth:?}");
    assert!(
        near(&found["center"][0], truth.center[0]),
        "{found} {truth:?}"
    );
    assert!(
        near(&found["center"][1], truth.center[1]),
        "{found} {truth:?}"
    );

    let landmarks = &document["landmarks"];
    let center = [0, 1].map(|axis| landmarks["optic_disc"]["center"][axis].as_f64().unwrap());
    let off = (center[0] - optic_disc.center[0]).hypot(center[1] - optic_disc.center[1]);
    assert!(off < 0.5 * optic_disc.radius, "{landmarks} {optic_disc:?}");
    let diameter = landmarks["optic_disc"]["diameter"].as_f64().unwrap();
    assert!((1.5..2.6).contains(&(diameter / optic_disc.radius)));
    // The eye by the picture is kept apart from the eye by the name, which is a wrong one here.
    assert!(fovea_is_left);
    let seen = &landmarks["laterality"];
    assert_eq!(seen["eye"], "right", "{landmarks}");
    let is_sure = seen["confidence"].as_f64().unwrap() >= 0.95;
    assert_eq!(document["laterality_disputed"], is_sure);

    let cropped = image::open(out.join("7_left.cropped.jpg")).unwrap();
    assert_eq!(
        (cropped.width(), cropped.height()),
        (2 * SIDE as u32, 2 * SIDE as u32)
    );
    let standardized = image::open(out.join("7_left.standardized.jpg")).unwrap();
    assert_eq!(
        (standardized.width(), standardized.height()),
        (SIDE as u32, SIDE as u32)
    );
}

#[test]
fn an_eye_that_the_name_does_not_tell_is_null() {
    let folder = folder();
    draw(&folder.path().join("eye.png"), 7);
    run(folder.path(), &["preprocess", "eye.png", "--out", "out"]).expect(0);
    let document: Value =
        serde_json::from_slice(&fs::read(folder.path().join("out/eye.json")).unwrap()).unwrap();
    assert!(document["laterality"].is_null());
}

#[test]
fn photographs_of_one_stem_keep_their_sub_folders() {
    let folder = folder();
    draw(&folder.path().join("photos/a/1.png"), 1);
    draw(&folder.path().join("photos/b/1.png"), 2);
    draw(&folder.path().join("photos/b/2.png"), 2);
    run(folder.path(), &["preprocess", "photos", "--out", "out"]).expect(0);
    let jsons: Vec<String> = files(&folder.path().join("out"))
        .into_iter()
        .filter(|name| name.ends_with(".json"))
        .collect();
    assert_eq!(jsons, ["2.json", "a/1.json", "b/1.json"]);
    let file = |name: &str| {
        let bytes = fs::read(folder.path().join("out").join(name)).unwrap();
        serde_json::from_slice::<Value>(&bytes).unwrap()["file"].clone()
    };
    assert_eq!(file("a/1.json"), "photos/a/1.png");
    assert_eq!(file("b/1.json"), "photos/b/1.png");
}
