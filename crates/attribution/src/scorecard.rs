//! What an explanation is worth: whether it points at lesions ([`localization`]), and whether the network depends on what it
//! points at ([`Subject::faithfulness`] and others). Whether it depends on the network is seen by explaining with weights that
//! [`grader::ResNet18::ending_as`] made random, and comparing with [`crate::similarity`].
//!
//! Whatever a method reaches has to be compared with maps that know nothing of the network ([`Prior`]).

mod faithfulness;
mod localization;
mod prior;

use fundus::{NetworkInput, Preparation};
use grader::Member;

use crate::baseline;
use crate::draws::{self, Purpose};
use crate::explain::{Attribution, AttributionError, explain_members};
use crate::map::Map;
use crate::method::Method;
use crate::options::Options;
use crate::question::Question;
use crate::target::Target;

pub use faithfulness::{Faithfulness, WindowLosses};
pub use localization::{LesionMask, Localization, POINTING_TOLERANCE, localization};
pub use prior::Prior;

/// A picture whose answer is explained, and those who answer.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    /// The members of the ensemble.
    pub members: &'a [Member],
    /// How the input was made.
    pub preparation: &'a Preparation,
    /// What the network sees.
    pub input: &'a NetworkInput,
    /// What is explained.
    pub target: Target,
    /// How it is explained.
    pub options: &'a Options,
}

/// Largest noise of [`Subject::sensitivity`], as a share of the range of the picture's values.
const SMALL_NOISE: f32 = 0.02;

/// Draws of [`Subject::sensitivity`].
const NOISES: usize = 4;

impl Subject<'_> {
    /// Explains the answer.
    ///
    /// # Errors
    /// As [`crate::explain`].
    pub fn explain(&self, method: Method) -> Result<Attribution, AttributionError> {
        explain_members(
            self.members,
            self.preparation,
            self.input,
            method,
            self.target,
            self.options,
        )
    }

    /// How the answer follows a map, `[side, side]`, over the places of the retina.
    pub fn faithfulness(&self, map: &Map, retina: &[bool]) -> Faithfulness {
        let baseline = self.baseline();
        let question = self.question(&baseline);
        faithfulness::faithfulness(self.members, &question, map, retina, self.options.seed)
    }

    /// What the answer loses when parts of the picture are covered, for the [`WindowLosses::infidelity`] of every map.
    pub fn window_losses(&self) -> WindowLosses {
        let baseline = self.baseline();
        let question = self.question(&baseline);
        faithfulness::window_losses(self.members, &question, self.options.seed)
    }

    /// Sensitivity (Yeh et al. 2019): the greatest change of the map, as a share of its length, when noise that nobody sees is
    /// added to the picture; 0 is best. `map` is what the method found without it.
    ///
    /// # Errors
    /// As [`crate::explain`].
    pub fn sensitivity(&self, method: Method, map: &Map) -> Result<f64, AttributionError> {
        let values = &self.input.values;
        let least = values.iter().copied().fold(f32::INFINITY, f32::min);
        let greatest = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let reach = SMALL_NOISE * (greatest - least);
        let mut worst = 0.0_f64;
        for sample in 0..NOISES {
            let mut draws = draws::generator(self.options.seed, 0, sample, Purpose::Noise);
            let noisy = |&value: &f32| value + reach * (2.0 * draws::unit(&mut draws) as f32 - 1.0);
            let input = NetworkInput {
                side: self.input.side,
                values: values.iter().map(noisy).collect(),
            };
            let changed = Subject {
                input: &input,
                ..*self
            };
            worst = worst.max(change(map, &changed.explain(method)?.map));
        }
        Ok(worst)
    }

    fn baseline(&self) -> Vec<f32> {
        baseline::values(self.options.baseline, self.input, self.preparation)
    }

    fn question<'a>(&'a self, baseline: &'a [f32]) -> Question<'a> {
        Question {
            picture: &self.input.values,
            baseline,
            references: &[],
            side: self.input.side,
            target: self.target,
            batch_size: self.options.batch_size,
        }
    }
}

/// The length of the difference of two maps as a share of that of the first.
fn change(map: &Map, other: &Map) -> f64 {
    let length = |values: &mut dyn Iterator<Item = f64>| {
        values.map(|value| value * value).sum::<f64>().sqrt()
    };
    let pairs = map.values.iter().zip(&other.values);
    let difference = length(&mut pairs.map(|(&a, &b)| f64::from(a) - f64::from(b)));
    difference
        / length(&mut map.values.iter().map(|&value| f64::from(value))).max(f64::MIN_POSITIVE)
}
