//! One photograph of a screening, and how far its grading has come.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::files::ContentHash;
use crate::identifier::{PhotographId, ScreeningId, WorkerId};
use crate::record::PhotographFacts;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, DeriveEntityModel)]
#[sea_orm(table_name = "photograph")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub sequence: i64,
    #[sea_orm(unique)]
    pub id: PhotographId,
    pub screening: ScreeningId,
    pub file_name: String,
    pub state: State,
    pub attempts: i32,
    pub error: Option<String>,
    pub original: Option<ContentHash>,
    pub cropped: Option<ContentHash>,
    pub standardized: Option<ContentHash>,
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub facts: Option<PhotographFacts>,
    /// Who grades it; no backup says so.
    #[serde(skip)]
    pub claimant: Option<WorkerId>,
    /// Until when it is the claimant's (seconds since 1970).
    #[serde(skip)]
    pub claimed_until: Option<i64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, EnumIter, DeriveActiveEnum)]
#[serde(rename_all = "lowercase")]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "lowercase")]
pub enum State {
    Rejected,
    Queued,
    Grading,
    Graded,
    Failed,
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
