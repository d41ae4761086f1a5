//! Faces, irises and eyes from outside.

use std::f32::consts::TAU;

use rand::{Rng, RngExt};

use super::scene::{
    Color, Grain, Scene, any_color, beyond_ellipse, grey, inside, lit, mix, one_of, warm_color,
};
use super::veins::{Growth, VeinMap};

/// Colours of skin, each channel 0..1.
pub(super) const SKINS: [Color; 5] = [
    [0.96, 0.80, 0.69],
    [0.87, 0.67, 0.53],
    [0.76, 0.54, 0.40],
    [0.55, 0.36, 0.25],
    [0.36, 0.23, 0.16],
];

/// Colours of irises.
const IRISES: [Color; 6] = [
    [0.35, 0.20, 0.10],
    [0.55, 0.33, 0.14],
    [0.70, 0.42, 0.16],
    [0.40, 0.52, 0.60],
    [0.35, 0.48, 0.35],
    [0.60, 0.55, 0.35],
];

/// A face before a plain background.
pub(super) fn face(rng: &mut impl Rng) -> Scene {
    let skin = one_of(&SKINS, rng).map(|value| value * rng.random_range(0.9..1.08));
    let hair = one_of(
        &[
            [0.1, 0.08, 0.07],
            [0.35, 0.2, 0.1],
            [0.75, 0.6, 0.35],
            [0.6, 0.25, 0.1],
            [0.7, 0.7, 0.7],
        ],
        rng,
    );
    let ground = if rng.random() {
        any_color(rng)
    } else {
        grey(rng.random_range(0.0..1.0))
    };
    let clothes = any_color(rng);
    let iris = one_of(&IRISES, rng);
    let size = rng.random_range(0.55..1.1);
    let width = rng.random_range(0.62..0.8);
    let light = rng.random_range(-0.4..0.4);
    let shade = Grain::random(2.0, 4, rng);
    let strands = Grain::random(6.0, 3, rng);
    let smile = rng.random_range(-0.2..0.3);
    Scene::everywhere(move |[x, y]| {
        let at = [x / size, y / size];
        let mut color = ground;
        let shoulders = beyond_ellipse(at, [0.0, 1.7], [1.1, 0.8]);
        color = mix(color, clothes, inside(shoulders, 0.02));
        let back_of_hair = beyond_ellipse(at, [0.0, -0.12], [width * 1.15, 1.0]);
        let tuft = lit(hair, 1.0 + 0.4 * strands.at([at[0] * 3.0, at[1]]));
        color = mix(color, tuft, inside(back_of_hair, 0.03));
        let face = beyond_ellipse(at, [0.0, 0.08], [width, 0.86]);
        let flesh = lit(skin, 0.95 + light * at[0] + 0.08 * shade.at(at));
        let cheek = (-(((at[0].abs() - 0.4) / 0.2).powi(2) + ((at[1] - 0.3) / 0.2).powi(2))).exp();
        let flesh = mix(flesh, [0.8, 0.35, 0.3], 0.25 * cheek);
        color = mix(color, flesh, inside(face, 0.02));
        let mirrored = [at[0].abs(), at[1]];
        let fringe = beyond_ellipse(at, [0.1, -0.75], [width, 0.35]);
        color = mix(color, tuft, inside(fringe, 0.05));
        let brow = beyond_ellipse(mirrored, [0.28, -0.22], [0.17, 0.03]);
        color = mix(color, hair, inside(brow, 0.3));
        let eye = beyond_ellipse(mirrored, [0.28, -0.08], [0.13, 0.07]);
        color = mix(color, grey(0.93), inside(eye, 0.1));
        if eye < 0.0 {
            let from_pupil = (mirrored[0] - 0.28).hypot(at[1] + 0.08);
            color = mix(color, iris, inside(from_pupil - 0.065, 0.008));
            color = mix(color, grey(0.05), inside(from_pupil - 0.03, 0.008));
        }
        let nose = (-((at[0] - 0.06) / 0.05).powi(2) - ((at[1] - 0.15) / 0.16).powi(2)).exp();
        color = lit(color, 1.0 - 0.2 * nose);
        let bend = smile * at[0] * at[0] * 4.0;
        let mouth = beyond_ellipse([at[0], at[1] + bend], [0.0, 0.5], [0.24, 0.07]);
        mix(color, [0.7, 0.27, 0.26], 0.8 * inside(mouth, 0.1))
    })
}

/// How an iris looks: fibres that run outwards, a pupil, a dark limbus.
struct IrisLook {
    color: Color,
    inner: Color,
    pupil: f32,
    pupil_color: Color,
    fibres: Grain,
    fibre_count: f32,
    contrast: f32,
    reflex: [f32; 2],
    reflex_size: f32,
}

impl IrisLook {
    fn random(rng: &mut impl Rng) -> Self {
        let color = one_of(&IRISES, rng).map(|value| value * rng.random_range(0.8..1.3));
        Self {
            color,
            inner: mix(color, warm_color(rng), rng.random_range(0.0..0.7)),
            pupil: rng.random_range(0.15..0.55),
            // Light that comes back through the pupil makes it red.
            pupil_color: if rng.random_bool(0.15) {
                [0.85, 0.3, 0.12]
            } else {
                grey(rng.random_range(0.01..0.08))
            },
            fibres: Grain::random(1.0, 4, rng),
            fibre_count: rng.random_range(8.0..22.0),
            contrast: rng.random_range(0.2..0.9),
            reflex: [rng.random_range(-0.3..0.3), rng.random_range(-0.3..0.3)],
            reflex_size: rng.random_range(0.02..0.15),
        }
    }

    /// The colour at a point of a circle of radius 1.
    fn at(&self, at: [f32; 2]) -> Color {
        let (off, angle) = (at[0].hypot(at[1]), at[1].atan2(at[0]));
        // On a circle of its own, so that the fibres close.
        let around = [
            self.fibre_count * angle.cos(),
            self.fibre_count * angle.sin() + 3.0 * off,
        ];
        let fibre = self.fibres.at(around);
        let ground = mix(
            self.inner,
            self.color,
            (off - self.pupil) / (1.0 - self.pupil) * 2.0,
        );
        let limbus = 1.0 - 0.7 * ((off - 0.85) / 0.15).clamp(0.0, 1.0);
        let mut color = lit(ground, (1.0 + self.contrast * fibre) * limbus);
        color = mix(color, self.pupil_color, inside(off - self.pupil, 0.02));
        let from_reflex = (at[0] - self.reflex[0]).hypot(at[1] - self.reflex[1]);
        mix(
            color,
            grey(1.0),
            inside(from_reflex - self.reflex_size, 0.02),
        )
    }
}

/// An iris that fills the circle, or nearly, with some white around it.
pub(super) fn iris(rng: &mut impl Rng) -> Scene {
    let look = IrisLook::random(rng);
    let is_object = rng.random_bool(0.5);
    let size = if is_object {
        1.0
    } else {
        rng.random_range(0.5..1.1)
    };
    let white = mix([0.9, 0.87, 0.84], SKINS[0], rng.random_range(0.0..0.6));
    let vessels = VeinMap::grow(Growth::FromRim, 0.01, rng);
    let redness = rng.random_range(0.0..0.9);
    let shadow = Grain::random(1.0, 3, rng);
    let color = move |at: [f32; 2]| {
        let off = at[0].hypot(at[1]) / size;
        let sclera = mix(white, [0.75, 0.2, 0.18], redness * vessels.at(at));
        let shaded = lit(sclera, 0.9 + 0.15 * shadow.at(at));
        mix(
            shaded,
            look.at([at[0] / size, at[1] / size]),
            inside(off - 1.0, 0.04),
        )
    };
    if is_object {
        Scene::object(move |at| (at[0].hypot(at[1]) <= 1.0).then(|| color(at)))
    } else {
        Scene::everywhere(color)
    }
}

/// An eye from outside.
pub(super) fn outer_eye(rng: &mut impl Rng) -> Scene {
    let look = IrisLook::random(rng);
    let skin = one_of(&SKINS, rng);
    let openness = rng.random_range(0.3..0.75);
    let half_width = rng.random_range(0.8..1.4);
    let size = rng.random_range(0.3..0.62);
    let gaze = [rng.random_range(-0.35..0.35), rng.random_range(-0.1..0.15)];
    let vessels = VeinMap::grow(Growth::FromRim, 0.009, rng);
    let redness = rng.random_range(0.0..1.0);
    let wrinkles = Grain::random(3.0, 4, rng);
    let lashes = rng.random_range(25.0..60.0);
    let turn = rng.random_range(0.0..TAU);
    Scene::everywhere(move |at| {
        let span = 1.0 - (at[0] / half_width).powi(2);
        let upper = -openness * span;
        let lower = 0.7 * openness * span;
        let from_lid = (upper - at[1]).max(at[1] - lower);
        let fold = (-((at[1] - upper + 0.18) / 0.04).powi(2)).exp();
        let lid = lit(skin, 0.95 + 0.12 * wrinkles.at(at) - 0.25 * fold);
        let pink = mix(lid, [0.85, 0.45, 0.42], 0.7 * inside(from_lid - 0.04, 0.03));
        let eyeball = {
            let sclera = mix(
                [0.93, 0.9, 0.88],
                [0.8, 0.2, 0.18],
                redness * vessels.at(at),
            );
            let away = [(at[0] - gaze[0]) / size, (at[1] - gaze[1]) / size];
            let off = away[0].hypot(away[1]);
            let shadow = 1.0 - 0.35 * (-((at[1] - upper) / 0.12).powi(2)).exp();
            lit(mix(sclera, look.at(away), inside(off - 1.0, 0.05)), shadow)
        };
        let color = mix(pink, eyeball, inside(from_lid, 0.012));
        let lash = (at[0] * lashes + turn + 3.0 * at[1]).sin() > 0.75;
        let is_lash = lash && at[1] < upper + 0.02 && at[1] > upper - 0.2 && span > 0.0;
        if is_lash { grey(0.07) } else { color }
    })
}
