//! The program as its users meet it: the real binary on drawn retinas, with a small untrained bundle.

// A test fails by panicking; clippy knows this of test functions only, not of what they share.
#![allow(clippy::unwrap_used)]

mod accounts;
mod bad_input;
mod bench;
#[cfg(unix)]
mod bucket;
mod bundle_fitting;
mod bundle_weights;
mod certainty;
mod checkpoint;
mod client;
mod data;
mod evaluate;
mod explain;
mod explain_score;
mod export;
mod keeping;
#[cfg(unix)]
mod killed;
mod leave_one_out;
mod openid;
mod predict;
mod preprocess;
mod probe;
mod recipe;
mod report;
mod reviews;
#[cfg(unix)]
#[allow(dead_code, reason = "the tests of the records use the rest")]
#[path = "../../../clinic/tests/clinic/support/s3.rs"]
mod s3;
mod screen;
mod screen_stopped;
mod serve;
mod survive;
mod trade;
mod train;
mod uncertainty;
