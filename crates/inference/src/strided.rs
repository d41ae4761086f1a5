//! Convolutions with stride 2 (3×3 with a padding of 1, and 1×1), and their gradients with respect to the input, as
//! direct products.
//!
//! The gradient falls into four cases by whether row and column of the input are even or odd: each sees the taps of one
//! parity, and so is a small convolution of its own.

use crate::feature_map::{BEFORE, FeatureMap, padded};
use crate::finish::Finish;
use crate::lanes::{InstructionSet, Lanes, Sixteen, Task};
use crate::product::{products, products_in_chains};
use crate::scratch::Scratch;
use crate::share::{self, Share};

/// Sixteens of output channels that are computed together.
const WIDE: usize = 2;

/// Rows of output in a share.
const ROWS: usize = 16;

/// The values of a weight by output channel, input channel and tap.
pub(crate) type Weight<'a> = &'a dyn Fn(usize, usize, usize) -> f32;

/// Filters `[output][input][side][side]` in the order in which they are used: `[output / 32][input / 16][row][column]
/// [16][2]` of sixteen output channels.
#[derive(Clone, Debug)]
pub(crate) struct Filters {
    inputs: usize,
    outputs: usize,
    side: usize,
    values: Vec<Sixteen>,
}

impl Filters {
    /// Filters of side 3 or 1 that `weight(output, input, tap)` names; tap `side × row + column`.
    pub(crate) fn new(outputs: usize, inputs: usize, side: usize, weight: Weight<'_>) -> Self {
        let taps: Vec<usize> = (0..side * side).collect();
        Self {
            inputs,
            outputs,
            side,
            values: packed(outputs, inputs, &taps, weight),
        }
    }

    /// The weight of an output channel, an input channel and a tap.
    pub(crate) fn weight(&self, output: usize, input: usize, tap: usize) -> f32 {
        let (group, within) = (output / (16 * WIDE), output % (16 * WIDE));
        let taps = self.side * self.side;
        let place = ((group * self.inputs / 16 + input / 16) * taps + tap) * 16 + input % 16;
        self.values[place * WIDE + within / 16].0[within % 16]
    }

    /// Number of output channels.
    pub(crate) fn outputs(&self) -> usize {
        self.outputs
    }

    /// Number of input channels.
    pub(crate) fn inputs(&self) -> usize {
        self.inputs
    }

    /// Convolves every second place.
    pub(crate) fn convolve(
        &self,
        set: InstructionSet,
        input: &FeatureMap,
        finish: &Finish<'_>,
    ) -> FeatureMap {
        let [height, width] = [input.height, input.width].map(|side| side.div_ceil(2));
        let mut output = FeatureMap::new(input.pictures, self.outputs / 16, height, width);
        share::run(set, &mut output, 1, ROWS, WIDE, |share| Convolution {
            filters: self,
            input,
            finish,
            size: [height, width],
            share,
        });
        output
    }
}

/// `[output / 32][input / 16][tap][16][2]`, for some taps.
fn packed(outputs: usize, inputs: usize, taps: &[usize], weight: Weight<'_>) -> Vec<Sixteen> {
    let mut values = Vec::with_capacity(outputs * inputs * taps.len() / 16);
    for group in (0..outputs).step_by(16 * WIDE) {
        for block in (0..inputs).step_by(16) {
            for &tap in taps {
                for input in block..block + 16 {
                    for half in 0..WIDE {
                        let first = group + 16 * half;
                        values.push(Sixteen(std::array::from_fn(|lane| {
                            weight(first + lane, input, tap)
                        })));
                    }
                }
            }
        }
    }
    values
}

/// One share of a convolution. A band is a row of outputs.
struct Convolution<'a> {
    filters: &'a Filters,
    input: &'a FeatureMap,
    finish: &'a Finish<'a>,
    size: [usize; 2],
    share: Share<'a>,
}

impl Task for Convolution<'_> {
    #[inline(always)]
    fn run<L: Lanes>(mut self) {
        let side = self.filters.side;
        let (columns, plane) = (self.input.columns, self.input.plane_length());
        let runs: Vec<usize> = (0..self.input.blocks)
            .flat_map(|block| (0..side).map(move |row| 16 * (block * plane + row * columns)))
            .collect();
        // The window of 3 begins one place before the output's place, in the margin; that of 1 begins there.
        let begin = BEFORE - side / 2;
        let [height, width] = self.size;
        let group_length = self.filters.values.len() / (self.filters.outputs / (16 * WIDE));
        let mut sums = Scratch::new(width * WIDE);
        for group in self.share.blocks.start / WIDE..self.share.blocks.end / WIDE {
            let weights = &self.filters.values[group * group_length..][..group_length];
            for (place, band) in self.share.bands.clone().enumerate() {
                let (picture, row) = (band / height, band % height);
                let start = (2 * row + begin) * columns + begin;
                products::<L, 32, WIDE>(
                    Sixteen::values(&self.input.picture(picture)[start..]),
                    &runs,
                    16 * side,
                    weights,
                    &mut sums,
                    None,
                    false,
                );
                for half in 0..WIDE {
                    let block = group * WIDE + half;
                    let target = self.share.target(place, block);
                    let written = &mut self.share.written[target];
                    for column in 0..width {
                        let sum = L::load(&sums[column * WIDE + half]);
                        let value = self.finish.of(sum, picture, block, row, column);
                        value.store(&mut written[BEFORE + column]);
                    }
                }
            }
        }
    }
}

/// The gradient of a convolution with stride 2 with respect to its input, and, if there is one, of the 1×1 convolution
/// beside it.
#[derive(Clone, Debug)]
pub(crate) struct Gradient {
    /// Channels of the convolution's output, over which the gradient sums.
    summed: usize,
    /// Channels of the convolution's input.
    channels: usize,
    /// For even and odd rows, then columns: packed filters.
    cases: [[Vec<Sixteen>; 2]; 2],
    shortcut: Vec<Sixteen>,
}

/// The taps that an even or an odd place of the input is seen by, in the order of the outputs that see it.
const TAPS: [&[usize]; 2] = [&[1], &[2, 0]];

impl Gradient {
    /// Of a 3×3 convolution and the 1×1 convolution beside it, whose weights `weight` and `shortcut` name by output,
    /// input and tap.
    pub(crate) fn new(
        summed: usize,
        channels: usize,
        weight: Weight<'_>,
        shortcut: Weight<'_>,
    ) -> Self {
        let case = |row: usize, column: usize| {
            let taps: Vec<usize> = TAPS[row]
                .iter()
                .flat_map(|row| TAPS[column].iter().map(move |column| 3 * row + column))
                .collect();
            packed(channels, summed, &taps, &|output, input, tap| {
                weight(input, output, tap)
            })
        };
        Self {
            summed,
            channels,
            cases: [[case(0, 0), case(0, 1)], [case(1, 0), case(1, 1)]],
            shortcut: packed(channels, summed, &[0], &|output, input, tap| {
                shortcut(input, output, tap)
            }),
        }
    }

    /// From the gradients after the convolution and after the shortcut to the gradient before both, `size` high and
    /// wide.
    pub(crate) fn propagate(
        &self,
        set: InstructionSet,
        gradient: &FeatureMap,
        shortcut: &FeatureMap,
        size: [usize; 2],
        finish: &Finish<'_>,
    ) -> FeatureMap {
        let [height, width] = size;
        let mut output = FeatureMap::new(gradient.pictures, self.channels / 16, height, width);
        share::run(set, &mut output, 2, ROWS, WIDE, |share| Propagation {
            filters: self,
            gradient,
            shortcut,
            finish,
            size,
            share,
        });
        output
    }
}

/// One share of a gradient. A band is two rows of the input, one of the gradient.
struct Propagation<'a> {
    filters: &'a Gradient,
    gradient: &'a FeatureMap,
    shortcut: &'a FeatureMap,
    finish: &'a Finish<'a>,
    size: [usize; 2],
    share: Share<'a>,
}

impl Task for Propagation<'_> {
    #[inline(always)]
    fn run<L: Lanes>(mut self) {
        let [height, width] = self.size;
        let bands = height.div_ceil(2);
        let groups = self.share.blocks.start / WIDE..self.share.blocks.end / WIDE;
        let mut sums = Scratch::new(width.div_ceil(2) * WIDE);
        for group in groups {
            for (place, band) in self.share.bands.clone().enumerate() {
                let (picture, row) = (band / bands, band % bands);
                for (odd_row, odd_column) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
                    if 2 * row + odd_row >= height || odd_column >= width {
                        continue;
                    }
                    let places = (width - odd_column).div_ceil(2);
                    let sums = &mut sums[..places * WIDE];
                    self.sum::<L>(group, picture, row, [odd_row, odd_column], sums);
                    let place = [place, 2 * row + odd_row];
                    self.write::<L>(group, picture, place, odd_column, sums);
                }
            }
        }
    }
}

impl Propagation<'_> {
    #[inline(always)]
    fn sum<L: Lanes>(
        &self,
        group: usize,
        picture: usize,
        row: usize,
        [odd_row, odd_column]: [usize; 2],
        sums: &mut [Sixteen],
    ) {
        let (columns, plane) = (self.gradient.columns, self.gradient.plane_length());
        let start = self.gradient.place(row, 0);
        let groups = self.filters.channels / (16 * WIDE);
        let blocks = self.filters.summed / 16;
        let weights = |packed: &'_ [Sixteen]| {
            let length = packed.len() / groups;
            group * length..(group + 1) * length
        };
        let rows = TAPS[odd_row].len();
        let runs: Vec<usize> = (0..blocks)
            .flat_map(|block| (0..rows).map(move |row| 16 * (block * plane + row * columns)))
            .collect();
        let case = &self.filters.cases[odd_row][odd_column];
        products_in_chains::<L, 16, WIDE>(
            Sixteen::values(&self.gradient.picture(picture)[start..]),
            &runs,
            16 * TAPS[odd_column].len(),
            &case[weights(case)],
            sums,
            false,
        );
        if (odd_row, odd_column) == (0, 0) {
            let runs: Vec<usize> = (0..blocks).map(|block| 16 * block * plane).collect();
            let shortcut = &self.filters.shortcut;
            products_in_chains::<L, 16, WIDE>(
                Sixteen::values(&self.shortcut.picture(picture)[start..]),
                &runs,
                16,
                &shortcut[weights(shortcut)],
                sums,
                true,
            );
        }
    }

    #[inline(always)]
    fn write<L: Lanes>(
        &mut self,
        group: usize,
        picture: usize,
        [place, row]: [usize; 2],
        odd_column: usize,
        sums: &[Sixteen],
    ) {
        let columns = padded(self.size[1]);
        for half in 0..WIDE {
            let block = group * WIDE + half;
            let target = self.share.target(place, block);
            let written = &mut self.share.written[target];
            for (step, sums) in sums.chunks_exact(WIDE).enumerate() {
                let column = 2 * step + odd_column;
                let sum = L::load(&sums[half]);
                let value = self.finish.of(sum, picture, block, row, column);
                value.store(&mut written[(row % 2) * columns + BEFORE + column]);
            }
        }
    }
}
