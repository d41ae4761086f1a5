//! Random numbers that depend on what they are for and on nothing else.
//!
//! A draw is keyed by (seed, member, sample, layer): the same for every photograph, in whatever batch, order or thread
//! it is graded.

use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// What a stream of random numbers is for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Key {
    pub(crate) seed: u64,
    pub(crate) member: usize,
    pub(crate) sample: u32,
    /// Place of the batch norm in the network, or [`DROPOUT`].
    pub(crate) layer: usize,
}

/// The "layer" of the dropout before the head.
pub(crate) const DROPOUT: usize = usize::MAX;

/// The "layer" of the order in which training batches are drawn.
const TRAINING_BATCHES: usize = usize::MAX - 1;

/// A generator whose state is the key itself.
fn generator(key: Key) -> ChaCha8Rng {
    let mut state = [0; 32];
    let words = [
        key.seed,
        key.member as u64,
        u64::from(key.sample),
        key.layer as u64,
    ];
    for (bytes, word) in state.chunks_exact_mut(8).zip(words) {
        bytes.copy_from_slice(&word.to_le_bytes());
    }
    ChaCha8Rng::from_seed(state)
}

/// `count` standard normal numbers (Box–Muller).
pub(crate) fn normals(key: Key, count: usize) -> Vec<f32> {
    let mut random = generator(key);
    let mut values = Vec::with_capacity(count + 1);
    while values.len() < count {
        let (radius, angle) = (unit(&mut random), unit(&mut random));
        // 1 - radius is in (0, 1], so the logarithm is finite.
        let length = (-2.0 * (1.0 - radius).ln()).sqrt();
        let (sine, cosine) = (std::f64::consts::TAU * angle).sin_cos();
        values.extend([(length * cosine) as f32, (length * sine) as f32]);
    }
    values.truncate(count);
    values
}

/// `count` numbers uniform in [0, 1).
pub(crate) fn uniforms(key: Key, count: usize) -> Vec<f32> {
    let mut random = generator(key);
    (0..count).map(|_| unit(&mut random) as f32).collect()
}

/// The numbers below `count` in a random order, the same for every photograph.
pub(crate) fn order(seed: u64, member: usize, count: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    order.shuffle(&mut generator(Key {
        seed,
        member,
        sample: 0,
        layer: TRAINING_BATCHES,
    }));
    order
}

/// Uniform in [0, 1), from the upper 24 bits, so that it stays below 1 as `f32` too.
fn unit(random: &mut ChaCha8Rng) -> f64 {
    f64::from(random.next_u32() >> 8) / f64::from(1 << 24)
}
