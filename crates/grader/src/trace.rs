//! One forward pass of a member, remembered, and the way back through it.

mod burn;

use crate::member::{Engine, Member};
use crate::network::{CLASSES, FEATURES};

pub use inference::{Layer, LayerValues, ReluRule};

/// A forward pass of some pictures through one member with frozen batch norm.
///
/// Going back through it changes no weight and no statistic, and no picture touches another.
pub struct Trace<'a> {
    member: &'a Member,
    pass: Pass<'a>,
    logits: Vec<[f32; CLASSES]>,
}

enum Pass<'a> {
    Cpu(Box<inference::Trace<'a>>),
    Burn(Box<burn::Trace<'a>>),
}

impl<'a> Trace<'a> {
    pub(crate) fn new(member: &'a Member, pictures: &[f32], side: usize) -> Self {
        let (pass, averages) = match member.engine() {
            Engine::Cpu(network) => {
                let trace = network.trace(pictures, [side, side]);
                let averages = trace.features().to_vec();
                (Pass::Cpu(Box::new(trace)), averages)
            }
            Engine::Burn(network) => {
                let trace = burn::Trace::forward(network, pictures, side);
                let averages = trace.averages();
                (Pass::Burn(Box::new(trace)), averages)
            }
        };
        let logits = member.classify(&averages);
        Self {
            member,
            pass,
            logits: logits.into_iter().map(|logits| logits.0).collect(),
        }
    }

    /// The logits of every picture.
    pub fn logits(&self) -> &[[f32; CLASSES]] {
        &self.logits
    }

    /// The last feature map, `[picture][512][height][width]`, and its height and width.
    pub fn feature_map(&self) -> (Vec<f32>, [usize; 2]) {
        match &self.pass {
            Pass::Cpu(trace) => (trace.feature_map(), trace.feature_size()),
            Pass::Burn(trace) => trace.feature_map(),
        }
    }

    /// The slopes of a function of the logits with respect to the averages of the last feature map, from its slopes with
    /// respect to the logits, for every picture. With respect to the feature map itself they are the same at every
    /// place: these, divided by the number of places.
    pub fn average_slopes(&self, logit_slopes: &[[f64; CLASSES]]) -> Vec<[f32; FEATURES]> {
        self.member.average_slopes(logit_slopes)
    }

    /// What comes out of a layer, after its last ReLU.
    pub fn layer(&self, layer: Layer) -> LayerValues {
        match &self.pass {
            Pass::Cpu(trace) => trace.layer(layer),
            Pass::Burn(trace) => trace.layer(layer),
        }
    }

    /// The gradient of a function of the logits with respect to what comes out of a layer, from its slopes with respect to
    /// the logits of every picture.
    pub fn layer_gradient(self, logit_slopes: &[[f64; CLASSES]], layer: Layer) -> LayerValues {
        let slopes = self.average_slopes(logit_slopes);
        match self.pass {
            Pass::Cpu(trace) => trace.layer_gradient(&slopes, layer),
            Pass::Burn(trace) => trace.layer_gradient(&slopes, layer),
        }
    }

    /// The gradient of a function of the logits with respect to the pictures, `[picture][3][side][side]`, from its
    /// slopes with respect to the logits of every picture, under a rule for ReLUs.
    pub fn picture_gradient(self, logit_slopes: &[[f64; CLASSES]], rule: ReluRule) -> Vec<f32> {
        let slopes = self.average_slopes(logit_slopes);
        match self.pass {
            Pass::Cpu(trace) => trace.picture_gradient(&slopes, rule),
            Pass::Burn(trace) => trace.picture_gradient(&slopes, rule),
        }
    }
}
