//! The worklist, patients, second readings and statistics.

use axum::body::Body;
use image::ImageFormat;
use serde_json::{Value, json};
use server::Application;

use crate::support::{Answer, Part, finished, get, post, request, retina, send, start, stop};

/// A patient's two eyes, graded.
async fn screened(application: &Application, patient: &str, seed: u64) -> Value {
    let photographs = [seed, seed + 1].map(|seed| retina(seed, ImageFormat::Jpeg));
    let parts = [
        Part::Text("patient", patient),
        Part::File("macula_right.jpg", &photographs[0]),
        Part::File("macula_left.jpg", &photographs[1]),
    ];
    let answer = post(application, &parts).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    finished(application, answer.header("location")).await
}

async fn search(application: &Application, path: &str, patient: &[u8]) -> Answer {
    let request = request("GET", path).header("patient-search", patient);
    send(application, request.body(Body::empty()).unwrap()).await
}

async fn fill_in(application: &Application, path: &str, form: &str) -> Answer {
    let request = request("POST", path).header("content-type", "application/x-www-form-urlencoded");
    send(
        application,
        request.body(Body::from(form.to_owned())).unwrap(),
    )
    .await
}

/// What a reader says of the right eye, other than the system.
async fn read(application: &Application, screening: &Value, reader: &str, grade: u64) {
    let id = screening["id"].as_str().unwrap();
    let body = match screening["eyes"][0]["grade"] == json!(grade) {
        true => json!({"laterality": "right", "reader": reader, "verdict": "agree"}),
        false => json!({
            "laterality": "right", "reader": reader, "verdict": "overrule", "grade": grade, "reason": "seen",
        }),
    };
    let request = request("POST", &format!("/api/v1/screenings/{id}/reviews"))
        .header("content-type", "application/json")
        .body(Body::from(body.to_string()));
    let answer = send(application, request.unwrap()).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
}

fn ids(document: &Value) -> Vec<&str> {
    let lines = document["screenings"].as_array().unwrap();
    lines
        .iter()
        .map(|line| line["id"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn a_day_is_listed_found_and_counted() {
    let folder = tempfile::tempdir().unwrap();
    let application = start(folder.path()).await;
    let empty = get(&application, "/worklist").await;
    assert!(
        empty.text().contains("data-first-steps"),
        "{}",
        empty.text()
    );
    let first = screened(&application, "Wilhelmina Ä", 1).await;
    let second = screened(&application, "Käthe", 3).await;

    let all = get(&application, "/api/v1/worklist?sort=received")
        .await
        .json();
    assert_eq!(all["total"], 2);
    assert_eq!(
        ids(&all),
        [
            first["id"].as_str().unwrap(),
            second["id"].as_str().unwrap()
        ]
    );
    assert!(
        all["disclaimer"]
            .as_str()
            .unwrap()
            .contains("not a medical device")
    );
    let line = &all["screenings"][0];
    assert_eq!(line["patient"], "Wilhelmina Ä");
    assert_eq!(
        line["photographs"],
        json!({"right": 1, "left": 1, "eye_not_stated": 0, "rejected": 0})
    );
    assert_eq!(
        (&line["state"], &line["reading"]),
        (&json!("done"), &json!("not-read"))
    );
    let decision = first["patient_outcome"]["decision"]
        .as_str()
        .unwrap_or("no-all-clear");
    assert_eq!(line["decision"], decision);
    let falling = get(
        &application,
        "/api/v1/worklist?sort=received&order=descending",
    )
    .await;
    assert_eq!(ids(&falling.json())[0], second["id"].as_str().unwrap());
    let waiting = get(&application, "/api/v1/worklist?state=waiting")
        .await
        .json();
    assert_eq!((ids(&waiting).len(), &waiting["next"]), (0, &Value::Null));

    let found = search(&application, "/api/v1/worklist", "HELMINA ä".as_bytes()).await;
    assert_eq!(ids(&found.json()), [first["id"].as_str().unwrap()]);

    // From the page's form to an address that does not say who is looked for.
    let sent_on = fill_in(
        &application,
        "/worklist",
        "patient=+K%C3%A4the&reading=not-read&state=",
    )
    .await;
    assert_eq!(sent_on.status, 303, "{}", sent_on.text());
    let address = sent_on.header("location").to_owned();
    assert!(
        address.starts_with("/worklist?reading=not-read&search="),
        "{address}"
    );
    assert!(
        !address.contains("the") && !address.contains("K%"),
        "{address}"
    );
    let page = get(&application, &address).await.text();
    assert!(
        page.contains("Käthe") && !page.contains("Wilhelmina"),
        "{page}"
    );
    assert!(page.contains("1 screening found"), "{page}");

    let patient = line["patient_id"].as_str().unwrap();
    let history = get(&application, &format!("/api/v1/patients/{patient}"))
        .await
        .json();
    assert_eq!(
        (&history["identifier"], &history["screenings"][0]["id"]),
        (&json!("Wilhelmina Ä"), &first["id"])
    );
    assert_eq!(history["screenings"][0]["eyes"], first["eyes"]);
    let page = get(&application, &format!("/patients/{patient}"))
        .await
        .text();
    for part in [
        "Wilhelmina Ä",
        "Right eye (OD)",
        "/photographs/0/cropped",
        "<svg xmlns",
        "Not read",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let of_screening = get(
        &application,
        &format!("/screenings/{}", first["id"].as_str().unwrap()),
    )
    .await;
    assert!(
        of_screening
            .text()
            .contains(&format!("/patients/{patient}"))
    );

    let statistics = get(&application, "/api/v1/statistics").await.json();
    assert_eq!(statistics["screenings"], 2);
    assert_eq!(statistics["seconds_to_answer"]["screenings"], 2);
    let page = get(&application, "/statistics?from=2026-01-01&to=").await;
    assert_eq!(page.status, 200);
    assert!(
        page.text().contains("Screenings by decision"),
        "{}",
        page.text()
    );
    let none = get(
        &application,
        "/api/v1/statistics?from=1980-01-01&to=1980-12-31",
    )
    .await
    .json();
    assert_eq!(none["screenings"], 0);
    stop(application).await;
}

#[tokio::test]
async fn a_second_reader_is_not_shown_what_the_first_one_said() {
    let folder = tempfile::tempdir().unwrap();
    let application = start(folder.path()).await;
    let screening = screened(&application, "P-1", 1).await;
    let id = screening["id"].as_str().unwrap();
    read(&application, &screening, "Dr. First", 3).await;
    let page = get(&application, &format!("/screenings/{id}")).await.text();
    let (_, card) = page.split_once("data-eye=\"right\"").unwrap();
    let (before, folded) = card
        .split_once("<details class=\"blind\" data-blind=\"dr. first\">")
        .unwrap();
    let (folded, after) = folded.split_once("</details>").unwrap();
    let (after, _) = after.split_once("</article>").unwrap();
    assert!(
        folded.contains("Dr. First") && folded.contains("Read by one reader"),
        "{folded}"
    );
    assert!(!before.contains("Dr. First") && !after.contains("Dr. First"));
    let worklist = get(&application, "/api/v1/worklist").await.json();
    assert_eq!(
        worklist["screenings"][0]["reading"], "not-read",
        "the left eye is not"
    );

    read(&application, &screening, "Dr. Second", 4).await;
    let document = get(&application, &format!("/api/v1/screenings/{id}"))
        .await
        .json();
    let right = &document["eyes"][0]["reading"];
    assert_eq!(
        *right,
        json!({"state": "differ", "readers": 2, "gradable": null, "grade": null})
    );
    let differ = get(&application, "/api/v1/worklist?reading=differ")
        .await
        .json();
    assert_eq!(
        (&differ["total"], &differ["screenings"][0]["priority"]),
        (&json!(1), &json!("first"))
    );
    let page = get(&application, &format!("/screenings/{id}")).await.text();
    assert!(page.contains("Readers differ") && page.contains("A third reader settles it"));

    read(&application, &screening, "Dr. Third", 4).await;
    let document = get(&application, &format!("/api/v1/screenings/{id}"))
        .await
        .json();
    let right = &document["eyes"][0]["reading"];
    assert_eq!(
        *right,
        json!({"state": "settled", "readers": 3, "gradable": true, "grade": 4})
    );
    let statistics = get(&application, "/api/v1/statistics").await.json();
    let between = &statistics["between_readers"];
    assert_eq!(
        (&between["pairs"], &between["equal"]),
        (&json!(1), &json!(0))
    );
    stop(application).await;
}

#[tokio::test]
async fn what_cannot_be_asked_for_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let application = start(folder.path()).await;
    for (query, part) in [
        ("state=sleeping", "waiting, working, failed, done"),
        ("decision=x", "refer"),
        ("reading=x", "not-read"),
        ("grade=7", "0 to 4"),
        ("from=26-01-01", "2026-01-31"),
        ("from=99999-01-01", "2026-01-31"),
        ("to=1969-12-31", "2026-01-31"),
        ("from=2026-02-02&to=2026-02-01", "before the first"),
        ("sort=colour", "priority"),
        ("order=up", "ascending"),
        ("after=x", "first page"),
        ("after=1.1&before=1.1", "not both"),
        ("after=1.1&sort=patient", "first page"),
        ("after=patient.1", "first page"),
        ("patient=Wilhelmina", "patient"),
        ("search=0d6bd8f2-5a43-4a9e-a3bb-c86a3a2de1ff", "header"),
    ] {
        let sentence = get(&application, &format!("/api/v1/worklist?{query}"))
            .await
            .sentence(400);
        assert!(
            sentence.contains(part) && !sentence.contains("Wilhelmina"),
            "{query}: {sentence}"
        );
        let page = get(&application, &format!("/worklist?{query}")).await;
        let expected = if query.starts_with("search") {
            404
        } else {
            400
        };
        assert_eq!(page.status, expected, "{query}");
    }
    search(&application, "/api/v1/worklist", b"\xff\xfe")
        .await
        .sentence(400);
    search(&application, "/api/v1/worklist", "x".repeat(201).as_bytes())
        .await
        .sentence(400);
    let long = format!("patient={}", "x".repeat(201));
    assert_eq!(fill_in(&application, "/worklist", &long).await.status, 400);
    let huge = format!("patient={}", "x".repeat(10_000));
    assert_eq!(fill_in(&application, "/worklist", &huge).await.status, 413);
    assert_eq!(
        fill_in(&application, "/worklist", "sort=colour")
            .await
            .status,
        400
    );
    for address in [
        "/api/v1/patients/P-1",
        "/api/v1/patients/00000000-0000-4000-8000-000000000000",
    ] {
        get(&application, address).await.sentence(404);
    }
    assert_eq!(get(&application, "/patients/P-1").await.status, 404);
    get(&application, "/api/v1/statistics?from=never")
        .await
        .sentence(400);
    assert_eq!(get(&application, "/statistics?to=never").await.status, 400);
    stop(application).await;
}
