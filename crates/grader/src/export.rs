//! Weights for PyTorch, and what tells whether another program computes with them as this one does.

use burn::tensor::{Device, Tensor, TensorData};
use safetensors::tensor::{Dtype, TensorView};

use crate::batch_norm::BatchNormMode;
use crate::network::{CLASSES, ResNet18};
use crate::{seeded, weights};

/// A tensor's name, type, shape and bytes.
type Stored = (String, Dtype, Vec<usize>, Vec<u8>);

/// Pictures of the check: two, so that a batch is tried.
const CHECK_PICTURES: usize = 2;

/// The `state_dict` of torchvision's `resnet18(num_classes=5)` as safetensors, which `load_state_dict` takes with
/// `strict=True`: every tensor in 32 bits, `num_batches_tracked` (0: only an averaging momentum would use it) included,
/// and nothing else. The moments of stochastic batch normalisation, which torchvision does not know, are left out.
pub fn state_dict(network: &ResNet18) -> Vec<u8> {
    let mut tensors = weights::to_tensors(network);
    let stored: Vec<Stored> = weights::layout()
        .into_iter()
        .flat_map(|(name, shape)| {
            let counter = name
                .strip_suffix("running_var")
                .map(|norm| format!("{norm}num_batches_tracked"))
                .map(|name| (name, Dtype::I64, Vec::new(), vec![0; 8]));
            let values = tensors.remove(&name).map(|tensor| tensor.values);
            let bytes = to_bytes(&values.unwrap_or_default());
            [Some((name, Dtype::F32, shape, bytes)), counter]
        })
        .flatten()
        .collect();
    serialize(&stored)
}

/// Pictures of noise and what every network answers to them, as safetensors: `pictures` `[2, 3, side, side]` and `logits`
/// `[members, 2, 5]`. Whoever runs exported weights elsewhere can compare.
pub fn check(networks: &[ResNet18], side: usize) -> Vec<u8> {
    let pictures: Vec<f32> = (0..CHECK_PICTURES as u64)
        .flat_map(|seed| seeded::input(seed, side).values)
        .collect();
    let shape = [CHECK_PICTURES, 3, side, side];
    let data = TensorData::new(pictures.clone(), shape);
    let input = Tensor::<4>::from_data(data, &Device::flex());
    let logits: Vec<f32> = networks
        .iter()
        .flat_map(|network| {
            let logits = network.forward(input.clone(), BatchNormMode::Frozen);
            logits.into_data().iter::<f32>().collect::<Vec<f32>>()
        })
        .collect();
    serialize(&[
        (
            "pictures".to_owned(),
            Dtype::F32,
            shape.to_vec(),
            to_bytes(&pictures),
        ),
        (
            "logits".to_owned(),
            Dtype::F32,
            vec![networks.len(), CHECK_PICTURES, CLASSES],
            to_bytes(&logits),
        ),
    ])
}

fn to_bytes(values: &[f32]) -> Vec<u8> {
    values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect()
}

fn serialize(stored: &[Stored]) -> Vec<u8> {
    let views = stored.iter().map(|(name, dtype, shape, bytes)| {
        let view = TensorView::new(*dtype, shape.clone(), bytes)
            .expect("every shape above is that of its numbers");
        (name.as_str(), view)
    });
    safetensors::serialize(views, None).expect("names are unique and every view is valid")
}
