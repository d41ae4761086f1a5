//! The page that shows who did and saw what.

use std::collections::HashMap;

use clinic::{AccountId, AuditState, Entry};
use maud::{Markup, html};

use super::view::Bundle;
use super::words::text;
use super::{icons, layout, words};

/// The page at `/audit`, with the names of the accounts, whether there are older entries than these, and what a walk along all
/// of them found where one was asked for.
pub(crate) fn audit(
    bundle: &Bundle,
    entries: &[Entry],
    names: &HashMap<AccountId, String>,
    has_older: bool,
    checked: Option<&AuditState>,
) -> Markup {
    let headings = [
        text("audit-entry"),
        text("audit-when"),
        text("audit-who"),
        text("audit-what"),
        text("audit-of"),
    ];
    let rows = html! { @for entry in entries { (row(entry, names)) } };
    let body = html! {
        header class="screening-head" {
            div {
                h1 { (text("audit-title")) }
                p class="muted" { (text("audit-meaning")) }
            }
            a class="button quiet" href="/audit?verify=yes" { (text("audit-check")) }
        }
        @if let Some(state) = checked { (verdict(state)) }
        section class="card" aria-labelledby="entries-title" {
            h2 id="entries-title" { (text("audit-entries")) }
            @if entries.is_empty() { p class="muted" { (text("audit-none")) } }
            @else { (layout::table(text("audit-table"), &headings, rows)) }
            @if let Some(last) = entries.last().filter(|_| has_older) {
                p { a class="button quiet" href={ "/audit?before=" (last.sequence) } { (text("audit-older")) } }
            }
        }
    };
    layout::page(text("audit-title"), None, None, Some(bundle), body)
}

fn row(entry: &Entry, names: &HashMap<AccountId, String>) -> Markup {
    let name = entry.account().and_then(|id| names.get(&id));
    html! {
        tr {
            th scope="row" { (entry.sequence) }
            td { (words::moment(entry.instant)) }
            td { (name.unwrap_or(&entry.actor)) }
            td { (entry.words_in(words::language())) }
            td { @if let Some(subject) = &entry.subject { code { (subject) } } @else { "–" } }
        }
    }
}

fn verdict(state: &AuditState) -> Markup {
    html! {
        @match state {
            AuditState::Whole { entries, head } => div class="banner" role="status" {
                (icons::information())
                div {
                    p { (text_with!("audit-whole", count = *entries)) }
                    p { (words::marked(text("audit-note"), "")) }
                    p { code { (head.as_str()) } }
                }
            },
            AuditState::Broken(fault) => div class="banner refused" role="alert" {
                (icons::warning())
                p { (words::retold(&fault.to_string())) }
            },
        }
    }
}
