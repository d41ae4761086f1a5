//! In which order the worklist stands, and which part of it is wanted.

use std::fmt;
use std::str::FromStr;

use sea_orm::sea_query::{Expr, ExprTrait, Func, Query};
use sea_orm::{ColumnTrait, Order as Direction, QueryFilter, QueryOrder, Select};

use super::kinds::SortKey;
use crate::entity::{patient, screening, summary};
use crate::error::ClinicError;
use crate::identifier::PatientId;

/// In which order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Order {
    /// By what.
    pub key: SortKey,
    /// Whether the other way round.
    pub descending: bool,
}

impl Default for Order {
    /// What needs a reader first.
    fn default() -> Self {
        Self {
            key: SortKey::Priority,
            descending: false,
        }
    }
}

/// A line of the worklist as a place in its order. It holds nothing that says who the patient is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    key: Key,
    sequence: i64,
}

/// By what a line was sorted then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Key {
    Number(i64),
    /// By the identifier of this patient, or of none.
    Patient(Option<PatientId>),
}

impl fmt::Display for Cursor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.key {
            Key::Number(number) => write!(formatter, "{number}.{}", self.sequence),
            Key::Patient(None) => write!(formatter, "none.{}", self.sequence),
            Key::Patient(Some(patient)) => write!(formatter, "{patient}.{}", self.sequence),
        }
    }
}

impl FromStr for Cursor {
    type Err = ClinicError;

    /// Reads what is displayed.
    fn from_str(text: &str) -> Result<Self, ClinicError> {
        let unreadable = || ClinicError::UnknownPage;
        let (key, sequence) = text.rsplit_once('.').ok_or_else(unreadable)?;
        let key = match (key, key.parse(), key.parse()) {
            ("none", ..) => Key::Patient(None),
            (_, Ok(number), _) => Key::Number(number),
            (_, _, Ok(patient)) => Key::Patient(Some(patient)),
            _ => return Err(unreadable()),
        };
        let sequence = sequence.parse().map_err(|_| unreadable())?;
        Ok(Self { key, sequence })
    }
}

/// Which part of the worklist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Page {
    /// Its beginning.
    #[default]
    First,
    /// What comes after a line.
    After(Cursor),
    /// What comes before a line.
    Before(Cursor),
}

/// What the lines are sorted by.
fn sorted_by(key: SortKey) -> Expr {
    use summary::Column;
    let column = |column: Column| Expr::col((summary::Entity, column));
    match key {
        SortKey::Priority => column(Column::Priority),
        SortKey::Received => column(Column::Sequence),
        SortKey::Patient => Expr::expr(Func::coalesce([
            Func::lower(Expr::col((patient::Entity, patient::Column::Identifier))).into(),
            Expr::val(""),
        ])),
        SortKey::Photographs => column(Column::RightPhotographs)
            .add(column(Column::LeftPhotographs))
            .add(column(Column::UnstatedPhotographs))
            .add(column(Column::RejectedPhotographs)),
        SortKey::State => column(Column::State),
        SortKey::Decision => column(Column::Decision),
        SortKey::Grade => Expr::expr(Func::coalesce([column(Column::Grade), Expr::val(-1)])),
        SortKey::Reading => column(Column::Reading),
    }
}

/// Sorts the lines, and leaves out those on the other side of a cursor.
pub(super) fn place(
    question: Select<summary::Entity>,
    order: Order,
    page: Page,
) -> Result<Select<summary::Entity>, ClinicError> {
    let (cursor, is_backwards) = match page {
        Page::First => (None, false),
        Page::After(cursor) => (Some(cursor), false),
        Page::Before(cursor) => (Some(cursor), true),
    };
    let is_falling = order.descending != is_backwards;
    let direction = match is_falling {
        true => Direction::Desc,
        false => Direction::Asc,
    };
    let key = || sorted_by(order.key);
    let sequence = || Expr::col((summary::Entity, summary::Column::Sequence));
    let question = match cursor {
        None => question,
        Some(cursor) => {
            let at = cursor.key.value(order.key)?;
            let beyond = match is_falling {
                true => key()
                    .lt(at.clone())
                    .or(key().eq(at).and(sequence().lt(cursor.sequence))),
                false => key()
                    .gt(at.clone())
                    .or(key().eq(at).and(sequence().gt(cursor.sequence))),
            };
            question.filter(beyond)
        }
    };
    Ok(question
        .order_by(key(), direction.clone())
        .order_by(sequence(), direction))
}

impl Key {
    /// The value that lines are compared with.
    fn value(self, sorted_by: SortKey) -> Result<Expr, ClinicError> {
        let lowered = Func::lower(Expr::col(patient::Column::Identifier));
        match (self, sorted_by) {
            (Self::Patient(None), SortKey::Patient) => Ok(Expr::val("")),
            (Self::Patient(Some(patient)), SortKey::Patient) => {
                let identifier = Query::select()
                    .expr(lowered)
                    .from(patient::Entity)
                    .and_where(patient::Column::Id.eq(patient))
                    .to_owned();
                // A patient who was deleted meanwhile stood at the beginning.
                Ok(Expr::expr(Func::coalesce([
                    Expr::SubQuery(None, Box::new(identifier.into())),
                    Expr::val(""),
                ])))
            }
            (Self::Patient(_), _) | (Self::Number(_), SortKey::Patient) => {
                Err(ClinicError::UnknownPage)
            }
            (Self::Number(number), _) => Ok(Expr::val(number)),
        }
    }
}

impl Cursor {
    /// The place of a line.
    pub(super) fn of(order: Order, summary: &summary::Model, screening: &screening::Model) -> Self {
        let photographs = [
            summary.right_photographs,
            summary.left_photographs,
            summary.unstated_photographs,
            summary.rejected_photographs,
        ];
        let key = match order.key {
            SortKey::Priority => Key::Number(summary.priority as i64),
            SortKey::Received => Key::Number(summary.sequence),
            SortKey::Patient => Key::Patient(screening.patient),
            SortKey::Photographs => Key::Number(photographs.into_iter().map(i64::from).sum()),
            SortKey::State => Key::Number(summary.state as i64),
            SortKey::Decision => Key::Number(summary.decision as i64),
            SortKey::Grade => Key::Number(summary.grade.map_or(-1, i64::from)),
            SortKey::Reading => Key::Number(summary.reading as i64),
        };
        Self {
            key,
            sequence: summary.sequence,
        }
    }
}
