//! Records of screenings and their photographs: SQLite or PostgreSQL, and a content-addressed folder or bucket.
//!
//! A [`Store`] has a folder on disk. Rows live in its `records.sqlite` or in PostgreSQL, the bytes of photographs and of the
//! pictures made from them in its `files/` or in a bucket that speaks S3, named by their SHA-256. Four rules hold at all times:
//!
//! 1. **Files first, rows second.** A row never names a file that is not whole on disk or in the bucket; a file without
//!    a row (the process died between the two) is swept away when the store is opened next.
//! 2. **The rows are the queue.** What is to be graded or explained is found by looking at the states,
//!    so a restart goes on where the last run stopped, without a second list that could disagree.
//! 3. **Work has one worker.** What is taken on is claimed for a minute, and the claim renewed while the worker lives; a claim
//!    that ran out is anybody's. Whoever opens a store that nobody else has open takes back all work and sweeps.
//! 4. **One folder or bucket a database.** Both bear the same name, and are not opened where they differ.
//!
//! Who may use it and who did is an [`Access`]: accounts, sessions, and an audit that is appended to in the transaction of what
//! it notes. It needs no lock, so that accounts can be changed beside a running server.
//!
//! Questions to the database and to stored files are asynchronous; what stages a file blocks, and an asynchronous caller runs it
//! where blocking is allowed.
//!
//! ```
//! # #[tokio::main]
//! # async fn main() -> Result<(), clinic::ClinicError> {
//! # let folder = tempfile::tempdir().expect("a temporary folder");
//! use clinic::{Actor, NewScreening, Records, Store};
//!
//! let store = Store::open(folder.path(), &Records::default()).await?;
//! let empty = NewScreening::default();
//! let refused = store.submit(Actor::Local, empty).await;
//! assert!(refused.is_err(), "a screening without a photograph is none");
//! # Ok(())
//! # }
//! ```

mod access;
mod account;
mod archive;
mod audit;
mod backup;
mod circumstances;
mod claims;
mod condition;
mod database;
mod deletion;
mod entity;
mod error;
mod export;
mod files;
mod history;
mod hold;
mod identifier;
mod identity;
mod laterality;
mod migration;
mod openid;
mod outcome;
mod password;
mod patient;
mod period;
mod queue;
mod read;
mod reading;
mod record;
mod review;
mod session;
mod settled;
mod statistics;
mod store;
mod summary;
pub mod words;
mod worklist;

time::serde::format_description!(iso_day, Date, "[year]-[month]-[day]");

pub use access::Access;
pub use account::{Account, AccountName, NewAccount, Proof, Role};
pub use archive::Archive;
pub use audit::{Action, Actor, AuditFault, AuditState, Entry, Subject};
pub use backup::{BackedUp, back_up, restore};
pub use circumstances::{Circumstances, UnfitField, year_of_birth};
pub use condition::Usage;
pub use database::{Records, Rows};
pub use deletion::Deleted;
pub use error::ClinicError;
pub use export::{
    Export, ExportPage, ExportedExplanation, ExportedPatient, ExportedPhotograph, ExportedResult,
    ExportedReview, ExportedScreening, Pseudonyms,
};
pub use files::{BucketAddress, BucketFault, ContentHash, Photographs, StagedFile, Staging};
pub use history::{ScreenedPhotograph, lately};
pub use identifier::{
    AccountId, ExplanationId, PatientId, PhotographId, ResultId, ReviewId, ScreeningId,
};
pub use laterality::{SeenLaterality, speaks_against};
pub use openid::{OpenId, OpenIdRefusal, RoleClaim};
pub use outcome::{Eye, EyeAnswer, JoinedPhotograph, PatientOutcome, joined};
pub use password::Password;
pub use patient::Patient;
pub use period::Period;
pub use reading::{Reading, ReadingState, reader_key};
pub use record::{
    Acceptance, AcceptedPhotograph, Completeness, Counterfactual, Examination, Explanation,
    ExplanationJob, ExplanationRequest, ExplanationState, FieldOfView, Finding, GradingJob,
    Laterality, MapRecord, NewExamination, NewMap, NewPhotograph, NewScreening, Photograph,
    PhotographFacts, PhotographState, Progress, Quality, Region, Screening, ScreeningState, Stage,
};
pub use review::{NewReview, Review, Verdict};
pub use session::{Session, SessionLifetime, Token};
pub use settled::{SettledPhotograph, SettledReviews, settled_reviews};
pub use statistics::{Agreement, Day, Statistics, Turnaround};
pub use store::Store;
pub use worklist::{
    Cursor, Filter, Order, Page, PatientDecision, Priority, SortKey, WorkState, Worklist,
    WorklistLine,
};
