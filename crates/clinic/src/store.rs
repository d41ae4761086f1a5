//! Opening the store, and putting a screening on record.

use std::collections::HashSet;
use std::fs::{File, TryLockError};
use std::path::Path;

use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseConnection, DatabaseTransaction, EntityTrait,
    QueryFilter, QuerySelect, Set, SqliteTransactionMode, TransactionOptions, TransactionTrait,
};
use time::OffsetDateTime;

use crate::database::{self, Records};
use crate::entity::{explanation, patient, photograph, screening};
use crate::error::ClinicError;
use crate::files::{ContentHash, Files, StagedFile, Staging, create_private_folder, failed};
use crate::identifier::{PatientId, PhotographId, ScreeningId};
use crate::identity;
use crate::record::{Acceptance, NewPhotograph, NewScreening};

/// Work that was begun this often and never finished (each time the process died) is given up.
const MOST_ATTEMPTS: i32 = 3;

/// The records of one data folder. Shared between threads by reference.
#[derive(Debug)]
pub struct Store {
    database: DatabaseConnection,
    files: Files,
    /// Held for as long as the store is open; the operating system lets go of it when we die.
    _lock: File,
    /// The same in a database that others reach too.
    database_lock: Option<DatabaseConnection>,
}

impl Store {
    /// Opens the store in `data_folder`, creating it if need be, with its records in SQLite there or elsewhere; takes back
    /// unfinished work into the queue and removes what an interrupted run left half done.
    ///
    /// # Errors
    /// When the folder cannot be written, is in use by another process, or holds photographs of other records; when the
    /// database does not answer, is in use by another process, or was written by a newer version.
    pub async fn open(data_folder: &Path, records: &Records) -> Result<Self, ClinicError> {
        create_private_folder(data_folder)?;
        let lock = lock(data_folder)?;
        let files = Files::open(data_folder.join("files"))?;
        let opened = database::open(data_folder, records).await?;
        identity::check(&opened.connection, data_folder, &files).await?;
        take_back_unfinished(&opened.connection).await?;
        files.sweep(&referenced_files(&opened.connection).await?)?;
        let store = Self {
            database: opened.connection,
            files,
            _lock: lock,
            database_lock: opened.lock,
        };
        store.refresh_summaries().await?;
        Ok(store)
    }

    /// Closes the database, and with it the store for other processes.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn close(self) -> Result<(), ClinicError> {
        self.database.close().await?;
        match self.database_lock {
            Some(session) => Ok(session.close().await?),
            None => Ok(()),
        }
    }

    /// Begins a file. It becomes part of the store when the record that names it is written.
    ///
    /// # Errors
    /// When the data folder cannot be written.
    pub fn stage(&self) -> Result<Staging, ClinicError> {
        self.files.stage()
    }

    /// Stages bytes that are at hand.
    ///
    /// # Errors
    /// When the data folder cannot be written.
    pub fn stage_bytes(&self, bytes: &[u8]) -> Result<StagedFile, ClinicError> {
        let mut staging = self.files.stage()?;
        staging.write(bytes)?;
        staging.finish()
    }

    /// The bytes of a stored file, checked against its hash.
    ///
    /// # Errors
    /// When it cannot be read or was altered.
    pub fn read(&self, hash: &ContentHash) -> Result<Vec<u8>, ClinicError> {
        self.files.read(hash)
    }

    /// Whether the database answers, and is still ours alone.
    ///
    /// # Errors
    /// When it does not, or is not.
    pub async fn check(&self) -> Result<(), ClinicError> {
        self.database.ping().await?;
        self.hold_lock().await
    }

    /// Makes sure that nobody else has taken a database of which the session was lost.
    pub(crate) async fn hold_lock(&self) -> Result<(), ClinicError> {
        match &self.database_lock {
            Some(session) if !database::take_lock(session).await? => {
                Err(ClinicError::DatabaseInUse)
            }
            _ => Ok(()),
        }
    }

    /// Puts a screening on record, all of it or nothing, and queues its accepted photographs.
    ///
    /// # Errors
    /// [`ClinicError::NothingAccepted`] when no photograph is accepted; then nothing is stored.
    pub async fn submit(&self, screening: NewScreening) -> Result<ScreeningId, ClinicError> {
        let any_accepted = screening
            .photographs
            .iter()
            .any(|photograph| photograph.submission.is_ok());
        if !any_accepted {
            return Err(ClinicError::NothingAccepted);
        }
        let id = ScreeningId::random();
        // Files first: a row never names one that is not there.
        let (files, photographs) = (self.files.clone(), screening.photographs);
        let photographs =
            tokio::task::spawn_blocking(move || photograph_rows(&files, id, photographs)).await??;
        let transaction = self.begin().await?;
        let patient = match screening.patient {
            Some(identifier) => Some(patient_of(&transaction, identifier).await?),
            None => None,
        };
        let row = screening::ActiveModel {
            id: Set(id),
            created: Set(OffsetDateTime::now_utc()),
            patient: Set(patient),
            laterality: Set(screening.laterality),
            ..Default::default()
        };
        screening::Entity::insert(row).exec(&transaction).await?;
        photograph::Entity::insert_many(photographs)
            .exec(&transaction)
            .await?;
        transaction.commit().await?;
        Ok(id)
    }

    pub(crate) async fn keep(&self, staged: StagedFile) -> Result<ContentHash, ClinicError> {
        let files = self.files.clone();
        tokio::task::spawn_blocking(move || files.keep(staged)).await?
    }

    pub(crate) fn files(&self) -> &Files {
        &self.files
    }

    pub(crate) fn database(&self) -> &DatabaseConnection {
        &self.database
    }

    /// A transaction that writes. In SQLite it takes its turn at once: one that only wants to write later would fail then.
    pub(crate) async fn begin(&self) -> Result<DatabaseTransaction, ClinicError> {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        Ok(self.database.begin_with_options(options).await?)
    }
}

/// The rows of the photographs, whose files are part of the store then.
fn photograph_rows(
    files: &Files,
    screening: ScreeningId,
    photographs: Vec<NewPhotograph>,
) -> Result<Vec<photograph::ActiveModel>, ClinicError> {
    photographs
        .into_iter()
        .map(|photograph| photograph_row(files, screening, photograph))
        .collect()
}

fn photograph_row(
    files: &Files,
    screening: ScreeningId,
    photograph: NewPhotograph,
) -> Result<photograph::ActiveModel, ClinicError> {
    let row = photograph::ActiveModel {
        id: Set(PhotographId::random()),
        screening: Set(screening),
        file_name: Set(photograph.file_name),
        ..Default::default()
    };
    Ok(match photograph.submission {
        Err(error) => photograph::ActiveModel {
            state: Set(photograph::State::Rejected),
            error: Set(Some(error)),
            ..row
        },
        Ok(acceptance) => {
            let Acceptance {
                original,
                cropped,
                standardized,
                facts,
            } = acceptance;
            photograph::ActiveModel {
                state: Set(photograph::State::Queued),
                original: Set(Some(files.keep(original)?)),
                cropped: Set(Some(files.keep(cropped)?)),
                standardized: Set(Some(files.keep(standardized)?)),
                facts: Set(Some(facts)),
                ..row
            }
        }
    })
}

/// The patient with this identifier, who is put on record where unknown.
async fn patient_of(
    database: &impl ConnectionTrait,
    identifier: String,
) -> Result<PatientId, ClinicError> {
    let new = patient::ActiveModel {
        id: Set(PatientId::random()),
        identifier: Set(identifier.clone()),
        created: Set(OffsetDateTime::now_utc()),
        ..Default::default()
    };
    let unless_known = OnConflict::column(patient::Column::Identifier)
        .do_nothing()
        .to_owned();
    patient::Entity::insert(new)
        .on_conflict(unless_known)
        .exec_without_returning(database)
        .await?;
    let known = patient::Entity::find()
        .filter(patient::Column::Identifier.eq(identifier))
        .one(database)
        .await?;
    let known = known.ok_or(ClinicError::Unknown { what: "patient" })?;
    Ok(known.id)
}

fn lock(data_folder: &Path) -> Result<File, ClinicError> {
    let path = data_folder.join("lock");
    let file = File::create(&path).map_err(failed("create", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(ClinicError::Locked {
            path: data_folder.to_path_buf(),
        }),
        Err(TryLockError::Error(error)) => Err(failed("lock", &path)(error)),
    }
}

async fn take_back_unfinished(database: &DatabaseConnection) -> Result<(), ClinicError> {
    let given_up = "it stopped the program each time it was begun, and was given up";
    photograph::Entity::update_many()
        .col_expr(
            photograph::Column::State,
            Expr::value(photograph::State::Failed),
        )
        .col_expr(photograph::Column::Error, Expr::value(given_up))
        .filter(photograph::Column::State.eq(photograph::State::Grading))
        .filter(photograph::Column::Attempts.gte(MOST_ATTEMPTS))
        .exec(database)
        .await?;
    photograph::Entity::update_many()
        .col_expr(
            photograph::Column::State,
            Expr::value(photograph::State::Queued),
        )
        .filter(photograph::Column::State.eq(photograph::State::Grading))
        .exec(database)
        .await?;
    explanation::Entity::update_many()
        .col_expr(
            explanation::Column::State,
            Expr::value(explanation::State::Failed),
        )
        .col_expr(explanation::Column::Error, Expr::value(given_up))
        .filter(explanation::Column::State.eq(explanation::State::Explaining))
        .filter(explanation::Column::Attempts.gte(MOST_ATTEMPTS))
        .exec(database)
        .await?;
    explanation::Entity::update_many()
        .col_expr(
            explanation::Column::State,
            Expr::value(explanation::State::Pending),
        )
        .filter(explanation::Column::State.eq(explanation::State::Explaining))
        .exec(database)
        .await?;
    Ok(())
}

pub(crate) async fn referenced_files(
    database: &DatabaseConnection,
) -> Result<HashSet<String>, ClinicError> {
    let photographs: Vec<[Option<String>; 3]> = photograph::Entity::find()
        .select_only()
        .columns([
            photograph::Column::Original,
            photograph::Column::Cropped,
            photograph::Column::Standardized,
        ])
        .into_tuple::<(Option<String>, Option<String>, Option<String>)>()
        .all(database)
        .await?
        .into_iter()
        .map(<[Option<String>; 3]>::from)
        .collect();
    let explanations: Vec<[Option<String>; 2]> = explanation::Entity::find()
        .select_only()
        .columns([
            explanation::Column::Map,
            explanation::Column::CounterfactualPicture,
        ])
        .into_tuple::<(Option<String>, Option<String>)>()
        .all(database)
        .await?
        .into_iter()
        .map(<[Option<String>; 2]>::from)
        .collect();
    let named = photographs.into_iter().flatten();
    Ok(named
        .chain(explanations.into_iter().flatten())
        .flatten()
        .collect())
}
