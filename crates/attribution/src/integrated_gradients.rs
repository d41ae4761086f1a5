//! Integrated Gradients (Sundararajan et al. 2017, arXiv:1703.01365) of an ensemble, refined until they are complete.
//!
//! Attributions along the straight path from baseline to picture sum to the difference of the target between the two
//! (completeness). The sum is known, so the error of the numerical integral is measured and reported, not hoped for.

use grader::{Member, ReluRule};
use serde::{Deserialize, Serialize};

use crate::method::Options;
use crate::quadrature::gauss_legendre;
use crate::target::Target;

/// The completeness error that counts as reached.
const TOLERANCE: f64 = 0.05;

/// Differences of the target below this are measured against it, in the target's unit: an error that is small beside
/// any difference that matters is not blown up by a quotient.
const SMALLEST_DIFFERENCE: f64 = 0.1;

/// How well the attributions sum to what they explain.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Completeness {
    /// `|Σ attribution - (F(picture) - F(baseline))| / max(|F(picture) - F(baseline)|, 0.1)`, where `F` is the target
    /// averaged over the members.
    pub relative_error: f64,
    /// Steps of the path, of the member that needed most.
    pub steps: usize,
    /// Whether the error is below 5 %.
    pub reached: bool,
}

/// What is explained: a picture, its baseline, and the target.
pub(crate) struct Question<'a> {
    /// Planar `[3, side, side]`.
    pub(crate) picture: &'a [f32],
    /// Planar `[3, side, side]`.
    pub(crate) baseline: &'a [f32],
    pub(crate) side: usize,
    pub(crate) target: Target,
}

/// One member's integral so far.
struct MemberIntegral<'a> {
    member: &'a Member,
    /// `F(picture) - F(baseline)`.
    difference: f64,
    steps: usize,
    attributions: Vec<f64>,
}

impl MemberIntegral<'_> {
    /// What is missing or too much in the sum of the attributions.
    fn residual(&self) -> f64 {
        self.attributions.iter().sum::<f64>() - self.difference
    }

    fn refine(&mut self, question: &Question<'_>, steps: usize, batch_size: usize) {
        self.attributions = integrate(self.member, question, steps, batch_size);
        self.steps = steps;
    }
}

/// Attributions `[3, side, side]` averaged over the members. The member whose error is largest gets twice the steps,
/// again and again, until the average is complete or every member has `max_steps`.
pub(crate) fn channels(
    members: &[Member],
    question: &Question<'_>,
    options: &Options,
) -> (Vec<f64>, Completeness) {
    let begin = |member| {
        let difference = difference(member, question);
        let attributions = integrate(member, question, options.steps, options.batch_size);
        MemberIntegral {
            member,
            difference,
            steps: options.steps,
            attributions,
        }
    };
    let mut integrals: Vec<MemberIntegral<'_>> = members.iter().map(begin).collect();
    while relative_error(&integrals) >= TOLERANCE {
        let refinable = integrals
            .iter_mut()
            .filter(|integral| integral.steps < options.max_steps);
        let Some(worst) =
            refinable.max_by(|a, b| a.residual().abs().total_cmp(&b.residual().abs()))
        else {
            break;
        };
        let steps = (2 * worst.steps).min(options.max_steps);
        worst.refine(question, steps, options.batch_size);
    }
    let relative_error = relative_error(&integrals);
    let steps = integrals
        .iter()
        .map(|integral| integral.steps)
        .max()
        .unwrap_or(0);
    let completeness = Completeness {
        relative_error,
        steps,
        reached: relative_error < TOLERANCE,
    };
    (average(&integrals), completeness)
}

fn relative_error(integrals: &[MemberIntegral<'_>]) -> f64 {
    let count = integrals.len() as f64;
    let residual = integrals.iter().map(MemberIntegral::residual).sum::<f64>() / count;
    let difference = integrals
        .iter()
        .map(|integral| integral.difference)
        .sum::<f64>()
        / count;
    residual.abs() / difference.abs().max(SMALLEST_DIFFERENCE)
}

fn average(integrals: &[MemberIntegral<'_>]) -> Vec<f64> {
    let mut average = vec![
        0.0;
        integrals
            .first()
            .map_or(0, |integral| integral.attributions.len())
    ];
    for integral in integrals {
        let values = average.iter_mut().zip(&integral.attributions);
        values.for_each(|(sum, attribution)| *sum += attribution / integrals.len() as f64);
    }
    average
}

/// `F(picture) - F(baseline)` of one member.
fn difference(member: &Member, question: &Question<'_>) -> f64 {
    let ends = [question.picture, question.baseline].concat();
    let trace = member.trace(&ends, question.side);
    let [picture, baseline] = [0, 1].map(|end| question.target.value(&trace.logits()[end]));
    picture - baseline
}

/// `(picture - baseline) ∫ ∂F/∂x (baseline + α (picture - baseline)) dα` by Gauss-Legendre quadrature, summed in
/// double precision; at most `batch_size` points are in memory.
fn integrate(
    member: &Member,
    question: &Question<'_>,
    steps: usize,
    batch_size: usize,
) -> Vec<f64> {
    let ends = || question.picture.iter().zip(question.baseline);
    let mut integral = vec![0.0; question.picture.len()];
    for nodes in gauss_legendre(steps).chunks(batch_size) {
        let mut points = Vec::with_capacity(nodes.len() * question.picture.len());
        for node in nodes {
            let position = node.position as f32;
            points.extend(
                ends().map(|(&picture, &baseline)| baseline + position * (picture - baseline)),
            );
        }
        let trace = member.trace(&points, question.side);
        let slopes = question.target.gradients(trace.logits());
        let gradients = trace.picture_gradient(&slopes, ReluRule::Gradient);
        for (node, gradient) in nodes.iter().zip(gradients.chunks_exact(integral.len())) {
            let values = integral.iter_mut().zip(gradient);
            values.for_each(|(sum, &slope)| *sum += node.weight * f64::from(slope));
        }
    }
    let path = ends().map(|(&picture, &baseline)| f64::from(picture) - f64::from(baseline));
    integral
        .iter_mut()
        .zip(path)
        .for_each(|(value, length)| *value *= length);
    integral
}
