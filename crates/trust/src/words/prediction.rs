//! Prediction sets in words: which grades a photograph may have, and what is promised of that.

use language::{Language, text_with};

use crate::conformal::Promise;
use crate::{Grade, PredictionSet};

/// The set as it was said when the photograph was graded, `said`, else by its ends.
pub fn prediction_set(language: Language, set: PredictionSet, said: Option<&str>) -> String {
    match said {
        Some(words) => language.retell(words),
        None => text_with!(
            language,
            "prediction-from-to",
            lowest = set.lowest().words_in(language),
            highest = set.highest().words_in(language),
        ),
    }
}

/// What the set is worth, as the rest of a sentence; `promise` is `None` where the bundle that promised it is not at hand.
pub fn prediction_meaning(
    language: Language,
    set: PredictionSet,
    promise: Option<Promise>,
) -> String {
    if set.len() == Grade::ALL.len() {
        return language.text("prediction-meaning-any").to_owned();
    }
    match promise {
        Some(Promise::Split { coverage }) => text_with!(
            language,
            "prediction-meaning-split",
            coverage = in_so_many(language, coverage),
        ),
        Some(Promise::RiskControl { .. }) => language.text("prediction-meaning-risk").to_owned(),
        None => language.text("prediction-meaning-unknown").to_owned(),
    }
}

/// A coverage in (0, 1) as `nine in ten`, or, where it is no whole number of tenths, as `97.5 in a hundred`, rounded down
/// so that no more is said than is promised.
pub fn in_so_many(language: Language, coverage: f64) -> String {
    let thousandths = (coverage * 1000.0 + 1e-6).floor() as usize;
    match (thousandths / 100, thousandths % 100) {
        (tenths @ 1..=9, 0) => text_with!(language, "share-in-ten", tenths = tenths),
        _ => {
            let hundredths = (thousandths as f64 / 10.0).to_string();
            text_with!(
                language,
                "share-in-hundred",
                number = language.numeral(&hundredths)
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coverages_are_said_as_people_count() {
        assert_eq!(in_so_many(Language::English, 0.9), "nine in ten");
        assert_eq!(in_so_many(Language::English, 0.3), "three in ten");
        assert_eq!(in_so_many(Language::English, 0.975), "97.5 in a hundred");
        assert_eq!(in_so_many(Language::English, 0.95), "95 in a hundred");
        assert_eq!(in_so_many(Language::English, 0.99999), "99.9 in a hundred");
        assert_eq!(in_so_many(Language::English, 0.01), "1 in a hundred");
        assert_eq!(in_so_many(Language::Spanish, 0.9), "nueve de cada diez");
        assert_eq!(in_so_many(Language::Spanish, 0.975), "97,5 de cada cien");
    }
}
