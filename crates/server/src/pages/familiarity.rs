//! Whether a photograph is like those that the system learned from.

use maud::{Markup, html};
use trust::Rule;

use super::icons;
use super::view::{Familiarity, Graded};

/// What can be said of it.
#[derive(Clone, Copy)]
enum Verdict {
    Like,
    Unlike,
    /// There is a number, but nothing to hold it against.
    Unjudged,
    Unknown,
}

impl Verdict {
    fn of(graded: &Graded) -> Self {
        let Familiarity { distance, limit } = graded.familiarity;
        // The rule remembers what was found even where number or limit are gone.
        if graded.rule == Some(Rule::Unfamiliar) {
            return Self::Unlike;
        }
        match (distance, limit) {
            (Some(distance), Some(limit)) if distance <= limit => Self::Like,
            (Some(_), Some(_)) => Self::Unlike,
            (Some(_), None) => Self::Unjudged,
            (None, _) => Self::Unknown,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Like => "like",
            Self::Unlike => "unlike",
            Self::Unjudged => "unjudged",
            Self::Unknown => "unknown",
        }
    }

    fn sentence(self) -> &'static str {
        match self {
            Self::Like => "Like the photographs the system learned from.",
            Self::Unlike => {
                "Unlike the photographs the system learned from, so the answer may not hold."
            }
            Self::Unjudged => {
                "How like the photographs the system learned from it is was measured, but not judged."
            }
            Self::Unknown => {
                "Whether it is like the photographs the system learned from is not known."
            }
        }
    }
}

/// The part of the certainty card.
pub(super) fn familiarity(graded: &Graded) -> Markup {
    let verdict = Verdict::of(graded);
    html! {
        div class="familiarity" data-familiarity=(verdict.name()) {
            p class="certainty-word" {
                @if matches!(verdict, Verdict::Unlike) { (icons::warning()) }
                (verdict.sentence())
            }
            p { (explanation(&graded.familiarity)) }
        }
    }
}

fn explanation(familiarity: &Familiarity) -> Markup {
    html! {
        @match (familiarity.distance, familiarity.limit) {
            (Some(distance), Some(limit)) => {
                (far_off(distance)) "; " strong { (format!("{limit:.2}")) } " times is the limit of this model."
            },
            (Some(distance), None) => { (far_off(distance)) "; no limit is known that it could be held against." },
            (None, _) => { "The model that graded it did not note what the photographs that it learned from look like." },
        }
    }
}

fn far_off(distance: f32) -> Markup {
    html! {
        "What the network sees in it lies " strong { (format!("{distance:.2}")) }
        " times as far from the middle of those photographs as they do on average"
    }
}
