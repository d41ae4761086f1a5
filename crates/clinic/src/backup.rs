//! Backups: a folder with every row as a line of JSON and every file under its hash, whatever the database is.
//!
//! Files never change under their name, so a backup into the same folder copies only what is new. Rows come last and whole:
//! the list of an earlier backup stays until the new one is complete. A backup of SQLite can be restored into PostgreSQL, and
//! the other way round.
//!
//! The key of the pseudonyms stands in the first line rather than in a file of its own: it changes with the rows, all at once,
//! and one that was removed from the records does not linger in the next backup into the same folder.

use std::collections::HashSet;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::Path;

use sea_orm::{
    ActiveModelTrait, DatabaseTransaction, EntityTrait, IntoActiveModel, NotSet, PaginatorTrait,
    QueryOrder,
};
use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;
use time::OffsetDateTime;

use crate::access::Access;
use crate::audit::{self, Action, Actor};
use crate::database::{self, Records};
use crate::entity::{
    account, audit as audit_table, explanation, patient, photograph, result, review, screening,
};
use crate::error::ClinicError;
use crate::export::KEY;
use crate::files::{
    ContentHash, Files, Photographs, create_private_folder, failed, synchronise_folder,
};
use crate::identity;
use crate::store::Store;

/// The file of the rows in a backup's folder.
const ROWS: &str = "records.jsonl";
/// How the lines are to be read.
const FORMAT: u32 = 1;
/// Rows that are read at once.
const PAGE: u64 = 500;

/// How much a backup holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BackedUp {
    /// Rows of all tables.
    pub rows: u64,
    /// Files that rows name, each counted once.
    pub files: u64,
}

/// One line.
#[derive(Serialize, Deserialize)]
#[serde(tag = "table", content = "row", rename_all = "lowercase")]
enum Line {
    Backup {
        format: u32,
        #[serde(with = "time::serde::rfc3339")]
        created: OffsetDateTime,
        /// Of the pseudonyms, where any were given out; earlier versions left it behind.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pseudonym_key: Option<String>,
    },
    Patient(patient::Model),
    Screening(screening::Model),
    Photograph(Box<photograph::Model>),
    Result(Box<result::Model>),
    Explanation(Box<explanation::Model>),
    Review(Box<review::Model>),
    Account(Box<account::Model>),
    Audit(audit_table::Model),
    End {
        rows: u64,
    },
}

/// Writes a backup of records that another process may have open, and notes in their audit that there is one. Sessions are
/// left out: nobody stays logged in by it.
///
/// # Errors
/// When the records cannot be read, a file is damaged, or the folder cannot be written.
pub async fn back_up(
    by: Actor,
    data_folder: &Path,
    records: &Records,
    out: &Path,
) -> Result<BackedUp, ClinicError> {
    let database = database::read_only(data_folder, records).await?;
    let files = Files::open(data_folder, &records.photographs)?;
    identity::require(&database, &files).await?;
    // Noted before anything is copied, so that nothing is without a note; the backup holds the note.
    let access = Access::open(data_folder, records).await?;
    access.note(by, Action::BackedUp, None).await?;
    access.close().await?;
    let kept = Files::open(out, &Photographs::Folder)?;
    kept.incoming().clear()?;
    let incoming = kept.incoming().path();
    let mut lines =
        NamedTempFile::new_in(incoming).map_err(failed("create a file in", incoming))?;
    let moment = database::snapshot(&database).await?;
    let mut writer = Writer {
        out: BufWriter::new(lines.as_file_mut()),
        path: out,
        rows: 0,
        files: HashSet::new(),
    };
    writer.line(&Line::Backup {
        format: FORMAT,
        created: OffsetDateTime::now_utc(),
        pseudonym_key: files.note(KEY).await?,
    })?;
    write_rows(&moment, &files, &kept, &mut writer).await?;
    let done = BackedUp {
        rows: writer.rows,
        files: writer.files.len() as u64,
    };
    writer.line(&Line::End { rows: done.rows })?;
    writer.finish()?;
    moment.commit().await?;
    database.close().await?;
    lines
        .as_file()
        .sync_all()
        .map_err(failed("synchronise", out))?;
    let rows = out.join(ROWS);
    lines
        .persist(&rows)
        .map_err(|error| failed("write", &rows)(error.error))?;
    synchronise_folder(out)?;
    Ok(done)
}

struct Writer<'a> {
    out: BufWriter<&'a mut File>,
    path: &'a Path,
    rows: u64,
    /// Files that were copied, or were there.
    files: HashSet<ContentHash>,
}

impl Writer<'_> {
    fn line(&mut self, line: &Line) -> Result<(), ClinicError> {
        let text = serde_json::to_string(line).map_err(|error| ClinicError::UnreadableRow {
            what: "record",
            detail: error.to_string(),
        })?;
        writeln!(self.out, "{text}").map_err(failed("write", self.path))
    }

    fn row(&mut self, line: &Line) -> Result<(), ClinicError> {
        self.rows += 1;
        self.line(line)
    }

    fn finish(mut self) -> Result<(), ClinicError> {
        self.out.flush().map_err(failed("write", self.path))
    }
}

/// The rows of one table, a page at a time, in the order in which they came.
macro_rules! each_row {
    ($entity:ident, $database:expr, $row:ident => $each:expr) => {{
        let mut pages = $entity::Entity::find()
            .order_by_asc($entity::Column::Sequence)
            .paginate($database, PAGE);
        while let Some(rows) = pages.fetch_and_next().await? {
            for $row in rows {
                $each?;
            }
        }
    }};
}

/// What a row refers to stands before it; files are copied before the row that names them is written.
async fn write_rows(
    moment: &DatabaseTransaction,
    files: &Files,
    kept: &Files,
    writer: &mut Writer<'_>,
) -> Result<(), ClinicError> {
    each_row!(patient, moment, row => writer.row(&Line::Patient(row)));
    each_row!(screening, moment, row => writer.row(&Line::Screening(row)));
    each_row!(photograph, moment, row => {
        let named = [&row.original, &row.cropped, &row.standardized];
        copy(files, kept, &mut writer.files, &named).await?;
        writer.row(&Line::Photograph(Box::new(row)))
    });
    each_row!(result, moment, row => writer.row(&Line::Result(Box::new(row))));
    each_row!(explanation, moment, row => {
        let named = [&row.map, &row.counterfactual_picture];
        copy(files, kept, &mut writer.files, &named).await?;
        writer.row(&Line::Explanation(Box::new(row)))
    });
    each_row!(review, moment, row => writer.row(&Line::Review(Box::new(row))));
    each_row!(account, moment, row => writer.row(&Line::Account(Box::new(row))));
    each_row!(audit_table, moment, row => writer.row(&Line::Audit(row)));
    Ok(())
}

/// Copies the files that a row names, and were not copied yet.
async fn copy(
    from: &Files,
    to: &Files,
    copied: &mut HashSet<ContentHash>,
    named: &[&Option<ContentHash>],
) -> Result<(), ClinicError> {
    for hash in named.iter().filter_map(|hash| hash.as_ref()) {
        if copied.insert(hash.clone()) {
            from.copy_to(hash, to).await?;
        }
    }
    Ok(())
}

/// Puts a backup into an empty store, all of it or nothing, and notes it in the audit that came with it.
///
/// # Errors
/// [`ClinicError::NotEmpty`] where there are records or another key of pseudonyms already, [`ClinicError::UnreadableBackup`] where
/// the backup is not whole; when a file is damaged, or the store cannot be written.
pub async fn restore(
    by: Actor,
    backup: &Path,
    data_folder: &Path,
    records: &Records,
) -> Result<BackedUp, ClinicError> {
    let path = backup.join(ROWS);
    let lines = BufReader::new(File::open(&path).map_err(failed("open", &path))?);
    create_private_folder(data_folder)?;
    let store = Store::open_alone(data_folder, records).await?;
    let database = store.database();
    if screening::Entity::find().count(database).await? > 0
        || patient::Entity::find().count(database).await? > 0
        || account::Entity::find().count(database).await? > 0
        || audit_table::Entity::find().count(database).await? > 0
    {
        return Err(ClinicError::NotEmpty);
    }
    let kept = Files::open(backup, &Photographs::Folder)?;
    let transaction = store.begin().await?;
    let (done, key) = read_rows(lines, &path, &kept, store.files(), &transaction).await?;
    if let Some(key) = key {
        keep_key(store.files(), &key).await?;
    }
    audit::append(&transaction, by, Action::Restored, None).await?;
    transaction.commit().await?;
    store.close().await?;
    Ok(done)
}

/// Lays the key of the pseudonyms beside the restored files. Under another key, which an export of the empty store may have
/// made, everybody would get a new pseudonym without a word.
async fn keep_key(files: &Files, key: &str) -> Result<(), ClinicError> {
    match files.note_once(KEY, key).await? == key {
        true => Ok(()),
        false => Err(ClinicError::NotEmpty),
    }
}

/// Inserts the rows; how much there was, and the key of the pseudonyms.
async fn read_rows(
    lines: impl BufRead,
    path: &Path,
    kept: &Files,
    files: &Files,
    transaction: &DatabaseTransaction,
) -> Result<(BackedUp, Option<String>), ClinicError> {
    let unreadable = |detail: String| ClinicError::UnreadableBackup {
        path: path.to_path_buf(),
        detail,
    };
    let mut rows_read = 0;
    let mut key = None;
    let mut copied: HashSet<ContentHash> = HashSet::new();
    let mut is_whole = false;
    for (number, text) in (1_u64..).zip(lines.lines()) {
        let text = text.map_err(failed("read", path))?;
        let line = serde_json::from_str(&text)
            .map_err(|error| unreadable(format!("line {number}: {error}")))?;
        let named = match &line {
            Line::Photograph(row) => vec![&row.original, &row.cropped, &row.standardized],
            Line::Explanation(row) => vec![&row.map, &row.counterfactual_picture],
            _ => Vec::new(),
        };
        copy(kept, files, &mut copied, &named).await?;
        if is_whole || (number == 1) != matches!(line, Line::Backup { .. }) {
            return Err(unreadable(format!("line {number} is out of place")));
        }
        match line {
            Line::Backup {
                format,
                pseudonym_key,
                ..
            } if format == FORMAT => key = pseudonym_key,
            Line::Backup { format, .. } => {
                return Err(unreadable(format!(
                    "line {number}: format {format} is unknown"
                )));
            }
            Line::End { rows } if rows == rows_read => is_whole = true,
            Line::End { .. } => return Err(unreadable("some of its lines are missing".into())),
            row => {
                insert(row, transaction).await?;
                rows_read += 1;
            }
        }
    }
    match is_whole {
        true => {
            let done = BackedUp {
                rows: rows_read,
                files: copied.len() as u64,
            };
            Ok((done, key))
        }
        false => Err(unreadable("it ends before its end".into())),
    }
}

/// Rows are numbered anew, in the same order: PostgreSQL would go on numbering from one.
async fn insert(line: Line, transaction: &DatabaseTransaction) -> Result<(), ClinicError> {
    macro_rules! anew {
        ($entity:ident, $row:expr) => {{
            let mut row = $row.into_active_model().reset_all();
            row.sequence = NotSet;
            $entity::Entity::insert(row)
                .exec_without_returning(transaction)
                .await?;
        }};
    }
    match line {
        Line::Patient(row) => anew!(patient, row),
        Line::Screening(row) => anew!(screening, row),
        Line::Photograph(row) => anew!(photograph, row),
        Line::Result(row) => anew!(result, row),
        Line::Explanation(row) => anew!(explanation, row),
        Line::Review(row) => anew!(review, row),
        Line::Account(row) => anew!(account, row),
        // Its place is part of what it says.
        Line::Audit(row) => audit::insert(transaction, row).await?,
        Line::Backup { .. } | Line::End { .. } => {}
    }
    Ok(())
}
