//! Training pictures as another camera would have taken them.

use fundus::drawn::DrawnRetina;
use fundus::{Augmentation, CameraShift};
use image::{Rgb, RgbImage};
use proptest::prelude::*;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

const SIDE: u32 = 96;

/// Changes nothing but what storing at the best quality changes.
const SAME_CAMERA: CameraShift = CameraShift {
    channel_mix: 0.0,
    vignetting: 0.0,
    resolution: 1.0,
    noise: 0.0,
    compression: 95,
};

fn shifted(camera: CameraShift, picture: &RgbImage, seed: u64) -> RgbImage {
    let augmentation = Augmentation {
        camera: Some(camera),
        ..Augmentation::NONE
    };
    augmentation.apply(picture, &mut ChaCha8Rng::seed_from_u64(seed))
}

fn retina() -> RgbImage {
    let drawing = DrawnRetina {
        seed: 3,
        width: 300,
        height: 260,
        ..DrawnRetina::default()
    }
    .draw();
    drawing.field_of_view.crop(&drawing.picture, SIDE)
}

fn mean_difference(left: &RgbImage, right: &RgbImage) -> f64 {
    let pairs = left.as_raw().iter().zip(right.as_raw());
    let sum: f64 = pairs
        .map(|(left, right)| f64::from(left.abs_diff(*right)))
        .sum();
    sum / left.as_raw().len() as f64
}

/// Standard deviation of the red channel in the middle of the picture.
fn deviation(picture: &RgbImage) -> f64 {
    let values: Vec<f64> = (SIDE / 4..3 * SIDE / 4)
        .flat_map(|y| {
            (SIDE / 4..3 * SIDE / 4).map(move |x| f64::from(picture.get_pixel(x, y).0[0]))
        })
        .collect();
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let squares = values.iter().map(|value| (value - mean).powi(2));
    (squares.sum::<f64>() / values.len() as f64).sqrt()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_same_draw_gives_the_same_picture_of_the_same_size(seed in 0_u64..1 << 40) {
        let picture = retina();
        let once = shifted(CameraShift::default(), &picture, seed);
        prop_assert_eq!(&once, &shifted(CameraShift::default(), &picture, seed));
        prop_assert_eq!(once.dimensions(), picture.dimensions());
        // It is still the same retina.
        prop_assert!(mean_difference(&once, &picture) < 30.0);
    }

    #[test]
    fn grey_stays_grey_whatever_the_colour_matrix(seed in 0_u64..1 << 40, level in 20_u8..235) {
        let camera = CameraShift { channel_mix: 0.3, ..SAME_CAMERA };
        let grey = RgbImage::from_pixel(SIDE, SIDE, Rgb([level; 3]));
        for pixel in shifted(camera, &grey, seed).pixels() {
            prop_assert!(pixel.0.iter().all(|value| value.abs_diff(level) <= 1), "{pixel:?}");
        }
    }

    #[test]
    fn vignetting_leaves_the_middle_and_keeps_its_limit_at_the_rim(seed in 0_u64..1 << 40) {
        let camera = CameraShift { vignetting: 0.4, ..SAME_CAMERA };
        let even = RgbImage::from_pixel(SIDE, SIDE, Rgb([120; 3]));
        let changed = shifted(camera, &even, seed);
        prop_assert!(changed.get_pixel(SIDE / 2, SIDE / 2).0[1].abs_diff(120) <= 1);
        let rim = changed.get_pixel(0, SIDE / 2).0[1];
        prop_assert!((71..=169).contains(&rim), "{rim}");
    }
}

#[test]
fn different_draws_give_different_cameras() {
    let picture = retina();
    let first = shifted(CameraShift::default(), &picture, 1);
    let differences = (2..8)
        .map(|seed| mean_difference(&first, &shifted(CameraShift::default(), &picture, seed)));
    assert!(differences.into_iter().all(|difference| difference > 0.5));
}

#[test]
fn a_lower_resolution_takes_away_detail_and_keeps_brightness() {
    let stripes = RgbImage::from_fn(SIDE, SIDE, |x, _| {
        Rgb([if x % 2 == 0 { 60 } else { 180 }; 3])
    });
    let camera = CameraShift {
        resolution: 0.4,
        ..SAME_CAMERA
    };
    let blurred: Vec<f64> = (0..16)
        .map(|seed| shifted(camera, &stripes, seed))
        .inspect(|changed| {
            let mean = f64::from(
                changed
                    .as_raw()
                    .iter()
                    .map(|value| u32::from(*value))
                    .sum::<u32>(),
            ) / changed.as_raw().len() as f64;
            assert!((mean - 120.0).abs() < 3.0, "{mean}");
        })
        .map(|changed| deviation(&changed))
        .collect();
    // Half of the pictures keep their resolution.
    let coarse = blurred
        .iter()
        .filter(|deviation| **deviation < 45.0)
        .count();
    assert!((2..=14).contains(&coarse), "{blurred:?}");
}

#[test]
fn noise_has_the_deviation_that_was_asked_for_and_spares_the_outside() {
    let mut picture = RgbImage::from_pixel(SIDE, SIDE, Rgb([120; 3]));
    for x in 0..SIDE {
        picture.put_pixel(x, 0, Rgb([0; 3]));
    }
    let camera = CameraShift {
        noise: 6.0,
        ..SAME_CAMERA
    };
    let noisy: Vec<RgbImage> = (0..24)
        .map(|seed| shifted(camera, &picture, seed))
        .collect();
    let deviations: Vec<f64> = noisy.iter().map(deviation).collect();
    let largest = deviations.iter().copied().fold(0.0, f64::max);
    assert!((3.5..6.8).contains(&largest), "{deviations:?}");
    assert!(deviations.iter().any(|deviation| *deviation < 0.5));
}

#[test]
fn compression_costs_detail_and_no_more() {
    let picture = retina();
    let camera = CameraShift {
        compression: 10,
        ..SAME_CAMERA
    };
    let costs: Vec<f64> = (0..16)
        .map(|seed| mean_difference(&shifted(camera, &picture, seed), &picture))
        .collect();
    assert!(costs.iter().any(|cost| *cost > 0.5), "{costs:?}");
    assert!(costs.iter().all(|cost| *cost < 12.0), "{costs:?}");
    assert!(
        costs.contains(&0.0),
        "half of the pictures are not stored anew: {costs:?}"
    );
}
