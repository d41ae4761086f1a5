//! The vessels: a line detector that asks both sides.
//!
//! In the green channel a vessel is a line darker than the retina on *both* sides of it. So the mean along a short line
//! is compared, in sixteen directions and at three widths, with the means along its two parallel neighbours, and the
//! darker neighbour counts. The edge of the disc, of an exudate or of the picture is dark on one side only and gives
//! nothing.
//!
//! The line detector is that of Ricci and Perfetti (IEEE Transactions on Medical Imaging 26(10), 2007), at several
//! scales after Nguyen et al. (Pattern Recognition 46(3), 2013); the lesser of both sides after Koller, Gerig, Székely
//! and Dettwiler (Proc. International Conference on Computer Vision, 1995).

use super::plane::{Plane, Visible, quantile};

/// Number of directions over half a turn.
pub(super) const DIRECTIONS: usize = 16;

/// Length and distance to the parallel neighbours, in pixels of the working picture, and the radius of the box that is
/// blurred first (0: not at all): thin, middle and thick vessels.
const SCALES: [(i32, f32, usize); 3] = [(13, 3.0, 0), (15, 5.0, 1), (19, 8.0, 2)];

/// Contrasts that a place needs to be a vessel by itself, as a multiple of the usual response between the vessels.
const SURE: f32 = 4.2;
/// The same for a place that hangs together with a sure one.
const LIKELY: f32 = 2.5;
/// The least contrasts, whatever is usual in the picture (as a share of the local brightness).
const LEAST_SURE: f32 = 0.022;
const LEAST_LIKELY: f32 = 0.013;
/// Pieces with fewer pixels are no vessels.
const SMALLEST_PIECE: usize = 70;
/// Pixels around the working picture in which lines may end.
const MARGIN: usize = 20;

/// Vessels of the working picture.
pub(super) struct Vessels {
    pub mask: Vec<bool>,
    /// Response of the line detector: contrast to the darker of both sides, as a share of the local brightness.
    pub strength: Plane,
    /// Index of the direction along the vessel, of [`DIRECTIONS`].
    pub direction: Vec<u8>,
    /// The response at which a place is surely a vessel.
    pub sure: f32,
}

/// The unit vector along a direction.
pub(super) fn along(direction: usize) -> [f32; 2] {
    let angle = direction as f32 * std::f32::consts::PI / DIRECTIONS as f32;
    [angle.cos(), angle.sin()]
}

impl Vessels {
    /// `contrast`: how much brighter a pixel is than its surroundings, as a share of their brightness.
    pub fn find(contrast: &Plane, visible: &Visible) -> Self {
        let side = contrast.side;
        let mut strength = Plane::filled(side, 0.0);
        let mut direction = vec![0_u8; side * side];
        for (length, distance, blur) in SCALES {
            let smooth = if blur > 0 {
                contrast.boxed(blur, 2)
            } else {
                contrast.clone()
            };
            respond(
                &Padded::new(&smooth),
                length,
                distance,
                &mut strength,
                &mut direction,
            );
        }
        for (value, weight) in strength.values.iter_mut().zip(&visible.weights.values) {
            *value *= weight;
        }
        // Most of the retina is no vessel, so the median is a measure of noise and texture.
        let usual = quantile(&visible.sorted(&strength), 0.5);
        let sure = (SURE * usual).max(LEAST_SURE);
        let likely = (LIKELY * usual).max(LEAST_LIKELY);
        let mask = connected(&strength, sure, likely);
        Self {
            mask,
            strength,
            direction,
            sure,
        }
    }
}

/// A plane with a margin of zeros, so that shifted rows can be added without asking for the frame.
struct Padded {
    side: usize,
    values: Vec<f32>,
}

impl Padded {
    fn new(plane: &Plane) -> Self {
        let side = plane.side + 2 * MARGIN;
        let mut values = vec![0.0_f32; side * side];
        for (row, line) in plane.values.chunks_exact(plane.side).enumerate() {
            values[(row + MARGIN) * side + MARGIN..][..plane.side].copy_from_slice(line);
        }
        Self { side, values }
    }

    /// Where in the buffer one gets by a step.
    fn offset(&self, [x, y]: [f32; 2]) -> isize {
        y.round() as isize * self.side as isize + x.round() as isize
    }
}

/// Raises `strength`, and sets `direction`, where a line of this length and width answers more strongly.
fn respond(plane: &Padded, length: i32, distance: f32, strength: &mut Plane, direction: &mut [u8]) {
    let side = strength.side;
    let first = MARGIN * plane.side;
    let count = plane.values.len() - 2 * first;
    let mut means = vec![0.0_f32; plane.values.len()];
    for index in 0..DIRECTIONS {
        let [dx, dy] = along(index);
        means.fill(0.0);
        let share = 1.0 / length as f32;
        for step in -(length / 2)..=length / 2 {
            let offset = plane.offset([dx * step as f32, dy * step as f32]);
            let shifted = &plane.values[first.saturating_add_signed(offset)..][..count];
            let sums = &mut means[first..][..count];
            sums.iter_mut()
                .zip(shifted)
                .for_each(|(sum, value)| *sum += value * share);
        }
        let beside = plane.offset([-dy * distance, dx * distance]);
        for row in 0..side {
            let start = (row + MARGIN) * plane.side + MARGIN;
            let middle = &means[start..][..side];
            let one = &means[start.saturating_add_signed(beside)..][..side];
            let other = &means[start.saturating_add_signed(-beside)..][..side];
            let out = &mut strength.values[row * side..][..side];
            let directions = &mut direction[row * side..][..side];
            for at in 0..side {
                let response = one[at].min(other[at]) - middle[at];
                if response > out[at] {
                    out[at] = response;
                    directions[at] = index as u8;
                }
            }
        }
    }
}

/// The places of at least `likely` that hang together with one of at least `sure`, without small pieces.
fn connected(strength: &Plane, sure: f32, likely: f32) -> Vec<bool> {
    let side = strength.side;
    let mut mask = vec![false; side * side];
    let mut piece = Vec::new();
    for start in 0..mask.len() {
        if mask[start] || strength.values[start] < sure {
            continue;
        }
        piece.clear();
        piece.push(start);
        mask[start] = true;
        let mut next = 0;
        while let Some(&at) = piece.get(next) {
            next += 1;
            let [x, y] = [at % side, at / side];
            for row in y.saturating_sub(1)..(y + 2).min(side) {
                for column in x.saturating_sub(1)..(x + 2).min(side) {
                    let neighbour = row * side + column;
                    if !mask[neighbour] && strength.values[neighbour] >= likely {
                        mask[neighbour] = true;
                        piece.push(neighbour);
                    }
                }
            }
        }
        if piece.len() < SMALLEST_PIECE {
            piece.iter().for_each(|&at| mask[at] = false);
        }
    }
    mask
}
