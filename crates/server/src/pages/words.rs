//! Numbers, times and names as people read them.

use maud::{Markup, html};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use trust::Decision;
use trust::bootstrap::Interval;

use super::view::{Figure, Laterality};

/// `0.081` as `8 %`; what is small but not nothing as `< 1 %`, and almost certain as `> 99 %`.
pub(super) fn percent(share: f32) -> String {
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
pub(super) fn significant(number: f32) -> String {
    let decimals = (1.0 - number.abs().max(1e-9).log10().floor()).max(0.0) as usize;
    format!("{number:.decimals$}")
}

/// `0.0312` as `3.1`: percentage points, without the sign.
pub(super) fn points(share: f32) -> String {
    format!("{:.1}", share * 100.0)
}

/// `0.55 (95 % interval 0.49 to 0.61)`.
pub(super) fn figure(figure: &Figure) -> String {
    format!(
        "{:.2} (95 % interval {:.2} to {:.2})",
        figure.value, figure.lower, figure.upper
    )
}

/// `88 % (81 to 93)`: a share with its 95 % interval in percent.
pub(super) fn share_with_interval(interval: &Interval) -> String {
    let [value, lower, upper] =
        [interval.value, interval.lower, interval.upper].map(|share| (share * 100.0).round());
    format!("{value} % ({lower} to {upper})")
}

/// `1 photograph`, `3 photographs`.
pub(super) fn count(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

/// The eye in words with the clinician's abbreviation.
pub(super) fn eye(laterality: Laterality) -> &'static str {
    match laterality {
        Laterality::Left => "Left eye (OS)",
        Laterality::Right => "Right eye (OD)",
    }
}

/// A decision's word and the sentence that follows it: `Refer` and `The photograph shows …`.
pub(super) fn decision(decision: Decision) -> (String, String) {
    let words = decision.words();
    let (word, sentence) = words.split_once(": ").unwrap_or((words, ""));
    (word.to_owned(), capitalized(sentence))
}

/// The same text with its first letter in upper case.
pub(super) fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

/// A text that ends like a sentence.
pub(super) fn sentence(text: &str) -> String {
    let text = capitalized(text.trim());
    if text.ends_with(['.', '!', '?']) {
        text
    } else {
        format!("{text}.")
    }
}

/// A moment in universal time; `times.js` puts it into the reader's own.
pub(super) fn moment(moment: OffsetDateTime) -> Markup {
    let universal = moment.to_offset(time::UtcOffset::UTC);
    let shown = format_description!("[year]-[month]-[day] [hour]:[minute]");
    // Both formats are complete for every moment that the type can hold between the years 0 and 9999.
    let machine = universal.format(&Rfc3339).unwrap_or_default();
    let people = universal.format(&shown).unwrap_or_default();
    html! { time datetime=(machine) { (people) " UTC" } }
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
