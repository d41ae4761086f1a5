//! Whether the network's answer depends on the places that a map names.
//!
//! Everything is measured on what is explained, the members' mean answer to a [`Target`](crate::Target).

use grader::Member;
use serde::{Deserialize, Serialize};

use crate::draws::{self, Purpose};
use crate::map::Map;
use crate::question::Question;

/// How the answer follows when places are shown or hidden in the map's order.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Faithfulness {
    /// Mean answer while the places are shown on the baseline, greatest evidence first (Petsiuk et al. 2018,
    /// arXiv:1806.07421), above the baseline's answer and as a share of how far the picture's is from it: more is better.
    pub insertion: f64,
    /// Mean answer while they are hidden in that order, on the same scale: less is better.
    pub deletion: f64,
    /// ROAD (Rong et al. 2022, arXiv:2202.00449): how much more is lost by removing the tenth, fifth, three and four tenths
    /// with most evidence than by removing those with least, when what is removed is filled in from its surroundings; more is
    /// better.
    pub road: f64,
}

/// Answers for picture and baseline that differ by less than this count as so far apart.
const SMALLEST_DIFFERENCE: f64 = 0.1;

/// Steps of insertion and deletion.
const STEPS: usize = 20;

/// Shares of the places that ROAD removes.
const REMOVED: [f64; 4] = [0.1, 0.2, 0.3, 0.4];

/// Rounds of filling in: as many as it takes to bridge the greatest gaps roughly.
const FILLING_ROUNDS: usize = 200;

/// Standard deviation of the noise on what was filled in, so that it is not told by its smoothness.
const FILLING_NOISE: f64 = 0.01;

/// The members' mean answer to each of `count` pictures.
fn answers(
    members: &[Member],
    question: &Question<'_>,
    count: usize,
    picture: impl Fn(usize) -> Vec<f32>,
) -> Vec<f64> {
    let mut mean = vec![0.0; count];
    for member in members {
        let scores = question.scores(member, count, &picture);
        let pairs = mean.iter_mut().zip(scores);
        pairs.for_each(|(sum, score)| *sum += score / members.len() as f64);
    }
    mean
}

/// Measures a map; places outside the retina stay as they are.
pub(crate) fn faithfulness(
    members: &[Member],
    question: &Question<'_>,
    map: &Map,
    retina: &[bool],
    seed: u64,
) -> Faithfulness {
    let order = order(map, retina, seed);
    let mixed = |shown: &[usize], from: &[f32], onto: &[f32]| {
        let mut picture = onto.to_vec();
        let places = map.values.len();
        for &place in shown {
            for channel in 0..3 {
                picture[channel * places + place] = from[channel * places + place];
            }
        }
        picture
    };
    let part = |step: usize| &order[..order.len() * step / STEPS];
    let inserted = answers(members, question, STEPS + 1, |step| {
        mixed(part(step), question.picture, question.baseline)
    });
    let deleted = answers(members, question, STEPS + 1, |step| {
        mixed(part(step), question.baseline, question.picture)
    });
    // The answers with nothing and with everything shown are the ends of both.
    let (none, all) = (inserted[0], deleted[0]);
    let share = |scores: &[f64]| {
        let mean = area(scores);
        (mean - none) / (all - none).abs().max(SMALLEST_DIFFERENCE)
    };
    Faithfulness {
        insertion: share(&inserted),
        deletion: share(&deleted),
        road: road(members, question, &order, seed),
    }
}

/// The mean under the curve, by trapezoids.
fn area(scores: &[f64]) -> f64 {
    let pairs = scores.windows(2).map(|pair| (pair[0] + pair[1]) / 2.0);
    pairs.sum::<f64>() / (scores.len() - 1) as f64
}

/// Places on the retina, greatest evidence first; equal ones in random order.
fn order(map: &Map, retina: &[bool], seed: u64) -> Vec<usize> {
    let mut draws = draws::generator(seed, 0, 0, Purpose::Places);
    let mut keyed: Vec<(f32, f64, usize)> = (0..map.values.len())
        .filter(|&place| retina[place])
        .map(|place| {
            let value = map.values[place];
            let value = if value.is_finite() { value } else { 0.0 };
            (value, draws::unit(&mut draws), place)
        })
        .collect();
    keyed.sort_by(|one, other| other.0.total_cmp(&one.0).then(one.1.total_cmp(&other.1)));
    keyed.into_iter().map(|(.., place)| place).collect()
}

fn road(members: &[Member], question: &Question<'_>, order: &[usize], seed: u64) -> f64 {
    let removed = |index: usize| {
        let count = (order.len() as f64 * REMOVED[index / 2]) as usize;
        let places = match index % 2 {
            0 => &order[..count],
            _ => &order[order.len() - count..],
        };
        filled_in(question.picture, question.side, places, seed)
    };
    let scores = answers(members, question, 2 * REMOVED.len(), removed);
    let gains = scores.chunks_exact(2).map(|pair| pair[1] - pair[0]);
    gains.sum::<f64>() / REMOVED.len() as f64
}

/// The picture with places filled in from around: each is the mean of its eight neighbours, direct ones twice, by
/// relaxation, with a little noise.
fn filled_in(picture: &[f32], side: usize, places: &[usize], seed: u64) -> Vec<f32> {
    const NEIGHBOURS: [(isize, isize, f32); 8] = [
        (-1, 0, 2.0),
        (1, 0, 2.0),
        (0, -1, 2.0),
        (0, 1, 2.0),
        (-1, -1, 1.0),
        (-1, 1, 1.0),
        (1, -1, 1.0),
        (1, 1, 1.0),
    ];
    let mut ordered = places.to_vec();
    ordered.sort_unstable();
    let mut filled = picture.to_vec();
    let mut draws = draws::generator(seed, 0, 1, Purpose::Noise);
    for plane in filled.chunks_exact_mut(side * side) {
        let known = known_mean(plane, &ordered);
        ordered.iter().for_each(|&place| plane[place] = known);
        for round in 0..FILLING_ROUNDS {
            let mut relax = |place: usize| {
                let (row, column) = ((place / side) as isize, (place % side) as isize);
                let (mut sum, mut weights) = (0.0, 0.0);
                for (down, right, weight) in NEIGHBOURS {
                    let (y, x) = (row + down, column + right);
                    if (0..side as isize).contains(&y) && (0..side as isize).contains(&x) {
                        sum += weight * plane[y as usize * side + x as usize];
                        weights += weight;
                    }
                }
                plane[place] = sum / weights;
            };
            // Forwards and backwards in turn, so that the surroundings reach in from all sides.
            match round % 2 {
                0 => ordered.iter().for_each(|&place| relax(place)),
                _ => ordered.iter().rev().for_each(|&place| relax(place)),
            }
        }
        for &place in &ordered {
            plane[place] += (FILLING_NOISE * draws::normal(&mut draws)) as f32;
        }
    }
    filled
}

/// The mean of the places that are not filled in.
fn known_mean(plane: &[f32], filled: &[usize]) -> f32 {
    let all: f64 = plane.iter().map(|&value| f64::from(value)).sum();
    let unknown: f64 = filled.iter().map(|&place| f64::from(plane[place])).sum();
    ((all - unknown) / (plane.len() - filled.len()).max(1) as f64) as f32
}

/// What the answer loses when windows of the picture are replaced by the baseline: the same for every map.
#[derive(Clone, Debug, PartialEq)]
pub struct WindowLosses {
    /// Side of the picture, and of a window.
    sides: [usize; 2],
    /// Top and left of each window, and the loss.
    losses: Vec<([usize; 2], f64)>,
}

/// Windows of [`WindowLosses`].
const WINDOWS: usize = 48;

pub(crate) fn window_losses(
    members: &[Member],
    question: &Question<'_>,
    seed: u64,
) -> WindowLosses {
    let side = question.side;
    let window = (side / 10).max(2);
    let corner = |index: usize| {
        let mut draws = draws::generator(seed, 0, index, Purpose::Masks);
        [(); 2].map(|()| (draws::unit(&mut draws) * (side - window) as f64) as usize)
    };
    let changed = |index: usize| match index.checked_sub(1) {
        None => question.picture.to_vec(),
        Some(index) => {
            let [top, left] = corner(index);
            let mut picture = question.picture.to_vec();
            for row in
                (0..3).flat_map(|channel| (top..top + window).map(move |y| channel * side + y))
            {
                let covered = row * side + left..row * side + left + window;
                picture[covered.clone()].copy_from_slice(&question.baseline[covered]);
            }
            picture
        }
    };
    let scores = answers(members, question, WINDOWS + 1, changed);
    let of_windows = scores[1..].iter().enumerate();
    WindowLosses {
        sides: [side, window],
        losses: of_windows
            .map(|(index, score)| (corner(index), scores[0] - score))
            .collect(),
    }
}

impl WindowLosses {
    /// Infidelity (Yeh et al. 2019, arXiv:1901.09392) of a map `[side, side]`, as a share of what the changes do: the loss of
    /// the answer is predicted by the evidence in each window, scaled as suits it best. 0 is perfect, 1 no better than to
    /// predict nothing.
    pub fn infidelity(&self, map: &Map) -> f64 {
        let [side, window] = self.sides;
        let (mut product, mut predicted, mut lost) = (0.0, 0.0, 0.0);
        for &([top, left], loss) in &self.losses {
            let rows = (top..top + window).map(|y| &map.values[y * side + left..][..window]);
            let evidence: f64 = rows.flatten().map(|&value| f64::from(value)).sum();
            product += evidence * loss;
            predicted += evidence * evidence;
            lost += loss * loss;
        }
        let explained = if predicted > 0.0 {
            product.max(0.0).powi(2) / predicted
        } else {
            0.0
        };
        1.0 - explained / lost.max(f64::MIN_POSITIVE)
    }
}
