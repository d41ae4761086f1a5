//! A scene: a colour for each point of the plane, and what scenes are made of.

use rand::{Rng, RngExt};

use crate::drawn::noise::Texture;

/// Red, green and blue, each 0..1; beyond is cut off.
pub(super) type Color = [f32; 3];

/// What a picture shows. The origin is its middle, its round opening or object has radius 1, x points right, y down.
pub(super) struct Scene {
    /// The colour at a point; `None` where the background is seen beside the object.
    pub color: Box<dyn Fn([f32; 2]) -> Option<Color>>,
    /// Whether it is an object on a background, not something that fills the frame.
    pub is_object: bool,
}

impl Scene {
    /// Something that fills the frame.
    pub fn everywhere(color: impl Fn([f32; 2]) -> Color + 'static) -> Self {
        Self {
            color: Box::new(move |at| Some(color(at))),
            is_object: false,
        }
    }

    /// An object on a background.
    pub fn object(color: impl Fn([f32; 2]) -> Option<Color> + 'static) -> Self {
        Self {
            color: Box::new(color),
            is_object: true,
        }
    }
}

/// `low` at 0, `high` at 1.
pub(super) fn mix(low: Color, high: Color, share: f32) -> Color {
    let share = share.clamp(0.0, 1.0);
    std::array::from_fn(|channel| low[channel] + (high[channel] - low[channel]) * share)
}

/// Every channel times a factor.
pub(super) fn lit(color: Color, light: f32) -> Color {
    color.map(|value| value * light)
}

/// A grey.
pub(super) fn grey(value: f32) -> Color {
    [value; 3]
}

/// Any colour.
pub(super) fn any_color(rng: &mut impl Rng) -> Color {
    std::array::from_fn(|_| rng.random_range(0.05..1.0))
}

/// A colour between dark red and pale yellow.
pub(super) fn warm_color(rng: &mut impl Rng) -> Color {
    let red = rng.random_range(0.4..1.0f32);
    let green = red * rng.random_range(0.2..0.75f32);
    [red, green, green * rng.random_range(0.15..0.8f32)]
}

/// The colours of a retina for a brightness of 0..1: dark red, orange, pale yellow.
pub(super) fn retinal_color(brightness: f32) -> Color {
    let middle = [0.78, 0.38, 0.17];
    if brightness < 0.55 {
        mix([0.12, 0.03, 0.02], middle, brightness / 0.55)
    } else {
        mix(middle, [1.0, 0.88, 0.62], (brightness - 0.55) / 0.45)
    }
}

/// One of several.
pub(super) fn one_of<T: Copy>(among: &[T], rng: &mut impl Rng) -> T {
    among[rng.random_range(0..among.len())]
}

/// 1 inside an edge at 0, 0 outside, soft over `width` on either side.
pub(super) fn inside(distance: f32, width: f32) -> f32 {
    crate::drawn::smooth_step(width, -width, distance)
}

/// Turned by an angle in radians.
pub(super) fn turned([x, y]: [f32; 2], angle: f32) -> [f32; 2] {
    let (sine, cosine) = angle.sin_cos();
    [x * cosine - y * sine, x * sine + y * cosine]
}

/// Distance to a straight line between two points.
pub(super) fn distance_to_line(at: [f32; 2], from: [f32; 2], to: [f32; 2]) -> f32 {
    let (along, away) = (
        [to[0] - from[0], to[1] - from[1]],
        [at[0] - from[0], at[1] - from[1]],
    );
    let length = (along[0] * along[0] + along[1] * along[1]).max(1e-9);
    let share = ((away[0] * along[0] + away[1] * along[1]) / length).clamp(0.0, 1.0);
    (away[0] - share * along[0]).hypot(away[1] - share * along[1])
}

/// How far outside an ellipse a point lies, in shares of its radii; negative inside.
pub(super) fn beyond_ellipse(at: [f32; 2], center: [f32; 2], radii: [f32; 2]) -> f32 {
    ((at[0] - center[0]) / radii[0]).hypot((at[1] - center[1]) / radii[1]) - 1.0
}

/// A number in 0..1 that belongs to a pair of whole numbers.
pub(super) fn hashed(seed: u32, one: i32, other: i32) -> f32 {
    let mut hash =
        seed ^ (one as u32).wrapping_mul(0x9E37_79B1) ^ (other as u32).wrapping_mul(0x85EB_CA77);
    hash = (hash ^ (hash >> 15)).wrapping_mul(0x2C1B_3C6D);
    hash = (hash ^ (hash >> 12)).wrapping_mul(0x297A_2D39);
    hash ^= hash >> 15;
    hash as f32 / u32::MAX as f32
}

/// The plane divided into cells around scattered points, one in each square of a unit grid.
#[derive(Clone, Copy)]
pub(super) struct Cells {
    seed: u32,
}

/// Where a point lies in its cell.
pub(super) struct InCell {
    /// Distance to the cell's point.
    pub distance: f32,
    /// How much nearer the cell's point is than the next one; 0 on the boundary.
    pub from_edge: f32,
    /// A number in 0..1 that belongs to the cell.
    pub number: f32,
}

impl Cells {
    pub fn random(rng: &mut impl Rng) -> Self {
        Self { seed: rng.random() }
    }

    pub fn at(self, [x, y]: [f32; 2]) -> InCell {
        let (column, row) = (x.floor() as i32, y.floor() as i32);
        let mut found = InCell {
            distance: f32::MAX,
            from_edge: f32::MAX,
            number: 0.0,
        };
        for other_row in row - 1..=row + 1 {
            for other in column - 1..=column + 1 {
                let point = [
                    other as f32 + hashed(self.seed, other, other_row),
                    other_row as f32 + hashed(self.seed ^ 0x5bd1, other, other_row),
                ];
                let distance = (x - point[0]).hypot(y - point[1]);
                if distance < found.distance {
                    found.from_edge = found.distance - distance;
                    found.distance = distance;
                    found.number = hashed(self.seed ^ 0x77, other, other_row);
                } else {
                    found.from_edge = found.from_edge.min(distance - found.distance);
                }
            }
        }
        found
    }
}

/// A texture with its scale: smooth, about ±1, with `octaves` of detail.
#[derive(Clone, Copy)]
pub(super) struct Grain {
    texture: Texture,
    scale: f32,
    octaves: u32,
}

impl Grain {
    /// `scale`: cells of the coarsest octave in one unit of length.
    pub fn random(scale: f32, octaves: u32, rng: &mut impl Rng) -> Self {
        Self {
            texture: Texture::random(rng),
            scale,
            octaves,
        }
    }

    pub fn at(&self, [x, y]: [f32; 2]) -> f32 {
        // The sum of octaves seldom reaches its bounds.
        let value = self
            .texture
            .fractal([x * self.scale, y * self.scale], self.octaves);
        (1.7 * value).clamp(-1.0, 1.0)
    }
}
