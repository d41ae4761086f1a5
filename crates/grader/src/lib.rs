//! The network: ResNet-18 with explicit batch-norm modes, ensemble members, views, stochastic passes, and the model bundle.
//!
//! The way of a prepared photograph through this crate: a [`fundus::NetworkInput`] enters [`Grader`], which holds the
//! members of an opened [`Bundle`]; every member sees every view of the photograph (rotations by 90°, mirrored or not)
//! and, if asked, several stochastic samples. Each of these passes gives five logits, always in the order member,
//! sample, view. What the logits are worth is the business of the crate `trust`.
//!
//! Nothing here depends on which other photographs are graded at the same time, on their order, or on the number of
//! threads: on the CPU the same photograph, plan and bundle give the same bits.

mod batch_norm;
mod bundle;
mod device;
mod draws;
mod experience;
pub mod export;
mod feature_space;
mod grader;
pub mod import;
mod initial;
#[cfg(feature = "tch")]
pub mod libtorch;
mod manifest;
mod member;
mod merging;
mod network;
pub mod onnx;
mod passes;
pub mod pytorch;
pub mod seeded;
mod trace;
mod verification;
pub mod weights;

pub use batch_norm::{
    BatchNorm, BatchNormMode, BatchStatistics, EPSILON, MOMENT_MOMENTUM, Moments, RUNNING_MOMENTUM,
    SampledStatistics,
};
pub use bundle::{Bundle, BundleError, EncodedMember};
pub use device::{DEVICES, DeviceError, device, is_libtorch};
pub use experience::{BatchMoments, Experience, MemberExperience};
pub use feature_space::FeatureSpace;
pub use grader::{Answer, Grader, GraderError, Screening};
pub use manifest::{
    Architecture, BundleManifest, CalibrationRecord, FORMAT_VERSION, FileRecord, MANIFEST,
    MemberRecord, ValidationPhotograph,
};
pub use member::Member;
pub use merging::{MergeError, Merged};
pub use network::{BasicBlock, CLASSES, FEATURES, NoMoments, ResNet18};
pub use passes::{PassPlan, PlanError, Stochastic, View};
pub use trace::{Layer, LayerValues, ReluRule, Trace};
pub use verification::{Problem, Verification};
