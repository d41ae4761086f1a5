//! Photographs in an order in which equally unsure ones stay together.
//!
//! Nothing says which of equally unsure photographs is handed over first, so every figure takes them by expectation:
//! where only part of them is kept, each counts by that part. Their order in the input then says nothing.

/// Photographs, by their indices, from the most certain to the most unsure.
#[derive(Debug, Clone)]
pub(super) struct Order {
    indices: Vec<usize>,
    /// Where each group of equally unsure photographs ends in `indices`.
    ends: Vec<usize>,
}

impl Order {
    /// Sorts the photographs by their uncertainty; one that is not a number counts as the most unsure.
    pub fn rising(uncertainties: &[f32]) -> Self {
        let mut indices: Vec<usize> = (0..uncertainties.len()).collect();
        indices.sort_by(|left, right| uncertainties[*left].total_cmp(&uncertainties[*right]));
        let mut ends = Vec::new();
        for tied in indices.chunk_by(|left, right| uncertainties[*left] == uncertainties[*right]) {
            ends.push(ends.last().copied().unwrap_or(0) + tied.len());
        }
        Self { indices, ends }
    }

    /// Groups of equally unsure photographs, from the most certain.
    pub fn groups(&self) -> impl Iterator<Item = &[usize]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts
            .zip(&self.ends)
            .map(|(start, end)| &self.indices[start..*end])
    }

    /// How much of each photograph is kept when the most certain `kept` of all `drawn` are; `drawn` says how often each
    /// photograph occurs.
    pub fn kept(&self, drawn: &[f64], kept: f64) -> Vec<f64> {
        let mut weights = vec![0.0; drawn.len()];
        let mut room = kept;
        for tied in self.groups() {
            let size: f64 = tied.iter().map(|index| drawn[*index]).sum();
            if size > 0.0 {
                let part = (room / size).min(1.0);
                tied.iter()
                    .for_each(|index| weights[*index] = drawn[*index] * part);
                room -= size;
            }
            if room <= 0.0 {
                break;
            }
        }
        weights
    }
}

/// How many of `total` photographs are kept at this share of them, rounded down, but at least one.
pub(super) fn count_kept(total: f64, share: f64) -> f64 {
    // 0.7 of 10 photographs are 7, whatever the rounding of the product.
    (share * total + 1e-9).floor().max(1.0)
}

/// How often each of `photographs` occurs among the chosen ones.
pub(super) fn occurrences(photographs: usize, chosen: &[usize]) -> Vec<f64> {
    let mut drawn = vec![0.0; photographs];
    chosen.iter().for_each(|index| drawn[*index] += 1.0);
    drawn
}
