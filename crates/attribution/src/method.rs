//! What can be asked for: the methods, and how they are to be computed.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A way to attribute an answer to places of the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// Gradient-weighted class activation mapping (Selvaraju et al. 2017, arXiv:1610.02391) on the output of the last
    /// convolutional stage, signed: kept before the ReLU. Coarse: one value for 32 pixels of the network's input.
    GradCam,
    /// Integrated Gradients (Sundararajan et al. 2017, arXiv:1703.01365): per pixel and channel, complete, that is,
    /// the values sum to the difference between the answers for the picture and for the baseline.
    IntegratedGradients,
    /// Guided Backpropagation (Springenberg et al. 2015, arXiv:1412.6806) times the positive part of Grad-CAM.
    GuidedGradCam,
}

impl Method {
    /// All methods, cheapest first.
    pub const ALL: [Method; 3] = [
        Method::GradCam,
        Method::GuidedGradCam,
        Method::IntegratedGradients,
    ];

    /// The name in commands, file names and URLs, such as `grad-cam`.
    pub fn name(self) -> &'static str {
        match self {
            Method::GradCam => "grad-cam",
            Method::IntegratedGradients => "integrated-gradients",
            Method::GuidedGradCam => "guided-grad-cam",
        }
    }

    /// The name as a page or a legend shows it.
    pub fn words(self) -> &'static str {
        match self {
            Method::GradCam => "Grad-CAM",
            Method::IntegratedGradients => "Integrated Gradients",
            Method::GuidedGradCam => "Guided Grad-CAM",
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

impl FromStr for Method {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, UnknownName> {
        let found = Method::ALL.into_iter().find(|method| method.name() == text);
        found.ok_or_else(|| {
            UnknownName::new("explanation method", text, &Method::ALL.map(Method::name))
        })
    }
}

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

/// How an explanation is computed. The defaults suit a screening page on two processor cores.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Options {
    /// Points on the path of Integrated Gradients to begin with, at least 1; default 50.
    pub steps: usize,
    /// The steps are doubled until the completeness error is small or this many are reached; default 200.
    pub max_steps: usize,
    /// Where the path of Integrated Gradients begins.
    pub baseline: Baseline,
    /// Points of the path that go through the network together, at least 1. It bounds the memory (on the CPU about 15 MB
    /// a point at 224 pixels, 30 MB at 320) and changes nothing else; default 4.
    pub batch_size: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            steps: 50,
            max_steps: 200,
            baseline: Baseline::Black,
            batch_size: 4,
        }
    }
}

/// A name that stands for nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown {what} {name:?}; known are {known}")]
pub struct UnknownName {
    what: &'static str,
    name: String,
    known: String,
}

impl UnknownName {
    pub(crate) fn new(what: &'static str, name: &str, known: &[&str]) -> Self {
        Self {
            what,
            name: name.to_owned(),
            known: known.join(", "),
        }
    }
}
