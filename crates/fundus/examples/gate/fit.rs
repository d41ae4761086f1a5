//! The model of `src/gate/model.rs`, fitted: logistic regression with a penalty on squared weights (L2), by Newton's
//! method. Standardisation and distance come from the retinas alone.

use fundus::Retina;

use crate::pictures::{Sample, Shown};

const MEASURES: usize = Retina::MEASURES;
/// Linear, square, distance and its square, intercept.
const TERMS: usize = 2 * MEASURES + 3;
/// As in `src/gate/model.rs`.
const FURTHEST: f64 = 4.0;
const DISTANCE_SCALE: f64 = 3.0;
/// Penalty on each squared weight, in samples.
const PENALTY: f64 = 10.0;
/// Variance added to each standardised measure, so that measures that hardly vary apart do not make distances endless.
const LEAST_VARIANCE: f64 = 0.05;
/// Weight of a sample that is like a photograph but none: drawn, or changed.
const LIKE_WEIGHT: f64 = 0.7;
/// Weight of a photograph with retinopathy: to refuse one does the most harm.
const DISEASED_WEIGHT: f64 = 3.0;

pub struct Model {
    pub means: Vec<f64>,
    pub deviations: Vec<f64>,
    /// Rows of a lower triangle: the squared length of their products with a standardised sample is its distance.
    pub whitening: Vec<Vec<f64>>,
    /// The weights of all terms, the intercept last.
    pub weights: Vec<f64>,
}

impl Model {
    pub fn fit(samples: &[&Sample]) -> Self {
        let retinas: Vec<&[f32; MEASURES]> = samples
            .iter()
            .filter(|sample| is_retina(sample))
            .map(|sample| &sample.retina.measures)
            .collect();
        let count = retinas.len() as f64;
        let moment = |of: &dyn Fn(usize, f64) -> f64, at: usize| {
            retinas
                .iter()
                .map(|measures| of(at, f64::from(measures[at])))
                .sum::<f64>()
                / count
        };
        let means: Vec<f64> = (0..MEASURES)
            .map(|at| moment(&|_, value| value, at))
            .collect();
        let deviations = (0..MEASURES)
            .map(|at| moment(&|at, value| (value - means[at]).powi(2), at).sqrt() + 1e-6)
            .collect();
        let mut model = Self {
            means,
            deviations,
            whitening: Vec::new(),
            weights: vec![0.0; TERMS],
        };
        let mut covariance = vec![vec![0.0; MEASURES]; MEASURES];
        for measures in &retinas {
            add_products(&mut covariance, &model.standard(measures), 1.0 / count);
        }
        for (at, row) in covariance.iter_mut().enumerate() {
            row[at] += LEAST_VARIANCE;
        }
        model.whitening = inverse_of_lower(&cholesky(&covariance));
        model.weights = logistic(samples, &model);
        model
    }

    /// The logarithm of the odds of a retina.
    pub fn score(&self, measures: &[f32; MEASURES]) -> f64 {
        product(&self.weights, &self.terms(measures))
    }

    fn standard(&self, measures: &[f32; MEASURES]) -> Vec<f64> {
        (0..MEASURES)
            .map(|at| {
                let off = f64::from(measures[at]) - self.means[at];
                (off / self.deviations[at]).clamp(-FURTHEST, FURTHEST)
            })
            .collect()
    }

    fn terms(&self, measures: &[f32; MEASURES]) -> Vec<f64> {
        let standard = self.standard(measures);
        let distance: f64 = self
            .whitening
            .iter()
            .map(|row| product(row, &standard).powi(2))
            .sum();
        let far = DISTANCE_SCALE * ((1.0 + distance).ln() - (1.0 + MEASURES as f64).ln());
        let squares = standard.iter().map(|value| value * value);
        let mut terms: Vec<f64> = standard.iter().copied().chain(squares).collect();
        terms.extend([far, far * far, 1.0]);
        terms
    }
}

fn is_retina(sample: &Sample) -> bool {
    sample.category().is_none() && sample.has_field_of_view
}

/// The sum of the products of two vectors, over the shorter one.
fn product(one: &[f64], other: &[f64]) -> f64 {
    one.iter().zip(other).map(|(one, other)| one * other).sum()
}

/// Adds a vector times itself to the lower triangle of a matrix.
fn add_products(matrix: &mut [Vec<f64>], vector: &[f64], weight: f64) {
    for (row, values) in matrix.iter_mut().enumerate() {
        let factor = weight * vector[row];
        (values[..=row].iter_mut().zip(vector)).for_each(|(value, other)| *value += factor * other);
    }
}

/// The lower triangle whose product with its transpose is a positive definite matrix, of which the lower triangle is read.
fn cholesky(matrix: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let mut lower: Vec<Vec<f64>> = Vec::with_capacity(matrix.len());
    for (row, values) in matrix.iter().enumerate() {
        let mut line = vec![0.0; row + 1];
        for column in 0..=row {
            let other = if column == row { &line } else { &lower[column] };
            let rest = values[column] - product(&line[..column], &other[..column]);
            line[column] = if column == row {
                rest.max(1e-12).sqrt()
            } else {
                rest / lower[column][column]
            };
        }
        lower.push(line);
    }
    lower
}

fn inverse_of_lower(lower: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let mut inverse: Vec<Vec<f64>> = Vec::with_capacity(lower.len());
    for (row, line) in lower.iter().enumerate() {
        let mut solved = vec![0.0; row + 1];
        for (column, value) in solved.iter_mut().enumerate() {
            let known: f64 = (column..row).map(|at| line[at] * inverse[at][column]).sum();
            *value = (f64::from(u8::from(column == row)) - known) / line[row];
        }
        inverse.push(solved);
    }
    inverse
}

/// Solves `matrix * x = right` for a positive definite matrix.
fn solve(matrix: &[Vec<f64>], right: &[f64]) -> Vec<f64> {
    let inverse = inverse_of_lower(&cholesky(matrix));
    let halves: Vec<f64> = inverse.iter().map(|row| product(row, right)).collect();
    (0..right.len())
        .map(|at| {
            (at..right.len())
                .map(|row| inverse[row][at] * halves[row])
                .sum()
        })
        .collect()
}

fn logistic(samples: &[&Sample], model: &Model) -> Vec<f64> {
    let rows: Vec<(Vec<f64>, f64, f64)> = samples
        .iter()
        // A photograph without a field of view never comes to the gate.
        .filter(|sample| is_retina(sample) || sample.category().is_some())
        .map(|sample| {
            let weight = match &sample.shown {
                Shown::LikePhotograph(_) => LIKE_WEIGHT,
                Shown::Photograph(photograph) if photograph.is_diseased => DISEASED_WEIGHT,
                _ => 1.0,
            };
            let truth = f64::from(u8::from(is_retina(sample)));
            (model.terms(&sample.retina.measures), truth, weight)
        })
        .collect();
    let mut weights = vec![0.0; TERMS];
    // Newton's method ends after about ten steps; the bound is for the impossible.
    for _ in 0..30 {
        let mut slope = vec![0.0; TERMS];
        let mut curvature = vec![vec![0.0; TERMS]; TERMS];
        for (terms, truth, weight) in &rows {
            let probability = 1.0 / (1.0 + (-product(&weights, terms)).exp());
            let off = weight * (probability - truth);
            (slope.iter_mut().zip(terms)).for_each(|(slope, term)| *slope += off * term);
            let bend = weight * probability * (1.0 - probability);
            if bend > 1e-12 {
                add_products(&mut curvature, terms, bend);
            }
        }
        for at in 0..TERMS {
            let penalty = if at + 1 < TERMS { PENALTY } else { 1e-9 };
            slope[at] += penalty * weights[at];
            curvature[at][at] += penalty;
        }
        let step = solve(&curvature, &slope);
        (weights.iter_mut().zip(&step)).for_each(|(weight, step)| *weight -= step);
        if step.iter().all(|step| step.abs() < 1e-6) {
            break;
        }
    }
    weights
}
