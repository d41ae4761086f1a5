//! How the records are, for whoever looks after the server; nothing of any patient.

use std::collections::HashSet;

use sea_orm::{ColumnTrait, DbBackend, EntityTrait, QueryFilter, QuerySelect};

use crate::claims::now;
use crate::entity::{explanation, photograph};
use crate::error::ClinicError;
use crate::identifier::WorkerId;
use crate::store::Store;

/// What the stored files take up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// Files: photographs, what was made of them, and explanations.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
}

impl Store {
    /// What database the records are in, by its name.
    pub fn database_name(&self) -> &'static str {
        match self.database().get_database_backend() {
            DbBackend::Sqlite => "SQLite",
            DbBackend::Postgres => "PostgreSQL",
            _ => "another database",
        }
    }

    /// How many workers, of all programs that share the records, have work in hand.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn busy_workers(&self) -> Result<usize, ClinicError> {
        let grading: Vec<Option<WorkerId>> = photograph::Entity::find()
            .select_only()
            .column(photograph::Column::Claimant)
            .filter(photograph::Column::ClaimedUntil.gte(now()))
            .into_tuple()
            .all(self.database())
            .await?;
        let explaining: Vec<Option<WorkerId>> = explanation::Entity::find()
            .select_only()
            .column(explanation::Column::Claimant)
            .filter(explanation::Column::ClaimedUntil.gte(now()))
            .into_tuple()
            .all(self.database())
            .await?;
        let workers: HashSet<WorkerId> = grading.into_iter().chain(explaining).flatten().collect();
        Ok(workers.len())
    }

    /// What the stored files take up. Looks at each, so that it takes a while where there are many.
    ///
    /// # Errors
    /// When the folder or the bucket of the photographs cannot be listed.
    pub async fn usage(&self) -> Result<Usage, ClinicError> {
        self.files().usage().await
    }
}
