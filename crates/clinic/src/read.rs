//! Reading records back.

use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::de::DeserializeOwned;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

use crate::error::ClinicError;
use crate::files::ContentHash;
use crate::record::{
    AcceptedPhotograph, Examination, Explanation, ExplanationId, ExplanationState, Laterality,
    MapRecord, Photograph, PhotographId, PhotographState, Screening, ScreeningId, Stage,
};
use crate::store::Store;

const PHOTOGRAPH_COLUMNS: &str =
    "id, file_name, state, error, original, cropped, standardized, facts, finding";
const EXPLANATION_COLUMNS: &str = "id, method, target, state, error, map, height, width, completeness, empty, regions, \
     counterfactual, counterfactual_picture, scale";

impl Store {
    /// One screening with all that belongs to it.
    ///
    /// # Errors
    /// [`ClinicError::Unknown`] when there is none with this identifier.
    pub fn screening(&self, id: ScreeningId) -> Result<Screening, ClinicError> {
        let connection = self.connection();
        read_screening(&connection, &id.to_string())
    }

    /// The latest screenings, newest first.
    ///
    /// # Errors
    /// When the database fails.
    pub fn recent(&self, most: u32) -> Result<Vec<Screening>, ClinicError> {
        let connection = self.connection();
        let mut statement = connection
            .prepare_cached("SELECT id FROM screening ORDER BY sequence DESC LIMIT ?1")?;
        let ids: Vec<String> = statement
            .query_map([most], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        ids.iter()
            .map(|id| read_screening(&connection, id))
            .collect()
    }
}

fn read_screening(connection: &Connection, id: &str) -> Result<Screening, ClinicError> {
    let (created, patient, laterality) = connection
        .prepare_cached("SELECT created, patient, laterality FROM screening WHERE id = ?1")?
        .query_row([id], |row| {
            Ok((
                row.get::<_, String>(0)?,
                row.get::<_, Option<String>>(1)?,
                row.get::<_, Option<String>>(2)?,
            ))
        })
        .optional()?
        .ok_or(ClinicError::Unknown { what: "screening" })?;
    let query = format!(
        "SELECT {PHOTOGRAPH_COLUMNS} FROM photograph WHERE screening = ?1 ORDER BY sequence"
    );
    let mut statement = connection.prepare_cached(&query)?;
    let rows: Vec<PhotographRow> = statement
        .query_map([id], photograph_row)?
        .collect::<Result<_, _>>()?;
    Ok(Screening {
        id: ScreeningId(parse_id(id)?),
        created: OffsetDateTime::parse(&created, &Rfc3339)
            .map_err(|error| unreadable("time", error))?,
        patient,
        laterality: laterality.as_deref().map(parse_laterality).transpose()?,
        photographs: rows
            .into_iter()
            .map(|row| row.into_photograph(connection))
            .collect::<Result<_, _>>()?,
    })
}

struct PhotographRow {
    id: String,
    file_name: String,
    state: String,
    error: Option<String>,
    original: Option<String>,
    cropped: Option<String>,
    standardized: Option<String>,
    facts: Option<String>,
    finding: Option<String>,
}

fn photograph_row(row: &Row<'_>) -> rusqlite::Result<PhotographRow> {
    Ok(PhotographRow {
        id: row.get(0)?,
        file_name: row.get(1)?,
        state: row.get(2)?,
        error: row.get(3)?,
        original: row.get(4)?,
        cropped: row.get(5)?,
        standardized: row.get(6)?,
        facts: row.get(7)?,
        finding: row.get(8)?,
    })
}

impl PhotographRow {
    fn into_photograph(self, connection: &Connection) -> Result<Photograph, ClinicError> {
        let id = PhotographId(parse_id(&self.id)?);
        let error = self.error.unwrap_or_default();
        if self.state == "rejected" {
            return Ok(Photograph {
                id,
                file_name: self.file_name,
                state: PhotographState::Rejected { error },
            });
        }
        let stage = match self.state.as_str() {
            "queued" => Stage::Queued,
            "grading" => Stage::Grading,
            "graded" => Stage::Graded {
                finding: from_json("finding", self.finding)?,
                explanations: read_explanations(connection, &self.id)?,
            },
            "failed" => Stage::Failed { error },
            other => return Err(unreadable("photograph state", other)),
        };
        Ok(Photograph {
            id,
            file_name: self.file_name,
            state: PhotographState::Accepted(Box::new(AcceptedPhotograph {
                original: hash(self.original)?,
                cropped: hash(self.cropped)?,
                standardized: hash(self.standardized)?,
                facts: from_json("facts", self.facts)?,
                stage,
            })),
        })
    }
}

fn read_explanations(
    connection: &Connection,
    photograph: &str,
) -> Result<Vec<Explanation>, ClinicError> {
    let query = format!(
        "SELECT {EXPLANATION_COLUMNS} FROM explanation WHERE photograph = ?1 ORDER BY sequence"
    );
    let mut statement = connection.prepare_cached(&query)?;
    let rows: Vec<ExplanationRow> = statement
        .query_map(params![photograph], explanation_row)?
        .collect::<Result<_, _>>()?;
    rows.into_iter()
        .map(ExplanationRow::into_explanation)
        .collect()
}

struct ExplanationRow {
    id: String,
    method: String,
    target: String,
    state: String,
    error: Option<String>,
    map: Option<String>,
    height: Option<u32>,
    width: Option<u32>,
    completeness: Option<String>,
    empty: Option<bool>,
    regions: Option<String>,
    counterfactual: Option<String>,
    counterfactual_picture: Option<String>,
    scale: Option<f32>,
}

fn explanation_row(row: &Row<'_>) -> rusqlite::Result<ExplanationRow> {
    Ok(ExplanationRow {
        id: row.get(0)?,
        method: row.get(1)?,
        target: row.get(2)?,
        state: row.get(3)?,
        error: row.get(4)?,
        map: row.get(5)?,
        height: row.get(6)?,
        width: row.get(7)?,
        completeness: row.get(8)?,
        empty: row.get(9)?,
        regions: row.get(10)?,
        counterfactual: row.get(11)?,
        counterfactual_picture: row.get(12)?,
        scale: row.get(13)?,
    })
}

impl ExplanationRow {
    fn into_explanation(self) -> Result<Explanation, ClinicError> {
        let missing = || unreadable("explanation", "a ready explanation lacks its map");
        let examination = examination(
            self.regions,
            self.counterfactual,
            self.counterfactual_picture,
        )?;
        let state = match self.state.as_str() {
            "pending" => ExplanationState::Pending,
            "explaining" => ExplanationState::Explaining,
            "ready" => ExplanationState::Ready {
                map: MapRecord {
                    height: self.height.ok_or_else(missing)?,
                    width: self.width.ok_or_else(missing)?,
                    content: hash(self.map)?,
                },
                completeness: self
                    .completeness
                    .map(|text| from_json("completeness", Some(text)))
                    .transpose()?,
                empty: self.empty.ok_or_else(missing)?,
                scale: self.scale,
                examination: examination.map(Box::new),
            },
            "failed" => ExplanationState::Failed {
                error: self.error.unwrap_or_default(),
            },
            other => return Err(unreadable("explanation state", other)),
        };
        Ok(Explanation {
            id: ExplanationId(parse_id(&self.id)?),
            method: self.method,
            target: self.target,
            state,
        })
    }
}

fn examination(
    regions: Option<String>,
    counterfactual: Option<String>,
    picture: Option<String>,
) -> Result<Option<Examination>, ClinicError> {
    if regions.is_none() {
        return Ok(None);
    }
    let counterfactual = match counterfactual {
        None => None,
        found => Some((from_json("counterfactual", found)?, hash(picture)?)),
    };
    Ok(Some(Examination {
        regions: from_json("regions", regions)?,
        counterfactual,
    }))
}

pub(crate) fn parse_id(text: &str) -> Result<Uuid, ClinicError> {
    Uuid::try_parse(text).map_err(|error| unreadable("identifier", error))
}

fn parse_laterality(text: &str) -> Result<Laterality, ClinicError> {
    match text {
        "left" => Ok(Laterality::Left),
        "right" => Ok(Laterality::Right),
        other => Err(unreadable("laterality", other)),
    }
}

fn hash(column: Option<String>) -> Result<ContentHash, ClinicError> {
    ContentHash::from_column(column.unwrap_or_default())
}

pub(crate) fn from_json<T: DeserializeOwned>(
    what: &'static str,
    column: Option<String>,
) -> Result<T, ClinicError> {
    serde_json::from_str(&column.unwrap_or_default()).map_err(|error| unreadable(what, error))
}

pub(crate) fn unreadable(what: &'static str, detail: impl std::fmt::Display) -> ClinicError {
    ClinicError::UnreadableRow {
        what,
        detail: detail.to_string(),
    }
}
