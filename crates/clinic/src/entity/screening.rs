//! What was submitted together.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use time::{Date, OffsetDateTime};

use crate::identifier::{PatientId, ScreeningId};
use crate::record::Laterality;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, DeriveEntityModel)]
#[sea_orm(table_name = "screening")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub sequence: i64,
    #[sea_orm(unique)]
    pub id: ScreeningId,
    #[serde(with = "time::serde::rfc3339")]
    pub created: OffsetDateTime,
    pub patient: Option<PatientId>,
    pub laterality: Option<Laterality>,
    /// A backup of an earlier version says none of these.
    #[serde(default, with = "crate::iso_day::option")]
    pub examined: Option<Date>,
    #[serde(default)]
    pub device: Option<String>,
    #[serde(default)]
    pub operator: Option<String>,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "super::patient::Entity",
        from = "Column::Patient",
        to = "super::patient::Column::Id"
    )]
    Patient,
}

impl Related<super::patient::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Patient.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
