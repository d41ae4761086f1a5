//! Expected Gradients (Erion et al. 2021, arXiv:1906.10670): Integrated Gradients over many baselines, which are pictures
//! that could have been, and over one random point of each path.

use grader::{Member, ReluRule};

use crate::draws::{self, Purpose};
use crate::options::Options;
use crate::question::Question;

/// A point between a reference picture (0) and the picture (1).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    /// Which of the question's references.
    pub(crate) reference: usize,
    /// Where on the way, in [0, 1].
    pub(crate) position: f32,
}

/// The options' steps, spread over the references in turn and over the way by strata.
pub(crate) fn samples(question: &Question<'_>, options: &Options, member: usize) -> Vec<Sample> {
    let mut draws = draws::generator(options.seed, member, 0, Purpose::Positions);
    let count = options.steps as f64;
    (0..options.steps)
        .map(|index| Sample {
            reference: index % question.references.len(),
            position: ((index as f64 + draws::unit(&mut draws)) / count) as f32,
        })
        .collect()
}

/// The mean of `(picture - reference) × ∂F/∂x` at the samples, `[3, side, side]`.
pub(crate) fn channels(member: &Member, question: &Question<'_>, samples: &[Sample]) -> Vec<f64> {
    let length = question.picture.len();
    let mut sum = vec![0.0; length];
    for samples in samples.chunks(question.batch_size) {
        let mut points = Vec::with_capacity(samples.len() * length);
        for sample in samples {
            let ends = question
                .picture
                .iter()
                .zip(question.reference(sample.reference));
            points.extend(
                ends.map(|(&picture, &reference)| {
                    reference + sample.position * (picture - reference)
                }),
            );
        }
        let slopes = question.gradient(member, &points, ReluRule::Gradient);
        for (sample, slopes) in samples.iter().zip(slopes.chunks_exact(length)) {
            let ends = question
                .picture
                .iter()
                .zip(question.reference(sample.reference));
            for ((sum, slope), (&picture, &reference)) in sum.iter_mut().zip(slopes).zip(ends) {
                *sum += slope * (f64::from(picture) - f64::from(reference));
            }
        }
    }
    let count = samples.len() as f64;
    sum.iter_mut().for_each(|value| *value /= count);
    sum
}
