//! Photographs with real lesions, prepared together with the masks that readers made of them.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use fundus::{FieldOfView, Limits};
use image::{GrayImage, Luma, Rgb, RgbImage};
use rayon::prelude::*;
use sha2::{Digest, Sha256};

use crate::TrainingError;
use crate::lesion_batches::TARGETS;
use crate::photographs::hexadecimal;
use crate::progress::Progress;
use crate::source::AnnotatedPhotograph;

/// A mask's pixel is lesion when one of its channels reaches this, of 255: masks are white, red or grey on black.
const MARKED: u8 = 64;

/// A field of view with real lesions.
pub struct Annotated {
    /// Square of the field of view, working side.
    pub cropped: RgbImage,
    /// For each of [`MASK_SUFFIXES`](crate::source::MASK_SUFFIXES), how much of each pixel is lesion; `None` where the kind
    /// was not outlined.
    pub masks: [Option<GrayImage>; TARGETS],
    /// SHA-256 of the photograph's and the masks' files.
    pub hash: String,
}

/// Reads all photographs and their masks; those of which one file is unreadable are reported and left out.
pub(crate) fn read(
    listed: &[AnnotatedPhotograph],
    working_side: u32,
    stop: &AtomicBool,
    observer: &(dyn Fn(Progress) + Sync),
) -> Result<Vec<Annotated>, TrainingError> {
    let photographs: Vec<Annotated> = listed
        .par_iter()
        .filter(|_| !stop.load(Ordering::Relaxed))
        .filter_map(|listed| {
            read_one(listed, working_side)
                .map_err(|reason| {
                    let file = listed.file.clone();
                    observer(Progress::Unreadable { file, reason });
                })
                .ok()
        })
        .collect();
    if stop.load(Ordering::Relaxed) {
        return Err(TrainingError::Interrupted);
    }
    if photographs.is_empty() && !listed.is_empty() {
        return Err(TrainingError::TooFew(
            "none of the photographs with lesion masks can be used: correct them, or leave them out"
                .to_owned(),
        ));
    }
    Ok(photographs)
}

/// Reads one photograph and its masks.
///
/// # Errors
/// A sentence that says what is wrong with which of the files; the photograph is not named in it.
pub fn read_one(listed: &AnnotatedPhotograph, working_side: u32) -> Result<Annotated, String> {
    let mut hasher = Sha256::new();
    let photograph = decode(&listed.path, &mut hasher)?;
    let field_of_view = FieldOfView::find(&photograph).map_err(|error| error.to_string())?;
    let mut masks = [const { None }; TARGETS];
    for (mask, path) in masks.iter_mut().zip(&listed.masks) {
        let Some(path) = path else { continue };
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let mut marked =
            decode(path, &mut hasher).map_err(|error| format!("its mask {name}: {error}"))?;
        if marked.dimensions() != photograph.dimensions() {
            return Err(format!(
                "its mask {name} is {} x {} pixels and the photograph {} x {}: both must be the same",
                marked.width(),
                marked.height(),
                photograph.width(),
                photograph.height()
            ));
        }
        for Rgb(channels) in marked.pixels_mut() {
            let is_lesion = channels.iter().any(|value| *value >= MARKED);
            *channels = [if is_lesion { u8::MAX } else { 0 }; 3];
        }
        // The same way as the photograph, so that both stay over each other.
        let cropped = field_of_view.crop(&marked, working_side);
        *mask = Some(GrayImage::from_fn(working_side, working_side, |x, y| {
            Luma([cropped.get_pixel(x, y)[0]])
        }));
    }
    Ok(Annotated {
        cropped: field_of_view.crop(&photograph, working_side),
        masks,
        hash: hexadecimal(&hasher.finalize()),
    })
}

/// Decodes a file and adds its bytes to a fingerprint.
fn decode(path: &Path, hasher: &mut Sha256) -> Result<RgbImage, String> {
    let bytes = std::fs::read(path).map_err(|error| error.to_string())?;
    hasher.update(&bytes);
    fundus::decode(&bytes, &Limits::default()).map_err(|error| error.to_string())
}
