//! Roles, what nobody gets to see who is not logged in, and what the audit says of it.

use axum::body::Body;
use axum::extract::ConnectInfo;
use clinic::Role;
use image::ImageFormat;
use serde_json::json;

use crate::people::{
    ANNA, PASSWORD, ROOT, SAM, With, access, actions, add, browser, get_with, log_in_by_api,
    post_form, post_json, screened, token, with_accounts,
};
use crate::support::{Part, finished, get, post, request, retina, send, start, stop};

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
