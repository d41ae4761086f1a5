//! The eye's background: its colour, the choroid that shines through, the optic disc and the macula.

use image::{Rgb, RgbImage};
use rand::{Rng, RngExt};

use super::blood::BloodMap;
use super::noise::Texture;
use super::{View, distance, length, minus, smooth_step};

/// The optic disc with its cup. The disc is a little taller than wide.
#[derive(Clone, Copy, Debug)]
pub struct Disc {
    pub center: [f32; 2],
    pub radius: f32,
    cup_center: [f32; 2],
    cup_radius: f32,
}

/// One eye, without vessels and lesions.
pub struct Anatomy {
    pub disc: Disc,
    pub fovea: [f32; 2],
    /// Colour of the fundus, each channel 0..1.
    tint: [f32; 3],
    /// How clearly the choroid's vessels show, 0..1.
    tessellation: f32,
    macular_pigment: f32,
    mottle: Texture,
    ribbons: Texture,
    warp: [Texture; 2],
    fibres: Texture,
    grain: Texture,
}

impl Anatomy {
    pub fn random(rng: &mut impl Rng) -> Self {
        let fovea = [rng.random_range(-0.1..0.0), rng.random_range(-0.03..0.07)];
        // The disc lies 15.5 degrees from the fovea and a little higher; the field of view spans about 45 degrees.
        let separation = rng.random_range(0.66..0.72);
        let radius = rng.random_range(0.125..0.145);
        let center = [
            fovea[0] + separation,
            fovea[1] - rng.random_range(0.03..0.11),
        ];
        let cup_center = [
            center[0] - 0.14 * radius,
            center[1] + rng.random_range(-0.05..0.05) * radius,
        ];
        let cup_radius = radius * rng.random_range(0.36..0.52);
        let pigmentation = rng.random_range(0.0..1.0f32);
        Self {
            disc: Disc {
                center,
                radius,
                cup_center,
                cup_radius,
            },
            fovea,
            tint: [
                0.86 - 0.12 * pigmentation,
                0.48 - 0.10 * pigmentation,
                0.265 - 0.07 * pigmentation,
            ],
            tessellation: rng.random_range(0.35..1.0),
            macular_pigment: rng.random_range(0.75..1.15),
            mottle: Texture::random(rng),
            ribbons: Texture::random(rng),
            warp: [Texture::random(rng), Texture::random(rng)],
            fibres: Texture::random(rng),
            grain: Texture::random(rng),
        }
    }

    /// The whole frame filled with retina, as white and even light would show it, without the pale lesions.
    pub fn paint(&self, blood: &BloodMap, view: &View) -> RgbImage {
        let choroid = CoarseChoroid::new(self, view);
        let mut retina = RgbImage::new(blood.width, blood.height);
        for row in 0..blood.height {
            let densities = blood.row(row);
            for column in 0..blood.width {
                let at = view.to_retina(column, row);
                // Nothing beyond the field of view is seen, save by the blur at its very edge.
                if length(at) > 1.04 {
                    continue;
                }
                let color = absorb(self.color(at, &choroid), densities[column as usize]);
                retina.put_pixel(
                    column,
                    row,
                    Rgb(color.map(|value| (value * 255.0 + 0.5) as u8)),
                );
            }
        }
        retina
    }

    /// Colour of the fundus below the vessels, each channel 0..1 (higher saturates).
    fn color(&self, at: [f32; 2], choroid: &CoarseChoroid) -> [f32; 3] {
        let [mottle, ribbon] = choroid.at(at);
        let grain = self.grain.at([at[0] * 95.0, at[1] * 95.0])
            + self.grain.at([at[0] * 47.0 + 31.0, at[1] * 47.0]);
        let from_fovea = distance(at, self.fovea);
        let from_disc = distance(at, self.disc.center);

        let light =
            1.0 + 0.10 * mottle + 0.024 * grain + 0.16 * (-(from_disc / 0.42).powi(2)).exp();
        let show = self.tessellation
            * smooth_step(0.25, 0.95, from_fovea)
            * smooth_step(0.15, 0.4, from_disc);
        let stripes = show * ribbon;
        let mut color = [
            self.tint[0] * (light + 0.05 * stripes),
            self.tint[1] * (light + 0.15 * stripes + 0.04 * mottle),
            self.tint[2] * (light + 0.05 * stripes - 0.04 * mottle),
        ];

        let pigment = self.macular_pigment
            * (0.30 * (-(from_fovea / 0.19).powi(2)).exp()
                + 0.26 * (-(from_fovea / 0.075).powi(2)).exp()
                + 0.10 * (-(from_fovea / 0.42).powi(2)).exp());
        for (channel, strength) in color.iter_mut().zip([0.62, 1.0, 1.15]) {
            *channel *= (-strength * pigment).exp();
        }
        let foveal_reflex = 0.05 * (-(from_fovea / 0.012).powi(2)).exp();
        let fibres = 0.032 * self.nerve_fibres(at, from_disc);
        for (channel, share) in color.iter_mut().zip([0.7, 1.0, 0.9]) {
            *channel += share * foveal_reflex + fibres * *channel;
        }
        self.paint_disc(at, color, mottle)
            .map(|value| value.clamp(0.0, 1.0))
    }

    /// Fine bright striae that leave the disc, strongest above and below it, about ±1.
    fn nerve_fibres(&self, at: [f32; 2], from_disc: f32) -> f32 {
        let away = minus(at, self.disc.center);
        let angle = away[1].atan2(away[0]);
        let bundles = 0.25 + 0.75 * (away[1] / from_disc.max(1e-3)).abs().powi(2);
        let near = smooth_step(0.1, 0.2, from_disc) * (-(from_disc / 0.38).powi(2)).exp();
        // The angle jumps only on the temporal side, where the papillomacular bundle is too fine to show.
        let seam = smooth_step(std::f32::consts::PI, 2.6, angle.abs());
        bundles * near * seam * (0.6 + 1.6 * self.fibres.at([angle * 34.0, from_disc * 5.0]))
    }

    fn paint_disc(&self, at: [f32; 2], below: [f32; 3], mottle: f32) -> [f32; 3] {
        let disc = &self.disc;
        let away = minus(at, disc.center);
        let off = length([away[0] * 1.06, away[1] * 0.95]) / disc.radius;
        if off > 1.7 {
            return below;
        }
        // Outside: a thin pale scleral ring, and a pigment crescent on the temporal side.
        let crescent =
            smooth_step(0.2, -0.9, away[0] / disc.radius) * (-((off - 1.12) / 0.09).powi(2)).exp();
        let ring = (-((off - 1.03) / 0.06).powi(2)).exp();
        let mut color = [
            below[0] * (1.0 - 0.05 * crescent) + 0.05 * ring,
            below[1] * (1.0 - 0.11 * crescent) + 0.06 * ring,
            below[2] * (1.0 - 0.11 * crescent) + 0.03 * ring,
        ];
        // Inside: the pink rim, pinker on the nasal side, and the pale cup.
        let nasal = smooth_step(-0.8, 0.9, away[0] / disc.radius);
        let rim = [1.0, 0.73 - 0.12 * nasal, 0.45 - 0.08 * nasal];
        let from_cup = length(minus(at, disc.cup_center)) / disc.cup_radius;
        let cup = smooth_step(1.3, 0.4, from_cup);
        let inside = smooth_step(1.05, 0.91, off);
        for channel in 0..3 {
            let disc_color = rim[channel] + cup * ([0.99, 0.88, 0.66][channel] - rim[channel]);
            let lit = disc_color * (1.04 + 0.06 * mottle - 0.08 * off);
            color[channel] += inside * (lit - color[channel]);
        }
        color
    }
}

/// Light that crossed blood of this density: green and blue are absorbed in proportion, red only by deep blood, which is
/// why veins are darker than arteries and arteries redder.
fn absorb(color: [f32; 3], density: f32) -> [f32; 3] {
    if density <= 0.0 {
        return color;
    }
    let transmitted =
        [0.42 * density * density, 0.92 * density, 0.78 * density].map(|depth: f32| (-depth).exp());
    [
        color[0] * transmitted[0],
        color[1] * transmitted[1],
        color[2] * transmitted[2],
    ]
}

/// The choroid's slow textures on a grid, since they cost many octaves and change little from pixel to pixel.
struct CoarseChoroid {
    side: usize,
    values: Vec<[f32; 2]>,
}

impl CoarseChoroid {
    const REACH: f32 = 1.06;

    fn new(anatomy: &Anatomy, view: &View) -> Self {
        // A small picture shows no more than its own pixels; beyond 640 the textures gain nothing.
        let side = (1.3 * view.radius).clamp(64.0, 640.0) as usize;
        let mut values = Vec::with_capacity(side * side);
        for row in 0..side {
            for column in 0..side {
                let unit =
                    |index: usize| (index as f32 / (side - 1) as f32 * 2.0 - 1.0) * Self::REACH;
                values.push(Self::value(anatomy, [unit(column), unit(row)]));
            }
        }
        Self { side, values }
    }

    /// Mottle (about ±1) and choroidal vessels (about ±1; high on a vessel).
    fn value(anatomy: &Anatomy, at: [f32; 2]) -> [f32; 2] {
        let mottle = anatomy.mottle.fractal([at[0] * 2.6, at[1] * 2.6], 6);
        let bend = |texture: Texture| texture.fractal([at[0] * 3.5, at[1] * 3.5], 3);
        let bent = [
            at[0] + 0.11 * bend(anatomy.warp[0]),
            at[1] + 0.11 * bend(anatomy.warp[1]),
        ];
        // Choroidal vessels run outwards: stretch the texture away from the posterior pole.
        let away = minus(bent, anatomy.fovea);
        let stretch = 1.0 / (0.55 + 0.75 * length(away));
        let ridge = |scale: f32| {
            let point = [away[0] * scale * stretch, away[1] * scale * stretch];
            1.0 - 3.2 * anatomy.ribbons.fractal(point, 2).abs()
        };
        let ribbons = ridge(15.0).max(0.8 * ridge(24.0));
        [1.6 * mottle, ribbons.clamp(-1.0, 1.0)]
    }

    fn at(&self, at: [f32; 2]) -> [f32; 2] {
        let last = (self.side - 1) as f32;
        let place = |value: f32| ((value / Self::REACH + 1.0) / 2.0 * last).clamp(0.0, last - 1e-3);
        let (x, y) = (place(at[0]), place(at[1]));
        let (column, row) = (x as usize, y as usize);
        let (across, down) = (x.fract(), y.fract());
        let value = |column: usize, row: usize| self.values[row * self.side + column];
        let blend = |index: usize| {
            let upper =
                value(column, row)[index] * (1.0 - across) + value(column + 1, row)[index] * across;
            let lower = value(column, row + 1)[index] * (1.0 - across)
                + value(column + 1, row + 1)[index] * across;
            upper * (1.0 - down) + lower * down
        };
        [blend(0), blend(1)]
    }
}
