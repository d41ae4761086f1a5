//! The elements at the top of a data set.

use std::collections::BTreeMap;
use std::io::Cursor;

use dicom_core::Tag;
use dicom_dictionary_std::{tags, uids};
use dicom_parser::StatefulDecode;
use dicom_parser::dataset::LazyDataToken;
use dicom_parser::dataset::lazy_read::LazyDataSetReader;
use dicom_transfer_syntax_registry::entries::{
    EXPLICIT_VR_LITTLE_ENDIAN, IMPLICIT_VR_LITTLE_ENDIAN,
};
use time::Date;
use time::macros::format_description;

use super::{Header, damaged, truncated};
use crate::decode::DecodeError;
use crate::laterality::Laterality;

/// Where the file meta information begins: behind the preamble and the prefix.
const META: usize = 132;
/// The bytes of its first element, which says how many follow: tag, value representation, length, number.
const GROUP_LENGTH: usize = 12;
/// A retired transfer syntax (PS3.5, A.3).
const EXPLICIT_VR_BIG_ENDIAN: &str = "1.2.840.10008.1.2.2";
/// Sequences and items within one another.
const DEEPEST: usize = 64;
/// The elements that are kept.
const KEPT: [Tag; 18] = [
    tags::TRANSFER_SYNTAX_UID,
    tags::STUDY_DATE,
    tags::ACQUISITION_DATE,
    tags::CONTENT_DATE,
    tags::MANUFACTURER_MODEL_NAME,
    tags::LATERALITY,
    tags::IMAGE_LATERALITY,
    tags::SAMPLES_PER_PIXEL,
    tags::PHOTOMETRIC_INTERPRETATION,
    tags::PLANAR_CONFIGURATION,
    tags::NUMBER_OF_FRAMES,
    tags::ROWS,
    tags::COLUMNS,
    tags::BITS_ALLOCATED,
    tags::BITS_STORED,
    tags::HIGH_BIT,
    tags::PIXEL_REPRESENTATION,
    tags::PIXEL_DATA,
];
/// Characters of a camera's name (value representation LO, PS3.5, 6.2).
const LONGEST_NAME: usize = 64;

/// The elements at the top of a file's data set, as they stand in the file, and its transfer syntax.
pub(super) struct Elements<'a> {
    syntax: &'a str,
    values: BTreeMap<Tag, &'a [u8]>,
    fragments: Option<Vec<&'a [u8]>>,
}

/// Where in the data set the walk is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Nested {
    Sequence,
    Pixels,
    Item,
}

impl<'a> Elements<'a> {
    /// Reads a file up to its pixel data.
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        let [meta, data_set] = parts(bytes)?;
        let meta = walk(meta, uids::EXPLICIT_VR_LITTLE_ENDIAN)?;
        let syntax = meta
            .text(tags::TRANSFER_SYNTAX_UID)
            .ok_or_else(|| damaged("it does not say its transfer syntax"))?;
        walk(data_set, syntax)
    }

    /// Unique identifier of the transfer syntax.
    pub(super) fn syntax(&self) -> &'a str {
        self.syntax
    }

    /// The value of an element.
    pub(super) fn value(&self, tag: Tag) -> Option<&'a [u8]> {
        self.values.get(&tag).copied()
    }

    /// The first number of an element of value representation US.
    pub(super) fn number(&self, tag: Tag) -> Option<u16> {
        let bytes = self.value(tag)?.first_chunk()?;
        Some(u16::from_le_bytes(*bytes))
    }

    /// The first value of an element that is text in ASCII or UTF-8, without its padding.
    pub(super) fn text(&self, tag: Tag) -> Option<&'a str> {
        let text = std::str::from_utf8(self.value(tag)?).ok()?;
        let first = text.split('\\').next().unwrap_or_default();
        let bare = first.trim_matches([' ', '\0']);
        (!bare.is_empty()).then_some(bare)
    }

    /// The fragments of encapsulated pixel data, the offset table left out.
    pub(super) fn fragments(&self) -> Option<&[&'a [u8]]> {
        self.fragments.as_deref()
    }

    /// What is said of the photograph.
    pub(super) fn header(&self) -> Header {
        let eye = |tag| match self.text(tag) {
            Some("R") => Some(Laterality::Right),
            Some("L") => Some(Laterality::Left),
            _ => None,
        };
        let laterality = match self.text(tags::IMAGE_LATERALITY) {
            Some(_) => eye(tags::IMAGE_LATERALITY),
            None => eye(tags::LATERALITY),
        };
        let dates = [tags::ACQUISITION_DATE, tags::CONTENT_DATE, tags::STUDY_DATE];
        let name = self.text(tags::MANUFACTURER_MODEL_NAME);
        let is_fit = |name: &&str| {
            name.chars().count() <= LONGEST_NAME && !name.chars().any(char::is_control)
        };
        Header {
            laterality,
            acquired: dates.into_iter().find_map(|tag| date(self.text(tag)?)),
            device: name.filter(is_fit).map(str::to_owned),
        }
    }
}

/// Reads a date of eight digits (value representation DA).
fn date(text: &str) -> Option<Date> {
    Date::parse(text, format_description!("[year][month][day]")).ok()
}

/// The file meta information without its first element, and the data set.
fn parts(bytes: &[u8]) -> Result<[&[u8]; 2], DecodeError> {
    let first = bytes.get(META..META + GROUP_LENGTH).ok_or_else(truncated)?;
    let (head, length) = first.split_at(GROUP_LENGTH - 4);
    if head != [2, 0, 0, 0, b'U', b'L', 4, 0] {
        return Err(damaged("its file meta information has no group length"));
    }
    let length = length
        .iter()
        .rev()
        .fold(0_usize, |sum, &byte| sum << 8 | usize::from(byte));
    let (meta, data_set) = bytes[META + GROUP_LENGTH..]
        .split_at_checked(length)
        .ok_or_else(truncated)?;
    Ok([meta, data_set])
}

/// Walks a data set up to the end of its pixel data, or to its own.
fn walk<'a>(bytes: &'a [u8], syntax: &'a str) -> Result<Elements<'a>, DecodeError> {
    let encoding = match syntax {
        uids::IMPLICIT_VR_LITTLE_ENDIAN => IMPLICIT_VR_LITTLE_ENDIAN.erased(),
        EXPLICIT_VR_BIG_ENDIAN | uids::DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN => {
            return Err(damaged(format!("transfer syntax {syntax}")));
        }
        _ => EXPLICIT_VR_LITTLE_ENDIAN.erased(),
    };
    let failed = |error: &dyn std::fmt::Display| damaged(error.to_string());
    let mut reader = LazyDataSetReader::new_with_ts(Cursor::new(bytes), &encoding)
        .map_err(|error| failed(&error))?;
    let mut walk = Walk::new(bytes, syntax);
    while !walk.has_pixels {
        let Some(token) = reader.advance() else { break };
        walk.take(token.map_err(|error| failed(&error))?)?;
    }
    match walk.open.is_empty() {
        true => Ok(walk.found),
        false => Err(truncated()),
    }
}

/// A walk through a data set.
struct Walk<'a> {
    bytes: &'a [u8],
    found: Elements<'a>,
    /// What was opened and not closed.
    open: Vec<Nested>,
    /// Items of encapsulated pixel data; the first is the basic offset table (PS3.5, A.4).
    items: usize,
    has_pixels: bool,
}

impl<'a> Walk<'a> {
    fn new(bytes: &'a [u8], syntax: &'a str) -> Self {
        let found = Elements {
            syntax,
            values: BTreeMap::new(),
            fragments: None,
        };
        Self {
            bytes,
            found,
            open: Vec::new(),
            items: 0,
            has_pixels: false,
        }
    }

    /// Takes the next step.
    fn take(&mut self, token: LazyDataToken<&mut impl StatefulDecode>) -> Result<(), DecodeError> {
        match token {
            LazyDataToken::ElementHeader(_) => Ok(()),
            LazyDataToken::SequenceStart { .. } => self.open(Nested::Sequence),
            LazyDataToken::PixelSequenceStart => {
                if self.open.is_empty() {
                    self.found.fragments = Some(Vec::new());
                }
                self.open(Nested::Pixels)
            }
            LazyDataToken::ItemStart { .. } => {
                self.items += usize::from(self.open == [Nested::Pixels]);
                self.open(Nested::Item)
            }
            LazyDataToken::ItemEnd => self.close(&[Nested::Item]),
            LazyDataToken::SequenceEnd => {
                self.has_pixels = self.open == [Nested::Pixels];
                self.close(&[Nested::Sequence, Nested::Pixels])
            }
            LazyDataToken::LazyValue { header, decoder } => {
                let value = passed(self.bytes, decoder, header.len.get())?;
                if self.open.is_empty() && KEPT.contains(&header.tag) {
                    self.found.values.insert(header.tag, value);
                    self.has_pixels = header.tag == tags::PIXEL_DATA;
                }
                Ok(())
            }
            LazyDataToken::LazyItemValue { len, decoder } => {
                let value = passed(self.bytes, decoder, Some(len))?;
                let is_fragment = self.open == [Nested::Pixels, Nested::Item] && self.items > 1;
                if let (true, Some(fragments)) = (is_fragment, &mut self.found.fragments) {
                    fragments.push(value);
                }
                Ok(())
            }
            _ => Err(damaged("it holds what no data set holds")),
        }
    }

    fn open(&mut self, nested: Nested) -> Result<(), DecodeError> {
        self.open.push(nested);
        match self.open.len() <= DEEPEST {
            true => Ok(()),
            false => Err(damaged("its sequences are nested too deep")),
        }
    }

    /// Closes what was opened last. That an item lies in a sequence is left to us by `dicom-parser`, which would panic at the
    /// next item if it did not.
    fn close(&mut self, expected: &[Nested]) -> Result<(), DecodeError> {
        match self.open.pop() {
            Some(last) if expected.contains(&last) => Ok(()),
            _ => Err(damaged("its sequences do not match")),
        }
    }
}

/// The value at the place of a decoder, which is led past it.
fn passed<'a>(
    bytes: &'a [u8],
    decoder: &mut impl StatefulDecode,
    length: Option<u32>,
) -> Result<&'a [u8], DecodeError> {
    let length = length.ok_or_else(|| damaged("an element has no length"))?;
    let value = usize::try_from(decoder.position())
        .ok()
        .and_then(|begin| bytes.get(begin..)?.get(..length as usize))
        .ok_or_else(truncated)?;
    decoder
        .skip_bytes(length)
        .map_err(|error| damaged(error.to_string()))?;
    Ok(value)
}
