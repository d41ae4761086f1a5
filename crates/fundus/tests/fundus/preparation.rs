//! What the network sees: the same for turned, mirrored and larger pictures, zero where there is no retina, and the way
//! back to something a person can look at.

use fundus::drawn::{Border, DrawnRetina};
use fundus::{
    Augmentation, Limits, NetworkInput, Normalization, Preparation, Quality, Reduction,
    Standardization,
};
use image::imageops;
use image::{ImageFormat, Rgb, RgbImage};
use proptest::prelude::*;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

const SIDE: u32 = 96;

fn cropped(seed: u64, side: u32) -> RgbImage {
    let drawing = DrawnRetina {
        seed,
        width: 300,
        height: 260,
        ..DrawnRetina::default()
    }
    .draw();
    drawing.field_of_view.crop(&drawing.picture, side)
}

fn preparation() -> Preparation {
    Preparation {
        input_side: SIDE,
        ..Preparation::default()
    }
}

/// Values of a turned input, by turning each plane.
fn turned(input: &NetworkInput) -> Vec<f32> {
    let side = input.side;
    let index = |row: usize, column: usize| (side - 1 - column) * side + row;
    let plane = |plane: &[f32]| -> Vec<f32> {
        (0..side * side)
            .map(|at| plane[index(at / side, at % side)])
            .collect()
    };
    input
        .values
        .chunks_exact(side * side)
        .flat_map(plane)
        .collect()
}

fn largest_difference(one: &[f32], other: &[f32]) -> f32 {
    one.iter()
        .zip(other)
        .map(|(one, other)| (one - other).abs())
        .fold(0.0, f32::max)
}

fn outside(side: usize, radius: f32) -> impl Iterator<Item = usize> {
    let middle = side as f32 / 2.0;
    (0..side * side).filter(move |at| {
        let [x, y] = [at % side, at / side].map(|at| at as f32 + 0.5 - middle);
        x.hypot(y) > radius * middle
    })
}

#[test]
fn turning_the_picture_turns_the_input() {
    let picture = cropped(1, SIDE);
    let straight = preparation().input(&picture);
    let of_turned = preparation().input(&imageops::rotate90(&picture));
    assert!(largest_difference(&turned(&straight), &of_turned.values) < 1e-3);
}

#[test]
fn mirroring_the_picture_mirrors_the_input() {
    let picture = cropped(2, SIDE);
    let straight = preparation().input(&picture);
    let mirrored = preparation().input(&imageops::flip_horizontal(&picture));
    let side = straight.side;
    let back: Vec<f32> = mirrored
        .values
        .chunks_exact(side)
        .flat_map(|row| row.iter().rev().copied())
        .collect();
    assert!(largest_difference(&straight.values, &back) < 1e-3);
}

#[test]
fn the_strength_of_the_light_hardly_matters() {
    let picture = cropped(3, SIDE);
    let mut shifted = picture.clone();
    let middle = SIDE as f32 / 2.0;
    for (x, y, pixel) in shifted.enumerate_pixels_mut() {
        if (x as f32 + 0.5 - middle).hypot(y as f32 + 0.5 - middle) < middle {
            pixel.0 = pixel.0.map(|value| value.saturating_add(20));
        }
    }
    let [one, other] = [&picture, &shifted].map(|picture| preparation().input(picture));
    let unsaturated: Vec<usize> = (0..(SIDE * SIDE) as usize)
        .filter(|at| picture.as_raw()[3 * at] < 200)
        .collect();
    let difference = unsaturated
        .iter()
        .map(|&at| (one.values[at] - other.values[at]).abs())
        .sum::<f32>()
        / unsaturated.len() as f32;
    let strength = unsaturated
        .iter()
        .map(|&at| one.values[at].abs())
        .sum::<f32>()
        / unsaturated.len() as f32;
    assert!(difference < 0.1 * strength, "{difference} of {strength}");
}

/// An independent, direct computation: box sums written out, weights by visibility, two passes.
#[test]
fn the_background_is_a_masked_mean_of_two_boxes() {
    let side = 24_usize;
    let picture = RgbImage::from_fn(side as u32, side as u32, |x, y| {
        Rgb([
            (60 + 7 * x + 3 * y) as u8,
            (90 + (x * y) % 50) as u8,
            (50 + (5 * x + 11 * y) % 60) as u8,
        ])
    });
    let standardization = Standardization::LocalBackground {
        background_radius: 0.125,
        gain: 10.0,
        mask_radius: 0.9,
        limit: 5.0,
    };
    let preparation = Preparation {
        input_side: side as u32,
        standardization,
        ..Preparation::default()
    };
    let values = preparation.input(&picture).values;

    let radius = 3_i64;
    let hidden: Vec<usize> = outside(side, 0.9).collect();
    let visible = |x: i64, y: i64| -> f64 {
        let framed = (0..side as i64).contains(&x) && (0..side as i64).contains(&y);
        f64::from(framed && !hidden.contains(&((y * side as i64 + x) as usize)))
    };
    let twice = |value: &dyn Fn(i64, i64) -> f64, x: i64, y: i64| -> f64 {
        let around = |x: i64, y: i64, inner: &dyn Fn(i64, i64) -> f64| -> f64 {
            (-radius..=radius)
                .flat_map(|dy| (-radius..=radius).map(move |dx| (x + dx, y + dy)))
                .filter(|(x, y)| (0..side as i64).contains(x) && (0..side as i64).contains(y))
                .map(|(x, y)| inner(x, y))
                .sum()
        };
        around(x, y, &|x, y| around(x, y, value))
    };
    for (x, y) in [(12, 12), (5, 8), (12, 2), (20, 14)] {
        for channel in 0..3 {
            let value = |x: i64, y: i64| {
                f64::from(picture.get_pixel(x as u32, y as u32).0[channel]) / 255.0
            };
            let background =
                twice(&|x, y| value(x, y) * visible(x, y), x, y) / twice(&visible, x, y);
            let expected = (value(x, y) - background) * 10.0;
            let found = values[channel * side * side + (y as usize) * side + x as usize];
            assert!(
                (f64::from(found) - expected).abs() < 1e-4,
                "({x}, {y}) {channel}: {found} for {expected}"
            );
        }
    }
}

#[test]
fn a_cut_off_bar_leaves_no_edge() {
    let mut picture = RgbImage::from_pixel(SIDE, SIDE, Rgb([150, 90, 60]));
    for (_, _, pixel) in picture.enumerate_pixels_mut().filter(|(_, y, _)| *y < 20) {
        pixel.0 = [0; 3];
    }
    let input = preparation().input(&picture);
    assert!(input.values.iter().all(|value| value.abs() < 1e-3));
}

#[test]
fn extremes_survive_the_reduction_and_means_do_not() {
    let side = 2 * SIDE;
    let mut picture = RgbImage::from_pixel(side, side, Rgb([150, 90, 60]));
    picture.put_pixel(side / 2, side / 2, Rgb([90, 30, 30]));
    let at = |reduction| {
        let preparation = Preparation {
            oversampling: 2,
            reduction,
            ..preparation()
        };
        let input = preparation.input(&picture);
        assert_eq!(input.side, SIDE as usize);
        input.values[(SIDE * SIDE + SIDE / 2 * SIDE + SIDE / 2) as usize]
    };
    let (extreme, mean) = (at(Reduction::Extreme), at(Reduction::Mean));
    assert!((extreme / mean - 4.0).abs() < 0.1, "{extreme} and {mean}");
    assert!((extreme + 60.0 / 255.0 * 10.0).abs() < 0.05, "{extreme}");
}

#[test]
fn without_standardization_the_input_is_the_picture() {
    let picture = cropped(4, SIDE);
    let normalization = Normalization {
        mean: [0.5, 0.25, 0.125],
        std: [0.25, 0.5, 2.0],
    };
    let preparation = Preparation {
        standardization: Standardization::None,
        normalization,
        ..preparation()
    };
    let input = preparation.input(&picture);
    let pixels = (SIDE * SIDE) as usize;
    let blue = f32::from(picture.as_raw()[3 * 4000 + 2]) / 255.0;
    assert!((input.values[2 * pixels + 4000] - (blue - 0.125) / 2.0).abs() < 1e-6);
    assert_eq!(
        preparation.visible(&input),
        picture,
        "the way back is exact"
    );
}

#[test]
fn the_visible_picture_is_grey_where_nothing_stands_out_and_black_outside() {
    let picture = RgbImage::from_pixel(SIDE, SIDE, Rgb([150, 90, 60]));
    let normalization = Normalization {
        mean: [0.1; 3],
        std: [0.4; 3],
    };
    let preparation = Preparation {
        normalization,
        ..preparation()
    };
    let visible = preparation.visible(&preparation.input(&picture));
    assert_eq!(visible.get_pixel(0, 0).0, [0; 3]);
    let middle = visible.get_pixel(SIDE / 2, SIDE / 2).0;
    assert!(
        middle.iter().all(|value| value.abs_diff(128) <= 1),
        "{middle:?}"
    );
}

#[test]
fn preparation_survives_its_json() {
    let preparation = Preparation {
        oversampling: 2,
        reduction: Reduction::Extreme,
        ..Preparation::default()
    };
    let json = serde_json::to_string(&preparation).expect("serialising");
    assert_eq!(
        serde_json::from_str::<Preparation>(&json).expect("reading back"),
        preparation
    );
}

#[test]
fn a_file_is_prepared_whole() {
    let drawing = DrawnRetina {
        width: 500,
        height: 400,
        border: Border::NoisyBlack,
        ..DrawnRetina::default()
    }
    .draw();
    let mut png = std::io::Cursor::new(Vec::new());
    drawing
        .picture
        .write_to(&mut png, ImageFormat::Png)
        .expect("writing to memory");
    let preparation = Preparation {
        oversampling: 2,
        ..preparation()
    };
    let prepared = preparation
        .prepare(png.get_ref(), &Limits::default())
        .expect("a drawn retina");
    assert_eq!((prepared.width, prepared.height), (500, 400));
    assert_eq!(prepared.cropped.dimensions(), (2 * SIDE, 2 * SIDE));
    assert_eq!(prepared.input, preparation.input(&prepared.cropped));
    assert_eq!(prepared.quality, Quality::measure(&prepared.cropped));
}

#[test]
fn no_augmentation_changes_nothing() {
    let picture = cropped(5, SIDE);
    assert_eq!(
        Augmentation::NONE.apply(&picture, &mut ChaCha8Rng::seed_from_u64(1)),
        picture
    );
}

#[test]
fn mirroring_twice_is_nothing() {
    let picture = cropped(6, SIDE);
    let mirror = Augmentation {
        mirror: true,
        ..Augmentation::NONE
    };
    let mut mirrored = 0;
    for seed in 0..16 {
        let once = mirror.apply(&picture, &mut ChaCha8Rng::seed_from_u64(seed));
        let twice = mirror.apply(&once, &mut ChaCha8Rng::seed_from_u64(seed));
        assert_eq!(twice, picture);
        mirrored += usize::from(once == imageops::flip_horizontal(&picture));
    }
    assert!((1..16).contains(&mirrored), "{mirrored} of 16");
}

#[test]
fn pictures_turn_about_their_middle() {
    let mut picture = RgbImage::new(SIDE, SIDE);
    imageops::replace(
        &mut picture,
        &RgbImage::from_pixel(4, 4, Rgb([250; 3])),
        i64::from(SIDE / 2 - 2),
        10,
    );
    let turn = Augmentation {
        rotation: std::f32::consts::PI,
        ..Augmentation::NONE
    };
    for seed in 0..8 {
        let turned = turn.apply(&picture, &mut ChaCha8Rng::seed_from_u64(seed));
        let (mut x, mut y, mut weight) = (0.0, 0.0, 0.0);
        for (column, row, pixel) in turned.enumerate_pixels() {
            let value = f64::from(pixel.0[1]);
            (x, y, weight) = (
                x + value * f64::from(column),
                y + value * f64::from(row),
                weight + value,
            );
        }
        let middle = f64::from(SIDE - 1) / 2.0;
        let distance = (x / weight - middle).hypot(y / weight - middle);
        assert!(
            (distance - (middle - 11.5)).abs() < 0.1,
            "seed {seed}: {distance}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn standardised_values_are_bounded_and_zero_outside(seed in any::<u64>(), noise in 1_u8..=255) {
        let picture = RgbImage::from_fn(SIDE, SIDE, |x, y| {
            let mixed = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(u64::from(x * 7919 + y * 104_729)) ^ seed;
            Rgb(mixed.wrapping_mul(0xBF58_476D_1CE4_E5B9).to_le_bytes()[..3].try_into().map(|bytes: [u8; 3]| bytes.map(|b| b % noise)).expect("three bytes"))
        });
        let input = preparation().input(&picture);
        prop_assert!(input.values.iter().all(|value| value.is_finite() && value.abs() <= 5.0));
        let pixels = input.side * input.side;
        for at in outside(input.side, 0.98) {
            prop_assert!((0..3).all(|channel| input.values[channel * pixels + at] == 0.0));
        }
    }

    #[test]
    fn augmentation_follows_its_seed_and_keeps_the_outside_empty(seed in any::<u64>()) {
        let picture = cropped(7, SIDE);
        let augmentation = Augmentation::default();
        let [one, other] = [(); 2].map(|()| augmentation.apply(&picture, &mut ChaCha8Rng::seed_from_u64(seed)));
        prop_assert_eq!(&one, &other);
        prop_assert_eq!(one.dimensions(), picture.dimensions());
        let input = preparation().input(&one);
        let pixels = input.side * input.side;
        prop_assert!(outside(input.side, 0.98).all(|at| input.values[pixels + at] == 0.0));
        prop_assert!(input.values.iter().any(|value| *value != 0.0));
    }
}
