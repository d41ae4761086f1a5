//! How sure the system is: entropy, what it means, this photograph's place among those of the validation split, and
//! whether it is like those that the system learned from.

use maud::{Markup, html};
use trust::place::Place;

use super::view::Graded;
use super::{familiarity, words};

/// Entropy of five equally probable grades, in nats: ln 5.
const LARGEST_ENTROPY: f32 = 1.609_438;

/// The card; `graph` is the address of the accuracy-against-uncertainty graph with this photograph marked.
pub(super) fn certainty(graded: &Graded, graph: &str) -> Markup {
    let entropy = graded.uncertainty.entropy;
    html! {
        section class="card certainty" {
            h3 { "How sure is the system?" }
            div class="certainty-columns" {
                div {
                    p class="certainty-word" { (trust::words::sureness(entropy)) }
                    (scale(entropy))
                    p {
                        "Entropy " strong { (format!("{entropy:.2}")) " nats" } " of at most " (format!("{LARGEST_ENTROPY:.2}")) ": as unsure as an even choice among "
                        strong { (format!("{:.1}", entropy.exp())) } " of the five grades."
                    }
                    p { (trust::words::disagreement(&graded.uncertainty, graded.passes)) }
                    @if let Some(place) = &graded.place { (experience(place)) }
                }
                @if graded.place.is_some() {
                    figure class="graph" {
                        img src=(graph) width="600" height="380"
                            alt=(format!("How often the grade was right on the validation photographs, against their entropy; this photograph is marked at {entropy:.2} nats."));
                        figcaption {
                            "Measured on the validation photographs, from those the system was sure of to those it was unsure of; "
                            "this photograph is marked."
                        }
                    }
                }
            }
            (familiarity::familiarity(graded))
        }
    }
}

/// How the system fared on photographs that it was about as unsure of.
fn experience(place: &Place) -> Markup {
    let [before, figure, after] = trust::words::experience(place);
    html! {
        p {
            (before) strong { (figure) } (after) " The system was surer than here on "
            (words::percent(place.less_unsure as f32)) " of all."
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
            div class="scale-ends" { span { "sure" } span { "cannot tell" } }
        }
    }
}
