//! Methods against Captum's and pytorch-grad-cam's values in double precision, made by
//! `tests/reference/attribution_methods.py`. Ours may be off by no more than twice the relative L2 error of PyTorch's own
//! single precision, whether Burn computes or the engine.

#![allow(clippy::unwrap_used)] // in a test a panic is the report

use grader::{Layer, Member};
use safetensors::SafeTensors;
use trust::Grade;

use super::cam::Weighting;
use super::expected_gradients::Sample;
use super::{cam, expected_gradients, guided, occlusion, rise, saliency, score_cam, smoothing};
use crate::options::Smoothing;
use crate::question::Question;
use crate::target::Target;

const GOLDEN: &[u8] = include_bytes!("../../tests/golden/methods.safetensors");
const SIDE: usize = 64;
const TARGET: Target = Target::Grade(Grade::Moderate);

fn values(name: &str) -> Vec<f32> {
    let file = SafeTensors::deserialize(GOLDEN).unwrap();
    let tensor = file.tensor(name).unwrap();
    let numbers = tensor.data().chunks_exact(4);
    numbers
        .map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap()))
        .collect()
}

fn pytorch_error(name: &str) -> f64 {
    let file = SafeTensors::deserialize(GOLDEN).unwrap();
    let error = file.tensor(&format!("{name}.pytorch_f32_error")).unwrap();
    f64::from_le_bytes(error.data().try_into().unwrap())
}

/// Checks the relative L2 error against twice that of PyTorch's single precision.
#[track_caller]
fn assert_as_good_as_pytorch(name: &str, ours: &[f64]) {
    let truth = values(name);
    assert_eq!(ours.len(), truth.len(), "{name}");
    let square = |sum: f64, value: f64| sum + value * value;
    let pairs = ours.iter().zip(&truth);
    let difference = pairs
        .map(|(a, &b)| a - f64::from(b))
        .fold(0.0, square)
        .sqrt();
    let norm = truth
        .iter()
        .map(|&value| f64::from(value))
        .fold(0.0, square)
        .sqrt();
    let (error, yardstick) = (difference / norm, pytorch_error(name));
    println!("{name}: relative L2 error {error:.2e}, PyTorch in single precision {yardstick:.2e}");
    assert!(
        error <= 2.0 * yardstick,
        "{name}: {error:.2e} against PyTorch's {yardstick:.2e}"
    );
}

/// What the script explains.
struct Golden {
    member: Member,
    picture: Vec<f32>,
    black: Vec<f32>,
    references: Vec<Vec<f32>>,
}

impl Golden {
    fn read() -> Self {
        let device = grader::device("cpu").unwrap();
        let references = values("reference_pictures");
        Self {
            member: Member::new(&grader::seeded::network(7, &device), &device),
            picture: values("picture"),
            black: values("black"),
            references: references
                .chunks_exact(3 * SIDE * SIDE)
                .map(<[f32]>::to_vec)
                .collect(),
        }
    }

    /// The member by Burn and by the engine.
    fn both(self) -> [Self; 2] {
        let device = grader::device("cpu").unwrap();
        let burn = Self {
            member: Member::in_burn(&grader::seeded::network(7, &device), &device),
            ..Self::read()
        };
        [burn, self]
    }

    fn question(&self) -> Question<'_> {
        Question {
            picture: &self.picture,
            baseline: &self.black,
            references: &self.references,
            side: SIDE,
            target: TARGET,
            batch_size: 4,
        }
    }
}

#[test]
fn class_activation_maps_of_every_layer() {
    let golden = Golden::read();
    let coarse = |layer, weighting| {
        let trace = golden.member.trace(&golden.picture, SIDE);
        cam::coarse(trace, TARGET, layer, weighting).0
    };
    for (name, layer, weighting) in [
        ("grad_cam_layer2", Layer::Second, Weighting::Mean),
        ("grad_cam_layer3", Layer::Third, Weighting::Mean),
        ("grad_cam_layer4", Layer::Fourth, Weighting::Mean),
        (
            "grad_cam_plus_plus_layer3",
            Layer::Third,
            Weighting::PlusPlus,
        ),
        (
            "grad_cam_plus_plus_layer4",
            Layer::Fourth,
            Weighting::PlusPlus,
        ),
        ("hires_cam_layer3", Layer::Third, Weighting::HighResolution),
        ("layer_cam_layer2", Layer::Second, Weighting::Positive),
        ("layer_cam_layer3", Layer::Third, Weighting::Positive),
    ] {
        assert_as_good_as_pytorch(name, &coarse(layer, weighting));
    }
}

#[test]
fn score_cam_of_two_layers() {
    let golden = Golden::read();
    for (name, layer) in [
        ("score_cam_layer3", Layer::Third),
        ("score_cam_layer4", Layer::Fourth),
    ] {
        let (coarse, _) = score_cam::coarse(&golden.member, &golden.question(), layer);
        assert_as_good_as_pytorch(name, &coarse);
    }
}

#[test]
fn gradients_by_every_rule() {
    for golden in Golden::read().both() {
        let (member, question) = (&golden.member, &golden.question());
        let found = [
            ("gradient", saliency::gradient(member, question)),
            ("saliency", saliency::saliency(member, question)),
            (
                "input_x_gradient",
                saliency::input_x_gradient(member, question),
            ),
            ("guided_backprop", guided::guided_backprop(member, question)),
            ("deconvolution", guided::deconvolution(member, question)),
        ];
        for (name, values) in found {
            assert_as_good_as_pytorch(name, &values);
        }
    }
}

#[test]
fn smoothed_gradients_with_the_same_noise() {
    let noise = values("noise");
    for golden in Golden::read().both() {
        let smoothed = |kind, explain: &dyn Fn(&Question<'_>) -> Vec<f64>| {
            let noise = noise.chunks_exact(3 * SIDE * SIDE).map(<[f32]>::to_vec);
            smoothing::smoothed(&golden.question(), kind, noise, explain)
        };
        let gradient = |question: &Question<'_>| saliency::gradient(&golden.member, question);
        let product =
            |question: &Question<'_>| saliency::input_x_gradient(&golden.member, question);
        let found = [
            ("smoothgrad", smoothed(Smoothing::Mean, &gradient)),
            (
                "smoothgrad_squared",
                smoothed(Smoothing::Squares, &gradient),
            ),
            (
                "smoothgrad_input_x_gradient",
                smoothed(Smoothing::Mean, &product),
            ),
        ];
        for (name, values) in found {
            assert_as_good_as_pytorch(name, &values);
        }
    }
}

#[test]
fn expected_gradients_with_the_same_samples() {
    let file = SafeTensors::deserialize(GOLDEN).unwrap();
    let choices = file.tensor("reference_choice").unwrap();
    let choices = choices
        .data()
        .chunks_exact(8)
        .map(|bytes| i64::from_le_bytes(bytes.try_into().unwrap()) as usize);
    let samples: Vec<Sample> = choices
        .zip(values("reference_position"))
        .map(|(reference, position)| Sample {
            reference,
            position,
        })
        .collect();
    for golden in Golden::read().both() {
        let found = expected_gradients::channels(&golden.member, &golden.question(), &samples);
        assert_as_good_as_pytorch("expected_gradients", &found);
    }
}

#[test]
fn occlusion_with_windows_that_the_frame_cuts() {
    let golden = Golden::read();
    let (member, question) = (&golden.member, &golden.question());
    assert_as_good_as_pytorch("occlusion_8_4", &occlusion::map(member, question, 8, 4));
    assert_as_good_as_pytorch("occlusion_12_8", &occlusion::map(member, question, 12, 8));
}

#[test]
fn rise_with_the_same_masks() {
    let golden = Golden::read();
    let masks = values("rise_masks");
    let mask = |index: usize| masks[index * SIDE * SIDE..(index + 1) * SIDE * SIDE].to_vec();
    let found = rise::map(&golden.member, &golden.question(), 16, mask);
    assert_as_good_as_pytorch("rise", &found);
}

#[test]
fn layers_and_their_gradients() {
    let wide = |values: Vec<f32>| -> Vec<f64> { values.into_iter().map(f64::from).collect() };
    for golden in Golden::read().both() {
        let trace = golden.member.trace(&golden.picture, SIDE);
        let activation = trace.layer(Layer::Third);
        assert_as_good_as_pytorch("layer3_activation", &wide(activation.values));
        for (name, layer) in [
            ("layer1_gradient", Layer::First),
            ("layer2_gradient", Layer::Second),
            ("layer3_gradient", Layer::Third),
        ] {
            let trace = golden.member.trace(&golden.picture, SIDE);
            let slopes = TARGET.gradients(trace.logits());
            let gradient = trace.layer_gradient(&slopes, layer);
            assert_as_good_as_pytorch(name, &wide(gradient.values));
        }
    }
}
