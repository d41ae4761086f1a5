//! Illumination and colour made comparable between cameras, patients and parts of one photograph.
//!
//! Cameras and fundus pigmentation change the background far more than any lesion does. Subtracting the local
//! background of each channel (as Graham did for the EyePACS competition, 2015, with a Gaussian) leaves what differs
//! from its surroundings: vessels, disc, microaneurysms, haemorrhages, exudates.

use image::RgbImage;
use serde::{Deserialize, Serialize};

/// Below this brightness of the brightest channel (of 255) a neighbourhood is no part of the picture: border, the bars
/// of a field of view cut off at top and bottom, or so dark that nothing is to be seen.
const DARK: u32 = 12;

/// How illumination and colour of a cropped picture are standardised.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Standardization {
    /// Values as in the picture, divided by 255: `0..=1`.
    None,
    /// The local background of each channel is subtracted: `(value - background) * gain`, where values are in `0..=1`
    /// and the background is the mean over the visible neighbourhood, weighted by a box blurred with itself.
    /// Zero outside the field of view.
    LocalBackground {
        /// Half the width of the box, as a share of the picture's side; above 0.
        background_radius: f32,
        /// Factor that brings the differences to the order of one.
        gain: f32,
        /// Radius beyond which everything is zero, as a share of half the side; cuts the bright or coloured rim off.
        mask_radius: f32,
        /// Largest magnitude; what is beyond is clipped.
        limit: f32,
    },
}

impl Default for Standardization {
    /// Local background over 25 pixels of 384 to each side, gain 10, 98 % of the radius, clipped to ±5.
    fn default() -> Self {
        Self::LocalBackground {
            background_radius: 25.0 / 384.0,
            gain: 10.0,
            mask_radius: 0.98,
            limit: 5.0,
        }
    }
}

impl Standardization {
    /// Standardises a square picture; returns planar values `[3, side, side]`, channels red, green, blue.
    pub(crate) fn apply(&self, cropped: &RgbImage) -> Vec<f32> {
        match *self {
            Self::None => planes(cropped),
            Self::LocalBackground {
                background_radius,
                gain,
                mask_radius,
                limit,
            } => {
                let side = cropped.width() as usize;
                let box_radius =
                    ((background_radius * side as f32).round() as usize).clamp(1, side);
                let visible = visible_mask(cropped, mask_radius);
                subtract_background(cropped, &visible, box_radius, gain, limit)
            }
        }
    }

    /// 8-bit colour of one standardised pixel `at` (column, row) of a square of `side` pixels.
    pub(crate) fn visible(&self, value: [f32; 3], at: [u32; 2], side: usize) -> [u8; 3] {
        match *self {
            Self::None => value.map(|value| (value * 255.0).round() as u8),
            Self::LocalBackground {
                gain, mask_radius, ..
            } => {
                if !in_circle(at[0] as usize, at[1] as usize, side, mask_radius) {
                    return [0; 3];
                }
                // Three times the contrast of the photograph around middle grey.
                value.map(|value| (127.5 + value / gain * 3.0 * 255.0).round() as u8)
            }
        }
    }
}

fn planes(picture: &RgbImage) -> Vec<f32> {
    let pixels = picture.as_raw();
    let mut values = Vec::with_capacity(pixels.len());
    for channel in 0..3 {
        values.extend(
            pixels
                .iter()
                .skip(channel)
                .step_by(3)
                .map(|&value| f32::from(value) / 255.0),
        );
    }
    values
}

/// Whether the centre of a pixel lies within `radius` (share of half the side) of the middle of the square.
fn in_circle(x: usize, y: usize, side: usize, radius: f32) -> bool {
    let middle = side as f32 / 2.0;
    let [dx, dy] = [x, y].map(|at| at as f32 + 0.5 - middle);
    dx * dx + dy * dy <= (radius * middle).powi(2)
}

/// The pixels that show retina: within the circle and away from dark neighbourhoods, so that the bars of a cut-off
/// field of view do not leave a false edge.
pub(crate) fn visible_mask(cropped: &RgbImage, mask_radius: f32) -> Vec<bool> {
    let side = cropped.width() as usize;
    let brightness: Vec<u32> = cropped
        .as_raw()
        .chunks_exact(3)
        .map(|pixel| u32::from(pixel[0].max(pixel[1]).max(pixel[2])))
        .collect();
    let neighbourhood = (side / 128).max(1);
    let (bright_sums, counts) = (
        box_sums(&brightness, side, neighbourhood),
        window_counts(side, neighbourhood),
    );
    let dark: Vec<u32> = bright_sums
        .iter()
        .enumerate()
        .map(|(index, &sum)| u32::from(sum < DARK * counts[index / side] * counts[index % side]))
        .collect();
    let near_dark = box_sums(&dark, side, neighbourhood + 1);
    let visible = |(index, &count): (usize, &u32)| {
        count == 0 && in_circle(index % side, index / side, side, mask_radius)
    };
    near_dark.iter().enumerate().map(visible).collect()
}

/// How many pixels the window of `radius` around each position covers along one side.
fn window_counts(side: usize, radius: usize) -> Vec<u32> {
    (0..side)
        .map(|at| ((at + radius + 1).min(side) - at.saturating_sub(radius)) as u32)
        .collect()
}

/// Sums over the square window of `radius` around every pixel, cut at the frame; exact, hence symmetric.
fn box_sums(values: &[u32], side: usize, radius: usize) -> Vec<u32> {
    let mut rows = vec![0_u32; values.len()];
    for (row, sums) in values.chunks_exact(side).zip(rows.chunks_exact_mut(side)) {
        let mut sum: u32 = row[..radius.min(side)].iter().sum();
        for at in 0..side {
            if at + radius < side {
                sum += row[at + radius];
            }
            if at > radius {
                sum -= row[at - radius - 1];
            }
            sums[at] = sum;
        }
    }
    let mut sums = vec![0_u32; values.len()];
    let mut column_sums = vec![0_u32; side];
    for row in rows.chunks_exact(side).take(radius) {
        column_sums
            .iter_mut()
            .zip(row)
            .for_each(|(sum, value)| *sum += value);
    }
    for (at, out) in sums.chunks_exact_mut(side).enumerate() {
        if at + radius < side {
            let entering = &rows[(at + radius) * side..][..side];
            column_sums
                .iter_mut()
                .zip(entering)
                .for_each(|(sum, value)| *sum += value);
        }
        if at > radius {
            let leaving = &rows[(at - radius - 1) * side..][..side];
            column_sums
                .iter_mut()
                .zip(leaving)
                .for_each(|(sum, value)| *sum -= value);
        }
        out.copy_from_slice(&column_sums);
    }
    sums
}

/// `(value - background) * gain` clipped to `±limit` where visible, zero elsewhere.
fn subtract_background(
    picture: &RgbImage,
    visible: &[bool],
    box_radius: usize,
    gain: f32,
    limit: f32,
) -> Vec<f32> {
    let side = picture.width() as usize;
    let mut blurred: Vec<[f32; 4]> = picture
        .as_raw()
        .chunks_exact(3)
        .zip(visible)
        .map(|(pixel, &visible)| {
            if visible {
                [
                    f32::from(pixel[0]),
                    f32::from(pixel[1]),
                    f32::from(pixel[2]),
                    1.0,
                ]
            } else {
                [0.0; 4]
            }
        })
        .collect();
    // The sums of values and of visible pixels are blurred alike, so their quotient is a mean over visible pixels.
    let mut scratch = vec![[0.0_f32; 4]; blurred.len()];
    for _ in 0..2 {
        sum_along_rows(&blurred, &mut scratch, side, box_radius);
        sum_along_columns(&scratch, &mut blurred, side, box_radius);
    }

    let pixels = side * side;
    let mut values = vec![0.0_f32; 3 * pixels];
    let (red, rest) = values.split_at_mut(pixels);
    let (green, blue) = rest.split_at_mut(pixels);
    let factor = gain / 255.0;
    for (index, pixel) in picture.as_raw().chunks_exact(3).enumerate() {
        if !visible[index] {
            continue;
        }
        let sums = blurred[index];
        let share = 1.0 / sums[3];
        let difference = |channel: usize| {
            ((f32::from(pixel[channel]) - sums[channel] * share) * factor).clamp(-limit, limit)
        };
        red[index] = difference(0);
        green[index] = difference(1);
        blue[index] = difference(2);
    }
    values
}

/// Running sums of four interleaved channels over windows of `2 * radius + 1` pixels, zero beyond the frame.
fn sum_along_rows(values: &[[f32; 4]], sums: &mut [[f32; 4]], side: usize, radius: usize) {
    for (row, out) in values.chunks_exact(side).zip(sums.chunks_exact_mut(side)) {
        let mut sum = [0.0_f32; 4];
        row[..radius.min(side)]
            .iter()
            .for_each(|value| add(&mut sum, value));
        for at in 0..side {
            if at + radius < side {
                add(&mut sum, &row[at + radius]);
            }
            if at > radius {
                subtract(&mut sum, &row[at - radius - 1]);
            }
            out[at] = sum;
        }
    }
}

fn sum_along_columns(values: &[[f32; 4]], sums: &mut [[f32; 4]], side: usize, radius: usize) {
    let mut column_sums = vec![[0.0_f32; 4]; side];
    for row in values.chunks_exact(side).take(radius) {
        column_sums
            .iter_mut()
            .zip(row)
            .for_each(|(sum, value)| add(sum, value));
    }
    for (at, out) in sums.chunks_exact_mut(side).enumerate() {
        if at + radius < side {
            let entering = &values[(at + radius) * side..][..side];
            column_sums
                .iter_mut()
                .zip(entering)
                .for_each(|(sum, value)| add(sum, value));
        }
        if at > radius {
            let leaving = &values[(at - radius - 1) * side..][..side];
            column_sums
                .iter_mut()
                .zip(leaving)
                .for_each(|(sum, value)| subtract(sum, value));
        }
        out.copy_from_slice(&column_sums);
    }
}

fn add(sum: &mut [f32; 4], value: &[f32; 4]) {
    for channel in 0..4 {
        sum[channel] += value[channel];
    }
}

fn subtract(sum: &mut [f32; 4], value: &[f32; 4]) {
    for channel in 0..4 {
        sum[channel] -= value[channel];
    }
}
