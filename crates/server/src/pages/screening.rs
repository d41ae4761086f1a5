//! The page of one screening.

use clinic::EyeAnswer;
use maud::{Markup, html};

use super::view::{Bundle, Outcome, Photograph, Screening, State};
use super::{comparison, eyes, help, icons, layout, photograph, tools, words};

/// Seconds after which a browser without JavaScript looks again while the work goes on.
const REFRESH_SECONDS: u32 = 3;

/// The result page, complete at every stage of the work.
pub fn screening(bundle: &Bundle, screening: &Screening) -> Markup {
    let many = screening.photographs.len() > 1;
    let body = html! {
        header class="screening-head" {
            div {
                h1 { "Screening result" }
                p class="muted" {
                    (words::moment(screening.received))
                    " · " (words::count(screening.photographs.len(), "photograph"))
                    @if let Some(patient) = &screening.patient { " · Patient " (named(screening, patient)) }
                }
            }
            div class="head-buttons" {
                a class="button quiet" href="/worklist" { "Worklist" }
                (help::show_keys())
                button type="button" class="button quiet needs-script" data-print { "Print" }
            }
        }
        div data-screening=(screening.id) data-state=(screening.state.name()) {
            (progress(screening))
            (report(screening))
            (eyes::eyes(screening))
            @if many { (overview(&screening.photographs)) }
            @for (index, each) in screening.photographs.iter().enumerate() { (photograph::photograph(screening, index, each)) }
        }
        (tools::red_free_filter())
        (comparison::comparison())
        (keys())
    };
    // A page with forms would lose what is being written into them.
    let is_reviewable = (screening.eyes.iter()).any(|eye| eye.answer != EyeAnswer::Pending);
    let refresh = (!screening.state.is_final() && !is_reviewable).then_some(REFRESH_SECONDS);
    layout::page(
        "Screening result",
        Some("screening.js"),
        refresh,
        Some(bundle),
        body,
    )
}

/// What the keyboard does here.
fn keys() -> Markup {
    help::keys(
        "Keys of a screening",
        &[
            (&["+", "−"], "zoom in and out, in a picture"),
            (&["0"], "shows all of it"),
            (&["←", "→", "↑", "↓"], "move what is zoomed into"),
            (&["Enter"], "enlarges the picture"),
            (&["G"], "red-free: the green channel in grey"),
            (&["M"], "the next explanation over the field of view"),
            (&["D"], "the ruler, on and off"),
            (
                &["Space"],
                "lays the ruler down, then chooses its other end",
            ),
            (&["Shift", "←"], "moves that end, as the other arrows do"),
            (&["Esc"], "takes the ruler away"),
            (
                &["[", "]"],
                "the photograph before and after of the same eye",
            ),
            (&["C"], "compares two pictures side by side"),
            (
                &["R", "L", "E"],
                "choose the right eye, the left, one that is not stated",
            ),
            (&["A", "O", "U"], "agree, overrule, call it ungradable"),
            (&["?"], "shows these keys"),
        ],
    )
}

/// The patient's identifier, and the way to all other examinations.
fn named(screening: &Screening, patient: &str) -> Markup {
    html! {
        strong {
            @match screening.patient_id {
                Some(id) => a href={ "/patients/" (id) } { (patient) },
                None => { (patient) },
            }
        }
    }
}

fn progress(screening: &Screening) -> Markup {
    html! {
        div class="work" role="status" aria-live="polite" data-work {
            @match screening.state {
                State::Queued => { (icons::waiting()) p { "Waiting for its turn." } },
                State::Grading => { (icons::waiting()) p { "Grading." } },
                State::Explaining { explained, explanations } => {
                    (icons::waiting())
                    p { "The grade is final; explanations: " (explained) " of " (explanations) "." }
                    progress max=(explanations) value=(explained) aria-label="Explanations" { (explained) " of " (explanations) }
                },
                State::Failed => { (icons::warning()) p { "The work could not be finished." } },
                State::Done => {},
            }
            @if screening.has_failed {
                form method="post" action={ "/screenings/" (screening.id) "/retry" } {
                    button type="submit" class="button quiet" { "Try again what failed" }
                }
            }
        }
    }
}

/// Where the report is, once there is everything to report.
fn report(screening: &Screening) -> Markup {
    html! {
        p class="report-link" data-report {
            @if screening.state.is_final() {
                a class="button quiet" href={ "/screenings/" (screening.id) "/report.pdf" } { "Report (PDF)" }
                " " a class="muted small" href={ "/screenings/" (screening.id) "/report.pdf?paper=us-letter" } { "on US letter" }
            }
        }
    }
}

/// One chip a photograph, to jump to it.
fn overview(photographs: &[Photograph]) -> Markup {
    html! {
        nav class="overview" aria-label="Photographs" {
            ul {
                @for (index, each) in photographs.iter().enumerate() {
                    li { a href={ "#photograph-" (index + 1) } { (verdict(each)) span class="overview-file" { (each.file) } } }
                }
            }
        }
    }
}

fn verdict(photograph: &Photograph) -> Markup {
    match &photograph.outcome {
        Outcome::Pending => {
            html! { span class="pill waiting" { (icons::waiting()) "Being graded" } }
        }
        Outcome::Refused { .. } => {
            html! { span class="pill refused" { (icons::warning()) "Not usable" } }
        }
        Outcome::Graded(graded) => decision_pill(graded.decision),
    }
}

/// A decision in one word with its sign.
pub(super) fn decision_pill(decision: trust::Decision) -> Markup {
    html! { span class={ "pill " (decision.name()) } { (icons::decision(decision)) (words::decision(decision).0) } }
}
