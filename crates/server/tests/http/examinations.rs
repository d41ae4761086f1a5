//! What is stated of an examination beside its photographs.

use image::ImageFormat;
use time::OffsetDateTime;

use crate::support::{Part, finished, get, post, retina, start, stop};

#[tokio::test]
async fn what_is_stated_of_an_examination_is_shown_everywhere() {
    let folder = tempfile::tempdir().unwrap();
    let application = start(folder.path()).await;
    let photograph = retina(1, ImageFormat::Jpeg);
    let parts = [
        Part::Text("patient", "P-17"),
        Part::Text("year_of_birth", "1961"),
        Part::Text("examined", "2026-02-27"),
        Part::Text("device", " Topcon <NW400> "),
        Part::Text("operator", "B. Operator"),
        Part::File("eye_left.jpg", &photograph),
    ];
    let answer = post(&application, &parts).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    let document = finished(&application, answer.header("location")).await;
    assert_eq!(document["year_of_birth"], 1961);
    assert_eq!(document["examined"], "2026-02-27");
    assert_eq!(document["device"], "Topcon <NW400>");
    assert_eq!(document["operator"], "B. Operator");
    let patient = document["patient_id"].as_str().unwrap();
    let history = get(&application, &format!("/api/v1/patients/{patient}")).await;
    let history = history.json();
    assert_eq!(history["year_of_birth"], 1961);
    assert_eq!(history["screenings"][0]["examined"], "2026-02-27");
    assert_eq!(history["screenings"][0]["device"], "Topcon <NW400>");
    let id = document["id"].as_str().unwrap();
    for address in [format!("/screenings/{id}"), format!("/patients/{patient}")] {
        let page = get(&application, &address).await.text();
        for part in [
            "born 1961",
            "Examined 2026-02-27",
            "Topcon &lt;NW400&gt;",
            "B. Operator",
        ] {
            assert!(page.contains(part), "{part}: {page}");
        }
    }
    let page = get(&application, "/").await.text();
    assert!(page.contains("More about this examination"));

    // The same year and none are no contradiction, another is.
    let with_year = async |year: &str| {
        let parts = [
            Part::Text("patient", "P-17"),
            Part::Text("year_of_birth", year),
            Part::File("eye_left.jpg", &photograph),
        ];
        post(&application, &parts).await
    };
    assert_eq!(with_year("1961").await.status, 201);
    let document = with_year("").await.json();
    assert_eq!(document["year_of_birth"], 1961);
    assert!(document["examined"].is_null() && document["device"].is_null());
    let sentence = with_year("1962").await.sentence(422);
    assert!(
        sentence.contains("year_of_birth") && !sentence.contains("19"),
        "{sentence}"
    );
    let list = get(&application, "/api/v1/screenings").await.json();
    assert_eq!(list["screenings"].as_array().unwrap().len(), 3);
    stop(application).await;
}

#[tokio::test]
async fn what_cannot_be_is_refused_in_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let application = start(folder.path()).await;
    let photograph = retina(1, ImageFormat::Jpeg);
    let now = OffsetDateTime::now_utc();
    let next_year = (now.year() + 1).to_string();
    let after_tomorrow = (now.date() + time::Duration::days(2)).to_string();
    let long = "x".repeat(201);
    for (field, value) in [
        ("year_of_birth", "1899"),
        ("year_of_birth", next_year.as_str()),
        ("year_of_birth", "sixty-one"),
        ("examined", after_tomorrow.as_str()),
        ("examined", "1899-12-31"),
        ("examined", "27/02/2026"),
        ("device", long.as_str()),
        ("device", "two\nlines"),
        ("operator", long.as_str()),
        ("operator", "\u{1b}[31m"),
    ] {
        let parts = [
            Part::Text("patient", "P-17"),
            Part::Text(field, value),
            Part::File("eye_left.jpg", &photograph),
        ];
        let sentence = post(&application, &parts).await.sentence(400);
        let named = sentence.starts_with(&format!("the field {field} must be"));
        assert!(named && !sentence.contains(value), "{field}: {sentence}");
    }
    let parts = [
        Part::Text("year_of_birth", "1961"),
        Part::File("eye_left.jpg", &photograph),
    ];
    let sentence = post(&application, &parts).await.sentence(400);
    assert!(
        sentence.contains("give the field patient too"),
        "{sentence}"
    );
    let list = get(&application, "/api/v1/screenings").await.json();
    assert!(list["screenings"].as_array().unwrap().is_empty());
    stop(application).await;
}
