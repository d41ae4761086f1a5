//! Neither logs nor metrics nor addresses say whose photograph it was.

#![allow(clippy::unwrap_used, reason = "a test may stop")]

mod support;

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use axum::body::Body;
use image::ImageFormat;
use support::{Part, finished, get, post, request, retina, send, start, stop};
use tracing_subscriber::fmt::MakeWriter;

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Log;

    fn make_writer(&self) -> Log {
        self.clone()
    }
}

#[tokio::test]
async fn logs_metrics_and_addresses_hold_opaque_identifiers_only() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(log.clone())
        .finish();
    tracing::subscriber::set_global_default(subscriber).unwrap();

    let folder = tempfile::tempdir().unwrap();
    let application = start(folder.path()).await;
    let photograph = retina(1, ImageFormat::Jpeg);
    let parts = [
        Part::Text("patient", "Wilhelmina"),
        Part::File("Mustermann_left.jpg", &photograph),
        Part::File("Mustermann_notes.jpg", b"words"),
    ];
    let answer = post(&application, &parts).await;
    assert_eq!(answer.status, 201);
    let done = finished(&application, answer.header("location")).await;
    post(
        &application,
        &[Part::File("Mustermann_again.jpg", b"words")],
    )
    .await
    .sentence(415);

    // Whom one looks for is as secret as whom one screens.
    let form = request("POST", "/worklist")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from("patient=Wilhelmina"));
    let searched = send(&application, form.unwrap()).await;
    assert_eq!(searched.status, 303);
    let worklist = get(&application, searched.header("location")).await;
    assert!(worklist.text().contains("Wilhelmina"));

    let metrics = get(&application, "/metrics").await;
    assert!(
        metrics
            .header("content-type")
            .starts_with("application/openmetrics-text")
    );
    let metrics = metrics.text();
    let (grade, decision) = (
        &done["results"][0]["grade"],
        done["results"][0]["decision"].as_str().unwrap(),
    );
    let id = done["id"].as_str().unwrap();
    for line in [
        format!("fundoscope_photographs_total{{grade=\"{grade}\",decision=\"{decision}\"}} 1"),
        "fundoscope_photographs_refused_total 2".to_owned(),
        "fundoscope_queue_photographs 0".to_owned(),
        "fundoscope_queue_explanations 0".to_owned(),
        "fundoscope_grading_duration_seconds_count 1".to_owned(),
        "fundoscope_http_requests_total{method=\"POST\",route=\"/api/v1/screenings\",status=\"201\"} 1".to_owned(),
    ] {
        assert!(metrics.contains(&line), "{line} is missing in\n{metrics}");
    }
    assert!(!metrics.contains(id));
    stop(application).await;

    let logged = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(logged.contains(id), "{logged}");
    let addresses = done["results"][0]["pictures"].to_string()
        + &done["results"][0]["explanations"].to_string()
        + searched.header("location");
    for secret in ["Wilhelmina", "Mustermann", "_left"] {
        for (what, text) in [
            ("the log", &logged),
            ("the metrics", &metrics),
            ("an address", &addresses),
        ] {
            assert!(!text.contains(secret), "{what} holds {secret}");
        }
    }
}
