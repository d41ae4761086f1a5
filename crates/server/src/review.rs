//! Reviews, from the API and from the page's form.

use axum::Json;
use axum::extract::rejection::{FormRejection, JsonRejection};
use axum::extract::{Form, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use clinic::{Laterality, NewReview, Review, ScreeningId, Verdict};
use serde::Deserialize;
use trust::Grade;

use crate::api::screening_id;
use crate::application::App;
use crate::document::ReviewDocument;
use crate::page::ProblemPage;
use crate::problem::Problem;
use crate::who::Who;

/// Bytes of a review.
pub(crate) const LARGEST: usize = 32 << 10;
/// Characters of a reader's name.
const LONGEST_READER: usize = 200;
/// Characters of a reason.
const LONGEST_REASON: usize = 2000;

/// A review as the API takes it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Submitted {
    #[serde(default)]
    laterality: Option<Laterality>,
    #[serde(default)]
    reader: Option<String>,
    verdict: VerdictName,
    #[serde(default)]
    grade: Option<Grade>,
    #[serde(default)]
    reason: Option<String>,
}

/// A review as a form sends it: every field a text, and empty where nothing was filled in.
#[derive(Deserialize)]
pub(crate) struct Filled {
    #[serde(default)]
    laterality: String,
    #[serde(default)]
    reader: String,
    verdict: VerdictName,
    #[serde(default)]
    grade: String,
    #[serde(default)]
    reason: String,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum VerdictName {
    Agree,
    Overrule,
    Ungradable,
}

/// Takes a review of one eye.
pub(crate) async fn create(
    State(app): State<App>,
    who: Who,
    Path(id): Path<String>,
    submitted: Result<Json<Submitted>, JsonRejection>,
) -> Result<Response, Problem> {
    let id = screening_id(&id)?;
    let Json(submitted) =
        submitted.map_err(|rejection| unreadable(rejection.status(), &rejection.body_text()))?;
    let review = record(&app, &who, id, submitted).await?;
    Ok((StatusCode::CREATED, Json(ReviewDocument::of(&review))).into_response())
}

/// The form of the screening's page.
pub(crate) async fn submit(
    State(app): State<App>,
    who: Who,
    Path(id): Path<String>,
    filled: Result<Form<Filled>, FormRejection>,
) -> Result<Redirect, ProblemPage> {
    let id = screening_id(&id)?;
    let Form(filled) =
        filled.map_err(|rejection| unreadable(rejection.status(), &rejection.body_text()))?;
    record(&app, &who, id, filled.submitted()?).await?;
    Ok(Redirect::to(&format!("/screenings/{id}#eyes")))
}

async fn record(
    app: &App,
    who: &Who,
    id: ScreeningId,
    submitted: Submitted,
) -> Result<Review, Problem> {
    let mut review = submitted.review()?;
    // Who is logged in reads under their own name.
    if let Some(name) = who.name() {
        let claimed = review.reader.replace(name.to_owned());
        if claimed.is_some_and(|claimed| claimed != name) {
            return Err(bad(
                "the reader is whoever is logged in; leave the field reader out",
            ));
        }
    }
    let review = app.store.review(who.actor(), id, review).await?;
    tracing::info!(screening = %id, "reviewed");
    app.changed();
    Ok(review)
}

fn unreadable(status: StatusCode, why: &str) -> Problem {
    Problem::new(status, format!("the review cannot be read: {why}"))
}

impl Filled {
    fn submitted(self) -> Result<Submitted, Problem> {
        let laterality = match self.laterality.as_str() {
            "" => None,
            "right" => Some(Laterality::Right),
            "left" => Some(Laterality::Left),
            _ => return Err(bad("the field laterality must be left, right or empty")),
        };
        let grade = match self.grade.as_str() {
            "" => None,
            text => Some(
                text.parse()
                    .map_err(|_| bad("the field grade must be 0 to 4 or empty"))?,
            ),
        };
        Ok(Submitted {
            laterality,
            reader: Some(self.reader),
            verdict: self.verdict,
            grade,
            reason: Some(self.reason),
        })
    }
}

impl Submitted {
    fn review(self) -> Result<NewReview, Problem> {
        let reader = reader(self.reader)?;
        let reason = text("reason", self.reason, LONGEST_REASON)?;
        let verdict = match (self.verdict, self.grade, reason) {
            (VerdictName::Agree, None, None) => Verdict::Agree,
            (VerdictName::Ungradable, None, None) => Verdict::Ungradable,
            (VerdictName::Overrule, Some(grade), reason) => Verdict::Overrule {
                grade,
                reason: reason.unwrap_or_default(),
            },
            (VerdictName::Overrule, None, _) => {
                return Err(bad("a review that overrules needs the grade that is right"));
            }
            (VerdictName::Agree | VerdictName::Ungradable, ..) => {
                return Err(bad(
                    "a grade and a reason belong to a review that overrules",
                ));
            }
        };
        Ok(NewReview {
            laterality: self.laterality,
            reader,
            verdict,
        })
    }
}

/// Who reads: the only place that says whose word a review is.
fn reader(named: Option<String>) -> Result<Option<String>, Problem> {
    text("reader", named, LONGEST_READER)
}

/// A text without anything that could not be shown; `None` where it says nothing.
fn text(field: &str, text: Option<String>, most: usize) -> Result<Option<String>, Problem> {
    let Some(text) = text else {
        return Ok(None);
    };
    // Forms end lines with both characters.
    let text = text.replace("\r\n", "\n");
    let unfit = |character: char| character.is_control() && character != '\n';
    if text.chars().count() > most || text.contains(unfit) {
        return Err(bad(&format!(
            "the field {field} must be text of at most {most} characters"
        )));
    }
    let trimmed = text.trim();
    Ok((!trimmed.is_empty()).then(|| trimmed.to_owned()))
}

fn bad(sentence: &str) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, sentence)
}
