//! Prediction sets in words: which grades a photograph may have, and what is promised of that.

use crate::conformal::Promise;
use crate::{Grade, PredictionSet};

/// The set as it was said when the photograph was graded, `said`, else by its ends.
pub fn prediction_set(set: PredictionSet, said: Option<&str>) -> String {
    match said {
        Some(words) => words.to_owned(),
        None => format!("from {} to {}", set.lowest(), set.highest()),
    }
}

/// What the set is worth, as the rest of a sentence; `promise` is `None` where the bundle that promised it is not at hand.
pub fn prediction_meaning(set: PredictionSet, promise: Option<Promise>) -> String {
    if set.len() == Grade::ALL.len() {
        return "the probabilities are too spread out to leave a grade out.".to_owned();
    }
    match promise {
        Some(Promise::Split { coverage }) => {
            format!(
                "{} photographs’ true grades lie in such a set.",
                in_so_many(coverage)
            )
        }
        Some(Promise::RiskControl { .. }) => {
            "the promise is about disease that is missed, not about false alarms.".to_owned()
        }
        None => {
            "so said the model that graded the photograph; it is not the one loaded now.".to_owned()
        }
    }
}

/// A coverage in (0, 1) as `nine in ten`, or, where it is no whole number of tenths, as `97.5 in a hundred`, rounded down
/// so that no more is said than is promised.
pub fn in_so_many(coverage: f64) -> String {
    const TENTHS: [&str; 9] = [
        "one", "two", "three", "four", "five", "six", "seven", "eight", "nine",
    ];
    let thousandths = (coverage * 1000.0 + 1e-6).floor() as usize;
    let is_whole = thousandths.is_multiple_of(100);
    match TENTHS.get((thousandths / 100).wrapping_sub(1)) {
        Some(tenths) if is_whole => format!("{tenths} in ten"),
        _ => format!("{} in a hundred", thousandths as f64 / 10.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coverages_are_said_as_people_count() {
        assert_eq!(in_so_many(0.9), "nine in ten");
        assert_eq!(in_so_many(0.3), "three in ten");
        assert_eq!(in_so_many(0.975), "97.5 in a hundred");
        assert_eq!(in_so_many(0.95), "95 in a hundred");
        assert_eq!(in_so_many(0.99999), "99.9 in a hundred");
        assert_eq!(in_so_many(0.01), "1 in a hundred");
    }
}
