//! What is seen through a round opening of an instrument: stained tissue, moles, mucosa, eardrums.

use std::f32::consts::TAU;

use rand::{Rng, RngExt};

use super::people::SKINS;
use super::scene::{
    Cells, Color, Grain, Scene, beyond_ellipse, distance_to_line, grey, inside, lit, mix, one_of,
    turned,
};
use super::veins::{Growth, VeinMap};

/// Stained tissue: nuclei, fibres, glands, and other stains than the usual one.
pub(super) fn histology(rng: &mut impl Rng) -> Scene {
    let [nucleus, plasma, empty]: [Color; 3] = one_of(
        &[
            [[0.35, 0.2, 0.5], [0.9, 0.6, 0.75], [0.97, 0.95, 0.97]],
            [[0.3, 0.15, 0.35], [0.85, 0.4, 0.45], [0.95, 0.9, 0.88]],
            [[0.45, 0.25, 0.1], [0.85, 0.65, 0.45], [0.95, 0.93, 0.9]],
            [[0.4, 0.1, 0.1], [0.85, 0.45, 0.3], [0.95, 0.75, 0.5]],
            [[0.1, 0.25, 0.4], [0.5, 0.7, 0.8], [0.95, 0.97, 0.97]],
        ],
        rng,
    );
    let cells = Cells::random(rng);
    let scale = rng.random_range(6.0..22.0);
    let nucleus_size = rng.random_range(0.15..0.4);
    let fibres = Grain::random(3.0, 4, rng);
    let glands = Cells::random(rng);
    let gland_scale = rng.random_range(1.2..3.0);
    let gland_size = rng.random_range(0.0..0.4);
    let turn = rng.random_range(0.0..TAU);
    Scene::everywhere(move |at| {
        let stretched = turned(at, turn + 0.5 * fibres.at(at));
        let band = fibres.at([stretched[0] * 5.0, stretched[1]]);
        let mut color = mix(plasma, empty, 0.3 + 0.4 * band);
        let gland = glands.at(at.map(|value| value * gland_scale));
        color = mix(color, empty, inside(gland.distance - gland_size, 0.06));
        let around_gland = (gland.distance - gland_size).abs() < 0.2;
        let cell = cells.at(at.map(|value| value * scale));
        let crowding = if around_gland { 1.2 } else { 0.75 };
        let size = nucleus_size * crowding * (0.5 + cell.number);
        if gland.distance > gland_size {
            color = mix(
                color,
                lit(nucleus, 0.8 + 0.5 * cell.number),
                inside(cell.distance - size, 0.06),
            );
        }
        color
    })
}

/// A mole through a dermatoscope: a brown patch with a net, skin around it, hairs, bubbles.
pub(super) fn skin_lesion(rng: &mut impl Rng) -> Scene {
    let skin = mix(
        one_of(&SKINS[..4], rng),
        [0.9, 0.5, 0.4],
        rng.random_range(0.0..0.6),
    );
    let mole = [0.42, 0.24, 0.14].map(|value: f32| value * rng.random_range(0.4..1.5));
    let center = [rng.random_range(-0.4..0.4), rng.random_range(-0.4..0.4)];
    let radii = [rng.random_range(0.15..0.75), rng.random_range(0.15..0.75)];
    let outline = Grain::random(2.0, 4, rng);
    let patches = Grain::random(3.0, 5, rng);
    let net = Cells::random(rng);
    let net_scale = rng.random_range(8.0..25.0);
    let hairs: Vec<[[f32; 2]; 3]> = (0..rng.random_range(0..16))
        .map(|_| [(); 3].map(|()| [rng.random_range(-1.2..1.2), rng.random_range(-1.2..1.2)]))
        .collect();
    let hair_width = rng.random_range(0.005..0.014);
    let vessels = VeinMap::grow(Growth::Threads, 0.012, rng);
    let redness = rng.random_range(0.0..0.6);
    Scene::everywhere(move |at| {
        let texture = 0.06 * patches.at(at.map(|value| value * 2.0)) + 0.05 * outline.at(at);
        let mut color = lit(skin, 0.95 + texture);
        color = mix(color, [0.75, 0.2, 0.2], redness * vessels.at(at));
        let edge = beyond_ellipse(at, center, radii) + 0.35 * outline.at(at);
        let mesh = inside(
            net.at(at.map(|value| value * net_scale)).from_edge - 0.12,
            0.1,
        );
        let pigment = lit(mole, 0.9 + 0.6 * patches.at(at) - 0.3 * mesh);
        color = mix(color, pigment, 0.9 * inside(edge, 0.15));
        let is_hair = hairs.iter().any(|[from, bend, to]| {
            let middle = [0, 1].map(|axis| {
                0.5 * bend[axis].mul_add(0.3, 0.7 * (from[axis] + to[axis]) / 2.0)
                    + 0.25 * (from[axis] + to[axis])
            });
            distance_to_line(at, *from, middle) < hair_width
                || distance_to_line(at, middle, *to) < hair_width
        });
        if is_hair {
            color = mix(color, [0.1, 0.07, 0.05], 0.85);
        }
        color
    })
}

/// Mucosa with folds and a dark passage, or an eardrum.
pub(super) fn endoscopy(rng: &mut impl Rng) -> Scene {
    if rng.random_bool(0.65) {
        passage(rng)
    } else {
        eardrum(rng)
    }
}

fn passage(rng: &mut impl Rng) -> Scene {
    let mucosa = one_of(
        &[
            [0.9, 0.5, 0.42],
            [0.85, 0.4, 0.3],
            [0.95, 0.65, 0.5],
            [0.75, 0.3, 0.25],
        ],
        rng,
    );
    let lumen = [rng.random_range(-0.5..0.5), rng.random_range(-0.5..0.5)];
    let lumen_size = rng.random_range(0.15..0.45);
    let folds = rng.random_range(2.0..6.0);
    let fold_depth = rng.random_range(0.1..0.4);
    let bends = Grain::random(1.3, 3, rng);
    let bumps = Grain::random(9.0, 3, rng);
    let glints = Grain::random(rng.random_range(6.0..14.0), 2, rng);
    let wetness = rng.random_range(0.55..0.9);
    let growth = one_of(&[Growth::FromRim, Growth::Threads], rng);
    let vessels = VeinMap::grow(growth, 0.014, rng);
    let redness = rng.random_range(0.0..0.7);
    Scene::everywhere(move |at| {
        let off = (at[0] - lumen[0]).hypot(at[1] - lumen[1]);
        let depth = (off / (lumen_size * (1.0 + 0.5 * bends.at(at)))).max(1e-3);
        let ring = (depth.ln() * folds + 2.0 * bends.at(at)).sin();
        let light = (1.0 - (-depth * depth).exp()) * (1.0 + fold_depth * ring);
        let mut color = mix(mucosa, [0.6, 0.1, 0.1], redness * vessels.at(at));
        color = lit(color, light * (1.0 + 0.06 * bumps.at(at)));
        // Wet walls shine where they face the lamp.
        let glint = inside(wetness - glints.at(at), 0.08) * light;
        mix(color, grey(1.0), glint)
    })
}

fn eardrum(rng: &mut impl Rng) -> Scene {
    let drum = one_of(
        &[
            [0.85, 0.75, 0.65],
            [0.8, 0.6, 0.5],
            [0.9, 0.5, 0.4],
            [0.75, 0.65, 0.5],
        ],
        rng,
    );
    let canal = [0.8, 0.45, 0.35].map(|value: f32| value * rng.random_range(0.6..1.1));
    let center = [rng.random_range(-0.2..0.2), rng.random_range(-0.2..0.2)];
    let radii = [rng.random_range(0.6..0.95), rng.random_range(0.6..0.95)];
    let turn = rng.random_range(0.0..TAU);
    let haze = Grain::random(2.0, 4, rng);
    let vessels = VeinMap::grow(Growth::FromRim, 0.012, rng);
    let redness = rng.random_range(0.0..0.8);
    Scene::everywhere(move |at| {
        let edge = beyond_ellipse(at, center, radii);
        let wall = lit(canal, 0.9 + 0.3 * haze.at(at) - 0.4 * (edge - 0.3).max(0.0));
        let membrane = lit(drum, 0.85 + 0.15 * haze.at([at[1], at[0]]));
        let mut color = mix(wall, membrane, inside(edge, 0.06));
        color = mix(color, [0.65, 0.12, 0.1], redness * vessels.at(at));
        let away = turned([at[0] - center[0], at[1] - center[1]], turn);
        // The handle of the hammer, and the cone of light below its tip.
        let handle = distance_to_line(away, [0.0, -0.5], [0.02, 0.02]);
        color = mix(
            color,
            [0.95, 0.88, 0.75],
            0.8 * inside(handle - 0.045, 0.03),
        );
        let cone = away[1] > 0.03 && away[0].abs() < 0.3 * away[1] && away[1] < 0.45;
        if cone {
            color = mix(color, grey(1.0), 0.7);
        }
        color
    })
}
