//! The field of view is found on drawn retinas of every camera with every border, within 2 % of the radius.

use fundus::FieldOfView;
use fundus::drawn::{Border, Camera, DrawnRetina, LesionLoad};

/// Errors of centre and radius, as shares of the true radius.
fn errors(found: FieldOfView, truth: FieldOfView) -> (f64, f64) {
    let center = (found.center[0] - truth.center[0]).hypot(found.center[1] - truth.center[1]);
    (
        center / truth.radius,
        (found.radius - truth.radius).abs() / truth.radius,
    )
}

fn check(retina: DrawnRetina) -> Result<(), String> {
    let drawing = retina.draw();
    let found =
        FieldOfView::find(&drawing.picture).map_err(|error| format!("{retina:?}: {error}"))?;
    let (center, radius) = errors(found, drawing.field_of_view);
    if center > 0.02 || radius > 0.02 {
        let truth = drawing.field_of_view;
        return Err(format!(
            "{retina:?}: centre off by {center:.3}, radius by {radius:.3}: {found:?}, not {truth:?}"
        ));
    }
    Ok(())
}

#[track_caller]
fn check_all(retinas: impl Iterator<Item = DrawnRetina>) {
    let failures: Vec<String> = retinas.filter_map(|retina| check(retina).err()).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

fn with_every_border(retina: DrawnRetina) -> impl Iterator<Item = DrawnRetina> {
    Border::ALL
        .into_iter()
        .map(move |border| DrawnRetina { border, ..retina })
}

#[test]
fn every_camera_with_every_border() {
    for seed in 0..2 {
        let cameras = Camera::ALL.into_iter().map(|camera| DrawnRetina {
            seed,
            camera,
            width: 720,
            height: 480,
            lesions: LesionLoad::MODERATE,
            ..DrawnRetina::default()
        });
        check_all(cameras.flat_map(with_every_border));
    }
}

#[test]
fn square_and_upright_frames() {
    for (width, height) in [(500, 500), (480, 640)] {
        let cameras = Camera::ALL.into_iter().map(|camera| DrawnRetina {
            seed: 21,
            camera,
            width,
            height,
            ..DrawnRetina::default()
        });
        check_all(cameras.flat_map(with_every_border));
    }
}

#[test]
fn camera_sized_frames() {
    let cameras = Camera::ALL.into_iter().map(|camera| DrawnRetina {
        seed: 4,
        camera,
        border: Border::NoisyBlack,
        width: 2592,
        height: 1944,
        ..DrawnRetina::default()
    });
    check_all(cameras);
}
