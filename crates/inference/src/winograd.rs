//! 3×3 convolutions with stride 1 by Winograd's F(4×4, 3×3) (Lavin and Gray 2016, arXiv:1509.09308): a tile of 4×4
//! outputs takes 36 multiplications a pair of channels instead of 144.
//!
//! The same code computes the gradient with respect to the input, which is a convolution with turned filters. Filters
//! are transformed when they are used, block by block, and not kept: transformed they are four times as large, and
//! memory is what limits layers with many channels and few places.

pub(crate) mod transforms;

use half::f16;
use half::slice::HalfFloatSliceExt;

use crate::feature_map::FeatureMap;
use crate::finish::Finish;
use crate::lanes::{Halves, InstructionSet, Lanes, Sixteen, Task, prefetch};
use crate::product::products;
use crate::scratch::Scratch;
use crate::share::{self, Share};

/// Side of a tile of outputs.
const TILE: usize = 4;

/// Products of a tile: 6×6.
const POINTS: usize = 36;

/// Input channels whose transformed filters are made at once: they fit the second-level cache.
const CHUNK: usize = 64;

/// Products that are added up one after the other; the chains of a chunk are added to one another, and then the chunks.
/// The shorter the chains, the smaller the rounding errors and the longer it takes.
const CHAIN: usize = 32;

/// The same for a gradient: with these the gradient of the whole network is as near to double precision as twice the
/// error of direct convolutions, which chains of 32 are not.
const CHAIN_OF_GRADIENT: usize = 8;

/// Output channels that are computed together, in sixteens.
const WIDE: usize = 2;

/// Tiles of a share where there are few channels: their transformed inputs fit the second-level cache.
const TILES: usize = 28;

/// Tiles of a share where there are more than 128 channels, whose filters take longer to transform.
const TILES_WITH_MANY_CHANNELS: usize = 56;

/// Sixteens from one point's transformed filters to the next's, and from one point's sums to the next's beside the
/// sums: not a power of two, or all 36 would fall into the same lines of the cache.
const FILTER_POINT: usize = CHUNK * WIDE + 2;

/// Filters `[output][input][3][3]` with numbers of channels that are multiples of 64, in the order in which they are
/// used: `[output / 32][input][2][9]` of sixteen output channels.
#[derive(Clone, Debug)]
pub(crate) struct Filters {
    inputs: usize,
    outputs: usize,
    values: Values,
    /// What the filters of each input channel are multiplied with.
    scale: Option<Vec<f32>>,
    /// Products that are added up one after the other, a divisor of [`CHUNK`] below it.
    chain: usize,
}

/// Weights in half precision where nothing is lost by it, which is so for weights that were stored so: half the memory
/// to read.
#[derive(Clone, Debug)]
enum Values {
    Halves(Vec<Halves>),
    Singles(Vec<Sixteen>),
}

impl Filters {
    /// Filters that `weight(output, input, tap)` names; tap `3 × row + column`.
    pub(crate) fn new(
        outputs: usize,
        inputs: usize,
        weight: impl Fn(usize, usize, usize) -> f32,
    ) -> Self {
        let mut values = Vec::with_capacity(outputs * inputs * 9 / 16);
        for group in (0..outputs).step_by(16 * WIDE) {
            for input in 0..inputs {
                for half in 0..WIDE {
                    let first = group + 16 * half;
                    for tap in 0..9 {
                        values.push(Sixteen(std::array::from_fn(|lane| {
                            weight(first + lane, input, tap)
                        })));
                    }
                }
            }
        }
        Self {
            inputs,
            outputs,
            values: Values::of(values),
            scale: None,
            chain: CHAIN,
        }
    }

    /// The filters of the gradient with respect to the input, turned by half; those of each output are multiplied with
    /// its `scale`.
    pub(crate) fn turned(&self, scale: impl Fn(usize) -> f32) -> Self {
        let turned = Self::new(self.inputs, self.outputs, |input, output, tap| {
            self.weight(output, input, 8 - tap)
        });
        Self {
            scale: Some((0..self.outputs).map(scale).collect()),
            chain: CHAIN_OF_GRADIENT,
            ..turned
        }
    }

    fn weight(&self, output: usize, input: usize, tap: usize) -> f32 {
        let (group, within) = (output / (16 * WIDE), output % (16 * WIDE));
        let place = ((group * self.inputs + input) * WIDE + within / 16) * 9 + tap;
        match &self.values {
            Values::Halves(values) => values[place].0[within % 16].to_f32(),
            Values::Singles(values) => values[place].0[within % 16],
        }
    }

    /// Transforms the filters of one chunk of inputs for one group of outputs: `[point][input][2]`, points
    /// [`FILTER_POINT`] apart.
    #[inline(always)]
    fn transform<L: Lanes>(&self, group: usize, chunk: usize, transformed: &mut [Sixteen]) {
        let start = (group * self.inputs + chunk * CHUNK) * WIDE;
        for input in 0..CHUNK {
            let scale = match &self.scale {
                Some(scale) => scale[chunk * CHUNK + input],
                None => 1.0,
            };
            for half in 0..WIDE {
                let place = WIDE * input + half;
                let mut taps = [L::splat(0.0); 9];
                match &self.values {
                    Values::Halves(values) => {
                        let filter = &values[(start + place) * 9..][..9];
                        for (tap, values) in taps.iter_mut().zip(filter) {
                            *tap = L::load_halves(values);
                        }
                    }
                    Values::Singles(values) => {
                        let filter = &values[(start + place) * 9..][..9];
                        for (tap, values) in taps.iter_mut().zip(filter) {
                            *tap = L::load(values);
                        }
                    }
                }
                transforms::filter::<L>(taps, scale, &mut transformed[place..], FILTER_POINT);
            }
        }
    }

    /// Asks for a 36th of the filters that are used after those of a chunk and a group.
    #[inline(always)]
    fn prefetch(&self, group: usize, chunk: usize, point: usize) {
        let chunks = self.inputs / CHUNK;
        let after = CHUNK * WIDE * 9 / POINTS * (POINTS * (group * chunks + chunk + 1) + point);
        let part = after..after + CHUNK * WIDE * 9 / POINTS;
        match &self.values {
            Values::Halves(values) => prefetch(values.get(part).unwrap_or_default()),
            Values::Singles(values) => prefetch(values.get(part).unwrap_or_default()),
        }
    }

    /// Convolves with a padding of 1.
    pub(crate) fn convolve(
        &self,
        set: InstructionSet,
        input: &FeatureMap,
        finish: &Finish<'_>,
    ) -> FeatureMap {
        let mut output =
            FeatureMap::new(input.pictures, self.outputs / 16, input.height, input.width);
        let tiles_in_row = input.width.div_ceil(TILE);
        let tiles = match self.inputs {
            ..=128 => TILES,
            _ => TILES_WITH_MANY_CHANNELS,
        };
        let most_rows = (tiles / tiles_in_row).max(1);
        share::run(set, &mut output, TILE, most_rows, WIDE, |share| {
            Convolution {
                filters: self,
                input,
                finish,
                share,
            }
        });
        output
    }
}

/// One share of a convolution. A band is a row of tiles.
struct Convolution<'a> {
    filters: &'a Filters,
    input: &'a FeatureMap,
    finish: &'a Finish<'a>,
    share: Share<'a>,
}

impl Task for Convolution<'_> {
    #[inline(always)]
    fn run<L: Lanes>(mut self) {
        let tiles = self.share.bands.len() * self.tiles_in_row();
        // Odd, for the same reason as `FILTER_POINT`.
        let padded = tiles | 1;
        let chunks = self.filters.inputs / CHUNK;
        let mut inputs = Scratch::new(chunks * POINTS * padded * (CHUNK / 16));
        self.transform_inputs::<L>(&mut inputs, padded);

        let mut filters = Scratch::new(POINTS * FILTER_POINT);
        let mut sums = Scratch::new(POINTS * padded * WIDE);
        let mut part = Scratch::new(tiles * WIDE);
        for group in self.share.blocks.start / WIDE..self.share.blocks.end / WIDE {
            for chunk in 0..chunks {
                self.filters.transform::<L>(group, chunk, &mut filters);
                for point in 0..POINTS {
                    // The next filters come from memory while these are used.
                    self.filters.prefetch(group, chunk, point);
                    let input = &inputs[(chunk * POINTS + point) * padded * (CHUNK / 16)..];
                    let input = Sixteen::values(&input[..tiles * (CHUNK / 16)]);
                    let filters = &filters[point * FILTER_POINT..][..CHUNK * WIDE];
                    let sums = &mut sums[point * padded * WIDE..][..tiles * WIDE];
                    self.add_products::<L>(input, filters, &mut part, sums, chunk > 0);
                }
            }
            self.write_outputs::<L>(group, &sums, padded);
        }
    }
}

impl Convolution<'_> {
    fn tiles_in_row(&self) -> usize {
        self.input.width.div_ceil(TILE)
    }

    /// The products of one point and one chunk, added to `sums` or written there; `part` holds the sum of the chunk's
    /// chains before the last.
    #[inline(always)]
    fn add_products<L: Lanes>(
        &self,
        input: &[f32],
        filters: &[Sixteen],
        part: &mut [Sixteen],
        sums: &mut [Sixteen],
        accumulate: bool,
    ) {
        let chain = self.filters.chain;
        let last = CHUNK - chain;
        let (before, filters) = filters.split_at(last * WIDE);
        for (index, filters) in before.chunks_exact(chain * WIDE).enumerate() {
            let input = &input[index * chain..];
            products::<L, CHUNK, WIDE>(input, &[0], chain, filters, part, None, index > 0);
        }
        let input = &input[last..];
        products::<L, CHUNK, WIDE>(input, &[0], chain, filters, sums, Some(part), accumulate);
    }

    /// Picture and row of tiles of a band.
    fn picture_and_row(&self, band: usize) -> (usize, usize) {
        let rows = self.input.height.div_ceil(TILE);
        (band / rows, band % rows)
    }

    /// `[chunk][point][tile][4]`, where the four hold a chunk's channels.
    #[inline(always)]
    fn transform_inputs<L: Lanes>(&self, transformed: &mut [Sixteen], padded: usize) {
        let (tiles_in_row, columns) = (self.tiles_in_row(), self.input.columns);
        let point_length = padded * (CHUNK / 16);
        for (row, band) in self.share.bands.clone().enumerate() {
            let (picture, tile_row) = self.picture_and_row(band);
            for block in 0..self.input.blocks {
                let (chunk, quarter) = (block / (CHUNK / 16), block % (CHUNK / 16));
                let plane = self.input.plane(picture, block);
                for tile_column in 0..tiles_in_row {
                    let window = &plane[TILE * tile_row * columns + TILE * tile_column..];
                    let tile = row * tiles_in_row + tile_column;
                    let first = chunk * POINTS * point_length + tile * (CHUNK / 16) + quarter;
                    transforms::input::<L>(
                        window,
                        columns,
                        &mut transformed[first..],
                        point_length,
                    );
                }
            }
        }
    }

    #[inline(always)]
    fn write_outputs<L: Lanes>(&mut self, group: usize, sums: &[Sixteen], padded: usize) {
        let (tiles_in_row, columns) = (self.tiles_in_row(), self.input.columns);
        let (height, width) = (self.input.height, self.input.width);
        for (row, band) in self.share.bands.clone().enumerate() {
            let (picture, tile_row) = self.picture_and_row(band);
            for half in 0..WIDE {
                let block = group * WIDE + half;
                let target = self.share.target(row, block);
                let written = &mut self.share.written[target];
                for tile_column in 0..tiles_in_row {
                    let tile = row * tiles_in_row + tile_column;
                    let outputs =
                        transforms::output::<L>(&sums[tile * WIDE + half..], padded * WIDE);
                    let first_row = TILE * tile_row;
                    let first_column = TILE * tile_column;
                    for (y, outputs) in outputs.iter().enumerate().take(height - first_row) {
                        for (x, &sum) in outputs.iter().enumerate().take(width - first_column) {
                            let (row, column) = (first_row + y, first_column + x);
                            let value = self.finish.of(sum, picture, block, row, column);
                            let place = y * columns + crate::feature_map::BEFORE + column;
                            value.store(&mut written[place]);
                        }
                    }
                }
            }
        }
    }
}

impl Values {
    fn of(singles: Vec<Sixteen>) -> Self {
        let half = |sixteen: &Sixteen| {
            let mut halves = [f16::ZERO; 16];
            halves.convert_from_f32_slice(&sixteen.0);
            let mut singles = [0.0; 16];
            halves.convert_to_f32_slice(&mut singles);
            let exact = singles == sixteen.0 && singles.iter().all(|single| single.is_finite());
            exact.then_some(Halves(halves))
        };
        match singles.iter().map(half).collect() {
            Some(halves) => Values::Halves(halves),
            None => Values::Singles(singles),
        }
    }
}
