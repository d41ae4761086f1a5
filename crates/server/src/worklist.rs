//! The worklist, as a page and as JSON.
//!
//! What is searched for is a patient's identifier, which stands in no address: the page's form brings it in its body and is
//! sent on to an address with an opaque name for the search, a program of the API brings it in a header.

use axum::Json;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use clinic::{
    Cursor, Filter, Order, Page, PatientDecision, Priority, ReadingState, SortKey, WorkState,
    Worklist, WorklistLine,
};
use serde::{Deserialize, Serialize};
use time::macros::format_description;
use time::{Date, Duration, OffsetDateTime};
use trust::Grade;

use crate::application::App;
use crate::page::ProblemPage;
use crate::pages::{self, view};
use crate::problem::Problem;

/// Lines of a page.
pub(crate) const LINES: u64 = 50;
/// Bytes of the form.
pub(crate) const LARGEST: usize = 8 << 10;
/// Characters of what is searched for.
const LONGEST_SEARCH: usize = 200;
/// The header that brings what is searched for.
const SEARCH_HEADER: &str = "patient-search";

/// What stands in an address: every field a text, and empty where nothing was chosen.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    #[serde(default)]
    state: String,
    #[serde(default)]
    decision: String,
    #[serde(default)]
    reading: String,
    #[serde(default)]
    grade: String,
    /// First day, `2026-01-31`.
    #[serde(default)]
    from: String,
    /// Last day.
    #[serde(default)]
    to: String,
    #[serde(default)]
    sort: String,
    /// `descending`, or nothing.
    #[serde(default)]
    order: String,
    #[serde(default)]
    after: String,
    #[serde(default)]
    before: String,
    /// The opaque name of a search.
    #[serde(default)]
    search: String,
}

/// The form: what stands in an address, and what must not.
#[derive(Deserialize)]
pub(crate) struct Filled {
    #[serde(default)]
    patient: String,
    #[serde(default)]
    state: String,
    #[serde(default)]
    decision: String,
    #[serde(default)]
    reading: String,
    #[serde(default)]
    grade: String,
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
    #[serde(default)]
    sort: String,
    #[serde(default)]
    order: String,
}

/// The page.
pub(crate) async fn page(
    State(app): State<App>,
    asked: Result<Query<Asked>, axum::extract::rejection::QueryRejection>,
) -> Result<Response, ProblemPage> {
    let Query(asked) = asked.map_err(|rejection| bad(&rejection.body_text()))?;
    let patient = match asked.search.as_str() {
        "" => None,
        name => Some(app.searches.find(name).ok_or_else(|| {
            Problem::new(
                StatusCode::NOT_FOUND,
                "this search is no longer known; open the worklist and search again",
            )
        })?),
    };
    let mut question = Question::of(&asked, patient)?;
    // Who reads second chooses from this page, and is not to learn from it what the first one said.
    question.filter.is_blind = true;
    let worklist = question.answer(&app).await?;
    let shown = view::Worklist {
        filter: question.filter,
        from: question.from,
        to: question.to,
        order: question.order,
        page: question.page,
        search: (!asked.search.is_empty()).then_some(asked.search),
        is_empty: worklist.total == 0 && app.store.recent(1).await?.is_empty(),
        worklist,
    };
    Ok(pages::worklist(&app.bundle.shown(), &shown).into_response())
}

/// The form of the page: sends on to the address of what was asked for.
pub(crate) async fn ask(
    State(app): State<App>,
    filled: Result<Form<Filled>, FormRejection>,
) -> Result<Redirect, ProblemPage> {
    let Form(filled) =
        filled.map_err(|rejection| Problem::new(rejection.status(), rejection.body_text()))?;
    let search = match search_text(&filled.patient)? {
        Some(text) => app.searches.keep(text),
        None => String::new(),
    };
    let asked = Asked {
        state: filled.state,
        decision: filled.decision,
        reading: filled.reading,
        grade: filled.grade,
        from: filled.from,
        to: filled.to,
        sort: filled.sort,
        order: filled.order,
        search,
        ..Asked::default()
    };
    // What cannot be asked for is said now, and nothing but what can stands in the address.
    let question = Question::of(&asked, None)?;
    let shown = view::WorklistAddress {
        filter: &question.filter,
        from: question.from,
        to: question.to,
        order: question.order,
        page: Page::First,
        search: Some(asked.search.as_str()).filter(|name| !name.is_empty()),
    };
    Ok(Redirect::to(&shown.to_string()))
}

/// The same as JSON.
pub(crate) async fn list(
    State(app): State<App>,
    headers: HeaderMap,
    asked: Result<Query<Asked>, axum::extract::rejection::QueryRejection>,
) -> Result<Response, Problem> {
    let Query(asked) = asked.map_err(|rejection| bad(&rejection.body_text()))?;
    if !asked.search.is_empty() {
        return Err(bad(&format!(
            "a patient is searched for by the header {SEARCH_HEADER}, not in the address"
        )));
    }
    let patient = match headers.get(SEARCH_HEADER) {
        None => None,
        Some(value) => {
            let text = std::str::from_utf8(value.as_bytes());
            search_text(text.map_err(|_| bad("what is searched for must be UTF-8"))?)?
        }
    };
    let question = Question::of(&asked, patient)?;
    let worklist = question.answer(&app).await?;
    Ok(Json(WorklistDocument::of(&worklist, &question)).into_response())
}

/// What is asked for, understood.
struct Question {
    filter: Filter,
    from: Option<Date>,
    to: Option<Date>,
    order: Order,
    page: Page,
}

impl Question {
    fn of(asked: &Asked, patient: Option<String>) -> Result<Self, Problem> {
        let (from, to) = days(&asked.from, &asked.to)?;
        let filter = Filter {
            state: kind("state", &asked.state, WorkState::ALL, WorkState::name)?,
            decision: kind(
                "decision",
                &asked.decision,
                PatientDecision::ALL,
                PatientDecision::name,
            )?,
            reading: kind(
                "reading",
                &asked.reading,
                &ReadingState::ALL,
                ReadingState::name,
            )?,
            grade: match asked.grade.as_str() {
                "" => None,
                text => Some(
                    text.parse::<Grade>()
                        .map_err(|_| bad("the grade must be 0 to 4 or empty"))?,
                ),
            },
            from: from.map(|day| day.midnight().assume_utc()),
            before: to
                .and_then(Date::next_day)
                .map(|day| day.midnight().assume_utc()),
            patient,
            is_blind: false,
        };
        let key = kind("sort", &asked.sort, SortKey::ALL, SortKey::name)?;
        let descending = match asked.order.as_str() {
            "" | "ascending" => false,
            "descending" => true,
            _ => return Err(bad("the order must be ascending or descending")),
        };
        let page = match (asked.after.as_str(), asked.before.as_str()) {
            ("", "") => Page::First,
            (after, "") => Page::After(cursor(after)?),
            ("", before) => Page::Before(cursor(before)?),
            _ => return Err(bad("a page comes after a line or before one, not both")),
        };
        Ok(Self {
            filter,
            from,
            to,
            order: Order {
                key: key.unwrap_or(SortKey::Priority),
                descending,
            },
            page,
        })
    }

    async fn answer(&self, app: &App) -> Result<Worklist, Problem> {
        let answer = app
            .store
            .worklist(&self.filter, self.order, self.page, LINES);
        Ok(answer.await?)
    }
}

/// The first and the last day of a period that is asked for; empty where it is open.
pub(crate) fn days(from: &str, to: &str) -> Result<(Option<Date>, Option<Date>), Problem> {
    let (first, last) = (day("from", from)?, day("to", to)?);
    match (first, last) {
        (Some(first), Some(last)) if last < first => {
            Err(bad("the last day must not lie before the first"))
        }
        days => Ok(days),
    }
}

fn day(field: &str, text: &str) -> Result<Option<Date>, Problem> {
    if text.is_empty() {
        return Ok(None);
    }
    let format = format_description!("[year]-[month]-[day]");
    let unreadable = || bad(&format!("the day {field} must be written as 2026-01-31"));
    let date = Date::parse(text, format).map_err(|_| unreadable())?;
    // Years before and after these cannot be compared with moments in milliseconds.
    let is_of_our_time = (1970..=9998).contains(&date.year());
    is_of_our_time.then_some(Some(date)).ok_or_else(unreadable)
}

fn cursor(text: &str) -> Result<Cursor, Problem> {
    text.parse().map_err(Problem::from)
}

/// One of several kinds by its name; `None` where nothing was chosen.
fn kind<K: Copy>(
    field: &str,
    text: &str,
    kinds: &[K],
    name: fn(K) -> &'static str,
) -> Result<Option<K>, Problem> {
    if text.is_empty() {
        return Ok(None);
    }
    let found = kinds.iter().copied().find(|kind| name(*kind) == text);
    let names: Vec<&str> = kinds.iter().map(|kind| name(*kind)).collect();
    found.map(Some).ok_or_else(|| {
        bad(&format!(
            "the field {field} must be empty or one of {}",
            names.join(", ")
        ))
    })
}

fn search_text(text: &str) -> Result<Option<String>, Problem> {
    let text = text.trim();
    if text.chars().count() > LONGEST_SEARCH || text.contains(char::is_control) {
        return Err(bad(&format!(
            "what is searched for must be text of at most {LONGEST_SEARCH} characters"
        )));
    }
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

fn bad(sentence: &str) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, sentence)
}

#[derive(Serialize)]
struct WorklistDocument<'a> {
    disclaimer: &'static str,
    /// Screenings in all.
    total: u64,
    screenings: Vec<LineDocument<'a>>,
    /// Address of the next page.
    next: Option<String>,
    /// Address of the page before.
    previous: Option<String>,
}

#[derive(Serialize)]
struct LineDocument<'a> {
    id: String,
    url: String,
    #[serde(with = "time::serde::rfc3339")]
    received: OffsetDateTime,
    patient: Option<&'a str>,
    patient_id: Option<String>,
    photographs: Photographs,
    state: WorkState,
    priority: Priority,
    decision: PatientDecision,
    grade: Option<Grade>,
    blind_decision: PatientDecision,
    blind_grade: Option<Grade>,
    reading: ReadingState,
}

#[derive(Serialize)]
struct Photographs {
    right: u32,
    left: u32,
    eye_not_stated: u32,
    rejected: u32,
}

impl<'a> WorklistDocument<'a> {
    fn of(worklist: &'a Worklist, question: &Question) -> Self {
        let address = |page: Page| {
            let of_page = view::WorklistAddress {
                filter: &question.filter,
                from: question.from,
                to: question.to,
                order: question.order,
                page,
                search: None,
            };
            format!("/api/v1{of_page}")
        };
        Self {
            disclaimer: trust::DISCLAIMER,
            total: worklist.total,
            screenings: worklist.lines.iter().map(LineDocument::of).collect(),
            next: worklist.next.map(|cursor| address(Page::After(cursor))),
            previous: worklist
                .previous
                .map(|cursor| address(Page::Before(cursor))),
        }
    }
}

impl<'a> LineDocument<'a> {
    fn of(line: &'a WorklistLine) -> Self {
        let id = line.screening.to_string();
        let [right, left, eye_not_stated] = line.photographs;
        Self {
            url: crate::document::address(&id),
            id,
            received: line.received,
            patient: line.patient.as_ref().map(|(_, words)| words.as_str()),
            patient_id: line.patient.as_ref().map(|(id, _)| id.to_string()),
            photographs: Photographs {
                right,
                left,
                eye_not_stated,
                rejected: line.rejected,
            },
            state: line.state,
            priority: line.priority,
            decision: line.decision,
            grade: line.grade,
            blind_decision: line.blind_decision,
            blind_grade: line.blind_grade,
            reading: line.reading,
        }
    }
}

/// The last day of a period that has begun but not ended, and the first of so many days.
pub(crate) fn last_days(count: i64) -> (Date, Date) {
    let today = OffsetDateTime::now_utc().date();
    let first = today.checked_sub(Duration::days(count - 1));
    (first.unwrap_or(today), today)
}
