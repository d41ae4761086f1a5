//! A map of signed evidence over the square of the field of view.

/// Evidence at each place of the cropped picture: positive speaks for the target, negative against it. The unit is
/// the target's (a logit, or grades).
#[derive(Clone, Debug, PartialEq)]
pub struct Map {
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
    /// `[height, width]`, row-major; `height * width` values.
    pub values: Vec<f32>,
}

/// What a map has to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// There is nothing in the map: no finite value differs from zero.
    Empty,
    /// No place speaks for the target; some speak against it.
    OnlyAgainst,
    /// Some places speak for the target.
    For,
}

/// Magnitudes up to this, in the target's unit, are rounding noise: no map with larger ones is called empty.
const NOTHING: f32 = 1e-9;

/// Positive values up to this share of the largest magnitude do not count as evidence for the target.
const NEGLIGIBLE_SHARE: f32 = 0.01;

impl Map {
    /// Whether the map says nothing, something against the target only, or something for it.
    pub fn evidence(&self) -> Evidence {
        let finite = || {
            self.values
                .iter()
                .copied()
                .filter(|value| value.is_finite())
        };
        let largest_magnitude = finite().fold(0.0_f32, |largest, value| largest.max(value.abs()));
        let largest = finite().fold(0.0_f32, f32::max);
        if largest_magnitude <= NOTHING {
            Evidence::Empty
        } else if largest <= NEGLIGIBLE_SHARE * largest_magnitude {
            Evidence::OnlyAgainst
        } else {
            Evidence::For
        }
    }

    /// The map over `[height, width]` places, interpolated bilinearly with the centres of pixels aligned
    /// (PyTorch's `interpolate(mode="bilinear", align_corners=False)`), in double precision. A map without any place,
    /// or one whose values do not fill it, becomes zero.
    pub fn resized(&self, height: usize, width: usize) -> Map {
        if self.values.len() != self.height * self.width {
            return Map {
                height,
                width,
                values: vec![0.0; height * width],
            };
        }
        let source: Vec<f64> = self.values.iter().copied().map(f64::from).collect();
        let values = resize(&source, [self.height, self.width], [height, width]);
        Map {
            height,
            width,
            values: values.into_iter().map(|value| value as f32).collect(),
        }
    }
}

/// What a place has of evidence for the target: nothing where it speaks against it or is not finite.
pub(crate) fn positive(value: f32) -> f64 {
    if value.is_finite() {
        f64::from(value.max(0.0))
    } else {
        0.0
    }
}

/// [`Map::resized`] on double-precision values.
pub(crate) fn resize(values: &[f64], from: [usize; 2], to: [usize; 2]) -> Vec<f64> {
    let [height, width] = to;
    if from.contains(&0) {
        return vec![0.0; height * width];
    }
    let (rows, columns) = (taps(from[0], height), taps(from[1], width));
    let mut resized = Vec::with_capacity(height * width);
    for row in &rows {
        let [above, below] =
            [row.first, row.second].map(|index| &values[index * from[1]..][..from[1]]);
        resized.extend(columns.iter().map(|column| {
            let along = |line: &[f64]| blend(line[column.first], line[column.second], column.share);
            blend(along(above), along(below), row.share)
        }));
    }
    resized
}

/// Interpolated bilinearly with the centres of the corner pixels aligned (PyTorch's `align_corners=True`).
pub(crate) fn resize_to_corners(values: &[f64], from: [usize; 2], to: [usize; 2]) -> Vec<f64> {
    let position = |index: usize, axis: usize| {
        let steps = to[axis].saturating_sub(1).max(1) as f64;
        let at = index as f64 * (from[axis] - 1) as f64 / steps;
        let first = (at as usize).min(from[axis] - 1);
        (first, (first + 1).min(from[axis] - 1), at - first as f64)
    };
    let mut resized = Vec::with_capacity(to[0] * to[1]);
    for row in 0..to[0] {
        let (above, below, down) = position(row, 0);
        for column in 0..to[1] {
            let (left, right, across) = position(column, 1);
            let along = |line: usize| {
                let line = &values[line * from[1]..][..from[1]];
                blend(line[left], line[right], across)
            };
            resized.push(blend(along(above), along(below), down));
        }
    }
    resized
}

/// The two source positions that a position of the result lies between, and the share of the second.
struct Tap {
    first: usize,
    second: usize,
    share: f64,
}

fn taps(from: usize, to: usize) -> Vec<Tap> {
    let scale = from as f64 / to as f64;
    (0..to)
        .map(|index| {
            let at = ((index as f64 + 0.5) * scale - 0.5).max(0.0);
            let first = (at as usize).min(from - 1);
            Tap {
                first,
                second: (first + 1).min(from - 1),
                share: at - first as f64,
            }
        })
        .collect()
}

/// Unlike `a * (1 - t) + b * t`, keeps a non-finite neighbour out where its share is zero.
fn blend(first: f64, second: f64, share: f64) -> f64 {
    if share == 0.0 {
        first
    } else {
        first * (1.0 - share) + second * share
    }
}
