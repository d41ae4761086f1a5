//! The pictures of one photograph side by side, and the controls that `viewer.js` brings to life.

use maud::{Markup, html};

use super::tools::{self, AmongItsEye};
use super::view::{Explanation, Graded, Places, Stage};
use super::words::text;
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
        section class="viewer" data-viewer data-disc=[disc.map(|disc| format!("{disc:.5}"))] aria-label=(text_with!("viewer-label", number = number)) {
            div class="viewer-bar needs-script" {
                (tools::zoom())
                (tools::tools(among))
                (tools::tone(&number.to_string()))
                p class="viewer-hint" id=(hint) {
                    (words::marked(text("viewer-hint"), ""))
                }
                (tools::measured())
            }
            div class="panes" {
                (original(graded, base, &hint, file, explained))
                (pane("cropped", text("viewer-field"), text("viewer-field-note"), &hint, html! {
                    img src={ (base) "/cropped" } alt=(text("viewer-field-alternative")) draggable="false";
                    @if explained {
                        img class="map over" data-over-map alt="" draggable="false" hidden;
                        (places::on_square(graded, |_| true))
                    }
                }))
                (pane("standardized", text("viewer-standardized"), text("viewer-standardized-note"), &hint, html! {
                    img src={ (base) "/standardized" } alt=(text("viewer-standardized-alternative")) draggable="false";
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
            (pane("counterfactual", text("viewer-change"), &note, hint, content))
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
                label for=(slider) { (text("viewer-overlay")) }
                input id=(slider) type="range" min="0" max="100" step="5" value="85" data-opacity;
                output for=(slider) data-opacity-value { "85 %" }
            }
            label class="check needs-script" {
                input type="checkbox" checked data-grey;
                span { (text("viewer-grey")) }
            }
            label class="visually-hidden" for=(colours) { (text("viewer-colours")) }
            select class="needs-script" id=(colours) data-palette {
                option value="blue-red" selected { (text("viewer-blue-red")) }
                option value="blue-yellow" { (text("viewer-blue-yellow")) }
            }
            label class="check needs-script" title=(text("viewer-lines-meaning")) {
                input type="checkbox" data-contours;
                span { (text("viewer-lines")) }
            }
            @if graded.places != Places::Absent {
                label class="check needs-script" {
                    input type="checkbox" checked data-outlines;
                    span { (text("viewer-outlines")) }
                }
            }
            div class="overlay-control needs-script" {
                label for=(over) { (text("viewer-over")) }
                select id=(over) data-over {
                    option value="" selected { (text("viewer-over-nothing")) }
                    @for explanation in &graded.explanations {
                        option value=(explanation.method.name()) data-map=(map_address(explanation, base)) { (explanation.method.title(words::language())) }
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
            span class="legend-word" { (text("viewer-against")) }
            svg viewBox="0 0 90 10" width="90" height="10" aria-hidden="true" focusable="false" {
                @for (step, opacity) in ["0.95", "0.7", "0.4", "0.15"].iter().enumerate() {
                    rect class="negative" x=(step * 10) y="0" width="10" height="10" fill-opacity=(opacity) {}
                    rect class="positive" x=(80 - step * 10) y="0" width="10" height="10" fill-opacity=(opacity) {}
                }
            }
            span class="legend-word" { (text("viewer-for")) }
            span class="legend-word" data-contours-legend hidden { (text("viewer-lines-legend")) }
            span class="visually-hidden" { (text("viewer-legend")) }
        }
    }
}

fn original(graded: &Graded, base: &str, hint: &str, file: &str, explained: bool) -> Markup {
    let circle = &graded.field_of_view;
    let content = html! {
        img src={ (base) "/original" } alt=(text_with!("viewer-original-alternative", file = file)) draggable="false"
            data-width=(graded.width) data-height=(graded.height)
            data-center-x=(circle.center[0]) data-center-y=(circle.center[1]) data-radius=(circle.radius);
        svg class="circle" viewBox={ "0 0 " (graded.width) " " (graded.height) } aria-hidden="true" focusable="false" {
            circle cx=(circle.center[0]) cy=(circle.center[1]) r=(circle.radius) {}
        }
        @if explained { (places::on_photograph(graded)) }
    };
    pane(
        "original",
        text("viewer-original"),
        text("viewer-original-note"),
        hint,
        content,
    )
}

fn explanation_pane(explanation: &Explanation, base: &str, hint: &str) -> Markup {
    let method = explanation.method;
    let title = method.title(words::language());
    let map = map_address(explanation, base);
    let (content, note) = match explanation.stage {
        Stage::Pending => (waiting(), text("viewer-pending-note")),
        Stage::Failed => (message(text("viewer-failed")), text("viewer-failed-note")),
        Stage::Ready { empty: true, .. } => (
            html! { (cropped_below(base)) (message(text("viewer-empty"))) },
            text("viewer-empty-note"),
        ),
        Stage::Ready { empty: false, .. } => (
            html! {
                (cropped_below(base))
                img class="map" src=(map) draggable="false"
                    alt=(text_with!("viewer-map-alternative", method = title, target = explanation.target.as_str()));
            },
            "",
        ),
    };
    let note = if note.is_empty() {
        for_target(explanation)
    } else {
        note.to_owned()
    };
    pane(method.name(), title, &note, hint, content)
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

/// What is explained, and what the full colour stands for, in the score's unit (logits).
fn for_target(explanation: &Explanation) -> String {
    let target = explanation.target.as_str();
    match explanation.stage {
        Stage::Ready {
            scale: Some(scale), ..
        } => text_with!(
            "viewer-for-target-scaled",
            target = target,
            scale = words::significant(scale),
        ),
        _ => text_with!("viewer-for-target", target = target),
    }
}

fn cropped_below(base: &str) -> Markup {
    html! { img class="below" src={ (base) "/cropped" } alt="" draggable="false"; }
}

fn waiting() -> Markup {
    html! { div class="pane-message" data-pending { (icons::waiting()) p { (text("places-pending")) } } }
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
                button type="button" class="enlarge needs-script" data-enlarge aria-pressed="false" aria-label=(text_with!("viewer-enlarge", title = title)) { (icons::enlarge()) (icons::shrink()) }
            }
        }
    }
}
