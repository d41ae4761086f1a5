//! Explanations, their rendering and their scorecard.

#![allow(clippy::unwrap_used, reason = "a test may stop")]

mod common;
mod explanations;
mod golden;
mod rendering;
mod scorecard;
