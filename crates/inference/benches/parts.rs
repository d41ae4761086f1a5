//! The engine's parts: `cargo bench -p inference`, for one set of instructions with
//! `FUNDOSCOPE_INSTRUCTIONS=avx2 cargo bench -p inference`.
//!
//! The weights are random; time does not depend on them.

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use inference::{BlockWeights, ConvolutionWeights, FEATURES, Network, ReluRule, Statistics};

/// Values of half precision in ±1, the same every time.
fn values(count: usize) -> Vec<f32> {
    let value = |index: usize| (index.wrapping_mul(2_654_435_761) >> 7 & 0x3ff) as f32;
    (0..count).map(|index| value(index) / 512.0 - 1.0).collect()
}

fn convolution(outputs: usize, inputs: usize, side: usize) -> ConvolutionWeights {
    // Activations stay about as large from layer to layer.
    let scale = (2.0 / (inputs * side * side) as f32).sqrt();
    ConvolutionWeights {
        kernel: values(outputs * inputs * side * side),
        outputs,
        inputs,
        statistics: Statistics {
            scale: vec![scale; outputs],
            shift: vec![0.0; outputs],
        },
    }
}

/// A whole ResNet-18.
fn network() -> Network {
    let block = |inputs: usize, outputs: usize| BlockWeights {
        first: convolution(outputs, inputs, 3),
        second: convolution(outputs, outputs, 3),
        shortcut: (inputs != outputs).then(|| convolution(outputs, inputs, 1)),
    };
    let groups = [(64, 64), (64, 128), (128, 256), (256, FEATURES)];
    let blocks = groups
        .into_iter()
        .flat_map(|(inputs, outputs)| [block(inputs, outputs), block(outputs, outputs)]);
    Network::compile(&convolution(64, 3, 7), blocks)
}

fn forward_and_back(criterion: &mut Criterion) {
    let network = network();
    let mut group = criterion.benchmark_group(network.instruction_set().name());
    group.sample_size(20);
    for (pictures, side) in [(1, 224), (4, 224), (1, 320), (4, 320), (1, 512)] {
        let values = values(pictures * 3 * side * side);
        let size = [side, side];
        let parameter = format!("{pictures} x {side} px");
        group.bench_function(BenchmarkId::new("forward", &parameter), |bencher| {
            bencher.iter(|| network.features(&values, size, None));
        });
        let slopes = vec![[1.0; FEATURES]; pictures];
        group.bench_function(BenchmarkId::new("input gradient", &parameter), |bencher| {
            bencher.iter(|| {
                let trace = network.trace(&values, size);
                trace.picture_gradient(&slopes, ReluRule::Gradient)
            });
        });
    }
    group.finish();
}

criterion_group!(parts, forward_and_back);
criterion_main!(parts);
