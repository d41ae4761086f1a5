//! Light: how bright, how it falls off towards the rim and to one side, and how it ends there.

use super::statistics::{Moments, logarithm, mean};
use super::view::{SIDE, SmallView, length, position};

pub(super) const NAMES: [&str; 11] = [
    "brightness",
    "variation of brightness",
    "skewness of brightness",
    "share of black",
    "share of white",
    "middle over rim",
    "brightness explained by the radius",
    "one-sidedness",
    "two-sidedness",
    "step at the rim",
    "coverage",
];

const RINGS: usize = 12;

pub(super) fn measure(view: &SmallView) -> [f32; NAMES.len()] {
    let light = &view.brightness;
    let moments = Moments::of(view.values(light));
    let ring = |from: f32, to: f32| {
        let places = view.places.iter();
        mean(
            places
                .filter(|&&at| (from..to).contains(&view.radii[at]))
                .map(|&at| light.values[at]),
        )
    };
    let [one_sided, two_sided] = harmonics(view);
    let rim = rim_brightness(view, 0.95, 0.985);
    [
        moments.mean,
        moments.deviation / (moments.mean + 0.02),
        moments.skewness.clamp(-5.0, 5.0),
        view.share(|at| light.values[at] < 0.06),
        view.share(|at| light.values[at] > 0.93),
        logarithm(ring(0.0, 0.35), 0.02) - logarithm(ring(0.75, 0.92), 0.02),
        explained_by_radius(view, &moments),
        one_sided / (moments.mean + 0.02),
        two_sided / (moments.mean + 0.02),
        logarithm(rim, 0.02) - logarithm(ring(0.85, 0.92), 0.02),
        view.places.len() as f32 / (SIDE * SIDE) as f32,
    ]
}

/// The share of the variance that is gone when each ring has its mean.
fn explained_by_radius(view: &SmallView, moments: &Moments) -> f32 {
    let (mut sums, mut counts) = ([0.0_f32; RINGS], [0.0_f32; RINGS]);
    for &at in &view.places {
        let ring = ((view.radii[at] * RINGS as f32) as usize).min(RINGS - 1);
        sums[ring] += view.brightness.values[at];
        counts[ring] += 1.0;
    }
    let between: f32 = (sums.iter().zip(&counts))
        .map(|(sum, count)| count * (sum / count.max(1.0) - moments.mean).powi(2))
        .sum();
    let whole = moments.deviation.powi(2) * view.places.len() as f32;
    (between / whole.max(1e-3)).min(1.0)
}

/// How strongly brightness goes once, and twice, up and down around the middle.
fn harmonics(view: &SmallView) -> [f32; 2] {
    let mut sums = [0.0_f32; 4];
    for &at in &view.places {
        let [x, y] = position(at);
        let off = view.radii[at].max(1e-3);
        let [cosine, sine] = [x / off, y / off];
        let value = view.brightness.values[at];
        sums[0] += value * cosine;
        sums[1] += value * sine;
        sums[2] += value * (cosine * cosine - sine * sine);
        sums[3] += value * 2.0 * sine * cosine;
    }
    let count = view.places.len().max(1) as f32;
    [[sums[0], sums[1]], [sums[2], sums[3]]].map(|sums| length(sums) / count)
}

/// The mean between two radii near the rim, where nothing counts as visible: of all that is not black.
fn rim_brightness(view: &SmallView, from: f32, to: f32) -> f32 {
    let places = (0..SIDE * SIDE).filter(|&at| (from..to).contains(&view.radii[at]));
    mean(
        places
            .map(|at| view.brightness.values[at])
            .filter(|&value| value > 0.02),
    )
}
