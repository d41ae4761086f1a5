//! Painted lesions: reproducible, where the masks say and nowhere else, and where such lesions lie.

use fundus::drawn::{Drawing, DrawnRetina, LesionKind};
use fundus::{Augmentation, PAINTED_KINDS, Painted, PaintedShares, paint_lesions};
use image::{GrayImage, RgbImage};
use proptest::prelude::*;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

const SIDE: u32 = 256;
const NOTHING: PaintedShares = PaintedShares {
    kinds: [0.0; PAINTED_KINDS.len()],
    look_alikes: 0.0,
};

/// A healthy drawn retina and its crop.
fn healthy(seed: u64) -> (Drawing, RgbImage) {
    let drawing = DrawnRetina {
        seed,
        width: 620,
        height: 560,
        ..DrawnRetina::default()
    }
    .draw();
    let cropped = drawing.field_of_view.crop(&drawing.picture, SIDE);
    (drawing, cropped)
}

fn paint(cropped: &RgbImage, shares: &PaintedShares, seed: u64) -> Painted {
    paint_lesions(cropped, shares, &mut ChaCha8Rng::seed_from_u64(seed))
}

/// Only one kind, on every picture.
fn only(kind: LesionKind) -> PaintedShares {
    PaintedShares {
        kinds: PAINTED_KINDS.map(|other| f64::from(u8::from(other == kind))),
        ..NOTHING
    }
}

fn mask_of(painted: &Painted, kind: LesionKind) -> &GrayImage {
    let place = PAINTED_KINDS.iter().position(|other| *other == kind);
    &painted.masks[place.expect("every kind is painted")]
}

/// Sum of a mask's shares, in pixels.
fn area(mask: &GrayImage) -> f64 {
    mask.pixels().map(|share| f64::from(share[0]) / 255.0).sum()
}

/// Mean change of each channel, weighted by the mask.
fn change(before: &RgbImage, after: &RgbImage, mask: &GrayImage) -> [f64; 3] {
    let mut sums = [0.0; 3];
    for ((before, after), share) in before.pixels().zip(after.pixels()).zip(mask.pixels()) {
        for (channel, sum) in sums.iter_mut().enumerate() {
            let difference = f64::from(after[channel]) - f64::from(before[channel]);
            *sum += difference * f64::from(share[0]) / 255.0;
        }
    }
    sums.map(|sum| sum / area(mask).max(1e-9))
}

/// Distance of a place in the crop from one in the photograph, as a share of the field of view's radius.
fn off(drawing: &Drawing, at: [u32; 2], from: [f64; 2]) -> f64 {
    let view = drawing.field_of_view;
    let [x, y] = [0, 1].map(|axis| {
        let in_crop = (from[axis] - view.center[axis]) / view.radius;
        2.0 * (f64::from(at[axis]) + 0.5) / f64::from(SIDE) - 1.0 - in_crop
    });
    x.hypot(y)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn nothing_changes_outside_the_masks(retina in 0_u64..6, seed: u64, side in 32_u32..300) {
        let drawing = DrawnRetina { seed: retina, width: 300, height: 260, ..DrawnRetina::default() }.draw();
        let cropped = drawing.field_of_view.crop(&drawing.picture, side);
        let shares = PaintedShares { kinds: [0.7; 6], look_alikes: 0.7 };
        let painted = paint(&cropped, &shares, seed);
        let pixels = cropped.enumerate_pixels().zip(painted.picture.pixels());
        for ((x, y, before), after) in pixels {
            let is_marked = painted.masks.iter().chain([&painted.look_alikes]).any(|mask| mask.get_pixel(x, y)[0] > 0);
            prop_assert!(is_marked || before == after, "changed without a mask at {x}, {y}");
            let off = [x, y].map(|at| (f64::from(at) + 0.5) * 2.0 / f64::from(side) - 1.0);
            prop_assert!(!is_marked || off[0].hypot(off[1]) < 0.97, "marked outside the field of view at {x}, {y}");
        }
    }

    #[test]
    fn any_picture_can_be_painted_on(seed: u64, width in 1_u32..90, height in 1_u32..90, level: u8) {
        let picture = RgbImage::from_pixel(width, height, image::Rgb([level, level / 2, level / 5]));
        let shares = PaintedShares { kinds: [1.0; 6], look_alikes: 1.0 };
        let painted = paint(&picture, &shares, seed);
        prop_assert_eq!(painted.picture.dimensions(), (width, height));
    }
}

#[test]
fn the_generator_decides_the_picture() {
    let (_, cropped) = healthy(1);
    let [one, again, other] =
        [5, 5, 6].map(|seed| paint(&cropped, &PaintedShares::default(), seed));
    assert_eq!(one.picture, again.picture);
    assert_eq!(one.masks, again.masks);
    assert_ne!(one.picture, other.picture);
    assert_eq!(paint(&cropped, &NOTHING, 5).picture, cropped);
}

#[test]
fn red_lesions_darken_and_pale_ones_brighten_most_in_green() {
    for (kind, darkens) in [
        (LesionKind::Microaneurysm, true),
        (LesionKind::Haemorrhage, true),
        (LesionKind::HardExudate, false),
        (LesionKind::CottonWoolSpot, false),
        (LesionKind::NewVessels, true),
        (LesionKind::PreretinalHaemorrhage, true),
    ] {
        let mut painted_pictures = 0;
        for seed in 0..12 {
            let (_, cropped) = healthy(seed % 4);
            let painted = paint(&cropped, &only(kind), seed);
            let mask = mask_of(&painted, kind);
            if area(mask) < 3.0 {
                continue;
            }
            painted_pictures += 1;
            let [red, green, _] = change(&cropped, &painted.picture, mask);
            assert_eq!(green < 0.0, darkens, "{kind:?} changes green by {green}");
            assert!(green.abs() > 1.5, "{kind:?} changes green by {green}");
            assert!(
                red.abs() < 3.0 * green.abs() + 12.0,
                "{kind:?} changes red by {red}, green by {green}"
            );
            assert_eq!(area(&painted.look_alikes), 0.0);
        }
        assert!(
            painted_pictures >= 9,
            "{kind:?} on {painted_pictures} of 12"
        );
    }
}

#[test]
fn lesions_lie_where_such_lesions_lie() {
    let (mut off_fovea, mut off_disc) = ([0.0; 2], [0.0; 2]);
    for seed in 0..16 {
        let (drawing, cropped) = healthy(seed);
        let disc = drawing.optic_disc;
        let disc_share = disc.radius / drawing.field_of_view.radius;
        let microaneurysms = paint(&cropped, &only(LesionKind::Microaneurysm), seed);
        for (x, y, share) in mask_of(&microaneurysms, LesionKind::Microaneurysm).enumerate_pixels()
        {
            if share[0] > 60 {
                let distance = off(&drawing, [x, y], disc.center);
                assert!(
                    distance > 0.75 * disc_share,
                    "a microaneurysm on the disc of {seed}"
                );
            }
        }
        for (kind, sums, from) in [
            (LesionKind::HardExudate, &mut off_fovea, drawing.fovea),
            (LesionKind::CottonWoolSpot, &mut off_disc, disc.center),
        ] {
            let painted = paint(&cropped, &only(kind), seed);
            for (x, y, share) in mask_of(&painted, kind).enumerate_pixels() {
                sums[0] += f64::from(share[0]) * off(&drawing, [x, y], from);
                sums[1] += f64::from(share[0]);
            }
        }
    }
    // A lesion anywhere in the circle would be 0.9 off the fovea or disc on average.
    assert!(off_fovea[0] / off_fovea[1] < 0.6, "{off_fovea:?}");
    assert!(off_disc[0] / off_disc[1] < 0.9, "{off_disc:?}");
}

#[test]
fn blood_before_the_retina_is_level_above_and_round_below() {
    let (mut level, mut pictures) = (0, 0);
    for seed in 0..20 {
        let (_, cropped) = healthy(seed % 4);
        let painted = paint(&cropped, &only(LesionKind::PreretinalHaemorrhage), seed);
        let mask = mask_of(&painted, LesionKind::PreretinalHaemorrhage);
        let edges: Vec<[u32; 2]> = (0..SIDE)
            .filter_map(|x| {
                let covered = |y: &u32| mask.get_pixel(x, *y)[0] > 127;
                Some([(0..SIDE).find(covered)?, (0..SIDE).rfind(covered)?])
            })
            .collect();
        // Near the rim the field of view cuts it.
        if edges.len() < 12 {
            continue;
        }
        pictures += 1;
        let range = |edge: usize| {
            let rows = edges.iter().map(|edges| edges[edge]);
            rows.clone().max().unwrap_or(0) - rows.min().unwrap_or(0)
        };
        level += u32::from(range(0) < range(1));
    }
    assert!(pictures >= 10, "{pictures}");
    assert!(level * 5 >= pictures * 4, "{level} of {pictures}");
}

#[test]
fn a_softer_photograph_gets_softer_lesions() {
    let (_, sharp) = healthy(2);
    let soft = image::imageops::blur(&sharp, 2.0);
    let edge = |cropped: &RgbImage| {
        // Share of the covered pixels that are covered in part only.
        let mut counts = [0.0_f64; 2];
        for seed in 0..6 {
            let painted = paint(cropped, &only(LesionKind::PreretinalHaemorrhage), seed);
            for share in mask_of(&painted, LesionKind::PreretinalHaemorrhage).pixels() {
                counts[0] += f64::from(u8::from((20..=235).contains(&share[0])));
                counts[1] += f64::from(u8::from(share[0] > 0));
            }
        }
        counts[0] / counts[1]
    };
    let (sharp, soft) = (edge(&sharp), edge(&soft));
    assert!(soft > 1.2 * sharp, "{sharp} and {soft}");
}

#[test]
fn masks_move_along_with_an_augmented_picture() {
    let (_, cropped) = healthy(3);
    let mut painted = paint(&cropped, &only(LesionKind::PreretinalHaemorrhage), 1);
    let geometry = Augmentation {
        rotation: std::f32::consts::PI,
        mirror: true,
        scale: 0.1,
        shift: 0.02,
        ..Augmentation::NONE
    };
    let generator = || ChaCha8Rng::seed_from_u64(9);
    let before = geometry.apply(&cropped, &mut generator());
    let [.., mask] = &mut painted.masks;
    let whole = area(mask);
    let after = geometry.apply_with_masks(&painted.picture, &mut [&mut *mask], &mut generator());
    assert!(
        (area(mask) / whole - 1.0).abs() < 0.25,
        "{}",
        area(mask) / whole
    );
    for ((x, y, before), after) in before.enumerate_pixels().zip(after.pixels()) {
        assert!(
            before == after || mask.get_pixel(x, y)[0] > 0 || {
                let differences = [0, 1, 2].map(|channel| before[channel].abs_diff(after[channel]));
                differences.iter().all(|difference| *difference <= 1)
            },
            "{x}, {y}"
        );
    }
}
