//! The page that says whether what is screened lately is still like what the model was validated on.

use maud::{Markup, html};
use trust::drift::{Agreement, Drift, DriftComparison, ENOUGH_PHOTOGRAPHS};

use super::view::Bundle;
use super::words::text;
use super::{layout, words};

/// The page at `/monitor`; `drift` is `None` where the bundle does not note what is compared.
pub fn monitor(bundle: &Bundle, drift: Option<&Drift>, agreement: &Agreement) -> Markup {
    let body = html! {
        header class="screening-head" {
            div {
                h1 { (text("monitor-title")) }
                p class="muted" { (text("monitor-meaning")) }
            }
        }
        @match drift {
            Some(drift) => (compared(drift)),
            None => section class="card" { p { (words::marked(text("monitor-nothing"), "")) } },
        }
        (agreed(agreement))
    };
    layout::page(text("monitor-title"), None, None, Some(bundle), body)
}

fn compared(drift: &Drift) -> Markup {
    let headings = [
        text("monitor-what"),
        text("monitor-verdict"),
        text("monitor-test"),
        text("monitor-p"),
    ];
    let body = html! { @for comparison in &drift.comparisons { (row(comparison, drift.enough)) } };
    html! {
        section class="card" aria-labelledby="drift-title" {
            h2 id="drift-title" { (verdict(drift)) }
            p {
                (counted(drift))
                @if !drift.enough { " " (text_with!("monitor-least", least = ENOUGH_PHOTOGRAPHS)) }
            }
            @if !drift.comparisons.is_empty() {
                (layout::table(text("monitor-table"), &headings, body))
            }
            p class="muted" { (text("monitor-note")) }
        }
    }
}

fn counted(drift: &Drift) -> String {
    text_with!(
        "monitor-counted",
        recent = text_with!("frame-photographs", count = drift.recent),
        reference = text_with!("frame-validation-photographs", count = drift.reference),
    )
}

fn agreed(agreement: &Agreement) -> Markup {
    html! {
        section class="card agreement" aria-labelledby="agreement-title" data-agreement {
            h2 id="agreement-title" { (text("monitor-agreement")) }
            p { (agreement.words_in(words::language())) }
            @if let Some(kappa) = agreement.quadratic_weighted_kappa {
                p { (words::marked(&text_with!("monitor-kappa", kappa = words::decimal(kappa, 2)), "")) }
            }
            p class="muted" { (text("monitor-agreement-note")) }
        }
    }
}

fn verdict(drift: &Drift) -> &'static str {
    match (drift.enough, drift.has_drifted()) {
        (false, _) => text("monitor-too-few"),
        (true, true) => text("monitor-changed"),
        (true, false) => text("monitor-unchanged"),
    }
}

fn row(comparison: &DriftComparison, enough: bool) -> Markup {
    let language = words::language();
    let class = comparison.drifted.then_some("deciding");
    let said = match (comparison.drifted, enough) {
        (true, _) => text("monitor-row-changed"),
        (false, true) => text("monitor-row-unchanged"),
        (false, false) => text("monitor-row-too-few"),
    };
    html! {
        tr class=[class] {
            th scope="row" { (comparison.words_in(language)) }
            td { (said) }
            td { (comparison.test.words_in(language)) }
            td { (words::decimal(comparison.adjusted_p_value, 4)) }
        }
    }
}
