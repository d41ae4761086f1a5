//! What members start from when weights are given.

use std::path::Path;

use tempfile::TempDir;
use training::Configuration;

use crate::bench::{configuration, refused, source, train, weights};

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
