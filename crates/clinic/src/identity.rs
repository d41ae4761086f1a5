//! Which records and which photographs belong together.
//!
//! Files that no row names are swept away when a store is opened. With the wrong database that would be all of them, so both
//! sides bear the same name, and a store of which they differ is not opened.

use std::fs;
use std::path::Path;

use sea_orm::{DatabaseConnection, EntityTrait, PaginatorTrait, Set};
use tempfile::NamedTempFile;

use crate::entity::{identity, screening};
use crate::error::ClinicError;
use crate::files::{Files, failed, synchronise_folder};
use crate::identifier::StoreId;

/// The file of the name in the data folder.
const FILE: &str = "store";

/// Refuses a folder and a database that do not belong together, and joins those that are new.
pub(crate) async fn check(
    database: &DatabaseConnection,
    data_folder: &Path,
    files: &Files,
) -> Result<(), ClinicError> {
    let of_database = identity::Entity::find().one(database).await?;
    let of_folder = of_folder(data_folder)?;
    let has_rows = screening::Entity::find().count(database).await? > 0;
    let other = || ClinicError::OtherRecords {
        path: data_folder.to_path_buf(),
    };
    match (of_database.map(|row| row.id), of_folder) {
        (Some(known), Some(found)) if known == found => Ok(()),
        (Some(_), Some(_)) => Err(other()),
        // A database without its folder would name files that are not there.
        (Some(_), None) if has_rows => Err(other()),
        (Some(known), None) => write(data_folder, known),
        // A folder without its database would be swept.
        (None, _) if !has_rows && files.holds_any()? => Err(other()),
        (None, found) => {
            let id = found.unwrap_or_else(StoreId::random);
            write(data_folder, id)?;
            let row = identity::ActiveModel {
                id: Set(id),
                ..Default::default()
            };
            identity::Entity::insert(row)
                .exec_without_returning(database)
                .await?;
            Ok(())
        }
    }
}

fn of_folder(data_folder: &Path) -> Result<Option<StoreId>, ClinicError> {
    let path = data_folder.join(FILE);
    match fs::read_to_string(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed("read", &path)(error)),
        Ok(text) => text
            .trim()
            .parse()
            .map(Some)
            .map_err(|_| ClinicError::OtherRecords {
                path: data_folder.to_path_buf(),
            }),
    }
}

fn write(data_folder: &Path, id: StoreId) -> Result<(), ClinicError> {
    let path = data_folder.join(FILE);
    let file =
        NamedTempFile::new_in(data_folder).map_err(failed("create a file in", data_folder))?;
    fs::write(file.path(), format!("{id}\n")).map_err(failed("write", &path))?;
    file.as_file()
        .sync_all()
        .map_err(failed("synchronise", &path))?;
    file.persist(&path)
        .map_err(|error| failed("write", &path)(error.error))?;
    synchronise_folder(data_folder)
}
