//! Uncertainty, calibration, decisions and their figures.

#![allow(clippy::unwrap_used, reason = "a test may stop")]

mod calibration;
mod calibration_error;
mod calibration_golden;
mod charts;
mod common;
mod comparison;
mod conformal;
mod decision;
mod drift;
mod evaluation;
mod golden;
mod meanings;
mod measures;
mod operating_point;
mod properties;
mod referral;
