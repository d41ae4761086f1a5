//! The first convolution, 7×7 over three channels with stride 2 and a padding of 3, with the 3×3 max pooling with stride 2
//! behind it, and the convolution's gradient with respect to the pictures.

use rayon::prelude::*;

use crate::feature_map::{BEFORE, FeatureMap};
use crate::finish::Normalization;
use crate::lanes::{InstructionSet, Lanes, Sixteen, Task};
use crate::product::{products, products_in_chains};
use crate::scratch::Scratch;
use crate::share::{self, Share};
use crate::strided::Weight;

const SIDE: usize = 7;
const PADDING: usize = 3;
const COLORS: usize = 3;
/// Sixteens of output channels that are computed together.
const WIDE: usize = 2;
/// Rows of output in a share.
const ROWS: usize = 14;

/// Filters `[64][3][7][7]` as `[output / 32][row][column][color][2]` of sixteen output channels.
#[derive(Clone, Debug)]
pub(crate) struct Filters {
    outputs: usize,
    values: Vec<Sixteen>,
}

impl Filters {
    /// Filters that `weight(output, color, tap)` names; tap `7 × row + column`.
    pub(crate) fn new(outputs: usize, weight: Weight<'_>) -> Self {
        let mut values = Vec::with_capacity(outputs / 16 * SIDE * SIDE * COLORS);
        for group in (0..outputs).step_by(16 * WIDE) {
            for tap in 0..SIDE * SIDE {
                for color in 0..COLORS {
                    for half in 0..WIDE {
                        let first = group + 16 * half;
                        values.push(Sixteen(std::array::from_fn(|lane| {
                            weight(first + lane, color, tap)
                        })));
                    }
                }
            }
        }
        Self { outputs, values }
    }

    /// The weight of an output channel, a color and a tap.
    pub(crate) fn weight(&self, output: usize, color: usize, tap: usize) -> f32 {
        let (group, within) = (output / (16 * WIDE), output % (16 * WIDE));
        let place = (group * SIDE * SIDE + tap) * COLORS + color;
        self.values[place * WIDE + within / 16].0[within % 16]
    }

    /// Convolves planar pictures `[picture][3][height][width]`, normalises and rectifies, and pools the greatest value of
    /// each 3×3 window with stride 2. With `keep`, also the places of the greatest values, 0 to 8 row by row, of the
    /// first where several are as great.
    pub(crate) fn pooled(
        &self,
        set: InstructionSet,
        pictures: &[f32],
        size: [usize; 2],
        normalization: &Normalization,
        keep: bool,
    ) -> (FeatureMap, Option<FeatureMap>) {
        let interleaved = Interleaved::new(pictures, size);
        let count = pictures.len() / (COLORS * size[0] * size[1]);
        let stem = size.map(|side| side.div_ceil(2));
        let [height, width] = stem.map(|side| side.div_ceil(2));
        let mut winners = keep.then(|| FeatureMap::new(count, self.outputs / 16, height, width));
        let mut pooled = FeatureMap::new(count, self.outputs / 16, height, width);
        share::run_with(
            set,
            &mut pooled,
            winners.as_mut(),
            ROWS,
            |share, winners| Pooled {
                filters: self,
                pictures: &interleaved,
                normalization,
                stem,
                height,
                share,
                winners,
            },
        );
        (pooled, winners)
    }
}

/// Pictures with their colors side by side and a margin of zeros: `[picture][row][column][3]`.
struct Interleaved {
    /// Values from one row to the next.
    line: usize,
    rows: usize,
    values: Scratch,
}

impl Interleaved {
    fn new(pictures: &[f32], [height, width]: [usize; 2]) -> Self {
        // The last window of an odd side sees one place more.
        let [rows, columns] = [height, width].map(|side| side + 2 * PADDING + 1);
        let line = (columns * COLORS).next_multiple_of(16);
        let count = pictures.len() / (COLORS * height * width);
        let mut values = Scratch::new(count * rows * line / 16);
        let lines = values.par_chunks_mut(line / 16).enumerate();
        lines.with_min_len(32).for_each(|(number, written)| {
            let (picture, row) = (number / rows, number % rows);
            let written = Sixteen::values_mut(written);
            written.fill(0.0);
            if !(PADDING..PADDING + height).contains(&row) {
                return;
            }
            let plane = |color| {
                let line = (picture * COLORS + color) * height + row - PADDING;
                &pictures[line * width..][..width]
            };
            let (red, green, blue) = (plane(0), plane(1), plane(2));
            let (pixels, _) = written[PADDING * COLORS..].as_chunks_mut::<COLORS>();
            let colors = red.iter().zip(green).zip(blue);
            for (pixel, ((&red, &green), &blue)) in pixels.iter_mut().zip(colors) {
                *pixel = [red, green, blue];
            }
        });
        Self { line, rows, values }
    }
}

/// One share of the convolution with the pooling behind it. A band is a pooled row.
///
/// The convolution's own output, four times as large, never exists as a whole: three of its rows are kept at a time.
struct Pooled<'a> {
    filters: &'a Filters,
    pictures: &'a Interleaved,
    normalization: &'a Normalization,
    /// Height and width of the convolution's output.
    stem: [usize; 2],
    /// Height of the pooled output.
    height: usize,
    share: Share<'a>,
    /// Where the winners are written, as in `share`, if they are kept.
    winners: Vec<&'a mut [Sixteen]>,
}

impl Task for Pooled<'_> {
    #[inline(always)]
    fn run<L: Lanes>(mut self) {
        // Rows with a margin of one place at either end.
        let columns = self.stem[1] + 2;
        let mut rows: [Scratch; 3] = std::array::from_fn(|_| Scratch::new(columns * WIDE));
        let mut sums = Scratch::new(self.stem[1] * WIDE);
        for group in self.share.blocks.start / WIDE..self.share.blocks.end / WIDE {
            let mut computed = None;
            for (place, band) in self.share.bands.clone().enumerate() {
                let (picture, row) = (band / self.height, band % self.height);
                // Of the three rows of a window, the first is the last one of the window above.
                let shared = computed == Some((picture, row.wrapping_sub(1)));
                if shared {
                    rows.swap(0, 2);
                }
                for (window_row, target) in rows.iter_mut().enumerate().skip(usize::from(shared)) {
                    let stem_row = (2 * row + window_row).checked_sub(1);
                    match stem_row.filter(|&row| row < self.stem[0]) {
                        Some(stem_row) => {
                            self.convolve::<L>(group, picture, stem_row, &mut sums, target);
                        }
                        None => target.fill(Sixteen::default()),
                    }
                }
                computed = Some((picture, row));
                for half in 0..WIDE {
                    let block = group * WIDE + half;
                    let target = self.share.target(place, block);
                    let winners = self.winners.get_mut(target);
                    pool_row::<L>(&rows, half, self.share.written[target], winners);
                }
            }
        }
    }
}

impl Pooled<'_> {
    /// One row of the convolution for one group of channels, after batch norm and ReLU: `[place][2]` with margins.
    #[inline(always)]
    fn convolve<L: Lanes>(
        &self,
        group: usize,
        picture: usize,
        row: usize,
        sums: &mut [Sixteen],
        written: &mut [Sixteen],
    ) {
        let line = self.pictures.line;
        let runs: [usize; SIDE] = std::array::from_fn(|row| row * line);
        let group_length = SIDE * SIDE * COLORS * WIDE;
        let values = Sixteen::values(&self.pictures.values);
        let start = (picture * self.pictures.rows + 2 * row) * line;
        products::<L, { 2 * COLORS }, WIDE>(
            &values[start..],
            &runs,
            SIDE * COLORS,
            &self.filters.values[group * group_length..][..group_length],
            sums,
            None,
            false,
        );
        let finished = sums.len();
        written[..WIDE].fill(Sixteen::default());
        written[WIDE + finished..].fill(Sixteen::default());
        for half in 0..WIDE {
            let scale = L::load(&self.normalization.scale[group * WIDE + half]);
            let shift = L::load(&self.normalization.shift[group * WIDE + half]);
            for place in (half..finished).step_by(WIDE) {
                let value = L::load(&sums[place]).mul_add(scale, shift);
                L::splat(0.0).max(value).store(&mut written[WIDE + place]);
            }
        }
    }
}

/// Pools one half of the channels of three rows.
#[inline(always)]
fn pool_row<L: Lanes>(
    rows: &[Scratch; 3],
    half: usize,
    pooled: &mut [Sixteen],
    winners: Option<&mut &mut [Sixteen]>,
) {
    let places = (rows[0].len() / WIDE - 2).div_ceil(2);
    match winners {
        None => {
            for place in 0..places {
                let mut greatest = L::splat(0.0);
                for row in rows {
                    for column in 0..3 {
                        let value = L::load(&row[(2 * place + column) * WIDE + half]);
                        greatest = greatest.max(value);
                    }
                }
                greatest.store(&mut pooled[BEFORE + place]);
            }
        }
        Some(winners) => {
            for place in 0..places {
                let mut greatest = L::load(&rows[0][2 * place * WIDE + half]);
                let mut winner = L::splat(0.0);
                for tap in 1..9 {
                    let value = L::load(&rows[tap / 3][(2 * place + tap % 3) * WIDE + half]);
                    winner = value.select_greater(greatest, L::splat(tap as f32), winner);
                    greatest = value.select_greater(greatest, value, greatest);
                }
                greatest.store(&mut pooled[BEFORE + place]);
                winner.store(&mut winners[BEFORE + place]);
            }
        }
    }
}

/// Side of the window of output places that see the four pixels of a 2×2 cell.
const WINDOW: usize = 4;

/// The gradient with respect to the pictures. For every 2×2 cell of pixels it is a product with the 4×4 outputs that see
/// it: `[output][row][column]` of the cell's `2 × 2 × (3 colors and a gap)` values.
#[derive(Clone, Debug)]
pub(crate) struct Gradient {
    values: Vec<Sixteen>,
}

impl Gradient {
    /// Of a convolution whose weights `weight` names by output channel, color and tap.
    pub(crate) fn new(outputs: usize, weight: Weight<'_>) -> Self {
        let mut values = Vec::with_capacity(outputs * WINDOW * WINDOW);
        for block in (0..outputs).step_by(16) {
            for tap in 0..WINDOW * WINDOW {
                for output in block..block + 16 {
                    values.push(Sixteen(std::array::from_fn(|lane| {
                        let (cell, color) = (lane / 4, lane % 4);
                        match tap_of(cell / 2, tap / WINDOW).zip(tap_of(cell % 2, tap % WINDOW)) {
                            Some((row, column)) if color < COLORS => {
                                weight(output, color, SIDE * row + column)
                            }
                            _ => 0.0,
                        }
                    })));
                }
            }
        }
        Self { values }
    }

    /// From the gradient after the convolution to planar gradients `[picture][3][height][width]`.
    pub(crate) fn propagate(
        &self,
        set: InstructionSet,
        gradient: &FeatureMap,
        [height, width]: [usize; 2],
    ) -> Vec<f32> {
        let mut cells =
            FeatureMap::new(gradient.pictures, 1, height.div_ceil(2), width.div_ceil(2));
        share::run(set, &mut cells, 1, ROWS, 1, |share| Propagation {
            filters: self,
            gradient,
            share,
        });
        let mut planar = vec![0.0; gradient.pictures * COLORS * height * width];
        planar
            .par_chunks_mut(width)
            .enumerate()
            .for_each(|(line, values)| {
                let (picture, within) = (line / (COLORS * height), line % (COLORS * height));
                let (color, row) = (within / height, within % height);
                for (column, value) in values.iter_mut().enumerate() {
                    let cell = cells.at(picture, 0, row / 2, column / 2);
                    *value = cell.0[(row % 2 * 2 + column % 2) * 4 + color];
                }
            });
        planar
    }
}

/// The tap by which the output `place` places after the one before the cell's own sees the cell's first or second pixel.
fn tap_of(pixel: usize, place: usize) -> Option<usize> {
    (pixel + 5).checked_sub(2 * place).filter(|&tap| tap < SIDE)
}

/// One share of the gradient. A band is a row of cells.
struct Propagation<'a> {
    filters: &'a Gradient,
    gradient: &'a FeatureMap,
    share: Share<'a>,
}

impl Task for Propagation<'_> {
    #[inline(always)]
    fn run<L: Lanes>(mut self) {
        let (columns, plane) = (self.gradient.columns, self.gradient.plane_length());
        let runs: Vec<usize> = (0..self.gradient.blocks)
            .flat_map(|block| (0..WINDOW).map(move |row| 16 * (block * plane + row * columns)))
            .collect();
        let (height, width) = (self.gradient.height, self.gradient.width);
        for (place, band) in self.share.bands.clone().enumerate() {
            let (picture, row) = (band / height, band % height);
            products_in_chains::<L, 16, 1>(
                Sixteen::values(&self.gradient.picture(picture)[row * columns..]),
                &runs,
                16 * WINDOW,
                &self.filters.values,
                &mut self.share.written[place][BEFORE..][..width],
                false,
            );
        }
    }
}
