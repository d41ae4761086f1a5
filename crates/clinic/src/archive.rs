//! Single screenings, read beside a program that has the records open.

use std::path::Path;

use sea_orm::DatabaseConnection;

use crate::database::{self, Records};
use crate::error::ClinicError;
use crate::files::{ContentHash, Files};
use crate::identifier::ScreeningId;
use crate::identity;
use crate::read;
use crate::record::Screening;

/// Records and files that are only read; another process may have them open.
#[derive(Debug)]
pub struct Archive {
    database: DatabaseConnection,
    files: Files,
}

impl Archive {
    /// Opens records that are there.
    ///
    /// # Errors
    /// When there are none, they were written by an earlier version, or the photographs are those of other records.
    pub async fn open(data_folder: &Path, records: &Records) -> Result<Self, ClinicError> {
        let database = database::read_only(data_folder, records).await?;
        let files = Files::open(data_folder, &records.photographs)?;
        identity::require(&database, &files).await?;
        Ok(Self { database, files })
    }

    /// One screening with all that belongs to it.
    ///
    /// # Errors
    /// [`ClinicError::Unknown`] when there is none with this identifier.
    pub async fn screening(&self, id: ScreeningId) -> Result<Screening, ClinicError> {
        read::screening(&self.database, id).await
    }

    /// The bytes of a stored file.
    ///
    /// # Errors
    /// When it cannot be read, or was altered.
    pub async fn read(&self, hash: &ContentHash) -> Result<Vec<u8>, ClinicError> {
        self.files.read(hash).await
    }

    /// Lets go of the database.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn close(self) -> Result<(), ClinicError> {
        Ok(self.database.close().await?)
    }
}
