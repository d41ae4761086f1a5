//! What happens when a session is over while somebody is at work.

use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use clinic::{Role, SessionLifetime};
use image::ImageFormat;
use server::{Application, Configuration, Work};
use tower::ServiceExt;

use crate::people::{ANNA, ROOT, SAM, With, add, as_started, get_with, post_form, token};
use crate::support::{BOUNDARY, Part, configuration, form, request, retina, send, stop};

/// Longer than any of this takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// Hands in a photograph that nobody works on; the address of the screening.
async fn waiting(application: &Application, with: &With) -> String {
    let photograph = retina(1, ImageFormat::Jpeg);
    let builder = with
        .on(request("POST", "/api/v1/screenings"))
        .header("prefer", "respond-async")
        .header(
            "content-type",
            format!("multipart/form-data; boundary={BOUNDARY}"),
        );
    let parts = form(&[Part::File("a.jpg", &photograph)]);
    let answer = send(application, builder.body(Body::from(parts)).unwrap()).await;
    assert_eq!(answer.status, 202, "{}", answer.text());
    answer.header("location").to_owned()
}

/// Follows a screening until the first event has come; what comes next.
async fn followed(application: &Application, address: &str, with: &With) -> Body {
    let path = format!("{address}/events");
    let request: Request<Body> = with.on(request("GET", &path)).body(Body::empty()).unwrap();
    let answer = server::router(application).oneshot(request).await.unwrap();
    assert_eq!(answer.status(), 200);
    answer.into_body()
}

/// All that is told from now on; it must come to an end.
async fn rest(events: Body) -> String {
    let ended = axum::body::to_bytes(events, usize::MAX);
    let bytes = tokio::time::timeout(PATIENCE, ended)
        .await
        .unwrap()
        .unwrap();
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn without_worker(mut configuration: Configuration) -> Configuration {
    configuration.work = Work::Elsewhere;
    configuration
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_follows_a_screening_after_logging_out() {
    let folder = tempfile::tempdir().unwrap();
    add(folder.path(), ANNA, Role::Reader).await;
    add(folder.path(), SAM, Role::Screener).await;
    let application = as_started(without_worker(configuration(folder.path()))).await;
    let (anna, sam) = (
        token(&application, ANNA).await,
        token(&application, SAM).await,
    );
    let address = waiting(&application, &sam).await;
    let of_anna = followed(&application, &address, &anna).await;
    let of_sam = tokio::spawn(rest(followed(&application, &address, &sam).await));
    let end = anna.on(request("DELETE", "/api/v1/sessions"));
    let ended = send(&application, end.body(Body::empty()).unwrap()).await;
    assert_eq!(ended.status, 204);
    // Her stream ends, with nothing told after her session; his goes on.
    let told = rest(of_anna).await;
    assert!(!told.contains("data:"), "{told}");
    assert!(!of_sam.is_finished());
    application.begin_stop();
    assert!(of_sam.await.unwrap().contains("\"queued\""));
    stop(application).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn following_does_not_keep_a_session_alive() {
    let folder = tempfile::tempdir().unwrap();
    add(folder.path(), SAM, Role::Screener).await;
    let mut short = without_worker(configuration(folder.path()));
    short.session = SessionLifetime {
        idle: Duration::from_secs(3),
        absolute: Duration::from_secs(3600),
    };
    let application = as_started(short).await;
    let sam = token(&application, SAM).await;
    let address = waiting(&application, &sam).await;
    let told = rest(followed(&application, &address, &sam).await).await;
    assert!(told.contains("\"queued\""), "{told}");
    get_with(&application, &address, &sam).await.sentence(401);
    stop(application).await;
}

#[tokio::test]
async fn a_form_that_comes_too_late_leads_back_to_its_page() {
    let folder = tempfile::tempdir().unwrap();
    add(folder.path(), ROOT, Role::Administrator).await;
    let application = as_started(without_worker(configuration(folder.path()))).await;
    let over = With::nothing()
        .header("cookie", &format!("fundoscope={}", "0".repeat(64)))
        .header("sec-fetch-site", "same-origin");
    let id = "6b1f9d3e-3a4c-4d0e-9e42-0d7f9b1c2a55";
    for (path, page) in [
        (
            format!("/screenings/{id}/reviews"),
            format!("?next=%2Fscreenings%2F{id}"),
        ),
        (
            format!("/screenings/{id}/retry"),
            format!("?next=%2Fscreenings%2F{id}"),
        ),
        (
            format!("/accounts/{id}/enabled"),
            "?next=%2Faccounts".to_owned(),
        ),
        ("/accounts".to_owned(), "?next=%2Faccounts".to_owned()),
        ("/password".to_owned(), "?next=%2Fpassword".to_owned()),
        ("/screenings".to_owned(), String::new()),
    ] {
        let form = "laterality=right&verdict=overrule&grade=3&reason=beading";
        let answer = post_form(&application, &path, form, &over).await;
        assert_eq!(answer.status, 303, "{path}");
        assert_eq!(
            answer.header("location"),
            format!("/log-in{page}"),
            "{path}"
        );
    }
    stop(application).await;
}
