//! The records, on each database and in a bucket: one program, for each would link both databases anew.

#![allow(clippy::unwrap_used, reason = "a test may stop")]

mod accounts;
mod archive;
mod audit;
mod bucket;
mod circumstances;
mod export;
mod joined;
mod keeping;
mod laterality;
mod older_records;
mod openid;
mod queue;
mod readings;
mod reviews;
mod statistics;
mod store;
mod support;
mod worklist;
