//! Vessels, disc, fovea and the eye: right on drawn retinas whose truth is known, absent where there is none, and on
//! photographs as good as the figures that are stated.

use std::path::PathBuf;

use fundus::drawn::{Border, Camera, Drawing, DrawnRetina, LesionLoad};
use fundus::{FieldOfView, Landmarks, Laterality, Limits, decode};
use image::{DynamicImage, Rgb, RgbImage, imageops};

fn drawn(seed: u64) -> DrawnRetina {
    DrawnRetina {
        seed,
        width: 800,
        height: 700,
        camera: Camera::ALL[seed as usize % 4],
        border: Border::Black,
        laterality: if (seed / 4).is_multiple_of(2) {
            Laterality::Right
        } else {
            Laterality::Left
        },
        lesions: if seed.is_multiple_of(3) {
            LesionLoad::SEVERE
        } else {
            LesionLoad::NONE
        },
    }
}

fn crop(drawing: &Drawing) -> RgbImage {
    drawing
        .field_of_view
        .crop(&drawing.picture, Landmarks::SIDE)
}

fn distance(one: [f64; 2], other: [f64; 2]) -> f64 {
    (one[0] - other[0]).hypot(one[1] - other[1])
}

#[test]
fn disc_fovea_and_eye_are_found_in_drawn_retinas_of_every_camera() {
    const RETINAS: u64 = 24;
    let (mut disc_errors, mut fovea_errors) = (0.0, 0.0);
    for seed in 0..RETINAS {
        let retina = drawn(seed);
        let drawing = retina.draw();
        let landmarks = Landmarks::find(&crop(&drawing));
        let found = landmarks.in_photograph(&drawing.field_of_view);
        let diameter = 2.0 * drawing.optic_disc.radius;

        let disc = found.optic_disc;
        let disc = disc.unwrap_or_else(|| panic!("no disc with seed {seed}"));
        let disc_error = distance(disc.center, drawing.optic_disc.center) / diameter;
        let size = disc.diameter / diameter;
        let fovea = found.fovea;
        let fovea = fovea.unwrap_or_else(|| panic!("no fovea with seed {seed}"));
        let fovea_error = distance(fovea.center, drawing.fovea) / diameter;
        println!(
            "seed {seed}: disc {disc_error:.3}, {size:.2} times as wide; fovea {fovea_error:.3}"
        );
        assert!(disc_error < 0.25, "seed {seed}: disc off by {disc_error}");
        assert!((0.75..1.25).contains(&size), "seed {seed}: {size} times");
        assert!(
            fovea_error < 0.25,
            "seed {seed}: fovea off by {fovea_error}"
        );
        disc_errors += disc_error;
        fovea_errors += fovea_error;

        let seen = found.laterality;
        let seen = seen.unwrap_or_else(|| panic!("no eye with seed {seed}"));
        assert_eq!(seen.eye, retina.laterality, "seed {seed}: {seen:?}");
        assert!(!seen.upside_down, "seed {seed}: {seen:?}");
    }
    let means = [disc_errors, fovea_errors].map(|sum| sum / RETINAS as f64);
    println!("off by {means:.3?} disc diameters in the mean, disc and fovea");
    assert!(means[0] < 0.05, "discs off by {} in the mean", means[0]);
    assert!(means[1] < 0.1, "foveas off by {} in the mean", means[1]);
}

#[test]
fn the_vessel_mask_agrees_with_the_drawn_vessels() {
    let (mut both, mut found, mut of_truth, mut hit) = (0.0, 0.0, 0.0, 0.0);
    for seed in [1, 2, 4, 5, 7] {
        let drawing = drawn(seed).draw();
        let mask = Landmarks::find(&crop(&drawing)).vessels;
        let vessels = DynamicImage::ImageLuma8(drawing.vessels.clone()).into_rgb8();
        let truth = drawing.field_of_view.crop(&vessels, Landmarks::SIDE);
        let middle = f64::from(Landmarks::SIDE) / 2.0;
        let is_vessel = |x: u32, y: u32| truth.get_pixel(x, y).0[0] >= 128;
        for (x, y, pixel) in mask.enumerate_pixels() {
            let from_middle = distance([f64::from(x), f64::from(y)], [middle, middle]);
            if from_middle > 0.94 * middle {
                continue;
            }
            // One pixel of leeway: edges of vessels are soft.
            let near = |of: &dyn Fn(u32, u32) -> bool| {
                (y - 1..=y + 1).any(|row| (x - 1..=x + 1).any(|column| of(column, row)))
            };
            let in_mask = |x: u32, y: u32| mask.get_pixel(x, y).0[0] > 0;
            if pixel.0[0] > 0 {
                found += 1.0;
                both += f64::from(u8::from(near(&is_vessel)));
            }
            if is_vessel(x, y) {
                of_truth += 1.0;
                hit += f64::from(u8::from(near(&in_mask)));
            }
        }
    }
    let (precision, sensitivity) = (both / found, hit / of_truth);
    println!("vessel mask: sensitivity {sensitivity:.3}, precision {precision:.3}");
    assert!(sensitivity > 0.7, "sensitivity {sensitivity}");
    assert!(precision > 0.7, "precision {precision}");
}

#[test]
fn pictures_without_a_disc_have_no_landmarks() {
    let side = Landmarks::SIDE;
    let noise = RgbImage::from_fn(side, side, |x, y| {
        let value = (x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(2_246_822_519)) >> 13;
        Rgb([(value % 256) as u8, (value / 7 % 256) as u8, 60])
    });
    let stripes = RgbImage::from_fn(side, side, |x, _| Rgb([150, (x % 24 * 8) as u8, 40]));
    let plain = RgbImage::from_pixel(side, side, Rgb([180, 90, 40]));
    let black = RgbImage::new(side, side);
    let tiny = RgbImage::from_pixel(1, 1, Rgb([180, 90, 40]));
    for (name, picture) in [
        ("noise", noise),
        ("stripes", stripes),
        ("plain", plain),
        ("black", black),
        ("tiny", tiny),
    ] {
        let landmarks = Landmarks::find(&picture);
        assert_eq!(landmarks.optic_disc, None, "{name}");
        assert_eq!(landmarks.fovea, None, "{name}");
        assert_eq!(landmarks.laterality, None, "{name}");
    }
}

#[test]
fn the_macula_alone_shows_no_disc() {
    for seed in [1, 2, 4, 5, 7, 8] {
        let drawing = drawn(seed).draw();
        let FieldOfView { radius, .. } = drawing.field_of_view;
        let temporal = (drawing.fovea[0] - drawing.optic_disc.center[0]).signum();
        let macula = FieldOfView {
            center: [drawing.fovea[0] + 0.1 * temporal * radius, drawing.fovea[1]],
            radius: 0.55 * radius,
        };
        let landmarks = Landmarks::find(&macula.crop(&drawing.picture, Landmarks::SIDE));
        assert_eq!(landmarks.optic_disc, None, "seed {seed}");
        assert_eq!(landmarks.laterality, None, "seed {seed}");
    }
}

#[test]
fn a_mirrored_picture_shows_the_other_eye_and_one_upside_down_the_same() {
    let mut turned = 0;
    for seed in 0..16 {
        let drawing = drawn(seed).draw();
        let picture = crop(&drawing);
        let Some(seen) = Landmarks::find(&picture).laterality else {
            panic!("no eye with seed {seed}")
        };
        let mirrored = Landmarks::find(&imageops::flip_horizontal(&picture));
        assert_ne!(mirrored.laterality.map(|seen| seen.eye), Some(seen.eye));

        let away = [0, 1].map(|axis| drawing.fovea[axis] - drawing.optic_disc.center[axis]);
        // Where disc and fovea lie at the same height, nothing tells which way up the picture is.
        if away[1] / away[0].abs() > 0.14 {
            let rotated = Landmarks::find(&imageops::rotate180(&picture)).laterality;
            let rotated = rotated.unwrap_or_else(|| panic!("no eye with seed {seed} turned"));
            assert!(rotated.upside_down, "seed {seed}: {rotated:?}");
            assert_eq!(rotated.eye, seen.eye, "seed {seed}: {rotated:?}");
            turned += 1;
        }
    }
    assert!(turned > 0, "no retina was turned");
}

#[test]
fn the_number_of_pixels_hardly_matters() {
    let drawing = DrawnRetina {
        seed: 7,
        width: 360,
        height: 300,
        lesions: LesionLoad::MILD,
        ..DrawnRetina::default()
    }
    .draw();
    let truth = drawing.optic_disc;
    for side in [128, 384, 768] {
        let cropped = drawing.field_of_view.crop(&drawing.picture, side);
        let found = Landmarks::find(&cropped).in_photograph(&drawing.field_of_view);
        let disc = found
            .optic_disc
            .unwrap_or_else(|| panic!("no disc at {side} pixels"));
        let apart = distance(disc.center, truth.center) / (2.0 * truth.radius);
        assert!(apart < 0.2, "{side} pixels: {apart} diameters apart");
    }
}

#[test]
fn the_disc_of_photographs_lies_in_the_mask_that_was_drawn_by_hand() {
    let Some(folder) = std::env::var_os("FUNDOSCOPE_PHOTOGRAPHS").map(PathBuf::from) else {
        println!("skipped: FUNDOSCOPE_PHOTOGRAPHS is not set");
        return;
    };
    let mut measured = 0;
    for entry in std::fs::read_dir(folder.join("idrid")).unwrap() {
        let file = entry.unwrap().path();
        let mask_file = file.with_extension("");
        let mask_file = PathBuf::from(format!("{}_OD.png", mask_file.display()));
        if file.extension().is_none_or(|ending| ending != "jpg") || !mask_file.exists() {
            continue;
        }
        let photograph = decode(&std::fs::read(&file).unwrap(), &Limits::default()).unwrap();
        let field_of_view = FieldOfView::find(&photograph).unwrap();
        let cropped = field_of_view.crop(&photograph, Landmarks::SIDE);
        let found = Landmarks::find(&cropped).in_photograph(&field_of_view);

        let mask = image::open(mask_file).unwrap().into_luma8();
        let (mut area, mut sums) = (0.0, [0.0; 2]);
        for (x, y, _) in mask.enumerate_pixels().filter(|(.., pixel)| pixel.0[0] > 0) {
            area += 1.0;
            sums = [sums[0] + f64::from(x) + 0.5, sums[1] + f64::from(y) + 0.5];
        }
        let diameter = 2.0 * (area / std::f64::consts::PI).sqrt();
        let disc = found.optic_disc.expect("every photograph shows its disc");
        let error = distance(disc.center, sums.map(|sum| sum / area)) / diameter;
        assert!(error < 0.15, "disc off by {error} diameters");
        assert!((disc.diameter / diameter - 1.0).abs() < 0.25);
        measured += 1;
    }
    assert!(measured > 0, "no photograph with a mask of its disc");
}
