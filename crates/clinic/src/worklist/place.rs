//! In which order the worklist stands, and which part of it is wanted.

use std::fmt;
use std::str::FromStr;

use sea_orm::sea_query::{Expr, ExprTrait, Func, Query};
use sea_orm::{ColumnTrait, Order as Direction, QueryFilter, QueryOrder, Select};

use super::kinds::SortKey;
use super::{decision_column, grade_column};
use crate::entity::summary;
use crate::error::ClinicError;

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
    /// By what the line was sorted then; `None` for the patient's identifier, which does not change.
    key: Option<i64>,
    sequence: i64,
}

impl fmt::Display for Cursor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.key {
            Some(number) => write!(formatter, "{number}.{}", self.sequence),
            None => write!(formatter, "patient.{}", self.sequence),
        }
    }
}

impl FromStr for Cursor {
    type Err = ClinicError;

    /// Reads what is displayed.
    fn from_str(text: &str) -> Result<Self, ClinicError> {
        let (key, sequence) = text.split_once('.').ok_or(ClinicError::UnknownPage)?;
        let number = |text: &str| text.parse().map_err(|_| ClinicError::UnknownPage);
        let key = match key {
            "patient" => None,
            key => Some(number(key)?),
        };
        let sequence = number(sequence)?;
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
fn sorted_by(key: SortKey, is_blind: bool) -> Expr {
    use summary::Column;
    let column = |column: Column| Expr::col((summary::Entity, column));
    match key {
        SortKey::Priority => column(Column::Priority),
        SortKey::Received => column(Column::Sequence),
        SortKey::Patient => column(Column::Patient),
        SortKey::Photographs => column(Column::RightPhotographs)
            .add(column(Column::LeftPhotographs))
            .add(column(Column::UnstatedPhotographs))
            .add(column(Column::RejectedPhotographs)),
        SortKey::State => column(Column::State),
        SortKey::Decision => column(decision_column(is_blind)),
        SortKey::Grade => column(grade_column(is_blind)),
        SortKey::Reading => column(Column::Reading),
    }
}

/// Sorts the lines, and leaves out those on the other side of a cursor.
pub(super) fn place(
    question: Select<summary::Entity>,
    order: Order,
    is_blind: bool,
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
    let key = || sorted_by(order.key, is_blind);
    let sequence = || Expr::col((summary::Entity, summary::Column::Sequence));
    let question = match cursor {
        None => question,
        Some(cursor) => {
            let at = cursor.value(order.key)?;
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

impl Cursor {
    /// The place of a line.
    pub(super) fn of(order: Order, is_blind: bool, summary: &summary::Model) -> Self {
        let photographs = [
            summary.right_photographs,
            summary.left_photographs,
            summary.unstated_photographs,
            summary.rejected_photographs,
        ];
        let key = match order.key {
            SortKey::Priority => Some(summary.priority as i64),
            SortKey::Received => Some(summary.sequence),
            SortKey::Patient => None,
            SortKey::Photographs => Some(photographs.into_iter().map(i64::from).sum()),
            SortKey::State => Some(summary.state as i64),
            SortKey::Decision if is_blind => Some(summary.blind_decision as i64),
            SortKey::Decision => Some(summary.decision as i64),
            SortKey::Grade if is_blind => Some(i64::from(summary.blind_grade)),
            SortKey::Grade => Some(i64::from(summary.grade)),
            SortKey::Reading => Some(summary.reading as i64),
        };
        Self {
            key,
            sequence: summary.sequence,
        }
    }

    pub(super) fn sequence(self) -> i64 {
        self.sequence
    }

    /// The value that lines are compared with.
    fn value(self, sorted_by: SortKey) -> Result<Expr, ClinicError> {
        match (self.key, sorted_by) {
            (None, SortKey::Patient) => {
                let identifier = Query::select()
                    .column(summary::Column::Patient)
                    .from(summary::Entity)
                    .and_where(summary::Column::Sequence.eq(self.sequence))
                    .to_owned();
                // One who was deleted meanwhile stood at the beginning.
                let identifier = Expr::SubQuery(None, Box::new(identifier.into()));
                Ok(Expr::expr(Func::coalesce([identifier, Expr::val("")])))
            }
            (None, _) | (Some(_), SortKey::Patient) => Err(ClinicError::UnknownPage),
            (Some(number), _) => Ok(Expr::val(number)),
        }
    }
}
