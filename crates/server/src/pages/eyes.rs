//! What the photographs come to, eye by eye and for the patient, and what readers say of it.

use clinic::{Eye, EyeAnswer, PatientOutcome, Review, words as spoken};
use maud::{Markup, html};
use trust::{Decision, Grade};

use super::screening::decision_pill;
use super::view::Screening;
use super::{icons, words};

/// The card above the photographs.
pub(super) fn eyes(screening: &Screening) -> Markup {
    html! {
        // What there is to print of one photograph without a review stands beside it.
        section class={ "card eyes" @if screening.photographs.len() < 2 && screening.reviews.is_empty() { " alone" } } id="eyes" aria-labelledby="eyes-title" {
            @if !screening.eyes.is_empty() {
                header class="eyes-head" {
                    h2 id="eyes-title" { "The patient" }
                    (patient(&screening.patient_outcome, &screening.eyes))
                }
                div class="eyes-row" {
                    @for each in &screening.eyes { (eye(screening, each)) }
                }
                p class="muted small needs-script eyes-keys" {
                    "Keys: " kbd { "R" } " or " kbd { "L" } " chooses the eye (" kbd { "E" } " one that is not stated), then "
                    kbd { "A" } " agrees, " kbd { "O" } " overrules and " kbd { "U" } " calls it ungradable."
                }
            }
        }
    }
}

fn patient(outcome: &PatientOutcome, eyes: &[Eye]) -> Markup {
    html! {
        p class="eyes-patient" data-patient-outcome {
            @if let Some(decision) = outcome.decision { (decision_pill(decision)) " " (spoken::patient_decision(decision)) " " }
            @if outcome.is_pending { span class="pill waiting" { (icons::waiting()) "Being graded" } }
            @else if let Some(unanswered) = spoken::unanswered(outcome, eyes) {
                @if outcome.decision.is_none() { span class="pill retake" { (icons::warning()) "No all-clear" } " " }
                (unanswered)
            }
        }
    }
}

fn eye(screening: &Screening, eye: &Eye) -> Markup {
    let reviews: Vec<&Review> = screening
        .reviews
        .iter()
        .filter(|review| review.laterality == eye.laterality)
        .collect();
    let key = key(eye.laterality);
    html! {
        article class="eye" data-eye=(key) tabindex="-1" aria-labelledby={ "eye-" (key) } {
            h3 id={ "eye-" (key) } { (spoken::eye(eye.laterality)) }
            @match eye.answer {
                EyeAnswer::Pending => p { span class="pill waiting" { (icons::waiting()) "Being graded" } },
                EyeAnswer::Withheld => {
                    p { (decision_pill(Decision::Retake)) }
                    p { (spoken::EYE_NOT_GRADABLE) }
                },
                EyeAnswer::Graded { photograph, grade, decision } => {
                    p { (decision_pill(decision)) }
                    p {
                        strong { (grade.words()) } ", grade " (grade.index())
                        @if eye.photographs.len() > 1 {
                            ", the worst of " (eye.photographs.len()) " photographs: "
                            a href={ "#photograph-" (photograph + 1) } { "photograph " (photograph + 1) }
                        }
                        "."
                    }
                },
            }
            @if !reviews.is_empty() {
                ol class="reviews" aria-label="Reviews" { @for review in &reviews { li { (reviewed(review)) } } }
            }
            @if eye.answer != EyeAnswer::Pending { (form(&screening.id, eye)) }
        }
    }
}

/// How an eye is called in addresses and by the keyboard.
fn key(laterality: Option<clinic::Laterality>) -> &'static str {
    match laterality {
        Some(clinic::Laterality::Right) => "right",
        Some(clinic::Laterality::Left) => "left",
        None => "",
    }
}

fn reviewed(review: &Review) -> Markup {
    let (verdict, rest) = spoken::review(review);
    html! {
        strong { (verdict) } (rest)
        span class="muted" {
            @if let Some(reader) = &review.reader { " · " (reader) }
            " · " (words::moment(review.created))
        }
    }
}

fn form(screening: &str, eye: &Eye) -> Markup {
    let key = key(eye.laterality);
    let system_grade = match eye.answer {
        EyeAnswer::Graded { grade, .. } => Some(grade),
        EyeAnswer::Pending | EyeAnswer::Withheld => None,
    };
    let others = Grade::ALL
        .into_iter()
        .filter(|grade| Some(*grade) != system_grade);
    html! {
        form class="review" method="post" action={ "/screenings/" (screening) "/reviews" } data-review {
            input type="hidden" name="laterality" value=(key);
            label { span { "Reader" } input type="text" name="reader" maxlength="200" autocomplete="name" data-reader; }
            div class="review-buttons" {
                @if system_grade.is_some() { button type="submit" name="verdict" value="agree" { "Agree" } }
                button type="submit" class="quiet button" name="verdict" value="ungradable" formnovalidate { "Ungradable" }
            }
        }
        details class="review-overrule" data-overrule {
            summary { @if system_grade.is_some() { "Overrule" } @else { "Grade it" } }
            form class="review" method="post" action={ "/screenings/" (screening) "/reviews" } data-review {
                input type="hidden" name="laterality" value=(key);
                input type="hidden" name="verdict" value="overrule";
                label { span { "Reader" } input type="text" name="reader" maxlength="200" autocomplete="name" data-reader; }
                label {
                    span { "Grade" }
                    select name="grade" required { @for grade in others { option value=(grade.index()) { (grade.index()) " " (grade.words()) } } }
                }
                label { span { "Reason" } input type="text" name="reason" maxlength="2000" required; }
                button type="submit" { "Save" }
            }
        }
    }
}
