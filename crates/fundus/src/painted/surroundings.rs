//! The colour of the retina around each place, without what is as small as a vessel or a lesion.

use image::RgbImage;

use super::retina::is_visible;

/// Cells along the side of a picture: each is about as wide as three large vessels.
const CELLS: u32 = 24;

/// Mean colour of the visible retina on a grid of cells, interpolated between their centres.
pub(super) struct Surroundings {
    cell: f32,
    columns: usize,
    rows: usize,
    means: Vec<[f32; 3]>,
}

impl Surroundings {
    pub(super) fn of(picture: &RgbImage) -> Self {
        let cell = (picture.width().max(picture.height()) / CELLS).max(4);
        let columns = picture.width().div_ceil(cell) as usize;
        let rows = picture.height().div_ceil(cell) as usize;
        // Three channels and the number of pixels.
        let mut sums = vec![[0.0_f32; 4]; columns * rows];
        for (x, y, pixel) in picture.enumerate_pixels() {
            if is_visible(picture, [x, y]) {
                let sum = &mut sums[(y / cell) as usize * columns + (x / cell) as usize];
                for (sum, value) in sum.iter_mut().zip(pixel.0) {
                    *sum += f32::from(value);
                }
                sum[3] += 1.0;
            }
        }
        let total = sums.iter().fold([0.0; 4], add);
        let smooth = |at: usize| -> [f32; 3] {
            let (column, row) = (at % columns, at / columns);
            let near = (row.saturating_sub(1)..=(row + 1).min(rows - 1))
                .flat_map(|row| {
                    let near = column.saturating_sub(1)..=(column + 1).min(columns - 1);
                    near.map(move |column| row * columns + column)
                })
                .fold([0.0; 4], |sum, at| add(sum, &sums[at]));
            let sum = if near[3] > 0.0 { near } else { total };
            [0, 1, 2].map(|channel| sum[channel] / sum[3].max(1.0))
        };
        Self {
            cell: cell as f32,
            columns,
            rows,
            means: (0..sums.len()).map(smooth).collect(),
        }
    }

    /// Mean colour, of 255, around a pixel.
    pub(super) fn at(&self, x: u32, y: u32) -> [f32; 3] {
        let place = |at: u32, cells: usize| {
            let at = ((at as f32 + 0.5) / self.cell - 0.5).clamp(0.0, (cells - 1) as f32);
            let before = (at as usize).min(cells.saturating_sub(2));
            (before, (before + 1).min(cells - 1), at - before as f32)
        };
        let (left, right, across) = place(x, self.columns);
        let (top, bottom, down) = place(y, self.rows);
        let row = |row: usize| {
            let [left, right] = [left, right].map(|column| self.means[row * self.columns + column]);
            [0, 1, 2].map(|channel| left[channel] * (1.0 - across) + right[channel] * across)
        };
        let [upper, lower] = [top, bottom].map(row);
        [0, 1, 2].map(|channel| upper[channel] * (1.0 - down) + lower[channel] * down)
    }
}

fn add(mut sum: [f32; 4], value: &[f32; 4]) -> [f32; 4] {
    for (sum, value) in sum.iter_mut().zip(value) {
        *sum += value;
    }
    sum
}
