//! Those who log in, and what they send.

use std::path::Path;
use std::time::Duration;

use axum::body::Body;
use axum::http::request::Builder;
use clinic::{Access, Account, Actor, NewAccount, Proof, Records, Role};
use image::ImageFormat;
use serde_json::{Value, json};
use server::{Application, Configuration};

use crate::support::{Answer, BOUNDARY, Part, form, request, retina, send, start};

pub const PASSWORD: &str = "correct horse battery";
pub const ROOT: &str = "root";
pub const ANNA: &str = "Anna Reader";
pub const SAM: &str = "Sam Screener";

pub async fn access(folder: &Path) -> Access {
    Access::open(folder, &Records::default()).await.unwrap()
}

pub async fn add(folder: &Path, name: &str, role: Role) -> Account {
    let access = access(folder).await;
    let new = NewAccount {
        name: name.parse().unwrap(),
        role,
        proof: Proof::Password(PASSWORD.parse().unwrap()),
    };
    let account = access.add_account(Actor::Local, new).await.unwrap();
    access.close().await.unwrap();
    account
}

pub async fn with_accounts(folder: &Path) -> Application {
    add(folder, ROOT, Role::Administrator).await;
    add(folder, ANNA, Role::Reader).await;
    add(folder, SAM, Role::Screener).await;
    start(folder).await
}

pub async fn as_started(configuration: Configuration) -> Application {
    Application::start(configuration).await.unwrap()
}

/// The names of the actions in the audit, the oldest first.
pub async fn actions(folder: &Path) -> Vec<String> {
    let access = access(folder).await;
    let entries = access.audit(None, 1000).await.unwrap();
    access.close().await.unwrap();
    entries
        .into_iter()
        .rev()
        .map(|entry| entry.action)
        .collect()
}

async fn post_as(
    media_type: &str,
    application: &Application,
    path: &str,
    body: String,
    with: &With,
) -> Answer {
    let builder = with.on(request("POST", path));
    let builder = builder.header("content-type", media_type);
    send(application, builder.body(Body::from(body)).unwrap()).await
}

pub async fn post_json(application: &Application, path: &str, body: &Value, with: &With) -> Answer {
    post_as(
        "application/json",
        application,
        path,
        body.to_string(),
        with,
    )
    .await
}

pub async fn post_form(application: &Application, path: &str, body: &str, with: &With) -> Answer {
    let media_type = "application/x-www-form-urlencoded";
    post_as(media_type, application, path, body.to_owned(), with).await
}

pub async fn get_with(application: &Application, path: &str, with: &With) -> Answer {
    let builder = with.on(request("GET", path));
    send(application, builder.body(Body::empty()).unwrap()).await
}

pub async fn log_in_by_api(application: &Application, name: &str, password: &str) -> Answer {
    let body = json!({"name": name, "password": password});
    post_json(application, "/api/v1/sessions", &body, &With::nothing()).await
}

pub async fn token(application: &Application, name: &str) -> With {
    let answer = log_in_by_api(application, name, PASSWORD).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    With::token(answer.json()["token"].as_str().unwrap())
}

/// As a browser sends the form of the page, for a name without letters that an address changes.
pub async fn log_in_by_page(
    application: &Application,
    name: &str,
    password: &str,
    next: &str,
) -> Answer {
    let encoded = |text: &str| text.replace(' ', "+").replace('/', "%2F");
    let body = format!(
        "name={}&password={}&next={}",
        encoded(name),
        encoded(password),
        encoded(next)
    );
    let from_page = With::nothing().header("sec-fetch-site", "same-origin");
    post_form(application, "/log-in", &body, &from_page).await
}

/// The pair of name and value in the cookie that an answer sets.
pub fn cookie(answer: &Answer) -> String {
    let (pair, _) = answer.header("set-cookie").split_once(';').unwrap();
    pair.to_owned()
}

pub async fn browser(application: &Application, name: &str) -> With {
    let answer = log_in_by_page(application, name, PASSWORD, "/").await;
    assert_eq!(answer.status, 303, "{}", answer.text());
    With::nothing()
        .header("cookie", &cookie(&answer))
        .header("sec-fetch-site", "same-origin")
}

/// What comes with a request.
#[derive(Clone)]
pub struct With(Vec<(&'static str, String)>);

impl With {
    pub fn nothing() -> Self {
        Self(Vec::new())
    }

    pub fn token(token: &str) -> Self {
        Self::nothing().header("authorization", &format!("Bearer {token}"))
    }

    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        self.0.push((name, value.to_owned()));
        self
    }

    pub fn without(&self, name: &str) -> Self {
        let kept = self.0.iter().filter(|(known, _)| *known != name);
        Self(kept.cloned().collect())
    }

    pub fn on(&self, builder: Builder) -> Builder {
        let headers = self.0.iter();
        headers.fold(builder, |builder, (name, value)| {
            builder.header(*name, value)
        })
    }
}

/// Hands a photograph in with a token, and waits until nothing is left to do; the address of the screening.
pub async fn screened(application: &Application, with: &With) -> String {
    let photograph = retina(1, ImageFormat::Jpeg);
    let parts = [
        Part::Text("patient", "P-secret"),
        Part::File("secret_right.jpg", &photograph),
    ];
    let builder = with.on(request("POST", "/api/v1/screenings")).header(
        "content-type",
        format!("multipart/form-data; boundary={BOUNDARY}"),
    );
    let answer = send(application, builder.body(Body::from(form(&parts))).unwrap()).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    let address = answer.header("location").to_owned();
    loop {
        let document = get_with(application, &address, with).await.json();
        if document["state"] == "done" || document["state"] == "failed" {
            return address;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
