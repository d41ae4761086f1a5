//! Which photographs an epoch shows, and in what order, facing that most photographs are healthy.

use rand::RngExt;
use rand::seq::SliceRandom;
use trust::Grade;

use crate::draws;

/// Number of photographs of each grade.
pub fn counts(grades: &[Grade]) -> [usize; 5] {
    let mut counts = [0; 5];
    grades.iter().for_each(|grade| counts[grade.index()] += 1);
    counts
}

/// How often each photograph is expected in one epoch of as many draws as there are photographs: in proportion to
/// `(1 / number of photographs of its grade) ^ balance`. Balance 0 shows each once; 1 shows all grades equally often.
pub fn expected_draws(grades: &[Grade], balance: f64) -> Vec<f64> {
    let counts = counts(grades);
    let weights: Vec<f64> = grades
        .iter()
        .map(|grade| (counts[grade.index()] as f64).powf(-balance))
        .collect();
    let sum: f64 = weights.iter().sum();
    weights
        .iter()
        .map(|weight| weight / sum * grades.len() as f64)
        .collect()
}

/// Indices of the photographs of one epoch, as many as there are photographs, in random order.
///
/// Systematic resampling: a photograph expected `x` times comes ⌊x⌋ or ⌈x⌉ times, so that none of the common ones is
/// left out more often than it must be. Keyed by (seed, member, epoch) alone.
pub fn epoch(expected: &[f64], seed: u64, member: usize, epoch: usize) -> Vec<usize> {
    let mut random = draws::generator(draws::Purpose::Order, [seed, member as u64, epoch as u64]);
    let offset: f64 = random.random();
    let mut order = Vec::with_capacity(expected.len());
    let mut cumulative = 0.0;
    for (index, share) in expected.iter().enumerate() {
        cumulative += share;
        while order.len() < expected.len() && order.len() as f64 + offset < cumulative {
            order.push(index);
        }
    }
    // Rounding may leave the very last draw out.
    order.resize(expected.len(), expected.len().saturating_sub(1));
    order.shuffle(&mut random);
    order
}
