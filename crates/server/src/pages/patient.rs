//! A patient: both eyes side by side, examination after examination.

use clinic::{
    Eye, EyeAnswer, Laterality, Patient, ReadingState, Review, Screening, words as spoken,
};
use maud::{Markup, PreEscaped, html};
use trust::Decision;

use super::view::Bundle;
use super::words::text;
use super::{eyes, icons, layout, words};
use crate::pages::screening::{circumstances, decision_pill};

/// The page at `/patients/{id}`; `chart` is the drawn course of both eyes.
pub fn patient(bundle: &Bundle, patient: &Patient, chart: &str) -> Markup {
    let examinations = patient.screenings.len();
    let is_stated = (patient.screenings.iter()).all(|screening| screening.eye(None).is_none());
    let body = html! {
        header class="screening-head" {
            div {
                h1 { (text("patient-named")) " " span class="file" { (patient.identifier) } }
                p class="muted" {
                    (text_with!("frame-examinations", count = examinations))
                    @if let Some(year) = patient.year_of_birth { " · " (text_with!("patient-born", year = year.to_string())) }
                }
            }
            a class="button quiet" href="/worklist" { (text("frame-worklist")) }
        }
        section class="card" aria-labelledby="examinations-title" {
            h2 id="examinations-title" { (text("patient-examinations")) }
            div class="table-frame" tabindex="0" role="group" aria-label=(text("patient-examinations-table")) {
                table class="points examinations" {
                    thead { tr {
                        th scope="col" { (text("worklist-received")) }
                        th scope="col" { (spoken::eye(words::language(), Some(Laterality::Right))) }
                        th scope="col" { (spoken::eye(words::language(), Some(Laterality::Left))) }
                        @if !is_stated { th scope="col" { (text("eye-not-stated")) } }
                    } }
                    tbody { @for screening in patient.screenings.iter().rev() { (examination(screening, is_stated)) } }
                }
            }
        }
        section class="card course" aria-labelledby="course-title" {
            h2 id="course-title" { (text("patient-course")) }
            p class="muted" {
                (text("patient-course-meaning"))
            }
            figure class="graph" { (PreEscaped(chart)) }
        }
    };
    layout::page(
        text("patient-title"),
        Some("dated.js"),
        None,
        Some(bundle),
        body,
    )
}

fn examination(screening: &Screening, is_stated: bool) -> Markup {
    let eyes = [Some(Laterality::Right), Some(Laterality::Left), None];
    html! {
        tr data-examination {
            th scope="row" {
                a href={ "/screenings/" (screening.id) } { (words::moment(screening.created)) }
                (circumstances(&screening.circumstances))
            }
            @for laterality in eyes.into_iter().filter(|laterality| laterality.is_some() || !is_stated) {
                td { @match screening.eye(laterality) { Some(each) => (eye(screening, &each)), None => span class="muted" { (text("patient-not-photographed")) } } }
            }
        }
    }
}

fn eye(screening: &Screening, eye: &Eye) -> Markup {
    let shown = match eye.answer {
        EyeAnswer::Graded { photograph, .. } => Some(photograph),
        EyeAnswer::Pending | EyeAnswer::Withheld => eye.photographs.first().copied(),
    };
    let reading = screening.reading(eye.laterality);
    html! {
        div class="seen" {
            @if let Some(place) = shown {
                a class="thumbnail" href={ "/screenings/" (screening.id) "#photograph-" (place + 1) } {
                    img src={ "/api/v1/screenings/" (screening.id) "/photographs/" (place) "/cropped" } width="96" height="96" loading="lazy"
                        alt=(text_with!("patient-photograph-of", eye = eyes::short_name(eye.laterality)));
                }
            }
            div {
                @match eye.answer {
                    EyeAnswer::Pending => p class="muted" { (text("photograph-pending")) },
                    EyeAnswer::Withheld => p { (decision_pill(Decision::Retake)) " " (text("patient-not-gradable")) },
                    EyeAnswer::Graded { grade, decision, .. } => {
                        p { (decision_pill(decision)) }
                        p { (eyes::graded(grade)) }
                        @if let Some(finding) = screening.finding_of(eye) {
                            p class="muted small" { (text_with!("patient-referable", share = words::percent(finding.probabilities.referable()))) }
                        }
                    },
                }
                @if !eye.disputed.is_empty() { p class="small eye-doubt" { (icons::warning()) (text("eye-in-doubt")) } }
                p class="small" {
                    @match (reading.state, reading.standing) {
                        (ReadingState::NotRead, _) => span class="muted" { (text("reading-not-read")) },
                        (ReadingState::Differ, _) => (text("reading-differ")),
                        (ReadingState::ReadOnce, Some(review)) => { details class="blind" { summary { (text("reading-read-once")) } (verdict(review)) } },
                        (_, Some(review)) => { (text("eyes-settled-as")) " " (verdict(review)) },
                        (_, None) => {},
                    }
                }
            }
        }
    }
}

/// The opinion that stands, in words.
fn verdict(review: &Review) -> Markup {
    html! {
        @match review.grade() { Some(grade) => strong { (words::grade(grade)) }, None => strong { (text("eyes-ungradable")) } }
        @if let Some(reader) = &review.reader { " · " (reader) }
    }
}
