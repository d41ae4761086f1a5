//! The network against PyTorch, and the three batch-norm modes.

use std::collections::BTreeMap;

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::activation::relu;
use burn::tensor::{Device, Gradients, Tensor};
use grader::{BatchNormMode, BatchStatistics, NoMoments, ResNet18, seeded, weights};
use serde::Deserialize;

use crate::{SIDE, bits, tensor, values, with_moments};

#[derive(Deserialize)]
struct Golden {
    layout: BTreeMap<String, Vec<usize>>,
    frozen: Vec<Frozen>,
    training: Training,
}

#[derive(Deserialize)]
struct Frozen {
    seed: u64,
    side: usize,
    float64: [f64; 5],
    float32: [f64; 5],
}

#[derive(Deserialize)]
struct Training {
    seed: u64,
    batch: u64,
    side: usize,
    logits: Vec<[f64; 5]>,
    statistics: BTreeMap<String, Statistic>,
}

#[derive(Deserialize)]
struct Statistic {
    first: [f64; 4],
    sum: f64,
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("resnet18.json")).unwrap()
}

fn assert_close(found: &[f32], expected: &[f64], tolerance: f64, what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (found, expected) in found.iter().zip(expected) {
        let error = (f64::from(*found) - expected).abs();
        assert!(error <= tolerance, "{what}: {found} is not {expected}");
    }
}

#[test]
fn logits_agree_with_pytorch_on_the_same_weights() {
    let device = Device::flex();
    for Frozen {
        seed,
        side,
        float64,
        float32,
    } in golden().frozen
    {
        let network = seeded::network(seed, &device);
        let logits = values(network.forward(
            tensor(&seeded::input(seed, side), &device),
            BatchNormMode::Frozen,
        ));
        assert_close(
            &logits,
            &float64,
            1e-4,
            &format!("{side} px against float64"),
        );
        assert_close(
            &logits,
            &float32,
            1e-4,
            &format!("{side} px against float32"),
        );
    }
}

#[test]
fn a_training_pass_gives_pytorchs_logits_and_running_statistics() {
    let device = Device::flex();
    let Training {
        seed,
        batch,
        side,
        logits,
        statistics,
    } = golden().training;
    let network = seeded::network(seed, &device);
    let pictures = (0..batch)
        .map(|index| tensor(&seeded::input(seed + index, side), &device))
        .collect();

    let measured = BatchStatistics::new();
    let found = network.forward(Tensor::cat(pictures, 0), BatchNormMode::Train(&measured));
    assert_close(&values(found), logits.as_flattened(), 1e-3, "logits");

    let tensors = weights::to_tensors(&network.absorb(measured));
    assert_eq!(statistics.len(), 40);
    for (name, Statistic { first, sum }) in statistics {
        let found = &tensors[&name].values;
        assert_close(&found[..4], &first, 1e-4, &name);
        let total: f64 = found.iter().map(|&value| f64::from(value)).sum();
        assert!(
            (total - sum).abs() < 1e-3 * sum.abs().max(1.0),
            "{name}: sum {total} is not {sum}"
        );
    }
}

#[test]
fn names_and_shapes_are_torchvisions() {
    let layout: BTreeMap<_, _> = weights::layout().into_iter().collect();
    assert_eq!(layout, golden().layout);
    let written = weights::to_tensors(&seeded::network(1, &Device::flex()));
    let written: BTreeMap<_, _> = written
        .into_iter()
        .map(|(name, tensor)| (name, tensor.shape))
        .collect();
    assert_eq!(written, layout);
}

#[test]
fn a_frozen_pass_on_an_autodiff_device_gives_gradients_and_changes_no_bit() {
    let device = Device::flex().autodiff();
    let plain = with_moments(5, &Device::flex());
    let network = plain.clone().train();
    let before = bits(&network);

    let input = tensor(&seeded::input(1, SIDE), &device).require_grad();
    let logits = network.forward(input.clone(), BatchNormMode::Frozen);
    let expected = plain.forward(
        tensor(&seeded::input(1, SIDE), &Device::flex()),
        BatchNormMode::Frozen,
    );
    assert_eq!(values(logits.clone()), values(expected));

    let gradients = logits.sum().backward();
    let gradient = values(input.grad(&gradients).unwrap());
    assert!(gradient.iter().any(|&value| value != 0.0));
    assert_eq!(bits(&network), before);
}

#[test]
fn a_training_pass_changes_nothing_until_it_is_absorbed() {
    let device = Device::flex().autodiff();
    let network = seeded::network(6, &Device::flex()).train();
    let before = bits(&network);
    let pictures = vec![
        tensor(&seeded::input(1, SIDE), &device),
        tensor(&seeded::input(2, SIDE), &device),
    ];
    let measured = BatchStatistics::new();
    let loss = network
        .forward(Tensor::cat(pictures, 0), BatchNormMode::Train(&measured))
        .sum();
    let gradients = loss.backward();
    // 20 kernels, 20 scales, 20 shifts and the head's two; no statistics.
    assert_eq!(with_gradient(&network, &gradients), 62);
    assert_eq!(bits(&network), before);

    let absorbed = network.absorb(measured);
    assert_ne!(bits(&absorbed), before);
    assert!(absorbed.has_moments());
}

#[test]
fn frozen_stages_change_no_number_and_get_no_gradient() {
    let device = Device::flex().autodiff();
    let network = seeded::network(6, &Device::flex()).train();
    let pictures = [1, 2].map(|seed| tensor(&seeded::input(seed, SIDE), &device));
    let input = Tensor::cat(pictures.to_vec(), 0);
    let whole = BatchStatistics::new();
    let expected = network.features(input.clone(), BatchNormMode::Train(&whole));
    let expected_absorbed = bits(&network.clone().absorb(whole));
    // The stem has 3 parameters with gradient, `layer1` 12, `layer2` to `layer4` 15 each and the head 2.
    for (frozen, parameters) in [62, 59, 47, 32, 17].into_iter().enumerate() {
        let measured = BatchStatistics::new();
        let mode = BatchNormMode::Train(&measured);
        let features = network.features_with_frozen(input.clone(), frozen, mode);
        assert_eq!(values(features.clone()), values(expected.clone()));
        let gradients = network.head(features).sum().backward();
        assert_eq!(with_gradient(&network, &gradients), parameters);
        assert_eq!(bits(&network.clone().absorb(measured)), expected_absorbed);
    }
}

/// How many parameters got a gradient.
fn with_gradient(network: &ResNet18, gradients: &Gradients) -> usize {
    struct Count<'a>(&'a Gradients, usize);
    impl ModuleVisitor for Count<'_> {
        fn visit_float<const D: usize>(&mut self, parameter: &Param<Tensor<D>>) {
            self.1 += usize::from(parameter.val().grad(self.0).is_some());
        }
    }
    let mut count = Count(gradients, 0);
    network.visit(&mut count);
    count.1
}

#[test]
fn the_segments_between_the_relus_make_the_whole() {
    let device = Device::flex();
    let network = seeded::network(7, &device);
    let input = tensor(&seeded::input(7, SIDE), &device);
    let mode = BatchNormMode::Frozen;
    let mut activation = network.max_pool(relu(network.stem(input.clone(), mode)));
    for block in network.blocks() {
        let inner = relu(block.inner(activation.clone(), mode));
        activation = relu(block.outer(inner, activation, mode));
    }
    assert_eq!(activation.dims(), [1, 512, 2, 2]);
    assert_eq!(
        values(network.head(activation)),
        values(network.forward(input, mode))
    );
}

#[test]
fn sampled_statistics_depend_on_their_key_alone() {
    let device = Device::flex();
    let network = with_moments(8, &device);
    let input = tensor(&seeded::input(8, SIDE), &device);
    let logits = |seed, member, sample| {
        let drawn = network.sample_statistics(seed, member, sample).unwrap();
        values(network.forward(input.clone(), BatchNormMode::Sampled(&drawn)))
    };
    assert_eq!(logits(1, 0, 0), logits(1, 0, 0));
    let others = [logits(2, 0, 0), logits(1, 1, 0), logits(1, 0, 1)];
    assert!(others.iter().all(|other| *other != logits(1, 0, 0)));
    assert!(others.iter().flatten().all(|value| value.is_finite()));
}

#[test]
fn moments_without_scatter_are_sampled_as_they_are() {
    let device = Device::flex();
    let mut tensors = weights::to_tensors(&with_moments(8, &device));
    let norms: Vec<String> = tensors
        .keys()
        .filter_map(|name| name.strip_suffix(".mean_mean"))
        .map(str::to_owned)
        .collect();
    for norm in norms {
        for scatter in ["mean_variance", "log_variance_variance"] {
            tensors
                .get_mut(&format!("{norm}.{scatter}"))
                .unwrap()
                .values
                .fill(0.0);
        }
        let mean = tensors[&format!("{norm}.mean_mean")].clone();
        tensors.insert(format!("{norm}.running_mean"), mean);
        let mut variance = tensors[&format!("{norm}.log_variance_mean")].clone();
        variance
            .values
            .iter_mut()
            .for_each(|value| *value = value.exp());
        tensors.insert(format!("{norm}.running_var"), variance);
    }
    let network = weights::from_tensors(tensors, &device).unwrap();
    let input = tensor(&seeded::input(8, SIDE), &device);
    let drawn = network.sample_statistics(1, 0, 0).unwrap();
    let sampled = values(network.forward(input.clone(), BatchNormMode::Sampled(&drawn)));
    let frozen: Vec<f64> = values(network.forward(input, BatchNormMode::Frozen))
        .into_iter()
        .map(f64::from)
        .collect();
    assert_close(&sampled, &frozen, 1e-4, "logits");
}

#[test]
fn a_large_picture_has_the_same_bits_alone_and_among_others() {
    let device = Device::flex();
    let network = seeded::network(12, &device);
    let pictures = [1, 2, 3].map(|seed| tensor(&seeded::input(seed, 250), &device));
    let run = |threads, input: Tensor<4>| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| values(network.forward(input, BatchNormMode::Frozen)))
    };
    let together = run(3, Tensor::cat(pictures.to_vec(), 0));
    for (picture, row) in pictures.into_iter().zip(together.chunks_exact(5)) {
        assert_eq!(run(1, picture), row);
    }
}

#[test]
fn weights_without_moments_cannot_be_sampled() {
    let network = seeded::network(9, &Device::flex());
    assert!(!network.has_moments());
    assert_eq!(network.sample_statistics(0, 0, 0).err(), Some(NoMoments));
}

#[test]
fn moments_follow_wests_recurrence() {
    let device = Device::flex();
    let mut network = seeded::network(11, &device);
    // The first layer's statistics do not depend on the other layers' state.
    let (mut mean, mut variance) = (f64::NAN, f64::NAN);
    for step in 0..4 {
        let picture = tensor(&seeded::input(step, SIDE), &device);
        let measured = BatchStatistics::new();
        network.forward(picture.clone(), BatchNormMode::Train(&measured));
        network = network.absorb(measured);
        let first_channel = burn::tensor::module::conv2d(
            picture,
            first_kernel(&network, &device),
            None,
            burn::tensor::ops::ConvOptions::new([2, 2], [3, 3], [1, 1], 1),
        );
        let batch_mean = f64::from(values(first_channel.mean())[0]);
        if step == 0 {
            (mean, variance) = (batch_mean, 0.0);
        } else {
            let delta = batch_mean - mean;
            mean += grader::MOMENT_MOMENTUM * delta;
            variance = (1.0 - grader::MOMENT_MOMENTUM)
                * (variance + grader::MOMENT_MOMENTUM * delta * delta);
        }
    }
    let tensors = weights::to_tensors(&network);
    assert_close(
        &tensors["bn1.mean_mean"].values[..1],
        &[mean],
        1e-6,
        "mean of the means",
    );
    assert_close(
        &tensors["bn1.mean_variance"].values[..1],
        &[variance],
        1e-7,
        "variance of the means",
    );
}

/// The kernel of the first channel of the first convolution.
fn first_kernel(network: &ResNet18, device: &Device) -> Tensor<4> {
    let kernel = &weights::to_tensors(network)["conv1.weight"].values[..3 * 7 * 7];
    Tensor::from_data(
        burn::tensor::TensorData::new(kernel.to_vec(), [1, 3, 7, 7]),
        device,
    )
}

#[test]
fn an_initial_network_depends_on_its_seed_alone() {
    let device = Device::flex();
    let first = bits(&ResNet18::initial(1, &device));
    assert_eq!(first, bits(&ResNet18::initial(1, &device)));
    assert_ne!(first, bits(&ResNet18::initial(2, &device)));

    let kernel =
        &weights::to_tensors(&ResNet18::initial(1, &device))["layer4.1.conv2.weight"].values;
    let variance = kernel
        .iter()
        .map(|&value| f64::from(value).powi(2))
        .sum::<f64>()
        / kernel.len() as f64;
    let expected = 2.0 / (512.0 * 9.0);
    assert!(
        (variance / expected - 1.0).abs() < 0.01,
        "{variance} is not {expected}"
    );
}
