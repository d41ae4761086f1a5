//! Headers, restarts, addresses, and the description of the API.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;

use axum::body::Body;
use image::ImageFormat;
use server::{Server, ServerError};
use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::support::{
    BOUNDARY, Part, configuration, finished, form, get, post, post_to, request, retina, send,
    start, stop,
};

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    let folder = tempfile::tempdir().unwrap();
    let application = start(folder.path()).await;
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
    stop(application).await;
}

#[tokio::test]
async fn a_restart_keeps_results_and_goes_on_with_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    let application = start(folder.path()).await;
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
    stop(application).await;

    let application = start(folder.path()).await;
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
    assert_eq!(resumed["progress"]["explained"], 12);
    assert_eq!(
        resumed["results"][0]["probabilities"],
        before["results"][0]["probabilities"]
    );
    stop(application).await;
}

#[tokio::test]
async fn every_described_operation_exists() {
    let folder = tempfile::tempdir().unwrap();
    let application = start(folder.path()).await;
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
    stop(application).await;
}

/// A server on a free port.
struct Serving {
    runtime: Runtime,
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    running: JoinHandle<Result<(), ServerError>>,
}

impl Serving {
    fn in_folder(folder: &Path) -> Self {
        let runtime = Runtime::new().unwrap();
        let mut configuration = configuration(folder);
        configuration.listen = SocketAddr::from(([127, 0, 0, 1], 0));
        let server = runtime.block_on(Server::bind(configuration)).unwrap();
        let address = server.address();
        let (stop, stopped) = oneshot::channel();
        let running = runtime.spawn(server.run(async {
            let _ = stopped.await;
        }));
        Self {
            runtime,
            address,
            stop,
            running,
        }
    }

    /// Stops it; what it ran in goes on.
    fn stop(self) -> Runtime {
        self.stop.send(()).unwrap();
        self.runtime.block_on(self.running).unwrap().unwrap();
        self.runtime
    }
}

#[test]
fn a_server_on_a_port_answers_and_stops() {
    let folder = tempfile::tempdir().unwrap();
    let server = Serving::in_folder(folder.path());
    let address = server.address;

    assert!(
        exchange(
            address,
            b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        )
        .starts_with("HTTP/1.1 200")
    );
    let photograph = retina(15, ImageFormat::Jpeg);
    let body = form(&[Part::File("a.jpg", &photograph)]);
    let head = format!(
        "POST /api/v1/screenings HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {}\r\n\
         Content-Type: multipart/form-data; boundary={}\r\n\r\n",
        body.len(),
        BOUNDARY
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

    let runtime = server.stop();
    assert!(TcpStream::connect(address).is_err());
    // The folder is free again and holds what was graded.
    runtime.block_on(async {
        let application = start(folder.path()).await;
        let list = get(&application, "/api/v1/screenings").await.json();
        assert_eq!(list["screenings"][0]["results"][0]["file"], "a.jpg");
        self::stop(application).await;
    });
}

#[test]
fn a_client_that_takes_nothing_of_its_answers_loses_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let server = Serving::in_folder(folder.path());
    let address = server.address;

    // More answers than the buffers between the two can hold, of which it reads none.
    let asked = 4000;
    let ask = b"GET /assets/style.css HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let mut stream = TcpStream::connect(address).unwrap();
    let long_after = Some(std::time::Duration::from_secs(120));
    stream.set_read_timeout(long_after).unwrap();
    stream.set_write_timeout(long_after).unwrap();
    let requests: Vec<u8> = ask.repeat(asked);
    // Fails once the server has let go, which is while this waits for room or afterwards.
    let _ = stream.write_all(&requests);
    std::thread::sleep(std::time::Duration::from_secs(35));
    let mut answers = Vec::new();
    let ended = stream.read_to_end(&mut answers);
    let waited_out = |error: &std::io::Error| error.kind() == std::io::ErrorKind::WouldBlock;
    assert!(!ended.as_ref().is_err_and(waited_out), "{ended:?}");
    let style = exchange(
        address,
        b"GET /assets/style.css HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    );
    assert!(
        answers.len() < style.len() * asked,
        "{} bytes",
        answers.len()
    );

    server.stop();
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
