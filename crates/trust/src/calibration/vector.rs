//! One factor and one summand a grade.

use super::descent::minimum;
use super::photograph::{Photograph, photographs};
use super::temperature;
use crate::{Calibration, Grade, Logits, TrustError};

/// Standard deviation of the normal distribution that each logarithm of a scale, around that of 1 / temperature, and
/// each bias, around 0, is expected to follow before a photograph is seen.
const EXPECTED_DEVIATION: f64 = 1.0;

/// What is searched for: the logarithms of `scale * temperature`, then the biases.
type Parameters = [f64; 10];

impl Calibration {
    /// Fits vector scaling (Guo et al. 2017): the scales and biases with the least sum of two losses,
    ///
    /// - the mean over the n photographs of -ln of the mean over the passes of the true grade's probability, in nats;
    /// - a pull towards the temperature T of [`Calibration::fit_temperature`]: the sum over the grades of
    ///   `ln(scale T)^2 + bias^2`, divided by 2 n.
    ///
    /// The pull is what a normal distribution of deviation 1 around them, known beforehand, adds: a few photographs move
    /// scales and biases a little, many decide alone. The search goes down from the temperature, so that the sum is never
    /// larger than there; where it has several valleys, the one next to the temperature is found.
    ///
    /// # Errors
    /// When the lists are empty or differ in length, a photograph has no pass, or a logit is not finite.
    pub fn fit_vector(passes: &[Vec<Logits>], grades: &[Grade]) -> Result<Calibration, TrustError> {
        let (scale, bias) = fitted(&photographs(passes, grades)?);
        Ok(Calibration::Vector { scale, bias })
    }
}

/// Scales and biases as [`Calibration::fit_vector`] finds them; `photographs` holds at least one.
pub(super) fn fitted(photographs: &[Photograph]) -> ([f64; 5], [f64; 5]) {
    let temperature = temperature::fitted(photographs);
    let best = minimum(
        |parameters| penalised_loss(photographs, temperature, parameters),
        [0.0; 10],
    );
    scales_and_biases(&best, temperature)
}

/// `scale * logit + bias`, grade by grade.
pub(super) fn scaled(logits: &[f64; 5], scale: &[f64; 5], bias: &[f64; 5]) -> [f64; 5] {
    std::array::from_fn(|grade| scale[grade] * logits[grade] + bias[grade])
}

fn scales_and_biases(parameters: &Parameters, temperature: f64) -> ([f64; 5], [f64; 5]) {
    (
        std::array::from_fn(|grade| parameters[grade].exp() / temperature),
        std::array::from_fn(|grade| parameters[5 + grade]),
    )
}

/// The sum of both losses and its derivative by each parameter.
fn penalised_loss(
    photographs: &[Photograph],
    temperature: f64,
    parameters: &Parameters,
) -> (f64, Parameters) {
    let (scale, bias) = scales_and_biases(parameters, temperature);
    let precision = EXPECTED_DEVIATION.powi(-2);
    let mut loss = precision * parameters.iter().map(|value| value * value).sum::<f64>() / 2.0;
    let mut gradient = parameters.map(|value| precision * value);
    for photograph in photographs {
        loss += add_loss_of(photograph, &scale, &bias, &mut gradient);
    }
    let count = photographs.len() as f64;
    (loss / count, gradient.map(|derivative| derivative / count))
}

/// -ln of the mean over the passes of the true grade's probability; its derivatives are added to `gradient`.
fn add_loss_of(
    photograph: &Photograph,
    scale: &[f64; 5],
    bias: &[f64; 5],
    gradient: &mut Parameters,
) -> f64 {
    let truth = photograph.grade.index();
    let by_pass: Vec<([f64; 5], [f64; 5])> = photograph
        .passes
        .iter()
        .map(|logits| {
            let logits = logits.0.map(f64::from);
            let log_probabilities = log_softmax(&scaled(&logits, scale, bias));
            (logits, log_probabilities)
        })
        .collect();
    // Logarithms throughout: a pass that is certain of another grade must not become 0 / 0.
    let log_sum = log_sum_of_exponentials(by_pass.iter().map(|(_, logarithms)| logarithms[truth]));
    for (logits, log_probabilities) in &by_pass {
        let weight = (log_probabilities[truth] - log_sum).exp();
        for grade in 0..5 {
            let right = f64::from(u8::from(grade == truth));
            let derivative = weight * (log_probabilities[grade].exp() - right);
            gradient[grade] += derivative * scale[grade] * logits[grade];
            gradient[5 + grade] += derivative;
        }
    }
    (by_pass.len() as f64).ln() - log_sum
}

fn log_softmax(logits: &[f64; 5]) -> [f64; 5] {
    let log_sum = log_sum_of_exponentials(logits.iter().copied());
    logits.map(|logit| logit - log_sum)
}

/// ln of the sum of exponentials; the largest is taken out first, so that no exponential overflows.
fn log_sum_of_exponentials(values: impl Iterator<Item = f64> + Clone) -> f64 {
    let largest = values.clone().fold(f64::NEG_INFINITY, f64::max);
    largest
        + values
            .map(|value| (value - largest).exp())
            .sum::<f64>()
            .ln()
}
