//! A folder of pictures of the real world, none of a retina: whole, and as round cuts on black.

use std::error::Error;
use std::path::Path;

use fundus::{FieldOfView, Limits, Retina, decode};
use image::{RgbImage, imageops};

use crate::fit::Model;
use crate::intervals::share;
use crate::pictures::cropped;

/// Middles of the round cuts, as shares of width and height.
const CUTS: [[f64; 2]; 5] = [[0.5, 0.5], [0.3, 0.3], [0.7, 0.3], [0.3, 0.7], [0.7, 0.7]];
/// Radius of a cut, as a share of the shorter side.
const RADIUS: f64 = 0.29;

pub fn report(folder: &Path, model: &Model, least: f64) -> Result<(), Box<dyn Error>> {
    let entries = std::fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path()));
    let mut files = entries.collect::<Result<Vec<_>, std::io::Error>>()?;
    files.sort();
    let (mut whole, mut whole_stopped, mut cuts, mut cuts_stopped) = (0, 0, 0, 0);
    let stopped = |square: &RgbImage| model.score(&Retina::measure(square).measures) < least;
    for file in files {
        let Ok(picture) = decode(&std::fs::read(&file)?, &Limits::default()) else {
            continue;
        };
        let (found, square) = cropped(&picture);
        whole += 1;
        let is_stopped = !found || stopped(&square);
        whole_stopped += usize::from(is_stopped);
        if !is_stopped {
            println!("not stopped: {}", file.display());
        }
        for (index, middle) in CUTS.into_iter().enumerate() {
            let cut = round_cut(&picture, middle, index % 2 == 1);
            let (found, square) = cropped(&cut);
            cuts += 1;
            let is_stopped = !found || stopped(&square);
            cuts_stopped += usize::from(is_stopped);
            if !is_stopped {
                println!("not stopped: round cut {index} of {}", file.display());
            }
        }
    }
    println!(
        "\nother pictures: stopped {} of {whole}; their round cuts: {} of {cuts}",
        share(whole_stopped, whole),
        share(cuts_stopped, cuts)
    );
    Ok(())
}

/// A round part on black, every other one in the colours of a retina.
fn round_cut(picture: &RgbImage, middle: [f64; 2], is_warmed: bool) -> RgbImage {
    let (width, height) = picture.dimensions();
    let circle = FieldOfView {
        center: [middle[0] * f64::from(width), middle[1] * f64::from(height)],
        radius: RADIUS * f64::from(width.min(height)),
    };
    let mut cut = circle.crop(picture, 400);
    if is_warmed {
        for pixel in cut.pixels_mut() {
            let [red, green, blue] = pixel.0.map(f32::from);
            let light = (0.3 * red + 0.6 * green + 0.1 * blue) / 255.0;
            pixel.0 = [1.25, 0.75, 0.4].map(|share| (light * share * 255.0).round() as u8);
        }
    }
    let mut framed = RgbImage::new(520, 440);
    imageops::replace(&mut framed, &cut, 60, 20);
    framed
}
