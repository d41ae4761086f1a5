//! The command that made the model in `models/`, rehearsed from the first step to the last.

use std::fs;
use std::path::Path;
use std::process::Command;

use image::{GrayImage, Luma};
use serde_json::Value;

use crate::bench::{Ended, draw, folder};

/// Graded photographs with a manifest, as many for validation as thresholds need, the two folders of photographs of other
/// cameras, and one of photographs with masks.
fn photographs(source: &Path) {
    let mut manifest = "file,set,grade,patient,split\n".to_owned();
    for index in 0..36 {
        let split = if index < 16 { "train" } else { "val" };
        let grade = index % 4;
        draw(&source.join(format!("{index}.png")), grade);
        manifest += &format!("{index}.png,drawn,{grade},{index},{split}\n");
    }
    fs::write(source.join("manifest.csv"), manifest).unwrap();
    for other in ["odir", "unam"] {
        for seed in [3, 6, 9] {
            draw(&source.join(other).join(format!("{seed}.png")), seed);
        }
    }
    let outlined = source.join("idrid/outlined.png");
    draw(&outlined, 2);
    let (width, height) = image::image_dimensions(&outlined).unwrap();
    let mask = GrayImage::from_fn(width, height, |x, y| {
        Luma([255 * u8::from((width / 3..width / 2).contains(&x) && y > height / 2)])
    });
    mask.save(source.join("idrid/outlined_EX.png")).unwrap();
}

fn recipe(source: &Path, out: &Path) -> Ended {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/recipe.sh");
    let mut command = Command::new(script);
    command.arg(source).arg(out);
    command.env("FUNDOSCOPE", env!("CARGO_BIN_EXE_fundoscope"));
    command.env("DEVICE", "cpu").env("REHEARSAL", "1");
    Ended::of(command.output().unwrap())
}

#[test]
fn one_command_leads_from_photographs_to_a_bundle_of_three_members_and_goes_on_where_it_stopped() {
    let folder = folder();
    let (source, out) = (folder.path().join("source"), folder.path().join("out"));
    photographs(&source);
    recipe(&source, &out).expect(0);
    let manifest = fs::read(out.join("bundle/bundle.json")).unwrap();
    let read: Value = serde_json::from_slice(&manifest).unwrap();
    assert_eq!(read["members"].as_array().unwrap().len(), 3);
    assert_eq!(read["preparation"]["input_side"], 128);
    assert!(read["experience"].is_object(), "what the members met");

    // The last step was lost: the others are not done again.
    fs::remove_dir_all(out.join("bundle")).unwrap();
    recipe(&source, &out).expect(0);
    let again = fs::read(out.join("bundle/bundle.json")).unwrap();
    assert_eq!(
        read["members"],
        serde_json::from_slice::<Value>(&again).unwrap()["members"]
    );
}
