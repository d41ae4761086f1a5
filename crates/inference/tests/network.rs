//! The engine against plain loops in double precision, with every set of instructions that the processor has.

#![allow(clippy::unwrap_used)] // A test fails by panicking.

mod loops;

use inference::{FEATURES, InstructionSet, ReluRule, Statistics};
use proptest::prelude::*;

use loops::{Loops, random, relative_l2, weights};

fn slopes(count: usize) -> Vec<[f32; FEATURES]> {
    let values = random(99, count * FEATURES, 1.0);
    values.as_chunks().0.to_vec()
}

fn pictures(count: usize, [height, width]: [usize; 2]) -> Vec<f32> {
    random(7, count * 3 * height * width, 1.0)
}

proptest! {
    // Always the same cases: a rounding error that closes a ReLU is no error of the engine.
    #![proptest_config(ProptestConfig {
        cases: 8,
        rng_seed: proptest::test_runner::RngSeed::Fixed(3),
        ..ProptestConfig::default()
    })]

    #[test]
    fn any_size_gives_what_the_loops_give(height in 1_usize..40, width in 1_usize..40) {
        let weights = weights(1);
        let size = [height, width];
        let pictures = pictures(2, size);
        let loops: Vec<Loops> = pictures
            .chunks_exact(3 * height * width)
            .map(|picture| Loops::forward(&weights, picture, size))
            .collect();
        let slopes = slopes(2);
        for set in InstructionSet::available() {
            let network = weights.compile_for(set);
            let features = network.features(&pictures, size, None);
            let trace = network.trace(&pictures, size);
            prop_assert_eq!(&features, trace.features());
            for (found, expected) in features.iter().zip(&loops) {
                let error = relative_l2(found, &expected.averages());
                prop_assert!(error < 1e-6, "{} features: {:.1e}", set, error);
            }
            for rule in [
                ReluRule::Gradient,
                ReluRule::Guided,
                ReluRule::Deconvolution,
            ] {
                let found = trace.picture_gradient(&slopes, rule);
                let found = found.chunks_exact(3 * height * width);
                for ((found, expected), slopes) in found.zip(&loops).zip(&slopes) {
                    let error = relative_l2(found, &expected.gradient(&weights, slopes, rule));
                    prop_assert!(error < 1e-5, "{} {:?}: {:.1e}", set, rule, error);
                }
            }
        }
    }
}

#[test]
fn weights_that_need_single_precision_keep_it() {
    let mut weights = weights(2);
    // Not a value of half precision.
    weights.blocks[0].first.kernel[3] += 1.0 / 65536.0 + 1.0 / 1048576.0;
    weights.blocks[1].second.kernel[5] += 1.0 / 65536.0 + 1.0 / 1048576.0;
    let size = [24, 24];
    let pictures = pictures(1, size);
    let loops = Loops::forward(&weights, &pictures, size);
    let network = weights.compile();
    let error = relative_l2(
        &network.features(&pictures, size, None)[0],
        &loops.averages(),
    );
    assert!(error < 1e-6, "{error:.1e}");
    let slopes = slopes(1);
    let found = network
        .trace(&pictures, size)
        .picture_gradient(&slopes, ReluRule::Gradient);
    let expected = loops.gradient(&weights, &slopes[0], ReluRule::Gradient);
    assert!(relative_l2(&found, &expected) < 1e-5);
}

#[test]
fn given_statistics_replace_those_of_the_weights() {
    let mut weights = weights(3);
    let network = weights.compile();
    let size = [20, 20];
    let pictures = pictures(1, size);
    let mut given: Vec<Statistics> = Vec::new();
    let mut change = |statistics: &mut Statistics| {
        statistics.scale.iter_mut().for_each(|scale| *scale *= 1.25);
        statistics
            .shift
            .iter_mut()
            .for_each(|shift| *shift += 0.125);
        given.push(statistics.clone());
    };
    change(&mut weights.stem.statistics);
    for block in &mut weights.blocks {
        change(&mut block.first.statistics);
        change(&mut block.second.statistics);
        if let Some(shortcut) = &mut block.shortcut {
            change(&mut shortcut.statistics);
        }
    }
    assert_eq!(
        network.features(&pictures, size, Some(&given)),
        weights.compile().features(&pictures, size, None)
    );
}

#[test]
fn a_picture_has_the_same_bits_alone_and_among_others_with_any_number_of_threads() {
    let weights = weights(4);
    let network = weights.compile();
    let size = [52, 52];
    let pictures = pictures(5, size);
    let slopes = slopes(5);
    let answers = |count: usize, threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        let per_picture = 3 * size[0] * size[1];
        pool.install(|| {
            let pictures = pictures.chunks(count * per_picture);
            let (mut features, mut gradients) = (Vec::new(), Vec::new());
            for (pictures, slopes) in pictures.zip(slopes.chunks(count)) {
                let trace = network.trace(pictures, size);
                features.extend_from_slice(trace.features());
                gradients.extend(trace.picture_gradient(slopes, ReluRule::Gradient));
            }
            (features, gradients)
        })
    };
    let alone = answers(1, 1);
    for (count, threads) in [(1, 3), (2, 1), (5, 2), (5, 7)] {
        assert!(
            answers(count, threads) == alone,
            "{count} pictures, {threads} threads"
        );
    }
}

/// With fused multiply-add every value is the same; the portable code rounds twice.
#[test]
fn narrower_vectors_give_the_same_bits() {
    let weights = weights(5);
    let size = [40, 40];
    let pictures = pictures(1, size);
    let fused: Vec<_> = InstructionSet::available()
        .into_iter()
        .filter(|&set| set != InstructionSet::Portable)
        .map(|set| {
            let network = weights.compile_for(set);
            let trace = network.trace(&pictures, size);
            (
                trace.features().to_vec(),
                trace.picture_gradient(&slopes(1), ReluRule::Guided),
            )
        })
        .collect();
    assert!(fused.windows(2).all(|pair| pair[0] == pair[1]));
    if fused.len() < 2 {
        println!(
            "this processor has {} sets with fused multiply-add: nothing to compare",
            fused.len()
        );
    }
}
