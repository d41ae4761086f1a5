//! The five probabilities as bars with their spread.

use maud::{Markup, html};
use trust::{Grade, PredictionSet};

use super::view::Graded;
use super::words::text;
use super::{prediction, words};

/// A table of the grades: a bracket beside those of the prediction set, bar, whisker of one standard deviation either way,
/// and the numbers.
pub(super) fn probabilities(graded: &Graded) -> Markup {
    html! {
        table class="bars" {
            caption {
                (text("bars-title"))
                @if graded.passes > 1 { " " span class="muted" { (text_with!("bars-spread", passes = graded.passes)) } }
            }
            thead class="visually-hidden" {
                tr { th scope="col" { (text("bars-grade")) } @if graded.prediction.is_some() { th scope="col" { (text("bars-in-set")) } } th scope="col" { (text("bars-bar")) } th scope="col" { (text("bars-probability")) } th scope="col" { (text("bars-deviation")) } }
            }
            tbody {
                @for grade in Grade::ALL {
                    @let probability = graded.probabilities.get(grade);
                    @let spread = graded.uncertainty.std[grade.index()];
                    tr class=(if grade == graded.grade { "chosen" } else { "" }) data-grade=(grade.index()) {
                        th scope="row" { span class="grade-number" { (grade.index()) } (words::grade(grade)) }
                        @if let Some(prediction) = &graded.prediction { (membership(prediction.set, grade)) }
                        td class="bar-cell" { (bar(probability, spread)) }
                        td class="number" { (words::percent(probability)) }
                        td class="number muted" { "± " (words::points(spread)) }
                    }
                }
            }
        }
        @if let Some(each) = &graded.prediction { (prediction::prediction(each)) }
    }
}

/// Whether a grade is in the prediction set: a bracket that runs past all of its bars, and a word for screen readers.
fn membership(set: PredictionSet, grade: Grade) -> Markup {
    let mut class = "in-set".to_owned();
    if grade == set.lowest() {
        class += " set-begin";
    }
    if grade == set.highest() {
        class += " set-end";
    }
    html! {
        @if set.contains(grade) { td class=(class) data-in-set { span class="visually-hidden" { (text("bars-yes")) } } }
        @else { td { span class="visually-hidden" { (text("bars-no")) } } }
    }
}

/// A bar from 0 to 1 with a whisker around its end; the numbers stand beside it, so it is hidden from screen readers.
fn bar(probability: f32, spread: f32) -> Markup {
    let position = |share: f32| format!("{:.2}", share.clamp(0.0, 1.0) * 100.0);
    let end = position(probability);
    let lower = position(probability - spread);
    let upper = position(probability + spread);
    html! {
        svg class="bar" viewBox="0 0 100 16" preserveAspectRatio="none" aria-hidden="true" focusable="false" {
            rect class="bar-track" x="0" y="3" width="100" height="10" {}
            rect class="bar-fill" x="0" y="3" width=(end) height="10" {}
            @for tick in ["25", "50", "75"] { line class="bar-tick" x1=(tick) x2=(tick) y1="3" y2="13" {} }
            line class="whisker" x1=(lower) x2=(upper) y1="8" y2="8" {}
            line class="whisker" x1=(lower) x2=(lower) y1="4.5" y2="11.5" {}
            line class="whisker" x1=(upper) x2=(upper) y1="4.5" y2="11.5" {}
        }
    }
}

/// The probability of referable retinopathy on a scale of its own.
pub(super) fn referable(graded: &Graded) -> Markup {
    let probability = graded.probabilities.referable();
    html! {
        div class="referable" {
            p class="referable-number" data-referable { (words::percent(probability)) }
            div {
                p class="referable-name" { (text("bars-referable")) }
                p class="muted small" { (text("bars-referable-meaning")) " " (text("bars-oedema")) }
            }
        }
    }
}
