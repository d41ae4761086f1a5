//! Opening the store, and putting a screening on record.

use std::collections::HashSet;
use std::path::Path;

use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseConnection, DatabaseTransaction, EntityTrait,
    QueryFilter, QuerySelect, Set,
};
use time::OffsetDateTime;

use crate::access::Access;
use crate::audit::{self, Action, Actor, Subject};
use crate::claims::{Unfinished, take_back_unfinished};
use crate::database::{self, Records};
use crate::entity::{explanation, patient, photograph, screening};
use crate::error::ClinicError;
use crate::files::{ContentHash, Files, StagedFile, Staging, create_private_folder};
use crate::hold::Hold;
use crate::identifier::{PatientId, PhotographId, ScreeningId, WorkerId};
use crate::identity;
use crate::record::{Acceptance, NewPhotograph, NewScreening};

/// The records, and the data folder that belongs to them. Shared between threads by reference.
#[derive(Debug)]
pub struct Store {
    database: DatabaseConnection,
    files: Files,
    /// Whose the work is that this store takes on.
    worker: WorkerId,
    hold: Hold,
}

impl Store {
    /// Opens the store in `data_folder`, creating it if need be, with its records in SQLite there or elsewhere. Other programs
    /// may have it open too. Where none has, unfinished work is taken back into the queue, and what an interrupted run left
    /// half done is removed.
    ///
    /// # Errors
    /// When the folder cannot be written; when the photographs are those of other records, or their bucket does not answer; when
    /// the database does not, was written by a newer version, or by an earlier one that is still running; when another program
    /// needs the records alone.
    pub async fn open(data_folder: &Path, records: &Records) -> Result<Self, ClinicError> {
        create_private_folder(data_folder)?;
        let (hold, is_alone) = Hold::take(data_folder, records).await?;
        let store = Self::held(data_folder, records, hold, is_alone).await?;
        if is_alone {
            store.hold.share().await?;
        }
        Ok(store)
    }

    /// The same for what needs the records alone.
    ///
    /// # Errors
    /// Those of [`Store::open`]; [`ClinicError::Locked`] or [`ClinicError::DatabaseInUse`] where another program has them open.
    pub async fn open_alone(data_folder: &Path, records: &Records) -> Result<Self, ClinicError> {
        create_private_folder(data_folder)?;
        let hold = Hold::alone(data_folder, records).await?;
        Self::held(data_folder, records, hold, true).await
    }

    async fn held(
        data_folder: &Path,
        records: &Records,
        hold: Hold,
        is_alone: bool,
    ) -> Result<Self, ClinicError> {
        let files = Files::open(data_folder, &records.photographs)?;
        let database = database::open(data_folder, records, is_alone).await?;
        identity::check(&database, &files).await?;
        if is_alone {
            take_back_unfinished(&database, Unfinished::All).await?;
            files.sweep(referenced_files(&database).await?).await?;
        } else {
            files.clear_abandoned()?;
        }
        Ok(Self {
            database,
            files,
            worker: WorkerId::random(),
            hold,
        })
    }

    /// Closes the database, and with it this hold on the records.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn close(self) -> Result<(), ClinicError> {
        self.database.close().await?;
        self.hold.release().await
    }

    /// Who may use these records, and who did.
    pub fn access(&self) -> Access {
        Access::of(self.database.clone())
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
    pub async fn read(&self, hash: &ContentHash) -> Result<Vec<u8>, ClinicError> {
        self.files.read(hash).await
    }

    /// Whether the database answers, and nobody has taken it from us, and whether the bucket answers where there is one.
    ///
    /// # Errors
    /// When it does not, or somebody has.
    pub async fn check(&self) -> Result<(), ClinicError> {
        self.database.ping().await?;
        self.hold.check().await?;
        self.files.check(identity::NOTE).await
    }

    /// Puts a screening on record, all of it or nothing, and queues its accepted photographs.
    ///
    /// # Errors
    /// [`ClinicError::NothingAccepted`] when no photograph is accepted, [`ClinicError::OtherYearOfBirth`] when another year is on
    /// record for the patient; then nothing is stored.
    pub async fn submit(
        &self,
        by: Actor,
        screening: NewScreening,
    ) -> Result<ScreeningId, ClinicError> {
        let any_accepted = screening
            .photographs
            .iter()
            .any(|photograph| photograph.submission.is_ok());
        if !any_accepted {
            return Err(ClinicError::NothingAccepted);
        }
        let id = ScreeningId::random();
        // Files first: a row never names one that is not there.
        let photographs = photograph_rows(&self.files, id, screening.photographs).await?;
        let transaction = self.begin().await?;
        let patient = match screening.patient {
            Some(identifier) => {
                Some(patient_of(&transaction, identifier, screening.year_of_birth).await?)
            }
            None => None,
        };
        let row = screening::ActiveModel {
            id: Set(id),
            created: Set(OffsetDateTime::now_utc()),
            patient: Set(patient),
            laterality: Set(screening.laterality),
            examined: Set(screening.circumstances.examined),
            device: Set(screening.circumstances.device),
            operator: Set(screening.circumstances.operator),
            ..Default::default()
        };
        screening::Entity::insert(row).exec(&transaction).await?;
        photograph::Entity::insert_many(photographs)
            .exec(&transaction)
            .await?;
        let subject = Subject::Screening(id);
        audit::append(&transaction, by, Action::Submitted, Some(subject)).await?;
        transaction.commit().await?;
        Ok(id)
    }

    pub(crate) async fn keep(&self, staged: StagedFile) -> Result<ContentHash, ClinicError> {
        self.files.keep(staged).await
    }

    pub(crate) fn worker(&self) -> WorkerId {
        self.worker
    }

    pub(crate) fn hold(&self) -> &Hold {
        &self.hold
    }

    pub(crate) fn files(&self) -> &Files {
        &self.files
    }

    pub(crate) fn database(&self) -> &DatabaseConnection {
        &self.database
    }

    /// A transaction that writes. In SQLite it takes its turn at once: one that only wants to write later would fail then.
    pub(crate) async fn begin(&self) -> Result<DatabaseTransaction, ClinicError> {
        database::begin(&self.database).await
    }
}

/// The rows of the photographs, whose files are part of the store then.
async fn photograph_rows(
    files: &Files,
    screening: ScreeningId,
    photographs: Vec<NewPhotograph>,
) -> Result<Vec<photograph::ActiveModel>, ClinicError> {
    let mut rows = Vec::with_capacity(photographs.len());
    for photograph in photographs {
        rows.push(photograph_row(files, screening, photograph).await?);
    }
    Ok(rows)
}

async fn photograph_row(
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
                original: Set(Some(files.keep(original).await?)),
                cropped: Set(Some(files.keep(cropped).await?)),
                standardized: Set(Some(files.keep(standardized).await?)),
                facts: Set(Some(facts)),
                ..row
            }
        }
    })
}

/// The patient with this identifier, who is put on record where unknown, as is the year of birth.
async fn patient_of(
    database: &impl ConnectionTrait,
    identifier: String,
    year_of_birth: Option<i16>,
) -> Result<PatientId, ClinicError> {
    let new = patient::ActiveModel {
        id: Set(PatientId::random()),
        identifier: Set(identifier.clone()),
        year_of_birth: Set(year_of_birth),
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
    if year_of_birth.is_some() {
        patient::Entity::update_many()
            .col_expr(patient::Column::YearOfBirth, Expr::value(year_of_birth))
            .filter(patient::Column::Identifier.eq(&identifier))
            .filter(patient::Column::YearOfBirth.is_null())
            .exec(database)
            .await?;
    }
    let known = patient::Entity::find()
        .filter(patient::Column::Identifier.eq(identifier))
        .one(database)
        .await?;
    let known = known.ok_or(ClinicError::Unknown { what: "patient" })?;
    if year_of_birth.is_some() && known.year_of_birth != year_of_birth {
        return Err(ClinicError::OtherYearOfBirth);
    }
    Ok(known.id)
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
