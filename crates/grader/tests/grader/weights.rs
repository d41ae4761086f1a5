//! Weights files: what comes back, and what is said about files that do not fit.

use std::path::Path;

use burn::tensor::Device;
use grader::seeded;
use grader::weights::{self, Storage, WeightsError};

use crate::{bits, with_moments};

fn problems(error: WeightsError) -> Vec<String> {
    match error {
        WeightsError::Tensors { problems, .. } => problems,
        other => panic!("{other}"),
    }
}

#[test]
fn thirty_two_bits_come_back_as_they_were() {
    let device = Device::flex();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("member.safetensors");
    for network in [seeded::network(1, &device), with_moments(2, &device)] {
        weights::save(&network, &path, Storage::F32).unwrap();
        let loaded = weights::load(&path, &device).unwrap();
        assert_eq!(bits(&loaded), bits(&network));
        assert_eq!(loaded.has_moments(), network.has_moments());
    }
    assert_eq!(
        std::fs::read_dir(folder.path()).unwrap().count(),
        1,
        "no partial file is left"
    );
}

#[test]
fn sixteen_bits_take_half_the_room_and_keep_batch_norm_exact() {
    let device = Device::flex();
    let network = with_moments(3, &device);
    let bytes = weights::encode(&network, Storage::F16);
    assert!(bytes.len() < 23_000_000, "{} bytes", bytes.len());
    let loaded = weights::to_tensors(&weights::decode(&bytes, Path::new("f16"), &device).unwrap());
    for (name, tensor) in weights::to_tensors(&network) {
        let found = &loaded[&name];
        if tensor.shape.len() == 1 {
            assert_eq!(found, &tensor, "{name}");
        }
        for (found, expected) in found.values.iter().zip(&tensor.values) {
            assert!(
                (found - expected).abs() <= 1e-3 * expected.abs() + 1e-7,
                "{name}: {found} is not {expected}"
            );
        }
    }
}

#[test]
fn every_tensor_that_does_not_fit_is_named_at_once() {
    let device = Device::flex();
    let mut tensors = weights::to_tensors(&seeded::network(4, &device));
    tensors.remove("layer3.0.downsample.0.weight");
    tensors.get_mut("fc.bias").unwrap().shape = vec![1000];
    let stray = tensors["bn1.bias"].clone();
    tensors.insert("layer5.0.bn1.bias".to_owned(), stray);
    tensors.get_mut("bn1.running_var").unwrap().values[3] = -1.0;
    tensors.get_mut("layer1.0.bn1.weight").unwrap().values[0] = f32::NAN;

    let found = weights::from_tensors(tensors, &device).unwrap_err();
    assert_eq!(found.len(), 5, "{found:?}");
    for expected in [
        "tensor `layer3.0.downsample.0.weight` is missing",
        "tensor `fc.bias` has shape [1000], expected [5]",
        "tensor `layer5.0.bn1.bias` is not part of the network",
        "tensor `bn1.running_var` holds a negative variance",
        "tensor `layer1.0.bn1.weight` holds a number that is not finite",
    ] {
        assert!(
            found.iter().any(|problem| problem == expected),
            "{expected} not in {found:?}"
        );
    }
}

#[test]
fn moments_are_there_for_all_layers_or_it_is_said() {
    let device = Device::flex();
    let mut tensors = weights::to_tensors(&with_moments(5, &device));
    tensors.remove("layer2.1.bn2.log_variance_mean");
    let found = weights::from_tensors(tensors, &device).unwrap_err();
    assert_eq!(
        found,
        ["tensor `layer2.1.bn2.log_variance_mean` is missing"]
    );
}

#[test]
fn files_that_are_no_weights_are_named() {
    let device = Device::flex();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("member.safetensors");

    let missing = weights::load(&path, &device).unwrap_err().to_string();
    assert!(
        missing.starts_with("cannot read weights file") && missing.contains("member.safetensors"),
        "{missing}"
    );

    let whole = weights::encode(&seeded::network(6, &device), Storage::F16);
    for broken in [
        &whole[..whole.len() / 2],
        &whole[..7],
        b"",
        b"no weights at all",
    ] {
        std::fs::write(&path, broken).unwrap();
        let error = weights::load(&path, &device).unwrap_err();
        assert!(
            matches!(error, WeightsError::NotSafetensors { .. }),
            "{error}"
        );
        assert!(error.to_string().contains("member.safetensors"), "{error}");
    }
}

/// Bytes of a safetensors file with the tensors of a seeded network, as PyTorch would write it: with
/// `num_batches_tracked`, in `dtype`.
fn as_pytorch(dtype: safetensors::Dtype, to_bytes: impl Fn(f32) -> Vec<u8>) -> Vec<u8> {
    use safetensors::tensor::TensorView;
    let stored: Vec<_> = weights::to_tensors(&seeded::network(7, &Device::flex()))
        .into_iter()
        .map(|(name, tensor)| {
            let bytes: Vec<u8> = tensor
                .values
                .iter()
                .flat_map(|&value| to_bytes(value))
                .collect();
            (name, dtype, tensor.shape, bytes)
        })
        .chain([(
            "bn1.num_batches_tracked".to_owned(),
            safetensors::Dtype::I64,
            vec![],
            vec![0; 8],
        )])
        .collect();
    let views = stored.iter().map(|(name, dtype, shape, bytes)| {
        (name, TensorView::new(*dtype, shape.clone(), bytes).unwrap())
    });
    safetensors::serialize(views, None).unwrap()
}

#[test]
fn pytorchs_files_load_in_all_their_float_types() {
    let device = Device::flex();
    let load = |bytes: &[u8]| weights::decode(bytes, Path::new("pytorch.safetensors"), &device);

    let exact = load(&as_pytorch(safetensors::Dtype::F32, |value| {
        value.to_le_bytes().to_vec()
    }))
    .unwrap();
    assert_eq!(bits(&exact), bits(&seeded::network(7, &device)));

    let brain = |value: f32| half::bf16::from_f32(value).to_le_bytes().to_vec();
    let rounded = load(&as_pytorch(safetensors::Dtype::BF16, brain)).unwrap();
    let (found, expected) = (weights::to_tensors(&rounded), weights::to_tensors(&exact));
    for (found, expected) in found["fc.weight"]
        .values
        .iter()
        .zip(&expected["fc.weight"].values)
    {
        assert!(
            (found - expected).abs() <= 0.005 * expected.abs(),
            "{found} is not {expected}"
        );
    }

    let double = |value: f32| f64::from(value).to_le_bytes().to_vec();
    let refused = problems(load(&as_pytorch(safetensors::Dtype::F64, double)).unwrap_err());
    assert_eq!(refused.len(), 102);
    assert!(
        refused
            .contains(&"tensor `fc.bias` is stored as F64, expected F32, F16 or BF16".to_owned()),
        "{refused:?}"
    );
}
