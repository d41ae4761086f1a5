//! What a run learns, and what its bundle says of it.

use grader::Bundle;
use tempfile::TempDir;
use training::{Configuration, Progress};

use crate::bench::{configuration, source, train};

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
