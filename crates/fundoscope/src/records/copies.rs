//! Photographs as they leave the records, for another program.

use std::borrow::Cow;
use std::io::Cursor;

use anyhow::Context;
use fundus::Limits;
use image::ImageFormat;

const DICOM: &str = "application/dicom";

/// How photographs are copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Copies {
    /// As they were handed in.
    Whole,
    /// Of a DICOM file, which names the patient, the picture alone, as PNG; the others as they were handed in.
    WithoutHeaders,
}

impl Copies {
    /// The ending by which a copy of a file with this media type is known.
    pub(crate) fn extension(self, media_type: &str) -> &'static str {
        match media_type {
            "image/jpeg" => "jpg",
            "image/png" => "png",
            "image/tiff" => "tif",
            "image/bmp" => "bmp",
            "image/webp" => "webp",
            DICOM if self == Self::Whole => "dcm",
            DICOM => "png",
            _ => "bin",
        }
    }

    /// The bytes of the copy.
    pub(crate) fn of(self, original: &[u8]) -> anyhow::Result<Cow<'_, [u8]>> {
        if self == Self::Whole || fundus::media_type(original) != DICOM {
            return Ok(original.into());
        }
        let picture = fundus::decode(original, &Limits::default())?;
        let mut bytes = Cursor::new(Vec::new());
        picture
            .write_to(&mut bytes, ImageFormat::Png)
            .context("cannot encode the picture")?;
        Ok(bytes.into_inner().into())
    }
}
