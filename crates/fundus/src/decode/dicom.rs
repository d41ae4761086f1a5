//! DICOM files (PS3.10): the picture that one holds, and what its header says of the photograph.
//!
//! The data set is walked by `dicom-parser` element by element, and only what stands at its top is kept, as slices of the
//! file. Nothing is read into memory on the word of a length, and nested sequences cost no stack.

mod elements;
mod picture;
mod run_length;

use image::RgbImage;
use time::Date;

use super::{DecodeError, Limits};
use crate::laterality::Laterality;
use elements::Elements;

/// The name of the format in messages.
const NAME: &str = "DICOM";

/// What the header of a file says of the photograph in it, as far as a screening asks for it.
///
/// Only DICOM files say anything; names, numbers and birth dates of patients are never read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Header {
    /// The eye: *Image Laterality* (0020,0062), else *Laterality* (0020,0060). `None` where neither says one, or says both.
    pub laterality: Option<Laterality>,
    /// The day on which the photograph was taken: *Acquisition Date* (0008,0022), *Content Date* (0008,0023) or *Study Date*
    /// (0008,0020), whichever comes first and is a day of the calendar.
    pub acquired: Option<Date>,
    /// The camera: *Manufacturer's Model Name* (0008,1090), in ASCII or UTF-8.
    pub device: Option<String>,
}

impl Header {
    /// Reads the header of a file; empty for every other format, and for a file that cannot be read.
    pub fn of(bytes: &[u8]) -> Self {
        match is_dicom(bytes) {
            true => Elements::read(bytes).map_or_else(|_| Self::default(), |all| all.header()),
            false => Self::default(),
        }
    }
}

/// Whether the prefix of a DICOM file stands behind its preamble of 128 bytes.
pub(super) fn is_dicom(bytes: &[u8]) -> bool {
    bytes.get(128..132) == Some(b"DICM")
}

/// The picture of a DICOM file.
pub(super) fn decode(bytes: &[u8], limits: &Limits) -> Result<RgbImage, DecodeError> {
    picture::decode(&Elements::read(bytes)?, limits)
}

/// A file that cannot be read for a reason.
fn damaged(reason: impl Into<String>) -> DecodeError {
    DecodeError::Damaged {
        format: NAME,
        reason: reason.into(),
    }
}

/// A file that ends before its picture does.
fn truncated() -> DecodeError {
    DecodeError::Truncated { format: NAME }
}
