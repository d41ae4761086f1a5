//! Which records and which photographs belong together.
//!
//! Files that no row names are swept away when a store is opened. With the wrong database that would be all of them, so both
//! sides bear the same name, and a store of which they differ is not opened.

use sea_orm::{DatabaseConnection, EntityTrait, PaginatorTrait, Set};

use crate::entity::{identity, screening};
use crate::error::ClinicError;
use crate::files::Files;
use crate::identifier::StoreId;

/// What the name is noted as beside the photographs.
pub(crate) const NOTE: &str = "store";

/// Refuses photographs and a database that do not belong together, and joins those that are new.
pub(crate) async fn check(database: &DatabaseConnection, files: &Files) -> Result<(), ClinicError> {
    let of_database = of_database(database).await?;
    let of_files = of_files(files).await?;
    let has_rows = has_rows(database).await?;
    match (of_database, of_files) {
        (Some(known), Some(found)) if known == found => Ok(()),
        (Some(_), Some(_)) => Err(other(files)),
        // A database without its photographs would name files that are not there.
        (Some(_), None) if has_rows => Err(other(files)),
        (Some(known), None) => join(files, known).await,
        // Photographs without their database would be swept.
        (None, _) if !has_rows && files.holds_any().await? => Err(other(files)),
        // Records that are as new as these may be about to use it.
        (None, Some(_)) if files.are_elsewhere() => Err(other(files)),
        (None, found) => {
            let id = found.unwrap_or_else(StoreId::random);
            let row = identity::ActiveModel {
                id: Set(id),
                ..Default::default()
            };
            identity::Entity::insert(row)
                .exec_without_returning(database)
                .await?;
            join(files, id).await
        }
    }
}

/// Refuses photographs and a database that do not belong together, of which nothing is to be changed.
pub(crate) async fn require(
    database: &DatabaseConnection,
    files: &Files,
) -> Result<(), ClinicError> {
    let Some(known) = of_database(database).await? else {
        return Ok(());
    };
    match of_files(files).await? {
        Some(found) if found == known => Ok(()),
        None if !has_rows(database).await? => Ok(()),
        _ => Err(other(files)),
    }
}

async fn of_database(database: &DatabaseConnection) -> Result<Option<StoreId>, ClinicError> {
    let row = identity::Entity::find().one(database).await?;
    Ok(row.map(|row| row.id))
}

async fn of_files(files: &Files) -> Result<Option<StoreId>, ClinicError> {
    let text = files.note(NOTE).await?;
    text.map(|text| text.trim().parse().map_err(|_| other(files)))
        .transpose()
}

async fn has_rows(database: &DatabaseConnection) -> Result<bool, ClinicError> {
    Ok(screening::Entity::find().count(database).await? > 0)
}

/// Gives photographs that have no name this one, unless others were faster.
async fn join(files: &Files, id: StoreId) -> Result<(), ClinicError> {
    let stands = files.note_once(NOTE, &format!("{id}\n")).await?;
    match stands.trim().parse() {
        Ok(found) if id == found => Ok(()),
        _ => Err(other(files)),
    }
}

fn other(files: &Files) -> ClinicError {
    ClinicError::OtherRecords {
        place: files.place(),
    }
}
