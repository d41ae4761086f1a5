//! Occlusion (Zeiler and Fergus 2014, arXiv:1311.2901): how much the answer loses when a window is covered.

use std::ops::Range;

use grader::Member;

use crate::question::Question;

/// For each pixel the mean loss of the target over the windows that cover it, `[side, side]`. Windows are `window` pixels
/// wide and `stride` apart; the last ones are cut off at the frame. What is covered shows the baseline.
pub(crate) fn map(
    member: &Member,
    question: &Question<'_>,
    window: usize,
    stride: usize,
) -> Vec<f64> {
    let side = question.side;
    let spans = spans(side, window, stride);
    let place = |index: usize| {
        let [rows, columns] = [index / spans.len(), index % spans.len()];
        (spans[rows].clone(), spans[columns].clone())
    };
    let covered = |index: usize| match index.checked_sub(1) {
        None => question.picture.to_vec(),
        Some(index) => {
            let (rows, columns) = place(index);
            let mut picture = question.picture.to_vec();
            for channel in 0..3 {
                for row in rows.clone() {
                    let line = (channel * side + row) * side;
                    let covered = line + columns.start..line + columns.end;
                    picture[covered.clone()].copy_from_slice(&question.baseline[covered]);
                }
            }
            picture
        }
    };
    let scores = question.scores(member, 1 + spans.len().pow(2), covered);
    let (whole, covered) = (scores[0], &scores[1..]);
    let (mut losses, mut counts) = (vec![0.0; side * side], vec![0.0; side * side]);
    for (index, score) in covered.iter().enumerate() {
        let (rows, columns) = place(index);
        for row in rows {
            for at in row * side + columns.start..row * side + columns.end {
                losses[at] += whole - score;
                counts[at] += 1.0;
            }
        }
    }
    let pairs = losses.into_iter().zip(counts);
    pairs
        .map(|(loss, count): (f64, f64)| loss / count.max(1.0))
        .collect()
}

/// The windows along one side: as many as it takes to reach the frame.
fn spans(side: usize, window: usize, stride: usize) -> Vec<Range<usize>> {
    let (window, stride) = (window.clamp(1, side), stride.max(1));
    let count = (side - window).div_ceil(stride) + 1;
    (0..count)
        .map(|index| index * stride..(index * stride + window).min(side))
        .collect()
}
