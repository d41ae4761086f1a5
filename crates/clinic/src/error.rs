//! What can go wrong with the records.

use std::path::PathBuf;

/// A failure of the store. No message holds a patient's name or a submitted file name.
#[derive(Debug, thiserror::Error)]
pub enum ClinicError {
    /// A folder or file of the store could not be created, read or written.
    #[error("cannot {action} {path}: {source}; check that the folder exists and may be written", path = path.display())]
    File {
        /// What was tried, such as "create the folder".
        action: &'static str,
        /// The path concerned, inside the data folder.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// Another process holds the data folder.
    #[error("the data folder {path} is in use by another process; stop it or choose another folder", path = path.display())]
    Locked {
        /// The data folder.
        path: PathBuf,
    },
    /// The database refused.
    #[error("the records database failed: {0}")]
    Database(#[from] rusqlite::Error),
    /// The database could not be brought to this version's layout.
    #[error(
        "the records database cannot be brought to this version's layout: {0}; was it written by a newer version?"
    )]
    Migration(#[from] rusqlite_migration::Error),
    /// A row does not hold what its column promises.
    #[error("the records database holds an unreadable {what}: {detail}")]
    UnreadableRow {
        /// The kind of value, such as "finding".
        what: &'static str,
        /// Why it could not be read.
        detail: String,
    },
    /// No record has this identifier.
    #[error("there is no {what} with this identifier")]
    Unknown {
        /// The kind of record.
        what: &'static str,
    },
    /// A file's bytes are not those that were stored.
    #[error("the stored file {hash} was altered or damaged on disk; restore it from a backup")]
    Damaged {
        /// The content hash the file was stored under.
        hash: String,
    },
    /// A screening must hold at least one accepted photograph.
    #[error("a screening needs at least one photograph that can be read")]
    NothingAccepted,
    /// A result was handed in for something that is not being worked on.
    #[error("this {what} is not being worked on, so its result is not taken")]
    NotClaimed {
        /// The kind of record.
        what: &'static str,
    },
}
