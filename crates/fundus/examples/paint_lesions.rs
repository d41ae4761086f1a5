//! Writes a contact sheet of painted lesions, to be compared by eye with real ones.
//!
//! Two rows a kind of lesion, and one for look-alikes: patches of the given photographs with that kind painted, and,
//! where there is a folder of photographs with masks beside them (`NAME.jpg` with `NAME_MA.png`, `_HE`, `_EX`, `_SE`, as
//! in IDRiD), real ones at the same scale. Beside each patch stands the same with the mask's outline. At the end stand
//! whole fields of view with all kinds painted as they are for learning.
//!
//! ```text
//! cargo run -p fundus --example paint_lesions -- SHEET.png --annotated FOLDER PHOTOGRAPH...
//! ```

use std::error::Error;
use std::path::{Path, PathBuf};

use fundus::drawn::LesionKind;
use fundus::{FieldOfView, Limits, PAINTED_KINDS, PaintedShares, decode, paint_lesions};
use image::imageops::{self, FilterType};
use image::{GrayImage, Luma, Rgb, RgbImage};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Side of the field of view, in pixels.
const SIDE: u32 = 512;
/// Side of a patch of it.
const PATCH: u32 = 96;
/// How much a patch is enlarged.
const ZOOM: u32 = 2;
const GAP: u32 = 4;
const COLUMNS: u32 = 5;
/// Rows of whole fields of view.
const WHOLE_ROWS: u32 = 2;
const BACKGROUND: Rgb<u8> = Rgb([60, 60, 90]);
const OUTLINE: Rgb<u8> = Rgb([0, 255, 255]);
/// A pixel with more than this share (of 255) is within the outline.
const COVERED: u8 = 64;

struct Arguments {
    sheet: PathBuf,
    annotated: Option<PathBuf>,
    photographs: Vec<PathBuf>,
}

/// A field of view with the mask of one kind of lesion.
struct Masked {
    cropped: RgbImage,
    mask: GrayImage,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments = arguments()?;
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let mut rows: Vec<Vec<Masked>> = Vec::new();
    for kind in 0..=PAINTED_KINDS.len() {
        rows.push(painted(&arguments.photographs, kind, &mut random)?);
        if let Some(folder) = &arguments.annotated {
            rows.push(annotated(folder, kind)?);
        }
    }
    rows.retain(|row| !row.is_empty());
    let cell = PATCH * ZOOM + GAP;
    let height = (rows.len() as u32 + 2 * WHOLE_ROWS) * cell;
    let mut sheet = RgbImage::from_pixel(2 * COLUMNS * cell, height, BACKGROUND);
    for (row, masked) in rows.iter().enumerate() {
        for column in 0..COLUMNS {
            let masked = &masked[column as usize % masked.len()];
            for (beside, patch) in patches(masked, &mut random).iter().enumerate() {
                let left = (2 * column + beside as u32) * cell;
                imageops::replace(
                    &mut sheet,
                    patch,
                    i64::from(left),
                    row as i64 * i64::from(cell),
                );
            }
        }
    }
    for place in 0..WHOLE_ROWS * COLUMNS {
        let photograph =
            &arguments.photographs[random.random_range(0..arguments.photographs.len())];
        let (_, cropped) = field(photograph)?;
        let painted = paint_lesions(&cropped, &PaintedShares::default(), &mut random);
        let large = 2 * cell - GAP;
        let picture = imageops::resize(&painted.picture, large, large, FilterType::CatmullRom);
        let left = place % COLUMNS * 2 * cell;
        let top = (rows.len() as u32 + place / COLUMNS * 2) * cell;
        imageops::replace(&mut sheet, &picture, i64::from(left), i64::from(top));
    }
    sheet.save(&arguments.sheet)?;
    Ok(())
}

fn arguments() -> Result<Arguments, Box<dyn Error>> {
    let mut given = std::env::args_os().skip(1);
    let usage = "usage: paint_lesions SHEET.png [--annotated FOLDER] PHOTOGRAPH...";
    let sheet = given.next().ok_or(usage)?.into();
    let (mut annotated, mut photographs) = (None, Vec::new());
    while let Some(argument) = given.next() {
        if argument == "--annotated" {
            annotated = Some(given.next().ok_or(usage)?.into());
        } else {
            photographs.push(argument.into());
        }
    }
    if photographs.is_empty() {
        return Err(usage.into());
    }
    Ok(Arguments {
        sheet,
        annotated,
        photographs,
    })
}

/// Several photographs with a kind of lesion painted on them; the last kind are look-alikes.
fn painted(
    photographs: &[PathBuf],
    kind: usize,
    random: &mut ChaCha8Rng,
) -> Result<Vec<Masked>, Box<dyn Error>> {
    let mut shares = PaintedShares {
        kinds: [0.0; PAINTED_KINDS.len()],
        look_alikes: 0.0,
    };
    match shares.kinds.get_mut(kind) {
        Some(share) => *share = 1.0,
        None => shares.look_alikes = 1.0,
    }
    let mut pictures = Vec::new();
    for _ in 0..COLUMNS {
        let photograph = &photographs[random.random_range(0..photographs.len())];
        let (_, cropped) = field(photograph)?;
        let painted = paint_lesions(&cropped, &shares, random);
        let masks = painted.masks.into_iter().chain([painted.look_alikes]);
        pictures.extend(masks.skip(kind).take(1).map(|mask| Masked {
            cropped: painted.picture.clone(),
            mask,
        }));
    }
    Ok(pictures)
}

/// The photographs of a folder that have a mask of this kind.
fn annotated(folder: &Path, kind: usize) -> Result<Vec<Masked>, Box<dyn Error>> {
    let suffix = match PAINTED_KINDS.get(kind) {
        Some(LesionKind::Microaneurysm) => "_MA",
        Some(LesionKind::Haemorrhage) => "_HE",
        Some(LesionKind::HardExudate) => "_EX",
        Some(LesionKind::CottonWoolSpot) => "_SE",
        _ => return Ok(Vec::new()),
    };
    let entries = std::fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path()));
    let mut files = entries.collect::<Result<Vec<PathBuf>, std::io::Error>>()?;
    files.sort();
    let mut pictures = Vec::new();
    for file in files {
        let stem = file.file_stem().unwrap_or_default().to_string_lossy();
        let Some(stem) = stem.strip_suffix(suffix) else {
            continue;
        };
        let (view, cropped) = field(&folder.join(format!("{stem}.jpg")))?;
        let mask = view.crop(&decode(&std::fs::read(&file)?, &Limits::default())?, SIDE);
        pictures.push(Masked {
            cropped,
            mask: GrayImage::from_fn(SIDE, SIDE, |x, y| Luma([mask.get_pixel(x, y)[0]])),
        });
    }
    Ok(pictures)
}

fn field(photograph: &Path) -> Result<(FieldOfView, RgbImage), Box<dyn Error>> {
    let picture = decode(&std::fs::read(photograph)?, &Limits::default())?;
    let view = FieldOfView::find(&picture)?;
    let cropped = view.crop(&picture, SIDE);
    Ok((view, cropped))
}

/// The surroundings of a random place of the mask, without and with its outline.
fn patches(masked: &Masked, random: &mut ChaCha8Rng) -> [RgbImage; 2] {
    let covered: Vec<[u32; 2]> = masked
        .mask
        .enumerate_pixels()
        .filter(|(_, _, share)| share[0] > COVERED)
        .map(|(x, y, _)| [x, y])
        .collect();
    let center = if covered.is_empty() {
        [SIDE / 2; 2]
    } else {
        covered[random.random_range(0..covered.len())]
    };
    let [left, top] = center.map(|at| at.saturating_sub(PATCH / 2).min(SIDE - PATCH));
    let large = PATCH * ZOOM;
    let cut = |picture: &RgbImage| {
        let patch = imageops::crop_imm(picture, left, top, PATCH, PATCH).to_image();
        imageops::resize(&patch, large, large, FilterType::CatmullRom)
    };
    let plain = cut(&masked.cropped);
    let mask = imageops::crop_imm(&masked.mask, left, top, PATCH, PATCH).to_image();
    let mask = imageops::resize(&mask, large, large, FilterType::Triangle);
    let is_covered = |x: u32, y: u32| mask.get_pixel(x, y)[0] > COVERED;
    let mut outlined = plain.clone();
    for (x, y, pixel) in outlined.enumerate_pixels_mut() {
        let is_edge = is_covered(x, y)
            && (x == 0
                || y == 0
                || x + 1 == large
                || y + 1 == large
                || !is_covered(x - 1, y)
                || !is_covered(x + 1, y)
                || !is_covered(x, y - 1)
                || !is_covered(x, y + 1));
        if is_edge {
            *pixel = OUTLINE;
        }
    }
    [plain, outlined]
}
