//! Records of screenings and their photographs: SQLite and a content-addressed folder.
//!
//! A [`Store`] is one folder on disk. Rows live in `records.sqlite`, the bytes of photographs and of
//! the pictures made from them in `files/`, named by their SHA-256. Three rules hold at all times:
//!
//! 1. **Files first, rows second.** A row never names a file that is not whole on disk; a file without
//!    a row (the process died between the two) is swept away when the store is opened next.
//! 2. **The rows are the queue.** What is to be graded or explained is found by looking at the states,
//!    so a restart goes on where the last run stopped, without a second list that could disagree.
//! 3. **One process a folder.** The folder is locked while it is open.
//!
//! Everything here blocks; an asynchronous caller runs it where blocking is allowed.
//!
//! ```
//! # fn main() -> Result<(), clinic::ClinicError> {
//! # let folder = tempfile::tempdir().expect("a temporary folder");
//! use clinic::{NewScreening, Store};
//!
//! let store = Store::open(folder.path())?;
//! let refused = store.submit(NewScreening { patient: None, laterality: None, photographs: vec![] });
//! assert!(refused.is_err(), "a screening without a photograph is none");
//! # Ok(())
//! # }
//! ```

mod error;
mod files;
mod history;
mod queue;
mod read;
mod record;
mod store;

pub use error::ClinicError;
pub use files::{ContentHash, StagedFile, Staging};
pub use history::{ScreenedPhotograph, screened_lately};
pub use record::{
    Acceptance, AcceptedPhotograph, Completeness, Counterfactual, Examination, Explanation,
    ExplanationId, ExplanationJob, ExplanationRequest, ExplanationState, FieldOfView, Finding,
    GradingJob, Laterality, MapRecord, NewExamination, NewMap, NewPhotograph, NewScreening,
    Photograph, PhotographFacts, PhotographId, PhotographState, Progress, Quality, Region,
    Screening, ScreeningId, ScreeningState, Stage,
};
pub use store::Store;
