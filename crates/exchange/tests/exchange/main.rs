//! The report, as a reader and a program see it.

#![allow(clippy::unwrap_used, reason = "a test may stop")]

mod report;
mod spanish;
mod support;
