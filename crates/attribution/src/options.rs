//! How an explanation is to be computed.

use std::str::FromStr;

use grader::Layer;
use serde::{Deserialize, Serialize};

use crate::method::UnknownName;

/// The picture without information that Integrated Gradients starts from, in the space of the network's input.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Baseline {
    /// What the network receives for an entirely black photograph: the standardisation's zero, normalised. Where the
    /// local background is subtracted this is a retina without any contrast, so nothing is attributed to places that
    /// look like their surroundings.
    #[default]
    Black,
    /// The picture's own mean colour everywhere inside the circle of the field of view; outside it the picture itself,
    /// so that nothing is attributed there.
    MeanColour,
    /// The picture itself after a Gaussian blur whose standard deviation is 1/16 of the side: illumination and colour
    /// remain, vessels and lesions are gone.
    Blurred,
}

impl Baseline {
    /// All baselines.
    pub const ALL: [Baseline; 3] = [Baseline::Black, Baseline::MeanColour, Baseline::Blurred];

    /// The name in commands, such as `mean-colour`.
    pub fn name(self) -> &'static str {
        match self {
            Baseline::Black => "black",
            Baseline::MeanColour => "mean-colour",
            Baseline::Blurred => "blurred",
        }
    }
}

impl FromStr for Baseline {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, UnknownName> {
        let found = Baseline::ALL
            .into_iter()
            .find(|baseline| baseline.name() == text);
        found.ok_or_else(|| UnknownName::new("baseline", text, &Baseline::ALL.map(Baseline::name)))
    }
}

/// What is done with the explanations of noisy copies of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Smoothing {
    /// They are averaged.
    Mean,
    /// Their squares are averaged, which keeps what changes its sign and loses which sign it had.
    Squares,
}

/// How an explanation is computed. The defaults suit a screening page on two processor cores.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options {
    /// Points on the path of Integrated Gradients to begin with, at least 1; default 50.
    pub steps: usize,
    /// The steps are doubled until the completeness error is small or this many are reached; default 200.
    pub max_steps: usize,
    /// Where the path of Integrated Gradients begins, and what covers the picture in Occlusion and RISE.
    pub baseline: Baseline,
    /// Pictures that go through the network together, at least 1. It bounds the memory (on the CPU about 15 MB
    /// each at 224 pixels, 30 MB at 320, in proportion to the pixels) and changes nothing else; default 2.
    pub batch_size: usize,
    /// The layer whose channels class activation maps weigh; default the last, one value for 32 pixels.
    pub layer: Layer,
    /// Smooths whatever method by noise, beside SmoothGrad, which smooths the gradient; default `None`.
    pub smoothing: Option<Smoothing>,
    /// Noisy copies, at least 1; default 16.
    pub samples: usize,
    /// Standard deviation of the noise, as a share of the range of the picture's values; default 0.1.
    pub noise: f32,
    /// Side of the windows of Occlusion, in pixels, which overlap by half; default `None`: a sixteenth of the picture's.
    pub window: Option<usize>,
    /// Masks of RISE, at least 1; default 1000.
    pub masks: usize,
    /// What random draws are keyed by, with member and sample.
    pub seed: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            steps: 50,
            max_steps: 200,
            baseline: Baseline::Black,
            batch_size: 2,
            layer: Layer::Fourth,
            smoothing: None,
            samples: 16,
            noise: 0.1,
            window: None,
            masks: 1000,
            seed: 0,
        }
    }
}

/// Reads `layer1` to `layer4`, torchvision's names.
///
/// # Errors
/// [`UnknownName`], with those that are known.
pub fn layer(text: &str) -> Result<Layer, UnknownName> {
    let known = ["layer1", "layer2", "layer3", "layer4"];
    let place = known.iter().position(|&name| name == text);
    place
        .map(|place| Layer::ALL[place])
        .ok_or_else(|| UnknownName::new("layer", text, &known))
}
