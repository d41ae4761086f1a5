//! The places to look at: outlines over the colour photograph, a list that zooms to them, and what would change the answer.

use clinic::{Counterfactual, Region};
use maud::{Markup, html};
use trust::Grade;

use super::icons;
use super::view::{Graded, Method, Places};
use super::words;

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
                    h3 id=(title) { "Places to look at" }
                    p class="places-note" { "Being computed…" }
                },
                Places::Found { regions, counterfactual } => {
                    h3 id=(title) { (heading(graded.grade)) }
                    p class="places-note" { (introduction(graded.grade, regions)) }
                    @if !regions.is_empty() {
                        ol { @for (index, region) in regions.iter().enumerate() { (item(index, region)) } }
                        @if graded.grade != Grade::NoDr { p class="places-change" { (change(graded.grade, regions, counterfactual.as_ref())) } }
                    }
                },
            }
        }
    }
}

fn heading(grade: Grade) -> &'static str {
    match grade {
        Grade::NoDr => "Places that spoke against “No DR”",
        _ => "Places to look at",
    }
}

fn introduction(grade: Grade, regions: &[Region]) -> String {
    if regions.is_empty() {
        return match grade {
            Grade::NoDr => {
                "No place stands out: nothing in the picture spoke against “No DR”.".to_owned()
            }
            _ => format!(
                "No place stands out: no part of the picture by itself speaks for {}.",
                grade.words()
            ),
        };
    }
    let method = Method::Combined.title();
    let what = match grade {
        Grade::NoDr => "Where the little evidence against it lies".to_owned(),
        _ => format!("Where the evidence for {} lies", grade.words()),
    };
    format!("{what}, by {method}. A place may or may not hold a lesion.")
}

fn item(index: usize, region: &Region) -> Markup {
    let [left, top, right, bottom] = bounds(region);
    html! {
        li {
            button type="button" data-region=(index) data-bounds=(format!("{left:.4} {top:.4} {right:.4} {bottom:.4}")) aria-pressed="false" {
                span class="place-number" { (index + 1) }
                span class="place-words" {
                    strong { (words::percent(region.share_of_evidence as f32)) " of the evidence" }
                    " " (size(region))
                    span class="place-weight" {
                        @if let Some(grade) = region.speaks_for { ", by itself speaks for " (grade.words()) }
                        @else { ", matters little by itself" }
                    }
                }
            }
        }
    }
}

fn size(region: &Region) -> String {
    match region.disc_diameters {
        Some(diameters) => format!("{diameters:.2} disc diameters across"),
        None => format!("{:.1} % of the field across", 100.0 * region.diameter),
    }
}

/// What would have changed the answer, in a sentence.
fn change(grade: Grade, regions: &[Region], counterfactual: Option<&Counterfactual>) -> String {
    match counterfactual {
        Some(found) => format!(
            "Without {} the grade would be {}.",
            named(&found.removed),
            found.grade.words()
        ),
        None if regions.len() == 1 => format!(
            "Without this place the grade would still be {} or worse.",
            grade.words()
        ),
        None => format!(
            "Without all of these places the grade would still be {} or worse.",
            grade.words()
        ),
    }
}

/// `place 2`, `places 1 and 3`, `places 1, 2 and 4`.
fn named(removed: &[usize]) -> String {
    let numbers: Vec<String> = removed
        .iter()
        .map(|index| (index + 1).to_string())
        .collect();
    match numbers.split_last() {
        None => "nothing".to_owned(),
        Some((only, [])) => format!("place {only}"),
        Some((last, others)) => format!("places {} and {last}", others.join(", ")),
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
            html! { div class="pane-message" data-pending { (icons::waiting()) p { "Being computed…" } } },
            "being computed".to_owned(),
        )),
        Places::Found {
            counterfactual: Some(found),
            ..
        } => Some((
            html! {
                img src={ (base) "/explanations/" (Method::Combined.name()) "/counterfactual" } draggable="false"
                    alt={ "The field of view with " (named(&found.removed)) " filled in from around" };
                (on_square(graded, |index| found.removed.contains(&index)))
            },
            format!("without {}: {}", named(&found.removed), found.grade.words()),
        )),
    }
}
