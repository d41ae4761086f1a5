//! The audit: who did and saw what, in a chain that shows whether it was tampered with.
//!
//! Each entry holds the hash of the one before it, and a hash over that and all it says. Who changes, removes or exchanges an
//! entry has to write every later one anew, and then the last hash is another one: whoever noted it earlier finds out. Entries
//! name records by their opaque identifiers alone, so that they can stay when a patient is deleted.

use std::fmt;

use language::{Language, key};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, DbBackend, EntityTrait, QueryFilter,
    QueryOrder, QuerySelect, Set, Statement,
};
use time::OffsetDateTime;

use crate::access::Access;
use crate::entity::audit;
use crate::error::ClinicError;
use crate::files::ContentHash;
use crate::identifier::{AccountId, PatientId, ScreeningId};

/// What is hashed begins with it, so that another way to hash will be another one.
const FORMAT: &str = "fundoscope audit 1";
/// The hash before the first entry.
const BEGINNING: &str = "0000000000000000000000000000000000000000000000000000000000000000";
/// Which lock in PostgreSQL appending takes ("audit" in ASCII).
const LOCK: i64 = 0x0061_7564_6974;
/// Entries that are read at once.
const PAGE: u64 = 1000;

/// Who did something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Actor {
    /// Whoever sits at this computer: the command line, and pages as long as there are no accounts.
    Local,
    /// Nobody who is known, where somebody tried to log in.
    Nobody,
    /// An account.
    Account(AccountId),
}

impl fmt::Display for Actor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Local => formatter.write_str("local"),
            Self::Nobody => formatter.write_str("nobody"),
            Self::Account(id) => id.fmt(formatter),
        }
    }
}

/// What it was done to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Subject {
    /// A screening.
    Screening(ScreeningId),
    /// One photograph of a screening, counted from 0.
    Photograph(ScreeningId, u32),
    /// A patient.
    Patient(PatientId),
    /// An account.
    Account(AccountId),
}

impl fmt::Display for Subject {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Screening(id) => write!(formatter, "screening {id}"),
            Self::Photograph(id, index) => write!(formatter, "screening {id} photograph {index}"),
            Self::Patient(id) => write!(formatter, "patient {id}"),
            Self::Account(id) => write!(formatter, "account {id}"),
        }
    }
}

macro_rules! actions {
    ($($action:ident $name:literal $words:expr,)*) => {
        /// What was done. A name is never given another meaning, since entries stay.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Action {
            $(#[doc = concat!("`", $name, "`.")] $action,)*
        }

        impl Action {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$action),*];

            /// Its name in the audit, such as `screening-opened`.
            pub fn name(self) -> &'static str {
                match self { $(Self::$action => $name,)* }
            }

            /// The same in words.
            pub fn words_in(self, language: Language) -> &'static str {
                language.text(match self { $(Self::$action => $words,)* })
            }
        }
    };
}

actions! {
    LoggedIn "logged-in" key!("action-logged-in"),
    LogInRefused "log-in-refused" key!("action-log-in-refused"),
    LoggedInByOpenId "logged-in-by-openid" key!("action-logged-in-by-openid"),
    OpenIdRefused "openid-refused" key!("action-openid-refused"),
    LoggedOut "logged-out" key!("action-logged-out"),
    AccountAdded "account-added" key!("action-account-added"),
    AccountEnabled "account-enabled" key!("action-account-enabled"),
    AccountDisabled "account-disabled" key!("action-account-disabled"),
    RoleChanged "role-changed" key!("action-role-changed"),
    PasswordChanged "password-changed" key!("action-password-changed"),
    Submitted "submitted" key!("action-submitted"),
    TriedAgain "tried-again" key!("action-tried-again"),
    ListOpened "list-opened" key!("action-list-opened"),
    ScreeningOpened "screening-opened" key!("action-screening-opened"),
    PhotographOpened "photograph-opened" key!("action-photograph-opened"),
    Reviewed "reviewed" key!("action-reviewed"),
    EyeStated "eye-stated" key!("action-eye-stated"),
    PatientOpened "patient-opened" key!("action-patient-opened"),
    PatientDeleted "patient-deleted" key!("action-patient-deleted"),
    Exported "exported" key!("action-exported"),
    BackedUp "backed-up" key!("action-backed-up"),
    Restored "restored" key!("action-restored"),
    AuditOpened "audit-opened" key!("action-audit-opened"),
}

/// An entry as it stands in the audit. What this version of the program does not know the name of is told as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// 1 for the first one.
    pub sequence: u64,
    /// When (UTC).
    pub instant: OffsetDateTime,
    /// Who, as [`Actor`] is displayed.
    pub actor: String,
    /// What was done, by [`Action::name`].
    pub action: String,
    /// What it was done to, as [`Subject`] is displayed.
    pub subject: Option<String>,
    /// The hash over all this and the entry before.
    pub hash: String,
}

impl Entry {
    /// The account that did it.
    pub fn account(&self) -> Option<AccountId> {
        self.actor.parse().ok()
    }

    /// What was done, in words where they are known.
    pub fn words_in(&self, language: Language) -> &str {
        let known = |action: &&Action| action.name() == self.action;
        let known = Action::ALL.iter().find(known);
        known.map_or(&self.action, |action| action.words_in(language))
    }
}

/// What a walk along the audit finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuditState {
    /// Every entry stands where it was written.
    Whole {
        /// How many there are.
        entries: u64,
        /// The hash of the last one: to be noted elsewhere, and asked for later.
        head: ContentHash,
    },
    /// An entry does not.
    Broken(AuditFault),
}

/// The first thing that is wrong with the audit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AuditFault {
    /// An entry is not there.
    #[error("entry {0} of the audit is missing")]
    Missing(u64),
    /// An entry does not say what was written, or stands after another one than it was written after.
    #[error("entry {0} of the audit was changed or exchanged")]
    Altered(u64),
    /// The hash that was noted is not in it.
    #[error(
        "the audit does not hold the hash that was noted: entries at its end were removed, or all were written anew"
    )]
    Cut,
}

/// Appends an entry, last thing in the transaction of what it notes.
pub(crate) async fn append(
    transaction: &DatabaseTransaction,
    actor: Actor,
    action: Action,
    subject: Option<Subject>,
) -> Result<(), ClinicError> {
    // A transaction that writes to SQLite is the only one.
    if transaction.get_database_backend() == DbBackend::Postgres {
        let sql = "SELECT pg_advisory_xact_lock($1)";
        let wait = Statement::from_sql_and_values(DbBackend::Postgres, sql, [LOCK.into()]);
        transaction.query_one_raw(wait).await?;
    }
    let last = audit::Entity::find()
        .order_by_desc(audit::Column::Sequence)
        .one(transaction)
        .await?;
    let (sequence, previous) = match last {
        Some(last) => (last.sequence + 1, last.hash),
        None => (1, BEGINNING.to_owned()),
    };
    let mut row = audit::Model {
        sequence,
        instant: microseconds(OffsetDateTime::now_utc()),
        actor: actor.to_string(),
        action: action.name().to_owned(),
        subject: subject.map(|subject| subject.to_string()),
        previous,
        hash: String::new(),
    };
    row.hash = hash(&row).to_string();
    insert(transaction, row).await
}

/// Puts an entry where it belongs, as it is.
pub(crate) async fn insert(
    transaction: &DatabaseTransaction,
    row: audit::Model,
) -> Result<(), ClinicError> {
    let row = audit::ActiveModel {
        sequence: Set(row.sequence),
        instant: Set(row.instant),
        actor: Set(row.actor),
        action: Set(row.action),
        subject: Set(row.subject),
        previous: Set(row.previous),
        hash: Set(row.hash),
    };
    audit::Entity::insert(row)
        .exec_without_returning(transaction)
        .await?;
    Ok(())
}

/// The SHA-256 of an array of JSON, in which no value can run over into the next one.
fn hash(row: &audit::Model) -> ContentHash {
    let said = serde_json::json!([
        FORMAT,
        row.previous,
        row.sequence,
        row.instant,
        row.actor,
        row.action,
        row.subject
    ]);
    ContentHash::of(said.to_string().as_bytes())
}

fn microseconds(instant: OffsetDateTime) -> i64 {
    // Within the range of years that the type holds.
    i64::try_from(instant.unix_timestamp_nanos() / 1000).unwrap_or(i64::MAX)
}

impl Access {
    /// Notes something that changes nothing.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn note(
        &self,
        actor: Actor,
        action: Action,
        subject: Option<Subject>,
    ) -> Result<(), ClinicError> {
        let transaction = self.begin().await?;
        append(&transaction, actor, action, subject).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Entries, the newest first: so many at most, and those before one where `before` names it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn audit(&self, before: Option<u64>, most: u32) -> Result<Vec<Entry>, ClinicError> {
        let mut question = audit::Entity::find().order_by_desc(audit::Column::Sequence);
        if let Some(before) = before {
            let before = i64::try_from(before).unwrap_or(i64::MAX);
            question = question.filter(audit::Column::Sequence.lt(before));
        }
        let rows = question.limit(u64::from(most)).all(self.database()).await?;
        Ok(rows.into_iter().map(entry).collect())
    }

    /// Walks along the whole audit. `noted` is the hash of an entry that was once the last one, and must still be there.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn verify_audit(
        &self,
        noted: Option<&ContentHash>,
    ) -> Result<AuditState, ClinicError> {
        let mut head = BEGINNING.to_owned();
        let mut entries = 0;
        let mut is_noted = noted.is_none_or(|noted| noted.as_str() == head);
        loop {
            let page = audit::Entity::find()
                .filter(audit::Column::Sequence.gt(entries))
                .order_by_asc(audit::Column::Sequence)
                .limit(PAGE)
                .all(self.database())
                .await?;
            if page.is_empty() {
                break;
            }
            for row in page {
                entries += 1;
                if let Some(fault) = fault(&row, entries, &head) {
                    return Ok(AuditState::Broken(fault));
                }
                is_noted |= noted.is_some_and(|noted| noted.as_str() == row.hash);
                head = row.hash;
            }
        }
        Ok(match is_noted {
            true => AuditState::Whole {
                entries: entries.unsigned_abs(),
                head: head.parse()?,
            },
            false => AuditState::Broken(AuditFault::Cut),
        })
    }
}

/// What is wrong with the row that should be entry `expected` and follow `head`.
fn fault(row: &audit::Model, expected: i64, head: &str) -> Option<AuditFault> {
    let place = expected.unsigned_abs();
    if row.sequence != expected {
        return Some(AuditFault::Missing(place));
    }
    let is_as_written = row.previous == head && row.hash == hash(row).as_str();
    (!is_as_written).then_some(AuditFault::Altered(place))
}

fn entry(row: audit::Model) -> Entry {
    let nanoseconds = i128::from(row.instant) * 1000;
    Entry {
        sequence: row.sequence.unsigned_abs(),
        instant: OffsetDateTime::from_unix_timestamp_nanos(nanoseconds)
            .unwrap_or(OffsetDateTime::UNIX_EPOCH),
        actor: row.actor,
        action: row.action,
        subject: row.subject,
        hash: row.hash,
    }
}
