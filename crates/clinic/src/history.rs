//! What has been screened lately, read beside a running server.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::error::ClinicError;
use crate::read::{from_json, unreadable};
use crate::record::{Finding, PhotographFacts};
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
    /// The graded photographs of the latest screenings, newest first, at most so many.
    ///
    /// # Errors
    /// When the database fails, or a record cannot be read.
    pub fn screened_lately(&self, most: u32) -> Result<Vec<ScreenedPhotograph>, ClinicError> {
        read(&self.connection(), most)
    }
}

/// As [`Store::screened_lately`], of a data folder that another process may have open; nothing is changed.
///
/// # Errors
/// When the folder holds no records, the database fails, or a record cannot be read.
pub fn screened_lately(
    data_folder: &Path,
    most: u32,
) -> Result<Vec<ScreenedPhotograph>, ClinicError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(data_folder.join("records.sqlite"), flags)?;
    read(&connection, most)
}

fn read(connection: &Connection, most: u32) -> Result<Vec<ScreenedPhotograph>, ClinicError> {
    let mut statement = connection.prepare(
        "SELECT screening.created, photograph.facts, photograph.finding \
         FROM photograph JOIN screening ON screening.id = photograph.screening \
         WHERE photograph.state = 'graded' ORDER BY photograph.sequence DESC LIMIT ?1",
    )?;
    let rows: Vec<(String, String, String)> = statement
        .query_map([most], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<Result<_, _>>()?;
    rows.into_iter()
        .map(|(created, facts, finding)| {
            Ok(ScreenedPhotograph {
                received: OffsetDateTime::parse(&created, &Rfc3339)
                    .map_err(|error| unreadable("time", error))?,
                facts: from_json("facts", Some(facts))?,
                finding: from_json("finding", Some(finding))?,
            })
        })
        .collect()
}
