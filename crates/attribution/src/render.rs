//! Pictures of an explanation: the photograph in grey, evidence for the target in one colour, against it in another.
//!
//! The colour scale is symmetric around zero and ends at a robust percentile of the magnitudes, so that one outlier
//! does not hide the rest and grey always means "no evidence". Places whose evidence is not finite stay grey. An empty
//! map is not coloured at all, and the legend says so. Or, as [`Style::Contours`], lines of equal evidence over the photograph
//! in its colours.

mod contours;
mod legend;
mod lettering;
mod outlines;
mod palette;

use std::borrow::Cow;

use image::imageops::{self, FilterType};
use image::{Pixel, Rgb, RgbImage, Rgba, RgbaImage};

use crate::explain::Attribution;
use crate::map::{Evidence, Map};

pub use outlines::outlined;
pub use palette::Palette;

/// Side in pixels that [`figure`] enlarges smaller pictures to, so that its legend can be read.
pub const SMALLEST_FIGURE: u32 = 480;

/// How evidence is made visible.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rendering {
    /// The two colours.
    pub palette: Palette,
    /// Share of the magnitudes, above 0 and up to 1, within the scale; what is beyond gets the full colour.
    pub percentile: f64,
    /// The magnitude that gets the full colour, in the target's unit, where several maps share a scale; else each has its
    /// own by the percentile.
    pub full: Option<f32>,
    /// Opacity of the full colour over the picture, 0 to 1.
    pub opacity: f32,
    /// Areas or lines.
    pub style: Style,
}

/// What is coloured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Style {
    /// Every place, the stronger its evidence the more, over the photograph in grey.
    #[default]
    Areas,
    /// Lines at a quarter, a half and three quarters of the greatest evidence in the map, which is smoothed over a hundredth
    /// of its side before, over the photograph in colour. `full` and `percentile` have no say.
    Contours,
}

impl Rendering {
    /// The magnitude that gets the full colour in a map; nothing for an empty one.
    fn full(&self, map: &Map) -> Option<f32> {
        let own = scale(map, self.percentile)?;
        Some(self.full.filter(|full| *full > 0.0).unwrap_or(own))
    }
}

impl Default for Rendering {
    /// Areas in blue and red, each map by its own 99th percentile, opacity 0.7.
    fn default() -> Self {
        Self {
            palette: Palette::BlueRed,
            percentile: 0.99,
            full: None,
            opacity: 0.7,
            style: Style::Areas,
        }
    }
}

/// The cropped picture with the evidence over it, in the size of the picture. The map is interpolated to it.
pub fn overlay(cropped: &RgbImage, map: &Map, rendering: &Rendering) -> RgbImage {
    let (width, height) = cropped.dimensions();
    let shares = shares(map, width, height, rendering);
    let opacity = opacity(rendering);
    RgbImage::from_fn(width, height, |x, y| {
        let share = shares[y as usize * width as usize + x as usize];
        let pixel = cropped.get_pixel(x, y);
        let below = match rendering.style {
            Style::Areas => pixel.to_luma().to_rgb(),
            Style::Contours => *pixel,
        };
        mix(
            below,
            rendering.palette.colour(share),
            share.abs() * opacity,
        )
    })
}

/// Only the colours of [`overlay`], transparent where there is no evidence, `width` by `height` pixels: laid over the
/// photograph by a page that lets its reader choose the opacity.
pub fn map_only(map: &Map, width: u32, height: u32, rendering: &Rendering) -> RgbaImage {
    let shares = shares(map, width, height, rendering);
    let opacity = opacity(rendering);
    RgbaImage::from_fn(width, height, |x, y| {
        let share = shares[y as usize * width as usize + x as usize];
        let [red, green, blue] = rendering.palette.colour(share);
        Rgba([
            red,
            green,
            blue,
            (share.abs() * opacity * 255.0).round() as u8,
        ])
    })
}

/// [`overlay`] with a legend under it: method and target in words, the colour scale with its ends in the target's
/// unit, whether the map is empty or has evidence against the target only, and what the program is not. Pictures
/// smaller than [`SMALLEST_FIGURE`] are enlarged by a whole factor.
pub fn figure(cropped: &RgbImage, attribution: &Attribution, rendering: &Rendering) -> RgbImage {
    let cropped = enlarged(cropped);
    let picture = overlay(&cropped, &attribution.map, rendering);
    let legend = legend::draw(picture.width(), attribution, rendering);
    let mut figure = RgbImage::new(picture.width(), picture.height() + legend.height());
    imageops::replace(&mut figure, &picture, 0, 0);
    imageops::replace(&mut figure, &legend, 0, i64::from(picture.height()));
    figure
}

/// The magnitude, in the target's unit, that gets the full colour: the percentile of the finite magnitudes, or the
/// largest of them where so few places have any evidence that the percentile is zero. Nothing for an empty map.
pub fn scale(map: &Map, percentile: f64) -> Option<f32> {
    if map.evidence() == Evidence::Empty {
        return None;
    }
    let finite = map.values.iter().filter(|value| value.is_finite());
    let mut magnitudes: Vec<f32> = finite.map(|value| value.abs()).collect();
    magnitudes.sort_unstable_by(f32::total_cmp);
    let last = magnitudes.len().checked_sub(1)?;
    let rank = (percentile.clamp(0.0, 1.0) * magnitudes.len() as f64).ceil() as usize;
    let chosen = magnitudes[rank.saturating_sub(1).min(last)];
    Some(if chosen > 0.0 {
        chosen
    } else {
        magnitudes[last]
    })
}

/// How much of the full colour each pixel of a picture gets, -1 to 1, row-major: its evidence as a share of the scale, or
/// whether a line runs there; zero where there is no evidence.
fn shares(map: &Map, width: u32, height: u32, rendering: &Rendering) -> Vec<f32> {
    let (width, height) = (width as usize, height as usize);
    let Some(full) = rendering.full(map) else {
        return vec![0.0; width * height];
    };
    match rendering.style {
        Style::Areas => of_scale(map, width, height, full),
        Style::Contours => {
            let smoothed = contours::smoothed(map);
            match scale(&smoothed, 1.0) {
                Some(greatest) => {
                    let shares = of_scale(&smoothed, width, height, greatest);
                    contours::lines(&shares, width, height)
                }
                None => vec![0.0; width * height],
            }
        }
    }
}

/// Evidence at every pixel as a share of `scale`, -1 to 1.
fn of_scale(map: &Map, width: usize, height: usize, scale: f32) -> Vec<f32> {
    let resized = map.resized(height, width);
    let share = |value: f32| {
        if value.is_finite() {
            (value / scale).clamp(-1.0, 1.0)
        } else {
            0.0
        }
    };
    resized.values.into_iter().map(share).collect()
}

fn opacity(rendering: &Rendering) -> f32 {
    if rendering.opacity.is_nan() {
        0.0
    } else {
        rendering.opacity.clamp(0.0, 1.0)
    }
}

fn mix(Rgb(below): Rgb<u8>, colour: [u8; 3], amount: f32) -> Rgb<u8> {
    Rgb(std::array::from_fn(|channel| {
        let mixed =
            f32::from(below[channel]) * (1.0 - amount) + f32::from(colour[channel]) * amount;
        mixed.round() as u8
    }))
}

fn enlarged(picture: &RgbImage) -> Cow<'_, RgbImage> {
    let (width, height) = picture.dimensions();
    let longer = width.max(height);
    if width.min(height) == 0 || longer >= SMALLEST_FIGURE {
        return Cow::Borrowed(picture);
    }
    let factor = SMALLEST_FIGURE.div_ceil(longer);
    Cow::Owned(imageops::resize(
        picture,
        width * factor,
        height * factor,
        FilterType::CatmullRom,
    ))
}
