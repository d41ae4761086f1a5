//! The page that shows who did and saw what.

use std::collections::HashMap;

use clinic::{AccountId, AuditState, Entry};
use maud::{Markup, html};

use super::view::Bundle;
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
    let headings = ["Entry", "When", "Who", "What", "Of"];
    let rows = html! { @for entry in entries { (row(entry, names)) } };
    let body = html! {
        header class="screening-head" {
            div {
                h1 { "Who did and saw what" }
                p class="muted" {
                    "Every entry holds the fingerprint of the one before it, so that none can be changed or taken out unseen. Records are \
                    named by their opaque identifiers alone."
                }
            }
            a class="button quiet" href="/audit?verify=yes" { "Check the chain" }
        }
        @if let Some(state) = checked { (verdict(state)) }
        section class="card" aria-labelledby="entries-title" {
            h2 id="entries-title" { "Entries, the newest first" }
            @if entries.is_empty() { p class="muted" { "None." } }
            @else { (layout::table("Table of entries", &headings, rows)) }
            @if let Some(last) = entries.last().filter(|_| has_older) {
                p { a class="button quiet" href={ "/audit?before=" (last.sequence) } { "Older entries" } }
            }
        }
    };
    layout::page("Who did and saw what", None, None, Some(bundle), body)
}

fn row(entry: &Entry, names: &HashMap<AccountId, String>) -> Markup {
    let name = entry.account().and_then(|id| names.get(&id));
    html! {
        tr {
            th scope="row" { (entry.sequence) }
            td { (words::moment(entry.instant)) }
            td { (name.unwrap_or(&entry.actor)) }
            td { (entry.words()) }
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
                    p { "The chain is whole: " (entries) @if *entries == 1 { " entry." } @else { " entries." } }
                    p {
                        "Note the fingerprint of the last one elsewhere; " code { "fundoscope audit verify --expect" }
                        " tells later whether it is still there:"
                    }
                    p { code { (head.as_str()) } }
                }
            },
            AuditState::Broken(fault) => div class="banner refused" role="alert" {
                (icons::warning())
                p { (words::sentence(&fault.to_string())) }
            },
        }
    }
}
