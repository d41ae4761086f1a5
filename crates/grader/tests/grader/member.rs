//! The CPU's own engine against Burn: the same answers and gradients, whatever the instructions.

use burn::tensor::Device;
use grader::{Layer, Member, ReluRule, seeded};

use crate::{SIDE, with_moments};

/// Slopes of a function of the logits that looks at all of them.
const SLOPES: [f64; 5] = [1.0, -0.5, 0.25, 2.0, -1.5];

fn pictures(count: u64, side: usize) -> Vec<f32> {
    (0..count)
        .flat_map(|seed| seeded::input(40 + seed, side).values)
        .collect()
}

fn both(seed: u64) -> [Member; 2] {
    let network = with_moments(seed, &Device::flex());
    [
        Member::new(&network, &Device::flex()),
        Member::in_burn(&network, &Device::flex()),
    ]
}

/// Libtorch computes with its own operations, batch norm folded into the convolutions.
#[cfg(feature = "tch")]
#[test]
fn libtorch_answers_what_burn_answers() {
    let network = with_moments(4, &Device::flex());
    let libtorch = Member::new(&network, &grader::device("libtorch").unwrap());
    let burn = Member::in_burn(&network, &Device::flex());
    for side in [SIDE, 50] {
        let pictures = pictures(3, side);
        let [found, expected] =
            [&libtorch, &burn].map(|member| member.averages(&pictures, side, None));
        let error = relative_l2(found.as_flattened(), expected.as_flattened());
        assert!(error < 2e-6, "{side} pixels: {error:.2e}");
        let [found, expected] =
            [&libtorch, &burn].map(|member| member.feature_maps(&pictures, side));
        let error = relative_l2(&found, &expected);
        assert!(error < 2e-6, "maps at {side} pixels: {error:.2e}");
    }
}

fn relative_l2(found: &[f32], expected: &[f32]) -> f64 {
    assert_eq!(found.len(), expected.len());
    let norm = |values: &mut dyn Iterator<Item = f64>| {
        values.map(|value| value * value).sum::<f64>().sqrt()
    };
    let differences = found.iter().zip(expected);
    let difference = norm(&mut differences.map(|(&a, &b)| f64::from(a) - f64::from(b)));
    difference / norm(&mut expected.iter().map(|&value| f64::from(value)))
}

#[test]
fn the_engine_is_chosen_by_the_device() {
    let [own, burn] = both(1);
    assert!(["avx512", "avx2", "portable"].contains(&own.computes_with()));
    assert_eq!(burn.computes_with(), "Burn");
}

#[test]
fn answers_are_those_of_burn() {
    let [own, burn] = both(2);
    // 50 is no multiple of anything that the engine counts in.
    for side in [SIDE, 50, 33] {
        let pictures = pictures(3, side);
        for drawn in [None, Some(own.sample_statistics(5, 1, 2).unwrap())] {
            let [found, expected] =
                [&own, &burn].map(|member| member.averages(&pictures, side, drawn.as_ref()));
            let error = relative_l2(found.as_flattened(), expected.as_flattened());
            // Both round; drawn statistics may enlarge what is lost.
            let bound = if drawn.is_some() { 1e-5 } else { 2e-6 };
            assert!(error < bound, "{side} pixels: {error:.2e}");
            let logits = |member: &Member| member.classify(&found);
            assert_eq!(logits(&own), logits(&burn));
        }
    }
}

/// Where a ReLU lies within a rounding error of zero, one of the two may close it and the other not, and which pictures that
/// meets depends on the processor: it changes a gradient a little. A mistake changes all of them, and more.
fn assert_alike(errors: &mut [f64], what: &str) {
    errors.sort_by(f64::total_cmp);
    let (median, worst) = (errors[errors.len() / 2], errors[errors.len() - 1]);
    assert!(median < 1e-5, "{what}: {errors:?}");
    assert!(worst < 2e-2, "{what}: {errors:?}");
}

#[test]
fn gradients_are_those_of_burn() {
    let [own, burn] = both(3);
    for rule in [
        ReluRule::Gradient,
        ReluRule::Guided,
        ReluRule::Deconvolution,
    ] {
        let mut errors = Vec::new();
        for side in [SIDE, 50, 33] {
            let pictures = pictures(3, side);
            let [found, expected] = [&own, &burn].map(|member| {
                let trace = member.trace(&pictures, side);
                let (map, size) = trace.feature_map();
                assert_eq!(size, [side.div_ceil(32); 2]);
                assert_eq!(trace.logits().len(), 3);
                assert_eq!(member.feature_maps(&pictures, side), map);
                (map, trace.picture_gradient(&[SLOPES; 3], rule))
            });
            assert!(relative_l2(&found.0, &expected.0) < 2e-6);
            let length = 3 * side * side;
            let pairs = found
                .1
                .chunks_exact(length)
                .zip(expected.1.chunks_exact(length));
            errors.extend(pairs.map(|(found, expected)| relative_l2(found, expected)));
        }
        assert_alike(&mut errors, &format!("{rule:?}"));
    }
}

#[test]
fn layers_and_their_gradients_are_those_of_burn() {
    let [own, burn] = both(5);
    for (layer, shrink) in Layer::ALL.into_iter().zip([4, 8, 16, 32]) {
        let mut errors = Vec::new();
        for side in [SIDE, 50, 33] {
            let pictures = pictures(1, side);
            let [found, expected] = [&own, &burn].map(|member| {
                let trace = member.trace(&pictures, side);
                let activation = trace.layer(layer);
                assert_eq!(activation.size, [side.div_ceil(shrink); 2]);
                let gradient = trace.layer_gradient(&[SLOPES], layer);
                assert_eq!(gradient.values.len(), activation.values.len());
                (activation, gradient)
            });
            assert_eq!(found.0.channels, expected.0.channels);
            assert!(relative_l2(&found.0.values, &expected.0.values) < 2e-6);
            errors.push(relative_l2(&found.1.values, &expected.1.values));
        }
        assert_alike(&mut errors, &format!("{layer:?}"));
    }
}

#[test]
fn what_is_no_number_stays_none() {
    let [own, _] = both(4);
    let mut broken = pictures(1, SIDE);
    broken[SIDE * 20 + 30] = f32::NAN;
    let averages = own.averages(&broken, SIDE, None);
    assert!(
        own.classify(&averages)[0]
            .0
            .iter()
            .any(|logit| logit.is_nan())
    );
    let trace = own.trace(&broken, SIDE);
    assert!(trace.logits()[0].iter().any(|logit| logit.is_nan()));
}
