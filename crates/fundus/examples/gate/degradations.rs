//! Photographs made worse: which reason the quality names first, how the score falls, and whether the gate still passes.

use std::error::Error;

use fundus::{FieldOfView, Limits, Quality, QualityReason, Retina, decode};
use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, ImageFormat, RgbImage, imageops};

use crate::fit::Model;
use crate::intervals::share;
use crate::pictures::{Photograph, SIDE};

/// Damage that leaves a retina a retina; which one follows from the index.
pub fn mildly_changed(square: &RgbImage, index: usize) -> RgbImage {
    match index % 7 {
        0 => pixelwise(square, |[_, green, _]| [green; 3]),
        1 => pixelwise(square, |[red, green, blue]| {
            [0.3 * red + 0.6 * green + 0.1 * blue; 3]
        }),
        2 => imageops::fast_blur(square, 0.006 * square.width() as f32),
        3 => pixelwise(square, |color| color.map(|value| 0.35 * value)),
        4 => pixelwise(square, |[red, green, blue]| [0.75 * red, green, 1.6 * blue]),
        5 => pixelwise(square, |color| color.map(|value| 1.5 * value + 20.0)),
        _ => compressed(square, 12).unwrap_or_else(|| square.clone()),
    }
}

/// Changes every pixel that is not black.
fn pixelwise(square: &RgbImage, change: impl Fn([f32; 3]) -> [f32; 3]) -> RgbImage {
    let mut changed = square.clone();
    for pixel in changed.pixels_mut().filter(|pixel| pixel.0 != [0; 3]) {
        // `as` keeps within 0 and 255.
        pixel.0 = change(pixel.0.map(f32::from)).map(|value| value.round() as u8);
    }
    changed
}

/// Stored as JPEG and read again; `None` when that fails.
fn compressed(square: &RgbImage, quality: u8) -> Option<RgbImage> {
    let mut bytes = Vec::new();
    let (width, height) = square.dimensions();
    JpegEncoder::new_with_quality(&mut bytes, quality)
        .encode(square.as_raw(), width, height, ExtendedColorType::Rgb8)
        .ok()?;
    let decoded = image::load_from_memory_with_format(&bytes, ImageFormat::Jpeg).ok()?;
    Some(decoded.into_rgb8())
}

/// Damage that a photograph should be taken again for.
#[derive(Clone, Copy)]
enum Damage {
    Blur,
    Dark,
    Overexposed,
    Uneven,
    HalfCovered,
}

impl Damage {
    const ALL: [(Self, &'static str, QualityReason); 5] = [
        (Self::Blur, "blurred", QualityReason::Blurred),
        (Self::Dark, "dark", QualityReason::TooDark),
        (Self::Overexposed, "overexposed", QualityReason::TooBright),
        (
            Self::Uneven,
            "unevenly lit",
            QualityReason::UnevenIllumination,
        ),
        (
            Self::HalfCovered,
            "half covered",
            QualityReason::PartlyVisible,
        ),
    ];

    fn applied(self, square: &RgbImage) -> RgbImage {
        match self {
            Self::Blur => imageops::fast_blur(square, 0.02 * square.width() as f32),
            Self::Dark => pixelwise(square, |color| color.map(|value| 0.2 * value)),
            Self::Overexposed => pixelwise(square, |color| color.map(|value| 3.5 * value + 90.0)),
            Self::Uneven => lit_from_one_side(square),
            Self::HalfCovered => {
                let mut covered = square.clone();
                let lid = RgbImage::new(square.width(), square.height() / 2);
                imageops::replace(&mut covered, &lid, 0, 0);
                covered
            }
        }
    }
}

fn lit_from_one_side(square: &RgbImage) -> RgbImage {
    let mut changed = square.clone();
    let width = square.width() as f32;
    for (x, _, pixel) in changed.enumerate_pixels_mut() {
        let across = x as f32 / width;
        let light = 0.12 + 1.3 * across * across;
        pixel.0 = pixel
            .0
            .map(|value| (f32::from(value) * light).round() as u8);
    }
    changed
}

/// Every how-many-th photograph is damaged.
const EVERY: usize = 25;

pub fn report(photographs: &[Photograph], model: &Model, least: f64) -> Result<(), Box<dyn Error>> {
    let mut squares = Vec::new();
    for photograph in photographs
        .iter()
        .filter(|of| of.is_gradable())
        .step_by(EVERY)
    {
        let picture = decode(&std::fs::read(&photograph.path)?, &Limits::default())?;
        if let Ok(found) = FieldOfView::find(&picture) {
            squares.push(found.crop(&picture, SIDE));
        }
    }
    // What is bad already cannot be made worse in one way alone.
    squares.retain(|square| Quality::measure(square).reasons.is_empty());
    println!(
        "\n{} photographs without a fault, made worse: its reason first, at all, gradable still, score, passed by the gate",
        squares.len()
    );
    for (damage, name, reason) in Damage::ALL {
        let (mut first, mut named, mut gradable, mut score, mut passed) = (0, 0, 0, 0.0, 0);
        for square in &squares {
            let damaged = damage.applied(square);
            let quality = Quality::measure(&damaged);
            first += usize::from(quality.reasons.first() == Some(&reason));
            named += usize::from(quality.reasons.contains(&reason));
            gradable += usize::from(quality.gradable);
            score += quality.score;
            passed += usize::from(model.score(&Retina::measure(&damaged).measures) >= least);
        }
        println!(
            "{name:<14} {}  {named:>4} {gradable:>4} {:.2} {passed:>4}",
            share(first, squares.len()),
            score / squares.len().max(1) as f32
        );
    }
    Ok(())
}
