//! Maps against masks of lesions.

use serde::{Deserialize, Serialize};

use crate::map::{Map, positive};

/// Where lesions are, and where there is anything to see.
#[derive(Clone, Debug, PartialEq)]
pub struct LesionMask {
    /// Width and height.
    pub side: usize,
    /// Whether a pixel shows a lesion, `[side, side]`.
    pub lesion: Vec<bool>,
    /// Whether a pixel shows retina, `[side, side]`; others do not count.
    pub retina: Vec<bool>,
}

/// How well a map points at lesions. Only evidence for the target counts: what is negative or not finite is zero.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Localization {
    /// Pointing game (Zhang et al. 2016, arXiv:1608.00507): 1 where the greatest evidence lies on a lesion or within
    /// [`POINTING_TOLERANCE`] of one, else 0.
    pub pointing_game: f64,
    /// Relevance mass accuracy (Arras et al. 2022, arXiv:2003.07258): share of the evidence that lies on lesions, 0 to 1.
    pub mass_accuracy: f64,
    /// Relevance rank accuracy (Arras et al. 2022): of the `k` places with most evidence, the share on lesions, where `k` is
    /// the number of places with lesions, 0 to 1.
    pub rank_accuracy: f64,
    /// Intersection over union of the lesions and the twentieth of the retina with most evidence, 0 to 1.
    pub top_intersection: f64,
    /// Area under the curve with which evidence tells lesions from other places, 0 to 1; 0.5 for no evidence at all.
    pub area_under_curve: f64,
}

/// How far beside a lesion still points at it, as a share of the side: half of the original game's fifteen pixels in 500, for
/// lesions are smaller than cats and dogs.
pub const POINTING_TOLERANCE: f64 = 0.015;

/// Share of the retina that [`Localization::top_intersection`] takes.
const TOP_SHARE: f64 = 0.05;

/// Compares a map with a mask; `None` where there is no lesion, or nothing else, or the sizes differ.
pub fn localization(map: &Map, mask: &LesionMask) -> Option<Localization> {
    let places = mask.side * mask.side;
    if [map.values.len(), mask.lesion.len(), mask.retina.len()] != [places; 3] {
        return None;
    }
    let mut seen: Vec<(f64, bool, usize)> = (0..places)
        .filter(|&place| mask.retina[place])
        .map(|place| (positive(map.values[place]), mask.lesion[place], place))
        .collect();
    let lesions = seen.iter().filter(|(_, lesion, _)| *lesion).count();
    if lesions == 0 || lesions == seen.len() {
        return None;
    }
    seen.sort_by(|one, other| other.0.total_cmp(&one.0));
    let total: f64 = seen.iter().map(|(value, ..)| value).sum();
    let on_lesions: f64 = seen
        .iter()
        .filter(|(_, lesion, _)| *lesion)
        .map(|(value, ..)| value)
        .sum();
    let top = ((seen.len() as f64 * TOP_SHARE) as usize).max(1);
    let hits = |count| expected_hits(&seen, count);
    Some(Localization {
        pointing_game: pointing(&seen, mask),
        mass_accuracy: if total > 0.0 { on_lesions / total } else { 0.0 },
        rank_accuracy: hits(lesions) / lesions as f64,
        top_intersection: hits(top) / (top as f64 + lesions as f64 - hits(top)),
        area_under_curve: area_under_curve(&seen, lesions),
    })
}

/// The share of the places with the greatest evidence that lie at a lesion; an empty map points nowhere.
fn pointing(sorted: &[(f64, bool, usize)], mask: &LesionMask) -> f64 {
    let greatest = sorted[0].0;
    if greatest <= 0.0 {
        return 0.0;
    }
    let tied: Vec<usize> = sorted
        .iter()
        .take_while(|(value, ..)| *value == greatest)
        .map(|&(.., place)| place)
        .collect();
    let hits = tied
        .iter()
        .filter(|&&place| is_near_lesion(place, mask))
        .count();
    hits as f64 / tied.len() as f64
}

fn is_near_lesion(place: usize, mask: &LesionMask) -> bool {
    let side = mask.side as isize;
    let reach = POINTING_TOLERANCE * mask.side as f64;
    let whole = reach.floor() as isize;
    let [row, column] = [place / mask.side, place % mask.side].map(|at| at as isize);
    (-whole..=whole).any(|down| {
        (-whole..=whole).any(|right| {
            let (y, x) = (row + down, column + right);
            let near = ((down * down + right * right) as f64) <= reach * reach;
            let inside = (0..side).contains(&y) && (0..side).contains(&x);
            near && inside && mask.lesion[(y * side + x) as usize]
        })
    })
}

/// How many of the first `count` places show a lesion; of equal ones at the end the share that is to be expected.
fn expected_hits(sorted: &[(f64, bool, usize)], count: usize) -> f64 {
    let last = sorted[count - 1].0;
    let above = sorted.iter().take_while(|(value, ..)| *value > last);
    let (mut certain, mut before) = (0.0, 0);
    for (_, lesion, _) in above {
        certain += f64::from(u8::from(*lesion));
        before += 1;
    }
    let tied = sorted[before..]
        .iter()
        .take_while(|(value, ..)| *value == last);
    let (tied, hits) = tied.fold((0, 0), |(tied, hits), (_, lesion, _)| {
        (tied + 1, hits + usize::from(*lesion))
    });
    certain + (count - before) as f64 * f64::from(hits as u32) / f64::from(tied.max(1) as u32)
}

/// Mann-Whitney's statistic as a share, equal values counted half.
fn area_under_curve(sorted: &[(f64, bool, usize)], lesions: usize) -> f64 {
    let others = (sorted.len() - lesions) as f64;
    let (mut wins, mut others_above) = (0.0, 0.0);
    for equal in sorted.chunk_by(|one, other| one.0 == other.0) {
        let hits = equal.iter().filter(|(_, lesion, _)| *lesion).count() as f64;
        let misses = equal.len() as f64 - hits;
        wins += hits * (others - others_above - misses + misses / 2.0);
        others_above += misses;
    }
    wins / (lesions as f64 * others)
}
