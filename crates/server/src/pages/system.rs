//! The page about the running server, for whoever looks after it.

use maud::{Markup, html};

use super::view::{Bundle, System};
use super::{layout, words};

/// The page at `/system`.
pub fn system(bundle: &Bundle, system: &System) -> Markup {
    let rows: [(&str, String); 8] = [
        ("Program", format!("Fundoscope {}", system.version)),
        (
            "Model bundle",
            format!(
                "{}, fingerprint {}, {}",
                bundle.name,
                system.fingerprint,
                words::count(bundle.members, "member")
            ),
        ),
        ("Explanations", system.methods.join(", ")),
        ("Who grades", grading(system.grades_here).to_owned()),
        ("Waiting or being worked on", waiting(system)),
        ("Workers with work in hand", system.busy_workers.to_string()),
        ("Records", system.database.to_owned()),
        ("Stored files", usage(system)),
    ];
    let body = html! {
        header class="screening-head" {
            div {
                h1 { "The system" }
                p class="muted" { "How this server is at this moment. " code { "/metrics" } " tells programs what waits, and counts over time." }
            }
            a class="button quiet" href="/system" { "Look again" }
        }
        section class="card" aria-label="The system" {
            dl class="facts system" data-system {
                @for (name, value) in &rows { div { dt { (name) } dd { (value) } } }
            }
        }
    };
    layout::page("The system", None, None, Some(bundle), body)
}

fn grading(here: bool) -> &'static str {
    match here {
        true => "this server, and any worker that shares its records",
        false => "workers that share its records",
    }
}

fn waiting(system: &System) -> String {
    let [photographs, explanations] = [
        (system.waiting_photographs, "photograph"),
        (system.waiting_explanations, "explanation"),
    ]
    .map(|(count, what)| words::count(usize::try_from(count).unwrap_or(usize::MAX), what));
    format!("{photographs}, {explanations}")
}

fn usage(system: &System) -> String {
    let files = usize::try_from(system.usage.files).unwrap_or(usize::MAX);
    format!(
        "{}, {}",
        words::count(files, "file"),
        bytes(system.usage.bytes)
    )
}

/// In the largest decimal unit of which there is a whole one.
fn bytes(bytes: u64) -> String {
    const UNITS: [(u64, &str); 3] = [(1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")];
    let unit = UNITS.into_iter().find(|(unit, _)| bytes >= *unit);
    match unit {
        Some((unit, name)) => format!("{:.1} {name}", bytes as f64 / unit as f64),
        None => format!("{bytes} bytes"),
    }
}
