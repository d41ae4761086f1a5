//! The model that answers: what is told about it, and which of its operating points decides.

use image::ImageFormat;
use server::{Application, Work};
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

/// Of an answer that was given before the bundle was exchanged.
#[tokio::test]
async fn an_answer_of_another_bundle_is_not_measured_by_this_ones_validation() {
    let folder = tempfile::tempdir().unwrap();
    let mut earlier = configuration(folder.path());
    // Whatever the drawing is worth, its page is that of a photograph with a grade.
    earlier.bundle.manifest.policy.minimum_quality = 0.0;
    let application = Application::start(earlier).await.unwrap();
    let photograph = retina(22, ImageFormat::Jpeg);
    let document = post(&application, &[Part::File("a.jpg", &photograph)])
        .await
        .json();
    let page = format!("/screenings/{}", document["id"].as_str().unwrap());
    let chart = document["results"][0]["uncertainty_chart"]
        .as_str()
        .unwrap();
    assert_eq!(get(&application, chart).await.status, 200);
    let html = get(&application, &page).await.text();
    assert!(html.contains("referral.svg"), "{html}");
    let monitor = get(&application, "/monitor").await.text();
    assert!(monitor.contains("1 photograph screened lately"));
    stop(application).await;

    let mut later = configuration(folder.path());
    later.work = Work::Elsewhere;
    let application = Application::start(later).await.unwrap();
    let sentence = get(&application, chart).await.sentence(404);
    assert!(sentence.contains("another model bundle"), "{sentence}");
    let html = get(&application, &page).await.text();
    assert!(!html.contains("referral.svg"), "{html}");
    let monitor = get(&application, "/monitor").await.text();
    assert!(monitor.contains("0 photographs screened lately"));
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
