//! Guided Grad-CAM (Selvaraju et al. 2017): where Grad-CAM is positive, the fine structure of Guided Backpropagation.

use grader::{ReluRule, Trace};

use crate::grad_cam;
use crate::map::resize;
use crate::target::Target;

/// Per channel and pixel `[3, side, side]` of one member and one picture: Guided Backpropagation times the positive
/// part of Grad-CAM, which is cut at zero before it is upsampled.
pub(crate) fn channels(trace: Trace<'_>, target: Target, side: usize) -> Vec<f64> {
    let (mut coarse, size) = grad_cam::coarse(&trace, target);
    coarse.iter_mut().for_each(|value| *value = value.max(0.0));
    let positive = resize(&coarse, size, [side, side]);

    let slopes = target.gradients(trace.logits());
    let guided = trace.picture_gradient(&slopes, ReluRule::Guided);
    let places = positive.iter().cycle();
    guided
        .iter()
        .zip(places)
        .map(|(&guided, positive)| f64::from(guided) * positive)
        .collect()
}
