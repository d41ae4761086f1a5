//! The part of the records that says who may use them and who did; it may be open in several programs at once.

use std::path::Path;

use sea_orm::{DatabaseConnection, DatabaseTransaction};

use crate::database::{self, Records};
use crate::error::ClinicError;
use crate::files::create_private_folder;

/// Accounts, sessions and the audit of one database. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Access {
    database: DatabaseConnection,
}

impl Access {
    /// Opens the database of a data folder, beside a server that may have it open, and creates it if need be.
    ///
    /// # Errors
    /// When the folder cannot be written, or the database does not answer or was written by a newer version.
    pub async fn open(data_folder: &Path, records: &Records) -> Result<Self, ClinicError> {
        create_private_folder(data_folder)?;
        Ok(Self::of(database::beside(data_folder, records).await?))
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
        Ok(self.database.close().await?)
    }

    pub(crate) fn of(database: DatabaseConnection) -> Self {
        Self { database }
    }

    pub(crate) fn database(&self) -> &DatabaseConnection {
        &self.database
    }

    pub(crate) async fn begin(&self) -> Result<DatabaseTransaction, ClinicError> {
        database::begin(&self.database).await
    }
}
