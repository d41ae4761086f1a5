//! The methods, one small file each: from a member and a question to one plane of evidence, or one for each channel.

pub(crate) mod cam;
pub(crate) mod combined;
pub(crate) mod expected_gradients;
pub(crate) mod guided;
pub(crate) mod integrated_gradients;
pub(crate) mod occlusion;
mod quadrature;
pub(crate) mod rise;
pub(crate) mod saliency;
pub(crate) mod score_cam;
pub(crate) mod smoothing;
#[cfg(test)]
mod tests;

use grader::Member;

use crate::map::resize;
use crate::method::Method;
use crate::options::{Options, Smoothing};
use crate::question::Question;
use cam::Weighting;

/// What a method finds for the member at `index`: `[side, side]`, or `[3, side, side]`.
pub(crate) fn of_member(
    method: Method,
    member: &Member,
    index: usize,
    question: &Question<'_>,
    options: &Options,
) -> Vec<f64> {
    let smoothed = |kind, method| {
        let noise = smoothing::noise(question, options, index);
        let plain = Options {
            smoothing: None,
            ..*options
        };
        smoothing::smoothed(question, kind, noise, |question| match method {
            Some(method) => of_member(method, member, index, question, &plain),
            None => saliency::gradient(member, question),
        })
    };
    if let Some(kind) = options.smoothing {
        return smoothed(kind, Some(method));
    }
    let side = [question.side; 2];
    let weighted = |weighting| {
        let trace = member.trace(question.picture, question.side);
        let (coarse, size) = cam::coarse(trace, question.target, options.layer, weighting);
        resize(&coarse, size, side)
    };
    match method {
        Method::Combined => combined::map(member, question, options),
        Method::GradCam => weighted(Weighting::Mean),
        Method::GradCamPlusPlus => weighted(Weighting::PlusPlus),
        Method::HiResCam => weighted(Weighting::HighResolution),
        Method::LayerCam => weighted(Weighting::Positive),
        Method::ScoreCam => {
            let (coarse, size) = score_cam::coarse(member, question, options.layer);
            resize(&coarse, size, side)
        }
        Method::Saliency => saliency::saliency(member, question),
        Method::InputXGradient => saliency::input_x_gradient(member, question),
        Method::GuidedBackprop => guided::guided_backprop(member, question),
        Method::Deconvolution => guided::deconvolution(member, question),
        Method::GuidedGradCam => guided::guided_grad_cam(member, question, options.layer),
        Method::SmoothGrad => smoothed(Smoothing::Mean, None),
        Method::SmoothGradSquared => smoothed(Smoothing::Squares, None),
        Method::IntegratedGradients => {
            integrated_gradients::integrate(member, question, options.steps)
        }
        Method::ExpectedGradients => {
            let samples = expected_gradients::samples(question, options, index);
            expected_gradients::channels(member, question, &samples)
        }
        Method::Occlusion => {
            let window = options.window.unwrap_or(question.side / 16).max(2);
            occlusion::map(member, question, window, window / 2)
        }
        Method::Rise => rise::signed(member, question, options, index),
    }
}
