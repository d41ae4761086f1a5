//! Lines like vessels: darker than both sides, thin, long, connected, branching, redder than what lies around, and
//! dense around a bright spot.
//!
//! The line detector is that of `landmarks/vessels.rs`, with fewer directions on a smaller picture.

use std::f32::consts::PI;

use super::statistics::{logarithm, mean, quantiles};
use super::view::{SIDE, SmallView, position};
use crate::landmarks::plane::Plane;

pub(super) const NAMES: [&str; 20] = [
    "usual line",
    "clear line",
    "clearest line",
    "clear over usual line",
    "dark over bright lines",
    "share of lines",
    "share of the longest line",
    "number of lines",
    "share of wide lines",
    "evenness of directions",
    "lines across, down or slanting",
    "lines keep their direction",
    "lines along the radius",
    "lines in the middle",
    "lines half-way out",
    "lines in red over green",
    "lines in blue over green",
    "contrast of lines",
    "thickness of lines",
    "lines left over right",
];

/// Place of "dark over bright lines" among the measures.
pub(super) const DARK_OVER_BRIGHT: usize = 4;

const DIRECTIONS: usize = 8;
/// Length and distance to the parallel neighbours in pixels, and the radius of the box that is blurred first.
const SCALES: [(i32, f32, usize); 2] = [(9, 2.0, 0), (11, 4.0, 1)];
/// Pixels around the picture in which lines may end.
const MARGIN: usize = 12;
/// A line is clear from this multiple of the usual response, and from this contrast at least.
const SURE: f32 = 3.5;
const LEAST_SURE: f32 = 0.018;
/// The same for what hangs together with a clear line.
const LIKELY: f32 = 2.2;
const LEAST_LIKELY: f32 = 0.012;
/// Pieces with fewer pixels are no lines.
const SMALLEST_PIECE: usize = 18;

/// The lines of a picture.
pub(super) struct Lines {
    dark: Plane,
    bright: Plane,
    direction: Vec<u8>,
    is_wide: Vec<bool>,
    /// Whether a place belongs to a line.
    pub mask: Vec<bool>,
    /// Sizes of the connected lines in pixels, the largest first.
    pieces: Vec<usize>,
}

fn along(direction: usize) -> [f32; 2] {
    let angle = direction as f32 * PI / DIRECTIONS as f32;
    [angle.cos(), angle.sin()]
}

impl Lines {
    pub fn find(view: &SmallView) -> Self {
        let mut lines = Self {
            dark: Plane::filled(SIDE, 0.0),
            bright: Plane::filled(SIDE, 0.0),
            direction: vec![0; SIDE * SIDE],
            is_wide: vec![false; SIDE * SIDE],
            mask: Vec::new(),
            pieces: Vec::new(),
        };
        for scale in SCALES {
            lines.respond(&view.contrast[1], scale);
        }
        for (at, weight) in view.visible.weights.values.iter().enumerate() {
            lines.dark.values[at] *= weight;
            lines.bright.values[at] *= weight;
        }
        let [usual] = quantiles(view.values(&lines.dark), [0.5]);
        let sure = (SURE * usual).max(LEAST_SURE);
        let likely = (LIKELY * usual).max(LEAST_LIKELY);
        lines.connect(sure, likely);
        lines
    }

    fn respond(&mut self, contrast: &Plane, (length, distance, blur): (i32, f32, usize)) {
        let smooth = if blur > 0 {
            contrast.boxed(blur, 2)
        } else {
            contrast.clone()
        };
        let side = SIDE + 2 * MARGIN;
        let mut padded = vec![0.0_f32; side * side];
        for (row, line) in smooth.values.chunks_exact(SIDE).enumerate() {
            padded[(row + MARGIN) * side + MARGIN..][..SIDE].copy_from_slice(line);
        }
        let offset = |[x, y]: [f32; 2]| y.round() as isize * side as isize + x.round() as isize;
        let first = MARGIN * side;
        let count = padded.len() - 2 * first;
        let share = 1.0 / length as f32;
        let mut means = vec![0.0_f32; padded.len()];
        for index in 0..DIRECTIONS {
            let [dx, dy] = along(index);
            means.fill(0.0);
            for step in -(length / 2)..=length / 2 {
                let shift = offset([dx * step as f32, dy * step as f32]);
                let shifted = &padded[first.saturating_add_signed(shift)..][..count];
                let sums = &mut means[first..][..count];
                (sums.iter_mut().zip(shifted)).for_each(|(sum, value)| *sum += value * share);
            }
            let beside = offset([-dy * distance, dx * distance]);
            for row in 0..SIDE {
                let start = (row + MARGIN) * side + MARGIN;
                let middle = &means[start..][..SIDE];
                let one = &means[start.saturating_add_signed(beside)..][..SIDE];
                let other = &means[start.saturating_add_signed(-beside)..][..SIDE];
                for at in 0..SIDE {
                    let place = row * SIDE + at;
                    let dark = one[at].min(other[at]) - middle[at];
                    if dark > self.dark.values[place] {
                        self.dark.values[place] = dark;
                        self.direction[place] = index as u8;
                        self.is_wide[place] = blur > 0;
                    }
                    let bright = middle[at] - one[at].max(other[at]);
                    self.bright.values[place] = self.bright.values[place].max(bright);
                }
            }
        }
    }

    /// The places of at least `likely` that hang together with one of at least `sure`, without small pieces.
    fn connect(&mut self, sure: f32, likely: f32) {
        let mut seen = vec![false; SIDE * SIDE];
        self.mask = vec![false; SIDE * SIDE];
        let mut piece = Vec::new();
        for start in 0..seen.len() {
            if seen[start] || self.dark.values[start] < sure {
                continue;
            }
            piece.clear();
            piece.push(start);
            seen[start] = true;
            let mut next = 0;
            while let Some(&at) = piece.get(next) {
                next += 1;
                let [x, y] = [at % SIDE, at / SIDE];
                for row in y.saturating_sub(1)..(y + 2).min(SIDE) {
                    for column in x.saturating_sub(1)..(x + 2).min(SIDE) {
                        let neighbour = row * SIDE + column;
                        if !seen[neighbour] && self.dark.values[neighbour] >= likely {
                            seen[neighbour] = true;
                            piece.push(neighbour);
                        }
                    }
                }
            }
            if piece.len() >= SMALLEST_PIECE {
                piece.iter().for_each(|&at| self.mask[at] = true);
                self.pieces.push(piece.len());
            }
        }
        self.pieces.sort_unstable_by(|one, other| other.cmp(one));
    }

    fn angle(&self, at: usize) -> f32 {
        f32::from(self.direction[at]) * PI / DIRECTIONS as f32
    }

    pub fn measure(&self, view: &SmallView) -> [f32; NAMES.len()] {
        let [usual, clear, clearest] = quantiles(view.values(&self.dark), [0.5, 0.9, 0.985]);
        let on_lines: Vec<usize> = (view.places.iter().copied())
            .filter(|&at| self.mask[at])
            .collect();
        let visible = view.places.len().max(1) as f32;
        let total = on_lines.len().max(1) as f32;
        let longest = self.pieces.first().copied().unwrap_or(0) as f32;
        let log = |value: f32| logarithm(value, 1e-3);
        let contrast =
            |channel: usize| mean(on_lines.iter().map(|&at| view.contrast[channel].values[at]));
        let part = |holds: &dyn Fn(usize) -> bool| {
            let among = view.places.iter().filter(|&&at| holds(at)).count();
            let lines = on_lines.iter().filter(|&&at| holds(at)).count();
            lines as f32 / among.max(1) as f32
        };
        let whole = on_lines.len() as f32 / visible;
        let relative = |share: f32| logarithm(share, 0.01) - logarithm(whole, 0.01);
        let ratio = |channel: usize| (contrast(channel) / contrast(1).min(-0.005)).clamp(-1.0, 3.0);
        let alignment = on_lines.iter().map(|&at| (4.0 * self.angle(at)).cos());
        let radial = on_lines.iter().map(|&at| {
            let [x, y] = position(at);
            (2.0 * (self.angle(at) - y.atan2(x))).cos()
        });
        let wide = on_lines.iter().filter(|&&at| self.is_wide[at]).count();
        [
            log(usual),
            log(clear),
            log(clearest),
            log(clearest) - log(usual),
            self.dark_over_bright(view),
            logarithm(whole, 0.005),
            longest / total,
            logarithm(self.pieces.len() as f32, 1.0),
            wide as f32 / total,
            self.evenness(&on_lines),
            mean(alignment),
            self.steadiness(&on_lines),
            mean(radial),
            relative(part(&|at| view.radii[at] < 0.3)),
            relative(part(&|at| (0.3..0.65).contains(&view.radii[at]))),
            ratio(0),
            ratio(2),
            contrast(1),
            self.thickness(&on_lines),
            (part(&|at| position(at)[0] < 0.0) - part(&|at| position(at)[0] > 0.0)).abs()
                / (whole + 0.01),
        ]
    }

    /// The logarithm of how much stronger clear dark lines are than clear bright ones.
    pub fn dark_over_bright(&self, view: &SmallView) -> f32 {
        let [dark, bright] = [&self.dark, &self.bright].map(|plane| {
            let [clear] = quantiles(view.values(plane), [0.95]);
            logarithm(clear, 1e-3)
        });
        dark - bright
    }

    /// Entropy of the directions, as a share of the largest; 0 without lines.
    fn evenness(&self, on_lines: &[usize]) -> f32 {
        let mut counts = [0.0_f32; DIRECTIONS];
        for &at in on_lines {
            counts[usize::from(self.direction[at])] += 1.0;
        }
        let total = on_lines.len().max(1) as f32;
        let shares = counts.iter().map(|count| count / total);
        let entropy: f32 = shares
            .filter(|&share| share > 0.0)
            .map(|share| -share * share.ln())
            .sum();
        entropy / (DIRECTIONS as f32).ln()
    }

    /// How alike the directions are some steps along a line, -1..1.
    fn steadiness(&self, on_lines: &[usize]) -> f32 {
        let likeness = on_lines.iter().filter_map(|&at| {
            let [dx, dy] = along(usize::from(self.direction[at]));
            let [x, y] = [at % SIDE, at / SIDE].map(|value| value as f32);
            let (x, y) = (x + 4.0 * dx, y + 4.0 * dy);
            let last = (SIDE - 1) as f32;
            if !(0.0..=last).contains(&x) || !(0.0..=last).contains(&y) {
                return None;
            }
            let other = y.round() as usize * SIDE + x.round() as usize;
            let turn = self.angle(at) - self.angle(other);
            // Where the line has ended, nothing goes on.
            Some(if self.mask[other] {
                (2.0 * turn).cos()
            } else {
                -0.5
            })
        });
        mean(likeness)
    }

    /// The mean number of line pixels in the window of 5 x 5 around each, of 25: few on a thin line, most in a blot.
    fn thickness(&self, on_lines: &[usize]) -> f32 {
        mean(on_lines.iter().map(|&at| {
            let [x, y] = [at % SIDE, at / SIDE];
            let mut count = 0.0;
            for row in y.saturating_sub(2)..(y + 3).min(SIDE) {
                for column in x.saturating_sub(2)..(x + 3).min(SIDE) {
                    count += f32::from(u8::from(self.mask[row * SIDE + column]));
                }
            }
            count / 25.0
        }))
    }
}
