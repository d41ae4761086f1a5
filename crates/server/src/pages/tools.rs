//! The tools above the pictures of a photograph, which its modules in `assets/` bring to life.

use maud::{Markup, html};

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
        div class="zoom" role="group" aria-label="Zoom" {
            button type="button" data-zoom="out" aria-label="Zoom out" { "−" }
            output class="zoom-value" data-zoom-value aria-label="Magnification" { "1.0 ×" }
            button type="button" data-zoom="in" aria-label="Zoom in" { "+" }
            button type="button" data-zoom="all" { "Fit" }
        }
    }
}

/// Ruler and comparison, and the way to the other photographs of the eye.
pub(super) fn tools(among: AmongItsEye) -> Markup {
    html! {
        div class="tools" role="group" aria-label="Tools" {
            button type="button" data-ruler aria-pressed="false" aria-keyshortcuts="d" { "Ruler" }
            button type="button" data-compare aria-keyshortcuts="c" { "Compare" }
        }
        div class="tools flips" data-flips {
            @if among.count > 1 {
                (flip("-1", "The photograph before, of the same eye", "‹"))
                span { (among.place) " of " (among.count) span class="visually-hidden" { " photographs of this eye" } }
                (flip("1", "The next photograph of the same eye", "›"))
            }
        }
    }
}

/// A button to another photograph of the same eye.
pub(super) fn flip(by: &str, name: &str, sign: &str) -> Markup {
    html! { button type="button" data-flip=(by) aria-label=(name) title=(name) { (sign) } }
}

/// What the ruler measured.
pub(super) fn measured() -> Markup {
    html! {
        div class="measured" data-measuring hidden {
            output data-measured aria-live="polite" {}
            button type="button" data-ruler-clear { "Clear" }
            p class="viewer-hint" { "Approximate: a retina is curved, and the disc was measured by the program." }
        }
    }
}

/// Red-free, brightness and contrast; `name` tells these controls from others of the page.
pub(super) fn tone(name: &str) -> Markup {
    html! {
        div class="tools tone" role="group" aria-label="Light" {
            button type="button" data-red-free aria-pressed="false" aria-keyshortcuts="g" title="The green channel in grey" { "Red-free" }
            (level(name, "brightness", "Brightness"))
            (level(name, "contrast", "Contrast"))
            button type="button" data-tone-reset disabled { "Reset" }
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
