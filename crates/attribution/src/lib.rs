//! Where in the picture the answer comes from: Grad-CAM, Integrated Gradients, Guided Grad-CAM, and their rendering.
//!
//! [`explain`] takes what the network saw ([`fundus::NetworkInput`]) and answers, for one [`Target`], how much every
//! place speaks for it (positive) or against it (negative). Every member of the ensemble is explained on its own
//! logits, at 0°, and the members are averaged. [`render`] makes pictures of the answer.
//!
//! Explaining reads the network and nothing else: batch norm is frozen, so no weight and no statistic changes and no
//! picture touches another; gradients are taken with respect to activations only. Memory is bounded by
//! [`Options::batch_size`] whatever the number of steps.

mod baseline;
mod explain;
mod grad_cam;
mod guided;
mod integrated_gradients;
mod map;
mod method;
mod quadrature;
pub mod render;
mod target;

pub use explain::{Attribution, AttributionError, explain, explain_members};
pub use integrated_gradients::Completeness;
pub use map::{Evidence, Map};
pub use method::{Baseline, Method, Options, UnknownName};
pub use target::Target;
