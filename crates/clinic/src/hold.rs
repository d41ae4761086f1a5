//! Who else has the records open.
//!
//! Several programs may work with the same records: a server, workers on other machines, a command beside them. Each holds them
//! together with the others. Some work wants them alone: to bring tables up to date, to sweep away files that no row names
//! (another program may have put one there whose row is yet to come), to delete. The operating system lets go of the hold in a
//! folder when a process dies, PostgreSQL when its session ends. Which bucket the photographs are in does not matter: it is that of
//! these records alone ([`crate::identity`]).

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement};
use tokio::time::{Instant, sleep};

use crate::database::{self, Records, Rows};
use crate::error::ClinicError;
use crate::files::failed;

/// Which lock in PostgreSQL stands for the records ("fundosco" in ASCII).
const LOCK: i64 = 0x6675_6e64_6f73_636f;
/// How long another program may have the records alone before it is given up to wait for it.
const PATIENCE: Duration = Duration::from_secs(20);
/// How often it is tried meanwhile.
const PAUSE: Duration = Duration::from_millis(50);

/// A hold on the records, for as long as it lives.
#[derive(Debug)]
pub(crate) struct Hold {
    place: Place,
}

/// Where the hold is noted. Records in SQLite are those of their folder; those in PostgreSQL may have several folders.
#[derive(Debug)]
enum Place {
    Folder { file: File, folder: PathBuf },
    Session(DatabaseConnection),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Alone,
    Together,
}

impl Hold {
    /// Takes the records alone if nobody else has them, together with the others if not; says whether it is alone.
    ///
    /// # Errors
    /// When another program has them alone and keeps them.
    pub(crate) async fn take(
        data_folder: &Path,
        records: &Records,
    ) -> Result<(Self, bool), ClinicError> {
        let hold = Self::open(data_folder, records).await?;
        let patience = Instant::now() + PATIENCE;
        loop {
            for kind in [Kind::Alone, Kind::Together] {
                if hold.try_take(kind).await? {
                    return Ok((hold, kind == Kind::Alone));
                }
            }
            if Instant::now() > patience {
                return Err(hold.in_use());
            }
            sleep(PAUSE).await;
        }
    }

    /// Takes the records alone.
    ///
    /// # Errors
    /// When another program has them open.
    pub(crate) async fn alone(data_folder: &Path, records: &Records) -> Result<Self, ClinicError> {
        let hold = Self::open(data_folder, records).await?;
        match hold.try_take(Kind::Alone).await? {
            true => Ok(hold),
            false => Err(hold.in_use()),
        }
    }

    /// Lets others in, after the records were held alone.
    ///
    /// # Errors
    /// When another program took them alone in between and keeps them, or the database fails.
    pub(crate) async fn share(&self) -> Result<(), ClinicError> {
        match &self.place {
            // A file cannot be locked in two ways at once: for a moment nobody has it.
            Place::Folder { file, folder } => file.unlock().map_err(failed("unlock", folder))?,
            Place::Session(session) => {
                // Its own lock does not stand in a session's way.
                self.try_take(Kind::Together).await?;
                ask(session, "SELECT pg_advisory_unlock($1) AS answer").await?;
                return Ok(());
            }
        }
        let patience = Instant::now() + PATIENCE;
        while !self.try_take(Kind::Together).await? {
            if Instant::now() > patience {
                return Err(self.in_use());
            }
            sleep(PAUSE).await;
        }
        Ok(())
    }

    /// Makes sure that nobody took the records alone after the session that held them was lost.
    ///
    /// # Errors
    /// [`ClinicError::DatabaseInUse`] where somebody did.
    pub(crate) async fn check(&self) -> Result<(), ClinicError> {
        let is_held = match &self.place {
            Place::Folder { .. } => true,
            Place::Session(_) => self.try_take(Kind::Together).await?,
        };
        match is_held {
            true => Ok(()),
            false => Err(self.in_use()),
        }
    }

    /// Lets go.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn release(self) -> Result<(), ClinicError> {
        match self.place {
            Place::Folder { .. } => Ok(()),
            Place::Session(session) => Ok(session.close().await?),
        }
    }

    async fn open(data_folder: &Path, records: &Records) -> Result<Self, ClinicError> {
        let place = match &records.rows {
            Rows::Sqlite => {
                let path = data_folder.join("lock");
                Place::Folder {
                    file: File::create(&path).map_err(failed("create", &path))?,
                    folder: data_folder.to_path_buf(),
                }
            }
            Rows::Postgres(url) => Place::Session(database::session(url).await?),
        };
        Ok(Self { place })
    }

    async fn try_take(&self, kind: Kind) -> Result<bool, ClinicError> {
        match &self.place {
            Place::Folder { file, folder } => {
                let taken = match kind {
                    Kind::Alone => file.try_lock(),
                    Kind::Together => file.try_lock_shared(),
                };
                match taken {
                    Ok(()) => Ok(true),
                    Err(TryLockError::WouldBlock) => Ok(false),
                    Err(TryLockError::Error(error)) => Err(failed("lock", folder)(error)),
                }
            }
            Place::Session(session) => {
                let question = match kind {
                    Kind::Alone => "SELECT pg_try_advisory_lock($1) AS answer",
                    Kind::Together => "SELECT pg_try_advisory_lock_shared($1) AS answer",
                };
                ask(session, question).await
            }
        }
    }

    fn in_use(&self) -> ClinicError {
        match &self.place {
            Place::Folder { folder, .. } => ClinicError::Locked {
                path: folder.clone(),
            },
            Place::Session(_) => ClinicError::DatabaseInUse,
        }
    }
}

async fn ask(session: &DatabaseConnection, question: &str) -> Result<bool, ClinicError> {
    let question = Statement::from_sql_and_values(DbBackend::Postgres, question, [LOCK.into()]);
    let row = session.query_one_raw(question).await?;
    Ok(match row {
        Some(row) => row.try_get("", "answer")?,
        None => false,
    })
}
