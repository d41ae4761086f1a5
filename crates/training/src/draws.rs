//! Random numbers that depend on what they are for and on nothing else, so that neither threads nor interruptions
//! change a training run.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// What random numbers are drawn for.
#[derive(Clone, Copy)]
pub(crate) enum Purpose {
    Split = 1,
    Order = 2,
    Augmentation = 3,
    Dropout = 4,
    Lesions = 5,
    Views = 6,
    Head = 7,
    Unlabelled = 8,
    Experience = 9,
    Shuffle = 10,
}

/// A generator whose state is its purpose and key.
pub(crate) fn generator(purpose: Purpose, key: [u64; 3]) -> ChaCha8Rng {
    let mut state = [0; 32];
    let words = [purpose as u64, key[0], key[1], key[2]];
    for (bytes, word) in state.chunks_exact_mut(8).zip(words) {
        bytes.copy_from_slice(&word.to_le_bytes());
    }
    ChaCha8Rng::from_seed(state)
}
