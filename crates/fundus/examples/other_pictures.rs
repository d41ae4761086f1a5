//! Writes a contact sheet of drawn pictures that show no retina, one row a category, to be looked at.
//!
//! ```text
//! cargo run --release -p fundus --example other_pictures -- SHEET.png [FIRST_SEED]
//! ```

use std::error::Error;

use fundus::FieldOfView;
use fundus::drawn::other_pictures::{Category, draw};
use image::{Rgb, RgbImage, imageops};

const WIDTH: u32 = 200;
const HEIGHT: u32 = 160;
const GAP: u32 = 4;
const COLUMNS: u32 = 12;
/// What has a field of view stands on green, what has none on grey.
const FOUND: Rgb<u8> = Rgb([0, 200, 80]);
const BACKGROUND: Rgb<u8> = Rgb([60, 60, 90]);

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (sheet, first) = match arguments.as_slice() {
        [sheet] => (sheet, 0),
        [sheet, first] => (sheet, first.parse()?),
        _ => return Err("usage: other_pictures SHEET.png [FIRST_SEED]".into()),
    };
    let rows = Category::ALL.len() as u32;
    let mut picture =
        RgbImage::from_pixel(COLUMNS * (WIDTH + GAP), rows * (HEIGHT + GAP), BACKGROUND);
    for (row, category) in Category::ALL.into_iter().enumerate() {
        for column in 0..COLUMNS {
            let cell = draw(category, first + u64::from(column), WIDTH, HEIGHT);
            let [left, top] = [column * (WIDTH + GAP), row as u32 * (HEIGHT + GAP)].map(i64::from);
            if FieldOfView::find(&cell).is_ok() {
                let frame = RgbImage::from_pixel(WIDTH + GAP, HEIGHT + GAP, FOUND);
                imageops::replace(&mut picture, &frame, left, top);
            }
            let inset = i64::from(GAP / 2);
            imageops::replace(&mut picture, &cell, left + inset, top + inset);
        }
        println!("row {row}: {category}");
    }
    picture.save(sheet)?;
    Ok(())
}
