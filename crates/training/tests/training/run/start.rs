//! What members start from when weights are given.

use std::path::Path;

use grader::Bundle;
use grader::weights::Storage;
use tempfile::TempDir;
use training::Configuration;

use super::bench::{configuration, refused, source, train, weights};

#[test]
fn given_weights_are_started_from_and_a_strange_head_is_replaced() {
    let (source, out) = (source(), TempDir::new().unwrap());
    let given = out.path().join("given.safetensors");
    let device = grader::device("cpu").unwrap();
    let mut tensors = grader::weights::to_tensors(&grader::ResNet18::initial(99, &device));
    for (name, shape) in [("fc.weight", vec![1000, 512]), ("fc.bias", vec![1000])] {
        let values = vec![0.5; shape.iter().product()];
        tensors.insert(
            name.to_owned(),
            grader::weights::StoredTensor { shape, values },
        );
    }
    write_safetensors(&given, &tensors);
    let bundle = out.path().join("bundle");
    let start = Configuration {
        init: Some(given),
        epochs: 1,
        ..configuration(source.path(), bundle.clone())
    };
    train(&start).unwrap();
    let from_given = weights(&bundle);
    let training = Bundle::open(&bundle).unwrap().manifest.training;
    assert_eq!(training["started_from"].as_str().map(str::len), Some(64));
    let from_elsewhere = Configuration {
        init: None,
        resume: true,
        ..start.clone()
    };
    assert!(refused(&from_elsewhere).contains("other settings"));
    train(&Configuration {
        init: None,
        ..start.clone()
    })
    .unwrap();
    assert_ne!(from_given, weights(&bundle));

    let missing = Configuration {
        init: Some(out.path().join("none.safetensors")),
        ..start
    };
    assert!(refused(&missing).contains("none.safetensors"));
}

fn write_safetensors(path: &Path, tensors: &grader::weights::Tensors) {
    let bytes: Vec<(String, Vec<usize>, Vec<u8>)> = tensors
        .iter()
        .map(|(name, tensor)| {
            (
                name.clone(),
                tensor.shape.clone(),
                tensor
                    .values
                    .iter()
                    .flat_map(|value| value.to_le_bytes())
                    .collect(),
            )
        })
        .collect();
    let views = bytes.iter().map(|(name, shape, data)| {
        (
            name,
            safetensors::tensor::TensorView::new(safetensors::Dtype::F32, shape.clone(), data)
                .unwrap(),
        )
    });
    safetensors::serialize_to_file(views, None, path).unwrap();
}

#[test]
fn frozen_stages_keep_their_weights_and_go_on_measuring() {
    let (source, out) = (source(), TempDir::new().unwrap());
    let given = out.path().join("given.safetensors");
    let initial = grader::ResNet18::initial(5, &grader::device("cpu").unwrap());
    grader::weights::save(&initial, &given, Storage::F32).unwrap();
    let frozen = Configuration {
        init: Some(given),
        frozen_stages: 2,
        epochs: 1,
        storage: Storage::F32,
        ..configuration(source.path(), out.path().join("bundle"))
    };
    train(&frozen).unwrap();

    let manifest = Bundle::open(&frozen.out).unwrap().manifest;
    assert_eq!(manifest.training["configuration"]["frozen_stages"], 2);
    let trained = frozen.out.join(&manifest.members[0].file);
    let trained = grader::weights::read_tensors(&trained).unwrap();
    for (name, before) in grader::weights::to_tensors(&initial) {
        let is_early = ["conv1.", "bn1.", "layer1."]
            .iter()
            .any(|start| name.starts_with(start));
        let is_measured = name.contains(".running_");
        assert_eq!(
            trained[&name] == before,
            is_early && !is_measured,
            "{name} is early: {is_early}, measured: {is_measured}"
        );
    }
    let scatter = &trained["layer1.0.bn1.mean_variance"].values;
    assert!(
        scatter.iter().any(|&value| value > 0.0),
        "moments are measured"
    );
}

#[test]
fn stages_without_anything_to_keep_are_not_frozen() {
    let (source, out) = (source(), TempDir::new().unwrap());
    let random = Configuration {
        frozen_stages: 1,
        ..configuration(source.path(), out.path().join("bundle"))
    };
    assert!(refused(&random).contains("random weights"));
    let too_many = Configuration {
        frozen_stages: 5,
        ..random
    };
    assert!(refused(&too_many).contains("give 0 to 4"));
}

#[test]
fn each_member_goes_on_with_one_of_a_given_bundle() {
    let (source, out) = (source(), TempDir::new().unwrap());
    let small = Configuration {
        members: 2,
        epochs: 1,
        storage: Storage::F32,
        ..configuration(source.path(), out.path().join("small"))
    };
    train(&small).unwrap();
    // One step at so low a learning rate: a member ends where it began.
    let larger = Configuration {
        members: 3,
        image_size: 64,
        batch_size: 8,
        learning_rate: 1e-12,
        init: Some(small.out.clone()),
        out: out.path().join("larger"),
        ..small.clone()
    };
    train(&larger).unwrap();
    let tensors = |folder: &Path| -> Vec<grader::weights::Tensors> {
        let members = Bundle::open(folder).unwrap().manifest.members;
        let file = |member: &grader::MemberRecord| folder.join(&member.file);
        members
            .iter()
            .map(|member| grader::weights::read_tensors(&file(member)).unwrap())
            .collect()
    };
    let (before, after) = (tensors(&small.out), tensors(&larger.out));
    for (member, after) in after.iter().enumerate() {
        let before = &before[member % 2];
        for name in ["conv1.weight", "layer4.1.bn2.weight", "fc.weight"] {
            let pairs = before[name].values.iter().zip(&after[name].values);
            for (before, after) in pairs {
                assert!((before - after).abs() < 1e-6, "{name}: {before}, {after}");
            }
        }
        // Moments go on from where they were: begun anew, one batch would leave no scatter.
        let scatter = |tensors: &grader::weights::Tensors| -> f32 {
            tensors["bn1.mean_variance"].values.iter().sum()
        };
        assert!(scatter(before) > 0.0 && scatter(after) > 0.9 * scatter(before));
    }

    let broken = Configuration {
        init: Some(source.path().to_owned()),
        ..larger
    };
    assert!(refused(&broken).contains("is this the folder of a model bundle?"));
}
