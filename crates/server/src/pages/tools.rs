//! The tools above the pictures of a photograph, which its modules in `assets/` bring to life.

use maud::{Markup, html};

use super::words::text;

/// The place of a photograph among those of its eye.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct AmongItsEye {
    /// From 1.
    pub(super) place: usize,
    /// How many there are.
    pub(super) count: usize,
}

pub(super) fn zoom() -> Markup {
    html! {
        div class="zoom" role="group" aria-label=(text("viewer-zoom")) {
            button type="button" data-zoom="out" aria-label=(text("viewer-zoom-out")) { "−" }
            output class="zoom-value" data-zoom-value aria-label=(text("viewer-magnification")) { "1.0 ×" }
            button type="button" data-zoom="in" aria-label=(text("viewer-zoom-in")) { "+" }
            button type="button" data-zoom="all" { (text("viewer-fit")) }
        }
    }
}

/// Ruler and comparison, and the way to the other photographs of the eye.
pub(super) fn tools(among: AmongItsEye) -> Markup {
    html! {
        div class="tools" role="group" aria-label=(text("viewer-tools")) {
            button type="button" data-ruler aria-pressed="false" aria-keyshortcuts="d" { (text("viewer-ruler")) }
            button type="button" data-compare aria-keyshortcuts="c" { (text("viewer-compare")) }
        }
        div class="tools flips" data-flips {
            @if among.count > 1 {
                (flip("-1", text("viewer-before"), "‹"))
                span { (text_with!("viewer-place", place = among.place, count = among.count)) span class="visually-hidden" { " " (text("viewer-place-of")) } }
                (flip("1", text("viewer-next"), "›"))
            }
        }
    }
}

/// A button to another photograph of the same eye.
pub(super) fn flip(by: &str, name: &str, sign: &str) -> Markup {
    html! { button type="button" data-flip=(by) aria-label=(name) title=(name) { (sign) } }
}

/// Stand for the measured numbers in the sentences that `ruler.js` puts them into.
const DISCS: &str = "%discs%";
const PIXELS: &str = "%pixels%";

/// What the ruler measured.
pub(super) fn measured() -> Markup {
    html! {
        div class="measured" data-measuring hidden data-how=(text("viewer-ruler-how"))
            data-discs=(text_with!("viewer-ruler-discs", discs = DISCS, pixels = PIXELS)) data-pixels=(text_with!("viewer-ruler-pixels", pixels = PIXELS)) {
            output data-measured aria-live="polite" {}
            button type="button" data-ruler-clear { (text("viewer-ruler-clear")) }
            p class="viewer-hint" { (text("viewer-ruler-note")) }
        }
    }
}

/// Red-free, brightness and contrast; `name` tells these controls from others of the page.
pub(super) fn tone(name: &str) -> Markup {
    html! {
        div class="tools tone" role="group" aria-label=(text("viewer-light")) {
            button type="button" data-red-free aria-pressed="false" aria-keyshortcuts="g" title=(text("viewer-red-free-meaning")) { (text("viewer-red-free")) }
            (level(name, "brightness", text("viewer-brightness")))
            (level(name, "contrast", text("viewer-contrast")))
            button type="button" data-tone-reset disabled { (text("viewer-reset")) }
        }
    }
}

fn level(name: &str, filter: &str, title: &str) -> Markup {
    let id = format!("{filter}-{name}");
    html! {
        span class="overlay-control" {
            label for=(id) { (title) }
            input id=(id) type="range" min="40" max="250" step="5" value="100" data-tone=(filter) aria-valuetext="100 %";
        }
    }
}

/// The filter behind *Red-free*, once a page: green becomes all three.
pub(super) fn red_free_filter() -> Markup {
    let green = "0 1 0 0 0  0 1 0 0 0  0 1 0 0 0  0 0 0 1 0";
    html! {
        svg class="visually-hidden" width="0" height="0" aria-hidden="true" focusable="false" {
            filter id="red-free" color-interpolation-filters="sRGB" { feColorMatrix type="matrix" values=(green) {} }
        }
    }
}
