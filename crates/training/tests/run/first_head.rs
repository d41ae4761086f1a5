//! A head for the grades that is fitted before the whole network learns.

use std::path::Path;

use fundus::{Augmentation, Limits};
use grader::weights::{Storage, StoredTensor, read_tensors, save, save_tensors};
use grader::{Bundle, Grader, PassPlan};
use tempfile::TempDir;
use training::{Configuration, Progress};

use crate::bench::{configuration, refused, source, train, weights};

fn heads(bundle: &Path) -> Vec<StoredTensor> {
    let members = Bundle::open(bundle).unwrap().manifest.members;
    let head = |file: &str| read_tensors(&bundle.join(file)).unwrap()["fc.weight"].clone();
    members.iter().map(|member| head(&member.file)).collect()
}

#[test]
fn all_members_start_with_the_head_that_was_fitted() {
    let (source, out) = (source(), TempDir::new().unwrap());
    let given = out.path().join("given.safetensors");
    let initial = grader::ResNet18::initial(5, &grader::device("cpu").unwrap());
    save(&initial, &given, Storage::F32).unwrap();
    // A learning rate so low that members end where they began.
    let random_heads = Configuration {
        init: Some(given),
        members: 2,
        epochs: 1,
        learning_rate: 1e-12,
        storage: Storage::F32,
        ..configuration(source.path(), out.path().join("random"))
    };
    let fitted_heads = Configuration {
        head_views: 2,
        out: out.path().join("fitted"),
        ..random_heads.clone()
    };
    train(&random_heads).unwrap();
    let told = train(&fitted_heads).unwrap();
    let is_features = |told: &&Progress| {
        matches!(
            told,
            Progress::Features {
                done: 10,
                total: 10
            }
        )
    };
    assert_eq!(told.iter().filter(is_features).count(), 1, "once for both");

    let given_head = &grader::weights::to_tensors(&initial)["fc.weight"];
    let distance = |left: &StoredTensor, right: &StoredTensor| -> f32 {
        let pairs = left.values.iter().zip(&right.values);
        pairs
            .map(|(left, right)| (left - right).abs())
            .fold(0.0, f32::max)
    };
    for head in heads(&random_heads.out) {
        assert!(distance(&head, given_head) < 1e-6);
    }
    let fitted = heads(&fitted_heads.out);
    assert!(distance(&fitted[0], &fitted[1]) < 1e-6);
    assert!(distance(&fitted[0], given_head) > 1e-3);

    let finished = weights(&fitted_heads.out);
    let again = Configuration {
        resume: true,
        ..fitted_heads
    };
    train(&again).unwrap();
    assert_eq!(weights(&again.out), finished);
}

#[test]
fn a_fitted_head_tells_grades_before_the_first_step() {
    let (source, out) = (source(), TempDir::new().unwrap());
    // Weights whose batch norms know the pictures, without a head.
    let earlier = Configuration {
        epochs: 20,
        patience: 20,
        ..configuration(source.path(), out.path().join("earlier"))
    };
    train(&earlier).unwrap();
    let member = &Bundle::open(&earlier.out).unwrap().manifest.members[0].file;
    let mut tensors = read_tensors(&earlier.out.join(member)).unwrap();
    tensors.retain(|name, _| !name.starts_with("fc."));
    let headless = out.path().join("headless.safetensors");
    save_tensors(&tensors, &headless, Storage::F32).unwrap();

    let right = |head_views: usize| {
        // One step at a learning rate so low that the member ends where it began.
        let run = Configuration {
            init: Some(headless.clone()),
            head_views,
            epochs: 1,
            batch_size: 10,
            augmentation: Augmentation::NONE,
            learning_rate: 1e-12,
            ..configuration(source.path(), out.path().join(head_views.to_string()))
        };
        train(&run).unwrap();
        rightly_graded(&run.out, source.path())
    };
    let (fitted, random) = (right(1), right(0));
    assert!(
        fitted >= 8 && random < fitted,
        "{fitted} and {random} of 10"
    );
}

/// How many of the ten training photographs a bundle grades rightly.
fn rightly_graded(bundle: &Path, source: &Path) -> usize {
    let bundle = Bundle::open(bundle).unwrap();
    let grader = Grader::open(&bundle, &grader::device("cpu").unwrap()).unwrap();
    let is_right = |index: &usize| {
        let bytes = std::fs::read(source.join(format!("{index}.png"))).unwrap();
        let prepared = grader.preparation().prepare(&bytes, &Limits::default());
        let plan = PassPlan::default();
        let screening = grader.screen(&[&prepared.unwrap()], &plan).unwrap();
        screening[0].assessment.grade.index() == index % 4
    };
    (0..10).filter(is_right).count()
}

#[test]
fn members_of_a_bundle_keep_their_heads() {
    let (source, out) = (source(), TempDir::new().unwrap());
    let run = Configuration {
        init: Some(out.path().to_owned()),
        head_views: 1,
        ..configuration(source.path(), out.path().join("bundle"))
    };
    assert!(refused(&run).contains("heads of their own"));
}
