//! Records of screenings and their photographs: SQLite or PostgreSQL, and a content-addressed folder.
//!
//! A [`Store`] is one folder on disk. Rows live in its `records.sqlite` or in PostgreSQL, the bytes of photographs and of the
//! pictures made from them in `files/`, named by their SHA-256. Four rules hold at all times:
//!
//! 1. **Files first, rows second.** A row never names a file that is not whole on disk; a file without
//!    a row (the process died between the two) is swept away when the store is opened next.
//! 2. **The rows are the queue.** What is to be graded or explained is found by looking at the states,
//!    so a restart goes on where the last run stopped, without a second list that could disagree.
//! 3. **One process a folder and a database.** Both are locked while they are open.
//! 4. **One folder a database.** Both bear the same name, and are not opened where they differ.
//!
//! Questions to the database are asynchronous; what reads or writes files blocks, and an asynchronous caller runs it where
//! blocking is allowed.
//!
//! ```
//! # #[tokio::main]
//! # async fn main() -> Result<(), clinic::ClinicError> {
//! # let folder = tempfile::tempdir().expect("a temporary folder");
//! use clinic::{NewScreening, Records, Store};
//!
//! let store = Store::open(folder.path(), &Records::Sqlite).await?;
//! let refused = store.submit(NewScreening { patient: None, laterality: None, photographs: vec![] });
//! assert!(refused.await.is_err(), "a screening without a photograph is none");
//! # Ok(())
//! # }
//! ```

mod backup;
mod database;
mod deletion;
mod entity;
mod error;
mod files;
mod history;
mod identifier;
mod identity;
mod migration;
mod outcome;
mod patient;
mod queue;
mod read;
mod reading;
mod record;
mod review;
mod settled;
mod statistics;
mod store;
mod summary;
mod worklist;

pub use backup::{BackedUp, back_up, restore};
pub use database::Records;
pub use deletion::Deleted;
pub use error::ClinicError;
pub use files::{ContentHash, StagedFile, Staging};
pub use history::{ScreenedPhotograph, lately};
pub use identifier::{ExplanationId, PatientId, PhotographId, ResultId, ReviewId, ScreeningId};
pub use outcome::{Eye, EyeAnswer, PatientOutcome};
pub use patient::Patient;
pub use reading::{Reading, ReadingState, reader_key};
pub use record::{
    Acceptance, AcceptedPhotograph, Completeness, Counterfactual, Examination, Explanation,
    ExplanationJob, ExplanationRequest, ExplanationState, FieldOfView, Finding, GradingJob,
    Laterality, MapRecord, NewExamination, NewMap, NewPhotograph, NewScreening, Photograph,
    PhotographFacts, PhotographState, Progress, Quality, Region, Screening, ScreeningState, Stage,
};
pub use review::{NewReview, Review, Verdict};
pub use settled::{SettledPhotograph, SettledReviews, settled_reviews};
pub use statistics::{Agreement, Day, Period, Statistics, Turnaround};
pub use store::Store;
pub use worklist::{
    Cursor, Filter, Order, Page, PatientDecision, Priority, SortKey, WorkState, Worklist,
    WorklistLine,
};
