//! From an empty database, or that of an earlier version, to the present tables, in steps that are never changed once they
//! were released.

mod accounts;
mod before;
mod circumstances;
mod claims;
mod openid;
mod outcomes;
mod records;
mod summaries;

use sea_orm::DbErr;
use sea_orm_migration::{MigrationTrait, MigratorTrait};

pub(crate) struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(records::Records),
            Box::new(claims::Claims),
            Box::new(accounts::Accounts),
            Box::new(summaries::Summaries),
            Box::new(circumstances::Circumstances),
            Box::new(openid::OpenId),
            Box::new(outcomes::Outcomes),
        ]
    }
}

/// Brings the database to the present tables.
pub(crate) async fn up(database: &sea_orm::DatabaseConnection) -> Result<(), DbErr> {
    Migrator::up(database, None).await
}

/// Whether the database has the present tables.
pub(crate) async fn is_up(database: &sea_orm::DatabaseConnection) -> Result<bool, DbErr> {
    Ok(Migrator::get_pending_migrations(database).await?.is_empty())
}
