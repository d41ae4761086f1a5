//! Random numbers of a method, keyed by (seed, member, sample): the same for every photograph.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// What is drawn.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Purpose {
    /// Noise that is added to a picture.
    Noise,
    /// Positions on a path.
    Positions,
    /// Masks that hide parts of a picture.
    Masks,
    /// Where a random map has its evidence.
    Places,
}

/// A generator whose state is the key itself.
pub(crate) fn generator(seed: u64, member: usize, sample: usize, purpose: Purpose) -> ChaCha8Rng {
    let mut state = [0; 32];
    let words = [seed, member as u64, sample as u64, purpose as u64];
    for (bytes, word) in state.chunks_exact_mut(8).zip(words) {
        bytes.copy_from_slice(&word.to_le_bytes());
    }
    ChaCha8Rng::from_seed(state)
}

/// A number uniform in [0, 1).
pub(crate) fn unit(draws: &mut ChaCha8Rng) -> f64 {
    // The upper 53 bits, which a double holds exactly.
    (draws.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
}

/// A standard normal number (Box and Muller 1958).
pub(crate) fn normal(draws: &mut ChaCha8Rng) -> f64 {
    let (radius, angle) = (unit(draws), unit(draws));
    // 1 - radius is in (0, 1], so the logarithm is finite.
    (-2.0 * (1.0 - radius).ln()).sqrt() * (std::f64::consts::TAU * angle).cos()
}
