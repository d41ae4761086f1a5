//! What has been screened lately, read beside a running server.

use std::path::Path;

use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use time::OffsetDateTime;
use trust::Grade;

use crate::database::{self, Records};
use crate::entity::{photograph, result, screening};
use crate::error::ClinicError;
use crate::read::lacking;
use crate::record::{Finding, PhotographFacts};
use crate::review::reviewed;
use crate::store::Store;

/// A graded photograph without anything that says whose it is.
#[derive(Debug, Clone, PartialEq)]
pub struct ScreenedPhotograph {
    /// When its screening was received.
    pub received: OffsetDateTime,
    /// What is known of it before any grading.
    pub facts: PhotographFacts,
    /// The grader's answer.
    pub finding: Finding,
}

impl Store {
    /// The photographs that the bundle of this fingerprint graded, newest first, at most so many. Answers of another bundle
    /// would be compared with a validation that is not theirs.
    ///
    /// # Errors
    /// When the database fails, or a record cannot be read.
    pub async fn screened_lately(
        &self,
        bundle: &str,
        most: u32,
    ) -> Result<Vec<ScreenedPhotograph>, ClinicError> {
        read(self.database(), bundle, most).await
    }
}

/// What [`Store::screened_lately`] and [`Store::reviewed_lately`] say of records that another process may have open; nothing
/// is changed.
///
/// # Errors
/// When there are no records, the database fails, or a record cannot be read.
pub async fn lately(
    data_folder: &Path,
    records: &Records,
    bundle: &str,
    most: u32,
) -> Result<(Vec<ScreenedPhotograph>, Vec<(Grade, Grade)>), ClinicError> {
    let database = database::read_only(data_folder, records).await?;
    let screened = read(&database, bundle, most).await?;
    let reviewed = reviewed(&database, bundle, most).await?;
    database.close().await?;
    Ok((screened, reviewed))
}

async fn read(
    database: &impl ConnectionTrait,
    bundle: &str,
    most: u32,
) -> Result<Vec<ScreenedPhotograph>, ClinicError> {
    let rows = result::Entity::find()
        .filter(result::Column::Bundle.eq(bundle))
        .order_by_desc(result::Column::Sequence)
        .limit(u64::from(most))
        .find_also_related(photograph::Entity)
        .and_also_related(screening::Entity)
        .all(database)
        .await?;
    rows.into_iter()
        .map(|(result, photograph, screening)| {
            let facts = photograph.and_then(|photograph| photograph.facts);
            Ok(ScreenedPhotograph {
                received: screening
                    .ok_or_else(|| lacking("photograph", "its screening"))?
                    .created,
                facts: facts.ok_or_else(|| lacking("photograph", "what is known of it"))?,
                finding: result.finding,
            })
        })
        .collect()
}
