//! What the tests explain: a network from a formula, and a smooth picture from a formula.

use attribution::{Attribution, Method, Options, Target, explain_members};
use fundus::{NetworkInput, Normalization, Preparation, Reduction, Standardization};
use grader::{Member, ResNet18};

/// Side of the pictures.
pub const SIDE: usize = 96;

/// Colours as they are, normalised with statistics that divide exactly.
pub fn preparation() -> Preparation {
    Preparation {
        input_side: SIDE as u32,
        oversampling: 1,
        reduction: Reduction::Mean,
        standardization: Standardization::None,
        normalization: Normalization {
            mean: [0.5, 0.25, 0.125],
            std: [0.25, 0.25, 0.125],
        },
    }
}

/// The network that `tests/reference/attribution.py` explains.
pub fn network(seed: u64) -> ResNet18 {
    grader::seeded::network(seed, &grader::device("cpu").unwrap())
}

/// [`network`] as a member that computes as the program does.
pub fn member(seed: u64) -> Member {
    Member::new(&network(seed), &grader::device("cpu").unwrap())
}

/// The picture of `tests/reference/attribution.py`, normalised: a bright disc and two dark spots.
pub fn picture() -> NetworkInput {
    let preparation = preparation();
    let colours = [(0.6, 0.1), (0.4, 0.2), (0.2, 0.05)];
    let mut values = Vec::with_capacity(3 * SIDE * SIDE);
    for (channel, (bright, dark)) in colours.into_iter().enumerate() {
        let (mean, std) = (
            preparation.normalization.mean[channel],
            preparation.normalization.std[channel],
        );
        for place in 0..SIDE * SIDE {
            let [y, x] = [place / SIDE, place % SIDE].map(|at| (at as f64 + 0.5) / SIDE as f64);
            let bump = |row: f64, column: f64, radius: f64| {
                let (dy, dx) = ((y - row) / radius, (x - column) / radius);
                1.0 / (1.0 + (dy * dy + dx * dx))
            };
            let spots = bump(0.6, 0.7, 0.05) + bump(0.3, 0.6, 0.03);
            let value = bright * bump(0.5, 0.5, 0.6) + 0.3 * bump(0.45, 0.25, 0.08) - dark * spots;
            values.push((value as f32 - mean) / std);
        }
    }
    NetworkInput { side: SIDE, values }
}

/// Explains the picture with these members.
pub fn explained(
    members: &[Member],
    method: Method,
    target: Target,
    options: &Options,
) -> Attribution {
    explain_members(members, &preparation(), &picture(), method, target, options).unwrap()
}

/// `‖ours - truth‖ / ‖truth‖`.
pub fn relative_l2(ours: &[f32], truth: &[f32]) -> f64 {
    assert_eq!(ours.len(), truth.len());
    let norm = |values: &mut dyn Iterator<Item = f64>| {
        values.map(|value| value * value).sum::<f64>().sqrt()
    };
    let differences = &mut ours
        .iter()
        .zip(truth)
        .map(|(&a, &b)| f64::from(a) - f64::from(b));
    norm(differences) / norm(&mut truth.iter().map(|&value| f64::from(value)))
}
