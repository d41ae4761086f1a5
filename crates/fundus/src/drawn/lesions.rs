//! Lesions of diabetic retinopathy, painted where and as they occur, for tests and demonstrations.

use image::{Rgb, RgbImage};
use rand::{Rng, RngExt};
use std::f32::consts::PI;

use super::anatomy::Anatomy;
use super::blood::{BloodMap, Calibre, Node};
use super::noise::Texture;
use super::vessels::VesselTree;
use super::{View, distance, minus, smooth_step};

/// What a painted lesion is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LesionKind {
    /// A tiny round red dot: a bulge of a capillary.
    Microaneurysm,
    /// A dot or blot of blood within the retina.
    Haemorrhage,
    /// A small waxy yellow deposit with sharp edges.
    HardExudate,
    /// A pale feathery patch: an infarct of the nerve fibre layer.
    CottonWoolSpot,
    /// A tangle of fine vessels that grew where none belong.
    NewVessels,
    /// Blood between retina and vitreous, with a level upper edge.
    PreretinalHaemorrhage,
}

/// How many lesions of each kind to paint. Fewer are painted where no room is left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LesionLoad {
    /// Microaneurysms.
    pub microaneurysms: u32,
    /// Dot and blot haemorrhages.
    pub haemorrhages: u32,
    /// Single hard exudates; they lie in groups.
    pub hard_exudates: u32,
    /// Cotton-wool spots.
    pub cotton_wool_spots: u32,
    /// Tangles of new vessels.
    pub new_vessels: u32,
    /// Preretinal haemorrhages.
    pub preretinal_haemorrhages: u32,
}

impl LesionLoad {
    /// A healthy retina.
    pub const NONE: Self = Self {
        microaneurysms: 0,
        haemorrhages: 0,
        hard_exudates: 0,
        cotton_wool_spots: 0,
        new_vessels: 0,
        preretinal_haemorrhages: 0,
    };
    /// Microaneurysms only, as in mild retinopathy.
    pub const MILD: Self = Self {
        microaneurysms: 7,
        haemorrhages: 0,
        hard_exudates: 0,
        cotton_wool_spots: 0,
        new_vessels: 0,
        preretinal_haemorrhages: 0,
    };
    /// More than microaneurysms, as in moderate retinopathy.
    pub const MODERATE: Self = Self {
        microaneurysms: 14,
        haemorrhages: 7,
        hard_exudates: 24,
        cotton_wool_spots: 1,
        new_vessels: 0,
        preretinal_haemorrhages: 0,
    };
    /// Haemorrhages in every quadrant, as in severe retinopathy.
    pub const SEVERE: Self = Self {
        microaneurysms: 30,
        haemorrhages: 36,
        hard_exudates: 60,
        cotton_wool_spots: 5,
        new_vessels: 0,
        preretinal_haemorrhages: 0,
    };
    /// New vessels and blood before the retina, as in proliferative retinopathy.
    pub const PROLIFERATIVE: Self = Self {
        microaneurysms: 20,
        haemorrhages: 14,
        hard_exudates: 24,
        cotton_wool_spots: 2,
        new_vessels: 3,
        preretinal_haemorrhages: 1,
    };

    /// The load of this name: `none`, `mild`, `moderate`, `severe` or `proliferative`.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "none" => Some(Self::NONE),
            "mild" => Some(Self::MILD),
            "moderate" => Some(Self::MODERATE),
            "severe" => Some(Self::SEVERE),
            "proliferative" => Some(Self::PROLIFERATIVE),
            _ => None,
        }
    }
}

/// One painted lesion, in pixels of the picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lesion {
    /// What it is.
    pub kind: LesionKind,
    /// Centre; the centre of the top left pixel is (0.5, 0.5).
    pub center: [f64; 2],
    /// Mean radius.
    pub radius: f64,
}

/// A lesion to be painted, in retinal units.
pub struct PlacedLesion {
    kind: LesionKind,
    center: [f32; 2],
    radius: f32,
    /// Makes the outline uneven.
    outline: Texture,
}

/// Finds room for the lesions. `visible(at, margin)` says whether a spot is in the picture.
pub fn place(
    load: &LesionLoad,
    anatomy: &Anatomy,
    vessels: &VesselTree,
    visible: &impl Fn([f32; 2], f32) -> bool,
    rng: &mut impl Rng,
) -> Vec<PlacedLesion> {
    let mut placed: Vec<PlacedLesion> = Vec::new();
    let groups: Vec<[f32; 2]> = (0..load.hard_exudates.div_ceil(14))
        .map(|_| around(anatomy.fovea, 0.16, 0.5, rng))
        .collect();
    let kinds = [
        (
            LesionKind::PreretinalHaemorrhage,
            load.preretinal_haemorrhages,
        ),
        (LesionKind::NewVessels, load.new_vessels),
        (LesionKind::CottonWoolSpot, load.cotton_wool_spots),
        (LesionKind::Haemorrhage, load.haemorrhages),
        (LesionKind::HardExudate, load.hard_exudates),
        (LesionKind::Microaneurysm, load.microaneurysms),
    ];
    for (kind, count) in kinds {
        for _ in 0..count {
            let candidate = (0..60).find_map(|_| {
                let radius = random_radius(kind, rng);
                let center = random_center(kind, anatomy, &groups, rng);
                let clear_of_disc =
                    distance(center, anatomy.disc.center) > 1.35 * anatomy.disc.radius + radius;
                let clear_of_fovea = distance(center, anatomy.fovea) > 0.05 + radius;
                // Small red dots must not vanish in a vessel; larger lesions may lie beside or over one.
                let clear_of_vessels =
                    kind != LesionKind::Microaneurysm || !vessels.is_near(center, radius + 0.006);
                let clear_of_others = placed
                    .iter()
                    .all(|other| other.leaves_room_for(center, radius));
                let has_room =
                    clear_of_disc && clear_of_fovea && clear_of_vessels && clear_of_others;
                (has_room && visible(center, radius + 0.03)).then_some((center, radius))
            });
            if let Some((center, radius)) = candidate {
                placed.push(PlacedLesion {
                    kind,
                    center,
                    radius,
                    outline: Texture::random(rng),
                });
            }
        }
    }
    placed
}

fn random_radius(kind: LesionKind, rng: &mut impl Rng) -> f32 {
    match kind {
        LesionKind::Microaneurysm => rng.random_range(0.0042..0.0068),
        LesionKind::Haemorrhage if rng.random_bool(0.6) => rng.random_range(0.009..0.015),
        LesionKind::Haemorrhage => rng.random_range(0.016..0.034),
        // Mostly tiny.
        LesionKind::HardExudate => 0.003 + 0.009 * rng.random_range(0.0f32..1.0).powi(2),
        LesionKind::CottonWoolSpot => rng.random_range(0.03..0.05),
        LesionKind::NewVessels => rng.random_range(0.05..0.08),
        LesionKind::PreretinalHaemorrhage => rng.random_range(0.1..0.16),
    }
}

fn random_center(
    kind: LesionKind,
    anatomy: &Anatomy,
    groups: &[[f32; 2]],
    rng: &mut impl Rng,
) -> [f32; 2] {
    match kind {
        LesionKind::Microaneurysm => around(anatomy.fovea, 0.08, 0.75, rng),
        LesionKind::Haemorrhage => around(anatomy.fovea, 0.12, 0.9, rng),
        LesionKind::HardExudate => {
            let group = groups[rng.random_range(0..groups.len())];
            around(group, 0.0, 0.1, rng)
        }
        LesionKind::CottonWoolSpot => around(anatomy.disc.center, 0.28, 0.75, rng),
        LesionKind::NewVessels => around(anatomy.disc.center, 0.3, 0.8, rng),
        LesionKind::PreretinalHaemorrhage => around(anatomy.fovea, 0.25, 0.6, rng),
    }
}

/// A point between `nearest` and `farthest` from a middle, denser towards it.
fn around(middle: [f32; 2], nearest: f32, farthest: f32, rng: &mut impl Rng) -> [f32; 2] {
    let angle = rng.random_range(-PI..PI);
    let off = rng.random_range(nearest..farthest);
    [middle[0] + off * angle.cos(), middle[1] + off * angle.sin()]
}

impl PlacedLesion {
    pub fn seen_through(&self, view: &View) -> Lesion {
        let circle = view.circle(self.center, self.radius);
        Lesion {
            kind: self.kind,
            center: circle.center,
            radius: circle.radius,
        }
    }

    pub fn paint_blood(&self, blood: &mut BloodMap, view: &View) {
        let (depth, roughness, edge): (f32, f32, f32) = match self.kind {
            LesionKind::Microaneurysm => (0.80, 0.06, 0.45),
            LesionKind::Haemorrhage => (1.02, 0.24, 0.34),
            LesionKind::NewVessels => return self.paint_frond(blood, view),
            LesionKind::PreretinalHaemorrhage => return self.paint_boat(blood, view),
            LesionKind::HardExudate | LesionKind::CottonWoolSpot => return,
        };
        let pixel = 1.0 / view.radius;
        let edge = edge.max(pixel / self.radius);
        blood.stamp(view, self.center, 1.6 * self.radius, |at| {
            let off = self.off_center(at, roughness);
            let clot = 0.92 + 0.08 * self.outline.at(at.map(|value| value * 60.0));
            depth * clot * smooth_step(1.0 + edge, 1.0 - edge, off)
        });
    }

    /// Twigs in all directions, bent by the lesion's own noise.
    fn paint_frond(&self, blood: &mut BloodMap, view: &View) {
        const TWIGS: u32 = 7;
        const PIECES: u32 = 14;
        let calibre = Calibre {
            density: 0.75,
            reflex: 0.0,
        };
        let step = 1.3 * self.radius / PIECES as f32;
        for twig in 0..TWIGS {
            let mut from = Node {
                at: self.center,
                half_width: 0.0024,
            };
            for piece in 0..PIECES {
                let bend = self.outline.at([7.3 * twig as f32, 0.31 * piece as f32]);
                let heading = 2.0 * PI * twig as f32 / TWIGS as f32 + 2.6 * bend;
                let at = [
                    from.at[0] + step * heading.cos(),
                    from.at[1] + step * heading.sin(),
                ];
                let to = Node {
                    at,
                    half_width: from.half_width * 0.96,
                };
                if distance(at, self.center) < self.radius {
                    blood.vessel(view, from, to, calibre);
                }
                from = to;
            }
        }
    }

    /// A boat: level above, round below.
    fn paint_boat(&self, blood: &mut BloodMap, view: &View) {
        const DECK: f32 = -0.3;
        blood.stamp(view, self.center, 1.1 * self.radius, |at| {
            let [x, y] = minus(at, self.center).map(|value| value / self.radius);
            let wave = 0.03 * self.outline.at([5.0 * x, 0.0]);
            let below_deck = smooth_step(DECK - 0.03, DECK + 0.03, y - wave);
            1.5 * below_deck * smooth_step(1.03, 0.97, x.hypot(y - DECK))
        });
    }

    pub fn paint_pale(&self, retina: &mut RgbImage, view: &View) {
        let (color, opacity, roughness, edge): ([f32; 3], f32, f32, f32) = match self.kind {
            LesionKind::HardExudate => ([252.0, 222.0, 128.0], 0.88, 0.30, 0.32),
            LesionKind::CottonWoolSpot => ([246.0, 214.0, 150.0], 0.62, 0.26, 0.75),
            LesionKind::Microaneurysm
            | LesionKind::Haemorrhage
            | LesionKind::NewVessels
            | LesionKind::PreretinalHaemorrhage => return,
        };
        let edge = edge.max(1.0 / (view.radius * self.radius));
        let [columns, rows] = view.touched(
            self.center,
            1.9 * self.radius,
            retina.width(),
            retina.height(),
        );
        for row in rows {
            for column in columns.clone() {
                let off = self.off_center(view.to_retina(column, row), roughness);
                let share = opacity * smooth_step(1.0 + edge, 1.0 - edge, off);
                let Rgb(below) = *retina.get_pixel(column, row);
                let blend = |channel: usize| {
                    (f32::from(below[channel]) * (1.0 - share) + color[channel] * share) as u8
                };
                retina.put_pixel(column, row, Rgb([blend(0), blend(1), blend(2)]));
            }
        }
    }

    /// Distance from the centre in units of the uneven outline: 1 is on the outline.
    fn off_center(&self, at: [f32; 2], roughness: f32) -> f32 {
        let away = minus(at, self.center).map(|value| value / self.radius);
        let off = away[0].hypot(away[1]);
        // The outline's radius is noise along a circle, so it closes; a little noise in the plane frays the edge.
        let direction = away.map(|value| value / off.max(1e-6));
        let lobes = self.outline.at(direction.map(|value| 1.1 * value + 5.0))
            + 0.5 * self.outline.at(direction.map(|value| 2.3 * value));
        let fray = self.outline.at(away.map(|value| 3.1 * value + 40.0));
        off / (1.0 + roughness * lobes) + 0.35 * roughness * fray
    }

    fn leaves_room_for(&self, center: [f32; 2], radius: f32) -> bool {
        distance(self.center, center) > 1.1 * (self.radius + radius) + 0.004
    }
}
