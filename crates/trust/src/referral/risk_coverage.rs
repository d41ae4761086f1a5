//! How well a measure puts the errors last: the area under the risk-coverage curve.
//!
//! The curve shows the mean loss (the risk) of the k most certain photographs against their share k / n (the coverage).
//! Equally unsure photographs are taken by expectation over their orders.

use super::order::{Order, count_kept};

/// Area under the risk-coverage curve (AURC; Geifman and El-Yaniv 2017, arXiv:1705.08500) of (uncertainty, loss) pairs:
/// the mean, over k = 1 to n, of the mean loss of the k most certain photographs. Lower is better.
///
/// In the unit of the loss; for a loss that is 1 where the answer is wrong, in [0, 1]. A measure that says nothing has
/// the mean loss of all photographs. `None` without photographs.
pub fn risk_coverage_area(photographs: &[(f32, f64)]) -> Option<f64> {
    let (uncertainties, losses): (Vec<f32>, Vec<f64>) = photographs.iter().copied().unzip();
    area(
        &Order::rising(&uncertainties),
        &vec![1.0; losses.len()],
        &losses,
    )
}

/// Excess of [`risk_coverage_area`] over that of an oracle that hands over the largest losses first (E-AURC; Geifman et
/// al. 2019, arXiv:1805.08206): what the measure, and not the grader, is to blame for. At least 0, lower is better.
///
/// The oracle's area is computed exactly, not by the paper's approximation r + (1 - r) ln(1 - r) for a 0/1 loss with
/// mean r. `None` without photographs.
pub fn excess_risk_coverage_area(photographs: &[(f32, f64)]) -> Option<f64> {
    let mut rising: Vec<f64> = photographs.iter().map(|(_, loss)| *loss).collect();
    rising.sort_unstable_by(f64::total_cmp);
    // The losses' places are the oracle's uncertainty: double precision would not fit, and ties change nothing.
    let oracle: Vec<(f32, f64)> = (0_u32..).map(|place| place as f32).zip(rising).collect();
    // No order has a smaller area than the oracle's; rounding may.
    Some((risk_coverage_area(photographs)? - risk_coverage_area(&oracle)?).max(0.0))
}

/// Mean of a value over the most certain `share` of (uncertainty, value) pairs, rounded down to whole photographs but at
/// least one; of equally unsure photographs each counts by the part of them that is kept.
///
/// In the unit of the value. `None` without photographs or with a share outside (0, 1].
pub fn share_kept_mean(photographs: &[(f32, f64)], share: f64) -> Option<f64> {
    let (uncertainties, values): (Vec<f32>, Vec<f64>) = photographs.iter().copied().unzip();
    let in_range = share > 0.0 && share <= 1.0 && !values.is_empty();
    let drawn = vec![1.0; values.len()];
    in_range.then(|| {
        let kept = count_kept(values.len() as f64, share);
        weighted_mean(&Order::rising(&uncertainties).kept(&drawn, kept), &values)
    })?
}

/// See [`risk_coverage_area`]; `drawn` says how often each photograph occurs.
pub(super) fn area(order: &Order, drawn: &[f64], losses: &[f64]) -> Option<f64> {
    let (mut before, mut loss_before, mut risks) = (0.0, 0.0, 0.0);
    for tied in order.groups() {
        let size: f64 = tied.iter().map(|index| drawn[*index]).sum();
        let loss: f64 = tied
            .iter()
            .map(|index| drawn[*index] * losses[*index])
            .sum();
        // Of k tied photographs, the expected loss of any j is j / k of their whole loss.
        for place in 1..=size as usize {
            let place = place as f64;
            risks += (loss_before + loss * place / size) / (before + place);
        }
        before += size;
        loss_before += loss;
    }
    (before > 0.0).then(|| risks / before)
}

/// Mean of the values, each counted by its weight.
pub(super) fn weighted_mean(weights: &[f64], values: &[f64]) -> Option<f64> {
    let whole: f64 = weights.iter().sum();
    let sum: f64 = weights
        .iter()
        .zip(values)
        .map(|(weight, value)| weight * value)
        .sum();
    (whole > 0.0).then(|| sum / whole)
}
