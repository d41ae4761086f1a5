//! Logging in by OpenID Connect, as far as it takes no provider: what is refused before one is asked, and one that is down.
//! `tests/browser/openid.test.mjs` logs in at a real one.

use std::net::TcpListener;
use std::path::Path;

use axum::body::Body;
use clinic::{Access, Actor, NewAccount, OpenId, Proof, Records, Role};
use server::{Application, OpenIdConfiguration, OpenIdSettings};

use crate::people::{
    ANNA, PASSWORD, ROOT, With, actions, add, as_started, browser, get_with, log_in_by_page,
    post_form,
};
use crate::support::{Answer, configuration, get, request, send, start, stop};

const BEGIN: &str = "/log-in/openid";
const CALLBACK: &str = "/log-in/openid/callback";
/// As the server sets it.
const JOURNEY: &str = "fundoscope-openid=state=a-state&nonce=a-nonce&verifier=a-verifier-of-forty-three-characters-or-more&next=%2Fbundle";

/// The address of a provider at which nobody listens.
fn nobody() -> String {
    let port = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", port.local_addr().unwrap())
}

fn provider(issuer: &str) -> OpenIdConfiguration {
    let settings = OpenIdSettings {
        issuer: issuer.to_owned(),
        client_id: "fundoscope".to_owned(),
        client_secret: Some("a secret of the tests".to_owned()),
        public_url: "http://127.0.0.1:5000".to_owned(),
        name: Some("Clinic <log-in>".to_owned()),
        role_claim: None,
    };
    OpenIdConfiguration::new(settings).unwrap()
}

async fn with_provider(folder: &Path) -> Application {
    add(folder, ROOT, Role::Administrator).await;
    let mut configuration = configuration(folder);
    configuration.openid = Some(provider(&nobody()));
    as_started(configuration).await
}

/// The browser is led back to the server with a query.
async fn come_back(application: &Application, query: &str, cookie: Option<&str>) -> Answer {
    let from_there = With::nothing().header("sec-fetch-site", "cross-site");
    let with = match cookie {
        Some(cookie) => from_there.header("cookie", cookie),
        None => from_there,
    };
    get_with(application, &format!("{CALLBACK}?{query}"), &with).await
}

/// Asserts that nobody was logged in, and that the browser carries nothing any more.
fn refused_page(answer: &Answer, status: u16, part: &str) {
    assert_eq!(answer.status, status, "{}", answer.text());
    assert!(answer.text().contains(part), "{}", answer.text());
    let cookies = answer.headers.get_all("set-cookie").iter();
    let cookies: Vec<_> = cookies.map(|cookie| cookie.to_str().unwrap()).collect();
    let gone = "fundoscope-openid=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0";
    assert_eq!(cookies, [gone]);
}

#[tokio::test]
async fn nobody_comes_back_who_did_not_set_out() {
    let folder = tempfile::tempdir().unwrap();
    let application = with_provider(folder.path()).await;
    let begun = "not begun in this browser";
    for (query, cookie) in [
        ("code=a-code&state=a-state", None),
        ("code=a-code&state=another", Some(JOURNEY)),
        ("code=a-code&state=", Some(JOURNEY)),
        ("code=a-code", Some(JOURNEY)),
        ("code=a-code&state=a-state&state=a-state", Some(JOURNEY)),
        (
            "code=a-code&state=a-state&iss=https%3A%2F%2Fevil.example",
            Some(JOURNEY),
        ),
        (
            "code=a-code&state=",
            Some("fundoscope-openid=state=&nonce=&verifier=&next="),
        ),
        (
            "code=a-code&state=a-state",
            Some("fundoscope-openid=state=a-state"),
        ),
        ("error=access_denied&state=another", Some(JOURNEY)),
        ("", Some(JOURNEY)),
    ] {
        let answer = come_back(&application, query, cookie).await;
        refused_page(&answer, 403, begun);
        assert!(!answer.text().contains("a-code"), "{}", answer.text());
    }
    // What the provider says in its own words is shown to nobody.
    let query = "error=access_denied&error_description=%3Cscript%3E&state=a-state";
    let denied = come_back(&application, query, Some(JOURNEY)).await;
    refused_page(&denied, 403, "broken off");
    assert!(!denied.text().contains("<script>"), "{}", denied.text());
    assert!(
        denied.text().contains("value=\"/bundle\""),
        "{}",
        denied.text()
    );
    let query = "error=server_error&state=a-state";
    let failed = come_back(&application, query, Some(JOURNEY)).await;
    refused_page(&failed, 403, "could not log you in");
    stop(application).await;
}

#[tokio::test]
async fn a_provider_that_is_down_shuts_out_nobody_with_a_password() {
    let folder = tempfile::tempdir().unwrap();
    let application = with_provider(folder.path()).await;
    let page = get(&application, "/log-in?next=%2Fbundle%3Fa%3Db")
        .await
        .text();
    assert!(page.contains("Clinic &lt;log-in&gt;"), "{page}");
    assert!(
        page.contains("/log-in/openid?next=%2Fbundle%3Fa%3Db"),
        "{page}"
    );
    let down = get(&application, &format!("{BEGIN}?next=%2Fbundle")).await;
    assert_eq!(down.status, 503);
    assert!(
        down.text().contains("cannot be reached now"),
        "{}",
        down.text()
    );
    assert_eq!(down.header("set-cookie"), "");
    let query = "code=a-code&state=a-state";
    let down = come_back(&application, query, Some(JOURNEY)).await;
    refused_page(&down, 503, "cannot be reached now");
    assert_eq!(actions(folder.path()).await, ["account-added"]);
    let entered = log_in_by_page(&application, ROOT, PASSWORD, "/bundle").await;
    assert_eq!(entered.status, 303, "{}", entered.text());
    // Whoever is logged in is not sent away.
    let root = browser(&application, ROOT).await;
    for (next, there) in [("%2Fbundle", "/bundle"), ("%2F%2Fevil.example", "/")] {
        let answer = get_with(&application, &format!("{BEGIN}?next={next}"), &root).await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("location")),
            (303, there)
        );
    }
    stop(application).await;
}

#[tokio::test]
async fn attempts_of_one_address_run_out() {
    let folder = tempfile::tempdir().unwrap();
    let application = with_provider(folder.path()).await;
    let mut is_refused = false;
    for _ in 0..40 {
        let query = "code=a-code&state=a-state";
        let answer = come_back(&application, query, Some(JOURNEY)).await;
        is_refused = answer.status == 429;
        if is_refused {
            break;
        }
        refused_page(&answer, 503, "cannot be reached now");
    }
    assert!(is_refused);
    stop(application).await;
}

#[tokio::test]
async fn a_server_without_a_provider_has_none_to_log_in_at() {
    let folder = tempfile::tempdir().unwrap();
    add(folder.path(), ROOT, Role::Administrator).await;
    let application = start(folder.path()).await;
    for path in [BEGIN, CALLBACK] {
        let answer = get(&application, path).await;
        assert_eq!(answer.status, 404);
        assert!(answer.text().contains("has no OpenID provider"));
    }
    let page = get(&application, "/log-in").await.text();
    assert!(!page.contains(BEGIN), "{page}");
    let root = browser(&application, ROOT).await;
    let form = "name=Anna&role=reader&password=&subject=anna-1";
    let answer = post_form(&application, "/accounts", form, &root).await;
    assert_eq!(answer.status, 422);
    assert!(answer.text().contains("has no OpenID provider"));
    stop(application).await;
}

#[tokio::test]
async fn an_account_has_a_subject_or_a_password() {
    let folder = tempfile::tempdir().unwrap();
    let application = with_provider(folder.path()).await;
    let root = browser(&application, ROOT).await;
    let both = format!("name=Anna&role=reader&subject=anna-1&password={PASSWORD}");
    for (form, status, part) in [
        (both.replace(' ', "+").as_str(), 422, "one of the two"),
        ("name=Anna&role=reader&subject=&password=", 422, "10 to 256"),
        ("name=Anna&role=reader&subject=+anna-1+&password=", 303, ""),
        (
            "name=Other&role=reader&subject=anna-1&password=",
            409,
            "one person has one account",
        ),
        (
            "name=ANNA&role=reader&subject=anna-2&password=",
            409,
            "this name already",
        ),
        ("name=Case&role=reader&subject=ANNA-1", 303, ""),
    ] {
        let answer = post_form(&application, "/accounts", form, &root).await;
        assert_eq!(answer.status, status, "{form}: {}", answer.text());
        assert!(answer.text().contains(part), "{form}: {}", answer.text());
    }
    let page = get_with(&application, "/accounts", &root).await.text();
    assert!(page.contains("OpenID anna-1"), "{page}");
    assert_eq!(page.matches("Set a password").count(), 1, "{page}");
    // No password lets anybody in, and none can be set.
    for password in ["", PASSWORD] {
        let refused = log_in_by_page(&application, "Anna", password, "/").await;
        assert_eq!(refused.status, 403);
    }
    let access = Access::open(folder.path(), &Records::default())
        .await
        .unwrap();
    let anna = access.account_named("anna").await.unwrap();
    access.close().await.unwrap();
    let path = format!("/accounts/{}/password", anna.id);
    let form = format!("password={PASSWORD}").replace(' ', "+");
    let refused = post_form(&application, &path, &form, &root).await;
    assert_eq!(refused.status, 409);
    assert!(refused.text().contains("has no password"));
    stop(application).await;
}

#[tokio::test]
async fn whoever_came_by_the_provider_has_no_password_to_change() {
    let folder = tempfile::tempdir().unwrap();
    let issuer = nobody();
    let access = Access::open(folder.path(), &Records::default())
        .await
        .unwrap();
    let openid = OpenId::new(&issuer, "anna-1").unwrap();
    let new = NewAccount {
        name: ANNA.parse().unwrap(),
        role: Role::Reader,
        proof: Proof::OpenId(openid.clone()),
    };
    access.add_account(Actor::Local, new).await.unwrap();
    let unasked = clinic::RoleClaim::Unasked;
    let lifetime = clinic::SessionLifetime::default();
    let entered = access.log_in_by_openid(&openid, &unasked, lifetime);
    let (token, _) = entered.await.unwrap();
    access.close().await.unwrap();
    let mut configuration = configuration(folder.path());
    configuration.openid = Some(provider(&issuer));
    let application = as_started(configuration).await;
    let anna = With::nothing()
        .header("cookie", &format!("fundoscope={token}"))
        .header("sec-fetch-site", "same-origin");
    let home = get_with(&application, "/", &anna).await.text();
    assert!(home.contains(ANNA) && !home.contains("/password"), "{home}");
    let page = get_with(&application, "/password", &anna).await;
    assert_eq!(page.status, 409);
    assert!(page.text().contains("has no password"));
    let form = "current=&new=another+long+password&again=another+long+password";
    let refused = post_form(&application, "/password", form, &anna).await;
    assert_eq!(refused.status, 409);
    // The provider is down, and cannot be logged out at.
    let left = anna.on(request("POST", "/log-out"));
    let left = send(&application, left.body(Body::empty()).unwrap()).await;
    assert_eq!(
        (left.status.as_u16(), left.header("location")),
        (303, "/log-in")
    );
    assert_eq!(get_with(&application, "/", &anna).await.status, 303);
    stop(application).await;
}
