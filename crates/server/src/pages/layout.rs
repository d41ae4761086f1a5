//! The frame around every page: head, brand, disclaimer, model.

use clinic::Role;
use language::Language;
use maud::{DOCTYPE, Markup, html};

use super::view::Bundle;
use super::visitor::Visitor;
use super::words::text;
use super::{icons, words};
use crate::spoken;

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
    let language = words::language();
    html! {
        (DOCTYPE)
        html lang=(language.tag()) {
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
                a class="skip" href="#main" { (text("frame-skip")) }
                header class="top" {
                    div class="wide top-row" {
                        a class="brand" href="/" { (icons::mark()) span { "Fundoscope" } }
                        p class="brand-line" { (text("frame-purpose")) }
                        @if visitor.is_let_in() {
                            nav class="top-links" aria-label=(text("frame-main")) {
                                a href="/worklist" { (text("frame-worklist")) }
                                a href="/statistics" { (text("frame-statistics")) }
                            }
                            a class="button quiet" href="/" { (text("frame-new-screening")) }
                        }
                        (who(&visitor))
                    }
                }
                aside class="disclaimer" aria-label=(text("frame-disclaimer-label")) {
                    p class="wide" { (icons::information()) span { (text("frame-disclaimer")) } }
                }
                main id="main" class="wide" tabindex="-1" { (body) }
                (foot(bundle, &visitor))
            }
        }
    }
}

/// A page that says what went wrong: the status's name and one sentence.
pub fn problem(status: u16, title: &str, sentence: &str) -> Markup {
    let body = html! {
        section class="card problem" {
            p class="problem-status" { (text_with!("problem-status", status = status)) }
            h1 { (title) }
            p { (words::retold(sentence)) }
            p { a class="button" href="/" { (text("problem-back")) } }
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
                @if visitor.has_password { a href="/password" title=(text("frame-change-password")) data-account { (name) } }
                @else { span data-account { (name) } }
                @if let Some(role) = visitor.role { span class="muted" { (role.words_in(words::language())) } }
                form method="post" action="/log-out" { button class="quiet button" type="submit" { (text("frame-log-out")) } }
            }
        }
    }
}

fn foot(bundle: Option<&Bundle>, visitor: &Visitor) -> Markup {
    html! {
        footer class="foot" {
            @if let Some(bundle) = bundle { (model(bundle)) (links(visitor)) }
            (languages())
        }
    }
}

fn model(bundle: &Bundle) -> Markup {
    let language = words::language();
    let name = text_with!(
        "frame-model",
        name = bundle.name.as_str(),
        version = bundle.version.as_str(),
    );
    html! {
        details class="wide" {
            summary {
                (words::marked(&name, ""))
                @if let Some(kappa) = &bundle.kappa { " · " (text_with!("frame-validation-kappa", kappa = words::decimal(kappa.value, 2))) }
                @if let Some(auc) = &bundle.referable_auc { " · " (text_with!("frame-validation-auc", auc = words::decimal(auc.value, 2))) }
            }
            dl class="facts" {
                div { dt { (text("frame-network")) } dd { (trust::words::network(language, bundle.members, bundle.input_side)) } }
                @if let Some(kappa) = &bundle.kappa {
                    div { dt { (text("frame-kappa")) } dd { (words::figure(kappa)) } }
                }
                @if let Some(auc) = &bundle.referable_auc {
                    div { dt { (text("frame-referable-auc")) } dd { (words::figure(auc)) } }
                }
                div {
                    dt { (text("frame-measured-on")) }
                    dd { (trust::words::measured_on(language, bundle.validation_photographs)) }
                }
                div { dt { (text("frame-terms")) } dd { (bundle.licence) } }
            }
        }
    }
}

fn links(visitor: &Visitor) -> Markup {
    html! {
        p class="wide foot-link" {
            a href="/bundle" { (text("frame-bundle")) }
            @if visitor.may(Role::Administrator) {
                " · " a href="/monitor" { (text("frame-monitor")) }
                " · " a href="/system" { (text("frame-system")) }
                " · " a href="/accounts" { (text("frame-accounts")) }
                " · " a href="/audit" { (text("frame-audit")) }
            }
        }
    }
}

/// The other languages, each by its own name, so that whoever reads no other finds it.
fn languages() -> Markup {
    let others = Language::ALL.into_iter();
    let others = others.filter(|language| *language != words::language());
    html! {
        form class="wide languages" method="post" action="/language" aria-label=(text("frame-language")) {
            input type="hidden" name="next" value=(spoken::address());
            @for language in others {
                button class="quiet button" type="submit" name="language" value=(language.tag()) lang=(language.tag()) { (language.own_name()) }
            }
        }
    }
}
