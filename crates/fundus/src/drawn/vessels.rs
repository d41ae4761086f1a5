//! Arteries and veins: they leave the optic disc, arch around the macula, and branch ever finer.
//!
//! A vessel grows step by step like a plant: it follows its course, wanders a little, tapers, sends out branches whose
//! calibres obey Murray's law (the cubes of the children's widths add up to the parent's), and gives way to vessels of
//! its own kind. Vessels of the other kind are crossed, as in the eye.

use rand::{Rng, RngExt};
use std::f32::consts::{FRAC_PI_2, PI};

use super::anatomy::Anatomy;
use super::blood::{BloodMap, Calibre, Node};
use super::noise::normal;
use super::{View, distance, length, minus};

/// Vessels thinner than this end, in retinal units (half the width).
const THINNEST: f32 = 0.0011;
/// Length of a step of growth.
const STEP: f32 = 0.007;
/// Radius of the zone around the fovea that has no vessels.
const AVASCULAR_ZONE: f32 = 0.075;

#[derive(Clone, Copy, Debug, PartialEq)]
enum VesselKind {
    Artery,
    Vein,
}

/// Where a vessel strives.
#[derive(Clone, Copy, Debug)]
enum Course {
    /// A temporal arcade: around the macula, above it (`side` -1) or below it (`side` 1), `height` away from the fovea.
    Arcade { side: f32, height: f32 },
    /// Straight on, save for wandering and for the macula.
    Free,
}

/// A vessel about to grow.
#[derive(Clone, Copy, Debug)]
struct Bud {
    kind: VesselKind,
    at: [f32; 2],
    heading: f32,
    half_width: f32,
    course: Course,
    parent: Option<u16>,
}

struct Vessel {
    kind: VesselKind,
    nodes: Vec<Node>,
}

/// All vessels of one eye.
pub struct VesselTree {
    vessels: Vec<Vessel>,
    arteries: Occupied,
    veins: Occupied,
}

impl VesselTree {
    pub fn grow(anatomy: &Anatomy, rng: &mut impl Rng) -> Self {
        let mut tree = Self {
            vessels: Vec::new(),
            arteries: Occupied::new(),
            veins: Occupied::new(),
        };
        let mut buds = trunks(anatomy, rng);
        // The widest first: fine vessels make room for large ones, not the other way round.
        while let Some(widest) =
            (0..buds.len()).max_by(|&a, &b| buds[a].half_width.total_cmp(&buds[b].half_width))
        {
            let bud = buds.swap_remove(widest);
            tree.grow_one(bud, anatomy, &mut buds, rng);
        }
        tree
    }

    /// Whether a vessel wide enough to be mistaken for a lesion runs within about `margin` of a point.
    pub fn is_near(&self, at: [f32; 2], margin: f32) -> bool {
        let passes = |node: &Node| distance(node.at, at) < margin + node.half_width;
        self.vessels
            .iter()
            .any(|vessel| vessel.nodes.iter().any(passes))
    }

    pub fn paint(&self, blood: &mut BloodMap, view: &View) {
        for vessel in &self.vessels {
            for pair in vessel.nodes.windows(2) {
                blood.vessel(view, pair[0], pair[1], vessel.calibre(pair[0].half_width));
            }
        }
    }

    fn occupied(&mut self, kind: VesselKind) -> &mut Occupied {
        match kind {
            VesselKind::Artery => &mut self.arteries,
            VesselKind::Vein => &mut self.veins,
        }
    }

    fn grow_one(&mut self, bud: Bud, anatomy: &Anatomy, buds: &mut Vec<Bud>, rng: &mut impl Rng) {
        let own = self.vessels.len() as u16;
        let Bud {
            kind,
            mut at,
            mut heading,
            mut half_width,
            course,
            parent,
        } = bud;
        let mut nodes = vec![Node { at, half_width }];
        let mut curvature = 0.0;
        let mut travelled = 0.0;
        let mut next_branch = rng.random_range(0.05..0.16);
        let mut branch_side = if rng.random() { 1.0 } else { -1.0 };
        // Thin vessels meander more.
        let wander = 0.55 + 0.0022 / half_width;

        while half_width > THINNEST && length(at) < 1.06 {
            curvature = 0.9 * curvature + wander * normal(rng);
            heading += turn(at, heading, course, anatomy, half_width) + curvature * STEP;
            let parent_is_left_behind = travelled > 0.05;
            let beyond_disc = distance(at, anatomy.disc.center) > 1.25 * anatomy.disc.radius;
            if beyond_disc {
                let shunned = |id: u16| id != own && (parent_is_left_behind || Some(id) != parent);
                match self
                    .occupied(kind)
                    .way_out(at, heading, 0.02 + 1.5 * half_width, shunned)
                {
                    Some(free) => heading = free,
                    None => break,
                }
            }
            at = [at[0] + STEP * heading.cos(), at[1] + STEP * heading.sin()];
            travelled += STEP;
            half_width *= (-STEP * (0.12 + 0.0026 / half_width)).exp();
            if distance(at, anatomy.fovea) < AVASCULAR_ZONE {
                break;
            }
            nodes.push(Node { at, half_width });

            if travelled > next_branch && beyond_disc {
                let forks = rng.random_bool(0.25) && matches!(course, Course::Free);
                let share: f32 = if forks {
                    rng.random_range(0.72..0.85)
                } else {
                    rng.random_range(0.32..0.62)
                };
                let child = half_width * share;
                half_width *= (1.0 - share.powi(3)).cbrt();
                let angle = if forks {
                    rng.random_range(0.4..0.7)
                } else {
                    rng.random_range(0.6..1.15)
                };
                buds.push(Bud {
                    kind,
                    at,
                    heading: heading + branch_side * angle,
                    half_width: child,
                    course: Course::Free,
                    parent: Some(own),
                });
                if forks {
                    heading -= branch_side * 0.3;
                }
                if rng.random_bool(0.75) {
                    branch_side = -branch_side;
                }
                next_branch = travelled + rng.random_range(0.05..0.17);
            }
        }
        for node in &nodes {
            self.occupied(kind).take(node.at, own);
        }
        self.vessels.push(Vessel { kind, nodes });
    }
}

impl Vessel {
    /// Thin vessels hold less blood in the light's way.
    fn calibre(&self, half_width: f32) -> Calibre {
        let fullness = (half_width / 0.009).powf(0.62).min(1.1);
        // The reflex shows on vessels that are wide enough to have a wall.
        let reflex = ((half_width - 0.002) / 0.005).clamp(0.0, 1.0);
        match self.kind {
            VesselKind::Artery => Calibre {
                density: 0.62 * fullness,
                reflex: 0.42 * reflex,
            },
            VesselKind::Vein => Calibre {
                density: 0.92 * fullness,
                reflex: 0.10 * reflex,
            },
        }
    }
}

/// The vessels that leave the disc: an artery and a vein to each quadrant, and small ones in between.
fn trunks(anatomy: &Anatomy, rng: &mut impl Rng) -> Vec<Bud> {
    let disc = &anatomy.disc;
    let root = [disc.center[0] + 0.12 * disc.radius, disc.center[1]];
    let mut buds = Vec::new();
    let mut bud = |kind, offset: [f32; 2], heading: f32, half_width: f32, course| {
        let at = [
            root[0] + offset[0] * disc.radius,
            root[1] + offset[1] * disc.radius,
        ];
        buds.push(Bud {
            kind,
            at,
            heading,
            half_width,
            course,
            parent: None,
        });
    };
    for side in [-1.0, 1.0] {
        let height = rng.random_range(0.50..0.62);
        let vein_outside = if rng.random() { 1.0 } else { -1.0 };
        for (kind, half_width, apart) in [
            (VesselKind::Vein, 0.0118, vein_outside),
            (VesselKind::Artery, 0.0086, -vein_outside),
        ] {
            let width = half_width * rng.random_range(0.9..1.1);
            let offset = [0.16 * apart * side, 0.1 * side];
            let heading = side * (FRAC_PI_2 + rng.random_range(-0.05..0.35));
            bud(
                kind,
                offset,
                heading,
                width,
                Course::Arcade {
                    side,
                    height: height + 0.035 * apart,
                },
            );
            // To the nasal quadrant.
            let heading = side * rng.random_range(0.75..1.2) + 0.09 * apart;
            bud(
                kind,
                [offset[0] + 0.1, offset[1]],
                heading,
                width * 0.72,
                Course::Free,
            );
        }
    }
    for kind in [VesselKind::Vein, VesselKind::Artery] {
        for _ in 0..2 {
            let heading = rng.random_range(-0.55..0.55);
            bud(
                kind,
                [0.2, 0.0],
                heading,
                rng.random_range(0.003..0.0045),
                Course::Free,
            );
        }
        // Small vessels to the macula.
        for side in [-1.0f32, 1.0] {
            let heading = PI + side * rng.random_range(0.25..0.75);
            bud(
                kind,
                [-0.3, 0.2 * side],
                heading,
                rng.random_range(0.0024..0.0036),
                Course::Free,
            );
        }
    }
    buds
}

/// By how much a vessel turns in one step, in radians.
fn turn(at: [f32; 2], heading: f32, course: Course, anatomy: &Anatomy, half_width: f32) -> f32 {
    let from_fovea = minus(at, anatomy.fovea);
    match course {
        Course::Arcade { side, height } => {
            // The arcades resemble a parabola that opens towards the temple and flattens beyond the fovea.
            let span = anatomy.disc.center[0] - anatomy.fovea[0];
            let ahead = at[0] - 0.09;
            let share = ((anatomy.disc.center[0] - ahead) / span).max(0.0);
            let rise = if share < 1.0 {
                share.powf(0.42)
            } else {
                1.0 + 0.16 * (share - 1.0)
            };
            let aim = [ahead, anatomy.fovea[1] + side * height * rise];
            let wanted = (aim[1] - at[1]).atan2(aim[0] - at[0]);
            0.11 * wrapped(wanted - heading)
        }
        Course::Free => {
            let away = length(from_fovea);
            // Small vessels converge on the fovea; larger ones go around it.
            if half_width < 0.003 || away > 0.5 {
                return 0.0;
            }
            let outward = from_fovea[1].atan2(from_fovea[0]);
            0.08 * (0.5 - away) / 0.5 * wrapped(outward - heading)
        }
    }
}

/// An angle within ±π.
fn wrapped(angle: f32) -> f32 {
    (angle + PI).rem_euclid(2.0 * PI) - PI
}

/// Which vessel of one kind runs through each cell of a coarse grid over the eye.
struct Occupied {
    cells: Vec<Option<u16>>,
}

impl Occupied {
    const SIDE: usize = 220;
    const REACH: f32 = 1.1;

    fn new() -> Self {
        Self {
            cells: vec![None; Self::SIDE * Self::SIDE],
        }
    }

    fn cell(at: [f32; 2]) -> Option<usize> {
        let index = |value: f32| {
            let place = (value / Self::REACH + 1.0) / 2.0 * Self::SIDE as f32;
            (place >= 0.0 && place < Self::SIDE as f32).then_some(place as usize)
        };
        Some(index(at[1])? * Self::SIDE + index(at[0])?)
    }

    fn take(&mut self, at: [f32; 2], id: u16) {
        if let Some(cell) = Self::cell(at) {
            self.cells[cell].get_or_insert(id);
        }
    }

    /// The heading nearest to `heading` that leads into no shunned vessel within `sight`; `None` when there is none.
    fn way_out(
        &self,
        at: [f32; 2],
        heading: f32,
        sight: f32,
        shunned: impl Fn(u16) -> bool,
    ) -> Option<f32> {
        let is_free = |heading: f32| {
            [0.5, 1.0, 1.5].iter().all(|share| {
                let ahead = [
                    at[0] + share * sight * heading.cos(),
                    at[1] + share * sight * heading.sin(),
                ];
                let met = Self::cell(ahead).and_then(|cell| self.cells[cell]);
                !met.is_some_and(&shunned)
            })
        };
        [0.0, 0.15, -0.15, 0.35, -0.35]
            .iter()
            .map(|bend| heading + bend)
            .find(|&heading| is_free(heading))
    }
}
