//! The default explanation: Integrated Gradients where a class activation map agrees.
//!
//! Integrated Gradients are fine and sum up to the answer, but they scatter over everything that has contrast; class
//! activation maps say in which part of the picture the answer is decided, but not by what. So the one is weighed by the
//! other. Which ones are multiplied was chosen by the scorecard (docs/explanations.md); both depend on what was learned.

use grader::{Layer, Member};

use super::cam::{self, Weighting};
use super::integrated_gradients::integrate;
use crate::map::resize;
use crate::options::Options;
use crate::question::Question;

/// Layer of the class activation map: one value for 16 pixels.
const LAYER: Layer = Layer::Third;

/// Steps of Integrated Gradients for one of the options': nothing is summed up here, so a few do.
const STEPS_SHARE: usize = 4;

/// Evidence `[side, side]` of one member, in the target's unit and signed.
pub(crate) fn map(member: &Member, question: &Question<'_>, options: &Options) -> Vec<f64> {
    let places = question.side * question.side;
    let trace = member.trace(question.picture, question.side);
    let (coarse, size) = cam::coarse(trace, question.target, LAYER, Weighting::Positive);
    let greatest = coarse.iter().copied().fold(0.0, f64::max);
    if greatest <= 0.0 {
        return vec![0.0; places];
    }
    let share = resize(&coarse, size, [question.side; 2]);

    let steps = (options.steps / STEPS_SHARE).max(1);
    let channels = integrate(member, question, steps);
    (0..places)
        .map(|place| {
            let evidence: f64 = channels.iter().skip(place).step_by(places).sum();
            evidence * share[place] / greatest
        })
        .collect()
}
