//! The worklist: every screening with what it comes to, filtered, sorted and paged by the database.
//!
//! A page is asked for by the line before it and not by a number, so that lines which are added or change their place
//! meanwhile neither repeat nor hide others.

mod kinds;
mod place;

use sea_orm::sea_query::{Condition, Expr, LikeExpr};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect, Select};
use time::OffsetDateTime;
use trust::Grade;

pub use self::kinds::{PatientDecision, Priority, SortKey, WorkState};
use self::place::place;
pub use self::place::{Cursor, Order, Page};
use crate::database;
use crate::entity::{patient, screening, summary};
use crate::error::ClinicError;
use crate::identifier::{PatientId, ScreeningId};
use crate::read::lacking;
use crate::reading::ReadingState;
use crate::store::Store;
use crate::summary::milliseconds;

/// Which screenings are wanted; nothing is left out by a part that is `None`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// How far the grading is.
    pub state: Option<WorkState>,
    /// What is to be done.
    pub decision: Option<PatientDecision>,
    /// How far the reading is.
    pub reading: Option<ReadingState>,
    /// The worst grade of any eye.
    pub grade: Option<Grade>,
    /// Whether what is to be done and the worst grade, here and in the order, leave out the word of one reader who alone has
    /// read an eye; for a list from which the second reader chooses.
    pub is_blind: bool,
    /// Received at or after this moment.
    pub from: Option<OffsetDateTime>,
    /// Received before this moment.
    pub before: Option<OffsetDateTime>,
    /// A part of the patient's identifier, whatever its case.
    pub patient: Option<String>,
}

impl Filter {
    /// Whether any screening may be left out.
    pub fn leaves_out(&self) -> bool {
        let everything = Self {
            is_blind: self.is_blind,
            ..Self::default()
        };
        *self != everything
    }
}

/// One screening.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorklistLine {
    /// Its opaque name.
    pub screening: ScreeningId,
    /// When it was received (UTC).
    pub received: OffsetDateTime,
    /// The patient's opaque name and own identifier, where one was named.
    pub patient: Option<(PatientId, String)>,
    /// Accepted photographs of the right eye, of the left, and of an eye that nobody stated.
    pub photographs: [u32; 3],
    /// Photographs that were not accepted.
    pub rejected: u32,
    /// How far the grading is.
    pub state: WorkState,
    /// How much it needs a reader.
    pub priority: Priority,
    /// What is to be done, readers' words included.
    pub decision: PatientDecision,
    /// The worst grade of any eye, readers' words included.
    pub grade: Option<Grade>,
    /// What is to be done, without the word of one reader who alone has read an eye.
    pub blind_decision: PatientDecision,
    /// The worst grade of an eye, likewise.
    pub blind_grade: Option<Grade>,
    /// How far the reading is.
    pub reading: ReadingState,
}

/// A part of the worklist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Worklist {
    /// In the order that was asked for.
    pub lines: Vec<WorklistLine>,
    /// How many lines there are in all.
    pub total: u64,
    /// The line after which it goes on; `None` at the end.
    pub next: Option<Cursor>,
    /// The line before which there are more; `None` at the beginning.
    pub previous: Option<Cursor>,
}

impl Store {
    /// A part of the worklist with so many lines at most.
    ///
    /// # Errors
    /// [`ClinicError::UnknownPage`] where the page belongs to another order; when the database fails.
    pub async fn worklist(
        &self,
        filter: &Filter,
        order: Order,
        page: Page,
        most: u64,
    ) -> Result<Worklist, ClinicError> {
        self.refresh_summaries().await?;
        // A line must not change its place between the questions.
        let moment = database::snapshot(self.database()).await?;
        let total = count(&moment, filter).await?;
        // One more than wanted says whether there are more. The database sorts places in the list and nothing else.
        let mut wanted: Vec<i64> = place(filtered(filter), order, filter.is_blind, page)?
            .select_only()
            .column(summary::Column::Sequence)
            .limit(most + 1)
            .into_tuple()
            .all(&moment)
            .await?;
        let has_more = wanted.len() as u64 > most;
        wanted.truncate(most as usize);
        let mut lines = lines(&moment, order, filter.is_blind, &wanted).await?;
        moment.commit().await?;
        let is_backwards = matches!(page, Page::Before(_));
        if is_backwards {
            lines.reverse();
        }
        let (first, last) = (lines.first(), lines.last());
        let is_first = page == Page::First || (is_backwards && !has_more);
        let is_last = !is_backwards && !has_more;
        Ok(Worklist {
            total,
            previous: first.map(|line| line.cursor).filter(|_| !is_first),
            next: last.map(|line| line.cursor).filter(|_| !is_last),
            lines: lines.into_iter().map(|line| line.shown).collect(),
        })
    }
}

/// The lines with these sequences, in their order; one that is just being written is missing.
async fn lines(
    database: &impl ConnectionTrait,
    order: Order,
    is_blind: bool,
    wanted: &[i64],
) -> Result<Vec<Line>, ClinicError> {
    let rows = summary::Entity::find()
        .filter(summary::Column::Sequence.is_in(wanted.iter().copied()))
        // Those that were never filled are still being written.
        .filter(summary::Column::Received.gt(0))
        .find_also_related(screening::Entity)
        .and_also_related(patient::Entity)
        .all(database)
        .await?;
    let mut lines = rows
        .into_iter()
        .map(|(summary, screening, patient)| {
            let cursor = Cursor::of(order, is_blind, &summary);
            Line::of(cursor, summary, screening, patient)
        })
        .collect::<Result<Vec<Line>, ClinicError>>()?;
    lines.sort_by_cached_key(|line| {
        let sequence = line.cursor.sequence();
        wanted.iter().position(|wanted| *wanted == sequence)
    });
    Ok(lines)
}

async fn count(database: &impl ConnectionTrait, filter: &Filter) -> Result<u64, ClinicError> {
    let count: Option<i64> = filtered(filter)
        .select_only()
        .column_as(summary::Column::Sequence.count(), "lines")
        .into_tuple()
        .one(database)
        .await?;
    Ok(count.unwrap_or_default().unsigned_abs())
}

/// A line with its place.
struct Line {
    cursor: Cursor,
    shown: WorklistLine,
}

fn filtered(filter: &Filter) -> Select<summary::Entity> {
    use summary::Column;
    let mut wanted = Condition::all();
    if let Some(from) = filter.from {
        wanted = wanted.add(Column::Received.gte(milliseconds(from)));
    }
    if let Some(before) = filter.before {
        wanted = wanted.add(Column::Received.lt(milliseconds(before)));
    }
    if let Some(state) = filter.state {
        wanted = wanted.add(Column::State.eq(state));
    }
    if let Some(decision) = filter.decision {
        let column = decision_column(filter.is_blind);
        wanted = wanted.add(column.eq(decision));
    }
    if let Some(reading) = filter.reading {
        wanted = wanted.add(Column::Reading.eq(reading));
    }
    if let Some(grade) = filter.grade {
        let column = grade_column(filter.is_blind);
        wanted = wanted.add(column.eq(grade.index() as i16));
    }
    if let Some(patient) = &filter.patient {
        wanted = wanted.add(belongs_to(patient));
    }
    summary::Entity::find().filter(wanted)
}

fn decision_column(is_blind: bool) -> summary::Column {
    match is_blind {
        true => summary::Column::BlindDecision,
        false => summary::Column::Decision,
    }
}

fn grade_column(is_blind: bool) -> summary::Column {
    match is_blind {
        true => summary::Column::BlindGrade,
        false => summary::Column::Grade,
    }
}

/// Whether the patient's identifier holds a text, whatever the case of both.
fn belongs_to(text: &str) -> Expr {
    let escaped = text.to_lowercase().replace('\\', "\\\\");
    let escaped = escaped.replace('%', "\\%").replace('_', "\\_");
    summary::Column::Patient.like(LikeExpr::new(format!("%{escaped}%")).escape('\\'))
}

impl Line {
    fn of(
        cursor: Cursor,
        summary: summary::Model,
        screening: Option<screening::Model>,
        patient: Option<patient::Model>,
    ) -> Result<Self, ClinicError> {
        let screening = screening.ok_or_else(|| lacking("summary", "its screening"))?;
        let number = |count: i32| count.unsigned_abs();
        Ok(Self {
            cursor,
            shown: WorklistLine {
                screening: screening.id,
                received: screening.created,
                patient: patient.map(|patient| (patient.id, patient.identifier)),
                photographs: [
                    number(summary.right_photographs),
                    number(summary.left_photographs),
                    number(summary.unstated_photographs),
                ],
                rejected: number(summary.rejected_photographs),
                state: summary.state,
                priority: summary.priority,
                decision: summary.decision,
                grade: grade(summary.grade)?,
                blind_decision: summary.blind_decision,
                blind_grade: grade(summary.blind_grade)?,
                reading: summary.reading,
            },
        })
    }
}

fn grade(number: i16) -> Result<Option<Grade>, ClinicError> {
    if number == summary::NO_GRADE {
        return Ok(None);
    }
    let grade = usize::try_from(number).ok().and_then(Grade::from_index);
    let unreadable = || lacking("summary", "a grade from 0 to 4");
    grade.map(Some).ok_or_else(unreadable)
}
