//! TIFF pictures whose pixels are indices into a colour map, which the TIFF decoder does not read.
//!
//! Such a file is a grey picture of indices with the map in a tag beside it (TIFF 6.0, section 5). The file is
//! therefore handed on as a grey one, and the colours are put in afterwards.

use std::borrow::Cow;

use image::{GrayImage, Rgb, RgbImage};

const PHOTOMETRIC_INTERPRETATION: u16 = 262;
const COLOUR_MAP: u16 = 320;
const BLACK_IS_ZERO: u16 = 1;
const PALETTE: u16 = 3;

/// The colours of a palette, at most 256.
pub(super) struct ColourMap(Vec<[u8; 3]>);

impl ColourMap {
    /// The colour map of a palette TIFF, and the file with its indices declared as grey values; `None` for any other
    /// file, damaged ones included.
    pub(super) fn take_from(file: &[u8]) -> Option<(Self, Cow<'_, [u8]>)> {
        let reader = Reader::of(file)?;
        let directory = reader.long(4)? as usize;
        let count = usize::from(reader.short(directory)?);
        let entry = |tag: u16| {
            let mut entries = (0..count).map(|index| directory + 2 + 12 * index);
            entries.find(|&entry| reader.short(entry) == Some(tag))
        };
        let interpretation = entry(PHOTOMETRIC_INTERPRETATION)? + 8;
        if reader.short(interpretation)? != PALETTE {
            return None;
        }
        let map = entry(COLOUR_MAP)?;
        let colours = (reader.long(map + 4)? / 3) as usize;
        let values = reader.long(map + 8)? as usize;
        if !(2..=256).contains(&colours) {
            return None;
        }
        // All red values come first, then all green, then all blue, each in 16 bits.
        let value =
            |channel: usize, index: usize| reader.short(values + 2 * (channel * colours + index));
        let colour = |index: usize| {
            let [red, green, blue] = [value(0, index)?, value(1, index)?, value(2, index)?];
            Some([red, green, blue].map(|value| (value >> 8) as u8))
        };
        let map = (0..colours).map(colour).collect::<Option<Vec<_>>>()?;
        let mut grey = file.to_vec();
        let declared = if reader.big_endian {
            BLACK_IS_ZERO.to_be_bytes()
        } else {
            BLACK_IS_ZERO.to_le_bytes()
        };
        grey.get_mut(interpretation..interpretation + 2)?
            .copy_from_slice(&declared);
        Some((Self(map), Cow::Owned(grey)))
    }

    /// Puts the colours in. Indices of fewer than 8 bits have been spread over `0..=255` by the decoder.
    pub(super) fn colour(&self, indices: &GrayImage) -> RgbImage {
        let last = self.0.len() - 1;
        let mut picture = RgbImage::new(indices.width(), indices.height());
        for (out, index) in picture.pixels_mut().zip(indices.pixels()) {
            *out = Rgb(self.0[(usize::from(index.0[0]) * last + 127) / 255]);
        }
        picture
    }
}

/// Numbers in the byte order of a classic TIFF file.
struct Reader<'a> {
    file: &'a [u8],
    big_endian: bool,
}

impl<'a> Reader<'a> {
    fn of(file: &'a [u8]) -> Option<Self> {
        let big_endian = file.starts_with(b"MM\0\x2a");
        (big_endian || file.starts_with(b"II\x2a\0")).then_some(Self { file, big_endian })
    }

    fn short(&self, at: usize) -> Option<u16> {
        let bytes = self.file.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(if self.big_endian {
            u16::from_be_bytes(bytes)
        } else {
            u16::from_le_bytes(bytes)
        })
    }

    fn long(&self, at: usize) -> Option<u32> {
        let bytes = self.file.get(at..at.checked_add(4)?)?.try_into().ok()?;
        Some(if self.big_endian {
            u32::from_be_bytes(bytes)
        } else {
            u32::from_le_bytes(bytes)
        })
    }
}
