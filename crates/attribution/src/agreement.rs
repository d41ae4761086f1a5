//! How far the members of an ensemble agree about where an answer comes from.

use crate::map::Map;

/// The agreement of the members' maps with each other.
#[derive(Clone, Debug, PartialEq)]
pub struct Agreement {
    /// For every place `|Σ v| / Σ |v|` over the members' values `v`, 0 (they cancel out) to 1 (all have the same sign or are
    /// zero), `[height, width]`.
    pub map: Vec<f32>,
    /// Mean rank correlation (Spearman 1904) of the members' maps, over all pairs of members, -1 to 1.
    pub rank_correlation: f64,
}

/// Places along each side over which rank correlations are taken: maps are compared by where their evidence is, not pixel by
/// pixel.
const CELLS: usize = 32;

/// The agreement of maps `[side, side]`; `None` for a single member.
pub(crate) fn agreement(maps: &[Vec<f64>], side: usize) -> Option<Agreement> {
    if maps.len() < 2 {
        return None;
    }
    let map = (0..side * side)
        .map(|place| {
            let values = || maps.iter().map(|map| map[place]);
            let magnitudes: f64 = values().map(f64::abs).sum();
            match magnitudes > 0.0 {
                true => (values().sum::<f64>().abs() / magnitudes) as f32,
                false => 1.0,
            }
        })
        .collect();
    let coarse: Vec<Vec<f64>> = maps.iter().map(|map| cells(map, side)).collect();
    let pairs = (0..maps.len()).flat_map(|one| (0..one).map(move |other| (one, other)));
    let correlations: Vec<f64> = pairs
        .map(|(one, other)| rank_correlation(&coarse[one], &coarse[other]))
        .collect();
    Some(Agreement {
        map,
        rank_correlation: correlations.iter().sum::<f64>() / correlations.len() as f64,
    })
}

/// The rank correlation of two maps of the same size by where their evidence is, -1 to 1.
pub fn similarity(one: &Map, other: &Map) -> f64 {
    let coarse = |map: &Map| {
        let values: Vec<f64> = map.values.iter().map(|&value| f64::from(value)).collect();
        cells(&values, map.width)
    };
    rank_correlation(&coarse(one), &coarse(other))
}

/// Sums over cells.
fn cells(map: &[f64], side: usize) -> Vec<f64> {
    let mut cells = vec![0.0; CELLS * CELLS];
    for (place, value) in map.iter().enumerate() {
        let [row, column] = [place / side, place % side].map(|at| at * CELLS / side);
        cells[row * CELLS + column] += value;
    }
    cells
}

/// The rank correlation of two lists of equal length, with the mean rank for equal values; 0 where either has one value only.
pub fn rank_correlation(one: &[f64], other: &[f64]) -> f64 {
    let [one, other] = [one, other].map(ranks);
    let mean = (one.len() as f64 - 1.0) / 2.0;
    let (mut product, mut first, mut second) = (0.0, 0.0, 0.0);
    for (a, b) in one.iter().zip(&other) {
        let [a, b] = [a - mean, b - mean];
        product += a * b;
        first += a * a;
        second += b * b;
    }
    match first > 0.0 && second > 0.0 {
        true => product / (first * second).sqrt(),
        false => 0.0,
    }
}

fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&one, &other| values[one].total_cmp(&values[other]));
    let mut ranks = vec![0.0; values.len()];
    let mut before = 0;
    for equal in order.chunk_by(|&one, &other| values[one] == values[other]) {
        let rank = before as f64 + (equal.len() as f64 - 1.0) / 2.0;
        equal.iter().for_each(|&index| ranks[index] = rank);
        before += equal.len();
    }
    ranks
}
