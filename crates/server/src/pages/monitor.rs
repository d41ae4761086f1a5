//! The page that says whether what is screened lately is still like what the model was validated on.

use maud::{Markup, html};
use trust::drift::{Agreement, Drift, DriftComparison, ENOUGH_PHOTOGRAPHS};

use super::view::Bundle;
use super::{layout, words};

/// The page at `/monitor`; `drift` is `None` where the bundle does not note what is compared.
pub fn monitor(bundle: &Bundle, drift: Option<&Drift>, agreement: &Agreement) -> Markup {
    let body = html! {
        header class="screening-head" {
            div {
                h1 { "Is the model still at home here?" }
                p class="muted" {
                    "What was screened lately beside the photographs that the model was validated on. A model answers worse \
                    where cameras, patients or operators are others."
                }
            }
        }
        @match drift {
            Some(drift) => (compared(drift)),
            None => section class="card" {
                p {
                    "The bundle does not note the grades and the quality of its validation photographs, so there is nothing to \
                    compare with. Fit it anew with " code { "fundoscope bundle calibrate" } "."
                }
            },
        }
        (agreed(agreement))
    };
    layout::page(
        "Is the model still at home here?",
        None,
        None,
        Some(bundle),
        body,
    )
}

fn compared(drift: &Drift) -> Markup {
    let headings = ["What was compared", "Verdict", "Test", "p, corrected"];
    let body = html! { @for comparison in &drift.comparisons { (row(comparison, drift.enough)) } };
    html! {
        section class="card" aria-labelledby="drift-title" {
            h2 id="drift-title" { (verdict(drift)) }
            p {
                (words::count(drift.recent, "photograph")) " screened lately, "
                (words::count(drift.reference, "validation photograph")) "."
                @if !drift.enough {
                    " At least " (ENOUGH_PHOTOGRAPHS) " of each are needed before anything can be said."
                }
            }
            @if !drift.comparisons.is_empty() {
                (layout::table("Table of comparisons", &headings, body))
            }
            p class="muted" {
                "A difference counts where it is unlikely to be chance (p below 0.01 after Holm's correction for looking at several) \
                and large enough to matter (0.1 of the distribution). Two eyes of one patient are not two witnesses, so the \
                tests are a little too eager."
            }
        }
    }
}

fn agreed(agreement: &Agreement) -> Markup {
    html! {
        section class="card agreement" aria-labelledby="agreement-title" data-agreement {
            h2 id="agreement-title" { "Do the reviewers agree with it?" }
            p { (agreement.words()) }
            @if let Some(kappa) = agreement.quadratic_weighted_kappa {
                p { "Quadratic weighted kappa between reviewers and system: " strong { (format!("{kappa:.2}")) } "." }
            }
            p class="muted" {
                "Who reviews only what the system was unsure of sees it at its worst: such an agreement is lower without anything \
                having changed."
            }
        }
    }
}

fn verdict(drift: &Drift) -> &'static str {
    match (drift.enough, drift.has_drifted()) {
        (false, _) => "Too few photographs to say",
        (true, true) => "What is screened has changed",
        (true, false) => "Nothing has changed that matters",
    }
}

fn row(comparison: &DriftComparison, enough: bool) -> Markup {
    let class = comparison.drifted.then_some("deciding");
    let said = match (comparison.drifted, enough) {
        (true, _) => "Changed",
        (false, true) => "As before",
        (false, false) => "Too few to say",
    };
    html! {
        tr class=[class] {
            th scope="row" { (comparison.words()) }
            td { (said) }
            td { (comparison.test.words()) }
            td { (format!("{:.4}", comparison.adjusted_p_value)) }
        }
    }
}
