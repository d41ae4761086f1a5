//! What a reader said of an eye. A row is never changed.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::identifier::{ReviewId, ScreeningId};
use crate::record::Laterality;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, DeriveEntityModel)]
#[sea_orm(table_name = "review")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub sequence: i64,
    #[sea_orm(unique)]
    pub id: ReviewId,
    pub screening: ScreeningId,
    pub laterality: Option<Laterality>,
    pub reader: Option<String>,
    pub verdict: Verdict,
    /// The reader's own grade, 0 to 4; null where the eye was called ungradable.
    pub grade: Option<i16>,
    /// The system's grade that the reader saw; null where it had withheld one.
    pub system_grade: Option<i16>,
    pub reason: Option<String>,
    #[serde(with = "time::serde::rfc3339")]
    pub created: OffsetDateTime,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
#[serde(rename_all = "lowercase")]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "lowercase")]
pub enum Verdict {
    Agree,
    Overrule,
    Ungradable,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "super::screening::Entity",
        from = "Column::Screening",
        to = "super::screening::Column::Id"
    )]
    Screening,
}

impl Related<super::screening::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Screening.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
