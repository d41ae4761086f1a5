//! Live progress, and trying again what failed.

use std::time::Duration;

use axum::body::Body;
use image::ImageFormat;
use serde_json::Value;

use crate::support::{Part, finished, get, post_to, request, retina, send, start, stop};

const AT_ONCE: [(&str, &str); 1] = [("prefer", "respond-async")];

/// The screenings that the events tell of, in order.
fn told(events: &str) -> Vec<Value> {
    let data = events
        .lines()
        .filter_map(|line| line.strip_prefix("data: "));
    data.map(|text| serde_json::from_str(text).unwrap())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_screening_is_followed_until_nothing_is_left_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let application = start(folder.path()).await;
    let photograph = retina(1, ImageFormat::Jpeg);
    let parts = [Part::File("a.jpg", &photograph)];
    let submitted = post_to(&application, "/api/v1/screenings", &parts, &AT_ONCE).await;
    let location = submitted.header("location").to_owned();
    // The answer ends by itself.
    let events = get(&application, &format!("{location}/events")).await;
    assert_eq!(events.header("content-type"), "text/event-stream");
    let told = told(&events.text());
    assert!(told.len() > 1, "{}", events.text());
    assert_eq!(told.last().unwrap()["state"], "done");
    assert!(
        told.iter()
            .all(|screening| screening["id"] == told[0]["id"])
    );
    let explained = |screening: &Value| screening["progress"]["explained"].as_u64().unwrap();
    assert!(told.is_sorted_by_key(explained));
    // Who comes late is told how it ended.
    let late = get(&application, &format!("{location}/events")).await;
    assert_eq!(self::told(&late.text()).len(), 1);
    let unknown = "/api/v1/screenings/6b1f9d3e-3a4c-4d0e-9e42-0d7f9b1c2a55/events";
    get(&application, unknown).await.sentence(404);
    stop(application).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_follows_does_not_keep_the_server_from_stopping() {
    let folder = tempfile::tempdir().unwrap();
    let mut configuration = crate::support::configuration(folder.path());
    configuration.work = server::Work::Elsewhere;
    let application = server::Application::start(configuration).await.unwrap();
    let photograph = retina(1, ImageFormat::Jpeg);
    let parts = [Part::File("a.jpg", &photograph)];
    let submitted = post_to(&application, "/api/v1/screenings", &parts, &AT_ONCE).await;
    let events = format!("{}/events", submitted.header("location"));
    let followed = get(&application, &events);
    let stopped = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        application.begin_stop();
    };
    let (followed, ()) = tokio::join!(followed, stopped);
    let told = told(&followed.text());
    assert_eq!(told.len(), 1);
    assert_eq!(told[0]["state"], "queued");
    stop(application).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_failed_can_be_tried_again() {
    let folder = tempfile::tempdir().unwrap();
    let application = start(folder.path()).await;
    let photograph = retina(1, ImageFormat::Jpeg);
    let parts = [Part::File("a.jpg", &photograph)];
    let submitted = post_to(&application, "/api/v1/screenings", &parts, &AT_ONCE).await;
    let location = submitted.header("location").to_owned();
    finished(&application, &location).await;
    let retry = |path: String| {
        send(
            &application,
            request("POST", &path).body(Body::empty()).unwrap(),
        )
    };
    let refused = retry(format!("{location}/retry")).await;
    assert!(refused.sentence(409).contains("nothing"));
    let unknown = "/api/v1/screenings/6b1f9d3e-3a4c-4d0e-9e42-0d7f9b1c2a55/retry";
    retry(unknown.to_owned()).await.sentence(404);
    stop(application).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photograph_whose_files_were_lost_and_found_is_graded_when_it_is_tried_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut configuration = crate::support::configuration(folder.path());
    configuration.work = server::Work::Elsewhere;
    let front = server::Application::start(configuration).await.unwrap();
    let photograph = retina(1, ImageFormat::Jpeg);
    let parts = [Part::File("a.jpg", &photograph)];
    let submitted = post_to(&front, "/api/v1/screenings", &parts, &AT_ONCE).await;
    let location = submitted.header("location").to_owned();
    let (files, aside) = (folder.path().join("files"), folder.path().join("aside"));
    std::fs::rename(&files, &aside).unwrap();
    let worker = start(folder.path()).await;
    let failed = finished(&front, &location).await;
    assert_eq!(failed["state"], "failed");
    let page = get(&front, &location.replace("/api/v1", "")).await.text();
    assert!(page.contains("Try again what failed"));
    std::fs::remove_dir_all(&files).unwrap();
    std::fs::rename(&aside, &files).unwrap();
    let page = location.replace("/api/v1", "");
    let retry = request("POST", &format!("{page}/retry")).body(Body::empty());
    let again = send(&front, retry.unwrap()).await;
    assert_eq!(again.status.as_u16(), 303);
    assert_eq!(again.header("location"), page);
    assert_eq!(finished(&front, &location).await["state"], "done");
    let page = get(&front, &page).await.text();
    assert!(!page.contains("Try again what failed"));
    stop(worker).await;
    stop(front).await;
}
