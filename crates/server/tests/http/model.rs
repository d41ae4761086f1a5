//! The model that answers: what is told about it, and which of its operating points decides.

use image::ImageFormat;
use server::Application;
use trust::{DISCLAIMER, OperatingPointName};

use crate::support::{Part, configuration, get, post, retina, start, stop};

#[tokio::test]
async fn the_page_about_the_model_says_which_operating_point_decides_and_what_is_promised() {
    let folder = tempfile::tempdir().unwrap();
    let application = start(folder.path()).await;
    let answer = get(&application, "/bundle").await;
    assert_eq!(answer.status, 200);
    assert!(answer.header("content-type").starts_with("text/html"));
    let html = answer.text();
    for expected in [
        "75 % (65 to 80)",
        "85 % (75 to 90)",
        "temperature scaling, 1.50",
        "nine in ten",
        "20 photographs",
        DISCLAIMER,
    ] {
        assert!(html.contains(expected), "{expected} is missing");
    }
    assert!(deciding_row(&html).contains("Balanced"));
    assert!(
        get(&application, "/")
            .await
            .text()
            .contains("href=\"/bundle\""),
        "every page leads there"
    );
    stop(application).await;
}

#[tokio::test]
async fn the_operating_point_that_was_asked_for_decides() {
    let folder = tempfile::tempdir().unwrap();
    let mut configuration = configuration(folder.path());
    let manifest = &mut configuration.bundle.manifest;
    let point = manifest
        .operating_points
        .iter()
        .find(|point| point.name == OperatingPointName::HighSpecificity)
        .unwrap();
    manifest.policy = point.policy;
    let application = Application::start(configuration).await.unwrap();
    let html = get(&application, "/bundle").await.text();
    assert!(deciding_row(&html).contains("High specificity"));
    let photograph = retina(21, ImageFormat::Jpeg);
    let document = post(&application, &[Part::File("a.jpg", &photograph)])
        .await
        .json();
    let result = &document["results"][0];
    assert_eq!(
        result["rule"] == "referable",
        result["referable"].as_f64().unwrap() >= 0.8,
        "{result}"
    );
    stop(application).await;
}

#[tokio::test]
async fn the_page_about_drift_says_that_few_photographs_say_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let application = start(folder.path()).await;
    let answer = get(&application, "/monitor").await;
    assert_eq!(answer.status, 200);
    let html = answer.text();
    assert!(html.contains("Too few photographs to say"), "{html}");
    assert!(!html.contains("As before"), "{html}");
    assert!(html.contains("0 photographs screened lately, 60 validation photographs"));
    assert!(html.contains(DISCLAIMER));
    stop(application).await;
}

/// The one row of the table that is marked.
fn deciding_row(html: &str) -> &str {
    let rows: Vec<&str> = html
        .split("<tr")
        .filter(|row| row.contains("data-decides"))
        .collect();
    assert_eq!(rows.len(), 1, "one row decides");
    rows[0]
}
