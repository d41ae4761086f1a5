//! A patient with all examinations.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use crate::entity::{patient, screening};
use crate::error::ClinicError;
use crate::identifier::PatientId;
use crate::read::{Explanations, whole};
use crate::record::Screening;
use crate::store::Store;

/// A patient and what was seen of both eyes over time.
#[derive(Debug, Clone, PartialEq)]
pub struct Patient {
    /// The opaque name.
    pub id: PatientId,
    /// The programme's own words for the patient; never in a log, a metric or an address.
    pub identifier: String,
    /// Year of birth, where it is known.
    pub year_of_birth: Option<i16>,
    /// Every screening, oldest first, without explanations.
    pub screenings: Vec<Screening>,
}

impl Store {
    /// A patient with every screening, without the explanations of the answers.
    ///
    /// # Errors
    /// [`ClinicError::Unknown`] when there is none with this opaque name.
    pub async fn patient(&self, id: PatientId) -> Result<Patient, ClinicError> {
        let known = patient::Entity::find()
            .filter(patient::Column::Id.eq(id))
            .one(self.database())
            .await?
            .ok_or(ClinicError::Unknown { what: "patient" })?;
        let screenings = screening::Entity::find()
            .filter(screening::Column::Patient.eq(id))
            .order_by_asc(screening::Column::Sequence)
            .find_also_related(patient::Entity)
            .all(self.database())
            .await?;
        Ok(Patient {
            id,
            identifier: known.identifier,
            year_of_birth: known.year_of_birth,
            screenings: whole(self.database(), screenings, Explanations::LeftOut).await?,
        })
    }
}
