//! Photographs that are graded and explained.

use axum::body::Body;
use image::{DynamicImage, GenericImageView, ImageFormat};
use server::Application;

use crate::support::{
    Part, SIDE, finished, get, post, post_to, request, retina, send, start, stop,
};

#[tokio::test]
async fn photographs_are_graded_and_explained_as_the_contract_says() {
    let folder = tempfile::tempdir().unwrap();
    let application = start(folder.path()).await;
    let first = retina(1, ImageFormat::Jpeg);
    let second = retina(2, ImageFormat::Tiff);
    let parts = [
        Part::Text("patient", " P-17 "),
        Part::File("eye_left.jpg", &first),
        Part::File("folder\\second.tif", &second),
        Part::Text("laterality", ""),
    ];
    let answer = post(&application, &parts).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    assert_eq!(answer.header("content-type"), "application/json");
    let document = answer.json();
    let id = document["id"].as_str().unwrap();
    assert_eq!(
        answer.header("location"),
        format!("/api/v1/screenings/{id}")
    );
    assert_eq!(document["patient"], "P-17");
    assert_eq!(document["disclaimer"], trust::DISCLAIMER);
    assert_eq!(document["bundle"]["members"], 2);
    let results = document["results"].as_array().unwrap();
    assert_eq!(results.len(), 2);
    assert_eq!(results[0]["file"], "eye_left.jpg");
    assert_eq!(results[0]["laterality"], "left");
    assert_eq!(results[1]["file"], "second.tif");
    assert!(results[1]["laterality"].is_null());
    for result in results {
        check_result(result);
        check_pictures(&application, result).await;
    }
    let original = get(
        &application,
        results[0]["pictures"]["original"].as_str().unwrap(),
    )
    .await;
    assert_eq!(
        (original.header("content-type"), &original.body),
        ("image/jpeg", &first)
    );
    let converted = get(
        &application,
        results[1]["pictures"]["original"].as_str().unwrap(),
    )
    .await;
    assert_eq!(converted.header("content-type"), "image/png");
    assert_eq!(
        image::load_from_memory(&converted.body).unwrap(),
        image::load_from_memory(&second).unwrap()
    );

    let done = finished(&application, answer.header("location")).await;
    assert_eq!(done["state"], "done");
    assert_eq!(
        done["progress"],
        serde_json::json!({"photographs": 2, "graded": 2, "explanations": 8, "explained": 8})
    );
    let gradients = &done["results"][0]["explanations"][2];
    assert_eq!(gradients["method"], "integrated-gradients");
    assert!(
        gradients["completeness"]["relative_error"]
            .as_f64()
            .unwrap()
            >= 0.0
    );

    let page = get(&application, &format!("/screenings/{id}")).await;
    assert_eq!(page.status, 200);
    assert!(page.header("content-type").starts_with("text/html"));
    assert!(page.text().contains("eye_left.jpg"));
    assert!(get(&application, "/").await.text().contains(id));
    let list = get(&application, "/api/v1/screenings").await.json();
    assert_eq!(list["screenings"][0], done);
    stop(application).await;
}

pub fn check_result(result: &serde_json::Value) {
    assert!(result.get("error").is_none());
    assert_eq!(
        (&result["width"], &result["height"]),
        (&420.into(), &360.into())
    );
    assert!(result["field_of_view"]["radius"].as_f64().unwrap() > 100.0);
    assert!(result["quality"]["gradable"].is_boolean());
    assert!((0.0..=1.0).contains(&result["quality"]["score"].as_f64().unwrap()));
    assert!(result["quality"]["reasons"].is_array());
    let probabilities: Vec<f64> = result["probabilities"]
        .as_array()
        .unwrap()
        .iter()
        .map(|value| value.as_f64().unwrap())
        .collect();
    assert_eq!(probabilities.len(), 5);
    assert!((probabilities.iter().sum::<f64>() - 1.0).abs() < 1e-4);
    let grade = result["grade"].as_u64().unwrap() as usize;
    assert!(
        probabilities
            .iter()
            .all(|&value| value <= probabilities[grade])
    );
    let referable: f64 = probabilities[2..].iter().sum();
    assert!((result["referable"].as_f64().unwrap() - referable).abs() < 1e-4);
    let uncertainty = &result["uncertainty"];
    assert_eq!(uncertainty["std"].as_array().unwrap().len(), 5);
    let entropy: f64 = probabilities.iter().map(|value| -value * value.ln()).sum();
    assert!((uncertainty["entropy"].as_f64().unwrap() - entropy).abs() < 1e-3);
    assert!(uncertainty["mutual_information"].as_f64().unwrap() >= 0.0);
    assert!(
        ["refer", "rescreen", "unsure", "retake"].contains(&result["decision"].as_str().unwrap())
    );
    assert!(!result["reason"].as_str().unwrap().is_empty());
    check_rule(result);
    check_prediction_set(result);
    assert!(result["unfamiliarity"].as_f64().unwrap() > 0.0);
    assert_eq!(result["passes"], 8);
    let methods: Vec<&str> = result["explanations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|explanation| {
            assert_eq!(explanation["target"], grade.to_string());
            explanation["method"].as_str().unwrap()
        })
        .collect();
    assert_eq!(
        methods,
        [
            "combined",
            "grad-cam",
            "integrated-gradients",
            "guided-grad-cam"
        ]
    );
}

/// The rule is the one that leads to the decision.
fn check_rule(result: &serde_json::Value) {
    let decision = match result["rule"].as_str().unwrap() {
        "poor_quality" => "retake",
        "referable" => "refer",
        "negative" => "rescreen",
        "unfamiliar" | "uncertain" | "between_thresholds" => "unsure",
        other => panic!("{other} is no rule"),
    };
    assert_eq!(result["decision"], decision);
}

/// The set holds the most probable grade, and says how often such sets are right unless it leaves nothing out.
fn check_prediction_set(result: &serde_json::Value) {
    let set = &result["prediction_set"];
    let (lowest, highest) = (
        set["lowest"].as_u64().unwrap(),
        set["highest"].as_u64().unwrap(),
    );
    assert!((lowest..=highest).contains(&result["grade"].as_u64().unwrap()));
    let words = set["words"].as_str().unwrap();
    if (lowest, highest) == (0, 4) {
        assert_eq!(words, "any grade");
    } else {
        assert!(words.ends_with(", 90 %"), "{words}");
    }
}

async fn check_pictures(application: &Application, result: &serde_json::Value) {
    for explanation in result["explanations"].as_array().unwrap() {
        let overlay = get(application, explanation["url"].as_str().unwrap()).await;
        assert_eq!(
            (overlay.status.as_u16(), overlay.header("content-type")),
            (200, "image/png")
        );
        assert_eq!(
            image::load_from_memory(&overlay.body).unwrap().dimensions(),
            (SIDE, SIDE)
        );
        let map_url = explanation["map_url"].as_str().unwrap();
        let map = get(application, map_url).await;
        assert!(matches!(
            image::load_from_memory(&map.body).unwrap(),
            DynamicImage::ImageRgba8(_)
        ));
        let conditional = request("GET", map_url).header("if-none-match", map.header("etag"));
        let unchanged = send(application, conditional.body(Body::empty()).unwrap()).await;
        assert_eq!((unchanged.status.as_u16(), unchanged.body.len()), (304, 0));
        let other = get(application, &format!("{map_url}?palette=blue-yellow")).await;
        assert_eq!(other.status, 200);
        assert_ne!(other.header("etag"), map.header("etag"));
        let contours = get(application, &format!("{map_url}?style=contours")).await;
        assert_eq!(contours.status, 200);
        assert_ne!(contours.header("etag"), map.header("etag"));
        for wrong in ["palette=pink", "style=dots"] {
            get(application, &format!("{map_url}?{wrong}"))
                .await
                .sentence(400);
        }
    }
    for picture in ["cropped", "standardized"] {
        let answer = get(application, result["pictures"][picture].as_str().unwrap()).await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("content-type")),
            (200, "image/png")
        );
        assert_eq!(answer.header("cache-control"), "private, no-cache");
        assert_eq!(
            image::load_from_memory(&answer.body).unwrap().dimensions(),
            (SIDE, SIDE)
        );
    }
    let chart = get(application, result["uncertainty_chart"].as_str().unwrap()).await;
    assert_eq!(
        (chart.status.as_u16(), chart.header("content-type")),
        (200, "image/svg+xml")
    );
    assert!(chart.text().contains("<svg"));
}

#[tokio::test]
async fn a_client_that_prefers_not_to_wait_follows_the_location() {
    let folder = tempfile::tempdir().unwrap();
    let application = start(folder.path()).await;
    let photograph = retina(3, ImageFormat::Png);
    let parts = [
        Part::File("a.png", &photograph),
        Part::Text("laterality", "right"),
    ];
    let answer = post_to(
        &application,
        "/api/v1/screenings",
        &parts,
        &[("prefer", "wait=5, Respond-Async;x=y")],
    )
    .await;
    assert_eq!(answer.status, 202, "{}", answer.text());
    assert_eq!(answer.header("preference-applied"), "respond-async");
    let done = finished(&application, answer.header("location")).await;
    assert_eq!(done["id"], answer.json()["id"]);
    assert_eq!(done["results"][0]["laterality"], "right");
    check_result(&done["results"][0]);
    // The same photograph among others, graded in another order, gets the same numbers.
    let other = retina(4, ImageFormat::Jpeg);
    let parts = [
        Part::File("x.jpg", &other),
        Part::File("b.png", &photograph),
    ];
    let together = post(&application, &parts).await.json();
    assert_eq!(
        together["results"][1]["probabilities"],
        done["results"][0]["probabilities"]
    );
    assert_eq!(
        together["results"][1]["uncertainty"],
        done["results"][0]["uncertainty"]
    );
    stop(application).await;
}

#[tokio::test]
async fn the_form_without_javascript_leads_to_the_page() {
    let folder = tempfile::tempdir().unwrap();
    let application = start(folder.path()).await;
    let photograph = retina(5, ImageFormat::Jpeg);
    let answer = post_to(
        &application,
        "/screenings",
        &[Part::File("a.jpg", &photograph)],
        &[],
    )
    .await;
    assert_eq!(answer.status, 303, "{}", answer.text());
    assert_eq!(
        get(&application, answer.header("location")).await.status,
        200
    );
    let refused = post_to(
        &application,
        "/screenings",
        &[Part::File("notes.jpg", b"some words")],
        &[],
    )
    .await;
    assert_eq!(refused.status, 415);
    assert!(refused.header("content-type").starts_with("text/html"));
    assert!(refused.text().contains("notes.jpg"));
    stop(application).await;
}
