//! Whether a photograph is like those that the system learned from.

use maud::{Markup, html};
use trust::words::Likeness;

use super::view::{Familiarity, Graded};
use super::words::text;
use super::{icons, words};

/// The part of the certainty card.
pub(super) fn familiarity(graded: &Graded) -> Markup {
    let Familiarity { distance, limit } = graded.familiarity;
    let likeness = Likeness::of(distance, limit, graded.rule);
    html! {
        div class="familiarity" data-familiarity=(likeness.name()) {
            p class="certainty-word" {
                @if likeness == Likeness::Unlike { (icons::warning()) }
                (likeness.words_in(words::language()))
            }
            p { (explanation(&graded.familiarity)) }
        }
    }
}

fn explanation(familiarity: &Familiarity) -> Markup {
    let said = match (familiarity.distance, familiarity.limit) {
        (Some(distance), Some(limit)) => text_with!(
            "likeness-distance-limit",
            distance = words::decimal(distance, 2),
            limit = words::decimal(limit, 2),
        ),
        (Some(distance), None) => {
            text_with!("likeness-distance", distance = words::decimal(distance, 2),)
        }
        (None, _) => text("likeness-not-noted").to_owned(),
    };
    words::marked(&said, "")
}
