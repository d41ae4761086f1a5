//! What a run learns, and what its bundle says of it.

use grader::Bundle;
use tempfile::TempDir;
use training::{Configuration, Progress};

use super::bench::{configuration, source, train};

#[test]
fn the_bundle_says_where_it_comes_from() {
    let (source, out) = (source(), TempDir::new().unwrap());
    let told = train(&configuration(source.path(), out.path().to_owned())).unwrap();
    let manifest = Bundle::open(out.path()).unwrap().manifest;
    assert_eq!(manifest.grade_counts, [3, 3, 2, 2, 0]);
    assert_eq!(manifest.data_fingerprint.len(), 64);
    assert_eq!(manifest.validation.len(), 4);
    assert_eq!(manifest.training["configuration"]["seed"], 0);
    assert_eq!(manifest.training["members"][0].as_array().unwrap().len(), 3);
    assert_eq!(manifest.metrics["pooled"]["photographs"], 4);
    let text = std::fs::read_to_string(out.path().join("bundle.json")).unwrap();
    let folder_name = source.path().to_str().unwrap();
    assert!(
        !text.contains(folder_name),
        "paths say nothing about the model"
    );
    assert!(
        told.iter()
            .any(|progress| matches!(progress, Progress::EmptyGrade { grade: 4 })),
        "grade 4 is missing"
    );
}

#[test]
fn a_photograph_that_cannot_be_read_is_named_and_left_out() {
    let (source, out) = (source(), TempDir::new().unwrap());
    std::fs::write(source.path().join("0.png"), b"this is no picture").unwrap();
    let told = train(&Configuration {
        epochs: 1,
        ..configuration(source.path(), out.path().to_owned())
    })
    .unwrap();
    let unreadable: Vec<&String> = told
        .iter()
        .filter_map(|progress| {
            if let Progress::Unreadable { file, .. } = progress {
                Some(file)
            } else {
                None
            }
        })
        .collect();
    assert_eq!(unreadable.len(), 1);
    assert!(unreadable[0].ends_with("/0.png"));
    assert_eq!(
        Bundle::open(out.path())
            .unwrap()
            .manifest
            .grade_counts
            .iter()
            .sum::<u64>(),
        9
    );
}

#[test]
fn a_network_can_learn_a_handful_of_photographs_by_heart() {
    let (source, out) = (source(), TempDir::new().unwrap());
    let by_heart = Configuration {
        epochs: 15,
        patience: 15,
        dropout: 0.0,
        augmentation: fundus::Augmentation::NONE,
        ..configuration(source.path(), out.path().to_owned())
    };
    let told = train(&by_heart).unwrap();
    let losses: Vec<f64> = told
        .iter()
        .filter_map(|progress| {
            if let Progress::Epoch { train_loss, .. } = progress {
                Some(*train_loss)
            } else {
                None
            }
        })
        .collect();
    assert!(losses[14] < 0.5 * losses[0], "{losses:?}");
}

/// Where every photograph is the same picture, a batch has the same statistics whatever its size, and then the gradient of
/// a large batch is the mean of those of its parts; grades differ, so each part alone has another.
#[test]
fn gradients_of_accumulated_batches_are_averaged() {
    let (source, out) = (source(), TempDir::new().unwrap());
    for index in 1..14 {
        let copy = source.path().join(format!("{index}.png"));
        std::fs::copy(source.path().join("0.png"), copy).unwrap();
    }
    let large = Configuration {
        epochs: 1,
        // So that the last feature map still has several cells to measure a variance over.
        image_size: 64,
        batch_size: 8,
        balance: 0.0,
        dropout: 0.0,
        augmentation: fundus::Augmentation::NONE,
        ..configuration(source.path(), out.path().join("large"))
    };
    let accumulated = Configuration {
        batch_size: 4,
        accumulate: 2,
        out: out.path().join("accumulated"),
        ..large.clone()
    };
    let small = Configuration {
        batch_size: 4,
        out: out.path().join("small"),
        ..large.clone()
    };
    let first_step = |configuration: &Configuration| {
        let told = train(configuration).unwrap();
        let steps: Vec<(f64, f64, usize)> = told
            .iter()
            .filter_map(|progress| match progress {
                Progress::Step {
                    loss,
                    gradient_norm,
                    batch_size,
                    ..
                } => Some((*loss, *gradient_norm, *batch_size)),
                _ => None,
            })
            .collect();
        (steps[0], steps.len())
    };
    let ((loss, norm, photographs), steps) = first_step(&large);
    assert_eq!((photographs, steps), (8, 1));
    let ((accumulated_loss, accumulated_norm, photographs), steps) = first_step(&accumulated);
    assert_eq!((photographs, steps), (8, 1));
    assert!((accumulated_loss / loss - 1.0).abs() < 1e-4);
    assert!(
        (accumulated_norm / norm - 1.0).abs() < 1e-3,
        "{accumulated_norm} instead of {norm}"
    );
    let ((_, part_norm, _), steps) = first_step(&small);
    assert_eq!(steps, 2);
    assert!(
        (part_norm / norm - 1.0).abs() > 1e-2,
        "a part alone has another gradient: {part_norm}, {norm}"
    );
}

#[test]
fn the_pace_of_every_epoch_and_of_the_run_is_told() {
    let (source, out) = (source(), TempDir::new().unwrap());
    let told = train(&configuration(source.path(), out.path().to_owned())).unwrap();
    let is_share = |share: &f64| (0.0..=1.0).contains(share);
    let mut epochs = 0;
    for progress in &told {
        if let Progress::Epoch {
            photographs_per_second,
            waiting,
            ..
        } = progress
        {
            assert!(*photographs_per_second > 0.0 && is_share(waiting));
            epochs += 1;
        }
    }
    assert_eq!(epochs, 3);
    let Some(Progress::Finished {
        photographs,
        photographs_per_second,
        waiting,
        seconds,
    }) = told.last()
    else {
        panic!("the run ends with {:?}", told.last());
    };
    // Three epochs of two steps of four.
    assert_eq!(*photographs, 24);
    assert!(is_share(waiting));
    assert!(*photographs as f64 / photographs_per_second < *seconds);
}
