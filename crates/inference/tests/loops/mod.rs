//! A small residual network in plain loops and double precision, there and back.

use inference::{
    BlockWeights, ConvolutionWeights, FEATURES, InstructionSet, Network, ReluRule, Statistics,
};

/// Weights of a small residual network.
pub struct NetworkWeights {
    pub stem: ConvolutionWeights,
    pub blocks: Vec<BlockWeights>,
}

impl NetworkWeights {
    pub fn compile_for(&self, set: InstructionSet) -> Network {
        Network::compile_for(set, &self.stem, self.blocks.iter().cloned())
    }

    pub fn compile(&self) -> Network {
        self.compile_for(InstructionSet::detected())
    }
}

/// Values in ±`size`, the same for the same seed (a linear congruential generator, Knuth's MMIX).
pub fn random(seed: u64, count: usize, size: f32) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    (0..count)
        .map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            ((state >> 40) as f32 / (1 << 23) as f32 - 1.0) * size
        })
        .collect()
}

/// Two blocks: one that keeps resolution and channels, one that halves the former and ends at 512 of the latter. Values
/// are rounded to half precision, as bundles hold them.
pub fn weights(seed: u64) -> NetworkWeights {
    let convolution = |place: u64, outputs: usize, inputs: usize, side: usize| {
        let seed = 100 * seed + 3 * place;
        let fan_in = (inputs * side * side) as f32;
        let kernel = random(seed, outputs * inputs * side * side, (6.0 / fan_in).sqrt());
        let half = |value: f32| f32::from_bits(value.to_bits() & !0x1fff);
        ConvolutionWeights {
            kernel: kernel.into_iter().map(half).collect(),
            outputs,
            inputs,
            statistics: Statistics {
                scale: random(seed + 1, outputs, 0.5)
                    .iter()
                    .map(|value| 1.0 + value)
                    .collect(),
                shift: random(seed + 2, outputs, 0.3),
            },
        }
    };
    NetworkWeights {
        stem: convolution(0, 64, 3, 7),
        blocks: vec![
            BlockWeights {
                first: convolution(1, 64, 64, 3),
                second: convolution(2, 64, 64, 3),
                shortcut: None,
            },
            BlockWeights {
                first: convolution(3, FEATURES, 64, 3),
                second: convolution(4, FEATURES, FEATURES, 3),
                shortcut: Some(convolution(5, FEATURES, 64, 1)),
            },
        ],
    }
}

/// `‖found - expected‖ / ‖expected‖`.
pub fn relative_l2(found: &[f32], expected: &[f64]) -> f64 {
    assert_eq!(found.len(), expected.len());
    let differences = found.iter().zip(expected).map(|(&a, b)| f64::from(a) - b);
    let square = |sum: f64, value: f64| sum + value * value;
    let norm = expected.iter().copied().fold(0.0, square).sqrt();
    differences.fold(0.0, square).sqrt() / norm.max(f64::MIN_POSITIVE)
}

/// `[channel][row][column]`.
#[derive(Clone)]
struct Planes {
    channels: usize,
    height: usize,
    width: usize,
    values: Vec<f64>,
}

impl Planes {
    fn zeros(channels: usize, height: usize, width: usize) -> Self {
        let values = vec![0.0; channels * height * width];
        Self {
            channels,
            height,
            width,
            values,
        }
    }

    fn combined(&self, other: &Planes, combine: impl Fn(f64, f64) -> f64) -> Self {
        let pairs = self.values.iter().zip(&other.values);
        Self {
            values: pairs.map(|(&a, &b)| combine(a, b)).collect(),
            ..self.clone()
        }
    }

    fn relu(&self) -> Self {
        self.combined(self, |value, _| value.max(0.0))
    }
}

/// One forward pass with everything that the way back needs.
pub struct Loops {
    picture: Planes,
    /// Before the first ReLU.
    stem: Planes,
    pooled: Planes,
    /// For each block its input, and what is before its first and its second ReLU.
    blocks: Vec<[Planes; 3]>,
    last: Planes,
}

impl Loops {
    pub fn forward(weights: &NetworkWeights, picture: &[f32], [height, width]: [usize; 2]) -> Self {
        let values = picture.iter().map(|&value| f64::from(value)).collect();
        let picture = Planes {
            channels: 3,
            height,
            width,
            values,
        };
        let stem = layer(&weights.stem, &picture, 7, 2);
        let pooled = pool(&stem.relu());
        let mut activation = pooled.clone();
        let mut blocks = Vec::new();
        for block in &weights.blocks {
            let stride = if block.shortcut.is_some() { 2 } else { 1 };
            let inner = layer(&block.first, &activation, 3, stride);
            let residual = layer(&block.second, &inner.relu(), 3, 1);
            let beside = match &block.shortcut {
                Some(shortcut) => layer(shortcut, &activation, 1, 2),
                None => activation.clone(),
            };
            let outer = residual.combined(&beside, |a, b| a + b);
            let input = std::mem::replace(&mut activation, outer.relu());
            blocks.push([input, inner, outer]);
        }
        Self {
            picture,
            stem,
            pooled,
            blocks,
            last: activation,
        }
    }

    pub fn averages(&self) -> Vec<f64> {
        let places = self.last.height * self.last.width;
        let planes = self.last.values.chunks_exact(places);
        planes
            .map(|plane| plane.iter().sum::<f64>() / places as f64)
            .collect()
    }

    pub fn gradient(&self, weights: &NetworkWeights, slopes: &[f32], rule: ReluRule) -> Vec<f64> {
        let through = |gradient: &Planes, before: &Planes| {
            gradient.combined(before, |gradient, before| match rule {
                ReluRule::Deconvolution => gradient.max(0.0),
                _ if before <= 0.0 => 0.0,
                ReluRule::Gradient => gradient,
                ReluRule::Guided => gradient.max(0.0),
            })
        };
        let places = self.last.height * self.last.width;
        let mut gradient = self.last.clone();
        for (plane, &slope) in gradient.values.chunks_exact_mut(places).zip(slopes) {
            plane.fill(f64::from(slope) / places as f64);
        }
        for (block, [input, inner, outer]) in weights.blocks.iter().zip(&self.blocks).rev() {
            let after = through(&gradient, outer);
            let residual = through(&back(&block.second, &after, inner, 3, 1), inner);
            let stride = if block.shortcut.is_some() { 2 } else { 1 };
            let beside = match &block.shortcut {
                Some(shortcut) => back(shortcut, &after, input, 1, 2),
                None => after,
            };
            gradient =
                back(&block.first, &residual, input, 3, stride).combined(&beside, |a, b| a + b);
        }
        let stem = unpool(&gradient, &self.pooled, &self.stem.relu());
        back(
            &weights.stem,
            &through(&stem, &self.stem),
            &self.picture,
            7,
            2,
        )
        .values
    }
}

/// Every pair of places that a window of `side` connects: input place, output place, tap.
fn connections(
    input: &Planes,
    output: [usize; 2],
    side: usize,
    stride: usize,
    mut connect: impl FnMut(usize, usize, usize),
) {
    let padding = side / 2;
    for row in 0..output[0] {
        for column in 0..output[1] {
            for tap in 0..side * side {
                let y = (stride * row + tap / side)
                    .checked_sub(padding)
                    .filter(|&y| y < input.height);
                let x = (stride * column + tap % side)
                    .checked_sub(padding)
                    .filter(|&x| x < input.width);
                if let Some((y, x)) = y.zip(x) {
                    connect(y * input.width + x, row * output[1] + column, tap);
                }
            }
        }
    }
}

fn halved(input: &Planes, stride: usize) -> [usize; 2] {
    [input.height.div_ceil(stride), input.width.div_ceil(stride)]
}

/// Convolution and batch norm.
fn layer(weights: &ConvolutionWeights, input: &Planes, side: usize, stride: usize) -> Planes {
    let size = halved(input, stride);
    let mut output = Planes::zeros(weights.outputs, size[0], size[1]);
    let (places, seen) = (size[0] * size[1], input.height * input.width);
    connections(input, size, side, stride, |from, to, tap| {
        for channel in 0..weights.outputs {
            for source in 0..input.channels {
                let weight =
                    weights.kernel[(channel * input.channels + source) * side * side + tap];
                output.values[channel * places + to] +=
                    f64::from(weight) * input.values[source * seen + from];
            }
        }
    });
    for (channel, plane) in output.values.chunks_exact_mut(places).enumerate() {
        let scale = f64::from(weights.statistics.scale[channel]);
        let shift = f64::from(weights.statistics.shift[channel]);
        plane
            .iter_mut()
            .for_each(|value| *value = *value * scale + shift);
    }
    output
}

/// The gradient before a [`layer`] whose input had the shape of `input`.
fn back(
    weights: &ConvolutionWeights,
    gradient: &Planes,
    input: &Planes,
    side: usize,
    stride: usize,
) -> Planes {
    let mut before = Planes::zeros(weights.inputs, input.height, input.width);
    let (places, seen) = (gradient.height * gradient.width, input.height * input.width);
    connections(
        input,
        [gradient.height, gradient.width],
        side,
        stride,
        |from, to, tap| {
            for channel in 0..weights.outputs {
                let slope = gradient.values[channel * places + to]
                    * f64::from(weights.statistics.scale[channel]);
                for source in 0..weights.inputs {
                    let weight =
                        weights.kernel[(channel * weights.inputs + source) * side * side + tap];
                    before.values[source * seen + from] += f64::from(weight) * slope;
                }
            }
        },
    );
    before
}

fn pool(input: &Planes) -> Planes {
    let size = halved(input, 2);
    let mut output = Planes::zeros(input.channels, size[0], size[1]);
    let (places, seen) = (size[0] * size[1], input.height * input.width);
    connections(input, size, 3, 2, |from, to, _| {
        for channel in 0..input.channels {
            let greatest = &mut output.values[channel * places + to];
            *greatest = greatest.max(input.values[channel * seen + from]);
        }
    });
    output
}

/// To the first place of each window that has its greatest value.
fn unpool(gradient: &Planes, pooled: &Planes, input: &Planes) -> Planes {
    let mut before = Planes::zeros(input.channels, input.height, input.width);
    let (places, seen) = (pooled.height * pooled.width, input.height * input.width);
    let mut given = vec![false; pooled.values.len()];
    connections(input, [pooled.height, pooled.width], 3, 2, |from, to, _| {
        for channel in 0..input.channels {
            let window = channel * places + to;
            if !given[window] && input.values[channel * seen + from] == pooled.values[window] {
                given[window] = true;
                before.values[channel * seen + from] += gradient.values[window];
            }
        }
    });
    before
}
