//! Pages and JSON API over HTTP.
//!
//! The way of one upload through this crate: `guard` lets it in, `upload` reads the form file by file, decodes and
//! measures each photograph and puts the screening on record; `worker`, a single thread, grades what is queued and
//! then explains it; `api` and `page` show the record as JSON and HTML, `picture` its pictures. The records are the
//! only memory: whatever is shown is read from the [`clinic::Store`], so a restart changes nothing.
//!
//! Logs and metrics know opaque identifiers only, never a file name or a patient.

mod api;
mod application;
mod bundle;
mod document;
mod explained;
mod guard;
mod metrics;
mod monitoring;
mod page;
pub mod pages;
mod patient;
mod picture;
mod problem;
mod review;
mod routes;
mod searches;
mod statistics;
mod transport;
mod upload;
mod worker;
mod worklist;

pub use application::{Application, Configuration, SHOWN, ServerError, UploadLimits};
pub use monitoring::{reference, screened};
pub use routes::router;
pub use transport::{Server, serve, told_to_stop};
