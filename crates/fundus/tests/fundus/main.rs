//! Photographs: how they are read, found, prepared and judged.

#![allow(clippy::unwrap_used, reason = "a test may stop")]

mod camera_shift;
mod decode;
mod drawn;
mod field_of_view_drawn;
mod field_of_view_native;
mod gate;
mod landmarks;
mod laterality;
mod other_pictures;
mod painted;
mod preparation;
mod quality;
