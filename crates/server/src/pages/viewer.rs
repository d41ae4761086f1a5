//! The pictures of one photograph side by side, and the controls that `viewer.js` brings to life.

use maud::{Markup, html};

use super::tools::{self, AmongItsEye};
use super::view::{Explanation, Graded, Places, Stage};
use super::{icons, places, words};

/// The viewer. `base` is the address below which the photograph's pictures lie; `number` counts photographs from 1.
/// With `explained` false the explanations are left out, because there is no grade to explain.
pub(super) fn viewer(
    graded: &Graded,
    base: &str,
    number: usize,
    file: &str,
    explained: bool,
    among: AmongItsEye,
) -> Markup {
    let hint = format!("hint-{number}");
    let disc = graded.places.disc_diameter();
    html! {
        section class="viewer" data-viewer data-disc=[disc.map(|disc| format!("{disc:.5}"))] aria-label={ "Pictures of photograph " (number) } {
            div class="viewer-bar needs-script" {
                (tools::zoom())
                (tools::tools(among))
                (tools::tone(&number.to_string()))
                p class="viewer-hint" id=(hint) {
                    "Wheel or pinch zooms, drag moves; all pictures follow. Keys: "
                    kbd { "+" } " " kbd { "−" } " zoom, arrows move, " kbd { "0" } " fits, " kbd { "Enter" } " enlarges, "
                    kbd { "?" } " shows all."
                }
                (tools::measured())
            }
            div class="panes" {
                (original(graded, base, &hint, file, explained))
                (pane("cropped", "Field of view", "cut to the circle of the retina", &hint, html! {
                    img src={ (base) "/cropped" } alt="The field of view, cut to its square" draggable="false";
                    @if explained {
                        img class="map over" data-over-map alt="" draggable="false" hidden;
                        (places::on_square(graded, |_| true))
                    }
                }))
                (pane("standardized", "Standardised", "what the network sees", &hint, html! {
                    img src={ (base) "/standardized" } alt="The standardised picture that the network sees" draggable="false";
                }))
                @if explained {
                    (looked_at(graded, base, number, &hint))
                    (overlay_controls(graded, base, number))
                    @for explanation in &graded.explanations { (explanation_pane(explanation, base, &hint)) }
                }
            }
        }
    }
}

/// The list of the places to look at, and the picture without those that the grade depends on.
fn looked_at(graded: &Graded, base: &str, number: usize, hint: &str) -> Markup {
    html! {
        (places::list(graded, number))
        @if let Some((content, note)) = places::without(graded, base) {
            (pane("counterfactual", "What would change it", &note, hint, content))
        }
    }
}

/// How the explanations lie over the photograph; the legend is there without JavaScript, too.
fn overlay_controls(graded: &Graded, base: &str, number: usize) -> Markup {
    let over = format!("over-{number}");
    let slider = format!("overlay-{number}");
    let colours = format!("colours-{number}");
    html! {
        div class="overlay-bar" {
            div class="overlay-control needs-script" {
                label for=(slider) { "Overlay" }
                input id=(slider) type="range" min="0" max="100" step="5" value="85" data-opacity;
                output for=(slider) data-opacity-value { "85 %" }
            }
            label class="check needs-script" {
                input type="checkbox" checked data-grey;
                span { "Grey below" }
            }
            label class="visually-hidden" for=(colours) { "Colours of the overlay" }
            select class="needs-script" id=(colours) data-palette {
                option value="blue-red" selected { "blue and red" }
                option value="blue-yellow" { "blue and yellow" }
            }
            label class="check needs-script" title="Lines at 25, 50 and 75 % of the greatest evidence, smoothed" {
                input type="checkbox" data-contours;
                span { "Lines only" }
            }
            @if graded.places != Places::Absent {
                label class="check needs-script" {
                    input type="checkbox" checked data-outlines;
                    span { "Outlines" }
                }
            }
            div class="overlay-control needs-script" {
                label for=(over) { "Over the field of view" }
                select id=(over) data-over {
                    option value="" selected { "nothing" }
                    @for explanation in &graded.explanations {
                        option value=(explanation.method.name()) data-map=(map_address(explanation, base)) { (explanation.method.title()) }
                    }
                }
            }
            (legend())
        }
    }
}

/// What the colours mean, in words and as a strip.
fn legend() -> Markup {
    html! {
        div class="legend" {
            span class="legend-word" { "against" }
            svg viewBox="0 0 90 10" width="90" height="10" aria-hidden="true" focusable="false" {
                @for (step, opacity) in ["0.95", "0.7", "0.4", "0.15"].iter().enumerate() {
                    rect class="negative" x=(step * 10) y="0" width="10" height="10" fill-opacity=(opacity) {}
                    rect class="positive" x=(80 - step * 10) y="0" width="10" height="10" fill-opacity=(opacity) {}
                }
            }
            span class="legend-word" { "for" }
            span class="legend-word" data-contours-legend hidden { "lines at 25, 50, 75 % of the greatest" }
            span class="visually-hidden" { "Blue speaks for the grade, the other colour against it." }
        }
    }
}

fn original(graded: &Graded, base: &str, hint: &str, file: &str, explained: bool) -> Markup {
    let circle = &graded.field_of_view;
    let content = html! {
        img src={ (base) "/original" } alt={ "The photograph " (file) " as it was taken" } draggable="false"
            data-width=(graded.width) data-height=(graded.height)
            data-center-x=(circle.center[0]) data-center-y=(circle.center[1]) data-radius=(circle.radius);
        svg class="circle" viewBox={ "0 0 " (graded.width) " " (graded.height) } aria-hidden="true" focusable="false" {
            circle cx=(circle.center[0]) cy=(circle.center[1]) r=(circle.radius) {}
        }
        @if explained { (places::on_photograph(graded)) }
    };
    pane(
        "original",
        "Original",
        "and its field of view",
        hint,
        content,
    )
}

fn explanation_pane(explanation: &Explanation, base: &str, hint: &str) -> Markup {
    let method = explanation.method;
    let map = map_address(explanation, base);
    let (content, note) = match explanation.stage {
        Stage::Pending => (waiting(), "being computed"),
        Stage::Failed => (
            message("This explanation could not be computed."),
            "not available",
        ),
        Stage::Ready { empty: true, .. } => (
            html! { (cropped_below(base)) (message("Empty: nothing in the picture spoke for or against the grade.")) },
            "empty",
        ),
        Stage::Ready { empty: false, .. } => (
            html! {
                (cropped_below(base))
                img class="map" src=(map) draggable="false"
                    alt={ (method.title()) ": where the picture speaks for " (explanation.target) ", in blue, and where against it" };
            },
            "",
        ),
    };
    let for_target = if note.is_empty() {
        format!("for {}{}", explanation.target, full_colour(explanation))
    } else {
        note.to_owned()
    };
    pane(method.name(), method.title(), &for_target, hint, content)
}

/// Where the colours of a map are found, on the scale that it shares with the others of the screening.
fn map_address(explanation: &Explanation, base: &str) -> String {
    let address = format!("{base}/explanations/{}/map", explanation.method.name());
    match explanation.stage {
        Stage::Ready {
            scale: Some(scale), ..
        } => format!("{address}?scale={scale}"),
        _ => address,
    }
}

/// What the full colour stands for, in the score's unit (logits).
fn full_colour(explanation: &Explanation) -> String {
    match explanation.stage {
        Stage::Ready {
            scale: Some(scale), ..
        } => format!(", full colour at ±{}", words::significant(scale)),
        _ => String::new(),
    }
}

fn cropped_below(base: &str) -> Markup {
    html! { img class="below" src={ (base) "/cropped" } alt="" draggable="false"; }
}

fn waiting() -> Markup {
    html! { div class="pane-message" data-pending { (icons::waiting()) p { "Being computed…" } } }
}

fn message(sentence: &str) -> Markup {
    html! { div class="pane-message" { (icons::information()) p { (sentence) } } }
}

/// One picture: a stage that can be focused and moved, and its name.
fn pane(name: &str, title: &str, note: &str, hint: &str, content: Markup) -> Markup {
    html! {
        figure class="pane" data-pane=(name) {
            div class="stage" tabindex="0" role="group" aria-label={ (title) ", " (note) } aria-describedby=(hint) {
                div class="layer" { (content) }
                span class="crosshair" hidden aria-hidden="true" {}
            }
            figcaption {
                span class="pane-name" { strong { (title) } " " span class="pane-note" { (note) } }
                button type="button" class="enlarge needs-script" data-enlarge aria-pressed="false" aria-label={ "Enlarge " (title) } { (icons::enlarge()) (icons::shrink()) }
            }
        }
    }
}
