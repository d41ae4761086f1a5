//! What users of the crate notice: answers equal to PyTorch's, weights and bundles that come back as they were, sentences
//! about files that do not fit, and grades that depend on the photograph alone.

#![allow(clippy::unwrap_used)] // A test fails by panicking.

mod bundle;
mod checkpoints;
mod experience;
mod grading;
mod import;
mod member;
mod merging;
mod network;
mod onnx;
mod verification;
mod weights;

use burn::tensor::Tensor;
use fundus::NetworkInput;
use grader::{BundleManifest, ResNet18};
use trust::{Calibration, DecisionPolicy, Measure};

/// Side of the small pictures, in pixels.
const SIDE: usize = 64;

/// A manifest for pictures of [`SIDE`] pixels.
fn manifest() -> BundleManifest {
    let preparation = fundus::Preparation {
        input_side: SIDE as u32,
        ..fundus::Preparation::default()
    };
    let policy = DecisionPolicy {
        refer_at: 0.5,
        rescreen_below: 0.3,
        unsure_measure: Measure::Entropy,
        unsure_above: 1.2,
        unfamiliar_above: None,
        minimum_quality: 0.2,
    };
    BundleManifest {
        dropout: 0.25,
        ..BundleManifest::new(preparation, Calibration::Identity, policy)
    }
}

fn tensor(input: &NetworkInput, device: &burn::tensor::Device) -> Tensor<4> {
    let data = burn::tensor::TensorData::new(input.values.clone(), [1, 3, input.side, input.side]);
    Tensor::from_data(data, device)
}

fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_to_vec().unwrap()
}

/// The bits of everything that is stored about a network.
fn bits(network: &ResNet18) -> Vec<u8> {
    grader::weights::encode(network, grader::weights::Storage::F32)
}

/// A network with moments: it has seen three batches of two small pictures.
fn with_moments(seed: u64, device: &burn::tensor::Device) -> ResNet18 {
    (0..3).fold(grader::seeded::network(seed, device), |network, step| {
        let pictures = [0, 1].map(|index| {
            tensor(
                &grader::seeded::input(10 * seed + 2 * step + index, SIDE),
                device,
            )
        });
        let statistics = grader::BatchStatistics::new();
        network.forward(
            Tensor::cat(pictures.to_vec(), 0),
            grader::BatchNormMode::Train(&statistics),
        );
        network.absorb(statistics)
    })
}
