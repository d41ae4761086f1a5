//! Colours: a retina is red before green before blue, of one hue, and its channels vary together.

use super::statistics::{correlation, logarithm, mean, quantiles};
use super::view::SmallView;
use crate::landmarks::plane::Plane;

pub(super) const NAMES: [&str; 10] = [
    "red over green",
    "green over blue",
    "spread of red over green",
    "spread of green over blue",
    "share in the order red, green, blue",
    "colourfulness",
    "red detail goes with green",
    "blue detail goes with green",
    "variety of colours",
    "redder where darker",
];

/// Value that is added to a channel before the logarithm, of 1.
const LEAST: f32 = 0.03;

pub(super) fn measure(view: &SmallView) -> [f32; NAMES.len()] {
    let [red, green, blue] = &view.channels;
    let ratio = |one: f32, other: f32| logarithm(one, LEAST) - logarithm(other, LEAST);
    let red_over_green = red.combined(green, ratio);
    let green_over_blue = green.combined(blue, ratio);
    let spread = |plane: &Plane| {
        let [low, high] = quantiles(view.values(plane), [0.1, 0.9]);
        high - low
    };
    let in_order = view.share(|at| {
        let [red, green, blue] = [0, 1, 2].map(|channel| view.channels[channel].values[at]);
        red >= green - 0.01 && green >= blue - 0.01
    });
    let chroma = |at: usize| {
        let values = [0, 1, 2].map(|channel| view.channels[channel].values[at]);
        values.iter().copied().fold(0.0, f32::max) - values.iter().copied().fold(1.0, f32::min)
    };
    let detail = |channel: usize| {
        let [one, green] = [&view.contrast[channel], &view.contrast[1]];
        correlation(view.values(one).zip(view.values(green)))
    };
    [
        mean(view.values(&red_over_green)),
        mean(view.values(&green_over_blue)),
        spread(&red_over_green),
        spread(&green_over_blue),
        in_order,
        mean(view.places.iter().map(|&at| chroma(at))),
        detail(0),
        detail(2),
        variety(view),
        -correlation(
            view.values(&red_over_green)
                .zip(view.values(&view.brightness)),
        ),
    ]
}

/// The entropy of the colours in steps of a sixteenth, in nats.
fn variety(view: &SmallView) -> f32 {
    let mut counts = vec![0_u32; 16 * 16 * 16];
    for &at in &view.places {
        let steps =
            [0, 1, 2].map(|channel| ((view.channels[channel].values[at] * 16.0) as usize).min(15));
        counts[(steps[0] * 16 + steps[1]) * 16 + steps[2]] += 1;
    }
    let total = view.places.len().max(1) as f32;
    let shares = counts.iter().filter(|count| **count > 0);
    shares
        .map(|&count| {
            let share = count as f32 / total;
            -share * share.ln()
        })
        .sum()
}
