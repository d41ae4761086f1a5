//! The prediction set in words: which grades the photograph may have, and what is promised of that.

use maud::{Markup, html};
use trust::conformal::Promise;
use trust::{Grade, PredictionSet};

use super::view::Prediction;
use super::words;

/// The sentence below the bars; its sign is the bracket that marks the bars of the set.
pub(super) fn prediction(prediction: &Prediction) -> Markup {
    let set = prediction.set;
    html! {
        p class="prediction-set" data-lowest=(set.lowest().index()) data-highest=(set.highest().index()) {
            span class="set-key" aria-hidden="true" {}
            span {
                strong { (words::capitalized(&said(prediction))) } ": "
                (meaning(set, prediction.promise))
            }
        }
    }
}

fn said(prediction: &Prediction) -> String {
    let set = prediction.set;
    match &prediction.words {
        Some(words) => words.clone(),
        None => format!("from {} to {}", set.lowest(), set.highest()),
    }
}

/// What the set is worth, as the rest of a sentence.
fn meaning(set: PredictionSet, promise: Option<Promise>) -> String {
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
pub(super) fn in_so_many(coverage: f64) -> String {
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
