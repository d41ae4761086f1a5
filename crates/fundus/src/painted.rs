//! Lesions painted on photographs of retinas without retinopathy, with an exact mask each.
//!
//! Grades say little about where to look; painted lesions say it exactly, and cost nothing. Colours come from the
//! surrounding retina (a haemorrhage absorbs green and blue most, an exudate is yellow and bright against what lies
//! around it), so that the same painter serves every camera.

use image::{GrayImage, Luma, Rgb, RgbImage};
use rand::{Rng, RngExt};
use std::f32::consts::TAU;

use crate::drawn::LesionKind;

/// The kinds that are painted, in the order of [`Painted::masks`].
pub const PAINTED_KINDS: [LesionKind; 4] = [
    LesionKind::Microaneurysm,
    LesionKind::Haemorrhage,
    LesionKind::HardExudate,
    LesionKind::CottonWoolSpot,
];

/// A photograph with painted lesions.
pub struct Painted {
    /// The square crop of the field of view, with lesions.
    pub picture: RgbImage,
    /// For each of [`PAINTED_KINDS`], how much of each pixel is lesion: 0 none, 255 all.
    pub masks: [GrayImage; 4],
}

/// Sizes are given for a field of view this many pixels wide, and scaled.
const REFERENCE_SIDE: f32 = 512.0;
/// Each kind is painted on this share of the pictures.
const SHARE_OF_PICTURES: f64 = 0.55;
/// Lesions keep within this share of the field of view's radius.
const OUTERMOST: f32 = 0.93;
/// Below this brightness (of 255) there is no retina to paint on.
const DARK: u8 = 25;

/// Paints a random load of lesions on a square crop of a field of view. The same generator state gives the same
/// picture.
pub fn paint_lesions(cropped: &RgbImage, rng: &mut impl Rng) -> Painted {
    let (width, height) = cropped.dimensions();
    let mut painted = Painted {
        picture: cropped.clone(),
        masks: [(); 4].map(|()| GrayImage::new(width, height)),
    };
    if width < 32 || height < 32 {
        return painted;
    }
    // Sharpness is the photograph's, not the lesion's: all lesions of a picture share it.
    let softness = rng.random_range(0.35_f32..1.1);
    for (kind, mask) in PAINTED_KINDS.into_iter().zip(&mut painted.masks) {
        if !rng.random_bool(SHARE_OF_PICTURES) {
            continue;
        }
        let strength = rng.random_range(0.18_f32..0.6);
        for spot in spots(kind, softness, cropped, rng) {
            spot.cover(mask, cropped);
        }
        blend(&mut painted.picture, cropped, mask, kind, strength);
    }
    painted
}

/// One spot with an uneven outline, in pixels.
struct Spot {
    center: [f32; 2],
    radius: f32,
    /// Width of the edge.
    softness: f32,
    /// Mask at the middle, in `0..=1`.
    opacity: f32,
    angle: f32,
    /// Shorter axis as a share of the longer.
    flatness: f32,
    /// Phases of the outline's bumps.
    phases: [f32; 2],
}

fn spots(kind: LesionKind, softness: f32, cropped: &RgbImage, rng: &mut impl Rng) -> Vec<Spot> {
    let mut spots = Vec::new();
    let groups = match kind {
        LesionKind::Microaneurysm => rng.random_range(1..16),
        LesionKind::Haemorrhage => rng.random_range(1..12),
        LesionKind::HardExudate => rng.random_range(1..6),
        LesionKind::CottonWoolSpot => rng.random_range(1..5),
    };
    for _ in 0..groups {
        let Some(center) = on_retina(cropped, rng) else {
            continue;
        };
        match kind {
            LesionKind::Microaneurysm => {
                spots.push(Spot::random(
                    center,
                    rng.random_range(0.9..2.3),
                    softness,
                    cropped,
                    rng,
                ));
            }
            LesionKind::Haemorrhage => {
                let edge = softness * rng.random_range(1.0..2.2);
                spots.push(Spot::random(
                    center,
                    log_uniform(2.5, 12.0, rng),
                    edge,
                    cropped,
                    rng,
                ));
            }
            LesionKind::HardExudate => {
                let spread = rng.random_range(3.0_f32..22.0) * scale(cropped);
                for _ in 0..rng.random_range(1..14) {
                    let place = center.map(|at| at + spread * bell(rng));
                    let edge = softness * rng.random_range(0.8..1.4);
                    spots.push(Spot::random(
                        place,
                        log_uniform(0.9, 5.0, rng),
                        edge,
                        cropped,
                        rng,
                    ));
                }
            }
            LesionKind::CottonWoolSpot => {
                let edge = rng.random_range(1.5..3.5);
                spots.push(Spot::random(
                    center,
                    rng.random_range(5.0..13.0),
                    edge,
                    cropped,
                    rng,
                ));
            }
        }
    }
    spots
}

impl Spot {
    /// `radius` and `softness` are given for [`REFERENCE_SIDE`].
    fn random(
        center: [f32; 2],
        radius: f32,
        softness: f32,
        cropped: &RgbImage,
        rng: &mut impl Rng,
    ) -> Self {
        let scale = scale(cropped);
        Self {
            center,
            radius: radius * scale,
            softness: (softness * scale).max(0.2),
            opacity: rng.random_range(0.55..1.0),
            angle: rng.random_range(0.0..TAU),
            flatness: rng.random_range(0.7..1.0),
            phases: [rng.random_range(0.0..TAU), rng.random_range(0.0..TAU)],
        }
    }

    /// Adds the spot to a mask, where there is retina.
    fn cover(&self, mask: &mut GrayImage, cropped: &RgbImage) {
        let reach = self.radius * 1.4 + self.softness * 5.0;
        let (sine, cosine) = self.angle.sin_cos();
        for [x, y] in pixels_around(self.center, reach, mask.width(), mask.height()) {
            let [dx, dy] = [
                x as f32 + 0.5 - self.center[0],
                y as f32 + 0.5 - self.center[1],
            ];
            let [along, across] = [
                dx * cosine + dy * sine,
                (dy * cosine - dx * sine) / self.flatness,
            ];
            let direction = across.atan2(along);
            let bumps = 0.15 * (2.0 * direction + self.phases[0]).sin()
                + 0.12 * (3.0 * direction + self.phases[1]).sin();
            let beyond = along.hypot(across) - self.radius * (1.0 + bumps);
            let share = self.opacity / (1.0 + (beyond / self.softness).clamp(-30.0, 30.0).exp());
            if is_retina(cropped, [x, y]) {
                let Luma([value]) = mask.get_pixel_mut(x, y);
                *value = (*value).max((share * 255.0).round() as u8);
            }
        }
    }
}

/// Mixes a kind's colour into the picture, as much as its mask says.
fn blend(
    picture: &mut RgbImage,
    background: &RgbImage,
    mask: &GrayImage,
    kind: LesionKind,
    strength: f32,
) {
    let surroundings = Surroundings::of(background);
    for (x, y, Luma([share])) in mask.enumerate_pixels() {
        if *share == 0 {
            continue;
        }
        let share = f32::from(*share) / 255.0;
        let around = surroundings.at(x, y);
        let level = surroundings.mean_level;
        let pixel = picture.get_pixel_mut(x, y);
        let mixed = std::array::from_fn(|channel| {
            let (value, around) = (f32::from(pixel[channel]), around[channel]);
            let target = match kind {
                LesionKind::Microaneurysm | LesionKind::Haemorrhage => {
                    (around * (1.0 - [0.45, 1.0, 0.7][channel] * strength)).min(value)
                }
                LesionKind::HardExudate => {
                    (around + [0.99, 1.1, 0.38][channel] * strength * level).max(value)
                }
                LesionKind::CottonWoolSpot => {
                    (around + [0.56, 0.68, 0.48][channel] * strength * level).max(value)
                }
            };
            (value * (1.0 - share) + target * share).round() as u8
        });
        *pixel = Rgb(mixed);
    }
}

/// Mean colour of the retina around each place, on a grid of cells.
struct Surroundings {
    cell: u32,
    columns: u32,
    means: Vec<[f32; 3]>,
    /// Mean over all cells and channels.
    mean_level: f32,
}

impl Surroundings {
    fn of(picture: &RgbImage) -> Self {
        let cell = (picture.width() / 24).max(4);
        let (columns, rows) = (
            picture.width().div_ceil(cell),
            picture.height().div_ceil(cell),
        );
        let mut sums = vec![[0.0_f32; 4]; (columns * rows) as usize];
        for (x, y, pixel) in picture.enumerate_pixels() {
            let sum = &mut sums[(y / cell * columns + x / cell) as usize];
            for channel in 0..3 {
                sum[channel] += f32::from(pixel[channel]);
            }
            sum[3] += 1.0;
        }
        let means: Vec<[f32; 3]> = sums
            .iter()
            .map(|sum| [0, 1, 2].map(|channel| sum[channel] / sum[3]))
            .collect();
        let mean_level = means.iter().flatten().sum::<f32>() / (3 * means.len()) as f32;
        Self {
            cell,
            columns,
            means,
            mean_level,
        }
    }

    fn at(&self, x: u32, y: u32) -> [f32; 3] {
        self.means[(y / self.cell * self.columns + x / self.cell) as usize]
    }
}

/// A random place on the retina; `None` when none was found soon.
fn on_retina(cropped: &RgbImage, rng: &mut impl Rng) -> Option<[f32; 2]> {
    let middle = [cropped.width(), cropped.height()].map(|side| side as f32 / 2.0);
    (0..20).find_map(|_| {
        let (angle, off) = (
            rng.random_range(0.0..TAU),
            rng.random_range(0.0_f32..1.0).sqrt() * OUTERMOST,
        );
        let place = [
            middle[0] + middle[0] * off * angle.cos(),
            middle[1] + middle[1] * off * angle.sin(),
        ];
        is_retina(cropped, place.map(|at| at as u32)).then_some(place)
    })
}

fn is_retina(cropped: &RgbImage, at: [u32; 2]) -> bool {
    let Some(pixel) = cropped.get_pixel_checked(at[0], at[1]) else {
        return false;
    };
    let [x, y] = [(at[0], cropped.width()), (at[1], cropped.height())]
        .map(|(at, side)| (at as f32 + 0.5) / (side as f32 / 2.0) - 1.0);
    x.hypot(y) < OUTERMOST + 0.03 && pixel.0.iter().any(|value| *value >= DARK)
}

fn pixels_around(
    center: [f32; 2],
    reach: f32,
    width: u32,
    height: u32,
) -> impl Iterator<Item = [u32; 2]> {
    let range = |at: f32, side: u32| {
        (at - reach).max(0.0) as u32..((at + reach).max(0.0) as u32 + 1).min(side)
    };
    let columns = range(center[0], width);
    range(center[1], height).flat_map(move |y| columns.clone().map(move |x| [x, y]))
}

fn scale(cropped: &RgbImage) -> f32 {
    cropped.width() as f32 / REFERENCE_SIDE
}

fn log_uniform(smallest: f32, largest: f32, rng: &mut impl Rng) -> f32 {
    rng.random_range(smallest.ln()..largest.ln()).exp()
}

/// Roughly normal, standard deviation 1: the sum of twelve uniform draws less six.
fn bell(rng: &mut impl Rng) -> f32 {
    (0..12).map(|_| rng.random_range(0.0_f32..1.0)).sum::<f32>() - 6.0
}
