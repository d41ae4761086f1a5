//! Files that are no photographs, and requests that are wrong.

use std::fs;
use std::path::{Path, PathBuf};

use axum::body::Body;
use image::{DynamicImage, ImageFormat, RgbImage};

use crate::screening::check_result;
use crate::support::{Part, encode, get, post, post_to, request, retina, send, start, stop};

fn bad_files() -> Vec<(&'static str, Vec<u8>, u16)> {
    let jpeg = retina(6, ImageFormat::Jpeg);
    let one_pixel = encode(
        &DynamicImage::ImageRgb8(RgbImage::new(1, 1)),
        ImageFormat::Png,
    );
    let stripes = RgbImage::from_fn(300, 200, |x, y| {
        image::Rgb([(x * 7 % 256) as u8, (y * 5 % 256) as u8, 128])
    });
    vec![
        ("empty.jpg", Vec::new(), 422),
        ("text.jpg", b"These are words, not a picture.".to_vec(), 415),
        ("truncated.jpg", jpeg[..jpeg.len() / 2].to_vec(), 422),
        ("pixel.png", one_pixel, 422),
        ("huge.png", huge_png_header(), 413),
        (
            "stripes.png",
            encode(&DynamicImage::ImageRgb8(stripes), ImageFormat::Png),
            422,
        ),
        ("large.jpg", vec![0; (2 << 20) + 1], 413),
    ]
}

/// The beginning of a PNG that promises 60000 x 60000 pixels.
fn huge_png_header() -> Vec<u8> {
    let mut png = encode(
        &DynamicImage::ImageRgb8(RgbImage::new(1, 1)),
        ImageFormat::Png,
    );
    png[16..20].copy_from_slice(&60_000_u32.to_be_bytes());
    png[20..24].copy_from_slice(&60_000_u32.to_be_bytes());
    let checksum = crc32(&png[12..29]);
    png[29..33].copy_from_slice(&checksum.to_be_bytes());
    png
}

/// CRC-32 as PNG has it (ISO 3309).
fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, &byte: &u8| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| {
            if crc & 1 == 1 {
                (crc >> 1) ^ 0xEDB8_8320
            } else {
                crc >> 1
            }
        })
    };
    !bytes.iter().fold(u32::MAX, step)
}

#[tokio::test]
async fn every_bad_file_is_named_in_a_sentence_and_nothing_is_stored() {
    let folder = tempfile::tempdir().unwrap();
    let application = start(folder.path()).await;
    for (name, bytes, status) in bad_files() {
        let sentence = post(&application, &[Part::File(name, &bytes)])
            .await
            .sentence(status);
        assert!(sentence.starts_with(&format!("{name}: ")), "{sentence}");
        assert!(
            sentence.len() < 300 && !sentence.contains('\n'),
            "{sentence}"
        );
    }
    let files = bad_files();
    let parts: Vec<Part<'_>> = files[..4]
        .iter()
        .map(|(name, bytes, _)| Part::File(name, bytes))
        .collect();
    let refused = post(&application, &parts).await;
    refused.sentence(422);
    let errors = refused.json()["errors"].clone();
    let named: Vec<&str> = errors
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["file"].as_str().unwrap())
        .collect();
    assert_eq!(
        named,
        ["empty.jpg", "text.jpg", "truncated.jpg", "pixel.png"]
    );

    let list = get(&application, "/api/v1/screenings").await.json();
    assert_eq!(list["screenings"].as_array().unwrap().len(), 0);
    assert!(files_below(&folder.path().join("files")).is_empty());
    stop(application).await;
}

#[tokio::test]
async fn one_bad_file_does_not_spoil_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let application = start(folder.path()).await;
    let good = retina(7, ImageFormat::Jpeg);
    for (name, bytes, _) in bad_files() {
        let answer = post(
            &application,
            &[Part::File(name, &bytes), Part::File("good.jpg", &good)],
        )
        .await;
        assert_eq!(answer.status, 201, "{name}: {}", answer.text());
        let results = answer.json()["results"].clone();
        assert_eq!(results[0]["file"], name);
        assert!(results[0]["error"].as_str().unwrap().len() > 10, "{name}");
        assert!(results[0].get("grade").is_none());
        check_result(&results[1]);
        let picture = format!("{}/photographs/0/cropped", answer.header("location"));
        get(&application, &picture).await.sentence(404);
    }
    stop(application).await;
}

#[tokio::test]
async fn bad_requests_get_a_sentence_and_the_right_status() {
    let folder = tempfile::tempdir().unwrap();
    let application = start(folder.path()).await;
    let photograph = retina(8, ImageFormat::Jpeg);
    let image = || Part::File("a.jpg", &photograph);
    assert!(
        post(&application, &[Part::Text("patient", "P")])
            .await
            .sentence(400)
            .contains("image")
    );
    assert!(
        post(&application, &[Part::File("", b"")])
            .await
            .sentence(400)
            .contains("image")
    );
    assert!(
        post(&application, &[Part::Text("laterality", "up"), image()])
            .await
            .sentence(400)
            .contains("laterality")
    );
    let long = "p".repeat(201);
    assert!(
        post(&application, &[Part::Text("patient", &long), image()])
            .await
            .sentence(400)
            .contains("patient")
    );
    post(&application, &[image(), image(), image(), image(), image()])
        .await
        .sentence(413);
    let filler = vec![0_u8; (2 << 20) - 10];
    let large: Vec<Part<'_>> = (0..4).map(|_| Part::File("f.jpg", &filler)).collect();
    post(&application, &large).await.sentence(413);

    let path = "/api/v1/screenings";
    let json = request("POST", path).header("content-type", "application/json");
    send(&application, json.body(Body::from("{}")).unwrap())
        .await
        .sentence(415);
    let untyped = request("POST", path).body(Body::from("x")).unwrap();
    send(&application, untyped).await.sentence(415);
    for body in [
        "",
        "no form at all",
        "--b\r\nContent-Disposition: form-data; name=\"image\"\r\n\r\ncut off",
    ] {
        let broken =
            request("POST", path).header("content-type", "multipart/form-data; boundary=b");
        send(&application, broken.body(Body::from(body)).unwrap())
            .await
            .sentence(400);
    }
    let unbounded = request("POST", path).header("content-type", "multipart/form-data");
    send(&application, unbounded.body(Body::empty()).unwrap())
        .await
        .sentence(400);
    let foreign = post_to(
        &application,
        path,
        &[image()],
        &[("origin", "http://elsewhere.example")],
    )
    .await;
    foreign.sentence(403);

    let unknown = "/api/v1/screenings/00000000-0000-4000-8000-000000000000";
    for missing in [
        unknown,
        "/api/v1/screenings/x",
        "/nothing",
        "/api/v1/",
        "/assets/none.css",
        "/assets/..%2fCargo.toml",
    ] {
        get(&application, missing).await.sentence(404);
    }
    for picture in [
        "original",
        "cropped",
        "referral.svg",
        "explanations/grad-cam",
        "explanations/none/map",
    ] {
        get(&application, &format!("{unknown}/photographs/0/{picture}"))
            .await
            .sentence(404);
        get(&application, &format!("{unknown}/photographs/-1/{picture}"))
            .await
            .sentence(404);
    }
    let deleted = send(
        &application,
        request("DELETE", path).body(Body::empty()).unwrap(),
    )
    .await;
    deleted.sentence(405);
    assert!(deleted.header("allow").contains("POST"));
    assert!(files_below(&folder.path().join("files")).is_empty());
    stop(application).await;
}

/// Paths of all files below a folder.
fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_below(&path));
        } else {
            found.push(path);
        }
    }
    found
}
