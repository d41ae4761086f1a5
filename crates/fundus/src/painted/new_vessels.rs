//! New vessels: fine, tangled fans that grow from the disc or from a vessel of the arcades.

use image::{GrayImage, RgbImage};
use rand::{Rng, RngExt};
use std::f32::consts::{FRAC_PI_4, TAU};

use super::chance::log_uniform;
use super::layer::{Layer, absorbed};
use super::places::{around, distance, minus, on_arcade};
use super::retina::Retina;
use crate::drawn::noise::normal;

/// Length of one piece of a vessel, for a field of view of the reference side.
const STEP: f32 = 1.4;
/// No frond has more pieces than this.
const MOST_PIECES: usize = 900;

/// One to three fronds, at the disc or elsewhere.
pub(super) fn new_vessels(
    retina: &Retina,
    picture: &mut RgbImage,
    mask: &mut GrayImage,
    rng: &mut impl Rng,
) {
    let mut layer = Layer::new(retina);
    for _ in 0..rng.random_range(1..4) {
        let frond = if rng.random_bool(0.35) {
            Some(Frond::at_disc(retina, rng))
        } else {
            Frond::elsewhere(retina, rng)
        };
        if let Some(frond) = frond {
            frond.grow(&mut layer, retina, rng);
        }
    }
    let mut absorption = retina.blood;
    absorption[0] *= rng.random_range(0.6..1.2);
    layer.lay(retina, picture, mask, |_, color, [_, depth]| {
        absorbed(color, depth, absorption)
    });
}

/// A tangle of vessels with one root.
struct Frond {
    root: [f32; 2],
    /// Direction in which it fans out, in radians.
    heading: f32,
    /// How far it reaches, in pixels.
    extent: f32,
}

/// The tip of a vessel that grows.
#[derive(Clone, Copy)]
struct Tip {
    at: [f32; 2],
    heading: f32,
    /// Change of heading with each piece, in radians: what makes loops.
    curl: f32,
    half_width: f32,
    pieces: usize,
}

impl Frond {
    /// On the disc, reaching over its rim.
    fn at_disc(retina: &Retina, rng: &mut impl Rng) -> Self {
        let places = &retina.places;
        let angle = rng.random_range(0.0..TAU);
        let off = places.disc_radius * rng.random_range(0.0..0.8);
        Self {
            root: [
                places.disc[0] + off * angle.cos(),
                places.disc[1] + off * angle.sin(),
            ],
            heading: angle,
            extent: places.disc_radius * log_uniform(0.5, 1.6, rng),
        }
    }

    /// On a vessel, mostly of the arcades, fanning out to one side.
    fn elsewhere(retina: &Retina, rng: &mut impl Rng) -> Option<Self> {
        let root = if rng.random_bool(0.8) {
            on_arcade(retina, rng)?
        } else {
            around(retina.places.disc, [0.15, 0.6], retina, rng)?
        };
        let away = minus(root, retina.places.fovea);
        Some(Self {
            root,
            heading: away[1].atan2(away[0]) + 1.2 * normal(rng),
            extent: log_uniform(13.0, 38.0, rng) * retina.scale,
        })
    }

    fn grow(&self, layer: &mut Layer, retina: &Retina, rng: &mut impl Rng) {
        let step = STEP * retina.scale;
        let reach = (self.extent / step).max(4.0);
        let darkness = rng.random_range(0.35..0.85);
        let half_width = rng.random_range(0.3..0.6) * retina.scale;
        let trunks = rng.random_range(3..9);
        let mut tips: Vec<Tip> = (0..trunks)
            .map(|_| Tip {
                at: self.root,
                heading: self.heading + FRAC_PI_4 * normal(rng),
                curl: 0.1 * normal(rng),
                half_width,
                pieces: (reach * rng.random_range(0.7..1.8)) as usize,
            })
            .collect();
        let mut drawn = 0;
        while let Some(mut tip) = tips.pop() {
            while tip.pieces > 0 && drawn < MOST_PIECES {
                let from = tip.at;
                tip.heading += tip.curl + 0.22 * normal(rng);
                tip.curl = 0.93 * tip.curl + 0.05 * normal(rng);
                // What grows beyond the frond turns back and becomes part of the tangle.
                if distance(tip.at, self.root) > self.extent {
                    let back = minus(self.root, tip.at);
                    let turn = back[1].atan2(back[0]) - tip.heading;
                    tip.heading += 0.3 * turn.sin();
                }
                tip.at = [
                    from[0] + step * tip.heading.cos(),
                    from[1] + step * tip.heading.sin(),
                ];
                tip.half_width = (tip.half_width * 0.992).max(0.22 * retina.scale);
                // A line thinner than the blur loses depth.
                let kept = (0.8 * tip.half_width / retina.sharpness).tanh();
                let depth = (darkness / kept.max(0.2)).min(2.0);
                layer.stroke(from, tip.at, tip.half_width, depth);
                tip.pieces -= 1;
                drawn += 1;
                if rng.random_bool(0.07) {
                    tips.push(Tip {
                        heading: tip.heading + 0.8 * normal(rng),
                        curl: 0.15 * normal(rng),
                        pieces: tip.pieces / 2,
                        ..tip
                    });
                }
            }
        }
    }
}
