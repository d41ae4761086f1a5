//! The name that the records share with the folder of their photographs. There is one row.

use sea_orm::entity::prelude::*;

use crate::identifier::StoreId;

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "identity")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub sequence: i64,
    pub id: StoreId,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
