//! The places to look at: outlines over the colour photograph, a list that zooms to them, and what would change the answer.

use clinic::{Region, words};
use maud::{Markup, html};
use trust::Grade;

use super::icons;
use super::view::{Graded, Method, Places};
use super::words::{language, text};

/// Outlines over the square of the field of view; `shown` says which, by their place in the list.
pub(super) fn on_square(graded: &Graded, shown: impl Fn(usize) -> bool) -> Markup {
    outlines(
        graded,
        [1000.0, 1000.0],
        |place| place.map(|share| 1000.0 * share),
        shown,
    )
}

/// Outlines over the upright photograph.
pub(super) fn on_photograph(graded: &Graded) -> Markup {
    let circle = &graded.field_of_view;
    let sides = [f64::from(graded.width), f64::from(graded.height)];
    let place = |[x, y]: [f64; 2]| {
        [
            circle.center[0] + (2.0 * x - 1.0) * circle.radius,
            circle.center[1] + (2.0 * y - 1.0) * circle.radius,
        ]
    };
    outlines(graded, sides, place, |_| true)
}

fn outlines(
    graded: &Graded,
    [width, height]: [f64; 2],
    place: impl Fn([f64; 2]) -> [f64; 2],
    shown: impl Fn(usize) -> bool,
) -> Markup {
    let regions = regions(&graded.places);
    let longest = width.max(height);
    let points = |region: &Region| {
        let points: Vec<String> = (region.outline.iter())
            .map(|&point| {
                let [x, y] = place(point);
                format!("{x:.1},{y:.1}")
            })
            .collect();
        points.join(" ")
    };
    html! {
        svg class="outlines" data-outlined viewBox={ "0 0 " (width) " " (height) } stroke-width=(format!("{:.1}", longest / 200.0)) aria-hidden="true" focusable="false" {
            @for (index, region) in regions.iter().enumerate().filter(|(index, _)| shown(*index)) {
                g data-outline=(index) {
                    // Dark beneath white, to be seen on dark and on bright places.
                    polygon class="edge" points=(points(region)) {}
                    polygon points=(points(region)) {}
                    @let [x, y] = place(corner(region));
                    text x=(format!("{x:.1}")) y=(format!("{y:.1}")) font-size=(format!("{:.1}", longest / 22.0)) { (index + 1) }
                }
            }
        }
    }
}

/// The upper right corner of a region's bounds, where its number stands.
fn corner(region: &Region) -> [f64; 2] {
    let [_, top, right, _] = bounds(region);
    [right, top]
}

/// Left, top, right, bottom.
fn bounds(region: &Region) -> [f64; 4] {
    let along = |axis: usize| region.outline.iter().map(move |point| point[axis]);
    let least = |axis| along(axis).fold(1.0, f64::min);
    let most = |axis| along(axis).fold(0.0, f64::max);
    [least(0), least(1), most(0), most(1)]
}

fn regions(places: &Places) -> &[Region] {
    match places {
        Places::Found { regions, .. } => regions,
        Places::Absent | Places::Pending => &[],
    }
}

/// The list beside the pictures; empty where places were not looked for, for what a fresh copy of the page may bring or take
/// away.
pub(super) fn list(graded: &Graded, number: usize) -> Markup {
    if graded.places == Places::Absent {
        return html! { section class="places" data-update="places" {} };
    }
    let title = format!("places-{number}");
    html! {
        section class="places" data-update="places" aria-labelledby=(title) {
            @match &graded.places {
                Places::Absent => {},
                Places::Pending => {
                    h3 id=(title) { (text("places-title")) }
                    p class="places-note" { (text("places-pending")) }
                },
                Places::Found { regions, counterfactual } => {
                    h3 id=(title) { (words::places_title(language(), graded.grade)) }
                    p class="places-note" { (words::places_introduction(language(), graded.grade, regions, Method::Combined.title(language()))) }
                    @if !regions.is_empty() {
                        ol { @for (index, region) in regions.iter().enumerate() { (item(index, region)) } }
                        @if graded.grade != Grade::NoDr { p class="places-change" { (words::what_would_change(language(), graded.grade, regions, counterfactual.as_ref())) } }
                    }
                },
            }
        }
    }
}

fn item(index: usize, region: &Region) -> Markup {
    let [left, top, right, bottom] = bounds(region);
    let words::Place {
        evidence,
        size,
        weight,
    } = words::place(language(), region);
    html! {
        li {
            button type="button" data-region=(index) data-bounds=(format!("{left:.4} {top:.4} {right:.4} {bottom:.4}")) aria-pressed="false" {
                span class="place-number" { (index + 1) }
                span class="place-words" {
                    strong { (text_with!("places-evidence", share = evidence)) }
                    " " (text_with!("places-across", size = size))
                    span class="place-weight" { (text_with!("places-by-itself", weight = weight)) }
                }
            }
        }
    }
}

/// What the picture without the decisive places shows, and its name; nothing where there are none.
pub(super) fn without(graded: &Graded, base: &str) -> Option<(Markup, String)> {
    if graded.grade == Grade::NoDr {
        return None;
    }
    match &graded.places {
        Places::Absent
        | Places::Found {
            counterfactual: None,
            ..
        } => None,
        Places::Pending => Some((
            html! { div class="pane-message" data-pending { (icons::waiting()) p { (text("places-pending")) } } },
            text("places-without-pending").to_owned(),
        )),
        Places::Found {
            counterfactual: Some(found),
            ..
        } => Some((
            html! {
                img src={ (base) "/explanations/" (Method::Combined.name()) "/counterfactual" } draggable="false"
                    alt=(text_with!("places-without-alternative", places = words::named(language(), &found.removed)));
                (on_square(graded, |index| found.removed.contains(&index)))
            },
            text_with!(
                "places-without",
                places = words::named(language(), &found.removed),
                grade = found.grade.words_in(language()),
            ),
        )),
    }
}
