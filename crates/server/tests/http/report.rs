//! The report of a screening, as the page and the API give it.

use image::ImageFormat;
use lopdf::Document;
use server::Application;

use crate::support::{Part, finished, get, post_to, retina, start, stop};

/// The words of a document, without anything that depends on where a line ends.
fn words(document: &[u8]) -> String {
    let document = Document::load_mem(document).unwrap();
    let pages: Vec<u32> = document.get_pages().into_keys().collect();
    let text = document.extract_text(&pages).unwrap();
    text.split_whitespace().collect()
}

/// Hands in a photograph of each eye, and does not wait for what comes of them.
async fn submitted(application: &Application) -> String {
    let photographs = [1, 2].map(|seed| retina(seed, ImageFormat::Jpeg));
    let parts = [
        Part::Text("patient", "P-77 #panic()"),
        Part::File("macula_right.jpg", &photographs[0]),
        Part::File("macula_left.jpg", &photographs[1]),
    ];
    let prefer = [("prefer", "respond-async")];
    let answer = post_to(application, "/api/v1/screenings", &parts, &prefer).await;
    assert_eq!(answer.status, 202, "{}", answer.text());
    answer.header("location").to_owned()
}

#[tokio::test]
async fn a_report_is_given_when_everything_is_done() {
    let folder = tempfile::tempdir().unwrap();
    let application = start(folder.path()).await;
    let address = submitted(&application).await;
    let report = format!("{address}/report");
    let early = get(&application, &report).await;
    assert!(early.sentence(409).contains("not finished"));
    let id = address.rsplit('/').next().unwrap().to_owned();
    let page = format!("/screenings/{id}/report.pdf");
    let early = get(&application, &page).await;
    assert_eq!(early.status, 409);
    assert!(early.header("content-type").starts_with("text/html"));

    finished(&application, &address).await;
    let shown = get(&application, &format!("/screenings/{id}")).await;
    assert!(shown.text().contains(&page), "{}", shown.text());
    // Both at once take turns.
    let letter = format!("{report}?paper=us-letter");
    let (of_page, of_api) = tokio::join!(get(&application, &page), get(&application, &letter));
    for answer in [&of_page, &of_api] {
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.header("content-type"), "application/pdf");
        assert_eq!(answer.header("cache-control"), "private, no-store");
        assert_eq!(
            answer.header("content-disposition"),
            format!("attachment; filename=\"fundoscope-report-{id}.pdf\"")
        );
        let words = words(&answer.body);
        for expected in [
            "P-77#panic()",
            "Righteye(OD)",
            "macula_left.jpg",
            "notamedicaldevice",
        ] {
            assert!(words.contains(expected), "{expected} is not in {words}");
        }
    }
    let wrong = get(&application, &format!("{report}?paper=a3")).await;
    assert!(wrong.sentence(400).contains("us-letter"));
    let unknown = "/api/v1/screenings/00000000-0000-4000-8000-000000000000/report";
    get(&application, unknown).await.sentence(404);
    get(&application, "/api/v1/screenings/x/report")
        .await
        .sentence(404);
    stop(application).await;
}
