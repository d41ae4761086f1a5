//! What a bundle remembers of what its members met.

use grader::{Bundle, Grader, PassPlan, Stochastic};
use std::sync::atomic::AtomicBool;
use tempfile::TempDir;
use training::Configuration;

use super::bench::{configuration, source, train};

#[test]
fn a_bundle_knows_training_batches_features_thresholds_and_sets() {
    let (source, out) = (source(), TempDir::new().unwrap());
    let two = Configuration {
        members: 2,
        epochs: 1,
        ..configuration(source.path(), out.path().to_owned())
    };
    train(&two).unwrap();
    let bundle = Bundle::open(out.path()).unwrap();
    let experience = bundle.experience.as_ref().unwrap();
    assert_eq!(experience.members.len(), 2);
    for member in &experience.members {
        assert_eq!(member.batches.len(), 32);
        // All channels of ResNet-18's twenty batch norms.
        assert!(member.batches.iter().all(|batch| batch.means.len() == 4800));
        assert_ne!(member.batches[0], member.batches[1]);
    }
    let manifest = &bundle.manifest;
    assert_eq!(manifest.operating_points.len(), 4);
    assert!(
        manifest
            .policy
            .unfamiliar_above
            .is_some_and(|limit| limit > 0.0)
    );
    assert!(manifest.validation.iter().all(|photograph| {
        photograph.grade.is_some()
            && photograph
                .evidence
                .is_some_and(|evidence| evidence.unfamiliarity.is_some())
    }));

    let grader = Grader::open(&bundle, &grader::device("cpu").unwrap()).unwrap();
    assert_eq!(grader.training_batches(), 32);
    let side = manifest.preparation.input_side as usize;
    let input = grader::seeded::input(1, side);
    let plan = PassPlan {
        samples: 4,
        rotations: 1,
        stochastic: Stochastic::TRAINING_BATCHES,
        ..PassPlan::default()
    };
    let passes = &grader.logits(&[&input], &plan).unwrap()[0];
    assert_eq!(passes.len(), 8);
    assert_ne!(passes[0], passes[1], "each sample is another batch");
    let too_many = PassPlan {
        samples: 33,
        ..plan
    };
    let refused = grader.logits(&[&input], &too_many).unwrap_err();
    assert!(refused.to_string().contains("32"), "{refused}");
}

#[test]
fn what_is_measured_afterwards_fits_the_members() {
    let (source, out) = (source(), TempDir::new().unwrap());
    let one = Configuration {
        epochs: 1,
        batch_size: 2,
        ..configuration(source.path(), out.path().to_owned())
    };
    train(&one).unwrap();
    let bundle = Bundle::open(out.path()).unwrap();
    // Ten photographs do not fill a batch of 32.
    let refused = training::experience::of_bundle(
        &bundle,
        &one.data,
        &grader::device("cpu").unwrap(),
        0,
        &AtomicBool::new(false),
        &|_| (),
    );
    assert!(
        refused
            .unwrap_err()
            .to_string()
            .contains("10 training photographs")
    );
}
