//! The eye that a photograph shows: by who hands it in, by its optic disc, and by who looks at it.

use std::path::{Path, PathBuf};

use axum::body::Body;
use clinic::{
    Acceptance, Actor, Laterality, NewPhotograph, NewScreening, Records, SeenLaterality, Store,
};
use fundus::drawn::DrawnRetina;
use fundus::{Limits, Preparation};
use image::{DynamicImage, ImageFormat, RgbImage};
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
    let photographs = (4..).zip(photographs).map(|(seed, (laterality, seen))| {
        let bytes = retina(seed, ImageFormat::Png);
        let prepared = Preparation::default()
            .prepare(&bytes, &Limits::default())
            .unwrap();
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

/// A picture in a DICOM file of explicit value representations, with elements of group 0008 and 0020 before it, in their order.
fn dicom(picture: &RgbImage, elements: &[(u16, u16, &str, &str)]) -> Vec<u8> {
    fn element(group: u16, number: u16, kind: &str, value: &[u8]) -> Vec<u8> {
        let padding: &[u8] = match (value.len() % 2, kind) {
            (0, _) => b"",
            (_, "UI") => b"\0",
            _ => b" ",
        };
        let length = value.len() + padding.len();
        let length = match kind {
            "OB" => [&[0, 0][..], &(length as u32).to_le_bytes()].concat(),
            _ => (length as u16).to_le_bytes().to_vec(),
        };
        let tag = [group.to_le_bytes(), number.to_le_bytes()].concat();
        [&tag, kind.as_bytes(), &length, value, padding].concat()
    }
    let number = |number: u16, value: u16| element(0x28, number, "US", &value.to_le_bytes());
    let meta = element(2, 0x10, "UI", b"1.2.840.10008.1.2.1");
    let mut file = [&[0; 128][..], b"DICM"].concat();
    file.extend(element(2, 0, "UL", &(meta.len() as u32).to_le_bytes()));
    file.extend(meta);
    for (group, number, kind, value) in elements {
        file.extend(element(*group, *number, kind, value.as_bytes()));
    }
    let (columns, rows) = picture.dimensions();
    file.extend(number(0x02, 3));
    file.extend(element(0x28, 0x04, "CS", b"RGB"));
    file.extend(number(0x06, 0));
    file.extend(number(0x10, rows as u16));
    file.extend(number(0x11, columns as u16));
    file.extend(number(0x100, 8));
    file.extend(number(0x101, 8));
    file.extend(number(0x102, 7));
    file.extend(number(0x103, 0));
    file.extend(element(0x7FE0, 0x10, "OB", picture.as_raw()));
    file
}

#[tokio::test]
async fn a_file_that_names_the_eye_is_believed_and_warned_of_where_another_is_stated() {
    let folder = tempfile::tempdir().unwrap();
    let application = start(folder.path()).await;
    let drawn = image::load_from_memory(&retina(1, ImageFormat::Png)).unwrap();
    let header = [
        (0x08, 0x22, "DA", "20260131"),
        (0x08, 0x1090, "LO", "Drawn Camera 3"),
        (0x10, 0x10, "PN", "Secret^Name"),
        (0x20, 0x62, "CS", "R"),
    ];
    let file = dicom(&drawn.into_rgb8(), &header);
    let upload = async |parts: &[Part<'_>]| {
        let answer = post(&application, parts).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
        finished(&application, answer.header("location")).await
    };

    let document = upload(&[Part::File("IM0001", &file)]).await;
    let result = &document["results"][0];
    assert_eq!(result["laterality"], "right");
    assert_eq!(result["laterality_recorded"], "right");
    assert_eq!(result["laterality_disputed"], false);
    assert_eq!(document["examined"], "2026-01-31");
    assert_eq!(document["device"], "Drawn Camera 3");
    assert!(!document.to_string().contains("Secret"));

    // The browser is shown a picture, not the file.
    let original = get(
        &application,
        result["pictures"]["original"].as_str().unwrap(),
    )
    .await;
    assert_eq!(original.header("content-type"), "image/png");
    assert!(!original.body.windows(6).any(|bytes| bytes == b"Secret"));

    let parts = [
        Part::Text("laterality", "left"),
        Part::Text("device", "Another"),
        Part::File("IM0001.dcm", &file),
    ];
    for parts in [&parts[..], &[Part::File("IM0001_left.dcm", &file)]] {
        let document = upload(parts).await;
        let result = &document["results"][0];
        assert_eq!(result["laterality"], "left");
        assert_eq!(result["laterality_recorded"], "right");
        assert_eq!(result["laterality_disputed"], true);
        assert_ne!(document["patient_outcome"]["decision"], "rescreen");
        let id = document["id"].as_str().unwrap();
        let warning = "The header of the file says right eye, but the photograph is called a left eye: check before acting.";
        assert!(page(&application, id).await.contains(warning));

        let answer = state(&application, id, "0", &json!({"laterality": "right"})).await;
        let result = &answer.json()["results"][0];
        assert_eq!(result["laterality"], "right");
        assert_eq!(result["laterality_disputed"], false);
        assert!(
            !page(&application, id)
                .await
                .contains("The header of the file")
        );
    }
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
