//! Patients, screenings, photographs, results, explanations and reviews.

use sea_orm::DbErr;
use sea_orm::sea_query::{
    ColumnDef, Expr, ForeignKey, ForeignKeyAction, ForeignKeyCreateStatement, Index, IntoIden,
    Table, TableCreateStatement,
};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager, async_trait};

use super::before;
use crate::entity::{explanation, identity, patient, photograph, result, review, screening};

pub(super) struct Records;

impl MigrationName for Records {
    fn name(&self) -> &str {
        "records"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Records {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let earlier = before::set_aside(manager).await?;
        for table in tables() {
            manager.create_table(table).await?;
        }
        for (name, table, columns) in INDICES {
            let mut index = Index::create();
            index.name(name).table(table);
            for column in columns {
                index.col(*column);
            }
            manager.create_index(index).await?;
        }
        match earlier {
            true => before::take_over(manager).await,
            false => Ok(()),
        }
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

/// Name, table and columns.
const INDICES: [(&str, &str, &[&str]); 7] = [
    ("screening_of_patient", "screening", &["patient"]),
    ("photograph_of_screening", "photograph", &["screening"]),
    ("photograph_in_state", "photograph", &["state", "sequence"]),
    ("result_of_photograph", "result", &["photograph"]),
    ("explanation_of_result", "explanation", &["result"]),
    (
        "explanation_in_state",
        "explanation",
        &["state", "sequence"],
    ),
    ("review_of_screening", "review", &["screening"]),
];

fn tables() -> [TableCreateStatement; 7] {
    [
        patients(),
        screenings(),
        photographs(),
        results(),
        explanations(),
        reviews(),
        identities(),
    ]
}

/// A table whose rows are numbered as they come and have an opaque name.
fn table(name: impl IntoIden) -> TableCreateStatement {
    let mut table = Table::create();
    let mut sequence = ColumnDef::new("sequence");
    sequence
        .big_integer()
        .not_null()
        .auto_increment()
        .primary_key();
    table
        .table(name.into_iden())
        .col(sequence)
        .col(ColumnDef::new("id").text().not_null().unique_key());
    table
}

/// A reference to the `id` of another table, whose rows take those that refer to them along when they are deleted.
fn belongs_to(column: &'static str, other: &'static str) -> ForeignKeyCreateStatement {
    ForeignKey::create()
        .from_col(column)
        .to(other, "id")
        .on_delete(ForeignKeyAction::Cascade)
        .to_owned()
}

fn patients() -> TableCreateStatement {
    table(patient::Entity)
        .col(ColumnDef::new("identifier").text().not_null().unique_key())
        .col(ColumnDef::new("year_of_birth").small_integer())
        .col(
            ColumnDef::new("created")
                .timestamp_with_time_zone()
                .not_null(),
        )
        .to_owned()
}

fn screenings() -> TableCreateStatement {
    table(screening::Entity)
        .col(
            ColumnDef::new("created")
                .timestamp_with_time_zone()
                .not_null(),
        )
        .col(ColumnDef::new("patient").text())
        .col(ColumnDef::new("laterality").text())
        .foreign_key(&mut belongs_to("patient", "patient"))
        .check(Expr::cust("laterality IN ('left', 'right')"))
        .to_owned()
}

fn photographs() -> TableCreateStatement {
    table(photograph::Entity)
        .col(ColumnDef::new("screening").text().not_null())
        .col(ColumnDef::new("file_name").text().not_null())
        .col(ColumnDef::new("state").text().not_null())
        .col(ColumnDef::new("attempts").integer().not_null().default(0))
        .col(ColumnDef::new("error").text())
        .col(ColumnDef::new("original").text())
        .col(ColumnDef::new("cropped").text())
        .col(ColumnDef::new("standardized").text())
        .col(ColumnDef::new("facts").json_binary())
        .foreign_key(&mut belongs_to("screening", "screening"))
        .check(Expr::cust(
            "state IN ('rejected', 'queued', 'grading', 'graded', 'failed')",
        ))
        .check(Expr::cust("(state = 'rejected') = (original IS NULL)"))
        .check(Expr::cust("(original IS NULL) = (cropped IS NULL)"))
        .check(Expr::cust("(original IS NULL) = (standardized IS NULL)"))
        .check(Expr::cust("(original IS NULL) = (facts IS NULL)"))
        .check(Expr::cust(
            "(state IN ('rejected', 'failed')) = (error IS NOT NULL)",
        ))
        .to_owned()
}

fn results() -> TableCreateStatement {
    table(result::Entity)
        .col(ColumnDef::new("photograph").text().not_null())
        .col(ColumnDef::new("bundle").text().not_null())
        .col(
            ColumnDef::new("created")
                .timestamp_with_time_zone()
                .not_null(),
        )
        .col(ColumnDef::new("finding").json_binary().not_null())
        .foreign_key(&mut belongs_to("photograph", "photograph"))
        .index(
            Index::create()
                .unique()
                .name("result_of_bundle")
                .col("photograph")
                .col("bundle"),
        )
        .to_owned()
}

fn explanations() -> TableCreateStatement {
    table(explanation::Entity)
        .col(ColumnDef::new("result").text().not_null())
        .col(ColumnDef::new("method").text().not_null())
        .col(ColumnDef::new("target").text().not_null())
        .col(ColumnDef::new("state").text().not_null())
        .col(ColumnDef::new("attempts").integer().not_null().default(0))
        .col(ColumnDef::new("error").text())
        .col(ColumnDef::new("map").text())
        .col(ColumnDef::new("height").integer())
        .col(ColumnDef::new("width").integer())
        .col(ColumnDef::new("completeness").json_binary())
        .col(ColumnDef::new("empty").boolean())
        .col(ColumnDef::new("scale").float())
        .col(ColumnDef::new("regions").json_binary())
        .col(ColumnDef::new("counterfactual").json_binary())
        .col(ColumnDef::new("counterfactual_picture").text())
        .foreign_key(&mut belongs_to("result", "result"))
        .index(
            Index::create()
                .unique()
                .name("explanation_of_kind")
                .col("result")
                .col("method")
                .col("target"),
        )
        .check(Expr::cust(
            "state IN ('pending', 'explaining', 'ready', 'failed')",
        ))
        .check(Expr::cust("(state = 'ready') = (map IS NOT NULL)"))
        .check(Expr::cust("(map IS NULL) = (height IS NULL)"))
        .check(Expr::cust("(map IS NULL) = (width IS NULL)"))
        .check(Expr::cust("(map IS NULL) = (empty IS NULL)"))
        .check(Expr::cust("(state = 'failed') = (error IS NOT NULL)"))
        .check(Expr::cust("scale IS NULL OR scale > 0"))
        .check(Expr::cust("regions IS NULL OR state = 'ready'"))
        .check(Expr::cust("counterfactual IS NULL OR regions IS NOT NULL"))
        .check(Expr::cust(
            "(counterfactual IS NULL) = (counterfactual_picture IS NULL)",
        ))
        .to_owned()
}

fn reviews() -> TableCreateStatement {
    table(review::Entity)
        .col(ColumnDef::new("screening").text().not_null())
        .col(ColumnDef::new("laterality").text())
        .col(ColumnDef::new("reader").text())
        .col(ColumnDef::new("verdict").text().not_null())
        .col(ColumnDef::new("grade").small_integer())
        .col(ColumnDef::new("system_grade").small_integer())
        .col(ColumnDef::new("reason").text())
        .col(
            ColumnDef::new("created")
                .timestamp_with_time_zone()
                .not_null(),
        )
        .foreign_key(&mut belongs_to("screening", "screening"))
        .check(Expr::cust("laterality IN ('left', 'right')"))
        .check(Expr::cust("verdict IN ('agree', 'overrule', 'ungradable')"))
        .check(Expr::cust("grade BETWEEN 0 AND 4"))
        .check(Expr::cust("system_grade BETWEEN 0 AND 4"))
        .check(Expr::cust("(verdict = 'ungradable') = (grade IS NULL)"))
        .check(Expr::cust("(verdict = 'overrule') = (reason IS NOT NULL)"))
        .check(Expr::cust("verdict <> 'agree' OR grade = system_grade"))
        .to_owned()
}

fn identities() -> TableCreateStatement {
    table(identity::Entity)
}
