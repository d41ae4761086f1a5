//! Who did and saw what. Rows are only ever appended; each holds the hash of the one before it. Everything is text here as it
//! was hashed, so that an altered row can be read, and be found.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, DeriveEntityModel)]
#[sea_orm(table_name = "audit")]
pub struct Model {
    /// 1, 2, 3 and so on, without a gap.
    #[sea_orm(primary_key, auto_increment = false)]
    pub sequence: i64,
    /// Microseconds since 1970, UTC.
    pub instant: i64,
    pub actor: String,
    pub action: String,
    pub subject: Option<String>,
    pub previous: String,
    pub hash: String,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
