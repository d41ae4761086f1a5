//! Who is logged in.

use sea_orm::entity::prelude::*;
use time::OffsetDateTime;

use crate::files::ContentHash;
use crate::identifier::AccountId;

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "session")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub sequence: i64,
    /// The SHA-256 of the token, which itself is kept by its bearer alone.
    #[sea_orm(unique)]
    pub token: ContentHash,
    pub account: AccountId,
    pub created: OffsetDateTime,
    pub seen: OffsetDateTime,
    pub expires: OffsetDateTime,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "super::account::Entity",
        from = "Column::Account",
        to = "super::account::Column::Id"
    )]
    Account,
}

impl Related<super::account::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Account.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
