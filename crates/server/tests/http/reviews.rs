//! Eyes, patients, and what readers say of them.

use axum::body::Body;
use image::ImageFormat;
use serde_json::{Value, json};
use server::Application;

use crate::support::{Answer, Part, finished, get, post, request, retina, send, start, stop};

async fn review(application: &Application, screening: &str, body: &Value) -> Answer {
    let request = request("POST", &format!("/api/v1/screenings/{screening}/reviews"))
        .header("content-type", "application/json")
        .body(Body::from(body.to_string()));
    send(application, request.unwrap()).await
}

async fn fill_in(application: &Application, screening: &str, form: &str) -> Answer {
    let request = request("POST", &format!("/screenings/{screening}/reviews"))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from(form.to_owned()));
    send(application, request.unwrap()).await
}

/// Two photographs of the right eye, one of the left.
async fn screened(application: &Application) -> Value {
    let photographs = [1, 2, 3].map(|seed| retina(seed, ImageFormat::Jpeg));
    let parts = [
        Part::File("macula_right.jpg", &photographs[0]),
        Part::File("disc_right.jpg", &photographs[1]),
        Part::File("macula_left.jpg", &photographs[2]),
    ];
    let answer = post(application, &parts).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    finished(application, answer.header("location")).await
}

#[tokio::test]
async fn eyes_are_joined_and_reviewed() {
    let folder = tempfile::tempdir().unwrap();
    let application = start(folder.path()).await;
    let document = screened(&application).await;
    let id = document["id"].as_str().unwrap();
    let [right, left] = document["eyes"].as_array().unwrap().as_slice() else {
        panic!("expected both eyes: {document}");
    };
    assert_eq!(
        (&right["laterality"], &right["photographs"]),
        (&json!("right"), &json!([0, 1]))
    );
    assert_eq!(
        (&left["laterality"], &left["photographs"]),
        (&json!("left"), &json!([2]))
    );
    let grade_of = |place: usize| document["results"][place]["grade"].as_u64().unwrap();
    if right["state"] == "graded" {
        let place = right["photograph"].as_u64().unwrap() as usize;
        assert_eq!(right["grade"], grade_of(place));
    }

    // Seeded networks come to any grade; the reader to one that is none of theirs.
    let other = (0..5).find(|grade| right["grade"] != json!(grade)).unwrap();
    let overruled = json!({
        "laterality": "right", "reader": "Dr. B", "verdict": "overrule", "grade": other, "reason": "venous beading",
    });
    let taken = review(&application, id, &overruled).await;
    assert_eq!(taken.status, 201, "{}", taken.text());
    assert_eq!(taken.json()["system_grade"], right["grade"]);
    let from_page = fill_in(
        &application,
        id,
        "laterality=left&reader=&verdict=ungradable&grade=&reason=",
    )
    .await;
    assert_eq!(from_page.status, 303, "{}", from_page.text());
    assert_eq!(
        from_page.header("location"),
        format!("/screenings/{id}#eyes")
    );

    let after = get(&application, &format!("/api/v1/screenings/{id}"))
        .await
        .json();
    let kept = &after["eyes"][0]["reviews"][0];
    assert_eq!(*kept, taken.json());
    assert_eq!(
        (&kept["grade"], &kept["reason"]),
        (&json!(other), &json!("venous beading"))
    );
    let ungradable = &after["eyes"][1]["reviews"][0];
    assert_eq!(
        (&ungradable["verdict"], &ungradable["reader"]),
        (&json!("ungradable"), &Value::Null)
    );
    let page = get(&application, &format!("/screenings/{id}")).await.text();
    for part in ["venous beading", "Dr. B", "Right eye (OD)", "The patient"] {
        assert!(page.contains(part), "{part}");
    }
    let monitor = get(&application, "/monitor").await.text();
    assert!(
        monitor.contains("Do the reviewers agree with it?"),
        "{monitor}"
    );
    stop(application).await;
}

#[tokio::test]
async fn reviews_that_cannot_be_taken_say_why() {
    let folder = tempfile::tempdir().unwrap();
    let application = start(folder.path()).await;
    let document = screened(&application).await;
    let id = document["id"].as_str().unwrap();
    let long = "x".repeat(2001);
    for (body, status, part) in [
        (json!({}), 422, "verdict"),
        (json!({"verdict": "maybe"}), 422, "maybe"),
        (
            json!({"verdict": "agree", "diagnosis": "none"}),
            422,
            "diagnosis",
        ),
        (
            json!({"verdict": "overrule", "laterality": "left", "grade": 9, "reason": "x"}),
            422,
            "grade",
        ),
        (
            json!({"verdict": "overrule", "laterality": "left", "reason": "x"}),
            400,
            "grade",
        ),
        (
            json!({"verdict": "overrule", "laterality": "left", "grade": 1, "reason": long}),
            400,
            "reason",
        ),
        (
            json!({"verdict": "agree", "laterality": "left", "reader": "a\u{7}b"}),
            400,
            "reader",
        ),
        (
            json!({"verdict": "agree", "laterality": "left", "grade": 3}),
            400,
            "overrules",
        ),
        (
            json!({"verdict": "ungradable", "laterality": "left", "reason": "cataract"}),
            400,
            "overrules",
        ),
        // Of every photograph it is known which eye it shows.
        (json!({"verdict": "agree"}), 404, "eye"),
    ] {
        let sentence = review(&application, id, &body).await.sentence(status);
        assert!(sentence.contains(part), "{body}: {sentence}");
    }
    let unknown = "00000000-0000-4000-8000-000000000000";
    review(&application, unknown, &json!({"verdict": "agree"}))
        .await
        .sentence(404);
    let large = json!({"verdict": "agree", "reason": "x".repeat(40_000)});
    review(&application, id, &large).await.sentence(413);
    let no_form = fill_in(&application, id, "laterality=upper&verdict=agree").await;
    assert_eq!(no_form.status, 400, "{}", no_form.text());
    assert!(no_form.header("content-type").starts_with("text/html"));
    let after = get(&application, &format!("/api/v1/screenings/{id}"))
        .await
        .json();
    assert_eq!(after["eyes"], document["eyes"]);
    stop(application).await;
}
