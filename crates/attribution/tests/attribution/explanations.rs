//! What must hold for every explanation, whatever the network.

use attribution::{
    AttributionError, Baseline, Evidence, Map, Method, Options, Target, explain_members,
};
use burn::tensor::{Tensor, TensorData};
use fundus::NetworkInput;
use grader::{BatchNormMode, Member, weights};
use proptest::prelude::*;
use trust::Grade;

use crate::common::{SIDE, explained, member, network, picture, preparation, relative_l2};

const TARGETS: [Target; 3] = [
    Target::Grade(Grade::Severe),
    Target::Referable,
    Target::Expected,
];

fn few_steps(steps: usize, batch_size: usize) -> Options {
    Options {
        steps,
        max_steps: steps,
        batch_size,
        samples: 2,
        masks: 8,
        window: Some(24),
        layer: grader::Layer::Second,
        ..Options::default()
    }
}

fn logits(member: &Member, input: &NetworkInput) -> [f32; 5] {
    member.classify(&member.averages(&input.values, input.side, None))[0].0
}

#[test]
fn attributions_sum_to_the_difference_that_they_explain() {
    let members = [member(1), member(2)];
    let black = NetworkInput {
        side: SIDE,
        values: preparation().input(&image::RgbImage::new(96, 96)).values,
    };
    for target in TARGETS {
        let options = Options {
            steps: 8,
            max_steps: 128,
            ..Options::default()
        };
        let result = explained(&members, Method::IntegratedGradients, target, &options);
        let completeness = result.completeness.unwrap();
        assert!(
            completeness.reached && completeness.relative_error < 0.05,
            "{target}: {completeness:?}"
        );

        let value = |input| {
            members
                .iter()
                .map(|member| target.value(&logits(member, input)))
                .sum::<f64>()
                / 2.0
        };
        let difference = value(&picture()) - value(&black);
        let sum: f64 = result.channels.unwrap().into_iter().map(f64::from).sum();
        let error = (sum - difference).abs() / difference.abs().max(0.1);
        assert!(
            (error - completeness.relative_error).abs() < 1e-3,
            "{target}: {error} {completeness:?}"
        );
        let map_sum: f64 = result.map.values.into_iter().map(f64::from).sum();
        assert!((map_sum - sum).abs() < 1e-4);
    }
}

#[test]
fn a_refinement_that_is_not_allowed_is_reported_as_not_reached() {
    // A head with large weights makes the difference large and the path rough: one step cannot do.
    let mut tensors = weights::to_tensors(&network(1));
    tensors
        .get_mut("fc.weight")
        .unwrap()
        .values
        .iter_mut()
        .for_each(|weight| *weight *= 64.0);
    let rough = weights::from_tensors(tensors, &grader::device("cpu").unwrap()).unwrap();
    let once = explained(
        &[Member::new(&rough, &grader::device("cpu").unwrap())],
        Method::IntegratedGradients,
        Target::Referable,
        &few_steps(1, 1),
    );
    let completeness = once.completeness.unwrap();
    assert_eq!(completeness.steps, 1);
    assert!(
        !completeness.reached && completeness.relative_error >= 0.05,
        "{completeness:?}"
    );
}

#[test]
fn one_step_is_the_gradient_that_automatic_differentiation_gives() {
    let network = network(3);
    let input = picture();
    let black = preparation().input(&image::RgbImage::new(96, 96)).values;
    let middle: Vec<f32> = input
        .values
        .iter()
        .zip(&black)
        .map(|(&picture, &black)| black + 0.5 * (picture - black))
        .collect();
    let device = grader::device("cpu").unwrap();
    let leaf = Tensor::<4>::from_data(TensorData::new(middle, [1, 3, SIDE, SIDE]), &device);
    let leaf = leaf.autodiff().require_grad();
    let answer = network.forward(leaf.clone(), BatchNormMode::Frozen);
    let gradients = answer.slice([0..1, 3..4]).sum().backward();
    let gradient = leaf
        .grad(&gradients)
        .unwrap()
        .into_data()
        .try_to_vec::<f32>()
        .unwrap();
    let path = input
        .values
        .iter()
        .zip(&black)
        .map(|(picture, black)| picture - black);
    let expected: Vec<f32> = gradient
        .iter()
        .zip(path)
        .map(|(slope, length)| slope * length)
        .collect();

    let target = Target::Grade(Grade::Severe);
    for member in [
        Member::new(&network, &device),
        Member::in_burn(&network, &device),
    ] {
        let result = explained(
            &[member],
            Method::IntegratedGradients,
            target,
            &few_steps(1, 1),
        );
        assert!(relative_l2(&result.channels.unwrap(), &expected) < 1e-5);
    }
}

#[test]
fn explaining_leaves_the_member_as_it_was_and_repeats_itself() {
    let network = network(4);
    let encoded = || weights::encode(&network, weights::Storage::F32);
    let device = grader::device("cpu").unwrap();
    let members = [
        Member::new(&network, &device),
        Member::in_burn(&network, &device),
    ];
    let answers = || members.each_ref().map(|member| logits(member, &picture()));
    let before = (encoded(), answers());
    for method in Method::ALL {
        let first = explained(&members, method, Target::Referable, &few_steps(3, 2));
        let second = explained(&members, method, Target::Referable, &few_steps(3, 2));
        assert_eq!(first, second, "{method}");
    }
    assert!((encoded(), answers()) == before);
}

#[test]
fn the_batch_size_bounds_the_memory_and_changes_nothing() {
    let members = [member(5)];
    let explain = |batch_size| {
        let result = explained(
            &members,
            Method::IntegratedGradients,
            Target::Referable,
            &few_steps(7, batch_size),
        );
        result.channels.unwrap()
    };
    let alone = explain(1);
    for batch_size in [3, 7, 100] {
        assert!(
            relative_l2(&explain(batch_size), &alone) < 1e-5,
            "{batch_size}"
        );
    }
}

#[test]
fn members_are_averaged() {
    let both = [member(6), member(7)];
    // Others draw at random, and otherwise for each member.
    let draws = [
        Method::SmoothGrad,
        Method::SmoothGradSquared,
        Method::ExpectedGradients,
        Method::Rise,
    ];
    for method in Method::ALL
        .into_iter()
        .filter(|method| !draws.contains(method))
    {
        let map = |members: &[Member]| {
            explained(members, method, Target::Referable, &few_steps(2, 2))
                .map
                .values
        };
        let (one, two) = (map(&both[..1]), map(&both[1..]));
        let average: Vec<f32> = one.iter().zip(&two).map(|(a, b)| 0.5 * (a + b)).collect();
        assert!(relative_l2(&map(&both), &average) < 1e-5, "{method}");
    }
}

#[test]
fn a_picture_that_is_its_own_baseline_has_an_empty_map() {
    let black = preparation().input(&image::RgbImage::new(96, 96));
    let options = few_steps(2, 2);
    let target = Target::Referable;
    let method = Method::IntegratedGradients;
    let result = explain_members(
        &[member(8)],
        &preparation(),
        &black,
        method,
        target,
        &options,
    )
    .unwrap();
    assert!(result.empty);
    assert_eq!(result.map.evidence(), Evidence::Empty);
    assert!(result.completeness.unwrap().reached);
}

#[test]
fn a_network_that_does_not_look_has_empty_maps() {
    let mut tensors = weights::to_tensors(&network(9));
    tensors.get_mut("fc.weight").unwrap().values.fill(0.0);
    let device = grader::device("cpu").unwrap();
    let blind = weights::from_tensors(tensors, &device).unwrap();
    let blind = [Member::new(&blind, &device)];
    for method in Method::ALL {
        let result = explained(&blind, method, Target::Grade(Grade::Mild), &few_steps(2, 2));
        assert!(
            result.empty && result.map.evidence() == Evidence::Empty,
            "{method}"
        );
    }
}

#[test]
fn baselines_differ_and_outside_the_circle_nothing_is_attributed_from_the_mean_colour() {
    let members = [member(10)];
    let maps = Baseline::ALL.map(|baseline| {
        let options = Options {
            baseline,
            ..few_steps(2, 2)
        };
        explained(
            &members,
            Method::IntegratedGradients,
            Target::Referable,
            &options,
        )
        .map
    });
    assert!(maps[0] != maps[1] && maps[1] != maps[2]);
    let corners = [0, SIDE - 1, SIDE * (SIDE - 1), SIDE * SIDE - 1];
    assert!(corners.iter().all(|&corner| maps[1].values[corner] == 0.0));
}

#[test]
fn what_cannot_be_explained_is_told() {
    let explain = |members: &[Member], input: &NetworkInput, options: &Options| {
        explain_members(
            members,
            &preparation(),
            input,
            Method::IntegratedGradients,
            Target::Referable,
            options,
        )
    };
    let members = [member(11)];
    let small = NetworkInput {
        side: 8,
        values: vec![0.0; 3 * 64],
    };
    assert!(matches!(
        explain(&members, &small, &few_steps(2, 2)),
        Err(AttributionError::WrongInput { .. })
    ));
    let short = NetworkInput {
        side: SIDE,
        values: vec![0.0; 5],
    };
    assert!(matches!(
        explain(&members, &short, &few_steps(2, 2)),
        Err(AttributionError::WrongInput { .. })
    ));
    assert!(matches!(
        explain(&members, &picture(), &few_steps(0, 2)),
        Err(AttributionError::NothingAsked { .. })
    ));
    assert!(matches!(
        explain(&members, &picture(), &few_steps(2, 0)),
        Err(AttributionError::NothingAsked { .. })
    ));
    assert_eq!(
        explain(&[], &picture(), &few_steps(2, 2)),
        Err(AttributionError::NoMembers)
    );
    let unknown = NetworkInput {
        side: SIDE,
        values: vec![f32::NAN; 3 * SIDE * SIDE],
    };
    for method in Method::ALL {
        let result = explain_members(
            &members,
            &preparation(),
            &unknown,
            method,
            Target::Referable,
            &few_steps(2, 2),
        );
        assert_eq!(result, Err(AttributionError::NotFinite), "{method}");
    }
}

#[test]
fn names_are_read_back() {
    for method in Method::ALL {
        assert_eq!(method.name().parse(), Ok(method));
        assert_eq!(
            serde_json::to_string(&method).unwrap(),
            format!("\"{method}\"")
        );
    }
    for baseline in Baseline::ALL {
        assert_eq!(baseline.name().parse(), Ok(baseline));
    }
    let error = "gradcam".parse::<Method>().unwrap_err().to_string();
    assert!(
        error.contains("\"gradcam\"") && error.contains("grad-cam"),
        "{error}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Interpolation neither overshoots nor moves: constants stay, and doubling keeps the mean.
    #[test]
    fn interpolation_stays_within_the_values(
        height in 1_usize..6, width in 1_usize..6, to_height in 0_usize..24, to_width in 0_usize..24,
        seed in prop::collection::vec(-10.0_f32..10.0, 36),
    ) {
        let map = Map { height, width, values: seed[..height * width].to_vec() };
        let resized = map.resized(to_height, to_width);
        prop_assert_eq!(resized.values.len(), to_height * to_width);
        let lowest = map.values.iter().copied().fold(f32::INFINITY, f32::min);
        let highest = map.values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        prop_assert!(resized.values.iter().all(|&value| (lowest - 1e-5..=highest + 1e-5).contains(&value)));

        let doubled = map.resized(2 * height, 2 * width);
        let mean = |values: &[f32]| values.iter().sum::<f32>() / values.len() as f32;
        prop_assert!((mean(&doubled.values) - mean(&map.values)).abs() < 1e-4);
        prop_assert_eq!(map.resized(height, width), map);
    }
}
