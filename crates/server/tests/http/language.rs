//! In which language a page is, and what a report and a refusal say in another one.

use axum::body::Body;
use image::ImageFormat;
use lopdf::Document;
use server::Application;

use crate::support::{
    Answer, Part, configuration, finished, get, post_to, request, retina, send, start, stop,
};

async fn page(application: &Application, headers: &[(&str, &str)]) -> Answer {
    let mut asked = request("GET", "/worklist");
    for (name, value) in headers {
        asked = asked.header(*name, *value);
    }
    send(application, asked.body(Body::empty()).unwrap()).await
}

async fn choose(application: &Application, form: &str, headers: &[(&str, &str)]) -> Answer {
    let mut asked = request("POST", "/language");
    for (name, value) in headers {
        asked = asked.header(*name, *value);
    }
    let asked = asked.header("content-type", "application/x-www-form-urlencoded");
    send(
        application,
        asked.body(Body::from(form.to_owned())).unwrap(),
    )
    .await
}

fn is_in(answer: &Answer, tag: &str) -> bool {
    assert_eq!(answer.header("content-language"), tag);
    assert!(
        answer.header("vary").contains("cookie"),
        "{:?}",
        answer.headers
    );
    assert_eq!(answer.header("cache-control"), "private, no-store");
    answer.text().contains(&format!("<html lang=\"{tag}\">"))
}

#[tokio::test]
async fn a_page_is_in_the_language_that_was_chosen_or_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let application = start(folder.path()).await;
    assert!(is_in(&page(&application, &[]).await, "en"));
    let spanish = ("accept-language", "es-MX,es;q=0.9,en;q=0.5");
    assert!(is_in(&page(&application, &[spanish]).await, "es"));
    let english = ("cookie", "other=1; fundoscope-language=en");
    assert!(is_in(&page(&application, &[spanish, english]).await, "en"));
    let unknown = ("cookie", "fundoscope-language=xx");
    assert!(is_in(&page(&application, &[spanish, unknown]).await, "es"));
    stop(application).await;
}

#[tokio::test]
async fn the_servers_own_language_is_for_whoever_asks_for_none_of_ours() {
    let folder = tempfile::tempdir().unwrap();
    let mut configuration = configuration(folder.path());
    configuration.language = ::language::Language::Spanish;
    let application = Application::start(configuration).await.unwrap();
    assert!(is_in(&page(&application, &[]).await, "es"));
    let german = ("accept-language", "de");
    assert!(is_in(&page(&application, &[german]).await, "es"));
    let english = ("accept-language", "en-GB");
    assert!(is_in(&page(&application, &[english]).await, "en"));
    // Documents are for programs.
    let unknown = "/api/v1/screenings/00000000-0000-4000-8000-000000000000";
    let sentence = get(&application, unknown).await.sentence(404);
    assert_eq!(sentence, "there is no screening at this address");
    stop(application).await;
}

#[tokio::test]
async fn a_choice_is_kept_in_the_browser_and_leads_back() {
    let folder = tempfile::tempdir().unwrap();
    let application = start(folder.path()).await;
    let shown = page(&application, &[]).await.text();
    assert!(
        shown.contains("name=\"next\" value=\"/worklist\""),
        "{shown}"
    );
    let chosen = choose(&application, "language=es&next=/worklist", &[]).await;
    assert_eq!(chosen.status, 303);
    assert_eq!(chosen.header("location"), "/worklist");
    let cookie = chosen.header("set-cookie");
    let (cookie, attributes) = cookie.split_once(';').unwrap();
    assert!(attributes.contains("SameSite=Lax") && attributes.contains("Max-Age"));
    assert!(is_in(
        &page(&application, &[("cookie", cookie)]).await,
        "es"
    ));

    let elsewhere = choose(&application, "language=es&next=//evil.example", &[]).await;
    assert_eq!(elsewhere.header("location"), "/");
    let unknown = choose(&application, "language=xx", &[]).await;
    assert_eq!(unknown.status, 400);
    assert_eq!(unknown.header("set-cookie"), "");
    let foreign = [("sec-fetch-site", "cross-site")];
    let foreign = choose(&application, "language=es", &foreign).await;
    foreign.sentence(403);
    stop(application).await;
}

#[tokio::test]
async fn reports_and_refusals_speak_the_language_that_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let application = start(folder.path()).await;
    let empty = [Part::File("right.jpg", b"")];
    let refused = post_to(&application, "/api/v1/screenings?language=es", &empty, &[]).await;
    assert_eq!(
        refused.sentence(422),
        "right.jpg: el archivo está vacío; copie o exporte de nuevo la fotografía"
    );
    let refused = post_to(&application, "/api/v1/screenings", &empty, &[]).await;
    assert!(refused.sentence(422).contains("the file is empty"));

    let photograph = retina(1, ImageFormat::Jpeg);
    let parts = [Part::File("macula_right.jpg", &photograph)];
    let prefer = [("prefer", "respond-async")];
    let answer = post_to(&application, "/api/v1/screenings", &parts, &prefer).await;
    let address = answer.header("location").to_owned();
    finished(&application, &address).await;
    let report = get(&application, &format!("{address}/report?language=es")).await;
    assert_eq!(report.status, 200, "{}", report.text());
    let document = Document::load_mem(&report.body).unwrap();
    let text: String = document.extract_text(&[1]).unwrap();
    let text: String = text.split_whitespace().collect();
    assert!(text.contains("Cribadoderetinopatíadiabética"), "{text}");
    assert!(!text.contains("medicaldevice"), "{text}");
    let wrong = get(&application, &format!("{address}/report?language=xx")).await;
    assert!(wrong.sentence(400).contains("choose en or es"));
    stop(application).await;
}
