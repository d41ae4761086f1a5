//! Small drawings; each stands beside words that say the same, so all are hidden from screen readers.

use maud::{Markup, PreEscaped, html};
use trust::Decision;

const REFER: &str = r#"<path d="M5 12h13M12.5 6.5 18 12l-5.5 5.5"/>"#;
const RESCREEN: &str = r#"<path d="m5 12.5 4.5 4.5L19 7.5"/>"#;
const UNSURE: &str =
    r#"<path d="M8.8 9a3.3 3.3 0 1 1 5 2.9c-1.2.7-1.8 1.4-1.8 2.8"/><path d="M12 18.2v.1"/>"#;
const RETAKE: &str = r#"<path d="M5 12a7 7 0 1 0 2.2-5.1"/><path d="M5 4.5V8.6h4.1"/>"#;
const WARNING: &str = r#"<path d="M12 4 21 19.5H3z"/><path d="M12 10v4.5M12 17v.1"/>"#;
const INFORMATION: &str = r#"<circle cx="12" cy="12" r="9"/><path d="M12 11v5.5M12 7.6v.1"/>"#;
const PHOTOGRAPH: &str = r#"<path d="M4 15v3.5A1.5 1.5 0 0 0 5.5 20h13a1.5 1.5 0 0 0 1.5-1.5V15"/><path d="M12 15.5V4.5M7.5 9 12 4.5 16.5 9"/>"#;
const HOURGLASS: &str = r#"<circle cx="12" cy="12" r="8.5"/><path d="M12 7v5l3.5 2"/>"#;

/// The sign of a decision.
pub(super) fn decision(decision: Decision) -> Markup {
    icon(match decision {
        Decision::Refer => REFER,
        Decision::Rescreen => RESCREEN,
        Decision::Unsure => UNSURE,
        Decision::Retake => RETAKE,
    })
}

/// Something is wrong.
pub(super) fn warning() -> Markup {
    icon(WARNING)
}

/// Something to know.
pub(super) fn information() -> Markup {
    icon(INFORMATION)
}

/// A photograph to hand in.
pub(super) fn photograph() -> Markup {
    icon(PHOTOGRAPH)
}

/// Work is going on.
pub(super) fn waiting() -> Markup {
    icon(HOURGLASS)
}

/// One picture large.
pub(super) fn enlarge() -> Markup {
    marked(
        "icon more",
        r#"<path d="M14 4h6v6M20 4l-7 7M10 20H4v-6M4 20l7-7"/>"#,
    )
}

/// All pictures small again.
pub(super) fn shrink() -> Markup {
    marked(
        "icon less",
        r#"<path d="M20 10h-6V4M14 10l6-6M4 14h6v6M10 14l-6 6"/>"#,
    )
}

/// The mark of the program: a retina with its optic disc and two vessel arcs.
pub(super) fn mark() -> Markup {
    html! {
        svg class="mark" viewBox="0 0 32 32" width="32" height="32" aria-hidden="true" {
            circle class="mark-retina" cx="16" cy="16" r="14" {}
            path class="mark-vessel" d="M10.5 15C12 9 18 6.5 25 8.5M10.5 17C12 23 18 25.5 25 23.5" {}
            circle class="mark-disc" cx="9.5" cy="16" r="3.2" {}
            circle class="mark-fovea" cx="20.5" cy="16" r="2" {}
        }
    }
}

fn icon(paths: &'static str) -> Markup {
    marked("icon", paths)
}

fn marked(class: &'static str, paths: &'static str) -> Markup {
    html! {
        svg class=(class) viewBox="0 0 24 24" width="24" height="24" fill="none" stroke="currentColor" stroke-width="2"
            stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" { (PreEscaped(paths)) }
    }
}
