//! Two pictures of a screening side by side; `comparison.js` fills them from the page.

use maud::{Markup, html};

use super::tools;

/// The window, which is closed at first.
pub(super) fn comparison() -> Markup {
    html! {
        dialog class="viewer comparison" aria-labelledby="comparison-title" data-comparison {
            div class="viewer-bar" {
                h2 id="comparison-title" { "Compare" }
                (tools::zoom())
                (tools::tone("comparison"))
                button type="button" class="comparison-close" data-close { "Close" }
            }
            div class="comparison-slots" {
                (slot("first", "on the left"))
                (slot("second", "on the right"))
            }
            p class="viewer-hint" {
                "Both move together; where they show both eyes, the other way round, so that both show the same place. "
                "The right eye is on the left, as one faces the patient. Keys: "
                kbd { "[" } " " kbd { "]" } " another photograph of the eye, " kbd { "M" } " the next picture of it, "
                kbd { "G" } " red-free, " kbd { "C" } " closes."
            }
        }
    }
}

fn slot(name: &str, side: &str) -> Markup {
    html! {
        figure class="pane" data-pane=(name) {
            figcaption {
                (tools::flip("-1", &format!("The photograph before, of the same eye, {side}"), "‹"))
                select data-choice="photograph" aria-label={ "Photograph " (side) } {}
                select data-choice="picture" aria-label={ "Picture " (side) } {}
                (tools::flip("1", &format!("The next photograph of the same eye, {side}"), "›"))
            }
            div class="stage" tabindex="0" role="group" aria-label={ "Picture " (side) } {
                div class="layer" {}
                span class="crosshair" hidden aria-hidden="true" {}
            }
        }
    }
}
