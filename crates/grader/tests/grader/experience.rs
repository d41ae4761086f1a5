//! What members met in training: kept in the bundle, drawn from, and measured against.

use burn::tensor::Device;
use fundus::NetworkInput;
use grader::weights::Storage;
use grader::{
    BatchMoments, Bundle, Experience, FEATURES, FeatureSpace, Grader, GraderError, MANIFEST,
    Member, MemberExperience, PassPlan, ResNet18, Stochastic, Verification, seeded,
};

use crate::{SIDE, manifest, with_moments};

const BATCHES: u64 = 5;

fn networks() -> [ResNet18; 2] {
    [1, 2].map(|seed| with_moments(seed, &Device::flex()))
}

fn pictures(first: u64, count: u64) -> Vec<f32> {
    (first..first + count)
        .flat_map(|seed| seeded::input(seed, SIDE).values)
        .collect()
}

/// Batches of three pictures each, and a space around the features of one picture.
fn experience(networks: &[ResNet18]) -> Experience {
    let members = networks.iter().map(|network| {
        let member = Member::new(network, &Device::flex());
        let features = member.averages(&pictures(0, 1), SIDE, None)[0];
        let component: Vec<f32> = (0..FEATURES)
            .map(|feature| f32::from(u8::from(feature == 3)))
            .collect();
        MemberExperience {
            batches: (0..BATCHES)
                .map(|batch| BatchMoments::measure(network, &pictures(50 + 3 * batch, 3), SIDE))
                .collect(),
            features: FeatureSpace {
                mean: features.to_vec(),
                components: vec![component],
                variances: vec![4.0],
                residual_variance: 0.25,
            },
        }
    });
    Experience {
        members: members.collect(),
    }
}

fn grader() -> Grader {
    let networks = networks();
    let experience = experience(&networks);
    Grader::new(manifest(), &networks, &Device::flex())
        .unwrap()
        .with_experience(Some(experience))
}

fn written(folder: &std::path::Path) -> Bundle {
    let networks = networks();
    let members = [(&networks[0], 1), (&networks[1], 2)];
    let met = experience(&networks);
    Bundle::write(folder, manifest(), &members, Some(&met), Storage::F16).unwrap()
}

#[test]
fn a_bundle_keeps_it_in_half_precision() {
    let folder = tempfile::tempdir().unwrap();
    let bundle = written(folder.path());
    let (found, expected) = (bundle.experience.unwrap(), experience(&networks()));
    assert_eq!(found.members.len(), 2);
    for (found, expected) in found.members.iter().zip(&expected.members) {
        assert_eq!(found.batches.len(), BATCHES as usize);
        let close = |found: &[f32], expected: &[f32]| {
            found
                .iter()
                .zip(expected)
                .all(|(found, expected)| (found - expected).abs() <= 1e-3 * expected.abs() + 1e-5)
        };
        for (found, expected) in found.batches.iter().zip(&expected.batches) {
            assert!(close(&found.means, &expected.means));
            assert!(close(&found.log_variances, &expected.log_variances));
        }
        assert!(close(&found.features.mean, &expected.features.mean));
        assert_eq!(found.features.components, expected.features.components);
    }
}

#[test]
fn a_file_that_was_changed_is_refused_and_named() {
    let folder = tempfile::tempdir().unwrap();
    let record = written(folder.path()).manifest.experience.unwrap();
    let path = folder.path().join(&record.file);
    let mut bytes = std::fs::read(&path).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let refused = Bundle::open(folder.path()).unwrap_err().to_string();
    assert!(refused.contains(&record.file), "{refused}");
    let verification = Verification::of(folder.path());
    assert_eq!(verification.problems.len(), 1);
    assert_eq!(verification.problems[0].file, record.file);

    let manifest_path = folder.path().join(MANIFEST);
    let text = std::fs::read_to_string(&manifest_path).unwrap();
    std::fs::write(&manifest_path, text.replace(&record.file, "../elsewhere")).unwrap();
    let refused = Bundle::open(folder.path()).unwrap_err().to_string();
    assert!(refused.contains("plain file name"), "{refused}");
}

#[test]
fn a_bundle_written_without_it_removes_the_old_file() {
    let folder = tempfile::tempdir().unwrap();
    let record = written(folder.path()).manifest.experience.unwrap();
    let networks = networks();
    let members = [(&networks[0], 1), (&networks[1], 2)];
    let bundle = Bundle::write(folder.path(), manifest(), &members, None, Storage::F16).unwrap();
    assert!(bundle.experience.is_none());
    assert!(!folder.path().join(record.file).exists());
}

#[test]
fn unfamiliarity_depends_on_the_photograph_alone() {
    let grader = grader();
    let inputs: Vec<NetworkInput> = (0..3).map(|seed| seeded::input(seed, SIDE)).collect();
    let all: Vec<&NetworkInput> = inputs.iter().collect();
    let together = grader.answers(&all, &PassPlan::default()).unwrap();
    let known = together[0].unfamiliarity.unwrap();
    assert!(known < 1e-3, "the middle of the space is at {known}");
    for (input, answer) in inputs.iter().zip(&together) {
        let alone = grader.answers(&[input], &PassPlan::default()).unwrap();
        assert_eq!(alone[0], *answer);
        // What is drawn for the passes does not change it.
        let drawn = PassPlan {
            stochastic: Stochastic::BATCH_NORM,
            rotations: 1,
            samples: 2,
            ..PassPlan::default()
        };
        let drawn = &grader.answers(&[input], &drawn).unwrap()[0];
        assert_eq!(drawn.unfamiliarity, answer.unfamiliarity);
    }
    assert!(together[1].unfamiliarity.unwrap() > known);

    let without = Grader::new(manifest(), &networks(), &Device::flex()).unwrap();
    let answers = without.answers(&all, &PassPlan::default()).unwrap();
    assert!(answers.iter().all(|answer| answer.unfamiliarity.is_none()));
}

#[test]
fn distances_are_those_of_mahalanobis() {
    let mut space = experience(&networks()).members.remove(0).features;
    space.mean = vec![0.0; FEATURES];
    let mut features = [0.0; FEATURES];
    features[3] = 6.0;
    features[7] = 0.5;
    // (6² / 4 + 0.5² / 0.25) / 512
    let expected = (10.0_f32 / 512.0).sqrt();
    assert!((space.distance(&features) - expected).abs() < 1e-6);
}

#[test]
fn training_batches_are_drawn_without_putting_back_in_an_order_of_the_seed() {
    let grader = grader();
    let input = seeded::input(9, SIDE);
    let plan = |samples, seed| PassPlan {
        stochastic: Stochastic::TRAINING_BATCHES,
        rotations: 1,
        members: Some(1),
        samples,
        seed,
        ..PassPlan::default()
    };
    let drawn = |samples, seed| {
        let logits = &grader.logits(&[&input], &plan(samples, seed)).unwrap()[0];
        let mut bits: Vec<[u32; 5]> = logits
            .iter()
            .map(|logits| logits.0.map(f32::to_bits))
            .collect();
        let in_order = bits.clone();
        bits.sort();
        bits.dedup();
        (in_order, bits)
    };
    let (in_order, distinct) = drawn(5, 1);
    assert_eq!(distinct.len(), 5, "each batch once");
    assert_eq!(drawn(5, 1).0, in_order);
    let (other_order, same) = drawn(5, 2);
    assert_ne!(other_order, in_order);
    assert_eq!(same, distinct, "the same batches in another order");
    assert_eq!(drawn(3, 1).0, in_order[..3]);
    assert!(matches!(
        grader.logits(&[&input], &plan(6, 1)),
        Err(GraderError::TooFewBatches {
            batches: 5,
            samples: 6
        })
    ));
}

#[test]
fn sources_of_chance_combine() {
    let grader = grader();
    let input = seeded::input(9, SIDE);
    let logits = |stochastic, samples| {
        let plan = PassPlan {
            stochastic,
            rotations: 1,
            samples,
            seed: 4,
            ..PassPlan::default()
        };
        grader.logits(&[&input], &plan).unwrap().remove(0)
    };
    let both_norms = Stochastic {
        batch_norm: true,
        training_batches: true,
        ..Stochastic::NONE
    };
    let moments = logits(Stochastic::BATCH_NORM, 3);
    let batches = logits(Stochastic::TRAINING_BATCHES, 2);
    let turns = logits(both_norms, 4);
    assert_eq!(turns[..4], [moments[0], batches[0], moments[2], batches[1]]);

    let all = Stochastic {
        dropout: true,
        ..both_norms
    };
    assert_ne!(logits(all, 4), turns, "dropout acts too");
    let members = PassPlan {
        members: Some(1),
        ..PassPlan::default()
    };
    let whole = &grader.logits(&[&input], &PassPlan::default()).unwrap()[0];
    let first = &grader.logits(&[&input], &members).unwrap()[0];
    assert_eq!(first[..], whole[..4]);
}
