//! What cannot be trained is refused in a sentence.

use grader::Bundle;
use tempfile::TempDir;
use training::{Configuration, Precision};

use super::bench::{configuration, refused, source};

#[test]
fn what_cannot_be_trained_is_refused_in_a_sentence() {
    let (source, out) = (source(), TempDir::new().unwrap());
    let good = configuration(source.path(), out.path().to_owned());
    let blocked = out.path().join("file");
    std::fs::write(&blocked, b"").unwrap();
    let cases = [
        (
            Configuration {
                data: Vec::new(),
                ..good.clone()
            },
            "no source",
        ),
        (
            Configuration {
                members: 0,
                ..good.clone()
            },
            "0 members",
        ),
        (
            Configuration {
                precision: Precision::Mixed,
                ..good.clone()
            },
            "mixed precision is for libtorch, but the device is cpu",
        ),
        (
            Configuration {
                accumulate: 0,
                ..good.clone()
            },
            "0 batches a step",
        ),
        (
            Configuration {
                only_members: vec![1, 3],
                members: 2,
                ..good.clone()
            },
            "member 3",
        ),
        (
            Configuration {
                checkpoint_minutes: f64::NAN,
                ..good.clone()
            },
            "NaN minutes",
        ),
        (
            Configuration {
                accumulate: 3,
                ..good.clone()
            },
            "do not fill a step of 12",
        ),
        (
            Configuration {
                batch_size: 64,
                ..good.clone()
            },
            "do not fill a step of 64",
        ),
        (
            Configuration {
                image_size: 8,
                ..good.clone()
            },
            "8 pixels",
        ),
        (
            Configuration {
                oversampling: 9,
                ..good.clone()
            },
            "oversampling 9",
        ),
        (
            Configuration {
                learning_rate: -1.0,
                ..good.clone()
            },
            "learning rate",
        ),
        (
            Configuration {
                dropout: 1.0,
                ..good.clone()
            },
            "dropout",
        ),
        (
            Configuration {
                devices: vec!["abacus".to_owned()],
                ..good.clone()
            },
            "abacus",
        ),
        (
            Configuration {
                out: blocked.join("bundle"),
                ..good.clone()
            },
            "file/bundle",
        ),
        (
            Configuration {
                data: vec![source.path().to_owned(); 2],
                ..good.clone()
            },
            "given twice",
        ),
        (
            Configuration {
                learning_rate: 1e30,
                ..good.clone()
            },
            "not finite",
        ),
    ];
    for (configuration, expected) in cases {
        let message = refused(&configuration);
        assert!(message.contains(expected), "{message:?} lacks {expected:?}");
    }
    assert!(Bundle::open(out.path()).is_err());
}

#[test]
fn validation_without_a_referable_photograph_is_refused() {
    let (source, out) = (source(), TempDir::new().unwrap());
    let manifest = std::fs::read_to_string(source.path().join("manifest.csv")).unwrap();
    let healthy: String = manifest
        .lines()
        .filter(|line| !line.ends_with("val") || line.contains(",0,") || line.contains(",1,"))
        .map(|line| format!("{line}\n"))
        .collect();
    std::fs::write(source.path().join("manifest.csv"), healthy).unwrap();
    let message = refused(&configuration(source.path(), out.path().to_owned()));
    assert!(
        message.contains("validation split has 0 referable"),
        "{message}"
    );
}

#[test]
fn a_call_that_cannot_work_leaves_nothing_behind() {
    let out = TempDir::new().unwrap();
    let bundle = out.path().join("bundle");
    let missing = configuration(&out.path().join("missing"), bundle.clone());
    assert!(refused(&missing).contains("missing"));
    assert!(!bundle.exists());
}
