//! The gradient of the 3×3 max pooling with stride 2 and a padding of 1 that follows the first ReLU.

use crate::feature_map::{BEFORE, FeatureMap, padded};
use crate::lanes::{InstructionSet, Lanes, Task};
use crate::share::{self, Share};
use crate::trace::ReluRule;

/// Pairs of rows of output in a share.
const ROWS: usize = 8;

/// From the gradient after the pooling to that before the ReLU before it, `size` high and wide. `pooled` is the pooling's
/// output: a window whose greatest value is not above zero lets nothing through, but by the rule of Deconvolution.
pub(crate) fn propagate(
    set: InstructionSet,
    gradient: &FeatureMap,
    pooled: &FeatureMap,
    winners: &FeatureMap,
    [height, width]: [usize; 2],
    rule: ReluRule,
) -> FeatureMap {
    let mut output = FeatureMap::new(gradient.pictures, gradient.blocks, height, width);
    share::run(set, &mut output, 2, ROWS, 1, |share| Propagation {
        gradient,
        pooled,
        winners,
        rule,
        size: [height, width],
        share,
    });
    output
}

struct Propagation<'a> {
    gradient: &'a FeatureMap,
    pooled: &'a FeatureMap,
    winners: &'a FeatureMap,
    rule: ReluRule,
    size: [usize; 2],
    share: Share<'a>,
}

impl Task for Propagation<'_> {
    #[inline(always)]
    fn run<L: Lanes>(mut self) {
        let [height, width] = self.size;
        let bands = height.div_ceil(2);
        let columns = padded(width);
        let blocks = self.share.blocks.clone();
        for (place, band) in self.share.bands.clone().enumerate() {
            let (picture, row) = (band / bands, band % bands);
            for block in blocks.clone() {
                let target = self.share.target(place, block);
                for column in 0..width.div_ceil(2) {
                    let cell = self.cell::<L>(picture, block, row, column);
                    for (pixel, mut value) in cell.into_iter().enumerate() {
                        let (y, x) = (pixel / 2, 2 * column + pixel % 2);
                        if 2 * row + y < height && x < width {
                            if self.rule != ReluRule::Gradient {
                                value = value.max(L::splat(0.0));
                            }
                            let written = &mut self.share.written[target];
                            value.store(&mut written[y * columns + BEFORE + x]);
                        }
                    }
                }
            }
        }
    }
}

/// In which window of the four (the cell's own, the next to the right, the next below, the one beyond) which place of
/// the cell is which of the nine.
const SEEN: [(usize, usize, f32); 9] = [
    (0, 0, 4.0),
    (0, 1, 5.0),
    (1, 1, 3.0),
    (0, 2, 7.0),
    (2, 2, 1.0),
    (0, 3, 8.0),
    (1, 3, 6.0),
    (2, 3, 2.0),
    (3, 3, 0.0),
];

impl Propagation<'_> {
    /// What comes back to the 2×2 places in the middle and right below of the middle of a window.
    #[inline(always)]
    fn cell<L: Lanes>(&self, picture: usize, block: usize, row: usize, column: usize) -> [L; 4] {
        let place = self.gradient.place(row, column);
        let below = place + self.gradient.columns;
        let gradient = self.gradient.plane(picture, block);
        let pooled = self.pooled.plane(picture, block);
        let winners = self.winners.plane(picture, block);
        let mut cell = [L::splat(0.0); 4];
        let mut passing = [L::splat(0.0); 4];
        let mut winner = [L::splat(0.0); 4];
        // Beyond the last window lies the margin, whose gradient is zero.
        for (window, place) in [place, place + 1, below, below + 1].into_iter().enumerate() {
            let greatest = L::load(&pooled[place]);
            passing[window] = L::load(&gradient[place]);
            winner[window] = L::load(&winners[place]);
            if self.rule == ReluRule::Deconvolution {
                // Where all nine are zero after the ReLU, the first of them within the frame counts as the greatest.
                let (first_row, first_column) = (row + window / 2 == 0, column + window % 2 == 0);
                let first =
                    3.0 * f32::from(u8::from(first_row)) + f32::from(u8::from(first_column));
                let otherwise = L::splat(first).add(L::splat(-first).where_positive(greatest));
                winner[window] = winner[window].where_positive(greatest).add(otherwise);
            } else {
                passing[window] = passing[window].where_positive(greatest);
            }
        }
        for (window, seen, tap) in SEEN {
            let won = passing[window].where_equal(winner[window], L::splat(tap));
            cell[seen] = cell[seen].add(won);
        }
        cell
    }
}
