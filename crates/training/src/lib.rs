//! Learning from graded photographs: sources, sampling, schedule, the learner, checkpoints.
//!
//! [`train`] is the whole way: the [sources](source) are listed and [split](mod@split) by patient, every photograph is
//! decoded and cropped once into memory, and then each member of the ensemble learns from
//! [balanced](sampler), augmented batches that loader threads make ahead. The best epoch of each member goes into the
//! model bundle, with the calibration, thresholds and metrics measured on the validation photographs.
//!
//! Everything random is keyed by what it is for (seed, member, epoch, place), so that neither the number of threads nor
//! an interruption changes the result: a resumed run ends with the weights of an uninterrupted one.

pub mod annotated;
mod average;
mod batches;
mod checkpoint;
mod configuration;
mod consistency;
mod dashboard;
mod draws;
mod ensemble;
mod error;
pub mod experience;
mod finish;
mod first_head;
pub mod fitting;
pub mod hygiene;
mod lesion_batches;
mod lesion_course;
mod lesions;
mod loss;
mod member;
mod members;
mod optimizer;
mod pace;
mod photographs;
pub mod probe;
mod progress;
pub mod sampler;
mod schedule;
pub mod source;
pub mod split;
mod start;
mod step;
mod taught;
mod trail;
mod validation;

pub use configuration::{Configuration, Precision, Selection};
pub use dashboard::Dashboard;
pub use ensemble::train;
pub use error::TrainingError;
pub use loss::Loss;
pub use progress::Progress;
pub use schedule::Schedule;
