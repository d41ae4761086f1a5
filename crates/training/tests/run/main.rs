//! Whole training runs on drawn retinas: tiny, but with every part of a real one.

#![allow(clippy::unwrap_used, reason = "the helpers of tests are tests too")]

mod bench;
mod consistency;
mod experience;
mod first_head;
mod learning;
mod lesions;
mod members;
mod refusals;
mod resume;
mod start;
