//! Opening the store, and putting a screening on record.

use std::collections::HashSet;
use std::fs::{File, TryLockError};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, Transaction, TransactionBehavior, params};
use rusqlite_migration::{M, Migrations};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::error::ClinicError;
use crate::files::{ContentHash, Files, StagedFile, Staging, create_private_folder, failed};
use crate::record::{
    Acceptance, Laterality, NewPhotograph, NewScreening, PhotographId, ScreeningId,
};

/// Work that was begun this often and never finished (each time the process died) is given up.
const MOST_ATTEMPTS: i64 = 3;

/// The records of one data folder. Shared between threads by reference.
#[derive(Debug)]
pub struct Store {
    connection: Mutex<Connection>,
    files: Files,
    /// Held for as long as the store is open; the operating system lets go of it when we die.
    _lock: File,
}

impl Store {
    /// Opens the store in `data_folder`, creating it if need be; takes back unfinished work into the
    /// queue and removes what an interrupted run left half done.
    ///
    /// # Errors
    /// When the folder cannot be written, is in use by another process, or holds records of a newer
    /// version.
    pub fn open(data_folder: &Path) -> Result<Self, ClinicError> {
        create_private_folder(data_folder)?;
        let lock = lock(data_folder)?;
        let files = Files::open(data_folder.join("files"))?;
        let mut connection = Connection::open(data_folder.join("records.sqlite"))?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        migrations().to_latest(&mut connection)?;
        take_back_unfinished(&connection)?;
        files.sweep(&referenced_files(&connection)?)?;
        Ok(Self {
            connection: Mutex::new(connection),
            files,
            _lock: lock,
        })
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

    /// Whether the database answers.
    ///
    /// # Errors
    /// When it does not.
    pub fn check(&self) -> Result<(), ClinicError> {
        let connection = self.connection();
        connection.query_row("SELECT 1", [], |_| Ok(()))?;
        Ok(())
    }

    /// Puts a screening on record, all of it or nothing, and queues its accepted photographs.
    ///
    /// # Errors
    /// [`ClinicError::NothingAccepted`] when no photograph is accepted; then nothing is stored.
    pub fn submit(&self, screening: NewScreening) -> Result<ScreeningId, ClinicError> {
        let any_accepted = screening
            .photographs
            .iter()
            .any(|photograph| photograph.submission.is_ok());
        if !any_accepted {
            return Err(ClinicError::NothingAccepted);
        }
        let id = ScreeningId::random();
        // The lock is held from the first file to the commit, so that no row can miss its file.
        let mut connection = self.connection();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute(
            "INSERT INTO screening (id, created, patient, laterality) VALUES (?1, ?2, ?3, ?4)",
            params![
                id.to_string(),
                now()?,
                screening.patient,
                screening.laterality.map(laterality_column)
            ],
        )?;
        for photograph in screening.photographs {
            self.insert_photograph(&transaction, id, photograph)?;
        }
        transaction.commit()?;
        Ok(id)
    }

    fn insert_photograph(
        &self,
        transaction: &Transaction<'_>,
        screening: ScreeningId,
        photograph: NewPhotograph,
    ) -> Result<(), ClinicError> {
        let id = PhotographId::random().to_string();
        match photograph.submission {
            Err(error) => transaction.execute(
                "INSERT INTO photograph (id, screening, file_name, state, error)
                 VALUES (?1, ?2, ?3, 'rejected', ?4)",
                params![id, screening.to_string(), photograph.file_name, error],
            )?,
            Ok(acceptance) => {
                let Acceptance {
                    original,
                    cropped,
                    standardized,
                    facts,
                } = acceptance;
                transaction.execute(
                    "INSERT INTO photograph
                     (id, screening, file_name, state, original, cropped, standardized, facts)
                     VALUES (?1, ?2, ?3, 'queued', ?4, ?5, ?6, ?7)",
                    params![
                        id,
                        screening.to_string(),
                        photograph.file_name,
                        self.files.keep(original)?.as_str(),
                        self.files.keep(cropped)?.as_str(),
                        self.files.keep(standardized)?.as_str(),
                        to_json("facts", &facts)?,
                    ],
                )?
            }
        };
        Ok(())
    }

    pub(crate) fn keep(&self, staged: StagedFile) -> Result<ContentHash, ClinicError> {
        self.files.keep(staged)
    }

    /// The connection; a thread that panicked while it held it left a rolled-back transaction at worst.
    pub(crate) fn connection(&self) -> MutexGuard<'_, Connection> {
        self.connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// From an empty database to the present records, in steps that are never changed once they were released.
fn migrations() -> Migrations<'static> {
    Migrations::new(vec![
        M::up(include_str!("schema.sql")),
        M::up(include_str!("regions.sql")),
    ])
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

fn take_back_unfinished(connection: &Connection) -> Result<(), ClinicError> {
    let given_up = "it stopped the program each time it was begun, and was given up";
    connection.execute(
        "UPDATE photograph SET state = 'failed', error = ?1
         WHERE state = 'grading' AND attempts >= ?2",
        params![given_up, MOST_ATTEMPTS],
    )?;
    connection.execute(
        "UPDATE explanation SET state = 'failed', error = ?1
         WHERE state = 'explaining' AND attempts >= ?2",
        params![given_up, MOST_ATTEMPTS],
    )?;
    connection.execute_batch(
        "UPDATE photograph SET state = 'queued' WHERE state = 'grading';
         UPDATE explanation SET state = 'pending' WHERE state = 'explaining';",
    )?;
    Ok(())
}

fn referenced_files(connection: &Connection) -> Result<HashSet<String>, ClinicError> {
    let mut statement = connection.prepare(
        "SELECT original FROM photograph WHERE original IS NOT NULL
         UNION SELECT cropped FROM photograph WHERE cropped IS NOT NULL
         UNION SELECT standardized FROM photograph WHERE standardized IS NOT NULL
         UNION SELECT map FROM explanation WHERE map IS NOT NULL
         UNION SELECT counterfactual_picture FROM explanation WHERE counterfactual_picture IS NOT NULL",
    )?;
    let hashes = statement.query_map([], |row| row.get(0))?;
    Ok(hashes.collect::<Result<_, _>>()?)
}

pub(crate) fn now() -> Result<String, ClinicError> {
    OffsetDateTime::now_utc()
        .format(&Rfc3339)
        .map_err(|error| ClinicError::UnreadableRow {
            what: "time",
            detail: error.to_string(),
        })
}

pub(crate) fn laterality_column(laterality: Laterality) -> &'static str {
    match laterality {
        Laterality::Left => "left",
        Laterality::Right => "right",
    }
}

pub(crate) fn to_json<T: serde::Serialize>(
    what: &'static str,
    value: &T,
) -> Result<String, ClinicError> {
    serde_json::to_string(value).map_err(|error| ClinicError::UnreadableRow {
        what,
        detail: error.to_string(),
    })
}
