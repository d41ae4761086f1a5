//! Activations between two layers.

use crate::lanes::Sixteen;
use crate::scratch::Scratch;

/// Zeros above and to the left of every plane.
pub(crate) const BEFORE: usize = 1;

/// A side with margin: whole tiles of 4, whose windows see one more place on either side; the gradient of the stem sees
/// two after the last.
pub(crate) fn padded(side: usize) -> usize {
    BEFORE + side.next_multiple_of(4) + 2
}

/// Activations of several pictures, in blocks of sixteen channels: `[picture][block][row][column]` of sixteen values.
/// Every plane has a margin of zeros, wide enough for the windows of every layer and for whole tiles of
/// [`crate::winograd`], so that no layer looks for an edge.
#[derive(Debug)]
pub(crate) struct FeatureMap {
    pub(crate) pictures: usize,
    pub(crate) blocks: usize,
    pub(crate) height: usize,
    pub(crate) width: usize,
    /// Columns with margin; the same arithmetic gives the rows.
    pub(crate) columns: usize,
    rows: usize,
    values: Scratch,
}

impl FeatureMap {
    /// A map whose margin is zero and whose values are still to be written.
    pub(crate) fn new(pictures: usize, blocks: usize, height: usize, width: usize) -> Self {
        let (rows, columns) = (padded(height), padded(width));
        let mut map = Self {
            pictures,
            blocks,
            height,
            width,
            columns,
            rows,
            values: Scratch::new(pictures * blocks * rows * columns),
        };
        map.clear_margin();
        map
    }

    /// A map of the same shape, as [`FeatureMap::new`] makes it.
    pub(crate) fn like(other: &FeatureMap) -> Self {
        Self::new(other.pictures, other.blocks, other.height, other.width)
    }

    fn clear_margin(&mut self) {
        let (rows, columns) = (self.rows, self.columns);
        let (height, width) = (self.height, self.width);
        for plane in self.values.chunks_exact_mut(rows * columns) {
            for (row, values) in plane.chunks_exact_mut(columns).enumerate() {
                if (BEFORE..BEFORE + height).contains(&row) {
                    values[..BEFORE].fill(Sixteen::default());
                    values[BEFORE + width..].fill(Sixteen::default());
                } else {
                    values.fill(Sixteen::default());
                }
            }
        }
    }

    /// Sixteens of one plane, margin and all.
    pub(crate) fn plane_length(&self) -> usize {
        self.rows * self.columns
    }

    /// All planes of one picture, one after the other.
    pub(crate) fn picture(&self, picture: usize) -> &[Sixteen] {
        let length = self.blocks * self.plane_length();
        &self.values[picture * length..(picture + 1) * length]
    }

    /// One plane: sixteen channels of a picture.
    pub(crate) fn plane(&self, picture: usize, block: usize) -> &[Sixteen] {
        let start = (picture * self.blocks + block) * self.plane_length();
        &self.values[start..start + self.plane_length()]
    }

    /// Where a place lies in its plane.
    pub(crate) fn place(&self, row: usize, column: usize) -> usize {
        (row + BEFORE) * self.columns + column + BEFORE
    }

    /// The values of a place.
    pub(crate) fn at(&self, picture: usize, block: usize, row: usize, column: usize) -> &Sixteen {
        &self.plane(picture, block)[self.place(row, column)]
    }

    /// The values of a row without margin.
    pub(crate) fn row(&self, picture: usize, block: usize, row: usize) -> &[Sixteen] {
        &self.plane(picture, block)[self.place(row, 0)..][..self.width]
    }

    /// The planes cut into bands of `height` rows, in the order picture, block, band, for several threads to write; each
    /// band has whole rows with margin, from the first value of its first row on. The last band may be lower.
    pub(crate) fn bands(&mut self, height: usize) -> Vec<&mut [Sixteen]> {
        let (columns, rows) = (self.columns, self.height);
        let plane = self.plane_length();
        self.values
            .chunks_exact_mut(plane)
            .flat_map(|plane| {
                let written = &mut plane[BEFORE * columns..(BEFORE + rows) * columns];
                written.chunks_mut(height * columns)
            })
            .collect()
    }

    /// Planar values `[picture][channel][row][column]`.
    pub(crate) fn planar(&self) -> Vec<f32> {
        let mut values =
            Vec::with_capacity(self.pictures * self.blocks * 16 * self.height * self.width);
        for picture in 0..self.pictures {
            for channel in 0..16 * self.blocks {
                for row in 0..self.height {
                    let row = self.row(picture, channel / 16, row);
                    values.extend(row.iter().map(|sixteen| sixteen.0[channel % 16]));
                }
            }
        }
        values
    }
}
