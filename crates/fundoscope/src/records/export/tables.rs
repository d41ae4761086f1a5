//! The tables of an export and their columns.

use std::path::Path;

use clinic::{
    Circumstances, Completeness, ExplanationState, ExportPage, ExportedExplanation,
    ExportedPatient, ExportedPhotograph, ExportedResult, ExportedReview, ExportedScreening,
    PhotographFacts, Verdict,
};
use serde_json::{Value, json};

use super::{Counts, keep_all, name_of_copy};
use crate::columns::{self, Joined, eye_name, grade_number};
use crate::records::copies::Copies;
use crate::table::{Column, Format, Part, Table};

/// All tables of an export, each in every format that is wanted.
pub(super) struct Tables {
    patients: Vec<Table<ExportedPatient>>,
    screenings: Vec<Table<ScreeningRow>>,
    photographs: Vec<Table<ExportedPhotograph>>,
    results: Vec<Table<ExportedResult>>,
    explanations: Vec<Table<ExportedExplanation>>,
    reviews: Vec<Table<ExportedReview>>,
}

/// A screening, with what it came to.
struct ScreeningRow {
    exported: ExportedScreening,
    joined: Joined,
}

impl Tables {
    /// Begins the tables in a folder; `copies` says how the photographs lie there, if they do.
    pub(super) fn begin(
        out: &Path,
        formats: &[Format],
        copies: Option<Copies>,
    ) -> anyhow::Result<Self> {
        let mut formats = formats.to_vec();
        formats.sort_unstable();
        formats.dedup();
        Ok(Self {
            patients: begin(out, &formats, "patients", patients)?,
            screenings: begin(out, &formats, "screenings", screenings)?,
            photographs: begin(out, &formats, "photographs", || photographs(copies))?,
            results: begin(out, &formats, "results", results)?,
            explanations: begin(out, &formats, "explanations", explanations)?,
            reviews: begin(out, &formats, "reviews", reviews)?,
        })
    }

    /// Adds the rows of a page.
    pub(super) fn push(&mut self, page: &ExportPage) -> anyhow::Result<()> {
        match page {
            ExportPage::Patients(rows) => push(&mut self.patients, rows),
            ExportPage::Screenings(rows) => {
                let rows: Vec<ScreeningRow> = rows.iter().map(ScreeningRow::of).collect();
                push(&mut self.screenings, &rows)
            }
            ExportPage::Photographs(rows) => push(&mut self.photographs, rows),
            ExportPage::Results(rows) => push(&mut self.results, rows),
            ExportPage::Explanations(rows) => push(&mut self.explanations, rows),
            ExportPage::Reviews(rows) => push(&mut self.reviews, rows),
        }
    }

    /// Brings the tables to disk, and says how many rows each has.
    pub(super) fn finish(self) -> anyhow::Result<Counts> {
        let mut parts = Vec::new();
        let counts = Counts {
            patients: finish(self.patients, &mut parts)?,
            screenings: finish(self.screenings, &mut parts)?,
            photographs: finish(self.photographs, &mut parts)?,
            results: finish(self.results, &mut parts)?,
            explanations: finish(self.explanations, &mut parts)?,
            reviews: finish(self.reviews, &mut parts)?,
            files: 0,
        };
        keep_all(parts)?;
        Ok(counts)
    }
}

impl ScreeningRow {
    fn of(exported: &ExportedScreening) -> Self {
        let screening = &exported.screening;
        let files = screening.photographs.iter();
        Self {
            joined: Joined {
                eyes: screening.eyes(),
                outcome: screening.patient_outcome(),
                files: files
                    .map(|photograph| photograph.file_name.clone())
                    .collect(),
            },
            exported: exported.clone(),
        }
    }
}

fn begin<R>(
    out: &Path,
    formats: &[Format],
    name: &'static str,
    columns: impl Fn() -> Vec<Column<R>>,
) -> anyhow::Result<Vec<Table<R>>> {
    let path = |format: &Format| out.join(format!("{name}.{}", format.extension()));
    let tables = formats.iter();
    tables
        .map(|format| Table::begin(&path(format), *format, name, columns()))
        .collect()
}

fn push<R>(tables: &mut [Table<R>], rows: &[R]) -> anyhow::Result<()> {
    for table in tables {
        rows.iter().try_for_each(|row| table.push(row))?;
    }
    Ok(())
}

fn finish<R>(tables: Vec<Table<R>>, parts: &mut Vec<Part>) -> anyhow::Result<u64> {
    // Every format has the same rows.
    let rows = tables.first().map_or(0, Table::rows);
    for table in tables {
        parts.push(table.finish()?);
    }
    Ok(rows)
}

fn patients() -> Vec<Column<ExportedPatient>> {
    type Of = Column<ExportedPatient>;
    vec![
        Of::text("id", |row| Some(row.id.to_string())).always(),
        Of::text("patient", |row| Some(row.identifier.clone())).always(),
        Of::integer("year_of_birth", |row| row.year_of_birth.map(i64::from)),
        Of::instant("created", |row| Some(row.created)).always(),
    ]
}

fn screenings() -> Vec<Column<ScreeningRow>> {
    type Of = Column<ScreeningRow>;
    let mut columns = vec![
        Of::text("id", |row| Some(row.exported.screening.id.to_string())).always(),
        Of::text("patient_id", |row| Some(row.exported.patient?.to_string())),
        Of::text("patient", |row| row.exported.screening.patient.clone()),
        Of::text("laterality", |row| {
            row.exported.screening.laterality.map(eye_name)
        }),
        Of::instant("created", |row| Some(row.exported.screening.created)).always(),
        Of::text("examined", |row| {
            Some(circumstances(row).examined?.to_string())
        }),
        Of::text("device", |row| circumstances(row).device.clone()),
        Of::text("operator", |row| circumstances(row).operator.clone()),
        Of::text("state", |row| {
            let state = serde_json::to_value(row.exported.screening.state()).ok()?;
            Some(state.as_str()?.to_owned())
        }),
    ];
    columns.extend(columns::joined(|row: &ScreeningRow| &row.joined));
    let count = |count: usize| i64::try_from(count).ok();
    columns.extend([
        Of::integer("photographs", move |row| {
            count(row.exported.screening.photographs.len())
        })
        .always(),
        Of::integer("reviews", move |row| {
            count(row.exported.screening.reviews.len())
        })
        .always(),
    ]);
    columns
}

fn circumstances(row: &ScreeningRow) -> &Circumstances {
    &row.exported.screening.circumstances
}

fn photographs(copies: Option<Copies>) -> Vec<Column<ExportedPhotograph>> {
    type Of = Column<ExportedPhotograph>;
    fn facts(row: &ExportedPhotograph) -> Option<&PhotographFacts> {
        row.facts.as_ref()
    }
    let mut columns = vec![
        Of::text("id", |row| Some(row.id.to_string())).always(),
        Of::text("screening_id", |row| Some(row.screening.to_string())).always(),
        Of::text("file", |row| Some(row.file_name.clone())).always(),
        Of::text("state", |row| Some(row.state.to_owned())).always(),
        Of::text("laterality", |row| facts(row)?.laterality.map(eye_name)),
        Of::text("laterality_recorded", |row| {
            facts(row)?.recorded_laterality.map(eye_name)
        }),
        Of::text("laterality_seen", |row| {
            Some(eye_name(facts(row)?.seen_laterality?.eye))
        }),
        Of::single("laterality_confidence", |row| {
            Some(facts(row)?.seen_laterality?.confidence)
        }),
        Of::flag("laterality_disputed", |row| Some(facts(row)?.is_disputed())),
        Of::flag("laterality_checked", |row| {
            Some(facts(row)?.laterality_checked)
        }),
        Of::text("sha256", |row| Some(row.original.as_ref()?.to_string())),
        Of::text("copy", move |row| name_of_copy(row, copies?)),
        Of::text("media_type", |row| Some(facts(row)?.media_type.clone())),
        Of::integer("width", |row| Some(facts(row)?.width.into())),
        Of::integer("height", |row| Some(facts(row)?.height.into())),
        Of::double("field_of_view_x", |row| {
            Some(facts(row)?.field_of_view.center[0])
        }),
        Of::double("field_of_view_y", |row| {
            Some(facts(row)?.field_of_view.center[1])
        }),
        Of::double("field_of_view_radius", |row| {
            Some(facts(row)?.field_of_view.radius)
        }),
    ];
    columns.extend(columns::quality(facts));
    columns.push(Of::text("error", |row| row.error.clone()));
    columns
}

fn results() -> Vec<Column<ExportedResult>> {
    type Of = Column<ExportedResult>;
    let mut columns = vec![
        Of::text("id", |row| Some(row.id.to_string())).always(),
        Of::text("photograph_id", |row| Some(row.photograph.to_string())).always(),
        Of::instant("created", |row| Some(row.created)).always(),
    ];
    columns.extend(columns::finding(|row: &ExportedResult| Some(&row.finding)));
    columns.push(Of::text("set_words", |row| {
        row.finding.prediction_words.clone()
    }));
    columns
}

fn explanations() -> Vec<Column<ExportedExplanation>> {
    type Of = Column<ExportedExplanation>;
    use ExplanationState::{Explaining, Failed, Pending, Ready};
    vec![
        Of::text("id", |row| Some(row.explanation.id.to_string())).always(),
        Of::text("result_id", |row| Some(row.result.to_string())).always(),
        Of::text("method", |row| Some(row.explanation.method.clone())).always(),
        Of::text("target", |row| Some(row.explanation.target.clone())).always(),
        Of::text("state", |row| {
            let state = match row.explanation.state {
                Pending => "pending",
                Explaining => "explaining",
                Ready { .. } => "ready",
                Failed { .. } => "failed",
            };
            Some(state.to_owned())
        })
        .always(),
        Of::flag("empty", |row| match &row.explanation.state {
            Ready { empty, .. } => Some(*empty),
            _ => None,
        }),
        Of::single("scale", |row| match &row.explanation.state {
            Ready { scale, .. } => *scale,
            _ => None,
        }),
        Of::double("completeness_error", |row| {
            Some(completeness(row)?.relative_error)
        }),
        Of::integer("completeness_steps", |row| {
            i64::try_from(completeness(row)?.steps).ok()
        }),
        Of::flag("completeness_reached", |row| {
            Some(completeness(row)?.reached)
        }),
        Of::document("regions", |row| Some(regions(row)?.0)),
        Of::document("counterfactual", |row| regions(row)?.1),
        Of::text("error", |row| match &row.explanation.state {
            Failed { error } => Some(error.clone()),
            _ => None,
        }),
    ]
}

fn completeness(row: &ExportedExplanation) -> Option<&Completeness> {
    match &row.explanation.state {
        ExplanationState::Ready { completeness, .. } => completeness.as_ref(),
        _ => None,
    }
}

/// The regions to look at, and what would have changed the answer, where that was examined.
fn regions(row: &ExportedExplanation) -> Option<(Value, Option<Value>)> {
    let ExplanationState::Ready {
        examination: Some(examination),
        ..
    } = &row.explanation.state
    else {
        return None;
    };
    let counterfactual = examination.counterfactual.as_ref();
    Some((
        json!(examination.regions),
        counterfactual.map(|(known, _)| json!(known)),
    ))
}

fn reviews() -> Vec<Column<ExportedReview>> {
    type Of = Column<ExportedReview>;
    vec![
        Of::text("id", |row| Some(row.review.id.to_string())).always(),
        Of::text("screening_id", |row| Some(row.screening.to_string())).always(),
        Of::text("laterality", |row| row.review.laterality.map(eye_name)),
        Of::text("reader", |row| row.review.reader.clone()),
        Of::text("verdict", |row| {
            let verdict = match row.review.verdict {
                Verdict::Agree => "agree",
                Verdict::Overrule { .. } => "overrule",
                Verdict::Ungradable => "ungradable",
            };
            Some(verdict.to_owned())
        })
        .always(),
        Of::integer("grade", |row| row.review.grade().map(grade_number)),
        Of::integer("system_grade", |row| {
            row.review.system_grade.map(grade_number)
        }),
        Of::text("reason", |row| match &row.review.verdict {
            Verdict::Overrule { reason, .. } if !reason.is_empty() => Some(reason.clone()),
            _ => None,
        }),
        Of::instant("created", |row| Some(row.review.created)).always(),
    ]
}
