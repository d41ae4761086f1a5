//! Whatever is given, one sentence names it, and the others are done.

use std::fs;
use std::path::Path;

use image::{Rgb, RgbImage};

use crate::bench::{Ended, bundle, command, draw, files, folder, run};

/// Files that cannot be graded, and what must be said about each.
const BAD: [(&str, &str); 6] = [
    ("cut.jpg", "cut short"),
    ("dot.png", "only 1 x 1 pixels"),
    ("empty.jpg", "the file is empty"),
    ("huge.png", "60000 x 60000 pixels"),
    ("street.png", "no circular field of view"),
    ("text.jpg", "not a picture"),
];

/// A folder `photos` with one good photograph among all bad ones.
fn write_photographs(working_folder: &Path) {
    let photos = working_folder.join("photos");
    draw(&photos.join("eye.jpg"), 1);
    let whole = fs::read(photos.join("eye.jpg")).unwrap();
    fs::write(photos.join("cut.jpg"), &whole[..whole.len() / 2]).unwrap();
    RgbImage::new(1, 1).save(photos.join("dot.png")).unwrap();
    fs::write(photos.join("empty.jpg"), "").unwrap();
    fs::write(photos.join("huge.png"), huge_png()).unwrap();
    let street = RgbImage::from_fn(300, 200, |x, y| {
        Rgb([
            (x * 7 % 251) as u8,
            (y * 5 % 241) as u8,
            ((x / 20 + y / 25) % 2 * 200) as u8,
        ])
    });
    street.save(photos.join("street.png")).unwrap();
    fs::write(photos.join("text.jpg"), "Dear colleague,\n").unwrap();
}

/// The head of a PNG file of 60000 x 60000 pixels, without the pixels.
fn huge_png() -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    bytes.extend(60_000_u32.to_be_bytes());
    bytes.extend(60_000_u32.to_be_bytes());
    // 8 bits, RGB; then the checksum of the above.
    bytes.extend([8, 2, 0, 0, 0]);
    bytes.extend(HUGE_PNG_CHECKSUM.to_be_bytes());
    bytes.extend(b"\0\0\0\0IDAT\x35\xaf\x06\x1e");
    bytes
}

const HUGE_PNG_CHECKSUM: u32 = 0x0fb0_e215;

#[track_caller]
fn expect_sentences(ended: &Ended) {
    for (file, phrase) in BAD {
        let sentence = ended.sentence_about(file);
        assert!(
            sentence.starts_with(&format!("photos/{file}: ")),
            "{sentence}"
        );
        assert!(sentence.contains(phrase), "{sentence}");
    }
}

#[test]
fn predict_names_each_bad_photograph_and_grades_the_rest() {
    let folder = folder();
    write_photographs(folder.path());
    let ended = run(folder.path(), &["predict", "photos", "--out", "out"]).expect(1);
    expect_sentences(&ended);
    let table = fs::read_to_string(folder.path().join("out/predictions.csv")).unwrap();
    assert_eq!(table.lines().count(), 2, "{table}");
    assert!(
        table.lines().nth(1).unwrap().starts_with("photos/eye.jpg,"),
        "{table}"
    );
    assert_eq!(
        files(&folder.path().join("out")),
        ["predictions.csv", "predictions.npz"]
    );
}

#[test]
fn preprocess_names_each_bad_photograph_and_prepares_the_rest() {
    let folder = folder();
    write_photographs(folder.path());
    let ended = run(folder.path(), &["preprocess", "photos", "--out", "out"]).expect(1);
    expect_sentences(&ended);
    assert_eq!(
        files(&folder.path().join("out")),
        ["eye.cropped.jpg", "eye.json", "eye.standardized.jpg"]
    );
}

#[test]
fn explain_names_each_bad_photograph_and_explains_the_rest() {
    let folder = folder();
    write_photographs(folder.path());
    let arguments = ["explain", "photos", "--out", "out", "--method", "grad-cam"];
    let ended = run(folder.path(), &arguments).expect(1);
    expect_sentences(&ended);
    assert_eq!(
        files(&folder.path().join("out")),
        ["eye.grad-cam.jpg", "eye.grad-cam.npy"]
    );
}

#[test]
fn with_json_failures_are_objects_too() {
    let folder = folder();
    write_photographs(folder.path());
    let ended = run(
        folder.path(),
        &["predict", "photos", "--out", "out", "--json"],
    )
    .expect(1);
    expect_sentences(&ended);
    let documents: Vec<serde_json::Value> = ended
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let failed = documents
        .iter()
        .filter(|document| document["error"].is_string());
    assert_eq!(failed.count(), BAD.len());
    let summary = documents.last().unwrap();
    assert_eq!(
        (&summary["graded"], &summary["failed"]),
        (&1.into(), &BAD.len().into())
    );
    assert_eq!(summary["disclaimer"], trust::DISCLAIMER);
}

#[test]
fn a_missing_folder_among_others_fails_alone() {
    let folder = folder();
    draw(&folder.path().join("eye.png"), 3);
    let ended = run(
        folder.path(),
        &["predict", "nowhere", "eye.png", "--out", "out"],
    )
    .expect(1);
    assert!(
        ended
            .sentence_about("nowhere")
            .contains("no such file or folder")
    );
    assert!(folder.path().join("out/predictions.csv").is_file());
}

#[test]
fn nothing_to_work_on_is_a_wrong_call() {
    let folder = folder();
    fs::create_dir(folder.path().join("bare")).unwrap();
    fs::write(folder.path().join("bare/notes.txt"), "none").unwrap();
    for subcommand in ["predict", "preprocess", "explain"] {
        let missing = run(folder.path(), &[subcommand, "nowhere", "--out", "out"]).expect(2);
        assert!(
            missing
                .sentence_about("nowhere")
                .contains("no such file or folder")
        );
        let bare = run(folder.path(), &[subcommand, "bare", "--out", "out"]).expect(2);
        assert!(bare.sentence_about("bare").contains("holds no photograph"));
    }
    assert!(!folder.path().join("out").exists());
}

#[test]
fn an_output_that_cannot_be_written_is_a_wrong_call() {
    let folder = folder();
    draw(&folder.path().join("eye.png"), 3);
    fs::write(folder.path().join("taken"), "a file").unwrap();
    for subcommand in ["predict", "preprocess", "explain"] {
        let ended = run(
            folder.path(),
            &[subcommand, "eye.png", "--out", "taken/out"],
        )
        .expect(2);
        assert!(ended.sentence_about("taken/out").contains("cannot write"));
    }
    assert_eq!(
        fs::read_to_string(folder.path().join("taken")).unwrap(),
        "a file"
    );
}

#[test]
fn a_broken_bundle_is_a_wrong_call() {
    let folder = folder();
    draw(&folder.path().join("eye.png"), 3);
    let broken = folder.path().join("broken");
    fs::create_dir(&broken).unwrap();
    for name in files(bundle()) {
        let bytes = fs::read(bundle().join(&name)).unwrap();
        let kept = if name.starts_with("member-1") {
            bytes.len() / 2
        } else {
            bytes.len()
        };
        fs::write(broken.join(&name), &bytes[..kept]).unwrap();
    }
    for subcommand in ["predict", "preprocess", "explain"] {
        let arguments = ["--bundle", "broken", subcommand, "eye.png", "--out", "out"];
        let ended = Ended::of(command(folder.path()).args(arguments).output().unwrap()).expect(2);
        assert!(ended.sentence_about("member-1").contains("SHA-256"));
    }
    assert!(!folder.path().join("out").exists());
}

#[test]
fn a_folder_that_is_no_bundle_is_a_wrong_call() {
    let folder = folder();
    draw(&folder.path().join("eye.png"), 3);
    let arguments = ["--bundle", "nothing", "predict", "eye.png", "--out", "out"];
    let ended = Ended::of(command(folder.path()).args(arguments).output().unwrap()).expect(2);
    assert!(ended.sentence_about("nothing").contains("bundle.json"));
}

#[test]
fn unknown_names_are_wrong_calls() {
    let folder = folder();
    draw(&folder.path().join("eye.png"), 3);
    let wrong: [(&[&str], &str); 6] = [
        (&["explain", "--method", "tea-leaves"], "tea-leaves"),
        (&["explain", "--target", "7"], "7"),
        (&["explain", "--baseline", "pink"], "pink"),
        (&["predict", "--rotations", "3"], "3 rotations"),
        (&["predict", "--samples", "5"], "5 samples"),
        (&["predict", "--device", "abacus"], "abacus"),
    ];
    for (arguments, named) in wrong {
        let arguments = [arguments, &["eye.png", "--out", "out"]].concat();
        let ended = run(folder.path(), &arguments).expect(2);
        assert!(ended.stderr.contains(named), "{}", ended.stderr);
    }
    assert!(!folder.path().join("out").exists());
}

#[test]
fn an_unfit_settings_file_is_a_wrong_call() {
    let folder = folder();
    draw(&folder.path().join("eye.png"), 3);
    fs::write(folder.path().join("fundoscope.toml"), "sed = 4\n").unwrap();
    let ended = run(folder.path(), &["predict", "eye.png", "--out", "out"]).expect(2);
    assert!(ended.stderr.contains("fundoscope.toml"), "{}", ended.stderr);
}
