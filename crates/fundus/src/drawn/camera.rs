//! What a fundus camera makes of a retina: how the field of view lies in the frame, light, colours, blur, noise, border.

use image::{Rgb, RgbImage, imageops};
use rand::{Rng, RngExt};
use rand_chacha::ChaCha8Rng;
use std::str::FromStr;

use super::noise::normal;
use super::{View, length, smooth_step};
use crate::FieldOfView;

/// A kind of fundus camera.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Camera {
    /// The whole circle in a wide frame, with a registration notch; warm colours, sharp.
    FullCircle,
    /// The circle is cut off at top and bottom; pinkish, with a pale haze towards the edge.
    CutOff,
    /// Cropped tightly to the circle's square; yellowish and contrasty.
    SquareCrop,
    /// Held by hand: the circle lies off the middle; dim, uneven light, soft and noisy.
    Handheld,
}

impl Camera {
    /// Every camera.
    pub const ALL: [Self; 4] = [
        Self::FullCircle,
        Self::CutOff,
        Self::SquareCrop,
        Self::Handheld,
    ];

    /// The name, as [`FromStr`] reads it.
    pub fn name(self) -> &'static str {
        match self {
            Self::FullCircle => "full-circle",
            Self::CutOff => "cut-off",
            Self::SquareCrop => "square-crop",
            Self::Handheld => "handheld",
        }
    }

    pub(super) fn optics(self, rng: &mut impl Rng) -> Optics {
        let light_from = rng.random_range(-std::f32::consts::PI..std::f32::consts::PI);
        match self {
            Self::FullCircle => Optics {
                radius_of_height: 0.473,
                radius_of_width: 0.473,
                shift: [0.0, rng.random_range(-0.008..0.008)],
                gain: 1.0,
                gamma: [1.0, 1.03, 1.04],
                falloff: 0.30,
                haze: [0.0; 3],
                unevenness: 0.10,
                light_from,
                blur: 0.0007,
                edge: 0.0012,
                noise: 2.2,
                notch: true,
            },
            Self::CutOff => Optics {
                radius_of_height: 0.61,
                radius_of_width: 0.41,
                shift: [rng.random_range(-0.01..0.01), rng.random_range(-0.01..0.01)],
                gain: 0.98,
                gamma: [1.05, 0.98, 0.86],
                falloff: 0.16,
                haze: [0.10, 0.17, 0.17],
                unevenness: 0.12,
                light_from,
                blur: 0.0009,
                edge: 0.004,
                noise: 2.5,
                notch: false,
            },
            Self::SquareCrop => Optics {
                radius_of_height: 0.4985,
                radius_of_width: 0.4985,
                shift: [0.0, 0.0],
                gain: 0.97,
                gamma: [1.25, 0.96, 1.3],
                falloff: 0.38,
                haze: [0.0; 3],
                unevenness: 0.08,
                light_from,
                blur: 0.0006,
                edge: 0.0015,
                noise: 3.0,
                notch: false,
            },
            Self::Handheld => Optics {
                radius_of_height: 0.44,
                radius_of_width: 0.36,
                shift: [rng.random_range(-0.05..0.05), rng.random_range(-0.03..0.03)],
                gain: 0.8,
                gamma: [1.0, 1.02, 0.9],
                falloff: 0.42,
                haze: [0.02, 0.03, 0.05],
                unevenness: 0.28,
                light_from,
                blur: 0.0022,
                edge: 0.006,
                noise: 5.0,
                notch: false,
            },
        }
    }
}

impl FromStr for Camera {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, UnknownName> {
        let found = Self::ALL.into_iter().find(|camera| camera.name() == name);
        found.ok_or_else(|| UnknownName::new("camera", name, &Self::ALL.map(Self::name)))
    }
}

/// What surrounds the field of view.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Border {
    /// Pure black.
    Black,
    /// Dark, with the sensor's noise.
    NoisyBlack,
    /// White paper.
    White,
    /// Mid grey.
    Grey,
    /// A colour that no retina has.
    Magenta,
}

impl Border {
    /// Every border.
    pub const ALL: [Self; 5] = [
        Self::Black,
        Self::NoisyBlack,
        Self::White,
        Self::Grey,
        Self::Magenta,
    ];

    /// The name, as [`FromStr`] reads it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Black => "black",
            Self::NoisyBlack => "noisy-black",
            Self::White => "white",
            Self::Grey => "grey",
            Self::Magenta => "magenta",
        }
    }

    /// Colour of one pixel, 0..255 a channel.
    fn color(self, rng: &mut impl Rng) -> [f32; 3] {
        match self {
            Self::Black => [0.0; 3],
            Self::NoisyBlack => [
                9.0 + 4.5 * normal(rng),
                8.0 + 4.5 * normal(rng),
                10.0 + 4.5 * normal(rng),
            ],
            Self::White => [255.0; 3],
            Self::Grey => [128.0; 3],
            Self::Magenta => [255.0, 0.0, 255.0],
        }
    }
}

impl FromStr for Border {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, UnknownName> {
        let found = Self::ALL.into_iter().find(|border| border.name() == name);
        found.ok_or_else(|| UnknownName::new("border", name, &Self::ALL.map(Self::name)))
    }
}

/// A name that no camera or border has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown {what} `{name}`, use one of {known}")]
pub struct UnknownName {
    what: &'static str,
    name: String,
    known: String,
}

impl UnknownName {
    pub(super) fn new(what: &'static str, name: &str, known: &[&str]) -> Self {
        Self {
            what,
            name: name.to_owned(),
            known: known.join(", "),
        }
    }
}

/// The camera's properties. Lengths are in retinal units unless said otherwise.
pub struct Optics {
    /// The radius is the smaller of these shares of the frame's height and width.
    radius_of_height: f32,
    radius_of_width: f32,
    /// Shift of the circle from the frame's middle, as a share of width and height.
    shift: [f32; 2],
    /// Gain of all channels.
    gain: f32,
    /// Exponent of each channel, which tints the fundus and leaves white white.
    gamma: [f32; 3],
    /// Share of light lost at the edge.
    falloff: f32,
    /// Stray light at the edge, each channel 0..1.
    haze: [f32; 3],
    /// Share of light by which one side is darker.
    unevenness: f32,
    light_from: f32,
    /// Standard deviation of the blur.
    blur: f32,
    /// Half the width of the field of view's soft edge.
    edge: f32,
    /// Standard deviation of the noise in a picture of radius 500 pixels, in steps of 1/255.
    noise: f32,
    /// Whether the circle has a registration notch at the upper right.
    notch: bool,
}

impl Optics {
    pub fn field_of_view(&self, width: u32, height: u32) -> FieldOfView {
        let (width, height) = (f64::from(width), f64::from(height));
        let radius = (f64::from(self.radius_of_height) * height)
            .min(f64::from(self.radius_of_width) * width);
        let center = [
            width * (0.5 + f64::from(self.shift[0])),
            height * (0.5 + f64::from(self.shift[1])),
        ];
        FieldOfView { center, radius }
    }

    /// Takes the photograph of a retina that fills the frame.
    pub fn photograph(
        &self,
        retina: RgbImage,
        view: &View,
        border: Border,
        rng: &mut ChaCha8Rng,
    ) -> RgbImage {
        let sigma = self.blur * view.radius;
        // Narrower than this a blur of whole pixels changes nothing.
        let mut picture = if sigma > 0.4 {
            imageops::fast_blur(&retina, sigma)
        } else {
            retina
        };
        // Neighbouring pixels of a large sensor are averaged less by the eye: its noise is finer and a little stronger.
        let noise = self.noise * (view.radius / 500.0).powf(0.25).clamp(0.6, 1.5);
        let edge = self.edge.max(0.7 / view.radius);
        let tones = self.tones();
        for (column, row, Rgb(pixel)) in picture.enumerate_pixels_mut() {
            // The camera does not know which eye it looks into: unmirrored.
            let [x, y] = view.to_retina(column, row);
            let at = [x * view.mirror, y];
            let seen = self.seen(at, edge);
            let outside = if seen < 1.0 {
                border.color(rng)
            } else {
                [0.0; 3]
            };
            let inside = if seen > 0.0 {
                let toned =
                    std::array::from_fn(|channel| tones[channel][usize::from(pixel[channel])]);
                self.expose(toned, at, noise, rng)
            } else {
                [0.0; 3]
            };
            for channel in 0..3 {
                pixel[channel] =
                    (inside[channel] * seen + outside[channel] * (1.0 - seen) + 0.5) as u8;
            }
        }
        picture
    }

    /// What the camera makes of each value of each channel in even light, 0..255.
    fn tones(&self) -> [[f32; 256]; 3] {
        self.gamma.map(|exponent| {
            std::array::from_fn(|value| 255.0 * self.gain * (value as f32 / 255.0).powf(exponent))
        })
    }

    /// How much of a point the aperture lets through, 0..1.
    fn seen(&self, at: [f32; 2], edge: f32) -> f32 {
        let circle = smooth_step(1.0 + edge, 1.0 - edge, length(at));
        if !self.notch {
            return circle;
        }
        // A small square tab at 40 degrees above the horizontal, on the right.
        let (sine, cosine) = (-0.643, 0.766);
        let along = at[0] * cosine + at[1] * sine;
        let across = (at[1] * cosine - at[0] * sine).abs();
        let tab = smooth_step(1.028 + edge, 1.028 - edge, along)
            * smooth_step(0.03 + edge, 0.03 - edge, across);
        if along > 0.9 { circle.max(tab) } else { circle }
    }

    /// Light, stray light and noise on one toned pixel, 0..255 a channel.
    fn expose(&self, toned: [f32; 3], at: [f32; 2], noise: f32, rng: &mut ChaCha8Rng) -> [f32; 3] {
        let off = length(at).min(1.0);
        let towards_light = at[0] * self.light_from.cos() + at[1] * self.light_from.sin();
        let light =
            (1.0 - self.falloff * off.powf(2.6)) * (1.0 + self.unevenness * (towards_light - 0.4));
        let glow = 255.0 * off.powi(7) * (0.6 + 0.4 * towards_light);
        std::array::from_fn(|channel| {
            let exposed = toned[channel] * light + self.haze[channel] * glow;
            // Brighter pixels are noisier (photon noise); the blue channel is amplified most.
            let amplitude = noise
                * (0.45 + 0.55 * (exposed / 160.0).max(0.0).sqrt())
                * [0.85, 0.8, 1.15][channel];
            exposed + amplitude * normal(rng)
        })
    }
}
