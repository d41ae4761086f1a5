//! The table of the photographs: one row each, also of those that could not be graded.

use clinic::{ContentHash, Finding, Laterality, PhotographFacts, SeenLaterality};

use crate::columns::{self, eye_name};
use crate::screen::answer::Answer;
use crate::screen::cases::{About, Case};
use crate::table::Column;

/// One photograph and what is said of it.
pub(crate) struct Row {
    pub(crate) file: String,
    pub(crate) patient: Option<String>,
    pub(crate) laterality: Option<Laterality>,
    pub(crate) about: About,
    /// The hash of its bytes; `None` where they could not be read.
    pub(crate) sha256: Option<ContentHash>,
    /// The first file with the same bytes, where that is another.
    pub(crate) duplicate_of: Option<String>,
    pub(crate) facts: Option<PhotographFacts>,
    pub(crate) finding: Option<Finding>,
    /// Why it was not graded, in a sentence.
    pub(crate) error: Option<String>,
}

impl Row {
    /// Of a photograph whose bytes could not be read.
    pub(crate) fn unread(case: &Case, error: String) -> Self {
        Self {
            file: case.photograph.file.clone(),
            patient: case.patient.clone(),
            laterality: case.laterality,
            about: case.about.clone(),
            sha256: None,
            duplicate_of: None,
            facts: None,
            finding: None,
            error: Some(error),
        }
    }

    /// Of a photograph with an answer.
    pub(crate) fn answered(
        case: &Case,
        sha256: ContentHash,
        duplicate_of: Option<String>,
        answer: Answer,
    ) -> Self {
        let (facts, finding, error) = match answer {
            Answer::Rejected { error } => (None, None, Some(error)),
            Answer::Failed { facts, error } => (Some(facts), None, Some(error)),
            Answer::Graded { facts, finding } => (Some(facts), Some(finding), None),
        };
        Self {
            file: case.photograph.file.clone(),
            patient: case.patient.clone(),
            laterality: case.laterality,
            about: case.about.clone(),
            sha256: Some(sha256),
            duplicate_of,
            facts,
            finding,
            error,
        }
    }
}

/// The eye that a table, the file's name or its header states.
fn stated(row: &Row) -> Option<Laterality> {
    row.laterality.or(row.facts.as_ref()?.laterality)
}

/// The eye that the optic disc speaks for.
fn seen(row: &Row) -> Option<SeenLaterality> {
    row.facts.as_ref()?.seen_laterality
}

/// The columns, in order.
pub(crate) fn columns() -> Vec<Column<Row>> {
    type Of = Column<Row>;
    let mut columns = vec![
        Of::text("file", |row| Some(row.file.clone())).always(),
        Of::text("patient", |row| row.patient.clone()),
        Of::text("laterality", |row| stated(row).map(eye_name)),
        Of::text("laterality_recorded", |row| {
            row.facts.as_ref()?.recorded_laterality.map(eye_name)
        }),
        Of::text("laterality_seen", |row| Some(eye_name(seen(row)?.eye))),
        Of::single("laterality_confidence", |row| Some(seen(row)?.confidence)),
        Of::flag("laterality_disputed", |row| {
            Some(row.facts.as_ref()?.speaks_against(stated(row)))
        }),
        Of::integer("year_of_birth", |row| {
            row.about.year_of_birth.map(i64::from)
        }),
        Of::text("examined", |row| {
            Some(row.about.circumstances.examined?.to_string())
        }),
        Of::text("device", |row| row.about.circumstances.device.clone()),
        Of::text("operator", |row| row.about.circumstances.operator.clone()),
        Of::text("sha256", |row| Some(row.sha256.as_ref()?.to_string())),
        Of::text("duplicate_of", |row| row.duplicate_of.clone()),
    ];
    columns.extend(columns::quality(|row: &Row| row.facts.as_ref()));
    columns.extend(columns::finding(|row: &Row| row.finding.as_ref()));
    columns.push(Of::text("error", |row| row.error.clone()));
    columns
}
