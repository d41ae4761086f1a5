//! Sources of photographs, splits, and whole training runs.

#![allow(clippy::unwrap_used, reason = "a test may stop")]

mod run;
mod sources;
mod split_and_sampling;
