//! Photographs in a bucket, as one meets them: the program, killed while photographs arrive, and a server that speaks S3.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use crate::bench::{Ended, Running, bundle, command, drawn, files, folder};
use crate::client::{get, serve_with, stop, upload};
use crate::s3::{KEY, Server};

/// How often the program is killed.
const KILLS: u32 = 5;
/// How long one that was acknowledged may take to be answered in the end.
const PATIENCE: Duration = Duration::from_secs(300);

struct Place<'a> {
    folder: &'a Path,
    server: &'a Server,
}

impl Place<'_> {
    fn serve(&self) -> (Running, String) {
        let (bucket, settings) = (self.server.bucket(), self.server.settings());
        let arguments = [
            "serve",
            "--data-dir",
            "data",
            "--bucket",
            &bucket,
            "--explanations",
            "grad-cam",
            "--listen=127.0.0.1:0",
        ];
        serve_with(self.folder, &arguments, &settings)
    }

    fn run(&self, arguments: &[&str]) -> Ended {
        let mut command = command(self.folder);
        command
            .envs(self.server.settings())
            .env("FUNDOSCOPE_BUCKET", self.server.bucket())
            .arg("--bundle")
            .arg(bundle())
            .args(arguments)
            .args(["--data-dir", "data"]);
        let ended = Ended::of(command.output().unwrap());
        for secret in [KEY.0, KEY.1] {
            assert!(!ended.stdout.contains(secret) && !ended.stderr.contains(secret));
        }
        ended
    }

    fn objects(&self) -> Vec<String> {
        files(&self.server.objects().join("files"))
    }
}

#[test]
fn an_acknowledged_upload_is_in_the_bucket_and_a_deleted_patient_is_not() {
    let (folder, server) = (folder(), Server::start());
    let place = Place {
        folder: folder.path(),
        server: &server,
    };
    let mut acknowledged = Vec::new();
    for round in 0..KILLS {
        let (mut program, address) = place.serve();
        thread::scope(|scope| {
            let uploads = scope.spawn(|| upload_until_killed(&address, round));
            thread::sleep(Duration::from_millis(400 + 150 * u64::from(round)));
            program.kill().unwrap();
            program.wait().unwrap();
            acknowledged.extend(uploads.join().unwrap());
        });
    }
    assert!(!acknowledged.is_empty(), "nothing was acknowledged");

    let (mut program, address) = place.serve();
    let deadline = Instant::now() + PATIENCE;
    for (_, location) in &acknowledged {
        while !is_done(&get(&address, location).body) {
            assert!(Instant::now() < deadline, "a screening is never answered");
            thread::sleep(Duration::from_millis(50));
        }
    }
    stop(&mut program);
    // Not one of them lies on this computer's disk.
    assert!(files(&folder.path().join("data").join("files")).is_empty());

    // Reads every object that a row names, and compares it with its hash.
    place.run(&["backup", "--out", "kept"]).expect(0);
    assert!(files(&folder.path().join("kept").join("files")).len() >= 3);
    let (patient, _) = &acknowledged[0];
    let before = place.objects().len();
    place.run(&["delete", "patient", patient]).expect(0);
    assert!(place.objects().len() < before);
    // A photograph that was put there and never acknowledged goes when it is an hour old.
    server.age(Duration::from_secs(2 * 60 * 60));
    for number in 0..KILLS * PHOTOGRAPHS {
        // One that was killed before it was acknowledged may be on record all the same.
        place.run(&["delete", "patient", &format!("P-{number}")]);
    }
    place
        .run(&["delete", "patient", "nobody"])
        .sentence_about("no patient");
    assert!(place.objects().is_empty(), "{:?}", place.objects());
}

/// Photographs that are handed in before each kill, at most.
const PHOTOGRAPHS: u32 = 6;

/// Patients whose photograph was acknowledged, and where their screening is.
fn upload_until_killed(address: &str, round: u32) -> Vec<(String, String)> {
    let mut acknowledged = Vec::new();
    for number in round * PHOTOGRAPHS..(round + 1) * PHOTOGRAPHS {
        let patient = format!("P-{number}");
        let Some(answer) = upload(address, &patient, &drawn(number.into())) else {
            break;
        };
        assert_eq!(answer.status, 202, "{}", answer.body);
        let location = answer.header("location").unwrap().to_owned();
        acknowledged.push((patient, location));
    }
    acknowledged
}

fn is_done(body: &str) -> bool {
    let screening: serde_json::Value = serde_json::from_str(body).unwrap();
    let state = &screening["state"];
    assert_ne!(state, "failed", "{body}");
    state == "done"
}

#[test]
fn a_bucket_that_cannot_be_used_is_refused_in_a_sentence() {
    let folder = folder();
    let refused = |bucket: &str, settings: &[(String, String)]| {
        let mut command = command(folder.path());
        command
            .env_clear()
            .envs(settings.iter().cloned())
            .args(["backup", "--out", "kept", "--data-dir", "data", "--bucket"])
            .arg(bucket);
        Ended::of(command.output().unwrap()).expect(2).stderr
    };
    let sentence = refused("eyes/left", &[]);
    assert!(sentence.contains("s3://bucket"), "{sentence}");
    let sentence = refused("s3://key:hidden@eyes", &[]);
    assert!(!sentence.contains("hidden"), "{sentence}");
}
