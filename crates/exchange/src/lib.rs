//! What leaves the clinic: the report of a screening as PDF/A.
//!
//! [`Report`] holds all that a report says as plain values; [`Report::pdf`] makes the document of it. The crate knows records
//! and numbers, and no network: fonts and template are part of it, and nothing is read from anywhere else.

mod report;

pub use report::{Method, Model, Paper, Report, ReportError};
