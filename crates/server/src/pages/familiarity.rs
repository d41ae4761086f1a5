//! Whether a photograph is like those that the system learned from.

use maud::{Markup, html};
use trust::words::Likeness;

use super::icons;
use super::view::{Familiarity, Graded};

/// The part of the certainty card.
pub(super) fn familiarity(graded: &Graded) -> Markup {
    let Familiarity { distance, limit } = graded.familiarity;
    let likeness = Likeness::of(distance, limit, graded.rule);
    html! {
        div class="familiarity" data-familiarity=(likeness.name()) {
            p class="certainty-word" {
                @if likeness == Likeness::Unlike { (icons::warning()) }
                (likeness.words())
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
