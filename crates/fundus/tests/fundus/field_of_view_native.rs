//! The field of view is found on camera files within 2 % of the radius of the circle that was marked by hand.
//!
//! The photographs are not part of the project: `FUNDOSCOPE_PHOTOGRAPHS` names the folder that holds them.

use std::path::PathBuf;

use fundus::{FieldOfView, Limits, decode};

const MARKED: &str = include_str!("../../../../tests/reference/field_of_view_native.csv");

#[test]
fn camera_files_agree_with_the_marked_circles() {
    let Some(folder) = std::env::var_os("FUNDOSCOPE_PHOTOGRAPHS").map(PathBuf::from) else {
        println!("skipped: FUNDOSCOPE_PHOTOGRAPHS is not set");
        return;
    };
    let mut failures = Vec::new();
    for line in MARKED.lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        let [file, numbers @ ..] = fields.as_slice() else {
            panic!("no file in {line:?}")
        };
        let [x, y, radius] = <[f64; 3]>::try_from(
            numbers
                .iter()
                .map(|number| number.parse().unwrap())
                .collect::<Vec<f64>>(),
        )
        .unwrap();

        let bytes = std::fs::read(folder.join("eyepacs_native").join(file)).unwrap();
        let photograph = decode(&bytes, &Limits::default()).unwrap();
        match FieldOfView::find(&photograph) {
            Ok(found) => {
                let center_error = (found.center[0] - x).hypot(found.center[1] - y) / radius;
                let radius_error = (found.radius - radius).abs() / radius;
                println!(
                    "{file}: centre off by {center_error:.4}, radius by {radius_error:.4} of the radius"
                );
                if center_error > 0.02 || radius_error > 0.02 {
                    failures.push(format!(
                        "{file}: found {found:?}, marked {x}, {y}, {radius}"
                    ));
                }
            }
            Err(error) => failures.push(format!("{file}: {error}")),
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
