//! Who may use the records. A row is never deleted: what an account did refers to it.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::account::Role;
use crate::identifier::AccountId;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, DeriveEntityModel)]
#[sea_orm(table_name = "account")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub sequence: i64,
    #[sea_orm(unique)]
    pub id: AccountId,
    pub name: String,
    /// The name in small letters, by which it is found.
    #[sea_orm(unique)]
    pub folded: String,
    pub role: Role,
    /// The password's hash, as a PHC string; an account has one, or an issuer and a subject.
    pub password: Option<String>,
    /// The OpenID provider whose word it is who logs in.
    #[serde(default)]
    pub issuer: Option<String>,
    /// What the provider calls them.
    #[serde(default)]
    pub subject: Option<String>,
    /// Whether the provider's word is their role too.
    #[serde(default)]
    pub role_is_claimed: bool,
    pub enabled: bool,
    /// Attempts to log in since the last that succeeded.
    pub attempts: i32,
    /// No attempt is looked at before.
    #[serde(with = "time::serde::rfc3339::option")]
    pub locked_until: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339")]
    pub created: OffsetDateTime,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(has_many = "super::session::Entity")]
    Session,
}

impl Related<super::session::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Session.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
