//! Summaries are made anew: files that could not be read, and those that stand for both eyes, keep patients from being cleared.

use sea_orm::{ConnectionTrait, DbErr};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager, async_trait};

pub(super) struct Outcomes;

impl MigrationName for Outcomes {
    fn name(&self) -> &str {
        "outcomes"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Outcomes {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let database = manager.get_connection();
        let marked = database.execute_unprepared("UPDATE summary SET stale = TRUE");
        marked.await.map(|_| ())
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
