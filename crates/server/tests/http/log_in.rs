//! Logging in and out, and sessions.

use std::time::Duration;

use axum::body::Body;
use axum::extract::ConnectInfo;
use clinic::{Role, SessionLifetime};
use serde_json::json;

use crate::people::{
    ANNA, PASSWORD, ROOT, SAM, With, access, add, as_started, browser, cookie, get_with,
    log_in_by_api, log_in_by_page, post_form, post_json, token, with_accounts,
};
use crate::support::{configuration, get, request, send, start, stop};

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
