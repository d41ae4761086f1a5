//! Two pictures of a screening side by side; `comparison.js` fills them from the page.

use maud::{Markup, html};

use super::tools;
use super::words::{marked, text};

/// The window, which is closed at first.
pub(super) fn comparison() -> Markup {
    html! {
        dialog class="viewer comparison" aria-labelledby="comparison-title" data-comparison {
            div class="viewer-bar" {
                h2 id="comparison-title" { (text("viewer-compare")) }
                (tools::zoom())
                (tools::tone("comparison"))
                button type="button" class="comparison-close" data-close { (text("frame-close")) }
            }
            div class="comparison-slots" {
                (slot("first", text("comparison-left")))
                (slot("second", text("comparison-right")))
            }
            p class="viewer-hint" {
                (marked(text("comparison-hint"), ""))
            }
        }
    }
}

fn slot(name: &str, side: &str) -> Markup {
    html! {
        figure class="pane" data-pane=(name) {
            figcaption {
                (tools::flip("-1", &text_with!("comparison-before", side = side), "‹"))
                select data-choice="photograph" aria-label=(text_with!("comparison-photograph", side = side)) {}
                select data-choice="picture" aria-label=(text_with!("comparison-picture", side = side)) {}
                (tools::flip("1", &text_with!("comparison-next", side = side), "›"))
            }
            div class="stage" tabindex="0" role="group" aria-label=(text_with!("comparison-picture", side = side)) {
                div class="layer" {}
                span class="crosshair" hidden aria-hidden="true" {}
            }
        }
    }
}
