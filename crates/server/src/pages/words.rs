//! Numbers, times and names as people read them: the words that reports use too, and what is particular to a page.

use language::Language;
use maud::{Markup, html};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use trust::bootstrap::Interval;
use trust::{Decision, Grade, Rule};

pub(super) use trust::words::{capitalized, percent, sentence};

use super::view::Figure;
pub(super) use crate::spoken::language;

/// A text of the page in which nothing varies.
pub(super) fn text(key: &'static str) -> &'static str {
    language().text(key)
}

/// A text some words of which are marked: as strong ones, as code, or as a link that leads to `address`.
pub(super) fn marked(text: &str, address: &str) -> Markup {
    html! {
        @for piece in language::pieces(text) {
            @match piece.mark {
                Some("strong") => strong { (piece.words) },
                Some("code") => code { (piece.words) },
                Some("link") => a href=(address) { (piece.words) },
                Some("kbd") => kbd { (piece.words) },
                Some("muted") => span class="muted" { (piece.words) },
                _ => (piece.words),
            }
        }
    }
}

/// A number with so many decimals.
pub(super) fn decimal(number: impl Into<f64>, decimals: usize) -> String {
    language().decimal(number.into(), decimals)
}

/// `0.01249` as `0.012`: two significant digits.
pub(super) fn significant(number: f32) -> String {
    trust::words::significant(language(), number)
}

/// `0.0312` as `3.1`: percentage points, without the sign.
pub(super) fn points(share: f32) -> String {
    trust::words::points(language(), share)
}

/// `88 % (81 to 93)`.
pub(super) fn share_with_interval(interval: &Interval) -> String {
    trust::words::share_with_interval(language(), interval)
}

/// `0.55 (95 % interval 0.49 to 0.61)`.
pub(super) fn figure(figure: &Figure) -> String {
    trust::words::with_interval(language(), figure.value, figure.lower, figure.upper)
}

/// A grade in words.
pub(super) fn grade(grade: Grade) -> &'static str {
    grade.words_in(language())
}

/// A decision's word and its sentence.
pub(super) fn decision(decision: Decision) -> (String, String) {
    trust::words::decision(language(), decision)
}

/// The line of the policy that decided.
pub(super) fn decided_by(rule: Option<Rule>) -> String {
    trust::words::decided_by(language(), rule)
}

/// What a record or an error says in English, as a sentence of the page's language.
pub(super) fn retold(said: &str) -> String {
    sentence(&language().retell(said))
}

/// The address of something drawn by the API, in the language of the page.
pub(super) fn drawn(address: &str) -> String {
    match language() {
        Language::English => address.to_owned(),
        language => format!("{address}?language={language}"),
    }
}

/// A moment in universal time; `times.js` puts it into the reader's own.
pub(super) fn moment(moment: OffsetDateTime) -> Markup {
    // The format is complete for every moment that the type can hold between the years 0 and 9999.
    let machine = moment
        .to_offset(time::UtcOffset::UTC)
        .format(&Rfc3339)
        .unwrap_or_default();
    html! { time datetime=(machine) { (clinic::words::moment(moment)) } }
}
