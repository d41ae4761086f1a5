//! Numbers and verdicts as people read them: the same words on every page and in every report.

mod likeness;
mod prediction;
mod signs;

pub use likeness::Likeness;
pub use prediction::{in_so_many, prediction_meaning, prediction_set};
pub use signs::signs_to_look_for;

use crate::bootstrap::Interval;
use crate::place::Place;
use crate::{Decision, Rule, Uncertainty};

/// What is said of a grade's name wherever macular oedema could be thought to be part of it.
pub const OEDEMA_NOT_ASSESSED: &str = "Macular oedema: not assessed.";
/// What the probability of referable retinopathy is the probability of.
pub const REFERABLE: &str = "Moderate or worse, grades 2 to 4 together.";

/// The name of the agreement with the graders.
pub const KAPPA: &str = "Quadratic weighted kappa";
/// The name of the area under the curve for referable retinopathy.
pub const REFERABLE_AUC: &str = "AUC, referable (grade 2 or worse)";

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
pub fn significant(number: f32) -> String {
    let decimals = (1.0 - number.abs().max(1e-9).log10().floor()).max(0.0) as usize;
    format!("{number:.decimals$}")
}

/// `0.0312` as `3.1`: percentage points, without the sign.
pub fn points(share: f32) -> String {
    format!("{:.1}", share * 100.0)
}

/// `0.55 (95 % interval 0.49 to 0.61)`.
pub fn with_interval(value: f64, lower: f64, upper: f64) -> String {
    format!("{value:.2} (95 % interval {lower:.2} to {upper:.2})")
}

/// `88 % (81 to 93)`: a share with its 95 % interval in percent.
pub fn share_with_interval(interval: &Interval) -> String {
    let [value, lower, upper] =
        [interval.value, interval.lower, interval.upper].map(|share| (share * 100.0).round());
    format!("{value} % ({lower} to {upper})")
}

/// `1 photograph`, `3 photographs`.
pub fn count(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

/// What a model's figures were measured on.
pub fn measured_on(validation_photographs: usize) -> String {
    match validation_photographs {
        0 => "no validation photographs".to_owned(),
        photographs => count(photographs, "validation photograph"),
    }
}

/// What a model is made of.
pub fn network(members: usize, input_side: u32) -> String {
    format!(
        "{}, input {input_side} × {input_side} pixels",
        count(members, "member")
    )
}

/// A decision's word and the sentence that follows it: `Refer` and `The photograph shows …`.
pub fn decision(decision: Decision) -> (String, String) {
    let words = decision.words();
    let (word, sentence) = words.split_once(": ").unwrap_or((words, ""));
    (word.to_owned(), capitalized(sentence))
}

/// The line of the policy that decided, by its short name where the record knows it.
pub fn decided_by(rule: Option<Rule>) -> String {
    match rule {
        Some(rule) => format!("Decided by: {}.", rule.words()),
        None => "Rule:".to_owned(),
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
pub fn sureness(entropy: f32) -> &'static str {
    let open_grades = entropy.exp();
    if open_grades < 1.5 {
        "Sure: nearly all of the probability lies on one grade."
    } else if open_grades < 2.5 {
        "Fairly sure: about two grades are in question."
    } else if open_grades < 3.5 {
        "Not sure: about three grades are in question."
    } else {
        "Not sure at all: most of the grades are in question."
    }
}

/// Where the entropy comes from: passes that disagree, or passes that each hesitate.
pub fn disagreement(uncertainty: &Uncertainty, passes: usize) -> String {
    if passes < 2 {
        return "One pass only was made, so nothing is known about the spread.".to_owned();
    }
    let share = if uncertainty.entropy > 0.0 {
        uncertainty.mutual_information / uncertainty.entropy
    } else {
        0.0
    };
    format!(
        "{:.2} nats ({}) of it is disagreement between the {passes} passes (mutual information); the rest, {:.2} nats, is \
         hesitation within each of them (expected entropy).",
        uncertainty.mutual_information,
        percent(share),
        uncertainty.expected_entropy
    )
}

/// How the system fared on photographs that it was about as unsure of: what comes before the figure, the figure, and the
/// rest of the sentence.
pub fn experience(place: &Place) -> [String; 3] {
    [
        format!(
            "Of the {} validation photographs with the most similar entropy, ",
            place.similar
        ),
        percent(place.accuracy() as f32),
        format!(
            " were graded right (95 % interval {} to {}).",
            percent(place.lower as f32),
            percent(place.upper as f32)
        ),
    ]
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
            let (word, explanation) = decision(each);
            assert_eq!(word.to_lowercase(), each.name());
            assert!(explanation.ends_with('.') && explanation.starts_with(char::is_uppercase));
        }
    }

    #[test]
    fn sentences_begin_with_a_capital_and_end_with_a_stop() {
        assert_eq!(sentence("the file is empty"), "The file is empty.");
        assert_eq!(sentence("Élan."), "Élan.");
    }
}
