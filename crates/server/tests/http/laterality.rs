//! The eye that a photograph shows: by who hands it in, by its optic disc, and by who looks at it.

use std::path::{Path, PathBuf};

use axum::body::Body;
use clinic::{
    Acceptance, Actor, Laterality, NewPhotograph, NewScreening, Records, SeenLaterality, Store,
};
use fundus::drawn::DrawnRetina;
use fundus::{Limits, Preparation};
use image::{DynamicImage, ImageFormat};
use serde_json::{Value, json};
use server::Application;

use crate::support::{
    Answer, Part, encode, finished, get, post, request, retina, send, start, stop,
};

const WARNING: &str = "The optic disc lies where a right eye has it, but the photograph is called a left eye: check before acting.";

/// Puts photographs on record beside the server, whose own crops are too small to show a disc.
async fn submit(
    folder: &Path,
    photographs: &[(Option<Laterality>, Option<SeenLaterality>)],
) -> String {
    let store = Store::open(folder, &Records::default()).await.unwrap();
    let bytes = retina(4, ImageFormat::Png);
    let prepared = Preparation::default()
        .prepare(&bytes, &Limits::default())
        .unwrap();
    let photographs = photographs.iter().map(|(laterality, seen)| {
        let mut facts = server::facts(&prepared, &bytes, None);
        (facts.laterality, facts.seen_laterality) = (*laterality, *seen);
        let cropped = DynamicImage::ImageRgb8(prepared.cropped.clone());
        let cropped = encode(&cropped, ImageFormat::Png);
        NewPhotograph {
            file_name: "eye.png".to_owned(),
            submission: Ok(Acceptance {
                original: store.stage_bytes(&bytes).unwrap(),
                cropped: store.stage_bytes(&cropped).unwrap(),
                standardized: store.stage_bytes(&cropped).unwrap(),
                facts,
            }),
        }
    });
    let screening = NewScreening {
        photographs: photographs.collect(),
        ..NewScreening::default()
    };
    let id = store.submit(Actor::Local, screening).await.unwrap();
    store.close().await.unwrap();
    id.to_string()
}

async fn state(application: &Application, screening: &str, place: &str, body: &Value) -> Answer {
    let path = format!("/api/v1/screenings/{screening}/photographs/{place}/laterality");
    let request = request("POST", &path)
        .header("content-type", "application/json")
        .body(Body::from(body.to_string()));
    send(application, request.unwrap()).await
}

async fn page(application: &Application, screening: &str) -> String {
    let page = get(application, &format!("/screenings/{screening}")).await;
    assert_eq!(page.status, 200);
    page.text()
}

#[tokio::test]
async fn a_disputed_eye_is_warned_of_until_somebody_states_it() {
    let folder = tempfile::tempdir().unwrap();
    let application = start(folder.path()).await;
    let on_the_right = Some(SeenLaterality {
        eye: Laterality::Right,
        confidence: 0.97,
    });
    let called = [
        (Some(Laterality::Left), on_the_right),
        (Some(Laterality::Right), on_the_right),
    ];
    let id = submit(folder.path(), &called).await;
    let document = finished(&application, &format!("/api/v1/screenings/{id}")).await;
    let result = &document["results"][0];
    assert_eq!(result["laterality"], "left");
    assert_eq!(result["laterality_seen"]["eye"], "right");
    assert_eq!(result["laterality_disputed"], true);
    assert_eq!(result["laterality_checked"], false);
    assert_eq!(document["results"][1]["laterality_disputed"], false);
    let disputed = |document: &Value| {
        let eyes = document["eyes"].as_array().unwrap().clone();
        eyes.into_iter()
            .map(|eye| {
                (
                    eye["laterality"].clone(),
                    eye["laterality_disputed"].clone(),
                )
            })
            .collect::<Vec<_>>()
    };
    let expected = vec![(json!("right"), json!(false)), (json!("left"), json!(true))];
    assert_eq!(disputed(&document), expected);
    assert_ne!(document["patient_outcome"]["decision"], "rescreen");
    let shown = page(&application, &id).await;
    // With the photograph, and with the eye.
    assert_eq!(shown.matches(WARNING).count(), 2, "{shown}");
    let address = format!("/screenings/{id}/photographs/0/laterality");
    assert!(shown.contains(&address));
    assert!(!shown.contains(&format!("/screenings/{id}/photographs/1/laterality")));

    let answer = state(&application, &id, "0", &json!({"laterality": "left"})).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let result = &answer.json()["results"][0];
    assert_eq!(result["laterality_disputed"], false);
    assert_eq!(result["laterality_checked"], true);
    assert_eq!(result["laterality_seen"]["eye"], "right");
    assert!(
        !page(&application, &id)
            .await
            .contains("The optic disc lies")
    );

    // Nothing moves from or to an eye that somebody has read.
    let review = json!({"laterality": "left", "verdict": "ungradable"});
    let request = request("POST", &format!("/api/v1/screenings/{id}/reviews"))
        .header("content-type", "application/json")
        .body(Body::from(review.to_string()));
    assert_eq!(send(&application, request.unwrap()).await.status, 201);
    for (place, eye) in [("0", "right"), ("1", "left")] {
        let refused = state(&application, &id, place, &json!({ "laterality": eye })).await;
        let sentence = refused.sentence(409);
        assert!(sentence.contains("has read this eye"), "{sentence}");
    }
    stop(application).await;
}

#[tokio::test]
async fn who_looks_at_a_photograph_states_the_eye_that_nobody_stated() {
    let folder = tempfile::tempdir().unwrap();
    let application = start(folder.path()).await;
    let photograph = retina(1, ImageFormat::Jpeg);
    let answer = post(&application, &[Part::File("eye.jpg", &photograph)]).await;
    let document = finished(&application, answer.header("location")).await;
    let id = document["id"].as_str().unwrap();
    assert!(document["results"][0]["laterality"].is_null());
    let shown = page(&application, id).await;
    assert!(shown.contains("State the eye:") && !shown.contains("check before acting"));

    let form = async |place: &str, body: &str| {
        let path = format!("/screenings/{id}/photographs/{place}/laterality");
        let request = request("POST", &path)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from(body.to_owned()));
        send(&application, request.unwrap()).await
    };
    assert_eq!(form("0", "laterality=upper").await.status, 422);
    assert_eq!(form("0", "").await.status, 422);
    assert_eq!(form("1", "laterality=left").await.status, 404);
    assert_eq!(form("one", "laterality=left").await.status, 404);
    let both = json!({"laterality": "left", "reader": "me"});
    let sentence = state(&application, id, "0", &both).await.sentence(422);
    assert!(sentence.starts_with("the field laterality must be left or right"));
    let other = json!({"laterality": "left"});
    let unknown = "6f2c7a52-3c36-4a0a-9d8e-0a4c1d6b7e01";
    assert_eq!(state(&application, unknown, "0", &other).await.status, 404);

    let stated = form("0", "laterality=left").await;
    assert_eq!(stated.status, 303);
    assert_eq!(
        stated.header("location"),
        format!("/screenings/{id}#photograph-1")
    );
    let document = get(&application, answer.header("location")).await.json();
    assert_eq!(document["results"][0]["laterality"], "left");
    assert_eq!(document["eyes"][0]["laterality"], "left");
    assert!(!page(&application, id).await.contains("State the eye:"));
    stop(application).await;
}

#[test]
fn the_disc_of_drawn_retinas_tells_the_eye_and_a_mirrored_one_the_other() {
    let mut told = 0;
    for seed in 0..8 {
        let drawn = DrawnRetina {
            seed,
            width: 800,
            height: 700,
            ..DrawnRetina::default()
        };
        let eye = server::laterality(drawn.laterality);
        let picture = DynamicImage::ImageRgb8(drawn.draw().picture);
        for (picture, is_mirrored) in [(picture.fliph(), true), (picture, false)] {
            let bytes = encode(&picture, ImageFormat::Png);
            let preparation = Preparation::default();
            let prepared = preparation.prepare(&bytes, &Limits::default()).unwrap();
            let facts = server::facts(&prepared, &bytes, Some(drawn.laterality));
            assert_eq!(facts.laterality, Some(eye), "what is stated stands");
            if let Some(seen) = facts.told_laterality() {
                told += 1;
                assert_eq!(seen != eye, is_mirrored, "seed {seed}");
                assert_eq!(facts.is_disputed(), is_mirrored);
            }
        }
    }
    assert!(told >= 8, "{told} of 16 were told");
}

/// Right and left photographs of EyePACS, whose names say the eye. Some of that set are mirrored or upside down, and say so.
#[test]
fn the_discs_of_real_pairs_tell_right_from_left() {
    let Some(folder) = std::env::var_os("FUNDOSCOPE_PHOTOGRAPHS").map(PathBuf::from) else {
        eprintln!("NOT TESTED on photographs: FUNDOSCOPE_PHOTOGRAPHS does not name their folder");
        return;
    };
    let (mut pairs, mut told, mut disputed) = (0, 0, Vec::new());
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder.join("eyepacs400"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    for right in &files {
        let name = right.file_name().unwrap().to_string_lossy().into_owned();
        let left = right.with_file_name(name.replace("_right", "_left"));
        if pairs == 24 || *right == left || !left.exists() {
            continue;
        }
        pairs += 1;
        for file in [right, &left] {
            let bytes = std::fs::read(file).unwrap();
            let eye = fundus::Laterality::from_file_name(&file.to_string_lossy());
            let prepared = Preparation::default().prepare(&bytes, &Limits::default());
            let Ok(prepared) = prepared else { continue };
            let facts = server::facts(&prepared, &bytes, eye);
            told += usize::from(facts.told_laterality().is_some());
            if facts.is_disputed() {
                disputed.push(file.file_name().unwrap().to_owned());
            }
        }
    }
    println!("{pairs} pairs: {told} told, disputed {disputed:?}");
    assert_eq!(pairs, 24);
    assert!(told >= 12, "{told} of 48 were told");
    assert!(disputed.len() <= 3, "{disputed:?}");
}
