//! Pages and JSON API over HTTP.
//!
//! The way of one upload through this crate: `guard` finds out `who` asks and lets it in where `permission` says so, `upload` reads the form file by file, decodes and
//! measures each photograph and puts the screening on record; `worker`, a single thread, grades what is queued and
//! then explains it; `openid` lets people log in at a provider, `api` and `page` show the record as JSON and HTML, `picture` its pictures,
//! `report` its report. The records are the
//! only memory: whatever is shown is read from the [`clinic::Store`], so a restart changes nothing.
//!
//! Logs and metrics know opaque identifiers only, never a file name or a patient.

mod accounts;
mod api;
mod application;
mod bundle;
mod document;
mod events;
mod explained;
mod guard;
mod laterality;
mod log_in;
mod metrics;
mod monitoring;
mod noted;
mod openid;
mod page;
pub mod pages;
mod patient;
mod permission;
mod picture;
mod problem;
mod report;
mod retry;
mod review;
mod routes;
mod searches;
mod sightings;
mod spoken;
mod statistics;
mod throttle;
mod tls;
mod transport;
mod upload;
mod who;
mod worker;
mod worklist;

pub use application::{
    Application, Configuration, SHOWN, ServerError, TlsFiles, UploadLimits, Work,
};
pub use bundle::fingerprint;
pub use monitoring::{reference, screened};
pub use noted::{facts, finding, laterality, seen_laterality};
pub use openid::{OpenIdConfiguration, OpenIdSettings, OpenIdSettingsError};
pub use report::{ReportFailure, ReportRequest, report, report_model};
pub use routes::router;
pub use transport::{Server, serve, told_to_stop, work};
