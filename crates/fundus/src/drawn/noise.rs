//! Smooth random textures and quick normal numbers.

use rand::{Rng, RngExt};

/// A smooth random function of the plane: random values on a unit grid, interpolated smoothly; mean 0, within ±1.
#[derive(Clone, Copy, Debug)]
pub struct Texture {
    seed: u32,
}

impl Texture {
    pub fn random(rng: &mut impl Rng) -> Self {
        Self { seed: rng.random() }
    }

    /// The value at a point.
    pub fn at(self, [x, y]: [f32; 2]) -> f32 {
        let (column, row) = (x.floor(), y.floor());
        let (across, down) = (fade(x - column), fade(y - row));
        let (column, row) = (column as i32, row as i32);
        let upper = mix(
            self.lattice(column, row),
            self.lattice(column + 1, row),
            across,
        );
        let lower = mix(
            self.lattice(column, row + 1),
            self.lattice(column + 1, row + 1),
            across,
        );
        mix(upper, lower, down)
    }

    /// Sum of `octaves` ever finer and fainter copies, within ±1.
    pub fn fractal(self, [x, y]: [f32; 2], octaves: u32) -> f32 {
        let (mut sum, mut total, mut amplitude, mut frequency) = (0.0, 0.0, 1.0, 1.0);
        for octave in 0..octaves {
            let shift = 17.3 * octave as f32;
            sum += amplitude * self.at([x * frequency + shift, y * frequency - shift]);
            total += amplitude;
            amplitude *= 0.55;
            // Not a whole number, so that the grids of the octaves do not coincide.
            frequency *= 2.07;
        }
        sum / total
    }

    fn lattice(self, column: i32, row: i32) -> f32 {
        let mut hash = self.seed
            ^ (column as u32).wrapping_mul(0x9E37_79B1)
            ^ (row as u32).wrapping_mul(0x85EB_CA77);
        hash = (hash ^ (hash >> 15)).wrapping_mul(0x2C1B_3C6D);
        hash = (hash ^ (hash >> 12)).wrapping_mul(0x297A_2D39);
        hash ^= hash >> 15;
        hash as f32 / (u32::MAX as f32 / 2.0) - 1.0
    }
}

/// A number of mean 0 and standard deviation 1, close to normal: the sum of four uniform bytes (Irwin-Hall), which costs
/// one draw; a camera's noise needs three a pixel.
pub fn normal(rng: &mut impl Rng) -> f32 {
    let sum: i32 = rng
        .next_u32()
        .to_le_bytes()
        .iter()
        .map(|&byte| i32::from(byte))
        .sum();
    const MEAN: f32 = 4.0 * 127.5;
    const STANDARD_DEVIATION: f32 = 147.8;
    (sum as f32 - MEAN) / STANDARD_DEVIATION
}

fn mix(a: f32, b: f32, share: f32) -> f32 {
    a + (b - a) * share
}

fn fade(t: f32) -> f32 {
    t * t * t * (t * (t * 6.0 - 15.0) + 10.0)
}
