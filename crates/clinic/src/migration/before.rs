//! Records that were written before there were numbered migrations: SQLite alone, in the tables of `tests/earlier`.

use sea_orm::{ConnectionTrait, DbBackend, DbErr, EntityTrait, Set, Statement};
use sea_orm_migration::SchemaManager;
use time::OffsetDateTime;

use crate::entity::patient;
use crate::identifier::PatientId;

/// Renames the earlier tables, if there are any; whether there were.
pub(super) async fn set_aside(manager: &SchemaManager<'_>) -> Result<bool, DbErr> {
    let is_earlier = manager.get_database_backend() == DbBackend::Sqlite
        && manager.has_table("screening").await?
        && !manager.has_table("patient").await?;
    if !is_earlier {
        return Ok(false);
    }
    let database = manager.get_connection();
    if !manager.has_column("explanation", "scale").await? {
        database.execute_unprepared(LATER_COLUMNS).await?;
    }
    database.execute_unprepared(RENAME).await?;
    Ok(true)
}

/// Copies the rows into the present tables and drops the earlier ones.
pub(super) async fn take_over(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let database = manager.get_connection();
    let identifiers = "SELECT patient, min(created) AS created FROM earlier_screening \
                       WHERE patient IS NOT NULL GROUP BY patient ORDER BY min(sequence)";
    let rows = database
        .query_all_raw(Statement::from_string(DbBackend::Sqlite, identifiers))
        .await?;
    for row in rows {
        let known = patient::ActiveModel {
            id: Set(PatientId::random()),
            identifier: Set(row.try_get("", "patient")?),
            created: Set(row.try_get::<OffsetDateTime>("", "created")?),
            ..Default::default()
        };
        patient::Entity::insert(known).exec(database).await?;
    }
    database.execute_unprepared(COPY).await?;
    Ok(())
}

/// Columns that the first of the earlier versions did not have.
const LATER_COLUMNS: &str = "
    ALTER TABLE explanation ADD COLUMN scale REAL;
    ALTER TABLE explanation ADD COLUMN regions TEXT;
    ALTER TABLE explanation ADD COLUMN counterfactual TEXT;
    ALTER TABLE explanation ADD COLUMN counterfactual_picture TEXT;";

const RENAME: &str = "
    ALTER TABLE screening RENAME TO earlier_screening;
    ALTER TABLE photograph RENAME TO earlier_photograph;
    ALTER TABLE explanation RENAME TO earlier_explanation;";

/// An answer had no name of its own then: it is given that of its photograph.
const COPY: &str = "
    INSERT INTO screening (sequence, id, created, patient, laterality)
        SELECT earlier.sequence, earlier.id, earlier.created, patient.id, laterality
        FROM earlier_screening AS earlier LEFT JOIN patient ON patient.identifier = earlier.patient;
    INSERT INTO photograph
        (sequence, id, screening, file_name, state, attempts, error, original, cropped, standardized, facts)
        SELECT sequence, id, screening, file_name, state, attempts, error, original, cropped, standardized, facts
        FROM earlier_photograph;
    INSERT INTO result (id, photograph, bundle, created, finding)
        SELECT earlier.id, earlier.id, json_extract(finding, '$.bundle'), earlier_screening.created, finding
        FROM earlier_photograph AS earlier JOIN earlier_screening ON earlier_screening.id = earlier.screening
        WHERE finding IS NOT NULL ORDER BY earlier.sequence;
    INSERT INTO explanation
        (sequence, id, result, method, target, state, attempts, error, map, height, width, completeness, empty, scale,
         regions, counterfactual, counterfactual_picture)
        SELECT sequence, id, photograph, method, target, state, attempts, error, map, height, width, completeness, empty,
            scale, regions, counterfactual, counterfactual_picture
        FROM earlier_explanation;
    DROP TABLE earlier_explanation;
    DROP TABLE earlier_photograph;
    DROP TABLE earlier_screening;";
