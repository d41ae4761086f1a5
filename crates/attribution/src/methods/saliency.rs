//! What the slope of the answer at the picture itself says.

use grader::{Member, ReluRule};

use crate::question::Question;

/// The plain gradient, `[3, side, side]`, signed.
pub(crate) fn gradient(member: &Member, question: &Question<'_>) -> Vec<f64> {
    question.gradient(member, question.picture, ReluRule::Gradient)
}

/// Saliency (Simonyan et al. 2013, arXiv:1312.6034): the gradient's magnitude, `[3, side, side]`.
pub(crate) fn saliency(member: &Member, question: &Question<'_>) -> Vec<f64> {
    gradient(member, question)
        .into_iter()
        .map(f64::abs)
        .collect()
}

/// Input × Gradient (Shrikumar et al. 2016, arXiv:1605.01713), `[3, side, side]`, signed; the input is normalised.
pub(crate) fn input_x_gradient(member: &Member, question: &Question<'_>) -> Vec<f64> {
    let slopes = gradient(member, question);
    let values = question.picture.iter().zip(slopes);
    values
        .map(|(&value, slope)| f64::from(value) * slope)
        .collect()
}
