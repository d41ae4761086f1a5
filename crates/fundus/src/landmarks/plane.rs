//! One value a pixel of a square, and the smoothing that landmarks and the gate look at it with.

/// A square of values, rows from the top.
#[derive(Clone)]
pub(crate) struct Plane {
    pub side: usize,
    pub values: Vec<f32>,
}

impl Plane {
    pub fn filled(side: usize, value: f32) -> Self {
        Self {
            side,
            values: vec![value; side * side],
        }
    }

    /// A value for each place from the values of two planes there.
    pub fn combined(&self, other: &Self, of: impl Fn(f32, f32) -> f32) -> Self {
        let pairs = self.values.iter().zip(&other.values);
        Self {
            side: self.side,
            values: pairs.map(|(&one, &another)| of(one, another)).collect(),
        }
    }

    /// Bilinear value at pixel-centre coordinates (the centre of the first pixel is 0), clamped to the frame.
    pub fn at(&self, x: f32, y: f32) -> f32 {
        let last = (self.side - 1) as f32;
        let (x, y) = (x.clamp(0.0, last), y.clamp(0.0, last));
        let left = (x as usize).min(self.side - 2);
        let top = (y as usize).min(self.side - 2);
        let (weight_x, weight_y) = (x - left as f32, y - top as f32);
        let upper = &self.values[top * self.side + left..][..2];
        let lower = &self.values[(top + 1) * self.side + left..][..2];
        let along = |pair: &[f32]| pair[0] + (pair[1] - pair[0]) * weight_x;
        along(upper) + (along(lower) - along(upper)) * weight_y
    }

    /// The mean over the box of `radius` around each pixel, `passes` times: twice is a tent, three times nearly a
    /// Gaussian. Beyond the frame the values count as zero.
    pub fn boxed(&self, radius: usize, passes: usize) -> Self {
        let mut values = self.values.clone();
        let mut scratch = vec![0.0_f32; values.len()];
        for _ in 0..passes {
            along_rows(&values, &mut scratch, self.side, radius);
            along_columns(&scratch, &mut values, self.side, radius);
        }
        Self {
            side: self.side,
            values,
        }
    }

    /// The mean of `factor` x `factor` blocks; the side is a multiple of the factor.
    pub fn reduced(&self, factor: usize) -> Self {
        let side = self.side / factor;
        let mut reduced = Self::filled(side, 0.0);
        let share = 1.0 / (factor * factor) as f32;
        for (row, line) in self.values.chunks_exact(self.side).enumerate() {
            let out = &mut reduced.values[row / factor * side..][..side];
            for (value, block) in out.iter_mut().zip(line.chunks_exact(factor)) {
                *value += block.iter().sum::<f32>() * share;
            }
        }
        reduced
    }
}

/// Means over the part of each neighbourhood that shows retina, so that the border leaves no edge.
pub(crate) struct Visible {
    pub weights: Plane,
}

impl Visible {
    pub fn new(mask: &[bool], side: usize) -> Self {
        let values = mask.iter().map(|&inside| f32::from(u8::from(inside)));
        Self {
            weights: Plane {
                side,
                values: values.collect(),
            },
        }
    }

    pub fn sees(&self, index: usize) -> bool {
        self.weights.values[index] > 0.5
    }

    /// The mean of what is visible around each pixel ([`Plane::boxed`]); 0 where nothing is.
    pub fn mean(&self, plane: &Plane, radius: usize, passes: usize) -> Plane {
        let sums = plane
            .combined(&self.weights, |value, weight| value * weight)
            .boxed(radius, passes);
        let weights = self.weights.boxed(radius, passes);
        sums.combined(
            &weights,
            |sum, weight| if weight > 1e-4 { sum / weight } else { 0.0 },
        )
    }

    pub fn reduced(&self, factor: usize) -> Self {
        let mut weights = self.weights.reduced(factor);
        weights
            .values
            .iter_mut()
            .for_each(|weight| *weight = f32::from(u8::from(*weight > 0.5)));
        Self { weights }
    }

    /// The visible values of a plane, ascending.
    pub fn sorted(&self, plane: &Plane) -> Vec<f32> {
        let pairs = plane.values.iter().zip(&self.weights.values);
        let mut values: Vec<f32> = pairs
            .filter(|(_, weight)| **weight > 0.5)
            .map(|(&value, _)| value)
            .collect();
        values.sort_by(f32::total_cmp);
        values
    }
}

/// The value below which a share of ascending values lies; 0 when there are none.
pub(super) fn quantile(ascending: &[f32], share: f32) -> f32 {
    let place = (ascending.len() as f32 * share) as usize;
    ascending
        .get(place.min(ascending.len().saturating_sub(1)))
        .copied()
        .unwrap_or(0.0)
}

fn along_rows(values: &[f32], means: &mut [f32], side: usize, radius: usize) {
    let share = 1.0 / (2 * radius + 1) as f32;
    for (row, out) in values.chunks_exact(side).zip(means.chunks_exact_mut(side)) {
        let mut sum: f32 = row[..radius.min(side)].iter().sum();
        for at in 0..side {
            if at + radius < side {
                sum += row[at + radius];
            }
            if at > radius {
                sum -= row[at - radius - 1];
            }
            out[at] = sum * share;
        }
    }
}

fn along_columns(values: &[f32], means: &mut [f32], side: usize, radius: usize) {
    let share = 1.0 / (2 * radius + 1) as f32;
    let mut sums = vec![0.0_f32; side];
    for row in values.chunks_exact(side).take(radius) {
        sums.iter_mut()
            .zip(row)
            .for_each(|(sum, value)| *sum += value);
    }
    for (at, out) in means.chunks_exact_mut(side).enumerate() {
        if at + radius < side {
            let entering = &values[(at + radius) * side..][..side];
            sums.iter_mut()
                .zip(entering)
                .for_each(|(sum, value)| *sum += value);
        }
        if at > radius {
            let leaving = &values[(at - radius - 1) * side..][..side];
            sums.iter_mut()
                .zip(leaving)
                .for_each(|(sum, value)| *sum -= value);
        }
        out.iter_mut()
            .zip(&sums)
            .for_each(|(mean, sum)| *mean = sum * share);
    }
}
