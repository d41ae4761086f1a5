//! How sharp a photograph is, so that what is painted on it is no sharper and no softer.

use image::RgbImage;

use super::retina::{is_on_retina, is_visible};

/// Standard deviation of the blur with which the picture is compared, in pixels.
const COMPARED: f32 = 1.0;
/// Share of the pixels that count as edges.
const EDGES: f32 = 0.02;
/// What an estimate is held to, in pixels: beyond lies no photograph that shows a lesion.
const POSSIBLE: [f32; 2] = [0.45, 3.0];
/// The edges of vessels are not steps but slopes as wide as about this share of the estimate.
const SHARE_OF_OPTICS: f32 = 0.7;

/// Standard deviation, in pixels, of the blur by the photograph's optics, focus and compression.
///
/// A step blurred with standard deviation σ loses slope when it is blurred once more with σ₀, by the factor
/// √(σ² + σ₀²) / σ. The factor is measured on the steepest edges of the green channel (Zhuo and Sim, Defocus map
/// estimation from a single image, Pattern Recognition 2011).
pub(super) fn sharpness(picture: &RgbImage) -> f32 {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let green: Vec<f32> = picture.pixels().map(|pixel| f32::from(pixel[1])).collect();
    let mut blurred = green.clone();
    blur(&mut blurred, width, [0, 0, width, height], COMPARED);
    let inner = |x: usize, y: usize| {
        let is_inside = |at: [usize; 2]| {
            let at = at.map(|at| at as u32);
            is_visible(picture, at) && is_on_retina(picture, at, 0.85)
        };
        x > 1 && y > 1 && x + 2 < width && y + 2 < height && is_inside([x, y])
    };
    let mut slopes: Vec<[f32; 2]> = (0..green.len())
        .filter(|at| inner(at % width, at / width))
        .map(|at| [slope(&green, width, at), slope(&blurred, width, at)])
        .filter(|[before, after]| *before > 0.0 && *after > 0.0)
        .collect();
    let edges = (slopes.len() as f32 * EDGES) as usize;
    if edges < 8 {
        return 1.0;
    }
    slopes.select_nth_unstable_by(edges, |one, other| other[0].total_cmp(&one[0]));
    let mut factors: Vec<f32> = slopes[..edges]
        .iter()
        .map(|[before, after]| before / after)
        .collect();
    let (_, factor, _) = factors.select_nth_unstable_by(edges / 2, f32::total_cmp);
    let lost = (*factor * *factor - 1.0).max(1e-3);
    (SHARE_OF_OPTICS * COMPARED / lost.sqrt()).clamp(POSSIBLE[0], POSSIBLE[1])
}

/// Sobel's gradient magnitude, up to a factor.
fn slope(values: &[f32], width: usize, at: usize) -> f32 {
    let value = |dx: isize, dy: isize| values[(at as isize + dx + dy * width as isize) as usize];
    let across = value(1, -1) + 2.0 * value(1, 0) + value(1, 1)
        - value(-1, -1)
        - 2.0 * value(-1, 0)
        - value(-1, 1);
    let down = value(-1, 1) + 2.0 * value(0, 1) + value(1, 1)
        - value(-1, -1)
        - 2.0 * value(0, -1)
        - value(1, -1);
    across.hypot(down)
}

/// Blurs the part `[left, top, right, bottom)` of a picture of one channel with a Gaussian; its edge is repeated.
pub(super) fn blur(values: &mut [f32], width: usize, part: [usize; 4], deviation: f32) {
    let [left, top, right, bottom] = part;
    if right <= left || bottom <= top {
        return;
    }
    let (columns, rows) = (right - left, bottom - top);
    let reach = (3.0 * deviation).ceil() as usize;
    let weights: Vec<f32> = (0..=2 * reach)
        .map(|tap| (-((tap as f32 - reach as f32) / deviation).powi(2) / 2.0).exp())
        .collect();
    let share = 1.0 / weights.iter().sum::<f32>();
    let mut blurred_rows = vec![0.0_f32; columns * rows];
    let mut line = vec![0.0_f32; columns + 2 * reach];
    for (row, out) in blurred_rows.chunks_exact_mut(columns).enumerate() {
        let row = &values[(top + row) * width + left..][..columns];
        line[..reach].fill(row[0]);
        line[reach..reach + columns].copy_from_slice(row);
        line[reach + columns..].fill(row[columns - 1]);
        for (tap, weight) in weights.iter().enumerate() {
            add_weighted(out, &line[tap..tap + columns], weight * share);
        }
    }
    for row in 0..rows {
        let out = &mut values[(top + row) * width + left..][..columns];
        out.fill(0.0);
        for (tap, weight) in weights.iter().enumerate() {
            let from = (row + tap).saturating_sub(reach).min(rows - 1);
            let from = &blurred_rows[from * columns..][..columns];
            add_weighted(out, from, weight * share);
        }
    }
}

fn add_weighted(sums: &mut [f32], values: &[f32], weight: f32) {
    for (sum, value) in sums.iter_mut().zip(values) {
        *sum += weight * value;
    }
}
