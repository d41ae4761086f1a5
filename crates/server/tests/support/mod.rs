//! A small server with seeded weights, drawn retinas to send to it, and a client.

#![allow(clippy::unwrap_used, reason = "a test may stop")]

use std::io::Cursor;
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use fundus::Preparation;
use fundus::drawn::DrawnRetina;
use grader::weights::Storage;
use grader::{
    BatchMoments, Bundle, BundleManifest, Experience, FEATURES, FeatureSpace, MemberExperience,
    ValidationPhotograph,
};
use image::{DynamicImage, ImageFormat};
use serde_json::Value;
use server::{Application, Configuration, UploadLimits};
use tower::ServiceExt;
use trust::bootstrap::Interval;
use trust::{
    Calibration, ConformalSets, DecisionPolicy, Evidence, Grade, Measure, OperatingPoint,
    OperatingPointName, Probabilities, Uncertainty,
};

pub const BOUNDARY: &str = "a-boundary-of-the-tests";

/// Side of the crops, in pixels.
pub const SIDE: u32 = 48;

static BUNDLE: Mutex<Option<Bundle>> = Mutex::new(None);

/// Two members with weights from a seed; an opened bundle holds them in memory, so its folder may go.
pub fn bundle() -> Bundle {
    let mut kept = BUNDLE
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner());
    kept.get_or_insert_with(write_bundle).clone()
}

fn write_bundle() -> Bundle {
    let device = grader::device("cpu").unwrap();
    let members = [
        grader::seeded::network(1, &device),
        grader::seeded::network(2, &device),
    ];
    let preparation = Preparation {
        input_side: SIDE,
        ..Preparation::default()
    };
    let mut manifest = BundleManifest::new(
        preparation,
        Calibration::Temperature { temperature: 1.5 },
        policy(0.6),
    );
    manifest.operating_points = vec![
        operating_point(OperatingPointName::Balanced, 0.6),
        operating_point(OperatingPointName::HighSpecificity, 0.8),
    ];
    manifest.prediction_sets = Some(prediction_sets());
    manifest.licence = "for tests".to_owned();
    manifest.validation = (0..60)
        .map(|index| ValidationPhotograph {
            uncertainty: Uncertainty {
                std: [0.1; 5],
                entropy: index as f32 / 40.0,
                expected_entropy: index as f32 / 50.0,
                mutual_information: 0.01,
                entropy_of_entropies: 0.0,
                variation_ratio: 0.0,
            },
            grade: Some(Grade::NoDr),
            evidence: Some(Evidence {
                quality: 0.9,
                unfamiliarity: Some(1.0),
            }),
            correct: index % 3 != 2,
        })
        .collect();
    let folder = tempfile::tempdir().unwrap();
    let with_seeds = [(&members[0], 1), (&members[1], 2)];
    Bundle::write(
        folder.path(),
        manifest,
        &with_seeds,
        Some(&experience()),
        Storage::F16,
    )
    .unwrap()
}

/// A rule by which seeded networks may come to every decision.
fn policy(refer_at: f32) -> DecisionPolicy {
    DecisionPolicy {
        refer_at,
        rescreen_below: 0.2,
        unsure_measure: Measure::Entropy,
        unsure_above: 1.2,
        unfamiliar_above: Some(1e6),
        minimum_quality: 0.05,
    }
}

fn operating_point(name: OperatingPointName, refer_at: f32) -> OperatingPoint {
    let share = |value: f64| Interval {
        value,
        lower: value - 0.1,
        upper: value + 0.05,
        skipped_resamples: 0,
    };
    OperatingPoint {
        name,
        policy: policy(refer_at),
        sensitivity: share(0.75),
        specificity: share(0.85),
    }
}

/// Fitted to patients with a photograph each, all of them moderate and half of them seen as mild.
fn prediction_sets() -> ConformalSets {
    let answers: Vec<(Probabilities, Grade)> = (0..20)
        .map(|index| {
            let mild = if index % 2 == 0 { 0.3 } else { 0.5 };
            let probabilities = Probabilities::new([0.1, mild, 0.8 - mild, 0.05, 0.05]).unwrap();
            (probabilities, Grade::Moderate)
        })
        .collect();
    let patients: Vec<String> = (0..20).map(|index| format!("patient {index}")).collect();
    ConformalSets::fit_split(&answers, &patients, 0.9).unwrap()
}

/// As if the features of training photographs lay around nothing.
fn experience() -> Experience {
    let member = MemberExperience {
        batches: vec![BatchMoments {
            means: vec![0.0],
            log_variances: vec![0.0],
        }],
        features: FeatureSpace {
            mean: vec![0.0; FEATURES],
            components: Vec::new(),
            variances: Vec::new(),
            residual_variance: 1.0,
        },
    };
    Experience {
        members: vec![member.clone(), member],
    }
}

pub fn configuration(data_dir: &Path) -> Configuration {
    let mut configuration = Configuration::new(data_dir.to_owned(), bundle());
    configuration.explanation.steps = 4;
    configuration.explanation.max_steps = 8;
    configuration.uploads = UploadLimits {
        files: 4,
        request_bytes: 5 << 20,
        ..UploadLimits::default()
    };
    configuration.uploads.photograph.max_bytes = 2 << 20;
    configuration
}

pub async fn start(data_dir: &Path) -> Application {
    Application::start(configuration(data_dir)).await.unwrap()
}

/// Stops and waits until the folder is free again.
pub async fn stop(application: Application) {
    application.stop(Duration::from_secs(300)).await.unwrap();
}

/// A drawn retina, encoded.
pub fn retina(seed: u64, format: ImageFormat) -> Vec<u8> {
    let drawing = DrawnRetina {
        seed,
        width: 420,
        height: 360,
        ..DrawnRetina::default()
    }
    .draw();
    encode(&DynamicImage::ImageRgb8(drawing.picture), format)
}

pub fn encode(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// One part of a form.
pub enum Part<'a> {
    File(&'a str, &'a [u8]),
    Text(&'a str, &'a str),
}

pub fn form(parts: &[Part<'_>]) -> Vec<u8> {
    let mut body = Vec::new();
    for part in parts {
        body.extend(format!("--{BOUNDARY}\r\nContent-Disposition: form-data; ").bytes());
        match part {
            Part::File(name, bytes) => {
                let head = format!(
                    "name=\"image\"; filename=\"{name}\"\r\nContent-Type: image/jpeg\r\n\r\n"
                );
                body.extend(head.bytes());
                body.extend_from_slice(bytes);
            }
            Part::Text(name, text) => body.extend(format!("name=\"{name}\"\r\n\r\n{text}").bytes()),
        }
        body.extend(b"\r\n");
    }
    body.extend(format!("--{BOUNDARY}--\r\n").bytes());
    body
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    /// Asserts that this is a refusal in the form of RFC 9457 and gives its sentence.
    pub fn sentence(&self, status: u16) -> String {
        assert_eq!(self.status.as_u16(), status, "{}", self.text());
        assert_eq!(self.header("content-type"), "application/problem+json");
        let problem = self.json();
        assert_eq!(problem["status"], status);
        problem["detail"].as_str().unwrap().to_owned()
    }
}

pub async fn send(application: &Application, request: Request<Body>) -> Answer {
    let response = server::router(application).oneshot(request).await.unwrap();
    let (head, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap().to_vec();
    Answer {
        status: head.status,
        headers: head.headers,
        body,
    }
}

pub fn request(method: &str, path: &str) -> axum::http::request::Builder {
    Request::builder()
        .method(method)
        .uri(path)
        .header("host", "127.0.0.1:5000")
}

pub async fn get(application: &Application, path: &str) -> Answer {
    send(
        application,
        request("GET", path).body(Body::empty()).unwrap(),
    )
    .await
}

pub async fn post_to(
    application: &Application,
    path: &str,
    parts: &[Part<'_>],
    headers: &[(&str, &str)],
) -> Answer {
    let mut builder = request("POST", path).header(
        "content-type",
        format!("multipart/form-data; boundary={BOUNDARY}"),
    );
    for (name, value) in headers {
        builder = builder.header(*name, *value);
    }
    send(application, builder.body(Body::from(form(parts))).unwrap()).await
}

pub async fn post(application: &Application, parts: &[Part<'_>]) -> Answer {
    post_to(application, "/api/v1/screenings", parts, &[]).await
}

/// Follows a screening until nothing is left to do.
pub async fn finished(application: &Application, path: &str) -> Value {
    loop {
        let document = get(application, path).await.json();
        if document["state"] == "done" || document["state"] == "failed" {
            return document;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
