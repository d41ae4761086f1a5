//! Prediction sets keep their promises, and agree with `tests/reference/conformal.py`.

mod golden;
mod meanings;
mod properties;
mod simulations;

use trust::{ConformalSets, Grade, PredictionSet, Probabilities};

/// What a network says of a photograph, and the truth.
type Answer = (Probabilities, Grade);

/// Sets with this threshold, as a bundle may hold them.
fn sets_at(threshold: f64) -> ConformalSets {
    serde_json::from_value(serde_json::json!({
        "method": "split", "coverage": 0.9, "threshold": threshold, "photographs": 40, "patients": 20,
    }))
    .unwrap()
}

fn ends(set: PredictionSet) -> (Grade, Grade) {
    (set.lowest(), set.highest())
}

/// Names for patients with one photograph each.
fn single_patients(count: usize) -> Vec<String> {
    (0..count).map(|index| index.to_string()).collect()
}
