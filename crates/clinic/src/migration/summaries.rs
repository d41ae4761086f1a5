//! A summary of each screening for the worklist, and what notices that it is out of date.
//!
//! Triggers mark a summary in the very transaction that changes what it is derived from, whichever process that is; who
//! reads summaries brings the marked ones up to date first (`summary.rs`). A migration that makes one of the watched tables
//! anew in SQLite must call [`watch`] again, since triggers go with their table.

use sea_orm::sea_query::{ColumnDef, ForeignKey, ForeignKeyAction, Index, Table};
use sea_orm::{ConnectionTrait, DbBackend, DbErr};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager, async_trait};

use crate::entity::summary;

pub(super) struct Summaries;

impl MigrationName for Summaries {
    fn name(&self) -> &str {
        "summaries"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Summaries {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(table()).await?;
        for (name, columns) in INDICES {
            let mut index = Index::create();
            index.name(name).table(summary::Entity);
            for column in columns {
                index.col(*column);
            }
            manager.create_index(index).await?;
        }
        watch(manager).await?;
        // What there is already is filled in when the store is opened.
        let fill = "INSERT INTO summary (sequence, screening) SELECT sequence, id FROM screening";
        manager.get_connection().execute_unprepared(fill).await?;
        Ok(())
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

/// Name and columns.
const INDICES: [(&str, &[&str]); 8] = [
    ("summary_stale", &["stale"]),
    ("summary_received", &["received"]),
    ("summary_by_priority", &["priority", "sequence"]),
    ("summary_by_patient", &["patient", "sequence"]),
    ("summary_by_state", &["state", "sequence"]),
    ("summary_by_decision", &["blind_decision", "sequence"]),
    ("summary_by_grade", &["blind_grade", "sequence"]),
    ("summary_by_reading", &["reading", "sequence"]),
];

fn table() -> sea_orm::sea_query::TableCreateStatement {
    let number = |name: &'static str, default: i32| {
        let mut column = ColumnDef::new(name);
        column.integer().not_null().default(default);
        column
    };
    let kind = |name: &'static str| {
        let mut column = ColumnDef::new(name);
        column.small_integer().not_null().default(1);
        column
    };
    let grade = |name: &'static str| {
        let mut column = ColumnDef::new(name);
        column.small_integer().not_null().default(summary::NO_GRADE);
        column
    };
    Table::create()
        .table(summary::Entity)
        .col(
            ColumnDef::new("sequence")
                .big_integer()
                .not_null()
                .primary_key(),
        )
        .col(ColumnDef::new("screening").text().not_null().unique_key())
        .col(ColumnDef::new("stale").boolean().not_null().default(true))
        .col(
            ColumnDef::new("received")
                .big_integer()
                .not_null()
                .default(0),
        )
        .col(ColumnDef::new("patient").text().not_null().default(""))
        .col(number("right_photographs", 0))
        .col(number("left_photographs", 0))
        .col(number("unstated_photographs", 0))
        .col(number("rejected_photographs", 0))
        .col(number("graded_photographs", 0))
        .col(number("gradable_photographs", 0))
        .col(kind("state"))
        .col(kind("priority"))
        .col(kind("decision"))
        .col(kind("blind_decision"))
        .col(grade("grade"))
        .col(grade("blind_grade"))
        .col(kind("reading"))
        .col(ColumnDef::new("answered_after").big_integer())
        .col(ColumnDef::new("read_after").big_integer())
        .foreign_key(
            ForeignKey::create()
                .from_col("screening")
                .to("screening", "id")
                .on_delete(ForeignKeyAction::Cascade),
        )
        .to_owned()
}

/// Makes the triggers that mark a summary as out of date.
pub(super) async fn watch(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let statements = match manager.get_database_backend() {
        DbBackend::Sqlite => SQLITE,
        _ => POSTGRES,
    };
    for statement in statements {
        manager
            .get_connection()
            .execute_unprepared(statement)
            .await?;
    }
    Ok(())
}

const SQLITE: &[&str] = &[
    "CREATE TRIGGER IF NOT EXISTS summary_of_screening AFTER INSERT ON screening BEGIN
        INSERT INTO summary (sequence, screening) VALUES (NEW.sequence, NEW.id);
    END",
    "CREATE TRIGGER IF NOT EXISTS summary_of_patient AFTER UPDATE OF identifier ON patient BEGIN
        UPDATE summary SET stale = TRUE
        WHERE screening IN (SELECT id FROM screening WHERE patient = NEW.id);
    END",
    "CREATE TRIGGER IF NOT EXISTS summary_of_new_photograph AFTER INSERT ON photograph BEGIN
        UPDATE summary SET stale = TRUE WHERE screening = NEW.screening;
    END",
    "CREATE TRIGGER IF NOT EXISTS summary_of_photograph AFTER UPDATE OF state, facts ON photograph BEGIN
        UPDATE summary SET stale = TRUE WHERE screening = NEW.screening;
    END",
    "CREATE TRIGGER IF NOT EXISTS summary_of_result AFTER INSERT ON result BEGIN
        UPDATE summary SET stale = TRUE
        WHERE screening = (SELECT screening FROM photograph WHERE id = NEW.photograph);
    END",
    "CREATE TRIGGER IF NOT EXISTS summary_of_review AFTER INSERT ON review BEGIN
        UPDATE summary SET stale = TRUE WHERE screening = NEW.screening;
    END",
];

/// A row that is marked already is marked again: who just reads it may not have seen what is changed here.
const POSTGRES: &[&str] = &[
    "CREATE OR REPLACE FUNCTION begin_summary() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO summary (sequence, screening) VALUES (NEW.sequence, NEW.id);
        RETURN NULL;
    END $$",
    "CREATE OR REPLACE FUNCTION mark_summary() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        UPDATE summary SET stale = TRUE WHERE screening = NEW.screening;
        RETURN NULL;
    END $$",
    "CREATE OR REPLACE FUNCTION mark_summary_of_result() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        UPDATE summary SET stale = TRUE
        WHERE screening = (SELECT screening FROM photograph WHERE id = NEW.photograph);
        RETURN NULL;
    END $$",
    "CREATE OR REPLACE FUNCTION mark_summaries_of_patient() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        UPDATE summary SET stale = TRUE
        WHERE screening IN (SELECT id FROM screening WHERE patient = NEW.id);
        RETURN NULL;
    END $$",
    "CREATE OR REPLACE TRIGGER summary_of_patient AFTER UPDATE OF identifier ON patient
        FOR EACH ROW EXECUTE FUNCTION mark_summaries_of_patient()",
    "CREATE OR REPLACE TRIGGER summary_of_screening AFTER INSERT ON screening
        FOR EACH ROW EXECUTE FUNCTION begin_summary()",
    "CREATE OR REPLACE TRIGGER summary_of_photograph AFTER INSERT OR UPDATE OF state, facts ON photograph
        FOR EACH ROW EXECUTE FUNCTION mark_summary()",
    "CREATE OR REPLACE TRIGGER summary_of_result AFTER INSERT ON result
        FOR EACH ROW EXECUTE FUNCTION mark_summary_of_result()",
    "CREATE OR REPLACE TRIGGER summary_of_review AFTER INSERT ON review
        FOR EACH ROW EXECUTE FUNCTION mark_summary()",
];
