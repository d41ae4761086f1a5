//! Texture: how much detail of which size, whether it is dark on bright, drawn or grown, and which way it runs.

use super::statistics::{Moments, correlation, logarithm, mean};
use super::view::{SIDE, SmallView, position};
use crate::landmarks::plane::Plane;

pub(super) const NAMES: [&str; 19] = [
    "finest detail",
    "fine detail",
    "middle detail",
    "coarse detail",
    "coarsest detail",
    "peakedness of fine detail",
    "peakedness of middle detail",
    "peakedness of coarse detail",
    "skewness of fine detail",
    "skewness of middle detail",
    "skewness of coarse detail",
    "share without any detail",
    "share of strong edges",
    "edges across rather than down",
    "edges along the radius",
    "edges of one direction",
    "left like right",
    "upper like lower",
    "like itself upside down",
];

/// Radii of the boxes between which a band of detail lies, in pixels.
const RADII: [usize; 5] = [1, 2, 4, 8, 16];

pub(super) fn measure(view: &SmallView) -> [f32; NAMES.len()] {
    let bands = bands(view);
    let moments = [0, 1, 2, 3, 4].map(|band| Moments::of(view.values(&bands[band])));
    let level = mean(view.values(&view.brightness)) + 0.03;
    let strength = |band: usize| logarithm(moments[band].deviation / level, 1e-3);
    let peakedness = |band: usize| moments[band].kurtosis.clamp(1.0, 100.0).ln();
    let skewness = |band: usize| moments[band].skewness.clamp(-4.0, 4.0);
    let edges = Edges::of(view);
    let smooth = view.visible.mean(&view.brightness, 3, 2);
    let like = |mirrored: fn(usize, usize) -> usize| {
        let both = |&at: &usize| {
            let other = mirrored(at % SIDE, at / SIDE);
            (view.visible.sees(other)).then(|| (smooth.values[at], smooth.values[other]))
        };
        correlation(view.places.iter().filter_map(both))
    };
    const LAST: usize = SIDE - 1;
    [
        strength(0),
        strength(1),
        strength(2),
        strength(3),
        strength(4),
        peakedness(0),
        peakedness(2),
        peakedness(3),
        skewness(1),
        skewness(2),
        skewness(3),
        plain_share(view),
        edges.strong,
        edges.across,
        edges.along_radius,
        edges.of_one_direction,
        like(|x, y| y * SIDE + LAST - x),
        like(|x, y| (LAST - y) * SIDE + x),
        like(|x, y| (LAST - y) * SIDE + LAST - x),
    ]
}

/// Brightness between ever larger boxes.
fn bands(view: &SmallView) -> [Plane; 5] {
    let light = &view.brightness;
    let smoothed = RADII.map(|radius| view.visible.mean(light, radius, 2));
    [0, 1, 2, 3, 4].map(|band| {
        let finer = if band == 0 {
            light
        } else {
            &smoothed[band - 1]
        };
        finer.combined(&smoothed[band], |fine, coarse| fine - coarse)
    })
}

/// The share of places whose right and lower neighbours have the same colour to the last bit: what is drawn by a program
/// is even, what a camera saw is not.
fn plain_share(view: &SmallView) -> f32 {
    let pixels = view.picture.as_raw();
    let pixel = |at: usize| &pixels[3 * at..3 * at + 3];
    view.share(|at| {
        at + SIDE < SIDE * SIDE && pixel(at) == pixel(at + 1) && pixel(at) == pixel(at + SIDE)
    })
}

/// Difference of brightness, of 1, from which an edge is strong.
const STRONG: f32 = 0.12;

struct Edges {
    strong: f32,
    across: f32,
    along_radius: f32,
    of_one_direction: f32,
}

impl Edges {
    /// Measures brightness differences of two neighbours on either side.
    fn of(view: &SmallView) -> Self {
        let light = view.visible.mean(&view.brightness, 1, 1);
        let (mut strong, mut count) = (0.0_f32, 0.0_f32);
        let (mut xx, mut xy, mut yy, mut radial) = (0.0_f32, 0.0_f32, 0.0_f32, 0.0_f32);
        for &at in &view.places {
            let around = [at.wrapping_sub(1), at + 1, at.wrapping_sub(SIDE), at + SIDE];
            if around
                .iter()
                .any(|&other| other >= SIDE * SIDE || !view.visible.sees(other))
            {
                continue;
            }
            let [left, right, upper, lower] = around.map(|other| light.values[other]);
            let [dx, dy] = [right - left, lower - upper];
            let [x, y] = position(at);
            let off = view.radii[at].max(0.02);
            strong += f32::from(u8::from(dx * dx + dy * dy > STRONG * STRONG));
            count += 1.0;
            xx += dx * dx;
            xy += dx * dy;
            yy += dy * dy;
            radial += ((dx * x + dy * y) / off).powi(2);
        }
        let whole = (xx + yy).max(1e-6);
        Self {
            strong: strong / count.max(1.0),
            across: (xx - yy) / whole,
            along_radius: radial / whole,
            of_one_direction: (xx - yy).hypot(2.0 * xy) / whole,
        }
    }
}
