//! What can go wrong with the records.

use std::path::PathBuf;

use sea_orm::DbErr;

use crate::files::BucketFault;
use crate::openid::OpenIdRefusal;

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
    /// Another program has the data folder open, or alone.
    #[error("the data folder {path} is in use by another program; stop it or choose another folder", path = path.display())]
    Locked {
        /// The data folder.
        path: PathBuf,
    },
    /// Another program has the PostgreSQL database open, or alone.
    #[error(
        "the records database is in use by another program; stop it or choose another database"
    )]
    DatabaseInUse,
    /// Programs of an earlier version have the records open, whose tables cannot be changed under them.
    #[error(
        "the records are in use by a program of an earlier version; stop every one of those, then start this one"
    )]
    InUseByEarlier,
    /// Records of an earlier version, or none, where they are only to be read.
    #[error(
        "the records cannot be read: {0}; where they were written by an earlier version, start `fundoscope serve` once to bring \
         them up to date"
    )]
    Outdated(DbErr),
    /// The data folder or the bucket holds the photographs of other records.
    #[error(
        "the photographs in {place} belong to other records; name the database that they were kept with, or choose another folder \
         or bucket"
    )]
    OtherRecords {
        /// The data folder, or the bucket's address.
        place: String,
    },
    /// An address of a bucket that is none.
    #[error(
        "photographs in a bucket are given as s3://bucket or s3://bucket/prefix, of letters, digits, hyphens, dots and \
         underscores; keys come from the environment, as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
    )]
    UnknownBucket,
    /// The bucket of the photographs could not be used.
    #[error("cannot {action} {bucket}: {fault}")]
    Bucket {
        /// What was tried, such as "read a photograph in".
        action: &'static str,
        /// The bucket's address.
        bucket: String,
        /// Why that failed.
        fault: BucketFault,
    },
    /// Files of a patient are left.
    #[error(
        "the patient was deleted, but not every photograph: {source}; what is left goes when the records are next opened by \
         `fundoscope serve` alone, at least an hour after it was submitted"
    )]
    FilesLeft {
        /// Why they could not be removed.
        source: Box<ClinicError>,
    },
    /// Somebody else reads the records, so that what was deleted cannot be wiped from their log.
    #[error(
        "the patient was deleted, but another program is reading the records, so that their log still holds the rows; stop it, \
         and start and stop `fundoscope serve` once"
    )]
    StillRead,
    /// An address of a database that is none.
    #[error("a records database is given as postgres://user:password@host/database")]
    UnknownDatabase,
    /// The database refused.
    #[error("the records database failed: {0}")]
    Database(#[from] DbErr),
    /// The database could not be brought to this version's layout.
    #[error(
        "the records database cannot be brought to this version's layout: {0}; was it written by a newer version?"
    )]
    Migration(DbErr),
    /// A row does not hold what its columns promise.
    #[error("the records database holds an unreadable {what}: {detail}")]
    UnreadableRow {
        /// The kind of value, such as "finding".
        what: &'static str,
        /// Why it could not be read.
        detail: String,
    },
    /// The program was told to stop, or failed, while files were read or written.
    #[error("the files could not be read or put in their place: {0}")]
    Interrupted(#[from] tokio::task::JoinError),
    /// No record has this identifier.
    #[error("there is no {what} with this identifier")]
    Unknown {
        /// The kind of record.
        what: &'static str,
    },
    /// A place in the worklist that is none, or one of another order.
    #[error("this page of the worklist does not exist; begin at its first page")]
    UnknownPage,
    /// A file's bytes are not those that were stored.
    #[error(
        "the stored file {hash} was altered or damaged where it is kept; restore it from a backup"
    )]
    Damaged {
        /// The content hash the file was stored under.
        hash: String,
    },
    /// A screening must hold at least one accepted photograph.
    #[error("a screening needs at least one photograph that can be read")]
    NothingAccepted,
    /// A name, a password or a role that no account can have.
    #[error("{why}")]
    InvalidAccount {
        /// Why, in a sentence.
        why: String,
    },
    /// The name of an account belongs to another one, or differs from it in capitals only.
    #[error("there is an account with this name already; choose another")]
    NameTaken,
    /// Nobody could manage the accounts any more.
    #[error("this is the last administrator who can log in; add or enable another one first")]
    LastAdministrator,
    /// Name and password are not those of an account that may log in now. All reasons have the same words, so that nobody
    /// learns from them which names there are.
    #[error(
        "the name or the password is wrong, or the account is disabled or has to wait after too many attempts; try again later, \
         or ask an administrator"
    )]
    LogInRefused,
    /// Somebody else logs in by the same subject of the same OpenID provider.
    #[error(
        "there is an account that logs in by this OpenID subject already; one person has one account"
    )]
    SubjectTaken,
    /// The account logs in by OpenID Connect.
    #[error(
        "this account logs in by OpenID Connect and has no password; change it at the provider"
    )]
    HasNoPassword,
    /// An OpenID provider vouches for somebody who may not log in.
    #[error(transparent)]
    OpenIdRefused(#[from] OpenIdRefusal),
    /// The operating system gave no random numbers.
    #[error("the operating system gave no random numbers: {0}")]
    NoRandomness(getrandom::Error),
    /// A password's hash could not be computed or read.
    #[error("the password's hash cannot be computed: {0}")]
    Hash(argon2::password_hash::Error),
    /// A backup cannot be read.
    #[error("the backup {path} cannot be read: {detail}", path = path.display())]
    UnreadableBackup {
        /// The file.
        path: PathBuf,
        /// Why, in a few words.
        detail: String,
    },
    /// A backup is restored into an empty store alone, which has no other key of pseudonyms either.
    #[error(
        "there are records, accounts, audit entries or another key of pseudonyms already; restore into an empty data folder and \
         an empty database, and an empty bucket where photographs lie in one"
    )]
    NotEmpty,
    /// A review cannot be taken.
    #[error("{why}")]
    NotReviewable {
        /// Why, in a sentence.
        why: &'static str,
    },
    /// A photograph would leave or join an eye that a reader has given a word on.
    #[error(
        "a reader has read this eye already, so that no photograph can be moved from it or to it; hand the photograph in again, \
         and say which eye it shows"
    )]
    EyeRead,
    /// A patient's year of birth is on record, and another was given.
    #[error(
        "the field year_of_birth is not the year that is on record for this patient; check the patient's identifier, or leave \
         the field out"
    )]
    OtherYearOfBirth,
    /// A result was handed in for something that is not being worked on.
    #[error("this {what} is not being worked on, so its result is not taken")]
    NotClaimed {
        /// The kind of record.
        what: &'static str,
    },
}

impl ClinicError {
    /// Whether what failed can be expected to go well later, without anything being wrong with the record it was about: the
    /// photographs lie on another machine, which does not answer or does not let us in at the moment.
    pub fn is_outage(&self) -> bool {
        match self {
            Self::Bucket { fault, .. } => *fault != BucketFault::Missing,
            _ => false,
        }
    }
}
