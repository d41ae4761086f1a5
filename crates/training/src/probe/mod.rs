//! What can be read off the features of a frozen network, in minutes: which pooling, which answer for ordered grades,
//! how well it carries over to another camera, and whether macular oedema can be told.
//!
//! The features of every view are computed once; a head is a few thousand numbers and is fitted in seconds. So heads can
//! be compared where training the whole network for each would take days. Every comparison is paired: the same
//! photographs, the same resamples of the patients, against the network's own head (average, cross-entropy).

mod answer;
pub(crate) mod bench;
pub(crate) mod features;
mod head;

use std::sync::atomic::AtomicBool;

use serde::{Deserialize, Serialize};
use trust::bootstrap::Interval;
use trust::comparison::Comparison;
use trust::evaluation::Evaluation;

use crate::TrainingError;
use crate::configuration::Configuration;
use crate::ensemble::{list_all, read};
use crate::progress::Progress;
use crate::start;

pub use answer::Answer;
pub use head::Pooling;

use bench::Bench;
use features::{Views, features};

/// What was found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Probe {
    /// [`trust::DISCLAIMER`].
    pub disclaimer: String,
    /// Heads fitted on the training photographs of all sources and measured on all validation photographs; the first is
    /// the network's own.
    pub heads: Vec<MeasuredHead>,
    /// The network's own head, fitted without one source and measured on the validation photographs of that source.
    pub leave_one_source_out: Vec<LeftOut>,
    /// Whether macular oedema can be told; `None` where too few photographs say whether there is any.
    pub macular_oedema: Option<MacularOedema>,
}

/// A head and what it is worth.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MeasuredHead {
    /// How it pools.
    pub pooling: Pooling,
    /// How it answers.
    pub answer: Answer,
    /// Factor of the sum of squares of its matrix, chosen by cross-validation on the training photographs.
    pub penalty: f64,
    /// All its figures, after calibration on the same photographs.
    pub evaluation: Evaluation,
    /// Its figures less those of the first head; `None` for the first.
    pub against_first: Option<Comparison>,
}

/// A source that took no part in fitting the head.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LeftOut {
    /// Its name.
    pub source: String,
    /// The figures on its validation photographs.
    pub evaluation: Evaluation,
}

/// How well a second output tells macular oedema, on the validation photographs that say whether there is any.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MacularOedema {
    /// Photographs it learned from: without, with.
    pub trained: [usize; 2],
    /// Photographs it was measured on: without, with.
    pub measured: [usize; 2],
    /// Area under the curve of its probability.
    pub auc: Option<Interval>,
    /// Area under the curve of the referable probability of the first head, for the same question.
    pub referable_auc: Option<Interval>,
}

/// Computes the features of `views` random changes of every training photograph (beside the photograph itself) with the
/// weights of [`Configuration::init`] (of a bundle, its first member), fits the heads and measures them.
///
/// # Errors
/// [`TrainingError`]: no weights were named, or what was wrong with which input.
pub fn probe(
    configuration: &Configuration,
    views: usize,
    stop: &AtomicBool,
    observer: &(dyn Fn(Progress) + Sync),
) -> Result<Probe, TrainingError> {
    configuration.check()?;
    // There is one: that was checked.
    let device = grader::device(&configuration.devices[0])
        .map_err(|error| TrainingError::Device(error.to_string()))?;
    let listed = list_all(configuration)?;
    let (photographs, preparation) = read(configuration, listed, stop, observer)?;
    let Some(weights) = &configuration.init else {
        return Err(TrainingError::Configuration(
            "no weights were named to compute features with".to_owned(),
        ));
    };
    let network = start::for_features(weights, &device)?;
    let total = photographs.train.len() + photographs.val.len();
    let augmented = Views::Augmented {
        changed: views,
        augmentation: &configuration.augmentation,
        seed: configuration.seed,
    };
    let trained = features(
        &network,
        &photographs.train,
        &preparation,
        augmented,
        &device,
        stop,
        |done| observer(Progress::Features { done, total }),
    )?;
    let validated = features(
        &network,
        &photographs.val,
        &preparation,
        Views::Rotations,
        &device,
        stop,
        |done| {
            let done = photographs.train.len() + done;
            observer(Progress::Features { done, total });
        },
    )?;
    let bench = Bench {
        seed: configuration.seed,
        balance: configuration.balance,
        train: &photographs.train,
        val: &photographs.val,
        trained: &trained,
        validated: &validated,
    };
    bench.measure(observer)
}
