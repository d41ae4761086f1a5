//! Random changes of a cropped picture that leave its grade as it is: how the camera was held, and what it made of the
//! light.
//!
//! Training calls this for every photograph of every epoch, so geometry is one inverse-mapped warp and colour is one
//! table a channel.

mod camera;
mod warp;

use image::RgbImage;
use rand::{Rng, RngExt};
use serde::{Deserialize, Serialize};

pub use camera::CameraShift;
use warp::Warp;

/// How far a cropped picture may be changed. Each range is drawn from uniformly, each picture anew.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Augmentation {
    /// Largest rotation to either side, in radians; π is any angle.
    pub rotation: f32,
    /// Whether half of the pictures are mirrored.
    pub mirror: bool,
    /// Largest change of scale: factors within `1 ± scale`; below 1.
    pub scale: f32,
    /// Largest shift along each axis, as a share of the side.
    pub shift: f32,
    /// Largest change of each channel's gain by itself (colour): factors within `1 ± channel_gain`.
    pub channel_gain: f32,
    /// Largest change of the gain of all channels together (brightness): factors within `1 ± brightness`.
    pub brightness: f32,
    /// Largest change of gamma: exponents within `exp(±gamma)`.
    pub gamma: f32,
    /// Largest blur: the weight of each neighbour in a three-tap filter, within `0..=blur`; at most 1/3. Half of the
    /// pictures stay sharp.
    pub blur: f32,
    /// How far the camera may be another; `None` leaves it as it is.
    pub camera: Option<CameraShift>,
}

impl Default for Augmentation {
    fn default() -> Self {
        Self {
            rotation: std::f32::consts::PI,
            mirror: true,
            scale: 0.1,
            shift: 0.02,
            channel_gain: 0.15,
            brightness: 0.15,
            gamma: 0.2,
            blur: 0.25,
            camera: None,
        }
    }
}

impl Augmentation {
    /// The identity: nothing is changed.
    pub const NONE: Self = Self {
        rotation: 0.0,
        mirror: false,
        scale: 0.0,
        shift: 0.0,
        channel_gain: 0.0,
        brightness: 0.0,
        gamma: 0.0,
        blur: 0.0,
        camera: None,
    };

    /// Changes a cropped picture at random; the same generator state gives the same picture. What comes in from beyond
    /// the frame is black, as outside the field of view.
    pub fn apply(&self, cropped: &RgbImage, rng: &mut impl Rng) -> RgbImage {
        let warp = self.draw_warp(cropped.dimensions(), rng);
        let tables = self.draw_tables(rng);
        let blur = if rng.random_bool(0.5) {
            rng.random_range(0.0..=self.blur.clamp(0.0, 1.0 / 3.0))
        } else {
            0.0
        };
        let mut changed = warp.apply(cropped);
        for pixel in changed.pixels_mut() {
            pixel.0 = std::array::from_fn(|channel| tables[channel][usize::from(pixel.0[channel])]);
        }
        // Below a hundredth the filter would change no 8-bit value that matters.
        if blur > 0.01 {
            changed = three_tap_blur(&changed, blur);
        }
        match &self.camera {
            Some(camera) => camera.apply(changed, rng),
            None => changed,
        }
    }

    fn draw_warp(&self, (width, height): (u32, u32), rng: &mut impl Rng) -> Warp {
        let angle = symmetric(self.rotation, rng);
        let scale = 1.0 + symmetric(self.scale.clamp(0.0, 0.9), rng);
        let flip = if self.mirror && rng.random_bool(0.5) {
            -1.0
        } else {
            1.0
        };
        let [shift_x, shift_y] =
            [width, height].map(|side| symmetric(self.shift, rng) * side as f32);
        let (sine, cosine) = angle.sin_cos();
        let [along_x, along_y] =
            [[cosine * flip, sine * flip], [-sine, cosine]].map(|axis| axis.map(|v| v / scale));
        // Pixel centres lie at half coordinates; the middle of the picture stays in place but for the shift.
        let [middle_x, middle_y] = [width, height].map(|side| side as f32 / 2.0);
        let [x, y] = [0.5 - middle_x - shift_x, 0.5 - middle_y - shift_y];
        let origin = [
            middle_x - 0.5 + x * along_x[0] + y * along_y[0],
            middle_y - 0.5 + x * along_x[1] + y * along_y[1],
        ];
        Warp {
            origin,
            along_x,
            along_y,
        }
    }

    fn draw_tables(&self, rng: &mut impl Rng) -> [[u8; 256]; 3] {
        let brightness = 1.0 + symmetric(self.brightness, rng);
        let exponent = symmetric(self.gamma, rng).exp();
        [(); 3].map(|()| {
            let gain = brightness * (1.0 + symmetric(self.channel_gain, rng));
            std::array::from_fn(|value| {
                let value = (value as f32 / 255.0).powf(exponent) * gain;
                (value * 255.0).round() as u8
            })
        })
    }
}

/// A value within `±limit`.
fn symmetric(limit: f32, rng: &mut impl Rng) -> f32 {
    let limit = limit.abs();
    rng.random_range(-limit..=limit)
}

/// Blurs with the filter `[weight, 1 - 2 weight, weight]` along rows, then along columns; edges are repeated.
fn three_tap_blur(picture: &RgbImage, weight: f32) -> RgbImage {
    let side_weight = (weight * 256.0).round() as u16;
    let middle_weight = 256 - 2 * side_weight;
    let mix = |before: u8, value: u8, after: u8| {
        let neighbours = u16::from(before) + u16::from(after);
        ((u32::from(neighbours) * u32::from(side_weight)
            + u32::from(value) * u32::from(middle_weight)
            + 128)
            >> 8) as u8
    };
    let stride = picture.width() as usize * 3;
    let source = picture.as_raw();
    let mut rows = source.clone();
    for (out, line) in rows
        .chunks_exact_mut(stride)
        .zip(source.chunks_exact(stride))
    {
        for at in 3..stride.saturating_sub(3) {
            out[at] = mix(line[at - 3], line[at], line[at + 3]);
        }
    }
    let mut blurred = picture.clone();
    let height = picture.height() as usize;
    for (row, out) in blurred
        .chunks_exact_mut(stride)
        .enumerate()
        .take(height.saturating_sub(1))
        .skip(1)
    {
        let [before, line, after] =
            [row - 1, row, row + 1].map(|row| &rows[row * stride..][..stride]);
        for (at, out) in out.iter_mut().enumerate() {
            *out = mix(before[at], line[at], after[at]);
        }
    }
    blurred
}
