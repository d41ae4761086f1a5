//! A head for the grades that is fitted before the whole network learns.

use std::path::Path;

use fundus::Augmentation;
use grader::Bundle;
use grader::weights::{Storage, StoredTensor, read_tensors, save, save_tensors};
use tempfile::TempDir;
use training::{Configuration, Progress, Selection};

use super::bench::{configuration, refused, source, train, weights};

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
    // Validation shows the same pictures, so that the best epoch is one that knows them.
    for (learned, validated) in [(2, 10), (3, 11), (0, 12), (1, 13)] {
        let [learned, validated] =
            [learned, validated].map(|index| source.path().join(format!("{index}.png")));
        std::fs::copy(learned, validated).unwrap();
    }
    // Weights that know the pictures by heart, without a head.
    let earlier = Configuration {
        epochs: 30,
        patience: 30,
        selection: Selection::Loss,
        dropout: 0.0,
        augmentation: Augmentation::NONE,
        ..configuration(source.path(), out.path().join("earlier"))
    };
    train(&earlier).unwrap();
    let member = &Bundle::open(&earlier.out).unwrap().manifest.members[0].file;
    let mut tensors = read_tensors(&earlier.out.join(member)).unwrap();
    tensors.retain(|name, _| !name.starts_with("fc."));
    let headless = out.path().join("headless.safetensors");
    save_tensors(&tensors, &headless, Storage::F32).unwrap();

    let loss = |head_views: usize| {
        // One step at a learning rate so low that the member ends where it began; another seed, since the weights fit the
        // random head that they were learned with.
        let run = Configuration {
            init: Some(headless.clone()),
            head_views,
            epochs: 1,
            batch_size: 10,
            augmentation: Augmentation::NONE,
            learning_rate: 1e-12,
            seed: 9,
            ..configuration(source.path(), out.path().join(head_views.to_string()))
        };
        let told = train(&run).unwrap();
        let of_epoch = |progress: &Progress| match progress {
            Progress::Epoch { val_loss, .. } => Some(*val_loss),
            _ => None,
        };
        told.iter().find_map(of_epoch).unwrap()
    };
    let (fitted, random) = (loss(1), loss(0));
    assert!(fitted < 0.5 * random, "losses of {fitted} and {random}");
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
