//! Integrated Gradients (Sundararajan et al. 2017, arXiv:1703.01365) of an ensemble, refined until they are complete.
//!
//! Attributions along the straight path from baseline to picture sum to the difference of the target between the two
//! (completeness). The sum is known, so the error of the numerical integral is measured and reported, not hoped for.

use grader::{Member, ReluRule};
use serde::{Deserialize, Serialize};

use super::quadrature::gauss_legendre;
use crate::options::Options;
use crate::question::Question;

/// The completeness error that counts as reached.
const TOLERANCE: f64 = 0.01;

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
    /// Whether the error is below 1 %.
    pub reached: bool,
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

    fn refine(&mut self, question: &Question<'_>, steps: usize) {
        self.attributions = integrate(self.member, question, steps);
        self.steps = steps;
    }
}

/// Attributions `[3, side, side]` of every member. The member whose error is largest gets twice the steps,
/// again and again, until the average is complete or every member has `max_steps`.
pub(crate) fn refined(
    members: &[Member],
    question: &Question<'_>,
    options: &Options,
) -> (Vec<Vec<f64>>, Completeness) {
    let begin = |member| {
        let difference = difference(member, question);
        let attributions = integrate(member, question, options.steps);
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
        worst.refine(question, steps);
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
    let found = integrals.into_iter().map(|integral| integral.attributions);
    (found.collect(), completeness)
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

/// `F(picture) - F(baseline)` of one member.
fn difference(member: &Member, question: &Question<'_>) -> f64 {
    let ends = [question.picture, question.baseline];
    let scores = question.scores(member, 2, |end| ends[end].to_vec());
    scores[0] - scores[1]
}

/// `(picture - baseline) ∫ ∂F/∂x (baseline + α (picture - baseline)) dα` by Gauss-Legendre quadrature, summed in
/// double precision; only a batch of points is in memory.
pub(crate) fn integrate(member: &Member, question: &Question<'_>, steps: usize) -> Vec<f64> {
    let ends = || question.picture.iter().zip(question.baseline);
    let mut integral = vec![0.0; question.picture.len()];
    for nodes in gauss_legendre(steps).chunks(question.batch_size) {
        let mut points = Vec::with_capacity(nodes.len() * question.picture.len());
        for node in nodes {
            let position = node.position as f32;
            points.extend(
                ends().map(|(&picture, &baseline)| baseline + position * (picture - baseline)),
            );
        }
        let gradients = question.gradient(member, &points, ReluRule::Gradient);
        for (node, gradient) in nodes.iter().zip(gradients.chunks_exact(integral.len())) {
            let values = integral.iter_mut().zip(gradient);
            values.for_each(|(sum, slope)| *sum += node.weight * slope);
        }
    }
    let path = ends().map(|(&picture, &baseline)| f64::from(picture) - f64::from(baseline));
    integral
        .iter_mut()
        .zip(path)
        .for_each(|(value, length)| *value *= length);
    integral
}
