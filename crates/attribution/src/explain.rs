//! The way from a question to an attribution: checks, one member after the other, the average.

use fundus::{NetworkInput, Preparation};
use grader::{Grader, Member, Trace};

use crate::baseline;
use crate::grad_cam;
use crate::guided;
use crate::integrated_gradients::{self, Completeness, Question};
use crate::map::{Evidence, Map};
use crate::method::{Method, Options};
use crate::target::Target;

/// Where in the picture the answer comes from.
#[derive(Clone, Debug, PartialEq)]
pub struct Attribution {
    /// How it was computed.
    pub method: Method,
    /// What is explained.
    pub target: Target,
    /// Evidence at each pixel of the network's input; of methods with channels, the sum over them.
    pub map: Map,
    /// Evidence at each pixel of each channel, `[3, side, side]`; nothing for Grad-CAM, which knows no channels.
    pub channels: Option<Vec<f32>>,
    /// How well Integrated Gradients sum to what they explain; nothing for the other methods.
    pub completeness: Option<Completeness>,
    /// Whether the map says nothing at all ([`Evidence::Empty`]).
    pub empty: bool,
}

/// Why a picture could not be explained.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AttributionError {
    /// The input was not made by the model's own preparation.
    #[error(
        "the network's input has {values} values at a side of {side} pixels, but the model needs a side of {expected} pixels; prepare the photograph with the model's own settings"
    )]
    WrongInput {
        /// Side of the given input.
        side: usize,
        /// Number of its values.
        values: usize,
        /// Side that the model needs.
        expected: usize,
    },
    /// There is nothing to explain.
    #[error("the model has no members, so there is nothing to explain")]
    NoMembers,
    /// The options ask for nothing.
    #[error(
        "steps and batch size of an explanation must be at least 1; got {steps} steps in batches of {batch_size}"
    )]
    NothingAsked {
        /// The steps asked for.
        steps: usize,
        /// The batch size asked for.
        batch_size: usize,
    },
    /// The network's answer is no number.
    #[error(
        "the network's answer for this picture is not finite, so it cannot be explained; check the model's weights"
    )]
    NotFinite,
}

/// Explains the answer that the grader's members give, on average, for one picture.
///
/// The result depends on the picture, the members and the options only, and leaves the members bit-identical.
pub fn explain(
    grader: &Grader,
    input: &NetworkInput,
    method: Method,
    target: Target,
    options: &Options,
) -> Result<Attribution, AttributionError> {
    explain_members(
        grader.members(),
        grader.preparation(),
        input,
        method,
        target,
        options,
    )
}

/// [`explain`] for members outside a bundle; `preparation` is the one that made `input`.
pub fn explain_members(
    members: &[Member],
    preparation: &Preparation,
    input: &NetworkInput,
    method: Method,
    target: Target,
    options: &Options,
) -> Result<Attribution, AttributionError> {
    check(input, preparation, options)?;
    if members.is_empty() {
        return Err(AttributionError::NoMembers);
    }
    match method {
        Method::GradCam => {
            let maps = per_member(members, input, |trace| {
                grad_cam::signed(&trace, target, input.side)
            })?;
            Ok(Attribution::new(method, target, input.side, maps, None))
        }
        Method::GuidedGradCam => {
            let maps = per_member(members, input, |trace| {
                guided::channels(trace, target, input.side)
            })?;
            Ok(Attribution::new(method, target, input.side, maps, None))
        }
        Method::IntegratedGradients => {
            let baseline = baseline::values(options.baseline, input, preparation);
            let question = Question {
                picture: &input.values,
                baseline: &baseline,
                side: input.side,
                target,
            };
            let (channels, completeness) =
                integrated_gradients::channels(members, &question, options);
            if !completeness.relative_error.is_finite() {
                return Err(AttributionError::NotFinite);
            }
            Ok(Attribution::new(
                method,
                target,
                input.side,
                channels,
                Some(completeness),
            ))
        }
    }
}

fn check(
    input: &NetworkInput,
    preparation: &Preparation,
    options: &Options,
) -> Result<(), AttributionError> {
    let expected = preparation.input_side as usize;
    let (side, values) = (input.side, input.values.len());
    if side == 0 || side != expected || values != 3 * side * side {
        return Err(AttributionError::WrongInput {
            side,
            values,
            expected,
        });
    }
    let (steps, batch_size) = (options.steps, options.batch_size);
    if steps == 0 || batch_size == 0 {
        return Err(AttributionError::NothingAsked { steps, batch_size });
    }
    Ok(())
}

/// The average over members of what `attribute` finds in each one's forward pass.
fn per_member(
    members: &[Member],
    input: &NetworkInput,
    attribute: impl Fn(Trace<'_>) -> Vec<f64>,
) -> Result<Vec<f64>, AttributionError> {
    let mut average: Vec<f64> = Vec::new();
    for member in members {
        let trace = member.trace(&input.values, input.side);
        if !trace
            .logits()
            .iter()
            .flatten()
            .all(|logit| logit.is_finite())
        {
            return Err(AttributionError::NotFinite);
        }
        let values = attribute(trace);
        average.resize(values.len(), 0.0);
        average
            .iter_mut()
            .zip(values)
            .for_each(|(sum, value)| *sum += value / members.len() as f64);
    }
    Ok(average)
}

impl Attribution {
    /// `values` are one plane `[side, side]` or three.
    fn new(
        method: Method,
        target: Target,
        side: usize,
        values: Vec<f64>,
        completeness: Option<Completeness>,
    ) -> Self {
        let places = side * side;
        let mut sums = vec![0.0; places];
        for plane in values.chunks_exact(places) {
            sums.iter_mut()
                .zip(plane)
                .for_each(|(sum, value)| *sum += value);
        }
        let single = |values: Vec<f64>| values.into_iter().map(|value| value as f32).collect();
        let map = Map {
            height: side,
            width: side,
            values: single(sums),
        };
        let channels = (values.len() == 3 * places).then(|| single(values));
        let empty = map.evidence() == Evidence::Empty;
        Self {
            method,
            target,
            map,
            channels,
            completeness,
            empty,
        }
    }
}
