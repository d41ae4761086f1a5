//! How a scene becomes a picture: the opening it is seen through, the ground around it, light, colours and noise.

use image::{Rgb, RgbImage};
use rand::{Rng, RngExt};
use rand_chacha::ChaCha8Rng;

use super::scene::{Color, Scene, any_color, grey, inside, mix, one_of, retinal_color};
use super::veins::{Growth, VeinMap};
use crate::drawn::noise::normal;

/// How many of a hundred scenes that fill the frame are seen through a round opening.
const ROUND: f64 = 0.78;

pub(super) struct Framing {
    /// Seen through a round opening of radius 1.
    is_round: bool,
    /// How much of the scene the opening shows: 1 as it was composed, less a part of it.
    zoom: f32,
    /// The point of the scene in the middle of the opening.
    look_at: [f32; 2],
    /// Radius of the opening or object, as a share of half the shorter side of the frame.
    radius: f32,
    /// Shift of the middle, as shares of the radius.
    shift: [f32; 2],
    ground: Color,
    ground_noise: f32,
    /// Half the width of the opening's soft edge, as a share of the radius.
    edge: f32,
    /// Share of light lost at the rim.
    falloff: f32,
    /// How far all colours are moved to those of a retina, 0..1.
    warmth: f32,
    /// How far all colours are moved to grey, 0..1.
    greyness: f32,
    /// Lines over everything, and how strongly they darken.
    veins: Option<(VeinMap, f32)>,
    /// Standard deviation of the noise, 0..1.
    noise: f32,
    /// Radius of the blur as a share of the radius.
    blur: f32,
}

impl Framing {
    pub fn random(scene: &Scene, rng: &mut ChaCha8Rng) -> Self {
        let is_round = !scene.is_object && rng.random_bool(ROUND);
        let ground = match rng.random_range(0..10) {
            0..=5 => grey(rng.random_range(0.0..0.03)),
            6..=7 => grey(rng.random_range(0.93..1.0)),
            8 => grey(rng.random_range(0.2..0.8)),
            _ => any_color(rng),
        };
        let warmth = if rng.random_bool(0.33) {
            rng.random_range(0.6..1.0)
        } else {
            0.0
        };
        let greyness = if warmth == 0.0 && rng.random_bool(0.12) {
            1.0
        } else {
            0.0
        };
        let veins = rng.random_bool(0.15).then(|| {
            let growth = one_of(&Growth::ALL, rng);
            let half_width = rng.random_range(0.006..0.03);
            (
                VeinMap::grow(growth, half_width, rng),
                rng.random_range(0.1..0.8),
            )
        });
        let is_part = is_round && rng.random_bool(0.4);
        let (zoom, look_at) = if is_part {
            let [x, y] = [(); 2].map(|()| rng.random_range(-0.8..0.8));
            (rng.random_range(0.25..1.3), [x, y])
        } else {
            (1.0, [0.0; 2])
        };
        // Made by a program, not taken by a camera: without noise, evenly lit.
        let is_clean = rng.random_bool(0.3);
        Self {
            is_round,
            zoom,
            look_at,
            radius: rng.random_range(0.72..0.99),
            shift: [rng.random_range(-0.04..0.04), rng.random_range(-0.04..0.04)],
            ground,
            ground_noise: if rng.random_bool(0.3) {
                rng.random_range(0.0..0.02)
            } else {
                0.0
            },
            edge: rng.random_range(0.002..0.02),
            falloff: if is_clean {
                0.0
            } else {
                rng.random_range(0.0..0.45)
            },
            warmth,
            greyness,
            veins,
            noise: if is_clean {
                0.0
            } else {
                rng.random_range(0.0..0.025)
            },
            blur: if rng.random_bool(0.25) {
                rng.random_range(0.003..0.03)
            } else {
                0.0
            },
        }
    }

    pub fn picture(
        &self,
        scene: &Scene,
        width: u32,
        height: u32,
        rng: &mut ChaCha8Rng,
    ) -> RgbImage {
        let radius = (width.min(height) as f32 / 2.0 * self.radius).max(0.5);
        let center = [
            width as f32 / 2.0 + self.shift[0] * radius,
            height as f32 / 2.0 + self.shift[1] * radius,
        ];
        let picture = RgbImage::from_fn(width, height, |column, row| {
            let at = [
                (column as f32 + 0.5 - center[0]) / radius,
                (row as f32 + 0.5 - center[1]) / radius,
            ];
            to_pixel(self.color(scene, at, rng))
        });
        let blur = self.blur * radius;
        if blur > 0.4 {
            image::imageops::fast_blur(&picture, blur)
        } else {
            picture
        }
    }

    fn color(&self, scene: &Scene, at: [f32; 2], rng: &mut impl Rng) -> Color {
        let off = at[0].hypot(at[1]);
        let open = if self.is_round {
            inside(off - 1.0, self.edge)
        } else {
            1.0
        };
        let place = [0, 1].map(|axis| at[axis] * self.zoom + self.look_at[axis]);
        let shown = if open > 0.0 {
            (scene.color)(place)
        } else {
            None
        };
        let ground = self
            .ground
            .map(|value| value + self.ground_noise * normal(rng));
        let Some(color) = shown else {
            return ground;
        };
        let mut color = self.toned(color.map(|value| value.clamp(0.0, 1.0)));
        if self.is_round || scene.is_object {
            color = color.map(|value| value * (1.0 - self.falloff * off.min(1.0).powi(2)));
        }
        if let Some((veins, strength)) = &self.veins {
            let depth = strength * veins.at(at);
            color = std::array::from_fn(|channel| {
                color[channel] * (1.0 - depth * [0.4, 0.9, 0.7][channel])
            });
        }
        let color = color.map(|value| value + self.noise * normal(rng));
        mix(ground, color, open)
    }

    fn toned(&self, color: Color) -> Color {
        let brightness = 0.3 * color[0] + 0.6 * color[1] + 0.1 * color[2];
        let warmed = mix(color, retinal_color(brightness), self.warmth);
        mix(warmed, grey(brightness), self.greyness)
    }
}

fn to_pixel(color: Color) -> Rgb<u8> {
    // `as` keeps within 0 and 255.
    Rgb(color.map(|value| (value * 255.0 + 0.5) as u8))
}
