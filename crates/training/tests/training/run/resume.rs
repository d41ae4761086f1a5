//! A run that ends early goes on where it was, and an ensemble can grow.

use std::sync::atomic::{AtomicBool, Ordering};

use grader::Bundle;
use tempfile::TempDir;
use training::{Configuration, Progress, TrainingError};

use super::bench::{configuration, refused, source, train, weights};

#[test]
fn an_interrupted_run_resumes_to_the_weights_of_an_uninterrupted_one() {
    let (source, out) = (source(), TempDir::new().unwrap());
    let whole = Configuration {
        loader_threads: 1,
        ..configuration(source.path(), out.path().join("whole"))
    };
    train(&whole).unwrap();

    let torn = Configuration {
        loader_threads: 3,
        ..configuration(source.path(), out.path().join("torn"))
    };
    let stop = AtomicBool::new(false);
    let interrupted = training::train(&torn, &stop, &|progress| {
        // In the middle of the second epoch.
        if let Progress::Step {
            epoch: 2, step: 1, ..
        } = progress
        {
            stop.store(true, Ordering::Relaxed);
        }
    });
    assert!(matches!(interrupted, Err(TrainingError::Interrupted)));
    assert!(
        Bundle::open(&torn.out).is_err(),
        "no member is finished yet"
    );

    let resumed = Configuration {
        resume: true,
        ..torn
    };
    let told = train(&resumed).unwrap();
    let epochs: Vec<usize> = told
        .iter()
        .filter_map(|progress| {
            if let Progress::Epoch { epoch, .. } = progress {
                Some(*epoch)
            } else {
                None
            }
        })
        .collect();
    assert_eq!(epochs, [2, 3]);
    let first_step = told.iter().find_map(|progress| match progress {
        Progress::Step { epoch, step, .. } => Some((*epoch, *step)),
        _ => None,
    });
    assert_eq!(first_step, Some((2, 2)), "the step that was done is kept");
    let [whole, resumed] =
        [&whole.out, &resumed.out].map(|folder| Bundle::open(folder).unwrap().manifest);
    assert_eq!(whole.members, resumed.members);
    assert_eq!(whole.metrics, resumed.metrics);
    assert_eq!(whole.training, resumed.training);
}

#[test]
fn finished_members_are_kept_and_other_settings_are_not_resumed() {
    let (source, out) = (source(), TempDir::new().unwrap());
    let first = Configuration {
        members: 2,
        epochs: 1,
        ..configuration(source.path(), out.path().to_owned())
    };
    train(&first).unwrap();
    let members = weights(out.path());
    assert_eq!(members.len(), 2);
    assert_ne!(members[0], members[1], "members differ in their seed");

    let again = Configuration {
        resume: true,
        ..first.clone()
    };
    let told = train(&again).unwrap();
    assert!(
        !told
            .iter()
            .any(|progress| matches!(progress, Progress::Step { .. })),
        "nothing is left to learn"
    );
    assert_eq!(weights(out.path()), members);

    let other = Configuration {
        resume: true,
        learning_rate: 1e-4,
        ..first
    };
    assert!(refused(&other).contains("other settings"));
    assert_eq!(weights(out.path()), members);
}

#[test]
fn an_ensemble_grows_without_learning_its_first_members_again() {
    let (source, out) = (source(), TempDir::new().unwrap());
    let one = Configuration {
        epochs: 1,
        ..configuration(source.path(), out.path().to_owned())
    };
    train(&one).unwrap();
    let first = weights(out.path());
    let two = Configuration {
        members: 2,
        resume: true,
        ..one
    };
    train(&two).unwrap();
    let both = weights(out.path());
    assert_eq!(both.len(), 2);
    assert_eq!(both[0], first[0]);
    assert_ne!(both[1], first[0]);
}
