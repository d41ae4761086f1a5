//! The queue: work is claimed from the rows and its result is put back into them.

use sea_orm::sea_query::{Expr, ExprTrait, LockBehavior, LockType, Query, SelectStatement};
use sea_orm::{ColumnTrait, EntityTrait, Order, PaginatorTrait, QueryFilter, Set};
use time::OffsetDateTime;

use crate::claims::claimed_until;
use crate::entity::{explanation, photograph, result};
use crate::error::ClinicError;
use crate::identifier::{ExplanationId, PhotographId, ResultId};
use crate::read::lacking;
use crate::record::{ExplanationJob, ExplanationRequest, Finding, GradingJob, NewMap};
use crate::store::Store;

impl Store {
    /// Takes on the next queued photograph: the oldest of those that were tried least often, so that one that brings the program
    /// down does not stand in the way of others. `None` when there is none.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn claim_photograph(&self) -> Result<Option<GradingJob>, ClinicError> {
        use photograph::{Column, Entity, State};
        self.hold().check().await?;
        let next = next(
            Entity,
            Column::Sequence,
            Column::Attempts,
            Column::State.eq(State::Queued),
        );
        let claimed = Entity::update_many()
            .col_expr(Column::State, Expr::value(State::Grading))
            .col_expr(Column::Attempts, Expr::col(Column::Attempts).add(1))
            .col_expr(Column::Claimant, Expr::value(self.worker()))
            .col_expr(Column::ClaimedUntil, Expr::value(claimed_until()))
            .filter(Expr::col(Column::Sequence).eq(next))
            .exec_with_returning(self.database())
            .await?;
        claimed.into_iter().next().map(grading_job).transpose()
    }

    /// Takes on the next pending explanation, in the same order; `None` when there is none.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn claim_explanation(&self) -> Result<Option<ExplanationJob>, ClinicError> {
        use explanation::{Column, Entity, State};
        let next = next(
            Entity,
            Column::Sequence,
            Column::Attempts,
            Column::State.eq(State::Pending),
        );
        // Claimed is only what is also known to the one who claims it.
        let transaction = self.begin().await?;
        let claimed = Entity::update_many()
            .col_expr(Column::State, Expr::value(State::Explaining))
            .col_expr(Column::Attempts, Expr::col(Column::Attempts).add(1))
            .col_expr(Column::Claimant, Expr::value(self.worker()))
            .col_expr(Column::ClaimedUntil, Expr::value(claimed_until()))
            .filter(Expr::col(Column::Sequence).eq(next))
            .exec_with_returning(&transaction)
            .await?;
        let Some(explanation) = claimed.into_iter().next() else {
            return Ok(None);
        };
        let explained = result::Entity::find()
            .filter(result::Column::Id.eq(explanation.result))
            .find_also_related(photograph::Entity)
            .one(&transaction)
            .await?;
        transaction.commit().await?;
        let photograph = explained.and_then(|(_, photograph)| photograph);
        let photograph = photograph.ok_or(ClinicError::Unknown { what: "photograph" })?;
        let grading = grading_job(photograph)?;
        Ok(Some(ExplanationJob {
            explanation: explanation.id,
            photograph: grading.photograph,
            screening: grading.screening,
            method: explanation.method,
            target: explanation.target,
            original: grading.original,
            cropped: grading.cropped,
            facts: grading.facts,
        }))
    }

    /// Puts a claimed photograph's answer on record and asks for its explanations, both or neither.
    ///
    /// # Errors
    /// [`ClinicError::NotClaimed`] when the photograph is not being graded.
    pub async fn finish_grading(
        &self,
        photograph: PhotographId,
        finding: &Finding,
        explanations: &[ExplanationRequest],
    ) -> Result<(), ClinicError> {
        use photograph::{Column, Entity, State};
        let transaction = self.begin().await?;
        let changed = Entity::update_many()
            .col_expr(Column::State, Expr::value(State::Graded))
            .filter(self.has_claimed(photograph))
            .exec(&transaction)
            .await?;
        require_claim(changed.rows_affected, "photograph")?;
        let id = ResultId::random();
        let row = result::ActiveModel {
            id: Set(id),
            photograph: Set(photograph),
            bundle: Set(finding.bundle.clone()),
            created: Set(OffsetDateTime::now_utc()),
            finding: Set(finding.clone()),
            ..Default::default()
        };
        result::Entity::insert(row).exec(&transaction).await?;
        let requests = explanations.iter().map(|request| explanation::ActiveModel {
            id: Set(ExplanationId::random()),
            result: Set(id),
            method: Set(request.method.clone()),
            target: Set(request.target.clone()),
            state: Set(explanation::State::Pending),
            ..Default::default()
        });
        explanation::Entity::insert_many(requests)
            .exec(&transaction)
            .await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Puts on record that a claimed photograph could not be graded, and why.
    ///
    /// # Errors
    /// [`ClinicError::NotClaimed`] when the photograph is not being graded.
    pub async fn fail_grading(
        &self,
        photograph: PhotographId,
        error: &str,
    ) -> Result<(), ClinicError> {
        use photograph::{Column, Entity, State};
        let changed = Entity::update_many()
            .col_expr(Column::State, Expr::value(State::Failed))
            .col_expr(Column::Error, Expr::value(error))
            .filter(self.has_claimed(photograph))
            .exec(self.database())
            .await?;
        require_claim(changed.rows_affected, "photograph")
    }

    /// Puts a claimed explanation's map on record, with what its regions mean.
    ///
    /// # Errors
    /// [`ClinicError::NotClaimed`] when the explanation is not being computed.
    pub async fn finish_explanation(
        &self,
        explanation: ExplanationId,
        found: NewMap,
    ) -> Result<(), ClinicError> {
        let (regions, counterfactual) = match found.examination {
            Some(examination) => (Some(examination.regions), examination.counterfactual),
            None => (None, None),
        };
        let (counterfactual, picture) = counterfactual.unzip();
        let map = self.keep(found.map).await?;
        let picture = match picture {
            Some(picture) => Some(self.keep(picture).await?),
            None => None,
        };
        let [height, width] = found.sides.map(|side| i32::try_from(side).ok());
        let row = explanation::ActiveModel {
            state: Set(explanation::State::Ready),
            map: Set(Some(map)),
            height: Set(height),
            width: Set(width),
            completeness: Set(found.completeness),
            empty: Set(Some(found.empty)),
            scale: Set(found.scale),
            regions: Set(regions.map(explanation::Regions)),
            counterfactual: Set(counterfactual),
            counterfactual_picture: Set(picture),
            ..Default::default()
        };
        let changed = explanation::Entity::update_many()
            .set(row)
            .filter(self.computes(explanation))
            .exec(self.database())
            .await?;
        require_claim(changed.rows_affected, "explanation")
    }

    /// Puts on record that a claimed explanation could not be computed, and why.
    ///
    /// # Errors
    /// [`ClinicError::NotClaimed`] when the explanation is not being computed.
    pub async fn fail_explanation(
        &self,
        explanation: ExplanationId,
        error: &str,
    ) -> Result<(), ClinicError> {
        use explanation::{Column, Entity, State};
        let changed = Entity::update_many()
            .col_expr(Column::State, Expr::value(State::Failed))
            .col_expr(Column::Error, Expr::value(error))
            .filter(self.computes(explanation))
            .exec(self.database())
            .await?;
        require_claim(changed.rows_affected, "explanation")
    }

    /// How many photographs and how many explanations are waiting or being worked on.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn waiting(&self) -> Result<(u64, u64), ClinicError> {
        let photographs = photograph::Entity::find()
            .filter(
                photograph::Column::State
                    .is_in([photograph::State::Queued, photograph::State::Grading]),
            )
            .count(self.database())
            .await?;
        let explanations = explanation::Entity::find()
            .filter(
                explanation::Column::State
                    .is_in([explanation::State::Pending, explanation::State::Explaining]),
            )
            .count(self.database())
            .await?;
        Ok((photographs, explanations))
    }

    fn has_claimed(&self, photograph: PhotographId) -> Expr {
        use photograph::{Column, State};
        Column::Id
            .eq(photograph)
            .and(Column::State.eq(State::Grading))
            .and(Column::Claimant.eq(self.worker()))
    }

    fn computes(&self, explanation: ExplanationId) -> Expr {
        use explanation::{Column, State};
        Column::Id
            .eq(explanation)
            .and(Column::State.eq(State::Explaining))
            .and(Column::Claimant.eq(self.worker()))
    }
}

/// The place in the queue of the next row that waits and that no other worker is just taking.
fn next<E: EntityTrait>(
    table: E,
    sequence: E::Column,
    attempts: E::Column,
    waits: Expr,
) -> SelectStatement {
    Query::select()
        .column(sequence)
        .from(table)
        .and_where(waits)
        .order_by(attempts, Order::Asc)
        .order_by(sequence, Order::Asc)
        .limit(1)
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
        .to_owned()
}

fn grading_job(photograph: photograph::Model) -> Result<GradingJob, ClinicError> {
    match (photograph.original, photograph.cropped, photograph.facts) {
        (Some(original), Some(cropped), Some(facts)) => Ok(GradingJob {
            photograph: photograph.id,
            screening: photograph.screening,
            original,
            cropped,
            facts,
        }),
        _ => Err(lacking("photograph", "one of its files")),
    }
}

fn require_claim(changed: u64, what: &'static str) -> Result<(), ClinicError> {
    if changed == 0 {
        return Err(ClinicError::NotClaimed { what });
    }
    Ok(())
}
