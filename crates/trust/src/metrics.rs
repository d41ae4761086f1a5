//! How well predictions agree with the truth.
//!
//! Every function takes pairs, so that two lists can never differ in length, and answers `None` where the figure is
//! not defined: no photograph at all, or only one class where two are needed.

mod brier;
mod calibration_error;
mod reliability;

pub use self::brier::{BrierDecomposition, binary_brier_score, brier_decomposition};
pub use self::calibration_error::{
    CalibrationError, PERFECT_DRAWS, adaptive_calibration_error, binary_expected_calibration_error,
    debiased_calibration_error, expected_calibration_error,
};
pub use self::reliability::{
    Binning, CALIBRATION_BINS, ReliabilityBin, binary_reliability_bins, referable_outcomes,
    reliability_bins, top_grade_outcomes,
};
use crate::{Grade, Probabilities};

/// Number of photographs by true grade (row) and predicted grade (column).
pub type ConfusionMatrix = [[usize; 5]; 5];

/// Counts (true grade, predicted grade) pairs.
pub fn confusion_matrix(grades: impl IntoIterator<Item = (Grade, Grade)>) -> ConfusionMatrix {
    let mut matrix = ConfusionMatrix::default();
    for (truth, predicted) in grades {
        matrix[truth.index()][predicted.index()] += 1;
    }
    matrix
}

/// Share of the photographs whose grade is right, in [0, 1].
pub fn accuracy(matrix: &ConfusionMatrix) -> Option<f64> {
    let right: usize = (0..5).map(|grade| matrix[grade][grade]).sum();
    share(right, matrix.iter().flatten().sum())
}

/// For each grade, the share of its photographs that were given that grade, in [0, 1].
pub fn recall_by_grade(matrix: &ConfusionMatrix) -> [Option<f64>; 5] {
    std::array::from_fn(|grade| share(matrix[grade][grade], matrix[grade].iter().sum()))
}

/// Cohen's kappa with quadratic weights (Cohen 1968), in [-1, 1]: 1 is perfect agreement, 0 that of chance.
///
/// `None` where chance cannot disagree: every photograph has one and the same true and predicted grade.
pub fn quadratic_weighted_kappa(matrix: &ConfusionMatrix) -> Option<f64> {
    let truth: [f64; 5] = std::array::from_fn(|grade| matrix[grade].iter().sum::<usize>() as f64);
    let predicted: [f64; 5] =
        std::array::from_fn(|grade| matrix.iter().map(|row| row[grade]).sum::<usize>() as f64);
    let total: f64 = truth.iter().sum();
    let (mut observed, mut expected) = (0.0, 0.0);
    for row in 0..5 {
        for column in 0..5 {
            let weight = (row as f64 - column as f64).powi(2);
            observed += weight * matrix[row][column] as f64;
            expected += weight * truth[row] * predicted[column] / total;
        }
    }
    (total > 0.0 && expected > 0.0).then(|| 1.0 - observed / expected)
}

/// Area under the receiver operating characteristic of (score, positive) pairs, in [0, 1].
///
/// The probability that a positive has a higher score than a negative, equal scores counting half (Mann-Whitney).
pub fn roc_auc(scores: &[(f32, bool)]) -> Option<f64> {
    let (mut positives, mut negatives, mut area) = (0.0, 0.0, 0.0);
    for (tied_positives, tied_negatives) in groups_from_the_top(scores) {
        // A negative is outscored by all positives above it and by half of those beside it.
        area += tied_negatives * (positives + tied_positives / 2.0);
        positives += tied_positives;
        negatives += tied_negatives;
    }
    (positives > 0.0 && negatives > 0.0).then(|| area / (positives * negatives))
}

/// The highest sensitivity of (score, positive) pairs among the thresholds whose specificity is at least this, all in
/// [0, 1].
pub fn sensitivity_at_specificity(scores: &[(f32, bool)], specificity: f64) -> Option<f64> {
    let positives = scores.iter().filter(|(_, positive)| *positive).count() as f64;
    let negatives = scores.len() as f64 - positives;
    if positives == 0.0 || negatives == 0.0 {
        return None;
    }
    // 0.9 of 20 negatives must allow 2 false alarms, whatever the rounding of 1 - 0.9.
    let allowed_false_alarms = (1.0 - specificity) * negatives + 1e-9;
    let (mut found, mut false_alarms, mut best) = (0.0, 0.0, 0.0);
    for (tied_positives, tied_negatives) in groups_from_the_top(scores) {
        found += tied_positives;
        false_alarms += tied_negatives;
        if false_alarms <= allowed_false_alarms {
            best = found / positives;
        }
    }
    Some(best)
}

/// Sensitivity and specificity when scores at or above the threshold are called positive.
pub fn sensitivity_and_specificity(
    scores: &[(f32, bool)],
    threshold: f32,
) -> (Option<f64>, Option<f64>) {
    let count = |positive: bool| scores.iter().filter(|score| score.1 == positive).count();
    let called = |positive: bool| {
        scores
            .iter()
            .filter(|score| score.1 == positive && score.0 >= threshold)
            .count()
    };
    (
        share(called(true), count(true)),
        share(count(false) - called(false), count(false)),
    )
}

/// Brier score over all five grades (Brier 1950), in [0, 2]: mean squared distance to the true grade's unit vector.
pub fn brier_score(predictions: &[(Probabilities, Grade)]) -> Option<f64> {
    let squared_distance = |(probabilities, truth): &(Probabilities, Grade)| -> f64 {
        Grade::ALL
            .into_iter()
            .map(|grade| {
                (f64::from(probabilities.get(grade)) - f64::from(u8::from(grade == *truth))).powi(2)
            })
            .sum()
    };
    mean(predictions.iter().map(squared_distance))
}

/// Mean of -ln of the true grade's probability, in nats. A probability below the resolution of single precision
/// (1.2e-7) counts as that, so that one certain error does not make the figure infinite.
pub fn negative_log_likelihood(predictions: &[(Probabilities, Grade)]) -> Option<f64> {
    mean(
        predictions
            .iter()
            .map(|(probabilities, truth)| log_loss_of(probabilities, *truth)),
    )
}

/// -ln of the true grade's probability in nats, as in [`negative_log_likelihood`].
pub(crate) fn log_loss_of(probabilities: &Probabilities, truth: Grade) -> f64 {
    -f64::from(probabilities.get(truth).max(f32::EPSILON)).ln()
}

/// Mean of -ln of the probability of what happened, in nats, for (probability in [0, 1], whether it happened) pairs. A
/// probability below the resolution of single precision (1.2e-7) counts as that.
pub fn binary_negative_log_likelihood(outcomes: &[(f32, bool)]) -> Option<f64> {
    let loss = |(probability, happened): &(f32, bool)| {
        let probability = f64::from(*probability);
        let of_what_happened = if *happened {
            probability
        } else {
            1.0 - probability
        };
        -of_what_happened.max(f64::from(f32::EPSILON)).ln()
    };
    mean(outcomes.iter().map(loss))
}

/// Number of (positives, negatives) at each score, from the highest score to the lowest.
fn groups_from_the_top(scores: &[(f32, bool)]) -> Vec<(f64, f64)> {
    let mut falling = scores.to_vec();
    falling.sort_unstable_by(|left, right| right.0.total_cmp(&left.0));
    falling
        .chunk_by(|left, right| left.0 == right.0)
        .map(|tied| {
            let positives = tied.iter().filter(|(_, positive)| *positive).count();
            (positives as f64, (tied.len() - positives) as f64)
        })
        .collect()
}

/// `part / whole`, where there is a whole.
pub(crate) fn share(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// The mean, where there is a value.
pub(crate) fn mean(values: impl ExactSizeIterator<Item = f64>) -> Option<f64> {
    let count = values.len();
    (count > 0).then(|| values.sum::<f64>() / count as f64)
}
