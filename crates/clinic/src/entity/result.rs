//! What one bundle answered to one photograph. A row is never changed.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::identifier::{PhotographId, ResultId};
use crate::record::Finding;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, DeriveEntityModel)]
#[sea_orm(table_name = "result")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub sequence: i64,
    #[sea_orm(unique)]
    pub id: ResultId,
    pub photograph: PhotographId,
    /// Fingerprint of the bundle.
    pub bundle: String,
    #[serde(with = "time::serde::rfc3339")]
    pub created: OffsetDateTime,
    #[sea_orm(column_type = "JsonBinary")]
    pub finding: Finding,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "super::photograph::Entity",
        from = "Column::Photograph",
        to = "super::photograph::Column::Id"
    )]
    Photograph,
}

impl Related<super::photograph::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Photograph.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
