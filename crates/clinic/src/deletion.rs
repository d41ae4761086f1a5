//! Deleting a patient, and all that is known of them.

use std::collections::HashSet;

use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, PaginatorTrait, QueryFilter, QuerySelect,
    Statement,
};
use serde::Serialize;

use crate::audit::{self, Action, Actor, Subject};
use crate::entity::{explanation, patient, photograph, result, review, screening};
use crate::error::ClinicError;
use crate::files::ContentHash;
use crate::store::{Store, referenced_files};

/// What was deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Deleted {
    /// Screenings.
    pub screenings: u64,
    /// Photographs in them, rejected ones too.
    pub photographs: u64,
    /// Answers to those.
    pub results: u64,
    /// Explanations of the answers.
    pub explanations: u64,
    /// Reviews of the eyes.
    pub reviews: u64,
    /// Files, without those that other patients' records name as well.
    pub files: u64,
}

impl Store {
    /// Deletes the patient with this identifier, with every screening, photograph, answer, explanation, review and file. The
    /// audit, which says nothing of them, stays.
    ///
    /// Nobody else may use the store meanwhile (hence `&mut`): who hands in the same photograph just then would find its file
    /// in place, and lose it.
    ///
    /// # Errors
    /// [`ClinicError::Unknown`] where there is no such patient; then nothing is deleted. [`ClinicError::FilesLeft`] where the rows
    /// were deleted and not every file could be.
    pub async fn delete_patient(
        &mut self,
        by: Actor,
        identifier: &str,
    ) -> Result<Deleted, ClinicError> {
        let transaction = self.begin().await?;
        let patient = patient::Entity::find()
            .filter(patient::Column::Identifier.eq(identifier))
            .one(&transaction)
            .await?
            .ok_or(ClinicError::Unknown { what: "patient" })?;
        let (mut deleted, named) = belongings(&transaction, &patient).await?;
        patient::Entity::delete_many()
            .filter(patient::Column::Id.eq(patient.id))
            .exec(&transaction)
            .await?;
        let subject = Subject::Patient(patient.id);
        audit::append(&transaction, by, Action::PatientDeleted, Some(subject)).await?;
        transaction.commit().await?;
        let others = referenced_files(self.database()).await?;
        for hash in named.iter().filter(|hash| !others.contains(hash.as_str())) {
            let removed = self.files().remove(hash).await;
            removed.map_err(|source| ClinicError::FilesLeft {
                source: Box::new(source),
            })?;
            deleted.files += 1;
        }
        self.wipe_log().await?;
        Ok(deleted)
    }

    /// The log of what was written to SQLite holds deleted rows until it is emptied.
    async fn wipe_log(&self) -> Result<(), ClinicError> {
        if self.database().get_database_backend() != DbBackend::Sqlite {
            return Ok(());
        }
        let wipe = Statement::from_string(DbBackend::Sqlite, "PRAGMA wal_checkpoint(TRUNCATE)");
        let row = self.database().query_one_raw(wipe).await?;
        let is_read = match row {
            Some(row) => row.try_get::<i64>("", "busy")? != 0,
            None => false,
        };
        match is_read {
            true => Err(ClinicError::StillRead),
            false => Ok(()),
        }
    }
}

/// How much there is of a patient, and the files that its rows name.
async fn belongings(
    database: &impl ConnectionTrait,
    patient: &patient::Model,
) -> Result<(Deleted, HashSet<ContentHash>), ClinicError> {
    let screenings: Vec<crate::ScreeningId> = screening::Entity::find()
        .select_only()
        .column(screening::Column::Id)
        .filter(screening::Column::Patient.eq(patient.id))
        .into_tuple()
        .all(database)
        .await?;
    let photographs = photograph::Entity::find()
        .filter(photograph::Column::Screening.is_in(screenings.iter().copied()))
        .all(database)
        .await?;
    let results: Vec<crate::ResultId> = result::Entity::find()
        .select_only()
        .column(result::Column::Id)
        .filter(result::Column::Photograph.is_in(photographs.iter().map(|row| row.id)))
        .into_tuple()
        .all(database)
        .await?;
    let explanations = explanation::Entity::find()
        .filter(explanation::Column::Result.is_in(results.iter().copied()))
        .all(database)
        .await?;
    let reviews = review::Entity::find()
        .filter(review::Column::Screening.is_in(screenings.iter().copied()))
        .count(database)
        .await?;
    let deleted = Deleted {
        screenings: screenings.len() as u64,
        photographs: photographs.len() as u64,
        results: results.len() as u64,
        explanations: explanations.len() as u64,
        reviews,
        files: 0,
    };
    let of_photographs = photographs
        .into_iter()
        .flat_map(|row| [row.original, row.cropped, row.standardized]);
    let of_explanations = explanations
        .into_iter()
        .flat_map(|row| [row.map, row.counterfactual_picture]);
    let files = of_photographs.chain(of_explanations).flatten().collect();
    Ok((deleted, files))
}
