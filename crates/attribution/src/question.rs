//! What is asked of a member, and the two ways in which a method may ask it: for answers, and for gradients.

use grader::{Member, ReluRule};

use crate::target::Target;

/// A picture, what it is compared with, and the target.
#[derive(Clone, Copy)]
pub(crate) struct Question<'a> {
    /// Planar `[3, side, side]`, normalised.
    pub(crate) picture: &'a [f32],
    /// The picture without information, `[3, side, side]`.
    pub(crate) baseline: &'a [f32],
    /// Pictures that could have been, `[3, side, side]` each; at least one where a method needs them.
    pub(crate) references: &'a [Vec<f32>],
    /// Width and height.
    pub(crate) side: usize,
    /// The number that is explained.
    pub(crate) target: Target,
    /// Pictures that go through the network together, at least 1.
    pub(crate) batch_size: usize,
}

impl Question<'_> {
    /// One of the references.
    pub(crate) fn reference(&self, index: usize) -> &[f32] {
        &self.references[index]
    }

    /// The target's value for each of `count` pictures; only a batch of them is in memory at a time.
    pub(crate) fn scores(
        &self,
        member: &Member,
        count: usize,
        picture: impl Fn(usize) -> Vec<f32>,
    ) -> Vec<f64> {
        let mut scores = Vec::with_capacity(count);
        for first in (0..count).step_by(self.batch_size) {
            let batch = first..(first + self.batch_size).min(count);
            let pictures: Vec<f32> = batch.flat_map(&picture).collect();
            let averages = member.averages(&pictures, self.side, None);
            let logits = member.classify(&averages);
            scores.extend(logits.iter().map(|logits| self.target.value(&logits.0)));
        }
        scores
    }

    /// The target's gradient with respect to each of the pictures, `[picture][3][side][side]`.
    pub(crate) fn gradient(&self, member: &Member, pictures: &[f32], rule: ReluRule) -> Vec<f64> {
        let trace = member.trace(pictures, self.side);
        let slopes = self.target.gradients(trace.logits());
        let gradient = trace.picture_gradient(&slopes, rule);
        gradient.into_iter().map(f64::from).collect()
    }
}
