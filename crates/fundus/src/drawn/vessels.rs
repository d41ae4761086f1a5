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
use super::{View, distance, length, minus, smooth_step};

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
    springs_from_disc: bool,
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
            for (step, pair) in vessel.nodes.windows(2).enumerate() {
                let mut calibre = vessel.calibre(pair[0].half_width);
                if vessel.springs_from_disc {
                    // Vessels rise out of the depth of the cup: they come into view little by little.
                    calibre.density *= smooth_step(-1.0, 10.0, step as f32);
                }
                blood.vessel(view, pair[0], pair[1], calibre);
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
        let mut tip = Tip::of(&bud);
        let mut nodes = vec![tip.node()];
        let mut next_branch = rng.random_range(0.04..0.2);
        let mut branch_side = if rng.random() { 1.0 } else { -1.0 };
        let mut evaded = 0.0;

        while tip.half_width > THINNEST && length(tip.at) < 1.06 {
            tip.wander(bud.course, anatomy, rng);
            let beyond_disc = distance(tip.at, anatomy.disc.center) > 1.25 * anatomy.disc.radius;
            if beyond_disc {
                let parent_is_left_behind = tip.travelled > 0.05;
                let shunned =
                    |id: u16| id != own && (parent_is_left_behind || Some(id) != bud.parent);
                let sight = 0.022 + 1.5 * tip.half_width;
                let Some(bend) =
                    self.occupied(bud.kind)
                        .way_out(tip.at, tip.heading, sight, shunned)
                else {
                    break;
                };
                tip.heading += bend;
                evaded += bend.abs();
            }
            tip.advance();
            // One that must keep evading runs beside another vessel, which none does in the eye.
            if evaded > 0.9 || distance(tip.at, anatomy.fovea) < AVASCULAR_ZONE {
                break;
            }
            nodes.push(tip.node());

            if tip.travelled > next_branch && beyond_disc {
                let may_fork = matches!(bud.course, Course::Free);
                buds.push(tip.branch(bud.kind, own, branch_side, may_fork, rng));
                if rng.random_bool(0.75) {
                    branch_side = -branch_side;
                }
                next_branch = tip.travelled + rng.random_range(0.05..0.2);
            }
        }
        for node in &nodes {
            self.occupied(bud.kind).take(node.at, own);
        }
        let springs_from_disc = bud.parent.is_none();
        self.vessels.push(Vessel {
            kind: bud.kind,
            nodes,
            springs_from_disc,
        });
    }
}

/// The growing end of a vessel.
struct Tip {
    at: [f32; 2],
    heading: f32,
    half_width: f32,
    /// Radians a unit of length.
    curvature: f32,
    /// How strongly it meanders; thin vessels do more.
    restlessness: f32,
    travelled: f32,
}

impl Tip {
    fn of(bud: &Bud) -> Self {
        Self {
            at: bud.at,
            heading: bud.heading,
            half_width: bud.half_width,
            curvature: 0.0,
            restlessness: 0.62 + 0.002 / bud.half_width,
            travelled: 0.0,
        }
    }

    fn node(&self) -> Node {
        Node {
            at: self.at,
            half_width: self.half_width,
        }
    }

    fn wander(&mut self, course: Course, anatomy: &Anatomy, rng: &mut impl Rng) {
        self.curvature = 0.92 * self.curvature + self.restlessness * normal(rng);
        self.heading +=
            turn(self.at, self.heading, course, anatomy, self.half_width) + self.curvature * STEP;
    }

    fn advance(&mut self) {
        self.at = [
            self.at[0] + STEP * self.heading.cos(),
            self.at[1] + STEP * self.heading.sin(),
        ];
        self.travelled += STEP;
        self.half_width *= (-STEP * (0.12 + 0.0026 / self.half_width)).exp();
    }

    /// Sends out a branch to one side (`side` ±1) and gets thinner by it; a fork also turns to the other side.
    fn branch(
        &mut self,
        kind: VesselKind,
        own: u16,
        side: f32,
        may_fork: bool,
        rng: &mut impl Rng,
    ) -> Bud {
        let forks = may_fork && rng.random_bool(0.35);
        let (share, angle): (f32, f32) = if forks {
            (rng.random_range(0.72..0.85), rng.random_range(0.35..0.6))
        } else {
            (rng.random_range(0.3..0.62), rng.random_range(0.6..1.2))
        };
        let bud = Bud {
            kind,
            at: self.at,
            heading: self.heading + side * angle,
            half_width: self.half_width * share,
            course: Course::Free,
            parent: Some(own),
        };
        self.half_width *= (1.0 - share.powi(3)).cbrt();
        if forks {
            self.heading -= side * 0.3;
        }
        bud
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
    let root = [disc.center[0] + 0.06 * disc.radius, disc.center[1]];
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
            let offset = [
                0.11 * apart * side + rng.random_range(-0.05..0.05),
                -0.12 * side,
            ];
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

    /// The smallest bend, in radians, after which `heading` leads into no shunned vessel within `sight`; `None` when
    /// there is none.
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
        [0.0, 0.12, -0.12, 0.3, -0.3]
            .into_iter()
            .find(|bend| is_free(heading + bend))
    }
}
