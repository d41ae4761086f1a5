//! Opening the database: SQLite in the data folder, or PostgreSQL.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
use sea_orm::{
    AccessMode, ConnectOptions, Database, DatabaseConnection, DatabaseTransaction, DbBackend,
    EntityTrait, IsolationLevel, SqliteTransactionMode, TransactionOptions, TransactionTrait,
};

use crate::entity::audit;
use crate::error::ClinicError;
use crate::files::Photographs;
use crate::migration;

/// The file of SQLite in the data folder.
const FILE: &str = "records.sqlite";
/// An address whose path is replaced: in an address, a path could not have every character.
const ANY_SQLITE: &str = "sqlite://records.sqlite";
/// How long a transaction waits for another one that writes.
const PATIENCE: Duration = Duration::from_secs(30);
/// Connections, of which one at a time writes in SQLite.
const CONNECTIONS: u32 = 8;

/// Where the records are: their rows, and the photographs that these name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Records {
    /// The rows.
    pub rows: Rows,
    /// The photographs.
    pub photographs: Photographs,
}

/// Where the rows are.
#[derive(Clone, PartialEq, Eq, Default)]
pub enum Rows {
    /// `records.sqlite` in the data folder.
    #[default]
    Sqlite,
    /// A PostgreSQL database, `postgres://user:password@host/database`.
    Postgres(String),
}

impl fmt::Debug for Rows {
    /// Without the address, which may hold a password.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Sqlite => "Sqlite",
            Self::Postgres(_) => "Postgres",
        })
    }
}

impl std::str::FromStr for Rows {
    type Err = ClinicError;

    /// Reads `postgres://…` or `postgresql://…`.
    fn from_str(text: &str) -> Result<Self, ClinicError> {
        let is_postgres = ["postgres://", "postgresql://"]
            .iter()
            .any(|scheme| text.starts_with(scheme));
        match is_postgres {
            true => Ok(Self::Postgres(text.to_owned())),
            false => Err(ClinicError::UnknownDatabase),
        }
    }
}

/// Opens the records, and brings them to the present tables where nobody else has them open; the caller holds them
/// ([`crate::hold::Hold`]).
pub(crate) async fn open(
    data_folder: &Path,
    records: &Records,
    is_alone: bool,
) -> Result<DatabaseConnection, ClinicError> {
    let database = match &records.rows {
        Rows::Sqlite => sqlite(data_folder).await?,
        Rows::Postgres(url) => connect(options(url)).await?,
    };
    if is_alone {
        let brought_up = migration::up(&database).await;
        brought_up.map_err(ClinicError::Migration)?;
    } else if !migration::is_up(&database).await? {
        return Err(ClinicError::InUseByEarlier);
    }
    Ok(database)
}

/// A transaction that writes. In SQLite it takes its turn at once: one that only wants to write later would fail then.
pub(crate) async fn begin(
    database: &DatabaseConnection,
) -> Result<DatabaseTransaction, ClinicError> {
    let options = TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    };
    Ok(database.begin_with_options(options).await?)
}

/// Opens the records to read them beside a program that has them open.
pub(crate) async fn read_only(
    data_folder: &Path,
    records: &Records,
) -> Result<DatabaseConnection, ClinicError> {
    let database = match &records.rows {
        Rows::Sqlite => {
            let path = data_folder.join(FILE);
            let mut options = options(ANY_SQLITE);
            options
                .max_connections(1)
                .map_sqlx_sqlite_opts(move |sqlite| sqlite.filename(&path).read_only(true));
            connect(options).await?
        }
        Rows::Postgres(url) => connect(options(url)).await?,
    };
    // The table that came last.
    audit::Entity::find()
        .one(&database)
        .await
        .map_err(ClinicError::Outdated)?;
    Ok(database)
}

async fn sqlite(data_folder: &Path) -> Result<DatabaseConnection, ClinicError> {
    let path = data_folder.join(FILE);
    let mut options = options(ANY_SQLITE);
    options.map_sqlx_sqlite_opts(move |sqlite| {
        sqlite
            .filename(&path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            // What is deleted is gone from the file too.
            .pragma("secure_delete", "ON")
            .busy_timeout(PATIENCE)
    });
    connect(options).await
}

fn options(url: &str) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    // Statements hold no values, but what is slow is nothing for the log of a clinic either.
    options
        .max_connections(CONNECTIONS)
        .acquire_timeout(PATIENCE)
        .sqlx_logging(false);
    options
}

async fn connect(options: ConnectOptions) -> Result<DatabaseConnection, ClinicError> {
    Ok(Database::connect(options).await?)
}

/// One session of PostgreSQL for as long as it is wanted.
pub(crate) async fn session(url: &str) -> Result<DatabaseConnection, ClinicError> {
    let mut options = options(url);
    options
        .max_connections(1)
        .min_connections(1)
        .idle_timeout(None)
        .max_lifetime(None);
    connect(options).await
}

/// One moment for several questions, as every transaction of SQLite shows it.
pub(crate) async fn snapshot(
    connection: &DatabaseConnection,
) -> Result<DatabaseTransaction, ClinicError> {
    Ok(match connection.get_database_backend() {
        DbBackend::Sqlite => connection.begin().await?,
        _ => {
            let (level, access) = (IsolationLevel::RepeatableRead, AccessMode::ReadOnly);
            connection
                .begin_with_config(Some(level), Some(access))
                .await?
        }
    })
}
