//! SmoothGrad (Smilkov et al. 2017, arXiv:1706.03825): an explanation averaged over noisy copies of the picture.

use crate::draws::{self, Purpose};
use crate::options::{Options, Smoothing};
use crate::question::Question;

/// The mean, or the mean of the squares, of what `explain` finds in copies of the picture to which noise was added.
pub(crate) fn smoothed(
    question: &Question<'_>,
    kind: Smoothing,
    noise: impl Iterator<Item = Vec<f32>>,
    explain: impl Fn(&Question<'_>) -> Vec<f64>,
) -> Vec<f64> {
    let mut sum: Vec<f64> = Vec::new();
    let mut count = 0.0;
    for noise in noise {
        let values = question.picture.iter().zip(&noise);
        let noisy: Vec<f32> = values.map(|(&value, &noise)| value + noise).collect();
        let found = explain(&Question {
            picture: &noisy,
            ..*question
        });
        sum.resize(found.len(), 0.0);
        for (sum, value) in sum.iter_mut().zip(found) {
            *sum += match kind {
                Smoothing::Mean => value,
                Smoothing::Squares => value * value,
            };
        }
        count += 1.0;
    }
    sum.iter_mut().for_each(|value| *value /= count);
    sum
}

/// Normal noise whose standard deviation is the options' share of the picture's range, for each sample.
pub(crate) fn noise<'a>(
    question: &Question<'a>,
    options: &Options,
    member: usize,
) -> impl Iterator<Item = Vec<f32>> + use<'a> {
    let values = question.picture;
    let least = values.iter().copied().fold(f32::INFINITY, f32::min);
    let greatest = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let deviation = options.noise * (greatest - least);
    let (seed, count) = (options.seed, values.len());
    (0..options.samples).map(move |sample| {
        let mut draws = draws::generator(seed, member, sample, Purpose::Noise);
        let draw = |_| deviation * draws::normal(&mut draws) as f32;
        (0..count).map(draw).collect()
    })
}
