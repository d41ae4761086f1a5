//! Chest X-rays, ultrasound, and cross-sections by optical coherence tomography.

use rand::{Rng, RngExt};

use super::scene::{Color, Grain, Scene, beyond_ellipse, grey, inside, lit, mix, retinal_color};

/// An X-ray of the chest: lungs dark, ribs, heart and spine bright.
pub(super) fn chest_radiograph(rng: &mut impl Rng) -> Scene {
    let size = rng.random_range(0.7..1.1);
    let ribs = rng.random_range(6.0..11.0);
    let rib_strength = rng.random_range(0.05..0.2);
    let heart = [rng.random_range(0.1..0.25), rng.random_range(0.25..0.45)];
    let tissue = Grain::random(3.0, 5, rng);
    let lung_height = rng.random_range(0.6..0.85);
    let is_inverted = rng.random_bool(0.15);
    let tint: Color = if rng.random_bool(0.3) {
        [0.85, 0.95, 1.0]
    } else {
        grey(1.0)
    };
    Scene::everywhere(move |[x, y]| {
        let at = [x / size, y / size];
        let side = at[0].abs();
        let mut value = 0.62 + 0.05 * tissue.at(at);
        value -= 0.5 * inside(0.95 - side - 0.1 * at[1], 0.1);
        let lung = beyond_ellipse([side, at[1]], [0.42, -0.05], [0.3, lung_height]);
        let markings = 0.08 * tissue.at([at[0] * 3.0, at[1] * 3.0]);
        value -= (0.42 - markings) * inside(lung, 0.15);
        let arc = ((at[1] - 0.6 * (side - 0.1).powi(2) + 0.25 * side) * ribs * 2.0).sin();
        value += rib_strength * inside(0.4 - arc, 0.3) * inside(side - 0.85, 0.05);
        let spine = 0.22 * inside(side - 0.08, 0.04) * (0.8 + 0.2 * (at[1] * 30.0).sin());
        let heart = 0.35 * inside(beyond_ellipse(at, heart, [0.33, 0.36]), 0.1);
        value += spine.max(heart);
        let collar = (at[1] + 0.72 - 0.25 * side).abs() - 0.03;
        value += 0.2 * inside(collar, 0.02) * inside(side - 0.75, 0.1);
        let value = value.clamp(0.0, 1.0);
        lit(tint, if is_inverted { 1.0 - value } else { value })
    })
}

/// A sector of ultrasound: speckle, dark cysts, bright walls, colour for flow.
pub(super) fn ultrasound(rng: &mut impl Rng) -> Scene {
    let opening = rng.random_range(0.4..1.2);
    let is_sector = rng.random_bool(0.6);
    let speckle = Grain::random(rng.random_range(18.0..45.0), 2, rng);
    let organs = Grain::random(rng.random_range(1.2..2.5), 3, rng);
    let cyst = [rng.random_range(-0.4..0.4), rng.random_range(-0.3..0.5)];
    let cyst_radii = [rng.random_range(0.1..0.4), rng.random_range(0.1..0.4)];
    let flow = rng.random_bool(0.35);
    let is_amber = rng.random_bool(0.3);
    Scene::everywhere(move |at| {
        let below_tip = [at[0], at[1] + 1.15];
        let depth = below_tip[0].hypot(below_tip[1]);
        let angle = below_tip[0].atan2(below_tip[1]);
        if is_sector && (angle.abs() > opening || !(0.25..2.1).contains(&depth)) {
            return grey(0.0);
        }
        let grains = speckle.at([angle * 1.4, depth]);
        let wall = (-(beyond_ellipse(at, cyst, cyst_radii) / 0.12).powi(2)).exp();
        let in_cyst = inside(beyond_ellipse(at, cyst, cyst_radii), 0.1);
        let echo = (0.38 + 0.3 * organs.at(at) + 0.45 * wall) * (1.0 - 0.85 * in_cyst);
        let value = echo.max(0.0) * (0.75 + 0.7 * grains) * (1.25 - 0.4 * depth);
        if flow && in_cyst > 0.5 && organs.at([at[1], at[0]]) > -0.2 {
            return mix(
                [0.9, 0.25, 0.1],
                [0.1, 0.25, 0.9],
                0.5 + 2.0 * organs.at(at),
            );
        }
        if is_amber {
            retinal_color(value)
        } else {
            grey(value)
        }
    })
}

/// A retina in cross-section: bright layers on dark, with the pit of the fovea.
pub(super) fn coherence_tomogram(rng: &mut impl Rng) -> Scene {
    let tilt = rng.random_range(-0.25..0.25);
    let curve = rng.random_range(-0.2..0.25);
    let pit = rng.random_range(-0.5..0.5);
    let pit_depth = rng.random_range(0.0..0.25);
    let top = rng.random_range(-0.5..0.0);
    let thickness = rng.random_range(0.35..0.7);
    let speckle = Grain::random(rng.random_range(25.0..60.0), 2, rng);
    let choroid = Grain::random(5.0, 3, rng);
    let coloring = rng.random_range(0..4);
    let layers: Vec<f32> = (0..9).map(|_| rng.random_range(0.15..0.9)).collect();
    let fluid = [pit, top + 0.55 * thickness];
    let fluid_radii = [rng.random_range(0.0..0.25f32).max(0.01), 0.09];
    Scene::everywhere(move |[x, y]| {
        let ground = tilt * x + curve * x * x;
        let dip = pit_depth * (-((x - pit) / 0.2).powi(2)).exp();
        let upper = top + ground + dip;
        let lower = top + ground + thickness;
        let share = (y - upper) / (lower - upper).max(0.05);
        let reflection = if share < 0.0 {
            0.06
        } else if share < 1.0 {
            layers[(share * 8.99) as usize]
        } else {
            (0.55 + 0.3 * choroid.at([x, y])) * (-(y - lower) * 2.5).exp()
        };
        let dry = 1.0 - 0.85 * inside(beyond_ellipse([x, y], fluid, fluid_radii), 0.1);
        let value = (reflection * dry * (0.85 + 0.5 * speckle.at([x, 2.0 * y]))).clamp(0.0, 1.0);
        match coloring {
            0 => retinal_color(value),
            // From blue over green to red.
            1 => [
                2.0 * value - 0.7,
                1.0 - (2.0 * value - 1.0).abs(),
                0.9 - 1.6 * value,
            ],
            2 => grey(1.0 - value),
            _ => grey(value),
        }
    })
}
