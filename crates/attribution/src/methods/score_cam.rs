//! Score-CAM (Wang et al. 2020, arXiv:1910.01279): a layer's channels, weighted by what the network answers when it sees
//! only what each of them shows.

use grader::{Layer, Member};

use crate::map::resize_to_corners;
use crate::question::Question;

/// The coarse map of one member, never negative, `[height, width]` of the layer.
pub(crate) fn coarse(
    member: &Member,
    question: &Question<'_>,
    layer: Layer,
) -> (Vec<f64>, [usize; 2]) {
    let activation = member.trace(question.picture, question.side).layer(layer);
    let places = activation.size[0] * activation.size[1];
    let channels: Vec<&[f32]> = activation.values.chunks_exact(places).collect();
    let masked = |channel: usize| {
        let mask = mask(channels[channel], activation.size, question.side);
        let values = question.picture.iter().zip(mask.iter().cycle());
        values.map(|(&value, &mask)| value * mask).collect()
    };
    let scores = question.scores(member, activation.channels, masked);
    // Where no channel changes the answer, none is evidence; the softmax would weigh them all alike.
    if scores.iter().all(|&score| score == scores[0]) {
        return (vec![0.0; places], activation.size);
    }
    let weights = softmax(&scores);

    let mut map = vec![0.0; places];
    for (channel, weight) in channels.iter().zip(weights) {
        let values = map.iter_mut().zip(*channel);
        values.for_each(|(sum, &value)| *sum += weight * f64::from(value));
    }
    (map, activation.size)
}

/// A channel enlarged to the picture, from 0 where it is least to 1 where it is greatest.
fn mask(channel: &[f32], size: [usize; 2], side: usize) -> Vec<f32> {
    let channel: Vec<f64> = channel.iter().map(|&value| f64::from(value)).collect();
    let enlarged = resize_to_corners(&channel, size, [side, side]);
    let least = enlarged.iter().copied().fold(f64::INFINITY, f64::min);
    let greatest = enlarged.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let scale = 1.0 / (greatest - least + 1e-8);
    let share = |value: f64| ((value - least) * scale) as f32;
    enlarged.into_iter().map(share).collect()
}

fn softmax(scores: &[f64]) -> Vec<f64> {
    let greatest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let powers: Vec<f64> = scores
        .iter()
        .map(|score| (score - greatest).exp())
        .collect();
    let sum: f64 = powers.iter().sum();
    powers.into_iter().map(|power| power / sum).collect()
}
