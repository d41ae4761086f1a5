//! Photographs without a grade, and the average of the weights that answers for them.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use fundus::drawn::DrawnRetina;
use grader::Bundle;
use tempfile::TempDir;
use training::{Configuration, Progress, TrainingError};

use super::bench::{configuration, refused, source, train, weights};

/// Drawn retinas without a grade.
fn unlabelled() -> TempDir {
    let folder = TempDir::new().unwrap();
    for seed in 100..104 {
        let retina = DrawnRetina {
            seed,
            width: 150,
            height: 150,
            ..DrawnRetina::default()
        };
        let path = folder.path().join(format!("{seed}.png"));
        retina.draw().picture.save(path).unwrap();
    }
    folder
}

fn consistent(source: &Path, unlabelled: &Path, out: &Path) -> Configuration {
    Configuration {
        unlabelled: vec![unlabelled.to_owned()],
        unlabelled_batch: 3,
        weight_average: 0.9,
        ..configuration(source, out.to_owned())
    }
}

#[test]
fn photographs_without_a_grade_and_the_average_change_what_is_learned() {
    let (source, unlabelled, out) = (source(), unlabelled(), TempDir::new().unwrap());
    let both = consistent(source.path(), unlabelled.path(), &out.path().join("both"));
    let average = Configuration {
        unlabelled: Vec::new(),
        out: out.path().join("average"),
        ..both.clone()
    };
    let plain = Configuration {
        weight_average: 0.0,
        out: out.path().join("plain"),
        ..average.clone()
    };
    let learned = [&both, &average, &plain].map(|configuration| {
        train(configuration).unwrap();
        weights(&configuration.out)
    });
    assert_ne!(learned[0], learned[1]);
    assert_ne!(learned[1], learned[2]);
    let manifest = Bundle::open(&both.out).unwrap().manifest;
    assert_eq!(manifest.training["unlabelled_photographs"], 4);
    assert_eq!(
        manifest.grade_counts.iter().sum::<u64>(),
        10,
        "they are not counted as graded"
    );
}

#[test]
fn an_interrupted_run_takes_the_average_up_again() {
    let (source, unlabelled, out) = (source(), unlabelled(), TempDir::new().unwrap());
    let whole = consistent(source.path(), unlabelled.path(), &out.path().join("whole"));
    train(&whole).unwrap();
    let torn = Configuration {
        out: out.path().join("torn"),
        ..whole.clone()
    };
    let stop = AtomicBool::new(false);
    let interrupted = training::train(&torn, &stop, &|progress| {
        if let Progress::Step {
            epoch: 2, step: 1, ..
        } = progress
        {
            stop.store(true, Ordering::Relaxed);
        }
    });
    assert!(matches!(interrupted, Err(TrainingError::Interrupted)));
    let resumed = Configuration {
        resume: true,
        ..torn
    };
    train(&resumed).unwrap();
    assert_eq!(weights(&whole.out), weights(&resumed.out));
}

#[test]
fn without_an_average_nobody_answers_for_them() {
    let (source, unlabelled, out) = (source(), unlabelled(), TempDir::new().unwrap());
    let without = Configuration {
        weight_average: 0.0,
        ..consistent(source.path(), unlabelled.path(), out.path())
    };
    assert!(refused(&without).contains("weight average"));
    let endless = Configuration {
        weight_average: 1.0,
        ..without
    };
    assert!(refused(&endless).contains("weight average"));
}

#[test]
fn grades_that_are_left_out_are_not_learned() {
    let (source, out) = (source(), TempDir::new().unwrap());
    let without_severe = Configuration {
        leave_out_grades: vec![trust::Grade::Severe],
        epochs: 1,
        ..configuration(source.path(), out.path().to_owned())
    };
    train(&without_severe).unwrap();
    let manifest = Bundle::open(out.path()).unwrap().manifest;
    assert_eq!(manifest.grade_counts[3], 0);
    assert!(manifest.grade_counts[..3].iter().all(|count| *count > 0));
}

#[test]
fn shuffled_grades_are_the_same_grades_of_other_photographs() {
    let source = source();
    let learned = |shuffle_grades| {
        let out = TempDir::new().unwrap();
        let configuration = Configuration {
            shuffle_grades,
            epochs: 1,
            ..configuration(source.path(), out.path().to_owned())
        };
        train(&configuration).unwrap();
        Bundle::open(out.path()).unwrap().manifest
    };
    let (honest, shuffled) = (learned(false), learned(true));
    assert_eq!(honest.grade_counts, shuffled.grade_counts);
    assert_ne!(honest.data_fingerprint, shuffled.data_fingerprint);
    assert_ne!(honest.members[0].sha256, shuffled.members[0].sha256);
    assert_eq!(shuffled.training["configuration"]["shuffle_grades"], true);
}
