//! Who works on what. A claim holds for a minute and is renewed while its worker lives, so that the work of one that died
//! or lost its connection is taken up by another. Work that was begun ten times and never finished is given up.

use std::time::Duration;

use sea_orm::sea_query::{Expr, ExprTrait, Query, SimpleExpr, UpdateStatement};
use sea_orm::{ConnectionTrait, DatabaseConnection};
use time::OffsetDateTime;

use crate::audit::{self, Action, Actor, Subject};
use crate::error::ClinicError;
use crate::identifier::{ScreeningId, WorkerId};
use crate::laterality::held;
use crate::store::Store;

/// How long a claim holds. Clocks of machines that share records may differ by less.
const HOLDS: Duration = Duration::from_secs(60);
/// Work that was begun this often and never finished (each time the process died) is given up. What is tried less often comes
/// first, so that it stands in nobody's way meanwhile, and a computer that is switched off again and again is no reason.
const MOST_ATTEMPTS: i32 = 10;

/// A table whose rows are work. Both have the columns `attempts`, `error`, `claimant` and `claimed_until`.
struct Work {
    table: &'static str,
    /// Its state while it waits.
    waiting: &'static str,
    /// Its state while it is worked on.
    begun: &'static str,
}

const WORK: [Work; 2] = [
    Work {
        table: "photograph",
        waiting: "queued",
        begun: "grading",
    },
    Work {
        table: "explanation",
        waiting: "pending",
        begun: "explaining",
    },
];

/// Which of the work that was begun is taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unfinished {
    /// All of it: nobody else has the records open.
    All,
    /// That whose claim ran out, or which nobody claims: of records that were restored or taken over.
    Lapsed,
    /// That which this worker claimed.
    Of(WorkerId),
}

impl Store {
    /// How often claims are to be renewed.
    pub const RENEWAL: Duration = Duration::from_secs(HOLDS.as_secs() / 4);

    /// Renews this store's claims, and takes back into the queue what others claimed and let lapse. Says whether anything was
    /// taken back. To be called every [`Store::RENEWAL`] while work is done.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn renew_claims(&self) -> Result<bool, ClinicError> {
        self.hold().check().await?;
        for work in &WORK {
            let renewed = work
                .update()
                .value("claimed_until", claimed_until())
                .and_where(Expr::col("claimant").eq(self.worker().to_string()))
                .to_owned();
            self.database().execute(&renewed).await?;
        }
        take_back_unfinished(self.database(), Unfinished::Lapsed).await
    }

    /// Gives up this store's claims after a failure. The work was tried, so that it waits behind other work now, and is given
    /// up where it was tried too often.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn abandon_claims(&self) -> Result<(), ClinicError> {
        take_back_unfinished(self.database(), Unfinished::Of(self.worker())).await?;
        Ok(())
    }

    /// Gives this store's claimed work back to the queue as if it had never been begun; for a worker that is told to stop.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn release_claims(&self) -> Result<(), ClinicError> {
        let transaction = self.begin().await?;
        for work in &WORK {
            let released = work
                .back_to_the_queue()
                .value("attempts", Expr::col("attempts").sub(1))
                .and_where(Expr::col("claimant").eq(self.worker().to_string()))
                .to_owned();
            transaction.execute(&released).await?;
        }
        transaction.commit().await?;
        Ok(())
    }
}

impl Store {
    /// Puts what failed of a screening back into the queue, as if it had never been tried; says how many photographs and
    /// explanations that are. Photographs of a screening that somebody has reviewed are left alone, for the readers' words are
    /// about the answers that they saw.
    ///
    /// # Errors
    /// [`ClinicError::Unknown`] where there is no such screening; when the database fails.
    pub async fn try_again(&self, by: Actor, screening: ScreeningId) -> Result<u64, ClinicError> {
        let photographs = Query::select()
            .column("id")
            .from("photograph")
            .and_where(Expr::col("screening").eq(screening.to_string()))
            .to_owned();
        let results = Query::select()
            .column("id")
            .from("result")
            .and_where(Expr::col("photograph").in_subquery(photographs.clone()))
            .to_owned();
        let of_screening = [
            Expr::col("id").in_subquery(photographs),
            Expr::col("result").in_subquery(results),
        ];
        let transaction = self.begin().await?;
        // Held, so that nobody reviews it before its photographs are back in the queue.
        let is_unread = held(&transaction, screening).await?.reviews.is_empty();
        let is_open = [is_unread, true];
        let mut count = 0;
        for ((work, is_meant), is_open) in WORK.iter().zip(of_screening).zip(is_open) {
            if !is_open {
                continue;
            }
            let tried_again = Query::update()
                .table(work.table)
                .value("state", work.waiting)
                .value("attempts", 0)
                .value("error", Expr::cust("NULL"))
                .values(unclaimed())
                .and_where(Expr::col("state").eq("failed"))
                .and_where(is_meant)
                .to_owned();
            count += transaction.execute(&tried_again).await?.rows_affected();
        }
        if count > 0 {
            let subject = Subject::Screening(screening);
            audit::append(&transaction, by, Action::TriedAgain, Some(subject)).await?;
        }
        transaction.commit().await?;
        Ok(count)
    }
}

/// Takes work that was begun back into the queue, or gives it up; says whether there was any.
pub(crate) async fn take_back_unfinished(
    database: &DatabaseConnection,
    which: Unfinished,
) -> Result<bool, ClinicError> {
    let is_meant = match which {
        Unfinished::All => Expr::cust("1 = 1"),
        Unfinished::Lapsed => Expr::col("claimed_until")
            .is_null()
            .or(Expr::col("claimed_until").lt(now())),
        Unfinished::Of(worker) => Expr::col("claimant").eq(worker.to_string()),
    };
    let mut changed = 0;
    for work in &WORK {
        let given_up = work
            .update()
            .value("state", "failed")
            .value(
                "error",
                "it stopped the program each time it was begun, and was given up",
            )
            .values(unclaimed())
            .and_where(is_meant.clone())
            .and_where(Expr::col("attempts").gte(MOST_ATTEMPTS))
            .to_owned();
        changed += database.execute(&given_up).await?.rows_affected();
        let taken_back = work
            .back_to_the_queue()
            .and_where(is_meant.clone())
            .to_owned();
        changed += database.execute(&taken_back).await?.rows_affected();
    }
    Ok(changed > 0)
}

impl Work {
    /// A change of work that was begun.
    fn update(&self) -> UpdateStatement {
        Query::update()
            .table(self.table)
            .and_where(Expr::col("state").eq(self.begun))
            .to_owned()
    }

    fn back_to_the_queue(&self) -> UpdateStatement {
        self.update()
            .value("state", self.waiting)
            .values(unclaimed())
            .to_owned()
    }
}

fn unclaimed() -> [(&'static str, SimpleExpr); 2] {
    let nobody = || Expr::cust("NULL");
    [("claimant", nobody()), ("claimed_until", nobody())]
}

/// When a claim that is made or renewed now runs out, in seconds since 1970.
pub(crate) fn claimed_until() -> i64 {
    now().saturating_add_unsigned(HOLDS.as_secs())
}

/// This moment, in seconds since 1970.
pub(crate) fn now() -> i64 {
    OffsetDateTime::now_utc().unix_timestamp()
}
