//! DICOM files: every transfer syntax gives the same picture, the header is read, and no file leads astray.

use fundus::{DecodeError, Header, Laterality, Limits, decode, media_type};

use time::macros::date;

use super::{BLUE, GREEN, GREY, RED, assert_quarters, bytes, refusal};

const IN_COLOUR: [&str; 12] = [
    "rgb.dcm",
    "implicit.dcm",
    "planar.dcm",
    "ybr_full.dcm",
    "ybr_full_422.dcm",
    "jpeg_baseline.dcm",
    "jpeg_fragments.dcm",
    "jpeg_rgb.dcm",
    "jpeg_lossless_sv1.dcm",
    "jpeg2000.dcm",
    "jpeg2000_lossless.dcm",
    "rle.dcm",
];
const IN_GREY: [&str; 6] = [
    "monochrome1.dcm",
    "monochrome2.dcm",
    "monochrome12.dcm",
    "jpeg_grey.dcm",
    "jpeg_lossless_monochrome12.dcm",
    "rle_monochrome12.dcm",
];

#[test]
fn every_transfer_syntax_gives_the_same_picture() {
    for name in IN_COLOUR {
        assert_quarters(name, [RED, GREEN, BLUE, GREY]);
        assert_eq!(media_type(&bytes(name)), "application/dicom");
    }
    for name in IN_GREY {
        assert_quarters(name, [88, 124, 69, 128].map(|value| [value; 3]));
    }
}

/// What is lossless is the same to the last bit as the picture it was made from.
#[test]
fn what_is_lossless_is_the_picture_itself() {
    let original = decode(&bytes("rgb.png"), &Limits::default()).unwrap();
    for name in [
        "rgb.dcm",
        "implicit.dcm",
        "planar.dcm",
        "jpeg_lossless_sv1.dcm",
        "jpeg2000_lossless.dcm",
        "rle.dcm",
    ] {
        let read = decode(&bytes(name), &Limits::default()).unwrap();
        assert!(read == original, "{name}");
    }
}

/// The eye within a sequence is not the eye of the picture.
#[test]
fn the_header_names_eye_day_and_camera() {
    for name in IN_COLOUR.into_iter().chain(IN_GREY) {
        let expected = Header {
            laterality: Some(Laterality::Left),
            acquired: Some(date!(2026 - 01 - 31)),
            device: Some("Drawn Camera 3".to_owned()),
        };
        assert_eq!(Header::of(&bytes(name)), expected, "{name}");
    }
    assert_eq!(Header::of(&bytes("rgb.jpg")), Header::default());
    assert_eq!(Header::of(b""), Header::default());
}

/// A word of as many letters in the place of another.
fn changed(name: &str, from: &[u8], to: &[u8]) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut file = bytes(name);
    let place = file.windows(from.len()).position(|bytes| bytes == from);
    let place = place.unwrap_or_else(|| panic!("{name} has no such bytes"));
    file[place..place + to.len()].copy_from_slice(to);
    file
}

#[test]
fn the_eye_is_right_left_or_not_said() {
    const IMAGE_LATERALITY: &[u8] = b"\x20\x00\x62\x00CS\x02\x00";
    let said = |tag: &[u8], eye: &[u8]| {
        let from = [IMAGE_LATERALITY, b"L "].concat();
        let to = [tag, b"CS\x02\x00", eye].concat();
        Header::of(&changed("rgb.dcm", &from, &to)).laterality
    };
    assert_eq!(said(b"\x20\x00\x62\x00", b"R "), Some(Laterality::Right));
    assert_eq!(said(b"\x20\x00\x62\x00", b"B "), None);
    assert_eq!(said(b"\x20\x00\x62\x00", b"  "), None);
    // Laterality, without that of the picture.
    assert_eq!(said(b"\x20\x00\x60\x00", b"R "), Some(Laterality::Right));
}

#[test]
fn what_is_not_read_is_named() {
    let sentence = |file: &[u8]| refusal(file).to_string();
    assert!(sentence(&bytes("two_frames.dcm")).contains("it holds 2 pictures"));
    let near_lossless = changed(
        "jpeg_baseline.dcm",
        b"1.2.840.10008.1.2.4.50",
        b"1.2.840.10008.1.2.4.80",
    );
    assert!(sentence(&near_lossless).contains("transfer syntax 1.2.840.10008.1.2.4.80"));
    let big_endian = changed("rgb.dcm", b"1.2.840.10008.1.2.1", b"1.2.840.10008.1.2.2");
    assert!(sentence(&big_endian).contains("transfer syntax 1.2.840.10008.1.2.2"));
    let palette = changed("monochrome2.dcm", b"MONOCHROME2 ", b"PALETTE COLO");
    assert!(sentence(&palette).contains("photometric interpretation PALETTE COLO"));
    let meta = &bytes("rgb.dcm")[..140];
    assert!(matches!(refusal(meta), DecodeError::Truncated { .. }));
}

/// Rows and columns are those of the data set, whatever is in the stream: neither may ask for more than is allowed.
#[test]
fn a_picture_is_as_large_as_it_is_described() {
    const ROWS: &[u8] = b"\x28\x00\x10\x00US\x02\x00\x30\x00";
    for name in IN_COLOUR.into_iter().filter(|name| *name != "implicit.dcm") {
        let vast = changed(name, ROWS, b"\x28\x00\x10\x00US\x02\x00\xFF\xFF");
        assert!(
            matches!(refusal(&vast), DecodeError::TooLarge { .. }),
            "{name}"
        );
    }
    for name in [
        "jpeg_lossless_sv1.dcm",
        "jpeg2000.dcm",
        "rle.dcm",
        "rgb.dcm",
    ] {
        let taller = changed(name, ROWS, b"\x28\x00\x10\x00US\x02\x00\x50\x00");
        refusal(&taller);
    }
}

/// Whatever is cut off, no picture that is grey from there on is taken for the whole.
#[test]
fn files_that_are_cut_short_are_refused() {
    for name in IN_COLOUR.into_iter().chain(IN_GREY) {
        let whole = bytes(name);
        // Behind the picture there may be padding and the end of the sequence.
        for length in (0..whole.len() - 12).step_by(7).chain([whole.len() - 12]) {
            refusal(&whole[..length]);
        }
    }
}

/// The head of a file, up to its data set.
fn head() -> Vec<u8> {
    let mut file = bytes("rgb.dcm");
    let length = file[140..144].try_into().expect("four bytes");
    let length = u32::from_le_bytes(length) as usize;
    file.truncate(144 + length);
    file
}

#[test]
fn sequences_are_not_followed_without_end() {
    let mut file = head();
    // A sequence of unknown length with an item of unknown length, again and again.
    for _ in 0..200_000 {
        file.extend(b"\x08\x00\x40\x11SQ\x00\x00\xFF\xFF\xFF\xFF\xFE\xFF\x00\xE0\xFF\xFF\xFF\xFF");
    }
    assert!(refusal(&file).to_string().contains("nested too deep"));
}

#[test]
fn items_outside_of_sequences_are_refused() {
    const SEQUENCE: &[u8] = b"\x08\x00\x40\x11SQ\x00\x00\xFF\xFF\xFF\xFF";
    const ITEM: &[u8] = b"\xFE\xFF\x00\xE0\xFF\xFF\xFF\xFF";
    const ITEM_END: &[u8] = b"\xFE\xFF\x0D\xE0\x00\x00\x00\x00";
    for elements in [
        [SEQUENCE, ITEM_END, ITEM, ITEM].concat(),
        [ITEM_END, ITEM, ITEM].concat(),
        [SEQUENCE, ITEM, ITEM_END, ITEM_END, ITEM].concat(),
    ] {
        refusal(&[head(), elements].concat());
    }
}

/// A length of four gigabytes in a file of a few bytes asks for no memory.
#[test]
fn a_length_is_not_believed() {
    let elements = b"\x08\x00\x90\x10UN\x00\x00\xF0\xFF\xFF\xFF";
    assert!(matches!(
        refusal(&[head(), elements.to_vec()].concat()),
        DecodeError::Truncated { .. }
    ));
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(256))]

    /// Whatever is changed in a file, decoding ends without a panic.
    #[test]
    fn damaged_files_never_panic(
        which in 0_usize..18,
        damage in proptest::collection::vec((0.0_f64..1.0, proptest::prelude::any::<u8>()), 1..12),
        near in proptest::prelude::any::<bool>(),
    ) {
        let mut file = bytes(IN_COLOUR.into_iter().chain(IN_GREY).nth(which).unwrap());
        // What is said of the picture lies in the first thousand bytes.
        let span = if near { file.len().min(1200) } else { file.len() };
        for (place, value) in damage {
            file[(place * span as f64) as usize] = value;
        }
        let limits = Limits { max_pixels: 4_000_000, ..Limits::default() };
        if let Err(refused) = decode(&file, &limits) {
            proptest::prop_assert!(!refused.to_string().contains('\n'));
        }
        Header::of(&file);
    }
}
