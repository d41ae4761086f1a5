//! Gradients that pass ReLUs by another rule than the derivative: they look sharp, and depend less on the network than
//! they seem to (Adebayo et al. 2018, arXiv:1810.03292).

use grader::{Layer, Member, ReluRule};

use super::cam::{self, Weighting};
use crate::map::resize;
use crate::question::Question;

/// Guided Backpropagation (Springenberg et al. 2015, arXiv:1412.6806), `[3, side, side]`.
pub(crate) fn guided_backprop(member: &Member, question: &Question<'_>) -> Vec<f64> {
    question.gradient(member, question.picture, ReluRule::Guided)
}

/// Deconvolution (Zeiler and Fergus 2014, arXiv:1311.2901), `[3, side, side]`.
pub(crate) fn deconvolution(member: &Member, question: &Question<'_>) -> Vec<f64> {
    question.gradient(member, question.picture, ReluRule::Deconvolution)
}

/// Guided Grad-CAM (Selvaraju et al. 2017), `[3, side, side]`: Guided Backpropagation times the positive part of Grad-CAM,
/// which is cut at zero before it is enlarged.
pub(crate) fn guided_grad_cam(member: &Member, question: &Question<'_>, layer: Layer) -> Vec<f64> {
    let trace = member.trace(question.picture, question.side);
    let (mut coarse, size) = cam::coarse(trace, question.target, layer, Weighting::Mean);
    coarse.iter_mut().for_each(|value| *value = value.max(0.0));
    let positive = resize(&coarse, size, [question.side; 2]);

    let guided = guided_backprop(member, question).into_iter();
    let places = positive.iter().cycle();
    guided
        .zip(places)
        .map(|(guided, positive)| guided * positive)
        .collect()
}
