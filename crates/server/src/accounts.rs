//! What an administrator does on pages: managing accounts, and looking at the audit.

use std::collections::HashMap;

use axum::extract::rejection::FormRejection;
use axum::extract::{Form, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use clinic::{AccountId, NewAccount, OpenId, Password, Proof, Role};
use serde::Deserialize;

use crate::application::App;
use crate::openid::Provider;
use crate::page::ProblemPage;
use crate::pages;
use crate::problem::Problem;
use crate::who::Who;

/// Entries on a page of the audit.
const ENTRIES: u32 = 100;

#[derive(Deserialize)]
pub(crate) struct Addition {
    name: String,
    role: String,
    #[serde(default)]
    password: String,
    /// What the OpenID provider calls them; empty where a password is given.
    #[serde(default)]
    subject: String,
}

#[derive(Deserialize)]
pub(crate) struct Switch {
    enabled: YesOrNo,
}

#[derive(Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum YesOrNo {
    Yes,
    No,
}

#[derive(Deserialize)]
pub(crate) struct NewPassword {
    password: String,
}

/// Which part of the audit to show.
#[derive(Deserialize)]
pub(crate) struct Part {
    before: Option<String>,
    verify: Option<String>,
}

/// The page of the accounts.
pub(crate) async fn page(State(app): State<App>) -> Result<Response, ProblemPage> {
    shown(&app, None).await
}

/// Adds an account.
pub(crate) async fn add(
    State(app): State<App>,
    who: Who,
    addition: Result<Form<Addition>, FormRejection>,
) -> Result<Response, ProblemPage> {
    let added = async {
        let Form(addition) = addition.map_err(|rejection| unreadable(&rejection))?;
        let new = NewAccount {
            name: addition.name.parse()?,
            role: addition.role.parse()?,
            proof: proof(&app, &addition)?,
        };
        if new.role != Role::Administrator && !app.has_accounts().await? {
            let sentence =
                "the first account must be an administrator's, so that somebody can add the others";
            return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, sentence));
        }
        app.store.access().add_account(who.actor(), new).await?;
        Ok::<_, Problem>(())
    };
    done(&app, added.await).await
}

/// The password or the OpenID subject of an account to be added.
fn proof(app: &App, addition: &Addition) -> Result<Proof, Problem> {
    let subject = addition.subject.trim();
    let bad = |sentence: &str| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, sentence);
    if subject.is_empty() {
        return Ok(Proof::Password(addition.password.parse()?));
    }
    if !addition.password.is_empty() {
        return Err(bad(
            "an account that logs in by OpenID Connect has no password; fill in one of the two",
        ));
    }
    let provider = app.openid.as_ref();
    let provider = provider.ok_or_else(|| bad("this server has no OpenID provider"))?;
    Ok(Proof::OpenId(OpenId::new(provider.issuer(), subject)?))
}

/// Disables or enables an account.
pub(crate) async fn set_enabled(
    State(app): State<App>,
    Path(id): Path<String>,
    who: Who,
    switch: Result<Form<Switch>, FormRejection>,
) -> Result<Response, ProblemPage> {
    let id = account_id(&id)?;
    let changed = async {
        let Form(switch) = switch.map_err(|rejection| unreadable(&rejection))?;
        let enabled = switch.enabled == YesOrNo::Yes;
        let access = app.store.access();
        access.set_enabled(who.actor(), id, enabled).await?;
        Ok::<_, Problem>(())
    };
    done(&app, changed.await).await
}

/// Gives an account another password.
pub(crate) async fn set_password(
    State(app): State<App>,
    Path(id): Path<String>,
    who: Who,
    form: Result<Form<NewPassword>, FormRejection>,
) -> Result<Response, ProblemPage> {
    let id = account_id(&id)?;
    let changed = async {
        let Form(form) = form.map_err(|rejection| unreadable(&rejection))?;
        let password: Password = form.password.parse()?;
        let access = app.store.access();
        access.set_password(who.actor(), id, password).await?;
        Ok::<_, Problem>(())
    };
    done(&app, changed.await).await
}

/// The page of the audit.
pub(crate) async fn audit(
    State(app): State<App>,
    part: Query<Part>,
) -> Result<Response, ProblemPage> {
    let before = match part.before.as_deref().map(str::parse) {
        None => None,
        Some(Ok(before)) => Some(before),
        Some(Err(_)) => {
            let sentence = "the parameter before must be the number of an entry";
            return Err(Problem::new(StatusCode::BAD_REQUEST, sentence).into());
        }
    };
    let access = app.store.access();
    let mut entries = access.audit(before, ENTRIES + 1).await?;
    let has_older = entries.len() > ENTRIES as usize;
    entries.truncate(ENTRIES as usize);
    let accounts = access.accounts().await?;
    let names: HashMap<AccountId, String> = accounts
        .into_iter()
        .map(|account| (account.id, account.name))
        .collect();
    let checked = match part.verify {
        Some(_) => Some(access.verify_audit(None).await?),
        None => None,
    };
    let bundle = app.bundle.shown();
    Ok(pages::audit(&bundle, &entries, &names, has_older, checked.as_ref()).into_response())
}

async fn shown(app: &App, problem: Option<&str>) -> Result<Response, ProblemPage> {
    let accounts = app.store.access().accounts().await?;
    let provider = app.openid.as_ref().map(Provider::name);
    Ok(pages::accounts(&app.bundle.shown(), &accounts, provider, problem).into_response())
}

/// The page anew after a change, or with the reason why it was not made.
async fn done(app: &App, changed: Result<(), Problem>) -> Result<Response, ProblemPage> {
    match changed {
        Ok(()) => Ok(Redirect::to("/accounts").into_response()),
        Err(problem) if problem.status.is_server_error() => Err(problem.into()),
        Err(problem) => {
            let page = shown(app, Some(&problem.detail)).await?;
            Ok((problem.status, page).into_response())
        }
    }
}

fn account_id(text: &str) -> Result<AccountId, Problem> {
    text.parse().map_err(|_| Problem::unknown("account"))
}

fn unreadable(rejection: &FormRejection) -> Problem {
    let sentence = format!("the form cannot be read: {}", rejection.body_text());
    Problem::new(rejection.status(), sentence)
}
