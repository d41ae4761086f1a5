//! Logging in, roles, and what nobody gets to see who is not logged in.

use std::path::Path;
use std::time::Duration;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::request::Builder;
use clinic::{Access, Account, Actor, NewAccount, Proof, Records, Role, SessionLifetime};
use image::ImageFormat;
use serde_json::{Value, json};
use server::{Application, Configuration};

use crate::support::{
    Answer, BOUNDARY, Part, configuration, finished, form, get, post, request, retina, send, start,
    stop,
};

pub const PASSWORD: &str = "correct horse battery";
pub const ROOT: &str = "root";
pub const ANNA: &str = "Anna Reader";
pub const SAM: &str = "Sam Screener";

async fn access(folder: &Path) -> Access {
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

async fn post_json(application: &Application, path: &str, body: &Value, with: &With) -> Answer {
    let builder = with
        .on(request("POST", path))
        .header("content-type", "application/json");
    send(
        application,
        builder.body(Body::from(body.to_string())).unwrap(),
    )
    .await
}

pub async fn post_form(application: &Application, path: &str, body: &str, with: &With) -> Answer {
    let builder = with
        .on(request("POST", path))
        .header("content-type", "application/x-www-form-urlencoded");
    send(
        application,
        builder.body(Body::from(body.to_owned())).unwrap(),
    )
    .await
}

pub async fn get_with(application: &Application, path: &str, with: &With) -> Answer {
    let builder = with.on(request("GET", path));
    send(application, builder.body(Body::empty()).unwrap()).await
}

async fn log_in_by_api(application: &Application, name: &str, password: &str) -> Answer {
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

#[tokio::test]
async fn a_reader_logs_in_on_the_page_and_out_again() {
    let folder = tempfile::tempdir().unwrap();
    let application = with_accounts(folder.path()).await;
    let stranger = get(&application, "/?a=b").await;
    assert_eq!(stranger.status, 303);
    assert_eq!(stranger.header("location"), "/log-in?next=%2F%3Fa%3Db");
    let page = get(&application, "/log-in?next=%2Fbundle").await;
    assert_eq!(page.status, 200);
    let page = page.text();
    for part in [
        "value=\"/bundle\"",
        "type=\"password\"",
        "not a medical device",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }

    for (name, password) in [(ANNA, "wrong password"), ("Nobody", PASSWORD)] {
        let refused = log_in_by_page(&application, name, password, "/bundle").await;
        assert_eq!(refused.status, 403);
        assert_eq!(refused.header("set-cookie"), "");
        let page = refused.text();
        assert!(page.contains("name or the password is wrong"), "{page}");
        assert!(page.contains("value=\"/bundle\""), "{page}");
        assert!(!page.contains(password), "{page}");
    }
    let entered = log_in_by_page(&application, ANNA, PASSWORD, "/bundle").await;
    assert_eq!(
        (entered.status.as_u16(), entered.header("location")),
        (303, "/bundle")
    );
    let set = entered.header("set-cookie");
    for part in ["fundoscope=", "; HttpOnly", "; SameSite=Strict", "; Path=/"] {
        assert!(set.contains(part), "{set}");
    }
    assert!(!set.contains("Secure"), "{set}");
    let elsewhere = log_in_by_page(&application, ANNA, PASSWORD, "//evil.example").await;
    assert_eq!(elsewhere.header("location"), "/");

    let anna = With::nothing().header("cookie", &cookie(&entered));
    let home = get_with(&application, "/", &anna).await;
    assert_eq!(home.status, 200);
    for part in [ANNA, "reader", "Log out"] {
        assert!(home.text().contains(part), "{part}");
    }
    assert!(
        !home.text().contains("/accounts"),
        "a reader sees no way there"
    );
    let again = get_with(&application, "/log-in", &anna).await;
    assert_eq!(again.header("location"), "/");

    let leaving = anna.clone().header("sec-fetch-site", "same-origin");
    let left = post_form(&application, "/log-out", "", &leaving).await;
    assert_eq!(
        (left.status.as_u16(), left.header("location")),
        (303, "/log-in")
    );
    assert!(left.header("set-cookie").contains("Max-Age=0"));
    assert_eq!(get_with(&application, "/", &anna).await.status, 303);
    stop(application).await;
}

#[tokio::test]
async fn a_program_gets_a_token_and_gives_it_back() {
    let folder = tempfile::tempdir().unwrap();
    let application = with_accounts(folder.path()).await;
    let refused = get(&application, "/api/v1/screenings").await;
    assert!(refused.sentence(401).contains("/api/v1/sessions"));
    assert_eq!(
        refused.header("www-authenticate"),
        "Bearer realm=\"fundoscope\""
    );
    let wrong = log_in_by_api(&application, ANNA, "wrong password").await;
    let unknown = log_in_by_api(&application, "Nobody", "wrong password").await;
    assert_eq!(wrong.sentence(401), unknown.sentence(401));
    assert_eq!(
        wrong.header("www-authenticate"),
        "Bearer realm=\"fundoscope\""
    );
    for body in [json!({}), json!({"name": ANNA}), json!([1])] {
        let answer = post_json(&application, "/api/v1/sessions", &body, &With::nothing()).await;
        answer.sentence(422);
    }
    let long = json!({"name": ANNA, "password": "x".repeat(20_000)});
    let answer = post_json(&application, "/api/v1/sessions", &long, &With::nothing()).await;
    answer.sentence(413);

    let begun = log_in_by_api(&application, ANNA, PASSWORD).await;
    let document = begun.json();
    assert_eq!(begun.status, 201);
    assert_eq!(
        (&document["account"]["name"], &document["account"]["role"]),
        (&json!(ANNA), &json!("reader"))
    );
    assert_eq!(begun.header("set-cookie"), "");
    assert_eq!(begun.header("cache-control"), "private, no-store");
    let anna = With::token(document["token"].as_str().unwrap());
    let list = get_with(&application, "/api/v1/screenings", &anna).await;
    assert_eq!(list.status, 200);
    for header in [
        "Basic cm9vdDpyb290",
        "Bearer",
        "Bearer nothing",
        &format!("Bearer {}", "0".repeat(64)),
    ] {
        let with = With::nothing().header("authorization", header);
        get_with(&application, "/api/v1/screenings", &with)
            .await
            .sentence(401);
    }
    let end = anna.on(request("DELETE", "/api/v1/sessions"));
    let ended = send(&application, end.body(Body::empty()).unwrap()).await;
    assert_eq!(ended.status, 204);
    get_with(&application, "/api/v1/screenings", &anna)
        .await
        .sentence(401);
    stop(application).await;
}

#[tokio::test]
async fn nobody_sees_a_patient_without_a_session() {
    let folder = tempfile::tempdir().unwrap();
    let application = with_accounts(folder.path()).await;
    let sam = token(&application, SAM).await;
    let address = screened(&application, &sam).await;
    let id = address.rsplit('/').next().unwrap().to_owned();
    let photograph = format!("{address}/photographs/0");
    let addresses = [
        address.clone(),
        "/api/v1/screenings".to_owned(),
        format!("{photograph}/original"),
        format!("{photograph}/cropped"),
        format!("{photograph}/standardized"),
        format!("{photograph}/referral.svg"),
        format!("{photograph}/explanations/grad-cam"),
        format!("{photograph}/explanations/grad-cam/map"),
        format!("{photograph}/explanations/combined/counterfactual"),
        "/api/openapi.json".to_owned(),
        "/api/v1/nothing".to_owned(),
    ];
    let forged = With::nothing().header("cookie", &format!("fundoscope={}", "0".repeat(64)));
    for address in &addresses {
        get(&application, address).await.sentence(401);
        get_with(&application, address, &forged).await.sentence(401);
    }
    for page in [
        format!("/screenings/{id}"),
        "/".into(),
        "/bundle".into(),
        "/accounts".into(),
        "/nothing".into(),
    ] {
        let answer = get_with(&application, &page, &forged).await;
        assert_eq!(answer.status, 303, "{page}");
        assert!(answer.header("location").starts_with("/log-in"), "{page}");
    }
    // Nor leaves anything behind.
    let bytes = retina(2, ImageFormat::Jpeg);
    let refused = post(&application, &[Part::File("a.jpg", &bytes)]).await;
    refused.sentence(401);
    let list = get_with(&application, "/api/v1/screenings", &sam)
        .await
        .json();
    assert_eq!(list["screenings"].as_array().unwrap().len(), 1);
    for open in ["/healthz", "/readyz", "/assets/style.css", "/log-in"] {
        assert_eq!(get(&application, open).await.status, 200, "{open}");
    }
    // What is shown to whoever is logged in stays with them.
    for address in &addresses[..4] {
        let answer = get_with(&application, address, &sam).await;
        assert_eq!(answer.status, 200, "{address}");
        assert!(
            answer.header("cache-control").contains("private"),
            "{address}"
        );
    }
    stop(application).await;
}

#[tokio::test]
async fn each_role_may_do_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let application = with_accounts(folder.path()).await;
    let (root, anna, sam) = (
        token(&application, ROOT).await,
        token(&application, ANNA).await,
        token(&application, SAM).await,
    );
    let address = screened(&application, &sam).await;
    let id = address.rsplit('/').next().unwrap().to_owned();
    let reviews = format!("{address}/reviews");
    let review = json!({"laterality": "right", "verdict": "ungradable"});
    let refused = post_json(&application, &reviews, &review, &sam).await;
    assert!(refused.sentence(403).contains("role reader"));
    let claimed = json!({"laterality": "right", "verdict": "ungradable", "reader": "Dr. B"});
    let refused = post_json(&application, &reviews, &claimed, &anna).await;
    assert!(refused.sentence(400).contains("logged in"));
    let taken = post_json(&application, &reviews, &review, &anna).await;
    assert_eq!(taken.status, 201, "{}", taken.text());
    assert_eq!(taken.json()["reader"], ANNA);

    for page in ["/accounts", "/audit", "/monitor", "/system"] {
        for with in [&sam, &anna] {
            let refused = get_with(&application, page, with).await;
            assert_eq!(refused.status, 403, "{page}");
            assert!(refused.text().contains("role administrator"), "{page}");
        }
        assert_eq!(
            get_with(&application, page, &root).await.status,
            200,
            "{page}"
        );
    }
    let (of_sam, of_anna) = (
        browser(&application, SAM).await,
        browser(&application, ANNA).await,
    );
    let page = format!("/screenings/{id}");
    let seen = get_with(&application, &page, &of_sam).await.text();
    assert!(
        !seen.contains("data-review"),
        "a screener is offered no review"
    );
    let seen = get_with(&application, &page, &of_anna).await.text();
    assert!(
        seen.contains("data-review") && !seen.contains("data-reader"),
        "{seen}"
    );
    let form = "laterality=right&verdict=ungradable&grade=&reason=";
    let reviewed = post_form(&application, &format!("{page}/reviews"), form, &of_anna).await;
    assert_eq!(reviewed.status, 303, "{}", reviewed.text());
    let refused = post_form(&application, &format!("{page}/reviews"), form, &of_sam).await;
    assert_eq!(refused.status, 403);
    let document = get_with(&application, &address, &sam).await.json();
    let readers = document["eyes"][0]["reviews"].as_array().unwrap();
    assert!(
        readers.iter().all(|review| review["reader"] == ANNA),
        "{readers:?}"
    );
    assert_eq!(readers.len(), 2);

    let metrics = |with: With, peer: [u8; 4]| {
        let mut request = with
            .on(request("GET", "/metrics"))
            .body(Body::empty())
            .unwrap();
        request
            .extensions_mut()
            .insert(ConnectInfo(std::net::SocketAddr::from((peer, 1))));
        request
    };
    let nothing = With::nothing;
    for (request, status) in [
        (metrics(nothing(), [127, 0, 0, 1]), 200),
        (metrics(nothing(), [10, 0, 0, 1]), 401),
        (metrics(anna, [10, 0, 0, 1]), 403),
        (metrics(root, [10, 0, 0, 1]), 200),
    ] {
        assert_eq!(send(&application, request).await.status, status);
    }
    stop(application).await;
}

#[tokio::test]
async fn a_cookie_changes_nothing_for_another_site() {
    let folder = tempfile::tempdir().unwrap();
    let application = with_accounts(folder.path()).await;
    let root = browser(&application, ROOT).await;
    let bare = root.without("sec-fetch-site");
    let form = format!("name=evil&role=administrator&password={}", "x".repeat(12));
    for with in [
        bare.clone(),
        bare.clone().header("sec-fetch-site", "cross-site"),
        bare.clone().header("sec-fetch-site", "same-site"),
        bare.clone().header("origin", "null"),
        bare.clone().header("origin", "http://evil.example"),
    ] {
        for path in [
            "/accounts",
            "/log-out",
            "/password",
            "/screenings",
            "/api/v1/screenings",
        ] {
            let refused = post_form(&application, path, &form, &with).await;
            assert_eq!(refused.status, 403, "{path}");
        }
        let end = with.on(request("DELETE", "/api/v1/sessions"));
        let refused = send(&application, end.body(Body::empty()).unwrap()).await;
        assert_eq!(refused.status, 403);
    }
    assert_eq!(
        access(folder.path()).await.accounts().await.unwrap().len(),
        3
    );
    let here = bare.header("origin", "http://127.0.0.1:5000");
    for with in [root, here] {
        // Twice the same name: the second is refused for that alone.
        let added = post_form(&application, "/accounts", &form, &with).await;
        assert!(
            [303, 409].contains(&added.status.as_u16()),
            "{}",
            added.text()
        );
    }
    assert_eq!(
        access(folder.path()).await.accounts().await.unwrap().len(),
        4
    );
    stop(application).await;
}

#[tokio::test]
async fn wrong_passwords_lead_to_waits() {
    let folder = tempfile::tempdir().unwrap();
    let application = with_accounts(folder.path()).await;
    for _ in 0..5 {
        log_in_by_api(&application, ANNA, "wrong password")
            .await
            .sentence(401);
    }
    // The account waits, others do not.
    log_in_by_api(&application, ANNA, PASSWORD)
        .await
        .sentence(401);
    assert_eq!(log_in_by_api(&application, SAM, PASSWORD).await.status, 201);
    for _ in 0..14 {
        log_in_by_api(&application, "Nobody", "wrong password")
            .await
            .sentence(401);
    }
    // The address waits, whoever it says it is.
    let refused = log_in_by_api(&application, SAM, PASSWORD).await;
    refused.sentence(429);
    let seconds: u32 = refused.header("retry-after").parse().unwrap();
    assert!((1..=7).contains(&seconds), "{seconds}");
    let page = log_in_by_page(&application, SAM, PASSWORD, "/").await;
    assert_eq!(page.status, 429);
    let mut elsewhere = request("POST", "/api/v1/sessions")
        .header("content-type", "application/json")
        .body(Body::from(
            json!({"name": SAM, "password": PASSWORD}).to_string(),
        ))
        .unwrap();
    let peer = std::net::SocketAddr::from(([10, 0, 0, 9], 1));
    elsewhere.extensions_mut().insert(ConnectInfo(peer));
    assert_eq!(send(&application, elsewhere).await.status, 201);
    stop(application).await;
}

#[tokio::test]
async fn sessions_expire_and_end() {
    let folder = tempfile::tempdir().unwrap();
    let anna = add(folder.path(), ANNA, Role::Reader).await;
    add(folder.path(), ROOT, Role::Administrator).await;
    let mut short = configuration(folder.path());
    short.session = SessionLifetime {
        idle: Duration::from_millis(400),
        absolute: Duration::from_secs(2),
    };
    let application = as_started(short).await;
    let idle = browser(&application, ANNA).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(get_with(&application, "/", &idle).await.status, 303);
    let busy = token(&application, ANNA).await;
    let begun = std::time::Instant::now();
    while begun.elapsed() < Duration::from_millis(1500) {
        assert_eq!(get_with(&application, "/bundle", &busy).await.status, 200);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert_eq!(get_with(&application, "/bundle", &busy).await.status, 401);
    stop(application).await;

    let application = start(folder.path()).await;
    let (first, second, root) = (
        browser(&application, ANNA).await,
        token(&application, ANNA).await,
        browser(&application, ROOT).await,
    );
    // Her own new password ends every session but the one that it begins.
    let form = |current: &str, new: &str, again: &str| {
        format!("current={current}&new={new}&again={again}").replace(' ', "+")
    };
    for (body, status, part) in [
        (
            form("wrong password", "a longer secret", "a longer secret"),
            403,
            "wrong",
        ),
        (form(PASSWORD, "short", "short"), 422, "10 to 256"),
        (
            form(PASSWORD, "a longer secret", "another secret"),
            422,
            "not the same",
        ),
    ] {
        let refused = post_form(&application, "/password", &body, &first).await;
        assert_eq!(refused.status, status, "{}", refused.text());
        assert!(refused.text().contains(part), "{part}");
    }
    let body = form(PASSWORD, "a longer secret", "a longer secret");
    let changed = post_form(&application, "/password", &body, &first).await;
    assert_eq!(changed.status, 303, "{}", changed.text());
    assert_eq!(get_with(&application, "/bundle", &first).await.status, 303);
    get_with(&application, "/api/v1/screenings", &second)
        .await
        .sentence(401);
    let new = With::nothing().header("cookie", &cookie(&changed));
    assert_eq!(get_with(&application, "/bundle", &new).await.status, 200);
    // And an administrator ends them all.
    let path = format!("/accounts/{}/enabled", anna.id);
    let disabled = post_form(&application, &path, "enabled=no", &root).await;
    assert_eq!(disabled.status, 303, "{}", disabled.text());
    assert_eq!(get_with(&application, "/bundle", &new).await.status, 303);
    log_in_by_api(&application, ANNA, "a longer secret")
        .await
        .sentence(401);
    stop(application).await;
}

#[tokio::test]
async fn an_administrator_manages_accounts_on_the_page() {
    let folder = tempfile::tempdir().unwrap();
    let application = start(folder.path()).await;
    // Nobody has to log in yet, and the first account closes the door.
    let page = get(&application, "/accounts").await.text();
    assert!(page.contains("There are none"), "{page}");
    let nothing = With::nothing();
    assert_eq!(get(&application, "/log-in").await.status, 409);
    log_in_by_api(&application, ROOT, PASSWORD)
        .await
        .sentence(409);
    let add = |name: &str, role: &str, password: &str| {
        format!("name={name}&role={role}&password={password}").replace(' ', "+")
    };
    for (form, status, part) in [
        (add("anna", "reader", PASSWORD), 422, "administrator"),
        (add("root", "administrator", "short"), 422, "10 to 256"),
        (add("", "administrator", PASSWORD), 422, "1 to 100"),
        (add("root", "emperor", PASSWORD), 422, "A role is"),
        ("name=root".to_owned(), 422, "password"),
    ] {
        let refused = post_form(&application, "/accounts", &form, &nothing).await;
        assert_eq!(refused.status, status, "{form}: {}", refused.text());
        assert!(refused.text().contains(part), "{form}: {}", refused.text());
    }
    let first = add("root", "administrator", PASSWORD);
    let added = post_form(&application, "/accounts", &first, &nothing).await;
    assert_eq!(added.status, 303, "{}", added.text());
    assert_eq!(get(&application, "/accounts").await.status, 303);

    let root = browser(&application, ROOT).await;
    let second = add("anna", "reader", PASSWORD);
    assert_eq!(
        post_form(&application, "/accounts", &second, &root)
            .await
            .status,
        303
    );
    let taken = post_form(
        &application,
        "/accounts",
        &second.replace("anna", "ANNA"),
        &root,
    )
    .await;
    assert_eq!(taken.status, 409);
    let accounts = access(folder.path()).await.accounts().await.unwrap();
    let path = |place: usize, what: &str| format!("/accounts/{}/{what}", accounts[place].id);
    let last = post_form(&application, &path(0, "enabled"), "enabled=no", &root).await;
    assert_eq!(last.status, 409);
    assert!(
        last.text().contains("last administrator"),
        "{}",
        last.text()
    );
    let new = "password=another+password";
    let reset = post_form(&application, &path(1, "password"), new, &root).await;
    assert_eq!(reset.status, 303);
    log_in_by_api(&application, "anna", PASSWORD)
        .await
        .sentence(401);
    assert_eq!(
        log_in_by_api(&application, "anna", "another password")
            .await
            .status,
        201
    );
    let unknown = "/accounts/00000000-0000-4000-8000-000000000000/enabled";
    assert_eq!(
        post_form(&application, unknown, "enabled=no", &root)
            .await
            .status,
        404
    );
    assert_eq!(
        post_form(&application, "/accounts/1/enabled", "enabled=no", &root)
            .await
            .status,
        404
    );
    let page = get_with(&application, "/accounts", &root).await.text();
    for part in ["2 accounts", "anna", "administrator"] {
        assert!(page.contains(part), "{part}");
    }
    stop(application).await;
}

#[tokio::test]
async fn what_is_done_and_seen_is_in_the_audit() {
    let folder = tempfile::tempdir().unwrap();
    let application = with_accounts(folder.path()).await;
    let (anna, root) = (
        token(&application, ANNA).await,
        token(&application, ROOT).await,
    );
    let address = screened(&application, &anna).await;
    let id = address.rsplit('/').next().unwrap().to_owned();
    let original = format!("{address}/photographs/0/original");
    let tag = get_with(&application, &original, &anna)
        .await
        .header("etag")
        .to_owned();
    // Seen once more within minutes is not noted once more, by whichever address; by another account it is.
    let again = anna.clone().header("if-none-match", &tag);
    assert_eq!(get_with(&application, &original, &again).await.status, 304);
    get_with(&application, &format!("/screenings/{id}"), &anna).await;
    get_with(
        &application,
        &format!("{address}/photographs/0/cropped"),
        &root,
    )
    .await;
    let review = json!({"laterality": "right", "verdict": "ungradable"});
    post_json(&application, &format!("{address}/reviews"), &review, &anna).await;
    // What nobody may, or is not there, is not seen.
    get(&application, &original).await.sentence(401);
    let unknown = "/api/v1/screenings/00000000-0000-4000-8000-000000000000";
    get_with(&application, unknown, &root).await.sentence(404);
    let expected = [
        "account-added",
        "account-added",
        "account-added",
        "logged-in",
        "logged-in",
        "submitted",
        "screening-opened",
        "photograph-opened",
        "screening-opened",
        "reviewed",
    ];
    assert_eq!(actions(folder.path()).await, expected);
    let page = get_with(&application, "/audit?verify=yes", &root)
        .await
        .text();
    for part in [
        ANNA,
        "Photographs handed in",
        "The chain is whole: 10 entries",
        &id,
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    for personal in ["P-secret", "secret_right"] {
        assert!(!page.contains(personal), "{personal}");
    }
    let older = get_with(&application, "/audit?before=3", &root)
        .await
        .text();
    assert!(
        older.contains("Account added") && !older.contains("Eye reviewed"),
        "{older}"
    );
    assert_eq!(
        get_with(&application, "/audit?before=x", &root)
            .await
            .status,
        400
    );
    stop(application).await;
}

#[tokio::test]
async fn behind_a_proxy_its_word_counts() {
    let folder = tempfile::tempdir().unwrap();
    add(folder.path(), ROOT, Role::Administrator).await;
    let mut proxied = configuration(folder.path());
    proxied.behind_proxy = true;
    let application = as_started(proxied).await;
    let from_page = |host: &str, scheme: &str| {
        With::nothing()
            .header("x-forwarded-host", host)
            .header("x-forwarded-proto", scheme)
            .header("x-forwarded-for", "6.6.6.6, 10.0.0.7")
            .header("origin", "https://clinic.example")
    };
    let body = format!("name=root&password={}", PASSWORD.replace(' ', "+"));
    let entered = post_form(
        &application,
        "/log-in",
        &body,
        &from_page("clinic.example", "https"),
    )
    .await;
    assert_eq!(entered.status, 303, "{}", entered.text());
    let set = entered.header("set-cookie").to_owned();
    assert!(
        set.starts_with("__Host-fundoscope=") && set.contains("; Secure"),
        "{set}"
    );
    let other = post_form(
        &application,
        "/log-in",
        &body,
        &from_page("other.example", "https"),
    )
    .await;
    assert_eq!(other.status, 403);
    let plain = post_form(
        &application,
        "/log-in",
        &body,
        &from_page("clinic.example", "http"),
    )
    .await;
    assert!(!plain.header("set-cookie").contains("Secure"));
    let pair = cookie(&entered);
    let over = |scheme: &str| from_page("clinic.example", scheme).header("cookie", &pair);
    assert_eq!(
        get_with(&application, "/", &over("https")).await.status,
        200
    );
    // A cookie that was made for encrypted connections is none on others.
    assert_eq!(get_with(&application, "/", &over("http")).await.status, 303);
    stop(application).await;
}

#[tokio::test]
async fn without_accounts_everything_is_as_on_ones_own_computer() {
    let folder = tempfile::tempdir().unwrap();
    let application = start(folder.path()).await;
    let photograph = retina(3, ImageFormat::Jpeg);
    let answer = post(&application, &[Part::File("a_right.jpg", &photograph)]).await;
    let address = answer.header("location").to_owned();
    finished(&application, &address).await;
    let home = get(&application, "/").await.text();
    assert!(!home.contains("Log out"), "{home}");
    let id = address.rsplit('/').next().unwrap();
    let page = get(&application, &format!("/screenings/{id}")).await.text();
    assert!(page.contains("data-reader"), "{page}");
    // An account that another program adds counts at once.
    add(folder.path(), ROOT, Role::Administrator).await;
    get(&application, &address).await.sentence(401);
    let expected = [
        "submitted",
        "screening-opened",
        "list-opened",
        "account-added",
    ];
    assert_eq!(actions(folder.path()).await, expected);
    stop(application).await;
}
