//! What a client of the API and a reader of the pages notice.

#![allow(clippy::unwrap_used, reason = "a test may stop")]

mod accounts;
mod bad_input;
mod encryption;
mod examinations;
mod language;
mod laterality;
mod log_in;
mod model;
mod openid;
mod people;
mod progress;
mod report;
mod reviews;
mod screening;
mod service;
mod sessions;
#[path = "../support/mod.rs"]
mod support;
mod worklist;
