//! The page of one screening.

use clinic::{Circumstances, EyeAnswer};
use maud::{Markup, html};

use super::view::{Bundle, Outcome, Photograph, Screening, State};
use super::words::text;
use super::{comparison, eyes, help, icons, layout, photograph, tools, words};

/// Seconds after which a browser without JavaScript looks again while the work goes on.
const REFRESH_SECONDS: u32 = 3;

/// The result page, complete at every stage of the work.
pub fn screening(bundle: &Bundle, screening: &Screening) -> Markup {
    let many = screening.photographs.len() > 1;
    let body = html! {
        header class="screening-head" {
            div {
                h1 { (text("screening-title")) }
                p class="muted" {
                    (words::moment(screening.received))
                    " · " (text_with!("frame-photographs", count = screening.photographs.len()))
                    @if let Some(patient) = &screening.patient { " · " (text("screening-patient")) " " (named(screening, patient)) }
                    @if let Some(year) = screening.year_of_birth { ", " (text_with!("patient-born", year = year.to_string())) }
                }
                (circumstances(&screening.circumstances))
            }
            div class="head-buttons" {
                a class="button quiet" href="/worklist" { (text("frame-worklist")) }
                (help::show_keys())
                button type="button" class="button quiet needs-script" data-print { (text("screening-print")) }
            }
        }
        div data-screening=(screening.id) data-silent=(text("screening-silent")) data-state=(screening.state.name()) {
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
        text("screening-title"),
        Some("screening.js"),
        refresh,
        Some(bundle),
        body,
    )
}

/// When the photographs were taken, with what, and by whom, as far as that is known.
pub(super) fn circumstances(known: &Circumstances) -> Markup {
    let parts = [
        known
            .examined
            .map(|day| text_with!("screening-examined", day = day.to_string())),
        (known.device.as_deref()).map(|device| text_with!("screening-camera", device = device)),
        (known.operator.as_deref())
            .map(|operator| text_with!("screening-operator", operator = operator)),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    html! {
        @if !parts.is_empty() { p class="muted small circumstances" { (parts.join(" · ")) } }
    }
}

/// What the keyboard does here.
fn keys() -> Markup {
    help::keys(
        text("screening-keys"),
        &[
            (&["+", "−"], text("screening-key-zoom")),
            (&["0"], text("screening-key-fit")),
            (&["←", "→", "↑", "↓"], text("screening-key-move")),
            (&["Enter"], text("screening-key-enlarge")),
            (&["G"], text("screening-key-red-free")),
            (&["M"], text("screening-key-method")),
            (&["D"], text("screening-key-ruler")),
            (&["Space"], text("screening-key-lay")),
            (&["Shift", "←"], text("screening-key-end")),
            (&["Esc"], text("screening-key-away")),
            (&["[", "]"], text("screening-key-flip")),
            (&["C"], text("screening-key-compare")),
            (&["R", "L", "E"], text("screening-key-eye")),
            (&["A", "O", "U"], text("screening-key-verdict")),
            (&["?"], text("frame-key-help")),
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
                State::Queued => { (icons::waiting()) p { (text("screening-waiting")) } },
                State::Grading => { (icons::waiting()) p { (text("screening-grading")) } },
                State::Explaining { explained, explanations } => {
                    (icons::waiting())
                    p { (text_with!("screening-explaining", explained = explained, explanations = explanations)) }
                    progress max=(explanations) value=(explained) aria-label=(text("home-explanations")) { (text_with!("screening-explained", explained = explained, explanations = explanations)) }
                },
                State::Failed => { (icons::warning()) p { (text("screening-failed")) } },
                State::Done => {},
            }
            @if screening.has_failed {
                form method="post" action={ "/screenings/" (screening.id) "/retry" } {
                    button type="submit" class="button quiet" { (text("screening-retry")) }
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
                a class="button quiet" href={ "/screenings/" (screening.id) "/report.pdf" } { (text("screening-report")) }
                " " a class="muted small" href={ "/screenings/" (screening.id) "/report.pdf?paper=us-letter" } { (text("screening-report-letter")) }
            }
        }
    }
}

/// One chip a photograph, to jump to it.
fn overview(photographs: &[Photograph]) -> Markup {
    html! {
        nav class="overview" aria-label=(text("screening-photographs")) {
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
            html! { span class="pill waiting" { (icons::waiting()) (text("photograph-pending")) } }
        }
        Outcome::Refused { .. } => {
            html! { span class="pill refused" { (icons::warning()) (text("photograph-not-usable")) } }
        }
        Outcome::Graded(graded) => decision_pill(graded.decision),
    }
}

/// A decision in one word with its sign.
pub(super) fn decision_pill(decision: trust::Decision) -> Markup {
    html! { span class={ "pill " (decision.name()) } { (icons::decision(decision)) (words::decision(decision).0) } }
}
