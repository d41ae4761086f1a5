//! Weights from elsewhere: wrapped, prefixed, with other heads, and those that do not fit.

use std::path::PathBuf;
use std::sync::OnceLock;

use burn::tensor::Device;
use grader::import::{self, FoundHead, HEAD, Imported};
use grader::weights::{self, Storage, StoredTensor, Tensors, WeightsError};
use grader::{export, seeded};
use tempfile::TempDir;

use crate::{bits, with_moments};

/// The tensors of a network as 16 bits hold them.
fn network() -> &'static Tensors {
    static TENSORS: OnceLock<Tensors> = OnceLock::new();
    TENSORS.get_or_init(|| {
        let bytes = weights::encode(&seeded::network(1, &Device::flex()), Storage::F16);
        let stored = weights::decode(&bytes, &PathBuf::new(), &Device::flex()).unwrap();
        weights::to_tensors(&stored)
    })
}

/// What reading a file of these tensors answers.
fn read(tensors: &Tensors) -> Result<Imported, WeightsError> {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("weights.safetensors");
    weights::save_tensors(tensors, &path, Storage::F16).unwrap();
    import::read(&path)
}

#[track_caller]
fn problems(tensors: &Tensors) -> Vec<String> {
    match read(tensors) {
        Err(WeightsError::Tensors { problems, .. }) => problems,
        other => panic!("{other:?}"),
    }
}

fn below(prefix: &str, tensors: &Tensors) -> Tensors {
    let named = tensors.iter();
    named
        .map(|(name, tensor)| (format!("{prefix}{name}"), tensor.clone()))
        .collect()
}

fn zeros(shape: &[usize]) -> StoredTensor {
    StoredTensor {
        shape: shape.to_vec(),
        values: vec![0.0; shape.iter().product()],
    }
}

#[test]
fn wrappers_and_prefixes_are_taken_away_whatever_they_are_called() {
    for prefix in [
        "",
        "module.",
        "state_dict.module.backbone.",
        "_orig_mod.resnet.",
        "model_ema.",
    ] {
        let mut file = below(prefix, network());
        let expected_others = match prefix {
            "" => 0,
            _ => {
                file.insert("optimizer.state.0.exp_avg".to_owned(), zeros(&[7]));
                1
            }
        };
        let imported = read(&file).unwrap();
        assert_eq!(imported.prefix, prefix);
        assert_eq!(imported.head, FoundHead::Fits);
        assert_eq!(imported.left_out, expected_others);
        assert!(imported.tensors == *network(), "{prefix}");
    }
}

#[test]
fn convolutions_are_kept_without_a_head_for_other_classes() {
    let mut imagenet = network().clone();
    imagenet.insert("fc.weight".to_owned(), zeros(&[1000, 512]));
    imagenet.insert("fc.bias".to_owned(), zeros(&[1000]));

    let mut headless = network().clone();
    headless.retain(|name, _| !HEAD.contains(&name.as_str()));

    let mut another = headless.clone();
    another.insert("fc.1.weight".to_owned(), zeros(&[5, 512]));
    another.insert("classifier.bias".to_owned(), zeros(&[5]));

    for (file, head) in [
        (imagenet, FoundHead::Outputs(1000)),
        (headless.clone(), FoundHead::Absent),
        (another, FoundHead::Absent),
    ] {
        let imported = read(&file).unwrap();
        assert_eq!(imported.head, head);
        assert_eq!(imported.left_out, 0);
        assert!(imported.tensors == headless);
    }
}

#[test]
fn every_tensor_that_does_not_fit_is_named_with_both_shapes() {
    let mut tensors = network().clone();
    tensors.insert("conv1.weight".to_owned(), zeros(&[64, 1, 7, 7]));
    tensors.insert("layer2.0.bn1.bias".to_owned(), zeros(&[64]));
    tensors.insert("layer1.2.conv1.weight".to_owned(), zeros(&[64, 64, 3, 3]));
    tensors.insert("fc.bias".to_owned(), zeros(&[6]));
    tensors.remove("layer4.1.bn2.running_var");
    let found = problems(&tensors);
    assert_eq!(found.len(), 5, "{found:?}");
    for expected in [
        "tensor `conv1.weight` has shape [64, 1, 7, 7], expected [64, 3, 7, 7]",
        "tensor `layer2.0.bn1.bias` has shape [64], expected [128]",
        "tensor `layer1.2.conv1.weight` is not part of the network",
        "tensor `fc.bias` has shape [6], expected [5]",
        "tensor `layer4.1.bn2.running_var` is missing",
    ] {
        assert!(
            found.iter().any(|problem| problem == expected),
            "{expected} not in {found:?}"
        );
    }
}

#[test]
fn a_deeper_network_does_not_fit_and_the_sentence_stays_one() {
    let mut deeper = network().clone();
    for block in 2..5 {
        for (name, tensor) in network().iter() {
            if let Some(part) = name.strip_prefix("layer1.0.") {
                deeper.insert(format!("layer1.{block}.{part}"), tensor.clone());
            }
        }
    }
    let error = read(&deeper).unwrap_err().to_string();
    assert!(error.ends_with("; and 18 more"), "{error}");
}

#[test]
fn a_file_far_too_large_is_refused_before_it_is_read() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("weights.safetensors");
    let file = std::fs::File::create(&path).unwrap();
    // It takes no room on the disk.
    file.set_len(import::LARGEST_FILE + 1).unwrap();
    let error = import::read(&path).unwrap_err();
    assert!(matches!(error, WeightsError::TooLarge { .. }), "{error}");
}

#[test]
fn numbers_are_checked_too() {
    let mut tensors = network().clone();
    tensors.get_mut("bn1.running_var").unwrap().values[0] = -1.0;
    tensors.get_mut("fc.bias").unwrap().values[2] = f32::INFINITY;
    let found = problems(&tensors);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found.contains(&"tensor `bn1.running_var` holds a negative variance".to_owned()));
}

#[test]
fn an_average_of_the_weights_gives_way_to_the_weights_and_two_networks_are_refused() {
    let mut shifted = network().clone();
    shifted.get_mut("fc.bias").unwrap().values.fill(1.0);
    let mut both = below("model.", network());
    both.extend(below("model_ema.", &shifted));
    let imported = read(&both).unwrap();
    assert_eq!(imported.prefix, "model.");
    assert!(imported.tensors == *network());

    let mut two = below("teacher.", network());
    two.extend(below("student.", &shifted));
    let found = problems(&two);
    assert!(
        found[0].contains("2 networks, below `student.` and `teacher.`"),
        "{found:?}"
    );
}

#[test]
fn a_file_without_a_resnet_says_what_it_holds() {
    let tensors: Tensors = [("encoder.weight".to_owned(), zeros(&[2, 2]))].into();
    let found = problems(&tensors);
    assert!(
        found[0].contains("among its 1 tensors (`encoder.weight`)"),
        "{found:?}"
    );
}

#[test]
fn moments_come_along_for_all_layers_or_for_none() {
    let mut tensors = weights::to_tensors(&with_moments(5, &Device::flex()));
    let bytes = weights::encode(&with_moments(5, &Device::flex()), Storage::F32);
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("moments.safetensors");
    std::fs::write(&path, bytes).unwrap();
    assert!(import::read(&path).unwrap().tensors == tensors);

    tensors.remove("layer2.1.bn2.log_variance_mean");
    assert_eq!(
        problems(&tensors),
        ["tensor `layer2.1.bn2.log_variance_mean` is missing"]
    );
}

#[test]
fn what_is_exported_for_pytorch_comes_back_bit_by_bit() {
    let network = with_moments(6, &Device::flex());
    let bytes = export::state_dict(&network);
    let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    // 102 tensors and 20 counters: torchvision's own state_dict has as many.
    assert_eq!(file.len(), 122);
    let counter = file.tensor("layer4.1.bn2.num_batches_tracked").unwrap();
    assert_eq!(
        (counter.dtype(), counter.shape().len()),
        (safetensors::Dtype::I64, 0)
    );

    let folder = TempDir::new().unwrap();
    let path = folder.path().join("exported.safetensors");
    std::fs::write(&path, &bytes).unwrap();
    let tensors = import::read(&path).unwrap().tensors;
    let returned = weights::from_tensors(tensors, &Device::flex()).unwrap();
    assert!(!returned.has_moments());
    // Without its moments the network is the same.
    let mut own = weights::to_tensors(&network);
    own.retain(|name, _| !name.contains("mean_") && !name.contains("log_variance"));
    let own = weights::from_tensors(own, &Device::flex()).unwrap();
    assert!(bits(&returned) == bits(&own));
}
