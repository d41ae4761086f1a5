//! What makes a photograph worse makes its score worse, and is named.

use fundus::drawn::DrawnRetina;
use fundus::{Quality, QualityReason};
use image::{Rgb, RgbImage, imageops};

fn retina() -> RgbImage {
    let drawing = DrawnRetina {
        seed: 5,
        width: 640,
        height: 560,
        ..DrawnRetina::default()
    }
    .draw();
    drawing.field_of_view.crop(&drawing.picture, 384)
}

fn changed(change: impl Fn(f32) -> f32) -> Quality {
    let mut picture = retina();
    for pixel in picture.pixels_mut() {
        pixel.0 = pixel.0.map(|value| change(f32::from(value)).round() as u8);
    }
    Quality::measure(&picture)
}

fn assert_refused_for(quality: &Quality, reason: QualityReason) {
    assert!(
        !quality.gradable && quality.score < Quality::GRADABLE_AT,
        "{quality:?}"
    );
    assert!(quality.reasons.contains(&reason), "{quality:?}");
}

#[test]
fn a_good_photograph_is_gradable() {
    let quality = Quality::measure(&retina());
    assert!(
        quality.gradable && quality.score > 0.5 && quality.reasons.is_empty(),
        "{quality:?}"
    );
    assert!(quality.coverage > 0.95, "{quality:?}");
}

#[test]
fn blur_lowers_the_score_step_by_step() {
    let retina = retina();
    let scores: Vec<Quality> = [0.5, 2.0, 4.0, 12.0]
        .iter()
        .map(|&sigma| Quality::measure(&imageops::blur(&retina, sigma)))
        .collect();
    assert!(
        scores.windows(2).all(|pair| pair[1].focus < pair[0].focus),
        "{scores:?}"
    );
    assert_refused_for(&scores[3], QualityReason::Blurred);
}

#[test]
fn darkness() {
    assert_refused_for(&changed(|value| value * 0.15), QualityReason::TooDark);
}

#[test]
fn overexposure() {
    assert_refused_for(
        &changed(|value| {
            if value > 0.0 {
                value * 4.0 + 120.0
            } else {
                0.0
            }
        }),
        QualityReason::TooBright,
    );
}

#[test]
fn a_retina_of_which_little_is_to_be_seen() {
    let mut picture = retina();
    imageops::replace(&mut picture, &RgbImage::new(384, 260), 0, 0);
    assert_refused_for(&Quality::measure(&picture), QualityReason::PartlyVisible);
}

/// Darkness and overexposure take the detail away as well; what caused it is what there is to mend.
#[test]
fn the_cause_is_named_before_the_consequence() {
    let dark = changed(|value| value * 0.15);
    assert_eq!(dark.reasons.first(), Some(&QualityReason::TooDark));
    let bright = changed(|value| {
        if value > 0.0 {
            value * 4.0 + 120.0
        } else {
            0.0
        }
    });
    assert_eq!(bright.reasons.first(), Some(&QualityReason::TooBright));
    assert!(dark.score < 0.2 && bright.score < 0.2);
}

#[test]
fn light_from_one_side() {
    let mut picture = retina();
    for (x, _, pixel) in picture.enumerate_pixels_mut() {
        let light = (x as f32 / 384.0).powi(3) * 2.2;
        pixel.0 = pixel
            .0
            .map(|value| (f32::from(value) * light).round() as u8);
    }
    let quality = Quality::measure(&picture);
    assert!(
        quality.reasons.contains(&QualityReason::UnevenIllumination)
            || quality.reasons.contains(&QualityReason::PartlyVisible),
        "{quality:?}"
    );
    assert!(quality.score < 0.5, "{quality:?}");
}

/// Sides that are cut off leave the macula; half a retina does not.
#[test]
fn the_middle_must_be_seen() {
    let mut sides = retina();
    let strip = RgbImage::new(70, 384);
    imageops::replace(&mut sides, &strip, 0, 0);
    imageops::replace(&mut sides, &strip, 314, 0);
    assert!(Quality::measure(&sides).gradable);
    let mut half = retina();
    imageops::replace(&mut half, &RgbImage::new(384, 192), 0, 0);
    assert_refused_for(&Quality::measure(&half), QualityReason::PartlyVisible);
}

#[test]
fn every_bad_score_has_a_reason() {
    for sigma in [0.5, 1.0, 1.5, 2.0, 3.0, 5.0] {
        for light in [1.0, 0.6, 0.4, 0.25, 0.1] {
            let mut picture = imageops::blur(&retina(), sigma);
            for pixel in picture.pixels_mut() {
                pixel.0 = pixel
                    .0
                    .map(|value| (f32::from(value) * light).round() as u8);
            }
            let quality = Quality::measure(&picture);
            assert!(
                quality.score >= 0.5 || !quality.reasons.is_empty(),
                "{quality:?}"
            );
        }
    }
}

#[test]
fn nothing_at_all() {
    let quality = Quality::measure(&RgbImage::new(384, 384));
    assert!(!quality.gradable && quality.score == 0.0, "{quality:?}");
    assert!(quality.focus.is_finite() && quality.evenness.is_finite());
}

/// The same photograph at another size of the crop has nearly the same quality.
#[test]
fn the_crop_s_size_hardly_matters() {
    let drawing = DrawnRetina {
        seed: 5,
        width: 1200,
        height: 1000,
        ..DrawnRetina::default()
    }
    .draw();
    let [small, large] = [256, 768]
        .map(|side| Quality::measure(&drawing.field_of_view.crop(&drawing.picture, side)).focus);
    assert!((small / large - 1.0).abs() < 0.1, "{small} and {large}");
}

#[test]
fn scores_stay_in_their_range() {
    for value in [0, 3, 90, 255] {
        let quality = Quality::measure(&RgbImage::from_pixel(100, 100, Rgb([value; 3])));
        assert!((0.0..=1.0).contains(&quality.score), "{quality:?}");
    }
}

#[test]
fn advice_is_a_sentence_of_its_own() {
    use QualityReason::{Blurred, PartlyVisible, TooBright, TooDark, UnevenIllumination};
    let reasons = [
        Blurred,
        TooDark,
        TooBright,
        UnevenIllumination,
        PartlyVisible,
    ];
    let words: std::collections::HashSet<String> =
        reasons.iter().map(ToString::to_string).collect();
    assert_eq!(words.len(), reasons.len());
    assert!(
        words
            .iter()
            .all(|sentence| sentence.ends_with('.') && sentence.contains(':'))
    );
}
