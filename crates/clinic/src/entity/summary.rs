//! What a screening comes to, in a form that the database can sort and filter: derived from the other tables alone.

use sea_orm::entity::prelude::*;

use crate::identifier::ScreeningId;
use crate::reading::ReadingState;
use crate::worklist::{PatientDecision, Priority, WorkState};

/// What stands for no grade; a null would be sorted differently by different databases.
pub const NO_GRADE: i16 = -1;

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "summary")]
pub struct Model {
    /// That of the screening.
    #[sea_orm(primary_key, auto_increment = false)]
    pub sequence: i64,
    #[sea_orm(unique)]
    pub screening: ScreeningId,
    /// Whether something that it is derived from has changed since.
    pub stale: bool,
    /// Milliseconds since 1970 (UTC); 0 in a row that was never filled.
    pub received: i64,
    /// The patient's identifier in lower case, to sort and to search by; empty where no patient was named.
    pub patient: String,
    pub right_photographs: i32,
    pub left_photographs: i32,
    /// Of which nobody said the eye.
    pub unstated_photographs: i32,
    pub rejected_photographs: i32,
    /// With an answer.
    pub graded_photographs: i32,
    /// Of those, the ones whose quality allows a grade.
    pub gradable_photographs: i32,
    pub state: WorkState,
    pub priority: Priority,
    pub decision: PatientDecision,
    pub blind_decision: PatientDecision,
    /// 0 to 4, or [`NO_GRADE`].
    pub grade: i16,
    pub blind_grade: i16,
    pub reading: ReadingState,
    /// Milliseconds from receipt until all photographs had their first answer; null while they have not.
    pub answered_after: Option<i64>,
    /// Milliseconds from receipt until the first review.
    pub read_after: Option<i64>,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "super::screening::Entity",
        from = "Column::Screening",
        to = "super::screening::Column::Id"
    )]
    Screening,
}

impl Related<super::screening::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Screening.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
