//! How sure the system is: entropy, what it means, this photograph's place among those of the validation split, and
//! whether it is like those that the system learned from.

use maud::{Markup, html};
use trust::place::Place;

use super::view::Graded;
use super::words::text;
use super::{familiarity, words};

/// Entropy of five equally probable grades, in nats: ln 5.
const LARGEST_ENTROPY: f32 = 1.609_438;

/// The card; `graph` is the address of the accuracy-against-uncertainty graph with this photograph marked.
pub(super) fn certainty(graded: &Graded, graph: &str) -> Markup {
    let language = words::language();
    let entropy = graded.uncertainty.entropy;
    let meaning = text_with!(
        "certainty-entropy",
        entropy = words::decimal(entropy, 2),
        largest = words::decimal(LARGEST_ENTROPY, 2),
        grades = words::decimal(entropy.exp(), 1),
    );
    html! {
        section class="card certainty" {
            h3 { (text("certainty-title")) }
            div class="certainty-columns" {
                div {
                    p class="certainty-word" { (trust::words::sureness(language, entropy)) }
                    (scale(entropy))
                    p { (words::marked(&meaning, "")) }
                    p { (trust::words::disagreement(language, &graded.uncertainty, graded.passes)) }
                    @if let Some(place) = &graded.place { (experience(place)) }
                }
                @if graded.place.is_some() {
                    figure class="graph" {
                        img src=(words::drawn(graph)) width="600" height="380"
                            alt=(text_with!("certainty-chart-alternative", entropy = words::decimal(entropy, 2)));
                        figcaption { (text("certainty-chart-caption")) }
                    }
                }
            }
            (familiarity::familiarity(graded))
        }
    }
}

/// How the system fared on photographs that it was about as unsure of.
fn experience(place: &Place) -> Markup {
    let share = words::percent(place.less_unsure as f32);
    html! {
        p {
            (words::marked(&trust::words::experience(words::language(), place), ""))
            " " (text_with!("certainty-surer", share = share))
        }
    }
}

/// A line from "sure" to "cannot tell" with a mark on it.
fn scale(entropy: f32) -> Markup {
    let position = format!("{:.2}", (entropy / LARGEST_ENTROPY).clamp(0.0, 1.0) * 100.0);
    html! {
        div class="scale" aria-hidden="true" {
            svg viewBox="0 0 100 12" preserveAspectRatio="none" focusable="false" {
                rect class="bar-track" x="0" y="4" width="100" height="4" {}
                rect class="scale-fill" x="0" y="4" width=(position) height="4" {}
                line class="scale-mark" x1=(position) x2=(position) y1="0" y2="12" {}
            }
            div class="scale-ends" { span { (text("certainty-scale-sure")) } span { (text("certainty-scale-unsure")) } }
        }
    }
}
