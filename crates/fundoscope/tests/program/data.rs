//! Faults of graded photographs: each is found, named, and decides the exit status.

use std::fs;
use std::path::Path;

use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;

use crate::bench::{Ended, draw, folder, run};

/// Six drawn photographs of three patients, two for training, one for validation.
fn write_source(source: &Path) -> String {
    let mut manifest = "file,grade,patient,split\n".to_owned();
    for (index, name) in ["a1", "a2", "b1", "b2", "c1", "c2"].iter().enumerate() {
        draw(&source.join(format!("{name}.png")), 20 + index as u64);
        let split = if name.starts_with('c') {
            "val"
        } else {
            "train"
        };
        manifest += &format!("{name}.png,{},{},{split}\n", index % 3, &name[..1]);
    }
    fs::write(source.join("manifest.csv"), &manifest).unwrap();
    manifest
}

fn check(working_folder: &Path, status: i32) -> Ended {
    run(working_folder, &["data", "check", "source"]).expect(status)
}

fn document(working_folder: &Path) -> serde_json::Value {
    let ended = run(working_folder, &["--json", "data", "check", "source"]);
    serde_json::from_str(ended.stdout.trim()).unwrap()
}

#[test]
fn a_clean_source_is_counted_and_nothing_else() {
    let folder = folder();
    write_source(&folder.path().join("source"));
    let said = check(folder.path(), 0).stdout;
    assert!(said.contains("source"), "{said}");
    assert!(said.contains("360 x 300"), "{said}");
    assert!(
        said.contains("No photograph and no patient lies in more than one split."),
        "{said}"
    );
    assert!(said.contains(trust::DISCLAIMER), "{said}");
    let found = document(folder.path());
    assert_eq!(found["copies"], serde_json::json!([]));
    assert_eq!(found["leaks"], false);
    assert_eq!(
        found["counts"][0]["grades"],
        serde_json::json!([2, 1, 1, 0, 0])
    );
    assert_eq!(found["counts"][1]["split"], "val");
}

#[test]
fn a_copy_across_splits_is_a_leak_though_it_was_resized_and_compressed_anew() {
    let folder = folder();
    let source = folder.path().join("source");
    let manifest = write_source(&source);
    let smaller = image::open(source.join("a1.png"))
        .unwrap()
        .resize_exact(288, 240, FilterType::Triangle)
        .brighten(6);
    let file = fs::File::create(source.join("copy.jpg")).unwrap();
    JpegEncoder::new_with_quality(file, 70)
        .encode_image(&smaller)
        .unwrap();
    fs::copy(source.join("b1.png"), source.join("b3.png")).unwrap();
    let rows = manifest + "copy.jpg,4,d,val\nb3.png,2,b,train\n";
    fs::write(source.join("manifest.csv"), rows).unwrap();

    let said = check(folder.path(), 1).stdout;
    assert!(said.contains("Copies across splits: 1"), "{said}");
    assert!(said.contains("Copies with different grades: 1"), "{said}");
    assert!(said.contains("All copies: 2"), "{said}");
    assert!(said.contains("the same file"), "{said}");
    let found = document(folder.path());
    assert_eq!(found["leaks"], true);
    let identical = &found["copies"][0];
    assert_eq!(identical["identical"], true);
    assert_eq!(identical["distance"], 0);
    assert_eq!(identical["across_splits"], false);
    let resized = &found["copies"][1];
    assert_eq!(resized["identical"], false);
    assert_eq!(resized["different_patients"], true);
    assert_eq!(resized["conflicting_grades"], true);
}

#[test]
fn a_patient_in_two_splits_is_a_leak() {
    let folder = folder();
    let source = folder.path().join("source");
    let manifest = write_source(&source);
    fs::write(
        source.join("manifest.csv"),
        manifest.replace("b2.png,0,b,train", "b2.png,0,b,val"),
    )
    .unwrap();
    let said = check(folder.path(), 1).stdout;
    assert!(
        said.contains("Patients in more than one split: 1"),
        "{said}"
    );
    assert!(said.contains("patient b"), "{said}");
}

#[test]
fn an_unreadable_photograph_is_named_and_the_rest_is_compared() {
    let folder = folder();
    let source = folder.path().join("source");
    write_source(&source);
    fs::write(source.join("a2.png"), "no picture").unwrap();
    let said = check(folder.path(), 1).stdout;
    assert!(said.contains("Unreadable: 1"), "{said}");
    assert!(said.contains("a2.png: "), "{said}");
    assert!(said.contains("All copies: 0"), "{said}");
}

#[test]
fn a_source_that_is_none_is_refused() {
    let folder = folder();
    let ended = run(folder.path(), &["data", "check", "nowhere"]).expect(2);
    assert!(ended.stderr.contains("nowhere"), "{}", ended.stderr);
}
