//! Measures how well the landmarks are found, and draws them on contact sheets to be looked at.
//!
//! ```text
//! cargo run --release -p fundus --example landmarks -- disc PHOTOGRAPHS/idrid
//! cargo run --release -p fundus --example landmarks -- eye FOLDER EVERY
//! cargo run --release -p fundus --example landmarks -- absent FOLDER EVERY
//! cargo run --release -p fundus --example landmarks -- sheet FOLDER EVERY SHEET.png
//! cargo run --release -p fundus --example landmarks -- time
//! ```
//!
//! `disc` compares with masks beside the photographs (`NAME_OD.png`, as IDRiD has them). `eye` compares with the eye
//! that the file names tell. `absent` cuts parts without the disc out of photographs and counts in how many one is
//! found. `EVERY` 10 takes every tenth photograph of the folder. `time` needs no photograph.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::Instant;

use fundus::drawn::DrawnRetina;
use fundus::{FieldOfView, Landmarks, Laterality, Limits, PhotographDisc, decode};
use image::{GrayImage, Rgb, RgbImage, imageops};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const CELL: u32 = 256;
const COLUMNS: u32 = 8;
const DISC: Rgb<u8> = Rgb([0, 255, 80]);
const FOVEA: Rgb<u8> = Rgb([0, 255, 255]);

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["disc", folder] => measure_discs(Path::new(folder)),
        ["eye", folder, every] => measure_eyes(&photographs(folder, every)?),
        ["absent", folder, every] => measure_absence(&photographs(folder, every)?),
        ["sheet", folder, every, sheet] => draw_sheet(&photographs(folder, every)?, sheet),
        ["time"] => measure_time(),
        _ => Err("usage: landmarks disc FOLDER | eye FOLDER EVERY | absent FOLDER EVERY | sheet FOLDER EVERY SHEET.png | time".into()),
    }
}

/// Every so many of the folder's photographs, in the order of their names.
fn photographs(folder: &str, every: &str) -> Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path()));
    let mut files = entries.collect::<std::result::Result<Vec<PathBuf>, std::io::Error>>()?;
    files.retain(|file| {
        file.extension()
            .is_some_and(|ending| ending == "jpg" || ending == "jpeg")
    });
    files.sort();
    Ok(files
        .into_iter()
        .step_by(every.parse::<usize>()?.max(1))
        .collect())
}

fn open(file: &Path) -> Result<(RgbImage, FieldOfView)> {
    let photograph = decode(&std::fs::read(file)?, &Limits::default())?;
    let field_of_view = FieldOfView::find(&photograph)?;
    Ok((photograph, field_of_view))
}

fn find(photograph: &RgbImage, field_of_view: &FieldOfView) -> Landmarks {
    Landmarks::find(&field_of_view.crop(photograph, Landmarks::SIDE))
}

/// A disc that was found against the one that was drawn by hand.
struct DiscError {
    /// Between the centres, in diameters.
    center: f64,
    /// Share by which the diameter is too large.
    diameter: f64,
    dice: f64,
}

impl DiscError {
    fn of(disc: &PhotographDisc, mask: &GrayImage) -> Self {
        let (mut area, mut found, mut both, mut sums) = (0.0, 0.0, 0.0, [0.0; 2]);
        for (x, y, pixel) in mask.enumerate_pixels() {
            let at = [f64::from(x) + 0.5, f64::from(y) + 0.5];
            let in_mask = f64::from(u8::from(pixel.0[0] > 0));
            let off = (at[0] - disc.center[0]).hypot(at[1] - disc.center[1]);
            let in_circle = f64::from(u8::from(off <= disc.diameter / 2.0));
            area += in_mask;
            found += in_circle;
            both += in_mask * in_circle;
            sums = [sums[0] + at[0] * in_mask, sums[1] + at[1] * in_mask];
        }
        let diameter = 2.0 * (area / std::f64::consts::PI).sqrt();
        let [dx, dy] = [0, 1].map(|axis| disc.center[axis] - sums[axis] / area);
        Self {
            center: dx.hypot(dy) / diameter,
            diameter: disc.diameter / diameter - 1.0,
            dice: 2.0 * both / (area + found),
        }
    }
}

fn measure_discs(folder: &Path) -> Result<()> {
    let (mut errors, mut missed) = (Vec::new(), 0);
    for file in photographs(&folder.to_string_lossy(), "1")? {
        let stem = file.file_stem().unwrap_or_default().to_string_lossy();
        let mask_file = file.with_file_name(format!("{stem}_OD.png"));
        if !mask_file.exists() {
            continue;
        }
        let (photograph, field_of_view) = open(&file)?;
        let found = find(&photograph, &field_of_view).in_photograph(&field_of_view);
        match found.optic_disc {
            Some(disc) => errors.push(DiscError::of(&disc, &image::open(mask_file)?.into_luma8())),
            None => missed += 1,
        }
    }
    let count = errors.len() as f64;
    let mean = |of: &dyn Fn(&DiscError) -> f64| errors.iter().map(of).sum::<f64>() / count;
    let within = |limit: f64| errors.iter().filter(|error| error.center <= limit).count();
    println!(
        "discs: {} found, {missed} missed; centre off by {:.3} diameters (mean), {:.3} (most); within half a radius {}, \
         within a diameter {}; diameter off by {:.1} % (mean of magnitudes); Dice {:.3}, Jaccard {:.3}",
        errors.len(),
        mean(&|error| error.center),
        errors.iter().map(|error| error.center).fold(0.0, f64::max),
        within(0.25),
        within(1.0),
        100.0 * mean(&|error| error.diameter.abs()),
        mean(&|error| error.dice),
        mean(&|error| error.dice / (2.0 - error.dice)),
    );
    Ok(())
}

fn measure_eyes(files: &[PathBuf]) -> Result<()> {
    let (mut right, mut wrong, mut untold, mut unreadable) = (0, 0, 0, 0);
    let (mut upside_down, mut right_if_upright) = (0, 0);
    for file in files {
        let Some(truth) = Laterality::from_file_name(&file.to_string_lossy()) else {
            continue;
        };
        let Ok((photograph, field_of_view)) = open(file) else {
            unreadable += 1;
            continue;
        };
        let Some(seen) = find(&photograph, &field_of_view).laterality else {
            untold += 1;
            continue;
        };
        if seen.eye == truth {
            right += 1;
        } else {
            wrong += 1;
        }
        upside_down += usize::from(seen.upside_down);
        right_if_upright += usize::from((seen.eye == truth) != seen.upside_down);
    }
    println!(
        "eyes: {right} right, {wrong} wrong, {untold} not told, {unreadable} without a field of view; {upside_down} seem \
         upside down, and {right_if_upright} would be right if all were taken for upright"
    );
    Ok(())
}

/// Parts temporal of the disc, cut out of photographs in which disc and fovea were found.
fn measure_absence(files: &[PathBuf]) -> Result<()> {
    let (mut parts, mut mistaken, mut whole_without, mut whole) = (0, 0, 0, 0);
    for file in files {
        let Ok((photograph, field_of_view)) = open(file) else {
            continue;
        };
        whole += 1;
        let found = find(&photograph, &field_of_view);
        whole_without += usize::from(found.optic_disc.is_none());
        let (Some(disc), Some(fovea)) = (found.optic_disc, found.fovea) else {
            continue;
        };
        let temporal = (fovea.center.x - disc.center.x).signum();
        let [x, y] = fovea.center.in_photograph(&field_of_view);
        let part = FieldOfView {
            center: [x + 0.1 * temporal * field_of_view.radius, y],
            radius: 0.55 * field_of_view.radius,
        };
        parts += 1;
        mistaken += usize::from(find(&photograph, &part).optic_disc.is_some());
    }
    println!(
        "parts without a disc: one was found in {mistaken} of {parts}; none in {whole_without} of {whole} whole \
         photographs"
    );
    Ok(())
}

fn measure_time() -> Result<()> {
    let drawing = DrawnRetina::default().draw();
    let cropped = drawing
        .field_of_view
        .crop(&drawing.picture, Landmarks::SIDE);
    let mut seconds: Vec<f64> = (0..25)
        .map(|_| {
            let start = Instant::now();
            std::hint::black_box(Landmarks::find(&cropped));
            start.elapsed().as_secs_f64()
        })
        .collect();
    seconds.sort_by(f64::total_cmp);
    println!(
        "a photograph of {} pixels on one core: {:.3} s at best, {:.3} s in the middle of 25",
        Landmarks::SIDE,
        seconds[0],
        seconds[12]
    );
    Ok(())
}

fn draw_sheet(files: &[PathBuf], sheet: &str) -> Result<()> {
    let rows = (files.len() as u32).div_ceil(COLUMNS).max(1);
    let mut picture = RgbImage::new(COLUMNS * CELL, rows * CELL);
    for (index, file) in files.iter().enumerate() {
        let (column, row) = (index as u32 % COLUMNS, index as u32 / COLUMNS);
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let (photograph, field_of_view) = match open(file) {
            Ok(opened) => opened,
            Err(error) => {
                eprintln!("{name}: {error}");
                continue;
            }
        };
        let cropped = field_of_view.crop(&photograph, Landmarks::SIDE);
        let found = Landmarks::find(&cropped);
        let cell = draw(&cropped, &found);
        imageops::replace(
            &mut picture,
            &cell,
            i64::from(column * CELL),
            i64::from(row * CELL),
        );
        println!(
            "row {row}, column {column}: {name} {:?}",
            found.in_photograph(&field_of_view)
        );
    }
    picture.save(sheet)?;
    Ok(())
}

/// The photograph with the disc's circle and a ring around the fovea; what is not found is not drawn.
fn draw(cropped: &RgbImage, found: &Landmarks) -> RgbImage {
    let mut cell = imageops::resize(cropped, CELL, CELL, imageops::FilterType::Triangle);
    let side = f64::from(CELL);
    if let Some(disc) = found.optic_disc {
        let center = [disc.center.x * side, disc.center.y * side];
        draw_circle(&mut cell, center, disc.diameter / 2.0 * side, DISC);
    }
    if let Some(fovea) = found.fovea {
        let center = [fovea.center.x * side, fovea.center.y * side];
        for radius in [5.0, 6.0] {
            draw_circle(&mut cell, center, radius, FOVEA);
        }
    }
    cell
}

fn draw_circle(picture: &mut RgbImage, center: [f64; 2], radius: f64, color: Rgb<u8>) {
    let steps = (radius * 8.0) as u32 + 1;
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
            picture.put_pixel(x as u32, y as u32, color);
        }
    }
}
