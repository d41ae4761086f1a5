//! Writes a contact sheet of a folder's photographs with the field of view that was found drawn on each, to be looked at.
//! Numbers go to standard output: file, centre and radius in pixels.
//!
//! ```text
//! cargo run -p fundus --example field_of_view_sheet -- FOLDER SHEET.png
//! ```

use std::error::Error;
use std::path::{Path, PathBuf};

use fundus::{FieldOfView, Limits, decode};
use image::{Rgb, RgbImage, imageops};

const CELL: u32 = 480;
const GAP: u32 = 6;
const COLUMNS: u32 = 4;
const FOUND: Rgb<u8> = Rgb([0, 255, 80]);
const BACKGROUND: Rgb<u8> = Rgb([60, 60, 90]);

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [folder, sheet] = arguments.as_slice() else {
        return Err("usage: field_of_view_sheet FOLDER SHEET.png".into());
    };
    let entries = std::fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path()));
    let mut files = entries.collect::<Result<Vec<PathBuf>, std::io::Error>>()?;
    files.retain(|file| file.is_file());
    files.sort();

    let rows = (files.len() as u32).div_ceil(COLUMNS).max(1);
    let mut picture = RgbImage::from_pixel(COLUMNS * (CELL + GAP), rows * (CELL + GAP), BACKGROUND);
    println!("file,center_x,center_y,radius");
    for (index, file) in files.iter().enumerate() {
        let (column, row) = (index as u32 % COLUMNS, index as u32 / COLUMNS);
        match cell(file) {
            Ok(cell) => {
                imageops::replace(
                    &mut picture,
                    &cell,
                    i64::from(column * (CELL + GAP)),
                    i64::from(row * (CELL + GAP)),
                );
            }
            Err(error) => eprintln!("{}: {error}", file.display()),
        }
    }
    picture.save(sheet)?;
    Ok(())
}

/// The photograph, small, with its field of view; without one it stays unmarked.
fn cell(file: &Path) -> Result<RgbImage, Box<dyn Error>> {
    let photograph = decode(&std::fs::read(file)?, &Limits::default())?;
    let found = FieldOfView::find(&photograph);
    let scale = f64::from(CELL) / f64::from(photograph.width().max(photograph.height()));
    let small = |side: u32| ((f64::from(side) * scale) as u32).max(1);
    let mut cell = imageops::thumbnail(
        &photograph,
        small(photograph.width()),
        small(photograph.height()),
    );
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    match found {
        Ok(FieldOfView {
            center: [x, y],
            radius,
        }) => {
            println!("{name},{x:.1},{y:.1},{radius:.1}");
            draw_circle(&mut cell, [x * scale, y * scale], radius * scale);
        }
        Err(error) => eprintln!("{name}: {error}"),
    }
    Ok(cell)
}

fn draw_circle(picture: &mut RgbImage, center: [f64; 2], radius: f64) {
    let steps = (radius * 8.0) as u32;
    for step in 0..steps {
        let angle = f64::from(step) / f64::from(steps) * std::f64::consts::TAU;
        let (x, y) = (
            (center[0] + radius * angle.cos()).floor(),
            (center[1] + radius * angle.sin()).floor(),
        );
        let is_inside = x >= 0.0
            && y >= 0.0
            && x < f64::from(picture.width())
            && y < f64::from(picture.height());
        if is_inside {
            picture.put_pixel(x as u32, y as u32, FOUND);
        }
    }
}
