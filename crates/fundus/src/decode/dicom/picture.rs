//! From the elements of a data set to its picture (PS3.3, C.7.6.3).

use std::borrow::Cow;
use std::io::Cursor;

use dicom_dictionary_std::{tags, uids};
use hayro_jpeg2000::DecodeSettings;
use image::RgbImage;
use jpeg_decoder::{ColorTransform, PixelFormat};

use super::elements::Elements;
use super::{NAME, damaged, run_length, truncated};
use crate::decode::{DecodeError, Limits, check_dimensions, decode_jpeg};

/// What a data set says of its pixels.
struct Description<'a> {
    rows: u32,
    columns: u32,
    /// Values of a pixel, 1 or 3.
    samples: usize,
    /// Bytes of a value, 1 or 2.
    bytes: usize,
    /// Bits of a value that count.
    stored: u16,
    is_planar: bool,
    interpretation: &'a str,
}

/// Decodes the picture; a file with several is refused.
pub(super) fn decode(elements: &Elements<'_>, limits: &Limits) -> Result<RgbImage, DecodeError> {
    let described = Description::of(elements, limits)?;
    let Some(fragments) = elements.fragments() else {
        let pixels = elements.value(tags::PIXEL_DATA);
        return described.native(pixels.ok_or_else(|| damaged("it holds no picture"))?);
    };
    let stream = match fragments {
        [] => return Err(damaged("it holds no picture")),
        [whole] => Cow::Borrowed(*whole),
        several => Cow::Owned(several.concat()),
    };
    match elements.syntax() {
        uids::JPEG_BASELINE8_BIT | uids::JPEG_EXTENDED12_BIT => {
            let mut picture = decode_jpeg(&described.with_colour_model(&stream), limits, NAME)?;
            if described.interpretation == "MONOCHROME1" {
                image::imageops::invert(&mut picture);
            }
            Ok(picture)
        }
        uids::JPEG_LOSSLESS | uids::JPEG_LOSSLESS_SV1 => described.lossless_jpeg(&stream),
        uids::JPEG2000_LOSSLESS | uids::JPEG2000 => described.jpeg_2000(&stream),
        uids::RLE_LOSSLESS => {
            let planes = described.samples * described.bytes;
            let segments = run_length::decode(&stream, planes, described.pixels());
            described.of_segments(&segments.ok_or_else(truncated)?)
        }
        // Pixel data may be encapsulated without being compressed.
        uids::ENCAPSULATED_UNCOMPRESSED_EXPLICIT_VR_LITTLE_ENDIAN => described.native(&stream),
        other => Err(damaged(format!("transfer syntax {other}"))),
    }
}

impl<'a> Description<'a> {
    fn of(elements: &Elements<'a>, limits: &Limits) -> Result<Self, DecodeError> {
        let number = |tag, name: &str| {
            let missing = || damaged(format!("it does not say its {name}"));
            elements.number(tag).ok_or_else(missing)
        };
        let frames = elements.text(tags::NUMBER_OF_FRAMES).unwrap_or("1");
        if frames != "1" {
            return Err(damaged(format!(
                "it holds {frames} pictures; send one a file"
            )));
        }
        let rows = number(tags::ROWS, "rows")?.into();
        let columns = number(tags::COLUMNS, "columns")?.into();
        check_dimensions(columns, rows, limits)?;
        let samples = usize::from(number(tags::SAMPLES_PER_PIXEL, "samples per pixel")?);
        let allocated = number(tags::BITS_ALLOCATED, "bits allocated")?;
        let stored = elements.number(tags::BITS_STORED).unwrap_or(allocated);
        let signed = elements.number(tags::PIXEL_REPRESENTATION) == Some(1);
        let is_readable = matches!(samples, 1 | 3)
            && matches!(allocated, 8 | 16)
            && (8..=allocated).contains(&stored)
            && elements.number(tags::HIGH_BIT).unwrap_or(stored - 1) == stored - 1
            && !signed;
        if !is_readable {
            return Err(damaged(format!(
                "{samples} values a pixel of {stored} in {allocated} bits"
            )));
        }
        Ok(Self {
            rows,
            columns,
            samples,
            bytes: usize::from(allocated / 8),
            stored,
            is_planar: elements.number(tags::PLANAR_CONFIGURATION) == Some(1),
            interpretation: elements
                .text(tags::PHOTOMETRIC_INTERPRETATION)
                .ok_or_else(|| damaged("it does not say its photometric interpretation"))?,
        })
    }

    /// Pixels of the picture.
    fn pixels(&self) -> usize {
        self.rows as usize * self.columns as usize
    }

    /// The picture of pixels that are not compressed.
    fn native(&self, pixels: &[u8]) -> Result<RgbImage, DecodeError> {
        if self.interpretation == "YBR_FULL_422" {
            return self.subsampled(pixels);
        }
        let length = self.pixels() * self.samples * self.bytes;
        let pixels = pixels.get(..length).ok_or_else(truncated)?;
        match self.is_planar {
            true => self.of_planes(pixels),
            false => self.coloured(self.eight_bits(pixels).into_owned()),
        }
    }

    /// The picture of one segment for each byte of each value, the most significant first (PS3.5, G.2).
    fn of_segments(&self, segments: &[Vec<u8>]) -> Result<RgbImage, DecodeError> {
        let planes = segments
            .chunks_exact(self.bytes)
            .flat_map(|bytes| match bytes {
                [high, low] => {
                    let pairs = low.iter().zip(high);
                    pairs.flat_map(|(&low, &high)| [low, high]).collect()
                }
                _ => bytes.concat(),
            });
        self.of_planes(&planes.collect::<Vec<u8>>())
    }

    /// The picture of one plane for each value of a pixel.
    fn of_planes(&self, planes: &[u8]) -> Result<RgbImage, DecodeError> {
        let values = self.eight_bits(planes);
        match self.samples {
            3 => self.coloured(interleaved(&values)),
            _ => self.coloured(values.into_owned()),
        }
    }

    /// Values as 8 bits each.
    fn eight_bits<'v>(&self, values: &'v [u8]) -> Cow<'v, [u8]> {
        if self.bytes == 1 {
            return Cow::Borrowed(values);
        }
        let most = (1_u32 << self.stored) - 1;
        let (pairs, _) = values.as_chunks();
        let scaled = pairs.iter().map(|&pair| {
            let value = u32::from(u16::from_le_bytes(pair)) & most;
            ((value * 255 + most / 2) / most) as u8
        });
        scaled.collect()
    }

    /// Pairs of pixels that share their colour: two of luminance, then blue and red difference.
    fn subsampled(&self, pixels: &[u8]) -> Result<RgbImage, DecodeError> {
        let length = self.pixels() * 2;
        let is_readable = self.samples == 3 && self.bytes == 1 && self.columns.is_multiple_of(2);
        if !is_readable {
            return Err(damaged("colour of half the width of no three bytes"));
        }
        let (pairs, _) = pixels.get(..length).ok_or_else(truncated)?.as_chunks();
        let whole = pairs
            .iter()
            .flat_map(|&[first, second, blue, red]| [[first, blue, red], [second, blue, red]]);
        picture_of(self, whole.flat_map(rgb_of).collect())
    }

    /// The picture of values of 8 bits, pixel by pixel.
    fn coloured(&self, values: Vec<u8>) -> Result<RgbImage, DecodeError> {
        let rgb = match (self.interpretation, self.samples) {
            ("RGB", 3) => values,
            ("YBR_FULL", 3) => {
                let (pixels, _) = values.as_chunks();
                pixels.iter().copied().flat_map(rgb_of).collect()
            }
            ("MONOCHROME1", 1) => values.iter().flat_map(|&value| [255 - value; 3]).collect(),
            ("MONOCHROME2", 1) => values.iter().flat_map(|&value| [value; 3]).collect(),
            (other, samples) => {
                return Err(damaged(format!(
                    "photometric interpretation {other} with {samples} values a pixel"
                )));
            }
        };
        picture_of(self, rgb)
    }

    /// A baseline JPEG that says which colours its three values are. Where the data set says RGB and the stream has no marker of
    /// Adobe's, decoders would take them for luminance and differences (ITU T.872, 6.5.3).
    fn with_colour_model<'s>(&self, stream: &'s [u8]) -> Cow<'s, [u8]> {
        const START: [u8; 2] = [0xFF, 0xD8];
        const ADOBE: &[u8] = b"Adobe";
        const NO_TRANSFORM: [u8; 16] = *b"\xFF\xEE\x00\x0EAdobe\x00\x64\x00\x00\x00\x00\x00";
        let is_marked = stream
            .windows(ADOBE.len())
            .take(4096)
            .any(|bytes| bytes == ADOBE);
        match stream.strip_prefix(&START) {
            Some(rest) if self.interpretation == "RGB" && !is_marked => {
                [&START, NO_TRANSFORM.as_slice(), rest].concat().into()
            }
            _ => stream.into(),
        }
    }

    /// Lossless JPEG (ITU T.81, annex H).
    fn lossless_jpeg(&self, stream: &[u8]) -> Result<RgbImage, DecodeError> {
        let failed = |error: jpeg_decoder::Error| match error {
            jpeg_decoder::Error::Io(_) => truncated(),
            other => damaged(other.to_string()),
        };
        let mut decoder = jpeg_decoder::Decoder::new(Cursor::new(stream));
        decoder.read_info().map_err(failed)?;
        let info = decoder.info().ok_or_else(truncated)?;
        let expected = match (self.samples, self.bytes) {
            (3, 1) => PixelFormat::RGB24,
            (1, 2) => PixelFormat::L16,
            (1, _) => PixelFormat::L8,
            _ => return Err(damaged("lossless JPEG in colours of more than 8 bits")),
        };
        let size = (u32::from(info.width), u32::from(info.height));
        if size != (self.columns, self.rows) || info.pixel_format != expected {
            return Err(damaged("its picture is not the one that it describes"));
        }
        decoder.set_color_transform(ColorTransform::None);
        let values = decoder.decode().map_err(failed)?;
        match self.bytes {
            1 => self.coloured(values),
            _ => {
                let (pairs, _) = values.as_chunks::<2>();
                let little: Vec<u8> = pairs
                    .iter()
                    .flat_map(|&pair| u16::from_ne_bytes(pair).to_le_bytes())
                    .collect();
                self.coloured(self.eight_bits(&little).into_owned())
            }
        }
    }

    /// JPEG 2000, whose decoder gives 8 bits and undoes the colour transforms YBR_RCT and YBR_ICT.
    fn jpeg_2000(&self, stream: &[u8]) -> Result<RgbImage, DecodeError> {
        let failed = |error: hayro_jpeg2000::DecodeError| damaged(error.to_string());
        let image =
            hayro_jpeg2000::Image::new(stream, &DecodeSettings::default()).map_err(failed)?;
        let is_described = (image.width(), image.height()) == (self.columns, self.rows)
            && usize::from(image.color_space().num_channels()) == self.samples
            && !image.has_alpha();
        if !is_described {
            return Err(damaged("its picture is not the one that it describes"));
        }
        let values = image.decode().map_err(failed)?;
        let described = match self.interpretation {
            "YBR_RCT" | "YBR_ICT" => &Description {
                interpretation: "RGB",
                ..*self
            },
            _ => self,
        };
        described.coloured(values)
    }
}

/// Three planes as pixels.
fn interleaved(planes: &[u8]) -> Vec<u8> {
    let length = planes.len() / 3;
    let (red, rest) = planes.split_at(length);
    let (green, blue) = rest.split_at(length);
    let pixels = red.iter().zip(green).zip(blue);
    pixels
        .flat_map(|((&red, &green), &blue)| [red, green, blue])
        .collect()
}

/// Luminance and differences over the full range as red, green and blue (PS3.3, C.7.6.3.1.2).
fn rgb_of(pixel: [u8; 3]) -> [u8; 3] {
    let [luminance, blue, red] = pixel.map(f32::from);
    let (blue, red) = (blue - 128.0, red - 128.0);
    [
        luminance + 1.402 * red,
        luminance - 0.344_136 * blue - 0.714_136 * red,
        luminance + 1.772 * blue,
    ]
    .map(|value| value.round() as u8)
}

fn picture_of(described: &Description<'_>, rgb: Vec<u8>) -> Result<RgbImage, DecodeError> {
    RgbImage::from_raw(described.columns, described.rows, rgb).ok_or_else(truncated)
}
