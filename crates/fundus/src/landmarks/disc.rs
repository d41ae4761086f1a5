//! The optic disc: where the vessels come together, about as large as a disc, bright, and with a round edge.
//!
//! The brightest spot alone is often an exudate, a scar, a reflex or the rim. So each place on a grid is asked four
//! things, each measured against the other places of the same picture: do the vessels around it point at it (the fuzzy
//! convergence of Hoover and Goldbaum, IEEE Transactions on Medical Imaging 22(8), 2003, and the vessels' direction
//! pattern of Youssif, Ghalwash and Ghoneim, the same 27(1), 2008), do vessels fill it, is it brighter than what is
//! around, and does the brightness fall outwards along a circle (the template and circular edge of Lalonde,
//! Beaulieu and Gagnon, the same 20(11), 2001). The best few are fitted with a circle.

use super::plane::{Plane, quantile};
use super::retina::{CELL, RADIUS, Retina, SIDE};
use super::vessels::{DIRECTIONS, along};

/// Distance between the places asked, in cells.
const STEP: usize = 2;
/// Radii of discs, as shares of the radius of the field of view: cameras of about 30 to 60 degrees.
const RADII: [f32; 6] = [0.10, 0.12, 0.14, 0.165, 0.19, 0.22];
const USUAL_RADIUS: f32 = 0.135;
/// How many places are fitted with a circle.
const FITTED: usize = 10;
/// How far the nearest other fitted place may be, in cells.
const APART: f32 = 8.0;
/// Points on the circle at which its edge is measured.
const EDGE_POINTS: usize = 32;

/// A place that may be the disc, in cells.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    pub center: [f32; 2],
    pub radius: f32,
    /// Standard deviations above the other places of the picture, summed over what is asked.
    pub score: f32,
    pub evidence: Evidence,
}

/// What speaks for a place, each in the unit in which it was measured.
#[derive(Clone, Copy, Debug)]
pub(super) struct Evidence {
    /// How well the vessels point at it; 0 for vessels in all directions.
    pub convergence: f32,
    /// Share of vessels in it.
    pub vessels: f32,
    /// Brightness against the ring around it.
    pub brightness: f32,
    /// Fall of the brightness along the circle, -1..=1.
    pub edge: f32,
}

/// The places that look most like a disc, the best first; apart from each other.
pub(super) fn candidates(retina: &Retina) -> Vec<Candidate> {
    let places = places(retina);
    let convergence = convergence(retina, &places);
    let filled = retina.vessel_share.boxed(4, 2);
    let inner = retina.visible.mean(&retina.brightness, 4, 2);
    let outer = retina.visible.mean(&retina.brightness, 12, 2);
    let edges = Edges::new(retina);

    let mut all: Vec<Candidate> = places
        .iter()
        .zip(&convergence)
        .map(|(&center, &convergence)| {
            let (radius, edge) = RADII
                .iter()
                .map(|share| {
                    (
                        share * RADIUS,
                        edges.along_circle(center, share * RADIUS, edges.strong),
                    )
                })
                .max_by(|one, other| one.1.total_cmp(&other.1))
                .unwrap_or((USUAL_RADIUS * RADIUS, 0.0));
            let brightness = inner.at(center[0], center[1]) - outer.at(center[0], center[1]);
            let evidence = Evidence {
                convergence,
                vessels: filled.at(center[0], center[1]),
                brightness,
                edge,
            };
            Candidate {
                center,
                radius,
                score: 0.0,
                evidence,
            }
        })
        .collect();
    let scales = Scales::of(&all);
    all.iter_mut()
        .for_each(|candidate| candidate.score = scales.score(&candidate.evidence));
    all.sort_by(|one, other| other.score.total_cmp(&one.score));

    let mut best: Vec<Candidate> = Vec::new();
    for candidate in all {
        let is_apart = |other: &Candidate| {
            let [dx, dy] = [0, 1].map(|axis| candidate.center[axis] - other.center[axis]);
            dx.hypot(dy) > APART
        };
        if best.len() < FITTED && best.iter().all(is_apart) {
            best.push(candidate);
        }
    }
    for candidate in &mut best {
        edges.fit(candidate);
        candidate.score = scales.score(&candidate.evidence);
    }
    best.sort_by(|one, other| other.score.total_cmp(&one.score));
    best
}

fn places(retina: &Retina) -> Vec<[f32; 2]> {
    let side = SIDE / CELL;
    let mut places = Vec::new();
    for row in (STEP / 2..side).step_by(STEP) {
        for column in (STEP / 2..side).step_by(STEP) {
            if retina.visible.sees(row * side + column) {
                places.push([column as f32, row as f32]);
            }
        }
    }
    places
}

/// Mean and spread of each measure over the places of one picture.
struct Scales([[f32; 2]; 4]);

/// How much each measure counts: convergence, vessels, brightness, edge.
const WEIGHTS: [f32; 4] = [1.0, 0.5, 0.7, 1.0];

impl Scales {
    fn of(candidates: &[Candidate]) -> Self {
        let mut scales = [[0.0, 1.0]; 4];
        let count = candidates.len().max(1) as f32;
        for (measure, scale) in scales.iter_mut().enumerate() {
            let value = |candidate: &Candidate| candidate.evidence.measures()[measure];
            let mean = candidates.iter().map(value).sum::<f32>() / count;
            let squares = candidates
                .iter()
                .map(|candidate| (value(candidate) - mean).powi(2));
            *scale = [mean, (squares.sum::<f32>() / count).sqrt().max(1e-3)];
        }
        Self(scales)
    }

    fn score(&self, evidence: &Evidence) -> f32 {
        let parts = evidence.measures().into_iter().zip(self.0).zip(WEIGHTS);
        parts
            .map(|((value, [mean, spread]), weight)| {
                weight * ((value - mean) / spread).clamp(-2.0, 5.0)
            })
            .sum()
    }
}

impl Evidence {
    fn measures(&self) -> [f32; 4] {
        [self.convergence, self.vessels, self.brightness, self.edge]
    }
}

/// A place on a vessel, in cells, with its direction and how much it counts.
struct Piece {
    at: [f32; 2],
    direction: [f32; 2],
    weight: f32,
}

fn pieces(retina: &Retina) -> Vec<Piece> {
    let directions: [[f32; 2]; DIRECTIONS] = std::array::from_fn(along);
    let vessels = &retina.vessels;
    let side = SIDE / CELL;
    let mut pieces = Vec::new();
    for cell in 0..side * side {
        let [left, top] = [cell % side * CELL, cell / side * CELL];
        let strongest = (0..CELL * CELL)
            .map(|place| (top + place / CELL) * SIDE + left + place % CELL)
            .filter(|&index| vessels.mask[index])
            .max_by(|&one, &other| {
                vessels.strength.values[one].total_cmp(&vessels.strength.values[other])
            });
        if let Some(index) = strongest {
            pieces.push(Piece {
                at: [(cell % side) as f32, (cell / side) as f32],
                direction: directions[usize::from(vessels.direction[index])],
                weight: (vessels.strength.values[index] / (2.5 * vessels.sure)).min(1.0),
            });
        }
    }
    pieces
}

/// How well the vessels around each place point at it.
fn convergence(retina: &Retina, places: &[[f32; 2]]) -> Vec<f32> {
    /// Mean of the eighth power of the cosine over all directions.
    const OF_ANY_DIRECTION: f32 = 35.0 / 128.0;
    let pieces = pieces(retina);
    let nearness = |squared: f32| 1.0 / (squared.sqrt() + 0.12 * RADIUS);
    let (nearest, furthest) = ((0.05 * RADIUS).powi(2), (0.9 * RADIUS).powi(2));
    let seen = coarse_cells(retina);
    places
        .iter()
        .map(|place| {
            let mut pointing = 0.0;
            for piece in &pieces {
                let [dx, dy] = [place[0] - piece.at[0], place[1] - piece.at[1]];
                let squared = dx * dx + dy * dy;
                if squared < nearest || squared > furthest {
                    continue;
                }
                let cosine_squared =
                    (dx * piece.direction[0] + dy * piece.direction[1]).powi(2) / squared;
                pointing +=
                    piece.weight * (cosine_squared.powi(4) - OF_ANY_DIRECTION) * nearness(squared);
            }
            let visible: f32 = (seen.iter())
                .map(|cell| {
                    let squared = (place[0] - cell[0]).powi(2) + (place[1] - cell[1]).powi(2);
                    if squared > furthest {
                        0.0
                    } else {
                        nearness(squared)
                    }
                })
                .sum();
            pointing / visible.max(1e-3)
        })
        .collect()
}

/// Every fourth visible cell along both axes.
fn coarse_cells(retina: &Retina) -> Vec<[f32; 2]> {
    let side = SIDE / CELL;
    let cells =
        (0..side / 4 * (side / 4)).map(|at| [at % (side / 4) * 4 + 2, at / (side / 4) * 4 + 2]);
    cells
        .filter(|[x, y]| retina.visible.sees(y * side + x))
        .map(|cell| cell.map(|at| at as f32))
        .collect()
}

/// The fall of brightness across circles.
struct Edges<'a> {
    retina: &'a Retina,
    smooth: Plane,
    /// A strong fall in this picture.
    strong: f32,
    /// The edge of a disc that is clearly seen.
    strongest: f32,
}

impl<'a> Edges<'a> {
    fn new(retina: &'a Retina) -> Self {
        let smooth = retina.visible.mean(&retina.brightness, 1, 1);
        let side = smooth.side;
        let mut falls = Vec::new();
        for row in (2..side - 2).step_by(2) {
            for column in (2..side - 2).step_by(2) {
                let index = row * side + column;
                if retina.visible.sees(index) {
                    falls.push((smooth.values[index - 2] - smooth.values[index + 2]).abs());
                }
            }
        }
        falls.sort_by(f32::total_cmp);
        Self {
            retina,
            smooth,
            strong: quantile(&falls, 0.9).max(0.06),
            strongest: quantile(&falls, 0.99).max(0.06),
        }
    }

    /// Mean fall along a circle, each point limited to that of a strong edge: -1..=1; 0 for points that are not seen.
    fn along_circle(&self, center: [f32; 2], radius: f32, strong: f32) -> f32 {
        let (mut sum, mut seen) = (0.0, 0);
        for point in 0..EDGE_POINTS {
            let angle = point as f32 / EDGE_POINTS as f32 * std::f32::consts::TAU;
            let at = |distance: f32| {
                [
                    center[0] + distance * angle.cos(),
                    center[1] + distance * angle.sin(),
                ]
            };
            let (inner, outer) = (at(radius - 1.5), at(radius + 1.5));
            if self.is_visible(outer) && self.is_visible(inner) {
                let fall = self.smooth.at(inner[0], inner[1]) - self.smooth.at(outer[0], outer[1]);
                sum += (fall / strong).clamp(-1.0, 1.0);
                seen += 1;
            }
        }
        if seen * 2 < EDGE_POINTS {
            return 0.0;
        }
        sum / seen as f32
    }

    fn is_visible(&self, [x, y]: [f32; 2]) -> bool {
        let side = self.smooth.side;
        let (column, row) = (x.round(), y.round());
        column >= 0.0
            && row >= 0.0
            && column < side as f32
            && row < side as f32
            && self
                .retina
                .visible
                .sees(row as usize * side + column as usize)
    }

    /// Moves the circle to where the brightness falls most sharply all around it.
    fn fit(&self, candidate: &mut Candidate) {
        let mut best = (f32::MIN, candidate.center, candidate.radius);
        for (reach, step) in [(5.0_f32, 1.0_f32), (1.0, 0.25)] {
            let (_, center, radius) = best;
            let steps = (reach / step) as i32;
            let radii = if reach > 2.0 {
                (0..14)
                    .map(|at| RADIUS * (0.09 + 0.01 * at as f32))
                    .collect()
            } else {
                (-4..=4)
                    .map(|at| radius + 0.16 * at as f32)
                    .collect::<Vec<f32>>()
            };
            for row in -steps..=steps {
                for column in -steps..=steps {
                    let at = [
                        center[0] + column as f32 * step,
                        center[1] + row as f32 * step,
                    ];
                    let moved = (at[0] - candidate.center[0]).hypot(at[1] - candidate.center[1]);
                    for &radius in &radii {
                        // A circle near where the search began and of the usual size needs less of an edge: that of the
                        // cup is often sharper than the disc's.
                        let unusual = (radius / (USUAL_RADIUS * RADIUS)).ln();
                        let edge = self.along_circle(at, radius, self.strongest)
                            - 2.0 * unusual * unusual
                            - 0.006 * moved;
                        if edge > best.0 {
                            best = (edge, at, radius);
                        }
                    }
                }
            }
        }
        (candidate.center, candidate.radius) = (best.1, best.2);
        candidate.evidence.edge = self.along_circle(best.1, best.2, self.strong);
    }
}
