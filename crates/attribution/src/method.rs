//! What can be asked for: the methods, by name.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A way to attribute an answer to places of the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// Integrated Gradients weighed by LayerCAM: the default, see `docs/explanations.md`.
    Combined,
    /// Gradient-weighted class activation mapping (Selvaraju et al. 2017, arXiv:1610.02391) on the output of a layer, signed:
    /// kept before the ReLU.
    GradCam,
    /// Grad-CAM++ (Chattopadhay et al. 2018, arXiv:1710.11063).
    #[serde(rename = "grad-cam++")]
    GradCamPlusPlus,
    /// HiResCAM (Draelos and Carin 2020, arXiv:2011.08891), signed.
    #[serde(rename = "hirescam")]
    HiResCam,
    /// LayerCAM (Jiang et al. 2021, IEEE Transactions on Image Processing 30).
    #[serde(rename = "layercam")]
    LayerCam,
    /// Saliency (Simonyan et al. 2013, arXiv:1312.6034): the gradient's magnitude.
    Saliency,
    /// Input × Gradient (Shrikumar et al. 2016, arXiv:1605.01713).
    InputXGradient,
    /// Guided Backpropagation (Springenberg et al. 2015, arXiv:1412.6806).
    GuidedBackprop,
    /// Deconvolution (Zeiler and Fergus 2014, arXiv:1311.2901).
    Deconvolution,
    /// Guided Backpropagation times the positive part of Grad-CAM (Selvaraju et al. 2017).
    GuidedGradCam,
    /// SmoothGrad (Smilkov et al. 2017, arXiv:1706.03825): the gradient averaged over noisy copies of the picture.
    #[serde(rename = "smoothgrad")]
    SmoothGrad,
    /// SmoothGrad with squared gradients (Hooker et al. 2019, arXiv:1806.10758).
    #[serde(rename = "smoothgrad-squared")]
    SmoothGradSquared,
    /// Integrated Gradients (Sundararajan et al. 2017, arXiv:1703.01365): per pixel and channel, complete, that is,
    /// the values sum to the difference between the answers for the picture and for the baseline.
    IntegratedGradients,
    /// Expected Gradients (Erion et al. 2021, arXiv:1906.10670) over drawn retinas without lesions.
    ExpectedGradients,
    /// Score-CAM (Wang et al. 2020, arXiv:1910.01279).
    ScoreCam,
    /// Occlusion (Zeiler and Fergus 2014, arXiv:1311.2901) by windows that overlap by half.
    Occlusion,
    /// RISE (Petsiuk et al. 2018, arXiv:1806.07421), less its mean.
    Rise,
}

impl Method {
    /// All methods, the default first, then about the cheapest first.
    pub const ALL: [Method; 17] = [
        Method::Combined,
        Method::GradCam,
        Method::GradCamPlusPlus,
        Method::HiResCam,
        Method::LayerCam,
        Method::Saliency,
        Method::InputXGradient,
        Method::GuidedBackprop,
        Method::Deconvolution,
        Method::GuidedGradCam,
        Method::SmoothGrad,
        Method::SmoothGradSquared,
        Method::IntegratedGradients,
        Method::ExpectedGradients,
        Method::ScoreCam,
        Method::Occlusion,
        Method::Rise,
    ];

    /// The name in commands, file names and URLs, such as `grad-cam`, and the one that a page or a legend shows.
    fn names(self) -> (&'static str, &'static str) {
        match self {
            Method::Combined => ("combined", "Combined evidence"),
            Method::GradCam => ("grad-cam", "Grad-CAM"),
            Method::GradCamPlusPlus => ("grad-cam++", "Grad-CAM++"),
            Method::HiResCam => ("hirescam", "HiResCAM"),
            Method::LayerCam => ("layercam", "LayerCAM"),
            Method::Saliency => ("saliency", "Saliency"),
            Method::InputXGradient => ("input-x-gradient", "Input × Gradient"),
            Method::GuidedBackprop => ("guided-backprop", "Guided Backpropagation"),
            Method::Deconvolution => ("deconvolution", "Deconvolution"),
            Method::GuidedGradCam => ("guided-grad-cam", "Guided Grad-CAM"),
            Method::SmoothGrad => ("smoothgrad", "SmoothGrad"),
            Method::SmoothGradSquared => ("smoothgrad-squared", "SmoothGrad, squared"),
            Method::IntegratedGradients => ("integrated-gradients", "Integrated Gradients"),
            Method::ExpectedGradients => ("expected-gradients", "Expected Gradients"),
            Method::ScoreCam => ("score-cam", "Score-CAM"),
            Method::Occlusion => ("occlusion", "Occlusion"),
            Method::Rise => ("rise", "RISE"),
        }
    }

    /// The name in commands, file names and URLs, such as `grad-cam`.
    pub fn name(self) -> &'static str {
        self.names().0
    }

    /// The name as a page or a legend shows it.
    pub fn words(self) -> &'static str {
        self.names().1
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
