//! What readers say of an eye. A review is never changed: who thinks again reviews again.

use std::collections::HashSet;

use sea_orm::sea_query::{Query, SelectStatement};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use time::OffsetDateTime;
use trust::Grade;

use crate::audit::{self, Action, Actor, Subject};
use crate::entity::{photograph, result, review};
use crate::error::ClinicError;
use crate::identifier::{ReviewId, ScreeningId};
use crate::laterality::held;
use crate::outcome::EyeAnswer;
use crate::record::Laterality;
use crate::store::Store;

/// What a reader says of an eye.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The system's grade is right.
    Agree,
    /// Another grade is right.
    Overrule {
        /// That grade.
        grade: Grade,
        /// Why.
        reason: String,
    },
    /// No photograph of it can be graded.
    Ungradable,
}

/// A review to be put on record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewReview {
    /// Which eye, as [`crate::Eye::laterality`] has it.
    pub laterality: Option<Laterality>,
    /// Who says so, in the reader's own words.
    pub reader: Option<String>,
    /// What is said.
    pub verdict: Verdict,
}

/// A review of one eye.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Review {
    /// Its opaque name.
    pub id: ReviewId,
    /// Which eye.
    pub laterality: Option<Laterality>,
    /// Who said so.
    pub reader: Option<String>,
    /// What was said.
    pub verdict: Verdict,
    /// The system's grade that the reader saw; `None` where it had withheld one.
    pub system_grade: Option<Grade>,
    /// When (UTC).
    pub created: OffsetDateTime,
}

impl Review {
    /// The reader's own grade; `None` where the eye was called ungradable.
    pub fn grade(&self) -> Option<Grade> {
        match self.verdict {
            Verdict::Agree => self.system_grade,
            Verdict::Overrule { grade, .. } => Some(grade),
            Verdict::Ungradable => None,
        }
    }
}

impl Store {
    /// Puts a review on record.
    ///
    /// # Errors
    /// [`ClinicError::Unknown`] where the screening or its eye does not exist, [`ClinicError::NotReviewable`] while the eye is
    /// not graded, for an agreement with a grade that was withheld, and for a grade that overrules the same one or gives no
    /// reason.
    pub async fn review(
        &self,
        by: Actor,
        screening: ScreeningId,
        new: NewReview,
    ) -> Result<Review, ClinicError> {
        let transaction = self.begin().await?;
        let eye = held(&transaction, screening).await?.eye(new.laterality);
        let eye = eye.ok_or(ClinicError::Unknown { what: "eye" })?;
        let system_grade = match eye.answer {
            EyeAnswer::Pending => return Err(refused("the eye is still being graded")),
            EyeAnswer::Withheld => None,
            EyeAnswer::Graded { grade, .. } => Some(grade),
        };
        check(&new.verdict, system_grade)?;
        let review = Review {
            id: ReviewId::random(),
            laterality: new.laterality,
            reader: new.reader,
            verdict: new.verdict,
            system_grade,
            created: OffsetDateTime::now_utc(),
        };
        review::Entity::insert(row(screening, &review))
            .exec(&transaction)
            .await?;
        let subject = Subject::Screening(screening);
        audit::append(&transaction, by, Action::Reviewed, Some(subject)).await?;
        transaction.commit().await?;
        Ok(review)
    }

    /// The system's and the reader's grade of the eyes that were reviewed last, by their last review, newest first; of so many
    /// reviews at most, and without those of which either gave no grade. Only of screenings in which no other bundle than that
    /// of this fingerprint gave an answer.
    ///
    /// # Errors
    /// When the database fails, or a record cannot be read.
    pub async fn reviewed_lately(
        &self,
        bundle: &str,
        most: u32,
    ) -> Result<Vec<(Grade, Grade)>, ClinicError> {
        reviewed(self.database(), bundle, most).await
    }
}

pub(crate) async fn reviewed(
    database: &impl sea_orm::ConnectionTrait,
    bundle: &str,
    most: u32,
) -> Result<Vec<(Grade, Grade)>, ClinicError> {
    let rows = review::Entity::find()
        .filter(review::Column::Screening.not_in_subquery(answered_by_others(bundle)))
        .order_by_desc(review::Column::Sequence)
        .limit(u64::from(most))
        .all(database)
        .await?;
    let mut seen = HashSet::new();
    let newest = (rows.into_iter()).filter(|row| seen.insert((row.screening, row.laterality)));
    newest
        .map(of_row)
        .filter_map(|review| {
            review
                .map(|review| review.system_grade.zip(review.grade()))
                .transpose()
        })
        .collect()
}

/// The screenings in which another bundle gave an answer. A review does not say which answers its eye was graded by, so all
/// of them have to be of one bundle.
fn answered_by_others(bundle: &str) -> SelectStatement {
    let answered = Query::select()
        .column(result::Column::Photograph)
        .from(result::Entity)
        .and_where(result::Column::Bundle.ne(bundle))
        .to_owned();
    Query::select()
        .column(photograph::Column::Screening)
        .from(photograph::Entity)
        .and_where(photograph::Column::Id.in_subquery(answered))
        .to_owned()
}

fn refused(why: &'static str) -> ClinicError {
    ClinicError::NotReviewable { why }
}

fn check(verdict: &Verdict, system_grade: Option<Grade>) -> Result<(), ClinicError> {
    match verdict {
        Verdict::Agree if system_grade.is_none() => Err(refused(
            "the system gave the eye no grade to agree with; give one, or call it ungradable",
        )),
        Verdict::Overrule { grade, .. } if Some(*grade) == system_grade => Err(refused(
            "that is the system's grade; agree with it instead of overruling it",
        )),
        Verdict::Overrule { reason, .. } if reason.trim().is_empty() => {
            Err(refused("a grade that overrules needs a reason"))
        }
        _ => Ok(()),
    }
}

fn row(screening: ScreeningId, review: &Review) -> review::ActiveModel {
    let number = |grade: Grade| grade.index() as i16;
    let reason = match &review.verdict {
        Verdict::Overrule { reason, .. } => Some(reason.clone()),
        Verdict::Agree | Verdict::Ungradable => None,
    };
    review::ActiveModel {
        id: Set(review.id),
        screening: Set(screening),
        laterality: Set(review.laterality),
        reader: Set(review.reader.clone()),
        verdict: Set(match review.verdict {
            Verdict::Agree => review::Verdict::Agree,
            Verdict::Overrule { .. } => review::Verdict::Overrule,
            Verdict::Ungradable => review::Verdict::Ungradable,
        }),
        grade: Set(review.grade().map(number)),
        system_grade: Set(review.system_grade.map(number)),
        reason: Set(reason),
        created: Set(review.created),
        ..Default::default()
    }
}

pub(crate) fn of_row(row: review::Model) -> Result<Review, ClinicError> {
    let verdict = match (row.verdict, grade(row.grade)?, row.reason) {
        (review::Verdict::Agree, ..) => Verdict::Agree,
        (review::Verdict::Ungradable, ..) => Verdict::Ungradable,
        (review::Verdict::Overrule, Some(grade), Some(reason)) => {
            Verdict::Overrule { grade, reason }
        }
        (review::Verdict::Overrule, ..) => return Err(unreadable()),
    };
    Ok(Review {
        id: row.id,
        laterality: row.laterality,
        reader: row.reader,
        verdict,
        system_grade: grade(row.system_grade)?,
        created: row.created,
    })
}

fn grade(number: Option<i16>) -> Result<Option<Grade>, ClinicError> {
    let Some(number) = number else {
        return Ok(None);
    };
    let grade = usize::try_from(number).ok().and_then(Grade::from_index);
    grade.map(Some).ok_or_else(unreadable)
}

fn unreadable() -> ClinicError {
    ClinicError::UnreadableRow {
        what: "review",
        detail: "its grade or its reason is none".into(),
    }
}
