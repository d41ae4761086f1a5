//! The part of the records that says who may use them and who did; it may be open in several programs at once.

use std::path::Path;
use std::sync::Arc;

use sea_orm::{DatabaseConnection, DatabaseTransaction};

use crate::database::{self, Records};
use crate::error::ClinicError;
use crate::files::create_private_folder;
use crate::hold::Hold;

/// Accounts, sessions and the audit of one database. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Access {
    database: DatabaseConnection,
    /// Where no store holds the records.
    hold: Option<Arc<Hold>>,
}

impl Access {
    /// Opens the database of a data folder, beside a server that may have it open, and creates it if need be.
    ///
    /// # Errors
    /// When the folder cannot be written, or the database does not answer or was written by a newer version.
    pub async fn open(data_folder: &Path, records: &Records) -> Result<Self, ClinicError> {
        create_private_folder(data_folder)?;
        let (hold, is_alone) = Hold::take(data_folder, records).await?;
        let database = database::open(data_folder, records, is_alone).await?;
        if is_alone {
            hold.share().await?;
        }
        Ok(Self {
            database,
            hold: Some(Arc::new(hold)),
        })
    }

    /// The same to read only; nothing is created.
    ///
    /// # Errors
    /// When there are no records or the database does not answer.
    pub async fn read(data_folder: &Path, records: &Records) -> Result<Self, ClinicError> {
        Ok(Self::of(database::read_only(data_folder, records).await?))
    }

    /// Closes the database.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn close(self) -> Result<(), ClinicError> {
        self.database.close().await?;
        match self.hold.and_then(Arc::into_inner) {
            Some(hold) => hold.release().await,
            None => Ok(()),
        }
    }

    pub(crate) fn of(database: DatabaseConnection) -> Self {
        Self {
            database,
            hold: None,
        }
    }

    pub(crate) fn database(&self) -> &DatabaseConnection {
        &self.database
    }

    pub(crate) async fn begin(&self) -> Result<DatabaseTransaction, ClinicError> {
        database::begin(&self.database).await
    }
}
