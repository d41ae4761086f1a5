//! Numbers and verdicts as people read them: the same words on every page and in every report.

mod likeness;
mod prediction;
mod signs;

pub use likeness::Likeness;
pub use prediction::{in_so_many, prediction_meaning, prediction_set};
pub use signs::signs_to_look_for;

use language::{Language, text_with};

use crate::bootstrap::Interval;
use crate::place::Place;
use crate::{Decision, Rule, Uncertainty};

/// `0.081` as `8 %`; what is small but not nothing as `< 1 %`, and almost certain as `> 99 %`.
pub fn percent(share: f32) -> String {
    let rounded = (share * 100.0).round();
    if share > 0.0 && rounded < 1.0 {
        return "< 1 %".into();
    }
    if share < 1.0 && rounded > 99.0 {
        return "> 99 %".into();
    }
    format!("{rounded} %")
}

/// `0.01249` as `0.012`: two significant digits.
pub fn significant(language: Language, number: f32) -> String {
    let decimals = (1.0 - number.abs().max(1e-9).log10().floor()).max(0.0) as usize;
    language.decimal(f64::from(number), decimals)
}

/// `0.0312` as `3.1`: percentage points, without the sign.
pub fn points(language: Language, share: f32) -> String {
    language.decimal(f64::from(share * 100.0), 1)
}

/// `0.55 (95 % interval 0.49 to 0.61)`.
pub fn with_interval(language: Language, value: f64, lower: f64, upper: f64) -> String {
    text_with!(
        language,
        "frame-with-interval",
        value = language.decimal(value, 2),
        lower = language.decimal(lower, 2),
        upper = language.decimal(upper, 2),
    )
}

/// `88 % (81 to 93)`: a share with its 95 % interval in percent.
pub fn share_with_interval(language: Language, interval: &Interval) -> String {
    let [value, lower, upper] =
        [interval.value, interval.lower, interval.upper].map(|share| (share * 100.0).round());
    text_with!(
        language,
        "frame-share-with-interval",
        value = value,
        lower = lower,
        upper = upper
    )
}

/// What a model's figures were measured on.
pub fn measured_on(language: Language, validation_photographs: usize) -> String {
    match validation_photographs {
        0 => language.text("frame-no-validation").to_owned(),
        photographs => text_with!(
            language,
            "frame-validation-photographs",
            count = photographs,
        ),
    }
}

/// What a model is made of.
pub fn network(language: Language, members: usize, input_side: u32) -> String {
    text_with!(
        language,
        "frame-network-made-of",
        members = text_with!(language, "frame-members", count = members),
        side = input_side,
    )
}

/// A decision's word and the sentence that follows it: `Refer` and `The photograph shows …`.
pub fn decision(language: Language, decision: Decision) -> (String, String) {
    let words = decision.words_in(language);
    let (word, sentence) = words.split_once(": ").unwrap_or((words, ""));
    (word.to_owned(), capitalized(sentence))
}

/// The line of the policy that decided, by its short name where the record knows it.
pub fn decided_by(language: Language, rule: Option<Rule>) -> String {
    match rule {
        Some(rule) => text_with!(language, "decided-by", rule = rule.words_in(language)),
        None => language.text("decided-by-unknown").to_owned(),
    }
}

/// The same text with its first letter in upper case.
pub fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

/// A text that ends like a sentence.
pub fn sentence(text: &str) -> String {
    let text = capitalized(text.trim());
    if text.ends_with(['.', '!', '?']) {
        text
    } else {
        format!("{text}.")
    }
}

/// An entropy (nats) in words, by how many grades it leaves open.
pub fn sureness(language: Language, entropy: f32) -> &'static str {
    let open_grades = entropy.exp();
    if open_grades < 1.5 {
        language.text("certainty-sure")
    } else if open_grades < 2.5 {
        language.text("certainty-fairly-sure")
    } else if open_grades < 3.5 {
        language.text("certainty-not-sure")
    } else {
        language.text("certainty-not-sure-at-all")
    }
}

/// Where the entropy comes from: passes that disagree, or passes that each hesitate.
pub fn disagreement(language: Language, uncertainty: &Uncertainty, passes: usize) -> String {
    if passes < 2 {
        return language.text("certainty-one-pass").to_owned();
    }
    let share = if uncertainty.entropy > 0.0 {
        uncertainty.mutual_information / uncertainty.entropy
    } else {
        0.0
    };
    let nats = |entropy: f32| language.decimal(f64::from(entropy), 2);
    text_with!(
        language,
        "certainty-disagreement",
        mutual = nats(uncertainty.mutual_information),
        share = percent(share),
        passes = passes,
        expected = nats(uncertainty.expected_entropy),
    )
}

/// How the system fared on photographs that it was about as unsure of; the figure is marked as `strong`
/// ([`language::pieces`]).
pub fn experience(language: Language, place: &Place) -> String {
    text_with!(
        language,
        "certainty-experience",
        similar = place.similar,
        accuracy = percent(place.accuracy() as f32),
        lower = percent(place.lower as f32),
        upper = percent(place.upper as f32),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_never_claim_certainty_that_is_not_there() {
        assert_eq!(percent(0.0), "0 %");
        assert_eq!(percent(0.004), "< 1 %");
        assert_eq!(percent(0.081), "8 %");
        assert_eq!(percent(0.9951), "> 99 %");
        assert_eq!(percent(1.0), "100 %");
    }

    #[test]
    fn every_decision_has_a_word_and_a_sentence() {
        for each in Decision::ALL {
            for language in Language::ALL {
                let (word, explanation) = decision(language, each);
                assert!(!word.is_empty());
                assert!(explanation.ends_with('.') && explanation.starts_with(char::is_uppercase));
            }
            assert_eq!(
                decision(Language::English, each).0.to_lowercase(),
                each.name()
            );
        }
    }

    #[test]
    fn sentences_begin_with_a_capital_and_end_with_a_stop() {
        assert_eq!(sentence("the file is empty"), "The file is empty.");
        assert_eq!(sentence("Élan."), "Élan.");
    }
}
