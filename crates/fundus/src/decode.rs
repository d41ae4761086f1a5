//! From untrusted bytes to an upright 8-bit RGB picture, within limits that hold before anything large is allocated.

mod dicom;
mod tiff_palette;

use std::borrow::Cow;
use std::io::Cursor;

use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, RgbImage};
use thiserror::Error;

pub use dicom::Header;
use tiff_palette::ColourMap;

/// What a photograph may cost before it is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Largest file, in bytes.
    pub max_bytes: u64,
    /// Largest width and largest height, in pixels.
    pub max_side: u32,
    /// Largest product of width and height, in pixels.
    pub max_pixels: u64,
}

impl Default for Limits {
    /// 64 MiB, 16384 pixels a side, 100 megapixels: twice what any fundus camera writes.
    fn default() -> Self {
        Self {
            max_bytes: 64 << 20,
            max_side: 16_384,
            max_pixels: 100_000_000,
        }
    }
}

/// The shortest side of a picture in which a retina could be told from anything else, in pixels.
const SMALLEST_SIDE: u32 = 32;

/// Why bytes are not a photograph that can be read. Each message is one sentence that follows the name of the input.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// There are no bytes.
    #[error("the file is empty; copy or export the photograph again")]
    Empty,
    /// More bytes than [`Limits::max_bytes`].
    #[error(
        "the file has {bytes} bytes and at most {limit} are accepted; export the photograph as JPEG"
    )]
    TooManyBytes {
        /// Bytes of the file.
        bytes: u64,
        /// The limit.
        limit: u64,
    },
    /// The first bytes belong to none of the accepted formats.
    #[error(
        "the content is not a picture in JPEG, PNG, TIFF, BMP, WebP or DICOM format, whatever the file is called"
    )]
    UnknownFormat,
    /// The header promises a picture beyond [`Limits::max_side`] or [`Limits::max_pixels`].
    #[error(
        "the picture is {width} x {height} pixels, more than the accepted {max_side} a side or {max_pixels} in all; \
         export it smaller"
    )]
    TooLarge {
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
        /// The limit of each side.
        max_side: u32,
        /// The limit of their product.
        max_pixels: u64,
    },
    /// Too few pixels to show a retina.
    #[error(
        "the picture is only {width} x {height} pixels; at least {SMALLEST_SIDE} a side are needed"
    )]
    TooSmall {
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
    },
    /// The file ends before its picture does.
    #[error(
        "the {format} file is cut short: its end is missing; copy or export the photograph again"
    )]
    Truncated {
        /// Name of the format.
        format: &'static str,
    },
    /// The file does not follow its format, or uses a variant that cannot be read.
    #[error(
        "the {format} file is damaged or of an unsupported kind ({reason}); export it again as JPEG or PNG"
    )]
    Damaged {
        /// Name of the format.
        format: &'static str,
        /// What the decoder said.
        reason: String,
    },
}

/// Decodes a photograph: JPEG, PNG, TIFF, BMP or WebP; 8 or 16 bit; grey, RGB, RGBA, palette or CMYK; or one in a DICOM file,
/// uncompressed, in JPEG (baseline, lossless), JPEG 2000 or run lengths; grey, RGB or YBR.
///
/// The format is told by the content, never by a name. The result is upright (EXIF orientation applied), 8 bit, and
/// opaque: transparent parts are laid over black. Of a file with several pictures the first is taken, a DICOM file with several
/// is refused. Embedded colour profiles are not applied.
///
/// # Errors
///
/// [`DecodeError`] says in one sentence what is wrong. Dimensions are read from the header and checked before the
/// picture is allocated.
pub fn decode(bytes: &[u8], limits: &Limits) -> Result<RgbImage, DecodeError> {
    if bytes.is_empty() {
        return Err(DecodeError::Empty);
    }
    let length = bytes.len() as u64;
    if length > limits.max_bytes {
        return Err(DecodeError::TooManyBytes {
            bytes: length,
            limit: limits.max_bytes,
        });
    }
    if dicom::is_dicom(bytes) {
        return dicom::decode(bytes, limits);
    }
    let (format, name) = recognise(bytes).ok_or(DecodeError::UnknownFormat)?;
    let (colour_map, bytes) = match ColourMap::take_from(bytes) {
        Some((colour_map, grey)) => (Some(colour_map), grey),
        None => (None, Cow::Borrowed(bytes)),
    };
    let (mut picture, orientation) = read(&bytes, format, name, limits)?;
    if let Some(colour_map) = colour_map {
        picture = colour_map.colour(&picture.into_luma8()).into();
    }
    picture.apply_orientation(orientation);
    Ok(flatten(picture))
}

/// The media type of a file by its content, such as `image/jpeg` or `application/dicom`.
pub fn media_type(bytes: &[u8]) -> &'static str {
    if dicom::is_dicom(bytes) {
        return "application/dicom";
    }
    image::guess_format(bytes).map_or("application/octet-stream", |format| format.to_mime_type())
}

/// The picture of a JPEG that lies in a file of another format, which is named in what goes wrong.
fn decode_jpeg(bytes: &[u8], limits: &Limits, name: &'static str) -> Result<RgbImage, DecodeError> {
    let (picture, _) = read(bytes, ImageFormat::Jpeg, name, limits)?;
    Ok(flatten(picture))
}

/// A picture as it is stored, and which way up it belongs.
fn read(
    bytes: &[u8],
    format: ImageFormat,
    name: &'static str,
    limits: &Limits,
) -> Result<(DynamicImage, Orientation), DecodeError> {
    let failed = |error: ImageError| from_image_error(name, error);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(decoder_limits(limits));
    let mut decoder = reader.into_decoder().map_err(failed)?;
    let (width, height) = decoder.dimensions();
    check_dimensions(width, height, limits)?;
    if format == ImageFormat::Jpeg && !jpeg_is_complete(bytes) {
        return Err(DecodeError::Truncated { format: name });
    }
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let picture = DynamicImage::from_decoder(decoder).map_err(failed)?;
    Ok((picture, orientation))
}

fn recognise(bytes: &[u8]) -> Option<(ImageFormat, &'static str)> {
    match image::guess_format(bytes).ok()? {
        ImageFormat::Jpeg => Some((ImageFormat::Jpeg, "JPEG")),
        ImageFormat::Png => Some((ImageFormat::Png, "PNG")),
        ImageFormat::Tiff => Some((ImageFormat::Tiff, "TIFF")),
        ImageFormat::Bmp => Some((ImageFormat::Bmp, "BMP")),
        ImageFormat::WebP => Some((ImageFormat::WebP, "WebP")),
        _ => None,
    }
}

/// Memory for a decoder: the picture in its widest form (four channels of 16 bits). The sides are checked by us, with
/// a better sentence.
fn decoder_limits(limits: &Limits) -> image::Limits {
    let mut decoder_limits = image::Limits::no_limits();
    decoder_limits.max_alloc = Some(
        limits
            .max_pixels
            .saturating_mul(8)
            .saturating_add(limits.max_bytes),
    );
    decoder_limits
}

fn check_dimensions(width: u32, height: u32, limits: &Limits) -> Result<(), DecodeError> {
    let pixels = u64::from(width) * u64::from(height);
    if width > limits.max_side || height > limits.max_side || pixels > limits.max_pixels {
        return Err(DecodeError::TooLarge {
            width,
            height,
            max_side: limits.max_side,
            max_pixels: limits.max_pixels,
        });
    }
    if width < SMALLEST_SIDE || height < SMALLEST_SIDE {
        return Err(DecodeError::TooSmall { width, height });
    }
    Ok(())
}

fn from_image_error(format: &'static str, error: ImageError) -> DecodeError {
    let reason = error.to_string().trim().replace('\n', " ");
    let lower = reason.to_ascii_lowercase();
    let ends_early = [
        "unexpected end",
        "end of file",
        "failed to fill",
        "eof",
        "unexpectedly ended",
        "not enough bytes",
        "exhausted",
    ];
    if ends_early.iter().any(|words| lower.contains(words)) {
        return DecodeError::Truncated { format };
    }
    DecodeError::Damaged { format, reason }
}

/// Whether a JPEG's entropy-coded data is followed by an end-of-image marker (ITU T.81, annex B).
///
/// Decoders answer a cut-off file with a picture that is grey from there on. A lesion in the grey part would be
/// missed in silence, so the markers are walked here; thumbnails inside the application segments are stepped over.
fn jpeg_is_complete(bytes: &[u8]) -> bool {
    const START_OF_SCAN: u8 = 0xDA;
    const END_OF_IMAGE: u8 = 0xD9;
    let mut position = 2;
    let mut scan_seen = false;
    while let Some(&byte) = bytes.get(position) {
        let Some(&marker) = bytes.get(position + 1) else {
            return false;
        };
        // Fill bytes, bytes between segments, entropy-coded data with its stuffed zeros and restart markers.
        let is_marker = byte == 0xFF && !matches!(marker, 0x00 | 0x01 | 0xFF | 0xD0..=0xD8);
        if !is_marker {
            position += 1;
            continue;
        }
        if marker == END_OF_IMAGE {
            return scan_seen;
        }
        scan_seen |= marker == START_OF_SCAN;
        let (Some(&high), Some(&low)) = (bytes.get(position + 2), bytes.get(position + 3)) else {
            return false;
        };
        position += 2 + usize::from(u16::from_be_bytes([high, low])).max(2);
    }
    false
}

/// 8-bit RGB, transparent parts over black.
fn flatten(picture: DynamicImage) -> RgbImage {
    if !picture.color().has_alpha() {
        return picture.into_rgb8();
    }
    let picture = picture.into_rgba8();
    let mut flat = RgbImage::new(picture.width(), picture.height());
    for (out, pixel) in flat.pixels_mut().zip(picture.pixels()) {
        let [red, green, blue, alpha] = pixel.0.map(u16::from);
        out.0 = [red, green, blue].map(|value| ((value * alpha + 127) / 255) as u8);
    }
    flat
}
