//! The weights as the source file that the program is compiled with.

use std::fmt::Write;

use fundus::Retina;

use crate::fit::Model;

const HEAD: &str = "\
//! Weights of the gate, written by `cargo run --release -p fundus --example gate -- PHOTOGRAPHS --write`.

use super::Retina;
use super::model::Weight;

";

/// The text of `src/gate/weights.rs`.
pub fn written(model: &Model, least_probability: f64) -> String {
    let measures = Retina::MEASURES;
    let mut text = HEAD.to_owned();
    let mut line = |line: String| {
        text.push_str(&line);
        text.push('\n');
    };
    line("/// The probability from which a picture counts as a retina; 0.2 % of gradable photographs of patients that were not".to_owned());
    line("/// fitted to lie below it.".to_owned());
    line(format!(
        "pub(super) const LEAST_PROBABILITY: f32 = {least_probability:.4};\n"
    ));
    line("/// Of the logarithm of the odds.".to_owned());
    line(format!(
        "pub(super) const INTERCEPT: f32 = {};\n",
        number(model.weights[2 * measures + 2])
    ));
    line("/// Of the logarithm of the distance, and of its square.".to_owned());
    line(format!(
        "pub(super) const DISTANCE: [f32; 2] = [{}, {}];\n",
        number(model.weights[2 * measures]),
        number(model.weights[2 * measures + 1])
    ));
    line("/// In the order of [`Retina::measure_names`].".to_owned());
    line("#[rustfmt::skip]".to_owned());
    line("pub(super) const WEIGHTS: [Weight; Retina::MEASURES] = [".to_owned());
    for (at, name) in Retina::measure_names().enumerate() {
        line(format!(
            "    // {name}\n    Weight {{ mean: {}, deviation: {}, linear: {}, square: {} }},",
            number(model.means[at]),
            number(model.deviations[at]),
            number(model.weights[at]),
            number(model.weights[measures + at]),
        ));
    }
    line("];\n".to_owned());
    line("/// Rows of a lower triangle: the squared length of their products with the standardised measures is the distance.".to_owned());
    line("#[rustfmt::skip]".to_owned());
    line(
        "pub(super) const WHITENING: [f32; Retina::MEASURES * (Retina::MEASURES + 1) / 2] = ["
            .to_owned(),
    );
    let numbers: Vec<String> = model
        .whitening
        .iter()
        .flatten()
        .map(|value| number(*value))
        .collect();
    for row in numbers.chunks(11) {
        line(format!("    {},", row.join(", ")));
    }
    line("];".to_owned());
    text
}

/// Four digits that count, as a literal of Rust.
fn number(value: f64) -> String {
    let digits = if value == 0.0 {
        0
    } else {
        (3 - value.abs().log10().floor() as i32).clamp(0, 7)
    };
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write!(text, "{value:.*}", digits as usize);
    if !text.contains('.') {
        text.push_str(".0");
    }
    text
}
