//! Accounts, their sessions, and the audit.

use sea_orm::sea_query::{ColumnDef, Expr, ForeignKey, ForeignKeyAction, Index, IntoIden, Table};
use sea_orm::{ConnectionTrait, DbBackend, DbErr};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager, async_trait};

use crate::entity::{account, audit, session};

pub(super) struct Accounts;

impl MigrationName for Accounts {
    fn name(&self) -> &str {
        "accounts"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Accounts {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let moment = |name| {
            let mut column = ColumnDef::new(name);
            column.timestamp_with_time_zone();
            column
        };
        let sequence = || {
            let mut column = ColumnDef::new("sequence");
            column.big_integer().not_null().primary_key();
            column
        };
        let accounts = Table::create()
            .table(account::Entity.into_iden())
            .col(sequence().auto_increment())
            .col(ColumnDef::new("id").text().not_null().unique_key())
            .col(ColumnDef::new("name").text().not_null())
            .col(ColumnDef::new("folded").text().not_null().unique_key())
            .col(ColumnDef::new("role").text().not_null())
            .col(ColumnDef::new("password").text().not_null())
            .col(ColumnDef::new("enabled").boolean().not_null())
            .col(ColumnDef::new("attempts").integer().not_null().default(0))
            .col(moment("locked_until"))
            .col(moment("created").not_null())
            .check(Expr::cust(
                "role IN ('screener', 'reader', 'administrator')",
            ))
            .to_owned();
        manager.create_table(accounts).await?;
        let sessions = Table::create()
            .table(session::Entity.into_iden())
            .col(sequence().auto_increment())
            .col(ColumnDef::new("token").text().not_null().unique_key())
            .col(ColumnDef::new("account").text().not_null())
            .col(moment("created").not_null())
            .col(moment("seen").not_null())
            .col(moment("expires").not_null())
            .foreign_key(
                ForeignKey::create()
                    .from_col("account")
                    .to("account", "id")
                    .on_delete(ForeignKeyAction::Cascade),
            )
            .to_owned();
        manager.create_table(sessions).await?;
        let of_account = Index::create()
            .name("session_of_account")
            .table("session")
            .col("account")
            .to_owned();
        manager.create_index(of_account).await?;
        let entries = Table::create()
            .table(audit::Entity.into_iden())
            .col(sequence())
            .col(ColumnDef::new("instant").big_integer().not_null())
            .col(ColumnDef::new("actor").text().not_null())
            .col(ColumnDef::new("action").text().not_null())
            .col(ColumnDef::new("subject").text())
            // A chain that forked would have two entries after the same one.
            .col(ColumnDef::new("previous").text().not_null().unique_key())
            .col(ColumnDef::new("hash").text().not_null().unique_key())
            .to_owned();
        manager.create_table(entries).await?;
        let append_only = match manager.get_database_backend() {
            DbBackend::Postgres => APPEND_ONLY_IN_POSTGRES,
            _ => APPEND_ONLY_IN_SQLITE,
        };
        let database = manager.get_connection();
        database.execute_unprepared(append_only).await?;
        Ok(())
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

/// Against accidents; who owns the database can take it away, and is found out by the chain.
const APPEND_ONLY_IN_SQLITE: &str = "
    CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit
        BEGIN SELECT RAISE(ABORT, 'the audit is only appended to'); END;
    CREATE TRIGGER audit_is_not_deleted BEFORE DELETE ON audit
        BEGIN SELECT RAISE(ABORT, 'the audit is only appended to'); END;";

const APPEND_ONLY_IN_POSTGRES: &str = "
    CREATE FUNCTION audit_is_only_appended_to() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'the audit is only appended to'; END $$;
    CREATE TRIGGER audit_is_not_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
        FOR EACH STATEMENT EXECUTE FUNCTION audit_is_only_appended_to();";
