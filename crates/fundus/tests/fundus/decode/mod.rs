//! Photographs in every format that is read, and what is said of those that are not.

mod dicom;
mod formats;

use std::fs;
use std::path::Path;

use fundus::{DecodeError, Limits, decode};
use image::RgbImage;

pub(crate) const RED: [u8; 3] = [200, 40, 40];
pub(crate) const GREEN: [u8; 3] = [40, 180, 60];
pub(crate) const BLUE: [u8; 3] = [40, 60, 190];
pub(crate) const GREY: [u8; 3] = [128, 128, 128];

pub(crate) fn bytes(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/pictures")
        .join(name);
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

pub(crate) fn read(name: &str) -> RgbImage {
    decode(&bytes(name), &Limits::default()).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The quarters of the test pattern, from the top left by rows, must have these colours.
pub(crate) fn assert_quarters(name: &str, expected: [[u8; 3]; 4]) {
    let picture = read(name);
    assert_eq!(picture.dimensions(), (64, 48), "{name}");
    for (at, expected) in [(8, 8), (56, 8), (8, 40), (56, 40)]
        .into_iter()
        .zip(expected)
    {
        let found = picture.get_pixel(at.0, at.1).0;
        let largest = (0..3)
            .map(|channel| found[channel].abs_diff(expected[channel]))
            .max();
        assert!(
            largest <= Some(4),
            "{name} at {at:?}: {found:?} instead of {expected:?}"
        );
    }
}

pub(crate) fn refusal(bytes: &[u8]) -> DecodeError {
    decode(bytes, &Limits::default()).expect_err("the bytes are no photograph")
}
