//! The page about the running server, for whoever looks after it.

use maud::{Markup, html};

use super::layout;
use super::view::{Bundle, System};
use super::words::{self, text};

/// The page at `/system`.
pub fn system(bundle: &Bundle, system: &System) -> Markup {
    let made_of = text_with!(
        "system-bundle-made-of",
        name = bundle.name.as_str(),
        fingerprint = system.fingerprint.as_str(),
        members = text_with!("frame-members", count = bundle.members),
    );
    let rows: [(&str, String); 8] = [
        (
            text("system-program"),
            format!("Fundoscope {}", system.version),
        ),
        (text("system-bundle"), made_of),
        (text("system-explanations"), system.methods.join(", ")),
        (
            text("system-who-grades"),
            grading(system.grades_here).to_owned(),
        ),
        (text("system-waiting"), waiting(system)),
        (text("system-workers"), system.busy_workers.to_string()),
        (text("system-records"), system.database.to_owned()),
        (text("system-files"), usage(system)),
    ];
    let body = html! {
        header class="screening-head" {
            div {
                h1 { (text("system-title")) }
                p class="muted" { (words::marked(text("system-about"), "")) }
            }
            a class="button quiet" href="/system" { (text("system-again")) }
        }
        section class="card" aria-label=(text("system-title")) {
            dl class="facts system" data-system {
                @for (name, value) in &rows { div { dt { (name) } dd { (value) } } }
            }
        }
    };
    layout::page(text("system-title"), None, None, Some(bundle), body)
}

fn grading(here: bool) -> &'static str {
    match here {
        true => text("system-grades-here"),
        false => text("system-grades-elsewhere"),
    }
}

fn waiting(system: &System) -> String {
    let photographs = text_with!("frame-photographs", count = system.waiting_photographs);
    let explanations = text_with!(
        "system-waiting-explanations",
        count = system.waiting_explanations
    );
    format!("{photographs}, {explanations}")
}

fn usage(system: &System) -> String {
    let files = text_with!("system-files-count", count = system.usage.files);
    format!("{files}, {}", bytes(system.usage.bytes))
}

/// In the largest decimal unit of which there is a whole one.
fn bytes(bytes: u64) -> String {
    const UNITS: [(u64, &str); 3] = [(1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")];
    let unit = UNITS.into_iter().find(|(unit, _)| bytes >= *unit);
    match unit {
        Some((unit, name)) => {
            format!("{} {name}", words::decimal(bytes as f64 / unit as f64, 1))
        }
        None => text_with!("system-bytes", count = bytes),
    }
}
