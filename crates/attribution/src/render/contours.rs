//! Lines of equal evidence: what lies below them stays visible.

use crate::blur::blurred;
use crate::map::Map;

/// Where lines run, as shares of the greatest evidence of the smoothed map.
const LEVELS: [f32; 3] = [0.25, 0.5, 0.75];

/// Standard deviation of the smoothing, as a share of the map's side: single pixels of a gradient would each have lines
/// of their own.
const SMOOTHING: f64 = 0.01;

/// Pixels of a picture's side for each pixel of a line's half width.
const SIDE_OF_A_PIXEL: usize = 400;

/// The map without what is smaller than [`SMOOTHING`]; values that are not finite count as none.
pub(super) fn smoothed(map: &Map) -> Map {
    let size = [map.height, map.width];
    let finite = map.values.iter().map(|value| match value.is_finite() {
        true => *value,
        false => 0.0,
    });
    let values: Vec<f32> = finite.collect();
    if values.len() != map.height * map.width {
        return map.clone();
    }
    let deviation = SMOOTHING * map.height.max(map.width) as f64;
    Map {
        values: match deviation > 0.5 {
            true => blurred(&values, size, deviation),
            false => values,
        },
        ..*map
    }
}

/// 1 where a line of evidence for the target runs, -1 where one of evidence against it does, and 0 elsewhere, from each
/// pixel's share of the greatest evidence; row-major.
pub(super) fn lines(shares: &[f32], width: usize, height: usize) -> Vec<f32> {
    let levels: Vec<i8> = shares.iter().map(|&share| level(share)).collect();
    let mut edges = vec![0.0; shares.len()];
    for y in 0..height {
        for x in 0..width {
            let place = y * width + x;
            let right = (x + 1 < width).then_some(place + 1);
            let below = (y + 1 < height).then_some(place + width);
            for neighbour in [right, below].into_iter().flatten() {
                let [one, other] = [levels[place], levels[neighbour]];
                if one != other {
                    let higher = if one.abs() > other.abs() { one } else { other };
                    edges[place] = f32::from(higher.signum());
                }
            }
        }
    }
    let reach = width.max(height) / SIDE_OF_A_PIXEL;
    let wide = widened(&edges, width, reach, 1);
    widened(&wide, width, reach, width)
}

/// How many lines lie between no evidence and this share, negative against the target.
fn level(share: f32) -> i8 {
    let passed = LEVELS.iter().filter(|level| share.abs() >= **level).count() as i8;
    if share < 0.0 { -passed } else { passed }
}

/// Each value that is not zero also at the places up to `reach` before and after it, `step` apart.
fn widened(edges: &[f32], width: usize, reach: usize, step: usize) -> Vec<f32> {
    let mut wide = edges.to_vec();
    for (place, &edge) in edges.iter().enumerate().filter(|(_, edge)| **edge != 0.0) {
        for distance in 1..=reach {
            let before = place.checked_sub(distance * step);
            let after = Some(place + distance * step).filter(|&after| after < edges.len());
            let is_reached =
                |&other: &usize| step > 1 || other / width.max(1) == place / width.max(1);
            for other in [before, after].into_iter().flatten().filter(is_reached) {
                if wide[other] == 0.0 {
                    wide[other] = edge;
                }
            }
        }
    }
    wide
}
