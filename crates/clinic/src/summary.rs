//! Keeps the summaries of screenings in step with what they are derived from.
//!
//! What eyes and patients come to is said by `outcome.rs` and `reading.rs` alone; here it is written down so that the
//! database can sort and filter by it. A summary is marked as out of date by whatever changes its screening, in the same
//! transaction (`migration/summaries.rs`), and brought up to date by whoever reads summaries next.

use std::collections::HashMap;

use sea_orm::sea_query::{LockBehavior, LockType, OnConflict};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, Iterable, QueryFilter,
    QueryOrder, QuerySelect, Set,
};
use time::OffsetDateTime;
use trust::{Decision, Grade};

use crate::entity::{patient, photograph, result, screening, summary};
use crate::error::ClinicError;
use crate::identifier::{PhotographId, ScreeningId};
use crate::read::{Explanations, whole};
use crate::reading::ReadingState;
use crate::record::{Laterality, Screening, Stage};
use crate::store::Store;
use crate::worklist::{PatientDecision, Priority, WorkState};

/// Summaries that are brought up to date in one transaction.
const BATCH: u64 = 200;

impl Store {
    /// Brings the summaries up to date that are marked.
    pub(crate) async fn refresh_summaries(&self) -> Result<(), ClinicError> {
        while self.any_stale().await? {
            let transaction = self.begin().await?;
            let refreshed = refresh_some(&transaction).await?;
            transaction.commit().await?;
            // The rest is being changed just now; who reads next sees it.
            if refreshed == 0 {
                break;
            }
        }
        Ok(())
    }

    async fn any_stale(&self) -> Result<bool, ClinicError> {
        let stale = summary::Entity::find()
            .select_only()
            .column(summary::Column::Sequence)
            .filter(summary::Column::Stale.eq(true))
            .limit(1)
            .into_tuple::<i64>()
            .one(self.database())
            .await?;
        Ok(stale.is_some())
    }
}

/// Nobody can change what a summary is derived from without waiting for the row that is locked here; a row that somebody
/// else has locked is left to the next time.
async fn refresh_some(transaction: &DatabaseTransaction) -> Result<usize, ClinicError> {
    let stale: Vec<ScreeningId> = summary::Entity::find()
        .select_only()
        .column(summary::Column::Screening)
        .filter(summary::Column::Stale.eq(true))
        .order_by_asc(summary::Column::Sequence)
        .limit(BATCH)
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
        .into_tuple()
        .all(transaction)
        .await?;
    if stale.is_empty() {
        return Ok(0);
    }
    let rows = screening::Entity::find()
        .filter(screening::Column::Id.is_in(stale.iter().copied()))
        .find_also_related(patient::Entity)
        .all(transaction)
        .await?;
    let sequences: HashMap<ScreeningId, i64> = (rows.iter())
        .map(|(screening, _)| (screening.id, screening.sequence))
        .collect();
    let answered = first_answers(transaction, &stale).await?;
    let screenings = whole(transaction, rows, Explanations::LeftOut).await?;
    let summaries = screenings.iter().filter_map(|screening| {
        let sequence = *sequences.get(&screening.id)?;
        Some(row(sequence, screening, answered.get(&screening.id)))
    });
    let others = summary::Column::iter().filter(|column| {
        !matches!(
            column,
            summary::Column::Sequence | summary::Column::Screening
        )
    });
    let replace = OnConflict::column(summary::Column::Sequence)
        .update_columns(others)
        .to_owned();
    summary::Entity::insert_many(summaries)
        .on_conflict(replace)
        .exec_without_returning(transaction)
        .await?;
    Ok(stale.len())
}

/// When each photograph that has an answer was answered first.
async fn first_answers(
    database: &impl ConnectionTrait,
    screenings: &[ScreeningId],
) -> Result<HashMap<ScreeningId, HashMap<PhotographId, OffsetDateTime>>, ClinicError> {
    let rows: Vec<(ScreeningId, PhotographId, OffsetDateTime)> = result::Entity::find()
        .select_only()
        .column(photograph::Column::Screening)
        .column(photograph::Column::Id)
        .column(result::Column::Created)
        .inner_join(photograph::Entity)
        .filter(photograph::Column::Screening.is_in(screenings.iter().copied()))
        .order_by_desc(result::Column::Sequence)
        .into_tuple()
        .all(database)
        .await?;
    let mut first: HashMap<ScreeningId, HashMap<PhotographId, OffsetDateTime>> = HashMap::new();
    for (screening, photograph, created) in rows {
        // Those that came earlier come later here.
        let of_screening = first.entry(screening).or_default();
        of_screening.insert(photograph, created);
    }
    Ok(first)
}

fn row(
    sequence: i64,
    screening: &Screening,
    answered: Option<&HashMap<PhotographId, OffsetDateTime>>,
) -> summary::ActiveModel {
    let received = milliseconds(screening.created);
    let after = |moment: OffsetDateTime| (milliseconds(moment) - received).max(0);
    let last_answer = answered.and_then(|answered| answered.values().max().copied());
    let first_review = screening.reviews.first().map(|review| review.created);
    let facts = Facts::of(screening);
    let number =
        |grade: Option<Grade>| grade.map_or(summary::NO_GRADE, |grade| grade.index() as i16);
    let patient = screening.patient.as_deref().unwrap_or_default();
    summary::ActiveModel {
        sequence: Set(sequence),
        screening: Set(screening.id),
        stale: Set(false),
        received: Set(received),
        patient: Set(patient.to_lowercase()),
        right_photographs: Set(photographs_of(screening, Some(Laterality::Right))),
        left_photographs: Set(photographs_of(screening, Some(Laterality::Left))),
        unstated_photographs: Set(photographs_of(screening, None)),
        rejected_photographs: Set(count(screening, |stage| stage.is_none())),
        graded_photographs: Set(count(screening, |stage| decision(stage).is_some())),
        gradable_photographs: Set(count(screening, |stage| {
            decision(stage).is_some_and(|decision| decision != Decision::Retake)
        })),
        state: Set(facts.state),
        priority: Set(facts.priority()),
        decision: Set(facts.decision),
        blind_decision: Set(facts.blind_decision),
        grade: Set(number(facts.grade)),
        blind_grade: Set(number(facts.blind_grade)),
        reading: Set(facts.reading),
        answered_after: Set(last_answer.filter(|_| screening.is_graded()).map(after)),
        read_after: Set(first_review.map(after)),
    }
}

/// What a screening comes to.
struct Facts {
    state: WorkState,
    decision: PatientDecision,
    blind_decision: PatientDecision,
    grade: Option<Grade>,
    blind_grade: Option<Grade>,
    reading: ReadingState,
}

impl Facts {
    fn of(screening: &Screening) -> Self {
        Self {
            state: WorkState::of(screening),
            decision: PatientDecision::of(&screening.patient_outcome()),
            blind_decision: PatientDecision::of(&screening.blind_outcome()),
            grade: screening.worst_grade(),
            blind_grade: screening.worst_blind_grade(),
            reading: screening.reading_state(),
        }
    }

    fn priority(&self) -> Priority {
        let is_grave = self.blind_grade.is_some_and(Grade::is_vision_threatening)
            || self.blind_decision == PatientDecision::Unsure;
        match (self.reading, self.state) {
            (ReadingState::Differ, _) => Priority::First,
            (_, WorkState::Waiting | WorkState::Working) => Priority::NotYet,
            (ReadingState::NotRead, _) if is_grave => Priority::First,
            (ReadingState::NotRead, _) if self.blind_decision == PatientDecision::Refer => {
                Priority::Referable
            }
            (ReadingState::NotRead, _) => Priority::Unread,
            (ReadingState::ReadOnce, _) => Priority::ReadOnce,
            (ReadingState::Settled, _) => Priority::Settled,
        }
    }
}

pub(crate) fn milliseconds(moment: OffsetDateTime) -> i64 {
    // Fits: the years 0 to 9999 are less than 10^15 milliseconds away.
    (moment.unix_timestamp_nanos() / 1_000_000) as i64
}

fn decision(stage: Option<&Stage>) -> Option<Decision> {
    match stage {
        Some(Stage::Graded { finding, .. }) => Some(finding.decision),
        _ => None,
    }
}

fn count(screening: &Screening, is_counted: impl Fn(Option<&Stage>) -> bool) -> i32 {
    let counted =
        (screening.photographs.iter()).filter(|photograph| is_counted(photograph.stage()));
    counted.count().try_into().unwrap_or(i32::MAX)
}

fn photographs_of(screening: &Screening, laterality: Option<Laterality>) -> i32 {
    let photographs = (screening.eye(laterality)).map_or(0, |eye| eye.photographs.len());
    photographs.try_into().unwrap_or(i32::MAX)
}
