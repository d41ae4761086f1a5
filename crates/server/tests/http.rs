//! What a client of the API and a reader of the pages notice.

#![allow(clippy::unwrap_used, reason = "a test may stop")]

mod support;

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};

use axum::body::Body;
use image::{DynamicImage, GenericImageView, ImageFormat, RgbImage};
use server::{Application, Server, ServerError};
use support::{
    Part, SIDE, configuration, encode, finished, get, post, post_to, request, retina, send, start,
    stop,
};

#[tokio::test]
async fn photographs_are_graded_and_explained_as_the_contract_says() {
    let folder = tempfile::tempdir().unwrap();
    let application = start(folder.path());
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
        serde_json::json!({"photographs": 2, "graded": 2, "explanations": 6, "explained": 6})
    );
    let gradients = &done["results"][0]["explanations"][1];
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
    stop(application);
}

fn check_result(result: &serde_json::Value) {
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
        ["grad-cam", "integrated-gradients", "guided-grad-cam"]
    );
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
        get(application, &format!("{map_url}?palette=pink"))
            .await
            .sentence(400);
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
    let application = start(folder.path());
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
    stop(application);
}

#[tokio::test]
async fn the_form_without_javascript_leads_to_the_page() {
    let folder = tempfile::tempdir().unwrap();
    let application = start(folder.path());
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
    stop(application);
}

/// Every bad file of the list, with the status it deserves.
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
    let application = start(folder.path());
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
    stop(application);
}

#[tokio::test]
async fn one_bad_file_does_not_spoil_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let application = start(folder.path());
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
    stop(application);
}

#[tokio::test]
async fn bad_requests_get_a_sentence_and_the_right_status() {
    let folder = tempfile::tempdir().unwrap();
    let application = start(folder.path());
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
    stop(application);
}

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    let folder = tempfile::tempdir().unwrap();
    let application = start(folder.path());
    let elsewhere = axum::http::Request::builder()
        .uri("/")
        .header("host", "evil.example")
        .body(Body::empty())
        .unwrap();
    let misdirected = send(&application, elsewhere).await;
    misdirected.sentence(421);
    let mut answers = vec![misdirected];
    for path in [
        "/",
        "/healthz",
        "/readyz",
        "/metrics",
        "/nothing",
        "/api/openapi.json",
        "/assets/style.css",
    ] {
        answers.push(get(&application, path).await);
    }
    answers.push(post(&application, &[Part::File("a.jpg", b"")]).await);
    for answer in answers {
        let policy = answer.header("content-security-policy");
        for rule in [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "connect-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        ] {
            assert!(policy.contains(rule), "{policy}");
        }
        assert!(!policy.contains("unsafe"));
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
        assert_eq!(answer.header("cross-origin-resource-policy"), "same-origin");
        assert_eq!(answer.header("cross-origin-opener-policy"), "same-origin");
        assert!(!answer.header("cache-control").is_empty());
    }
    stop(application);
}

#[tokio::test]
async fn a_restart_keeps_results_and_goes_on_with_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    let application = start(folder.path());
    let photographs: Vec<Vec<u8>> = (10..13)
        .map(|seed| retina(seed, ImageFormat::Jpeg))
        .collect();
    let finished_one = post(&application, &[Part::File("done.jpg", &photographs[0])]).await;
    let before = finished(&application, finished_one.header("location")).await;
    let parts: Vec<Part<'_>> = photographs
        .iter()
        .map(|bytes| Part::File("later.jpg", bytes))
        .collect();
    let later = post_to(
        &application,
        "/api/v1/screenings",
        &parts,
        &[("prefer", "respond-async")],
    )
    .await;
    assert_eq!(later.status, 202);
    stop(application);

    let application = start(folder.path());
    let after = get(&application, finished_one.header("location"))
        .await
        .json();
    assert_eq!(after, before);
    let url = after["results"][0]["explanations"][0]["url"]
        .as_str()
        .unwrap();
    assert_eq!(get(&application, url).await.status, 200);
    let resumed = finished(&application, later.header("location")).await;
    assert_eq!(resumed["state"], "done");
    assert_eq!(resumed["progress"]["explained"], 9);
    assert_eq!(
        resumed["results"][0]["probabilities"],
        before["results"][0]["probabilities"]
    );
    stop(application);
}

#[tokio::test]
async fn every_described_operation_exists() {
    let folder = tempfile::tempdir().unwrap();
    let application = start(folder.path());
    let description = get(&application, "/api/openapi.json").await.json();
    assert_eq!(description["openapi"], "3.1.0");
    for (path, operations) in description["paths"].as_object().unwrap() {
        for method in operations.as_object().unwrap().keys() {
            let filled = path.replace(['{', '}'], "");
            let call = request(&method.to_uppercase(), &filled)
                .body(Body::empty())
                .unwrap();
            let answer = send(&application, call).await;
            assert_ne!(answer.status, 405, "{method} {path}");
            assert!(
                !answer.text().contains("begin at /"),
                "{method} {path} is not routed"
            );
        }
    }
    let photograph = retina(14, ImageFormat::Jpeg);
    let document = post(
        &application,
        &[Part::File("a.jpg", &photograph), Part::File("b.jpg", b"")],
    )
    .await
    .json();
    let schemas = &description["components"]["schemas"];
    let described = |name: &str, value: &serde_json::Value| {
        for key in value.as_object().unwrap().keys() {
            assert!(
                schemas[name]["properties"].get(key).is_some(),
                "{name}.{key} is not described"
            );
        }
        for key in schemas[name]["required"].as_array().unwrap() {
            assert!(
                value.get(key.as_str().unwrap()).is_some(),
                "{name}.{key} is missing"
            );
        }
    };
    described("Screening", &document);
    described("Result", &document["results"][0]);
    described("Result", &document["results"][1]);
    described("Explanation", &document["results"][0]["explanations"][0]);
    stop(application);
}

#[test]
fn a_server_on_a_port_answers_and_stops() {
    let folder = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut configuration = configuration(folder.path());
    configuration.listen = SocketAddr::from(([127, 0, 0, 1], 0));
    let server = runtime.block_on(Server::bind(configuration)).unwrap();
    let address = server.address();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let running = runtime.spawn(server.run(async {
        let _ = stopped.await;
    }));

    assert!(
        exchange(
            address,
            b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        )
        .starts_with("HTTP/1.1 200")
    );
    let photograph = retina(15, ImageFormat::Jpeg);
    let body = support::form(&[Part::File("a.jpg", &photograph)]);
    let head = format!(
        "POST /api/v1/screenings HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {}\r\n\
         Content-Type: multipart/form-data; boundary={}\r\n\r\n",
        body.len(),
        support::BOUNDARY
    );
    let answer = exchange(address, &[head.as_bytes(), &body].concat());
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    let many_headers = format!(
        "GET / HTTP/1.1\r\nHost: localhost\r\n{}\r\n",
        "X: y\r\n".repeat(100)
    );
    assert!(exchange(address, many_headers.as_bytes()).starts_with("HTTP/1.1 431"));
    assert!(
        exchange(
            address,
            b"GET / HTTP/1.1\r\nHost: rebound.example\r\nConnection: close\r\n\r\n"
        )
        .starts_with("HTTP/1.1 421")
    );

    stop.send(()).unwrap();
    runtime.block_on(running).unwrap().unwrap();
    assert!(TcpStream::connect(address).is_err());
    // The folder is free again and holds what was graded.
    let application = start(folder.path());
    let list = runtime
        .block_on(get(&application, "/api/v1/screenings"))
        .json();
    assert_eq!(list["screenings"][0]["results"][0]["file"], "a.jpg");
    self::stop(application);
}

/// Sends bytes and reads until the server closes the connection.
fn exchange(address: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    // The server may answer and close before it has read everything.
    let _ = stream.write_all(bytes);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn addresses_that_others_can_reach_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut configuration = configuration(folder.path());
    configuration.listen = SocketAddr::from(([0, 0, 0, 0], 0));
    let refused = Server::bind(configuration).await.unwrap_err();
    assert!(matches!(refused, ServerError::NotLoopback(_)));
    assert!(refused.to_string().contains("127.0.0.1"), "{refused}");
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
