//! What another camera would have made of the same retina: its colours, its falling-off towards the rim, its sharpness,
//! its noise, and what storing the picture cost.

use fast_image_resize::images::Image;
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, ImageFormat, RgbImage};
use rand::{Rng, RngExt};
use serde::{Deserialize, Serialize};

use super::symmetric;

/// How far the camera may be another. Each range is drawn from uniformly, each picture anew; the costly changes
/// (resolution, noise, compression) come to half of the pictures each.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CameraShift {
    /// Largest share of each channel that is mixed into each other one: the off-diagonal entries of a colour matrix
    /// whose rows sum to 1, so that grey stays grey.
    pub channel_mix: f32,
    /// Largest loss, or gain, of brightness at the rim of the field of view, growing with the square of the radius.
    pub vignetting: f32,
    /// The least resolution, as a share of the picture's, in (0, 1]: it is reduced to it and enlarged again.
    pub resolution: f32,
    /// Largest standard deviation of the noise, in levels of 255.
    pub noise: f32,
    /// Lowest JPEG quality, 1 to 100.
    pub compression: u8,
}

impl Default for CameraShift {
    fn default() -> Self {
        Self {
            channel_mix: 0.12,
            vignetting: 0.3,
            resolution: 0.55,
            noise: 4.0,
            compression: 35,
        }
    }
}

/// The best quality that is drawn; above it nothing visible is lost.
const BEST_QUALITY: u8 = 95;

impl CameraShift {
    pub(super) fn apply(&self, mut picture: RgbImage, rng: &mut impl Rng) -> RgbImage {
        self.colour(&mut picture, rng);
        let resolution = self.resolution.clamp(0.1, 1.0);
        if rng.random_bool(0.5) {
            picture = coarsened(picture, rng.random_range(resolution..=1.0));
        }
        if rng.random_bool(0.5) {
            add_noise(
                &mut picture,
                rng.random_range(0.0..=self.noise.max(0.0)),
                rng,
            );
        }
        if rng.random_bool(0.5) {
            let lowest = self.compression.clamp(1, BEST_QUALITY);
            picture = compressed(picture, rng.random_range(lowest..=BEST_QUALITY));
        }
        picture
    }

    /// Mixes the channels and darkens or brightens towards the rim.
    fn colour(&self, picture: &mut RgbImage, rng: &mut impl Rng) {
        let mut matrix = [[0.0_f32; 3]; 3];
        for (row, entries) in matrix.iter_mut().enumerate() {
            let mixed = [0, 1, 2].map(|_| symmetric(self.channel_mix, rng));
            *entries = mixed;
            entries[row] = 1.0 - mixed[(row + 1) % 3] - mixed[(row + 2) % 3];
        }
        let at_rim = symmetric(self.vignetting, rng);
        let middle = [picture.width(), picture.height()].map(|side| side as f32 / 2.0);
        for (x, y, pixel) in picture.enumerate_pixels_mut() {
            let [across, down] = [(x, middle[0]), (y, middle[1])]
                .map(|(at, middle)| (at as f32 + 0.5) / middle - 1.0);
            let gain = 1.0 - at_rim * (across * across + down * down).min(1.0);
            let old = pixel.0.map(f32::from);
            pixel.0 = matrix.map(|[red, green, blue]| {
                let value = red * old[0] + green * old[1] + blue * old[2];
                // `as` keeps within 0 and 255.
                (value * gain).round() as u8
            });
        }
    }
}

/// Reduced to `share` of its resolution and enlarged again.
fn coarsened(picture: RgbImage, share: f32) -> RgbImage {
    let (width, height) = picture.dimensions();
    let [small_width, small_height] =
        [width, height].map(|side| ((side as f32 * share).round() as u32).max(1));
    let Some(small) = resized(
        picture.as_raw(),
        (width, height),
        (small_width, small_height),
    ) else {
        return picture;
    };
    let enlarged = resized(&small, (small_width, small_height), (width, height));
    enlarged
        .and_then(|values| RgbImage::from_raw(width, height, values))
        .unwrap_or(picture)
}

/// Bilinear, with a support that covers all source pixels; `None` for a side of no pixels.
fn resized(values: &[u8], from: (u32, u32), to: (u32, u32)) -> Option<Vec<u8>> {
    let source = Image::from_vec_u8(from.0, from.1, values.to_vec(), PixelType::U8x3).ok()?;
    let mut target = Image::new(to.0, to.1, PixelType::U8x3);
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Bilinear));
    Resizer::new().resize(&source, &mut target, &options).ok()?;
    Some(target.into_vec())
}

/// Noise of one standard deviation in all channels; the black outside the field of view stays black.
fn add_noise(picture: &mut RgbImage, deviation: f32, rng: &mut impl Rng) {
    for pixel in picture.pixels_mut().filter(|pixel| pixel.0 != [0; 3]) {
        // The sum of the four bytes of one draw has a standard deviation of 2 * 73.9 levels: near enough to normal.
        let bits: [[u8; 4]; 3] = [(); 3].map(|()| rng.random::<u32>().to_le_bytes());
        pixel.0 = std::array::from_fn(|channel| {
            let sum: f32 = bits[channel]
                .iter()
                .map(|byte| f32::from(*byte) - 127.5)
                .sum();
            (f32::from(pixel.0[channel]) + sum / 147.8 * deviation).round() as u8
        });
    }
}

/// Stored as JPEG and read again.
fn compressed(picture: RgbImage, quality: u8) -> RgbImage {
    let mut bytes = Vec::new();
    let (width, height) = picture.dimensions();
    let encoded = JpegEncoder::new_with_quality(&mut bytes, quality).encode(
        picture.as_raw(),
        width,
        height,
        ExtendedColorType::Rgb8,
    );
    // A picture too large for the format stays as it is.
    if encoded.is_err() {
        return picture;
    }
    image::load_from_memory_with_format(&bytes, ImageFormat::Jpeg)
        .map_or(picture, |decoded| decoded.into_rgb8())
}
