//! One explanation of one answer, and how far it has come.

use sea_orm::FromJsonQueryResult;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::files::ContentHash;
use crate::identifier::{ExplanationId, ResultId, WorkerId};
use crate::record::{Completeness, Counterfactual, Region};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, DeriveEntityModel)]
#[sea_orm(table_name = "explanation")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub sequence: i64,
    #[sea_orm(unique)]
    pub id: ExplanationId,
    pub result: ResultId,
    pub method: String,
    pub target: String,
    pub state: State,
    pub attempts: i32,
    pub error: Option<String>,
    pub map: Option<ContentHash>,
    pub height: Option<i32>,
    pub width: Option<i32>,
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub completeness: Option<Completeness>,
    pub empty: Option<bool>,
    /// The magnitude that the map's colours end at by themselves; null for an empty map, and in records that did not note
    /// it.
    pub scale: Option<f32>,
    /// Null where the regions were not examined.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub regions: Option<Regions>,
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub counterfactual: Option<Counterfactual>,
    pub counterfactual_picture: Option<ContentHash>,
    /// Who computes it; no backup says so.
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
    Pending,
    Explaining,
    Ready,
    Failed,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, FromJsonQueryResult)]
#[serde(transparent)]
pub struct Regions(pub Vec<Region>);

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "super::result::Entity",
        from = "Column::Result",
        to = "super::result::Column::Id"
    )]
    Result,
}

impl Related<super::result::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Result.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
