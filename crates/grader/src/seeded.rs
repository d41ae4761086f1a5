//! Weights and pictures from a formula that is easy to repeat in another language.
//!
//! They have learned nothing and show nothing; they are what golden values from PyTorch are computed with, so that no
//! weights need to be stored. Value `i` of tensor `name` is `u = splitmix64((fnv1a64(name) ^ seed) + i) >> 40`, divided
//! by 2²⁴, scaled in `f64` as [`network`] says, and rounded to `f32`.

use burn::tensor::Device;
use fundus::NetworkInput;

use crate::network::ResNet18;
use crate::weights::{self, StoredTensor, Tensors};

/// A network with plausible weights and statistics: convolutions uniform in ±√(3 / fan-in), batch-norm scale and
/// variance in 0.5..1.5, shift and mean in ±0.2, head in ±1/√512.
pub fn network(seed: u64, device: &Device) -> ResNet18 {
    let mut tensors = Tensors::new();
    for (name, shape) in weights::layout() {
        let fan_in: usize = shape.iter().skip(1).product();
        let symmetric = |bound: f64| [-bound, 2.0 * bound];
        let [lowest, range] = match (shape.len(), name.rsplit('.').next()) {
            (4, _) => symmetric((3.0 / fan_in as f64).sqrt()),
            (2, _) => symmetric(1.0 / (fan_in as f64).sqrt()),
            (_, Some("weight" | "running_var")) => [0.5, 1.0],
            _ => symmetric(0.2),
        };
        let values = uniforms(&name, seed, shape.iter().product())
            .map(|u| (lowest + range * u) as f32)
            .collect();
        tensors.insert(name, StoredTensor { shape, values });
    }
    weights::from_tensors(tensors, device).expect("the layout names every tensor with its shape")
}

/// A picture of values uniform in ±2, from the name `input`.
pub fn input(seed: u64, side: usize) -> NetworkInput {
    let values = uniforms("input", seed, 3 * side * side)
        .map(|u| (4.0 * u - 2.0) as f32)
        .collect();
    NetworkInput { side, values }
}

/// `count` numbers uniform in [0, 1), multiples of 2⁻²⁴.
fn uniforms(name: &str, seed: u64, count: usize) -> impl Iterator<Item = f64> {
    let start = fnv1a64(name) ^ seed;
    (0..count as u64)
        .map(move |index| (splitmix64(start.wrapping_add(index)) >> 40) as f64 / f64::from(1 << 24))
}

/// Fowler, Noll and Vo's hash of a name.
fn fnv1a64(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// The output function of Steele, Lea and Flood's generator.
fn splitmix64(state: u64) -> u64 {
    let mut z = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
