//! Accounts that log in by OpenID Connect: who they are at which provider, instead of a password.

use sea_orm::{ConnectionTrait, DbErr};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager, async_trait};

pub(super) struct OpenId;

impl MigrationName for OpenId {
    fn name(&self) -> &str {
        "openid"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for OpenId {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let database = manager.get_connection();
        for statement in STATEMENTS {
            database.execute_unprepared(statement).await?;
        }
        Ok(())
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

/// The same for both databases. SQLite cannot let a column be empty that once could not, so the password moves to another one.
const STATEMENTS: [&str; 8] = [
    "ALTER TABLE account ADD COLUMN kept TEXT",
    "UPDATE account SET kept = password",
    "ALTER TABLE account DROP COLUMN password",
    "ALTER TABLE account RENAME COLUMN kept TO password",
    "ALTER TABLE account ADD COLUMN issuer TEXT CHECK ((issuer IS NULL) = (password IS NOT NULL))",
    "ALTER TABLE account ADD COLUMN subject TEXT CHECK ((subject IS NULL) = (issuer IS NULL))",
    "ALTER TABLE account ADD COLUMN role_is_claimed BOOLEAN NOT NULL DEFAULT FALSE \
     CHECK (NOT role_is_claimed OR issuer IS NOT NULL)",
    "CREATE UNIQUE INDEX account_of_subject ON account (issuer, subject)",
];
