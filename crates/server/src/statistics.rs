//! What a period came to, as a page and as JSON.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use clinic::{Agreement, PatientDecision, Period, ReadingState, Statistics, Turnaround, WorkState};
use serde::{Deserialize, Serialize};
use time::Date;
use trust::bootstrap::Interval;
use trust::metrics::ConfusionMatrix;

use crate::application::App;
use crate::page::ProblemPage;
use crate::pages;
use crate::problem::Problem;
use crate::worklist::{days, last_days};

/// Days that are looked at where nothing else is asked for.
const USUAL_DAYS: i64 = 30;

/// The first and the last day, as they are asked for.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    #[serde(default)]
    from: Option<String>,
    #[serde(default)]
    to: Option<String>,
}

/// The page.
pub(crate) async fn page(
    State(app): State<App>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Response, ProblemPage> {
    let (from, to) = asked_days(asked)?;
    let statistics = app.store.statistics(period(from, to)).await?;
    let page = pages::statistics(&app.bundle.shown(), &statistics, from, to);
    Ok(page.map_err(Problem::undrawn)?.into_response())
}

/// The same as JSON.
pub(crate) async fn read(
    State(app): State<App>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Response, Problem> {
    let (from, to) = asked_days(asked)?;
    let statistics = app.store.statistics(period(from, to)).await?;
    Ok(Json(Document::of(&statistics, from, to)).into_response())
}

/// The last thirty days where nothing is said; an end that is said to be nothing is open.
fn asked_days(
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<(Option<Date>, Option<Date>), Problem> {
    let Query(asked) =
        asked.map_err(|rejection| Problem::new(StatusCode::BAD_REQUEST, rejection.body_text()))?;
    match (asked.from, asked.to) {
        (None, None) => {
            let (first, last) = last_days(USUAL_DAYS);
            Ok((Some(first), Some(last)))
        }
        (from, to) => days(&from.unwrap_or_default(), &to.unwrap_or_default()),
    }
}

fn period(from: Option<Date>, to: Option<Date>) -> Period {
    let begins = |day: Date| day.midnight().assume_utc();
    Period {
        since: from.map(begins),
        before: to.and_then(Date::next_day).map(begins),
    }
}

#[derive(Serialize)]
struct Document {
    disclaimer: &'static str,
    from: Option<String>,
    to: Option<String>,
    screenings: usize,
    days: Vec<DayDocument>,
    photographs: PhotographCounts,
    /// Screenings by the worst grade of any eye, 0 to 4.
    grades: [usize; 5],
    without_grade: usize,
    decisions: Vec<DecisionCount>,
    states: Vec<StateCount>,
    readings: Vec<ReadingCount>,
    seconds_to_answer: Option<TurnaroundDocument>,
    seconds_to_first_review: Option<TurnaroundDocument>,
    readers_with_system: AgreementDocument,
    between_readers: AgreementDocument,
}

#[derive(Serialize)]
struct DayDocument {
    date: String,
    screenings: usize,
    photographs: usize,
}

#[derive(Serialize)]
struct PhotographCounts {
    graded: usize,
    gradable: usize,
    rejected: usize,
}

#[derive(Serialize)]
struct DecisionCount {
    decision: PatientDecision,
    screenings: usize,
}

#[derive(Serialize)]
struct StateCount {
    state: WorkState,
    screenings: usize,
}

#[derive(Serialize)]
struct ReadingCount {
    reading: ReadingState,
    screenings: usize,
}

#[derive(Serialize)]
struct TurnaroundDocument {
    screenings: usize,
    median: f64,
    ninetieth_percentile: f64,
}

#[derive(Serialize)]
struct AgreementDocument {
    pairs: usize,
    equal: usize,
    patients: usize,
    gradability_differs: usize,
    quadratic_weighted_kappa: Option<Interval>,
    /// Rows: the system or the first reader; columns: the reader or the second.
    matrix: ConfusionMatrix,
}

impl Document {
    fn of(statistics: &Statistics, from: Option<Date>, to: Option<Date>) -> Self {
        let count = |(decision, screenings): &(PatientDecision, usize)| DecisionCount {
            decision: *decision,
            screenings: *screenings,
        };
        let of_state = |(state, screenings): &(WorkState, usize)| StateCount {
            state: *state,
            screenings: *screenings,
        };
        let of_reading = |(reading, screenings): &(ReadingState, usize)| ReadingCount {
            reading: *reading,
            screenings: *screenings,
        };
        let days = statistics.days.iter().map(|day| DayDocument {
            date: day.date.to_string(),
            screenings: day.screenings,
            photographs: day.photographs,
        });
        Self {
            disclaimer: trust::DISCLAIMER,
            from: from.map(|day| day.to_string()),
            to: to.map(|day| day.to_string()),
            screenings: statistics.screenings,
            days: days.collect(),
            photographs: PhotographCounts {
                graded: statistics.graded_photographs,
                gradable: statistics.gradable_photographs,
                rejected: statistics.rejected_photographs,
            },
            grades: statistics.grades,
            without_grade: statistics.without_grade,
            decisions: statistics.decisions.iter().map(count).collect(),
            states: statistics.states.iter().map(of_state).collect(),
            readings: statistics.readings.iter().map(of_reading).collect(),
            seconds_to_answer: statistics.to_answer.map(turnaround),
            seconds_to_first_review: statistics.to_review.map(turnaround),
            readers_with_system: agreement(&statistics.with_system),
            between_readers: agreement(&statistics.between_readers),
        }
    }
}

fn turnaround(turnaround: Turnaround) -> TurnaroundDocument {
    TurnaroundDocument {
        screenings: turnaround.screenings,
        median: turnaround.median,
        ninetieth_percentile: turnaround.ninetieth,
    }
}

fn agreement(agreement: &Agreement) -> AgreementDocument {
    AgreementDocument {
        pairs: agreement.pairs(),
        equal: agreement.equal(),
        patients: agreement.patients,
        gradability_differs: agreement.gradability_differs,
        quadratic_weighted_kappa: agreement.kappa,
        matrix: agreement.matrix,
    }
}
