//! Who works on a photograph or an explanation, and until when: what several workers need to share a queue.

use sea_orm::DbErr;
use sea_orm::sea_query::{ColumnDef, Table};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager, async_trait};

pub(super) struct Claims;

impl MigrationName for Claims {
    fn name(&self) -> &str {
        "claims"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Claims {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["photograph", "explanation"] {
            let mut claimant = ColumnDef::new("claimant");
            claimant.text().null();
            let mut claimed_until = ColumnDef::new("claimed_until");
            claimed_until.big_integer().null();
            // SQLite adds one column at a time.
            for column in [claimant, claimed_until] {
                let mut alter = Table::alter();
                alter.table(table).add_column(column);
                manager.alter_table(alter.to_owned()).await?;
            }
        }
        Ok(())
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
