//! Photographs in a bucket: whose they are, who may sweep, and what happens while its server is away.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use clinic::{
    Actor, BucketAddress, BucketFault, ClinicError, ContentHash, NewMap, Photographs, Pseudonyms,
    Records, Store, back_up,
};

use crate::support::s3::{KEY, Server};
use crate::support::{Home, accepted, finding, on_postgres, requests, screening_of};

/// Longer than an object that no row names is left alone.
const LONG: Duration = Duration::from_secs(2 * 60 * 60);

#[test]
fn an_address_has_a_bucket_and_perhaps_a_prefix_and_no_keys() {
    let read = |address: &str| BucketAddress::new(address, []);
    for (address, shown) in [
        ("s3://eyes", "s3://eyes"),
        ("s3://eyes/", "s3://eyes"),
        ("s3://eyes.clinic-1/a/b_c", "s3://eyes.clinic-1/a/b_c"),
        ("s3://eyes/a/", "s3://eyes/a"),
    ] {
        assert_eq!(read(address).unwrap().to_string(), shown);
    }
    for address in [
        "",
        "eyes",
        "s3://",
        "s3://ab",
        "https://eyes/a",
        "s3:///a",
        "s3://eyes//a",
        "s3://eyes/a//b",
        "s3://eyes/../b",
        "s3://eyes/a b",
        "s3://key:secret@eyes/a",
        "s3://eyes?region=x",
    ] {
        let refused = read(address);
        assert!(
            matches!(refused, Err(ClinicError::UnknownBucket)),
            "{address}"
        );
    }
    let secret = [("AWS_SECRET_ACCESS_KEY".to_owned(), "hidden".to_owned())];
    let address = BucketAddress::new("s3://eyes", secret).unwrap();
    let shown = format!("{:?}", Photographs::Bucket(address));
    assert!(!shown.contains("hidden"), "{shown}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bucket_of_other_records_is_refused_and_left_alone() {
    let home = Home::in_bucket();
    let server = home.server.clone().unwrap();
    let store = home.open().await;
    submit(&store, b"a").await;
    store.close().await.unwrap();
    server.age(LONG);
    let files = home.files();

    // Other records with this bucket.
    let other = Home::sqlite().with_bucket(server);
    refuse(&other.try_open().await.map(|_| ()));
    // These records with an empty bucket.
    let moved = Home {
        folder: home.folder.clone(),
        ..Home::in_bucket()
    };
    refuse(&moved.try_open().await.map(|_| ()));
    let out = home.path().join("backup");
    refuse(
        &back_up(Actor::Local, moved.path(), &moved.records, &out)
            .await
            .map(|_| ()),
    );
    // The same where the bucket has lost its name.
    fs::remove_file(home.notes().join("store")).unwrap();
    refuse(&other.try_open().await.map(|_| ()));
    assert_eq!(home.files(), files);
}

fn refuse(opened: &Result<(), ClinicError>) {
    let Err(error @ ClinicError::OtherRecords { .. }) = opened else {
        panic!("expected to be refused, found {opened:?}");
    };
    assert!(error.to_string().contains("s3://"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_records_that_want_an_empty_bucket_one_gets_it() {
    let server = Arc::new(Server::start());
    let homes = [(); 2].map(|()| Home::sqlite().with_bucket(Arc::clone(&server)));
    // None of them has a photograph yet.
    let first = homes[0].open().await;
    refuse(&homes[1].try_open().await.map(|_| ()));
    first.close().await.unwrap();
    refuse(&homes[1].try_open().await.map(|_| ()));
    homes[0].open().await.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn objects_that_no_row_names_are_swept_once_they_are_old() {
    let home = Home::in_bucket();
    let store = home.open().await;
    let job = submit(&store, b"a").await;
    store.close().await.unwrap();
    let path = |name: &str| home.kept().join(&name[..2]).join(name);
    let (orphan, elsewhere) = ("ab".repeat(32), "cd".repeat(32));
    let strange = [
        home.kept().join("ab").join("notes.txt"),
        home.kept().join("ab").join(&elsewhere),
        home.notes().join("another").join(&orphan),
    ];
    fs::create_dir_all(path(&orphan).parent().unwrap()).unwrap();
    fs::create_dir_all(strange[2].parent().unwrap()).unwrap();
    for file in strange.iter().chain([&path(&orphan)]) {
        fs::write(file, b"unnamed").unwrap();
    }
    home.open().await.close().await.unwrap();
    assert!(path(&orphan).exists(), "another may be about to name it");
    crate::support::s3::age(&home.notes(), LONG);
    let beside = home.open().await;
    assert!(!path(&orphan).exists());
    assert!(strange.iter().all(|file| file.exists()));
    assert_eq!(beside.read(&job).await.unwrap(), b"a");

    // Nobody sweeps beside another.
    fs::write(path(&orphan), b"unnamed").unwrap();
    crate::support::s3::age(&home.notes(), LONG);
    home.open().await.close().await.unwrap();
    assert!(path(&orphan).exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_bytes_again_make_an_unnamed_object_young() {
    let home = Home::in_bucket();
    let store = home.open().await;
    submit(&store, b"a").await;
    crate::support::s3::age(&home.notes(), LONG);
    submit(&store, b"a").await;
    let hour = Duration::from_secs(60 * 60);
    for file in crate::support::files_below(&home.kept()) {
        let changed = fs::metadata(&file).unwrap().modified().unwrap();
        assert!(changed.elapsed().unwrap_or_default() < hour, "{file:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn computers_share_records_without_a_folder_that_both_see() {
    on_postgres(|home: Home| async move {
        let server = Arc::new(Server::start());
        let here = home.with_bucket(Arc::clone(&server));
        let there = Home {
            folder: Arc::new(tempfile::tempdir().unwrap()),
            ..here.clone()
        };
        let (store, worker) = (here.open().await, there.open().await);
        let photograph = accepted(&store, "a.jpg", b"a");
        let id = store
            .submit(Actor::Local, screening_of(vec![photograph]))
            .await
            .unwrap();
        let job = worker.claim_photograph().await.unwrap().unwrap();
        assert_eq!(worker.read(&job.original).await.unwrap(), b"a");
        let (finding, requests) = (finding(), requests());
        let graded = worker.finish_grading(job.photograph, &finding, &requests);
        graded.await.unwrap();
        let job = worker.claim_explanation().await.unwrap().unwrap();
        let map = NewMap {
            map: worker.stage_bytes(b"a map").unwrap(),
            sides: [1, 1],
            completeness: None,
            empty: false,
            scale: None,
            examination: None,
        };
        let explained = worker.finish_explanation(job.explanation, map);
        explained.await.unwrap();
        let map = ContentHash::of(b"a map");
        assert_eq!(store.read(&map).await.unwrap(), b"a map");
        assert!(store.screening(id).await.unwrap().is_graded());
        // The key lies beside the photographs, so that a patient has one pseudonym on both.
        for home in [&here, &there] {
            Pseudonyms::of(home.path(), &home.records).await.unwrap();
            assert!(!home.path().join("pseudonym-key").exists());
        }
        assert!(here.notes().join("pseudonym-key").exists());
        store.close().await.unwrap();
        worker.close().await.unwrap();
        let mut alone = Store::open_alone(there.path(), &there.records)
            .await
            .unwrap();
        let deleted = alone.delete_patient(Actor::Local, "A. Patient").await;
        assert_eq!(deleted.unwrap().files, 4);
        assert!(here.files().is_empty() && there.files().is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_acknowledged_while_the_server_is_away() {
    let mut server = Server::start();
    let records = Records {
        photographs: photographs(&server, server.settings()),
        ..Records::default()
    };
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::open(folder.path(), &records).await.unwrap();
    let kept = submit(&store, b"kept").await;
    store.check().await.unwrap();

    server.stop();
    let photograph = accepted(&store, "a.jpg", b"lost");
    let refused = store.submit(Actor::Local, screening_of(vec![photograph]));
    outage(&refused.await.map(|_| ()));
    outage(&store.read(&kept).await.map(|_| ()));
    outage(&store.check().await);
    assert_eq!(store.recent(10).await.unwrap().len(), 1);
    // What was begun is gone.
    let incoming = folder.path().join("files").join("incoming");
    assert!(crate::support::files_below(&incoming).is_empty());
    // Rows go first; what is left of the files is swept later.
    let deleted = store.delete_patient(Actor::Local, "A. Patient").await;
    assert!(
        matches!(&deleted, Err(ClinicError::FilesLeft { source }) if source.is_outage()),
        "{deleted:?}"
    );
    assert!(store.recent(10).await.unwrap().is_empty());

    server.start_again();
    assert_eq!(store.read(&kept).await.unwrap(), b"kept");
    store.close().await.unwrap();
    server.age(LONG);
    let store = Store::open(folder.path(), &records).await.unwrap();
    let missing = store.read(&kept).await.unwrap_err();
    assert!(!missing.is_outage(), "{missing}");
    assert!(matches!(
        missing,
        ClinicError::Bucket {
            fault: BucketFault::Missing,
            ..
        }
    ));
    assert!(crate::support::files_below(&server.objects().join("files")).is_empty());
}

/// One sentence about the bucket, without keys and hashes.
fn outage(outcome: &Result<(), ClinicError>) {
    let Err(error) = outcome else {
        panic!("the server is away");
    };
    let sentence = error.to_string();
    assert!(error.is_outage(), "{sentence}");
    assert!(
        sentence.contains("s3://photographs/eyes/of-tests: "),
        "{sentence}"
    );
    for secret in [KEY.0, KEY.1, ContentHash::of(b"lost").as_str()] {
        assert!(!sentence.contains(secret), "{sentence}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_not_let_in_is_told_what_to_look_at() {
    let server = Server::start();
    let with = |name: &str, value: &str| {
        let mut settings = server.settings();
        settings.retain(|(known, _)| known != name);
        settings.push((name.to_owned(), value.to_owned()));
        settings
    };
    let wrong = [
        ("AWS_SECRET_ACCESS_KEY", "guessed", "AWS_SECRET_ACCESS_KEY"),
        ("AWS_ACCESS_KEY_ID", "somebody", "AWS_ACCESS_KEY_ID"),
        ("AWS_ALLOW_HTTP", "false", "AWS_ALLOW_HTTP"),
        ("AWS_ALLOW_HTTP", "perhaps", "AWS_"),
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:1", "AWS_ENDPOINT_URL"),
    ];
    for (name, value, said) in wrong {
        let sentence = opened(photographs(&server, with(name, value))).await;
        assert!(sentence.contains(said), "{name}={value}: {sentence}");
        for secret in [KEY.1, KEY.0, "guessed", "somebody"] {
            assert!(!sentence.contains(secret), "{name}={value}: {sentence}");
        }
    }
    let address = BucketAddress::new("s3://not-there", server.settings()).unwrap();
    let sentence = opened(Photographs::Bucket(address)).await;
    assert!(sentence.contains("no such bucket"), "{sentence}");
}

/// What is said where a bucket cannot be opened.
async fn opened(photographs: Photographs) -> String {
    let records = Records {
        photographs,
        ..Records::default()
    };
    let folder = tempfile::tempdir().unwrap();
    let refused = Store::open(folder.path(), &records).await;
    refused.unwrap_err().to_string()
}

fn photographs(server: &Server, settings: Vec<(String, String)>) -> Photographs {
    Photographs::Bucket(BucketAddress::new(&server.bucket(), settings).unwrap())
}

/// Puts a photograph on record; gives the hash of its bytes.
async fn submit(store: &Store, bytes: &[u8]) -> ContentHash {
    let photograph = accepted(store, "a.jpg", bytes);
    let new = screening_of(vec![photograph]);
    store.submit(Actor::Local, new).await.unwrap();
    ContentHash::of(bytes)
}
