//! Where in the picture the answer comes from: class activation maps, gradients, perturbations, and their rendering.
//!
//! [`explain`] takes what the network saw ([`fundus::NetworkInput`]) and answers, for one [`Target`], how much every
//! place speaks for it (positive) or against it (negative). Every member of the ensemble is explained on its own
//! logits, at 0°, and the members are averaged. [`render`] makes pictures of the answer.
//!
//! Explaining reads the network and nothing else: batch norm is frozen, so no weight and no statistic changes and no
//! picture touches another; gradients are taken with respect to activations only. Memory is bounded by
//! [`Options::batch_size`] whatever the number of steps.

mod agreement;
mod baseline;
mod blur;
mod candidates;
mod counterfactual;
mod draws;
mod explain;
mod map;
mod method;
mod methods;
mod options;
mod question;
mod regions;
pub mod render;
pub mod scorecard;
mod target;

pub use agreement::{Agreement, rank_correlation, similarity};
pub use candidates::{Candidate, MOST_CANDIDATES, candidates};
pub use counterfactual::{Counterfactual, counterfactual};
pub use explain::{Attribution, AttributionError, explain, explain_members};
pub use map::{Evidence, Map};
pub use method::{Method, UnknownName};
pub use methods::integrated_gradients::Completeness;
pub use options::{Baseline, Options, Smoothing, layer};
pub use regions::{Examination, Region, examine};
pub use target::Target;
