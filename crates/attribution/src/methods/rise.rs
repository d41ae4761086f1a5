//! RISE (Petsiuk et al. 2018, arXiv:1806.07421): the answers to the picture seen through random masks.

use grader::Member;

use crate::draws::{self, Purpose};
use crate::map::resize;
use crate::options::Options;
use crate::question::Question;

/// Cells of a mask along each side.
const CELLS: usize = 12;

/// The mean answer over the masks that show a pixel, weighted by how much of it they show: `Σ F m / Σ m`, `[side, side]`.
/// What a mask (0 to 1) hides shows the baseline.
pub(crate) fn map(
    member: &Member,
    question: &Question<'_>,
    count: usize,
    mask: impl Fn(usize) -> Vec<f32>,
) -> Vec<f64> {
    let seen = |index: usize| {
        let mask = mask(index);
        let ends = question.picture.iter().zip(question.baseline);
        ends.zip(mask.iter().cycle())
            .map(|((&picture, &baseline), &mask)| picture * mask + baseline * (1.0 - mask))
            .collect()
    };
    let scores = question.scores(member, count, seen);
    let places = question.side * question.side;
    let (mut sums, mut weights) = (vec![0.0; places], vec![0.0; places]);
    for (index, score) in scores.iter().enumerate() {
        for ((sum, weight), mask) in sums.iter_mut().zip(&mut weights).zip(mask(index)) {
            *sum += score * f64::from(mask);
            *weight += f64::from(mask);
        }
    }
    let pairs = sums.into_iter().zip(weights);
    pairs
        .map(|(sum, weight)| if weight > 0.0 { sum / weight } else { 0.0 })
        .collect()
}

/// [`map`] with masks from the options' seed, less its mean: positive where showing a place raises the answer.
pub(crate) fn signed(
    member: &Member,
    question: &Question<'_>,
    options: &Options,
    index: usize,
) -> Vec<f64> {
    let side = question.side;
    let mask = |sample| random_mask(options.seed, index, sample, side);
    let mut map = map(member, question, options.masks, mask);
    let mean = map.iter().sum::<f64>() / map.len() as f64;
    map.iter_mut().for_each(|value| *value -= mean);
    map
}

/// A grid of which every second cell is open by chance, enlarged bilinearly and shifted by less than a cell.
fn random_mask(seed: u64, member: usize, sample: usize, side: usize) -> Vec<f32> {
    let mut draws = draws::generator(seed, member, sample, Purpose::Masks);
    let cell = side.div_ceil(CELLS);
    let mut open = |_| f64::from(draws::unit(&mut draws) < 0.5);
    let grid: Vec<f64> = (0..(CELLS + 1).pow(2)).map(&mut open).collect();
    let whole = cell * (CELLS + 1);
    let enlarged = resize(&grid, [CELLS + 1; 2], [whole; 2]);
    let [down, right] = [(); 2].map(|()| (draws::unit(&mut draws) * cell as f64) as usize);
    let mut mask = Vec::with_capacity(side * side);
    for row in 0..side {
        let line = &enlarged[(row + down) * whole + right..][..side];
        mask.extend(line.iter().map(|&value| value as f32));
    }
    mask
}
