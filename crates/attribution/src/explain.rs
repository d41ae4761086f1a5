//! The way from a question to an attribution: checks, one member after the other, the average.

use fundus::{NetworkInput, Preparation};
use grader::{Grader, Member};

use crate::agreement::{Agreement, agreement};
use crate::baseline;
use crate::map::{Evidence, Map};
use crate::method::Method;
use crate::methods;
use crate::methods::integrated_gradients::{self, Completeness};
use crate::options::Options;
use crate::question::Question;
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
    /// Evidence at each pixel of each channel, `[3, side, side]`; nothing for methods that know no channels.
    pub channels: Option<Vec<f32>>,
    /// How well Integrated Gradients sum to what they explain; nothing for the other methods.
    pub completeness: Option<Completeness>,
    /// How far the members agree; nothing where there is one.
    pub agreement: Option<Agreement>,
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
        "steps, samples, masks and batch size of an explanation must be at least 1; got {steps} steps, {samples} samples and \
         {masks} masks in batches of {batch_size}"
    )]
    NothingAsked {
        /// The steps asked for.
        steps: usize,
        /// The noisy copies asked for.
        samples: usize,
        /// The masks asked for.
        masks: usize,
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
    let baseline = baseline::values(options.baseline, input, preparation);
    let references = match method {
        Method::ExpectedGradients => {
            let mut references = baseline::healthy_retinas(preparation);
            references.push(baseline.clone());
            references
        }
        _ => Vec::new(),
    };
    let question = Question {
        picture: &input.values,
        baseline: &baseline,
        references: &references,
        side: input.side,
        target,
        batch_size: options.batch_size,
    };
    check_answers(members, &question)?;
    // Smoothed Integrated Gradients are no longer complete, so there is nothing to refine.
    let (found, completeness) = match (method, options.smoothing) {
        (Method::IntegratedGradients, None) => {
            let (found, completeness) = integrated_gradients::refined(members, &question, options);
            (found, Some(completeness))
        }
        _ => {
            let of_member =
                |(index, member)| methods::of_member(method, member, index, &question, options);
            (members.iter().enumerate().map(of_member).collect(), None)
        }
    };
    Ok(Attribution::new(
        method,
        target,
        input.side,
        &found,
        completeness,
    ))
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
    let Options {
        steps,
        samples,
        masks,
        batch_size,
        ..
    } = *options;
    if [steps, samples, masks, batch_size].contains(&0) {
        return Err(AttributionError::NothingAsked {
            steps,
            samples,
            masks,
            batch_size,
        });
    }
    Ok(())
}

/// Refuses answers that are no numbers.
fn check_answers(members: &[Member], question: &Question<'_>) -> Result<(), AttributionError> {
    for member in members {
        let score = question.scores(member, 1, |_| question.picture.to_vec());
        if !score.iter().all(|score| score.is_finite()) {
            return Err(AttributionError::NotFinite);
        }
    }
    Ok(())
}

impl Attribution {
    /// `found` holds one plane `[side, side]` or three for each member.
    fn new(
        method: Method,
        target: Target,
        side: usize,
        found: &[Vec<f64>],
        completeness: Option<Completeness>,
    ) -> Self {
        let places = side * side;
        let sums: Vec<Vec<f64>> = found.iter().map(|values| summed(values, places)).collect();
        let average = average(found);
        let single = |values: &[f64]| values.iter().map(|&value| value as f32).collect();
        let map = Map {
            height: side,
            width: side,
            values: single(&summed(&average, places)),
        };
        let empty = map.evidence() == Evidence::Empty;
        Self {
            method,
            target,
            map,
            channels: (average.len() == 3 * places).then(|| single(&average)),
            completeness,
            agreement: agreement(&sums, side),
            empty,
        }
    }
}

/// The sum over the planes.
fn summed(values: &[f64], places: usize) -> Vec<f64> {
    let mut sums = vec![0.0; places];
    for plane in values.chunks_exact(places) {
        let pairs = sums.iter_mut().zip(plane);
        pairs.for_each(|(sum, value)| *sum += value);
    }
    sums
}

/// The average over the members.
fn average(found: &[Vec<f64>]) -> Vec<f64> {
    let mut average = vec![0.0; found.first().map_or(0, Vec::len)];
    for values in found {
        let pairs = average.iter_mut().zip(values);
        pairs.for_each(|(sum, value)| *sum += value / found.len() as f64);
    }
    average
}
