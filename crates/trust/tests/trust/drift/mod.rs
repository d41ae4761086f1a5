//! Drift is found where there is some and nowhere else, and agrees with `tests/reference/drift.py`.

mod golden;
mod meanings;
mod properties;
mod simulations;

use trust::drift::{Drift, DriftComparison, DriftFigure};

/// The comparison of a figure that was compared.
fn of(drift: &Drift, what: DriftFigure) -> DriftComparison {
    let is_this = |comparison: &&DriftComparison| comparison.what == what;
    *drift.comparisons.iter().find(is_this).unwrap()
}
