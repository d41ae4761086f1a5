//! The frame around every page: head, brand, disclaimer, model.

use clinic::Role;
use maud::{DOCTYPE, Markup, html};
use trust::DISCLAIMER;

use super::view::Bundle;
use super::visitor::Visitor;
use super::{icons, words};

/// A whole page. `script` is the module in `/assets/` that serves it, `refresh` the seconds after which a
/// browser without JavaScript should look again.
pub(super) fn page(
    title: &str,
    script: Option<&str>,
    refresh: Option<u32>,
    bundle: Option<&Bundle>,
    body: Markup,
) -> Markup {
    let visitor = Visitor::now();
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="referrer" content="no-referrer";
                title { (title) " · Fundoscope" }
                link rel="icon" href="/assets/icon.svg" type="image/svg+xml";
                link rel="stylesheet" href="/assets/style.css";
                link rel="stylesheet" href="/assets/viewer.css";
                link rel="stylesheet" href="/assets/worklist.css";
                link rel="stylesheet" href="/assets/print.css" media="print";
                @if let Some(script) = script { script type="module" src={ "/assets/" (script) } {} }
                @if let Some(seconds) = refresh { noscript { meta http-equiv="refresh" content=(seconds); } }
            }
            body {
                a class="skip" href="#main" { "Skip to the content" }
                header class="top" {
                    div class="wide top-row" {
                        a class="brand" href="/" { (icons::mark()) span { "Fundoscope" } }
                        p class="brand-line" { "Screening for diabetic retinopathy" }
                        @if visitor.is_let_in() {
                            nav class="top-links" aria-label="Main" {
                                a href="/worklist" { "Worklist" }
                                a href="/statistics" { "Statistics" }
                            }
                            a class="button quiet" href="/" { "New screening" }
                        }
                        (who(&visitor))
                    }
                }
                aside class="disclaimer" aria-label="Disclaimer" {
                    p class="wide" { (icons::information()) span { (DISCLAIMER) } }
                }
                main id="main" class="wide" tabindex="-1" { (body) }
                @if let Some(bundle) = bundle { (foot(bundle, &visitor)) }
            }
        }
    }
}

/// A page that says what went wrong: the status's name and one sentence.
pub fn problem(status: u16, title: &str, sentence: &str) -> Markup {
    let body = html! {
        section class="card problem" {
            p class="problem-status" { "Error " (status) }
            h1 { (title) }
            p { (words::sentence(sentence)) }
            p { a class="button" href="/" { "Back to the start" } }
        }
    };
    page(title, None, None, None, body)
}

/// A table with one heading a column that scrolls by itself where it is too wide; `body` is its rows, `label` what it is of.
pub(super) fn table(label: &str, headings: &[&str], body: Markup) -> Markup {
    html! {
        div class="table-frame" tabindex="0" role="group" aria-label=(label) {
            table class="points" {
                thead { tr { @for heading in headings { th scope="col" { (heading) } } } }
                tbody { (body) }
            }
        }
    }
}

/// Who is logged in, and the way out.
fn who(visitor: &Visitor) -> Markup {
    html! {
        @if let Some(name) = &visitor.name {
            div class="who" {
                @if visitor.has_password { a href="/password" title="Change the password" data-account { (name) } }
                @else { span data-account { (name) } }
                @if let Some(role) = visitor.role { span class="muted" { (role.name()) } }
                form method="post" action="/log-out" { button class="quiet button" type="submit" { "Log out" } }
            }
        }
    }
}

fn foot(bundle: &Bundle, visitor: &Visitor) -> Markup {
    html! {
        footer class="foot" {
            details class="wide" {
                summary {
                    "Model " strong { (bundle.name) " " (bundle.version) }
                    @if let Some(kappa) = &bundle.kappa { " · validation kappa " (format!("{:.2}", kappa.value)) }
                    @if let Some(auc) = &bundle.referable_auc { " · AUC for referable " (format!("{:.2}", auc.value)) }
                }
                dl class="facts" {
                    div { dt { "Network" } dd { (trust::words::network(bundle.members, bundle.input_side)) } }
                    @if let Some(kappa) = &bundle.kappa {
                        div { dt { (trust::words::KAPPA) } dd { (words::figure(kappa)) } }
                    }
                    @if let Some(auc) = &bundle.referable_auc {
                        div { dt { (trust::words::REFERABLE_AUC) } dd { (words::figure(auc)) } }
                    }
                    div {
                        dt { "Measured on" }
                        dd { (trust::words::measured_on(bundle.validation_photographs)) }
                    }
                    div { dt { "Terms" } dd { (bundle.licence) } }
                }
            }
            p class="wide foot-link" {
                a href="/bundle" { "How this model decides" }
                @if visitor.may(Role::Administrator) {
                    " · " a href="/monitor" { "Is the model still at home here?" }
                    " · " a href="/accounts" { "Accounts" }
                    " · " a href="/audit" { "Audit" }
                }
            }
        }
    }
}
