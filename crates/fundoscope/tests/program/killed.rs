//! Nothing that was acknowledged is lost, nothing is there twice, and everything is answered, however often the server is killed
//! while photographs arrive and are graded.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use clinic::{Records, ScreeningState, Store};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tokio::runtime::Runtime;

use crate::bench::{Running, drawn, folder, run};
use crate::client::{Answer, get, serve, stop, upload};

/// How often the server is killed.
const KILLS: usize = 200;
/// Who uploads at the same time.
const UPLOADERS: usize = 3;
/// Photographs that are uploaded again and again, each time for another patient.
const PHOTOGRAPHS: u64 = 12;
/// How long one that was acknowledged may take to be answered in the end.
const PATIENCE: Duration = Duration::from_secs(600);

/// What the uploaders share with the one who kills.
#[derive(Default)]
struct Load {
    /// Where the server listens, while it does.
    address: Mutex<Option<String>>,
    /// Patients whose photograph was acknowledged, and where their screening is.
    acknowledged: Mutex<BTreeMap<String, String>>,
    tried: AtomicUsize,
    is_over: AtomicBool,
}

#[test]
fn every_acknowledged_upload_survives_two_hundred_kills() {
    let folder = folder();
    let photographs: Vec<Vec<u8>> = (0..PHOTOGRAPHS).map(drawn).collect();
    let load = Load::default();
    thread::scope(|scope| {
        for _ in 0..UPLOADERS {
            scope.spawn(|| upload_until_over(&load, &photographs));
        }
        // Also where that fails, or the uploaders would go on for ever.
        let _over = Over(&load);
        kill_again_and_again(&load, folder.path());
    });
    let acknowledged = load.acknowledged.into_inner().unwrap();
    let tried = load.tried.load(Ordering::Relaxed);
    println!(
        "{KILLS} kills: {} of {tried} uploads were acknowledged",
        acknowledged.len()
    );
    assert!(
        acknowledged.len() > KILLS / 4,
        "there was too little load to prove anything: {} of {tried} uploads were acknowledged",
        acknowledged.len()
    );

    let (mut server, address) = serve(folder.path(), &ARGUMENTS);
    for location in acknowledged.values() {
        let deadline = Instant::now() + PATIENCE;
        while !is_finished(&address, location) {
            assert!(Instant::now() < deadline, "a screening is never answered");
            thread::sleep(Duration::from_millis(50));
        }
    }
    stop(&mut server);
    check_records(&folder.path().join("data"), &acknowledged);
    // Reads every file that a record names, and compares it with its hash.
    run(
        folder.path(),
        &["backup", "--data-dir", "data", "--out", "kept"],
    )
    .expect(0);
}

/// Ends the load when it is dropped.
struct Over<'a>(&'a Load);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.is_over.store(true, Ordering::Relaxed);
    }
}

const ARGUMENTS: [&str; 6] = [
    "serve",
    "--data-dir",
    "data",
    "--explanations",
    "grad-cam",
    "--listen=127.0.0.1:0",
];

/// Starts the server and kills it at any moment, from before it is ready to a while after.
fn kill_again_and_again(load: &Load, folder: &Path) {
    let mut random = ChaCha8Rng::seed_from_u64(0);
    for _ in 0..KILLS {
        let (server, address) = serve(folder, &ARGUMENTS);
        *load.address.lock().unwrap() = Some(address);
        thread::sleep(Duration::from_millis(random.random_range(0..700)));
        *load.address.lock().unwrap() = None;
        kill(server);
    }
}

/// SIGKILL: it has no chance to tidy up.
fn kill(mut server: Running) {
    server.kill().unwrap();
    server.wait().unwrap();
}

fn upload_until_over(load: &Load, photographs: &[Vec<u8>]) {
    while !load.is_over.load(Ordering::Relaxed) {
        let Some(address) = load.address.lock().unwrap().clone() else {
            thread::sleep(Duration::from_millis(5));
            continue;
        };
        let number = load.tried.fetch_add(1, Ordering::Relaxed);
        let patient = format!("P-{number}");
        let photograph = &photographs[number % photographs.len()];
        let Some(answer) = upload(&address, &patient, photograph) else {
            continue;
        };
        assert_eq!(answer.status, 202, "{}", answer.body);
        let location = answer.header("location").unwrap().to_owned();
        let mut acknowledged = load.acknowledged.lock().unwrap();
        acknowledged.insert(patient, location);
    }
}

fn is_finished(address: &str, location: &str) -> bool {
    let answer = get(address, location);
    let Answer { status, body, .. } = &answer;
    assert_eq!(*status, 200, "an acknowledged screening is gone: {body}");
    let screening: serde_json::Value = serde_json::from_str(body).unwrap();
    screening["state"] == "done" || screening["state"] == "failed"
}

fn check_records(data: &Path, acknowledged: &BTreeMap<String, String>) {
    let screenings = Runtime::new().unwrap().block_on(async {
        let store = Store::open(data, &Records::default()).await.unwrap();
        let screenings = store.recent(1_000_000).await.unwrap();
        store.close().await.unwrap();
        screenings
    });
    let mut patients = BTreeSet::new();
    for screening in &screenings {
        let patient = screening.patient.clone().unwrap();
        assert!(patients.insert(patient), "an upload is there twice");
        assert_eq!(screening.photographs.len(), 1, "a half record");
    }
    for patient in acknowledged.keys() {
        assert!(patients.contains(patient), "{patient} is lost");
    }
    let of_acknowledged = screenings.iter().filter(|screening| {
        let patient = screening.patient.as_ref().unwrap();
        acknowledged.contains_key(patient)
    });
    for screening in of_acknowledged {
        assert_eq!(screening.state(), ScreeningState::Done);
    }
    let incoming = data.join("files").join("incoming");
    assert_eq!(
        fs::read_dir(incoming).unwrap().count(),
        0,
        "a half file is left"
    );
}
