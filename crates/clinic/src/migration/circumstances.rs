//! When photographs were taken, with what, and by whom.

use sea_orm::DbErr;
use sea_orm::sea_query::{ColumnDef, Table};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager, async_trait};

pub(super) struct Circumstances;

impl MigrationName for Circumstances {
    fn name(&self) -> &str {
        "circumstances"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Circumstances {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut examined = ColumnDef::new("examined");
        examined.date().null();
        let mut device = ColumnDef::new("device");
        device.text().null();
        let mut operator = ColumnDef::new("operator");
        operator.text().null();
        // SQLite adds one column at a time.
        for column in [examined, device, operator] {
            let mut alter = Table::alter();
            alter.table("screening").add_column(column);
            manager.alter_table(alter.to_owned()).await?;
        }
        Ok(())
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
