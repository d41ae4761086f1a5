//! Which eye it is: the disc lies nasal of the fovea, and a little higher.
//!
//! The disc alone would tell the eye if every photograph were upright. Some cameras deliver upside-down pictures, in
//! which the disc lies on the other side; there the fovea lies above the disc's centre instead of below. On 229 upright
//! photographs (ODIR, UNAM) it was found 7.7 ± 4.2 degrees below (Rohrschneider, Investigative Ophthalmology & Visual
//! Science 45(9), 2004, measured 5.6 ± 3.3).

use serde::{Deserialize, Serialize};

use super::{Fovea, OpticDisc, logistic};
use crate::Laterality;

/// The eye that disc and fovea speak for. It is independent of the file's name ([`Laterality::from_file_name`]).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SeenLaterality {
    /// The eye, if the photograph is not mirrored.
    pub eye: Laterality,
    /// Whether the photograph seems to be upside down; the eye is told accordingly.
    pub upside_down: bool,
    /// How sure the eye is, `0..=1`.
    pub confidence: f32,
}

/// How far below the disc's centre the fovea lies, as a share of their distance: mean and standard deviation.
const BELOW: [f64; 2] = [0.14, 0.08];
/// Log odds that a photograph is upright before one looks: 97 of 100 are assumed to be.
const UPRIGHT: f64 = 3.5;
/// The largest log odds that the height of the fovea may add.
const OF_HEIGHT: f64 = 6.0;

impl SeenLaterality {
    /// `lead`: standard deviations by which the fovea on this side is better than the best on the other.
    pub(super) fn tell(disc: &OpticDisc, fovea: &Fovea, lead: f32) -> Option<Self> {
        let [away_x, away_y] = [
            fovea.center.x - disc.center.x,
            fovea.center.y - disc.center.y,
        ];
        if away_x.abs() <= away_y.abs() {
            return None;
        }
        // The logarithm of the ratio of two normal densities, mirror images of each other.
        let [mean, deviation] = BELOW;
        let of_height = 2.0 * mean / (deviation * deviation) * away_y / away_x.abs();
        let odds = (UPRIGHT + of_height.clamp(-OF_HEIGHT, OF_HEIGHT)) as f32;
        let upside_down = odds < 0.0;
        let disc_is_right = (away_x < 0.0) != upside_down;
        Some(Self {
            eye: if disc_is_right {
                Laterality::Right
            } else {
                Laterality::Left
            },
            upside_down,
            confidence: fovea.confidence * logistic(odds.abs()) * logistic(2.0 * lead),
        })
    }
}
