//! What the photographs come to, eye by eye and for the patient, and what readers say of it.
//!
//! A second reader is to judge without knowing what the first one said: as long as one reader alone has read an eye, that
//! word, and what it makes of the patient, is folded away.

use clinic::{
    Eye, EyeAnswer, PatientOutcome, Reading, ReadingState, Review, Role, reader_key,
    words as spoken,
};
use maud::{Markup, html};
use trust::{Decision, Grade};

use super::screening::decision_pill;
use super::view::Screening;
use super::visitor::Visitor;
use super::words::{language, text};
use super::{icons, words};

/// The card above the photographs.
pub(super) fn eyes(screening: &Screening) -> Markup {
    html! {
        // What there is to print of one photograph without a review stands beside it.
        section class={ "card eyes" @if screening.photographs.len() < 2 && screening.reviews.is_empty() { " alone" } } id="eyes" aria-labelledby="eyes-title" {
            @if !screening.eyes.is_empty() {
                header class="eyes-head" {
                    h2 id="eyes-title" { (text("eyes-title")) }
                    (outcome(screening))
                }
                div class="eyes-row" {
                    @for each in &screening.eyes { (eye(screening, each)) }
                }
                p class="muted small needs-script eyes-keys" {
                    (words::marked(text("eyes-keys"), ""))
                }
            }
        }
    }
}

/// What both eyes come to; what it comes to by the word of one reader is folded away.
fn outcome(screening: &Screening) -> Markup {
    let eyes = &screening.eyes;
    let is_blind =
        (eyes.iter()).any(|eye| reading(screening, eye.laterality).state == ReadingState::ReadOnce);
    html! {
        div class="eyes-patient" data-patient-outcome {
            @if is_blind {
                (patient(&screening.blind_outcome, eyes))
                @let key = only_reader(screening);
                details class="blind" open[is_own(key.as_deref())] data-blind=[key.filter(|_| Visitor::now().name.is_none())] {
                    summary { (text("eyes-with-one-reader")) }
                    (patient(&screening.patient_outcome, eyes))
                }
            }
            @else { (patient(&screening.patient_outcome, eyes)) }
        }
    }
}

/// By what the reader is known who alone has read anything of this screening; `None` where there are several.
fn only_reader(screening: &Screening) -> Option<String> {
    let key = |review: &Review| reader_key(review.reader.as_deref());
    let first = screening.reviews.first().map(key)?;
    let is_alone = screening.reviews.iter().all(|review| key(review) == first);
    is_alone.then_some(first)
}

/// Whether this is the word of whoever is logged in, to whom it is no secret. Where nobody is, the browser's memory of a name
/// tells (`review.js`).
fn is_own(key: Option<&str>) -> bool {
    let name = Visitor::now().name;
    name.is_some_and(|name| key == Some(reader_key(Some(&name)).as_str()))
}

fn reading(screening: &Screening, laterality: Option<clinic::Laterality>) -> Reading<'_> {
    let own = screening.reviews.iter();
    Reading::of(own.filter(|review| review.laterality == laterality))
}

fn patient(outcome: &PatientOutcome, eyes: &[Eye]) -> Markup {
    html! {
        p {
            @if let Some(decision) = outcome.decision { (decision_pill(decision)) " " (spoken::patient_decision(language(), decision)) " " }
            @if outcome.is_pending { span class="pill waiting" { (icons::waiting()) (text("photograph-pending")) } }
            @else if let Some(unanswered) = spoken::unanswered(language(), outcome, eyes) {
                @if outcome.decision.is_none() { span class="pill retake" { (icons::warning()) (text("patient-decision-no-all-clear")) } " " }
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
    let reading = reading(screening, eye.laterality);
    let key = key(eye.laterality);
    let visitor = Visitor::now();
    html! {
        article class="eye" data-eye=(key) tabindex="-1" aria-labelledby={ "eye-" (key) } {
            h3 id={ "eye-" (key) } { (spoken::eye(language(), eye.laterality)) }
            @match eye.answer {
                EyeAnswer::Pending => p { span class="pill waiting" { (icons::waiting()) (text("photograph-pending")) } },
                EyeAnswer::Withheld => {
                    p { (decision_pill(Decision::Retake)) }
                    p { (text("quality-eye-not-gradable")) }
                },
                EyeAnswer::Graded { photograph, grade, decision } => {
                    p { (decision_pill(decision)) }
                    p {
                        (graded(grade))
                        @if eye.photographs.len() > 1 {
                            ", " (text_with!("eyes-worst-of", count = eye.photographs.len())) " "
                            a href={ "#photograph-" (photograph + 1) } { (text_with!("eyes-photograph", number = photograph + 1)) }
                        }
                        "."
                    }
                },
            }
            (doubts(screening, eye))
            @if !reviews.is_empty() { (read(&reading, &reviews)) }
            @if eye.answer != EyeAnswer::Pending && visitor.may(Role::Reader) { (form(&screening.id, eye, &visitor)) }
        }
    }
}

/// Which of its photographs may show the other eye, or are of an eye that their optic disc alone tells.
fn doubts(screening: &Screening, eye: &Eye) -> Markup {
    let doubts = eye.photographs.iter().filter_map(|place| {
        let shown = screening.photographs.get(*place)?.eye.as_ref()?;
        Some((place + 1, shown.doubt.as_ref()?))
    });
    html! {
        @for (number, doubt) in doubts {
            p class="eye-doubt" data-eye-doubt { (icons::warning()) a href={ "#photograph-" (number) } { (text_with!("eye-doubt-photograph", number = number)) } ": " (doubt) }
        }
    }
}

/// What readers said, and what it comes to.
fn read(reading: &Reading<'_>, reviews: &[&Review]) -> Markup {
    let list = html! {
        ol class="reviews" aria-label=(text("eyes-reviews")) { @for review in reviews { li { (reviewed(review)) } } }
    };
    html! {
        @match (reading.state, reading.standing) {
            (ReadingState::ReadOnce, Some(review)) => {
                @let key = reader_key(review.reader.as_deref());
                details class="blind" open[is_own(Some(&key))] data-blind=[Visitor::now().name.is_none().then_some(&key)] {
                    summary { (text("eyes-read-by-one")) }
                    p class="muted blind-note" { (text("eyes-blind-note")) }
                    (list)
                }
            },
            (ReadingState::Differ, _) => {
                p class="reading" data-reading="differ" { span class="pill unsure" { (icons::warning()) (text("reading-differ")) } " " (text("eyes-differ")) }
                (list)
            },
            (ReadingState::Settled, Some(review)) => {
                p class="reading" data-reading="settled" {
                    (settled(review, reading.opinions.len()))
                }
                (list)
            },
            _ => (list),
        }
    }
}

/// A grade with its number.
pub(super) fn graded(grade: Grade) -> Markup {
    let said = text_with!(
        "eyes-grade",
        grade = words::grade(grade),
        number = grade.index(),
    );
    words::marked(&said, "")
}

/// The word that stands, and of how many readers it is.
fn settled(review: &Review, readers: usize) -> Markup {
    let verdict = review.grade().map_or(text("eyes-ungradable"), words::grade);
    words::marked(
        &text_with!("eyes-settled", verdict = verdict, readers = readers),
        "",
    )
}

/// How an eye is called in a sentence.
pub(super) fn short_name(laterality: Option<clinic::Laterality>) -> &'static str {
    match laterality {
        Some(clinic::Laterality::Right) => text("eye-inside-right"),
        Some(clinic::Laterality::Left) => text("eye-inside-left"),
        None => text("eye-inside-not-stated"),
    }
}

/// How an eye is called in addresses, in forms and by the keyboard.
pub(super) fn key(laterality: Option<clinic::Laterality>) -> &'static str {
    match laterality {
        Some(clinic::Laterality::Right) => "right",
        Some(clinic::Laterality::Left) => "left",
        None => "",
    }
}

fn reviewed(review: &Review) -> Markup {
    let (verdict, rest) = spoken::review(language(), review);
    html! {
        strong { (verdict) } (rest)
        span class="muted" {
            @if let Some(reader) = &review.reader { " · " (reader) }
            " · " (words::moment(review.created))
        }
    }
}

fn form(screening: &str, eye: &Eye, visitor: &Visitor) -> Markup {
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
            (reader(visitor))
            div class="review-buttons" {
                @if system_grade.is_some() { button type="submit" name="verdict" value="agree" { (text("eyes-agree")) } }
                button type="submit" class="quiet button" name="verdict" value="ungradable" formnovalidate { (text("eyes-call-ungradable")) }
            }
        }
        details class="review-overrule" data-overrule {
            summary { @if system_grade.is_some() { (text("eyes-overrule")) } @else { (text("eyes-grade-it")) } }
            form class="review" method="post" action={ "/screenings/" (screening) "/reviews" } data-review {
                input type="hidden" name="laterality" value=(key);
                input type="hidden" name="verdict" value="overrule";
                (reader(visitor))
                label {
                    span { (text("eyes-grade-label")) }
                    select name="grade" required { @for grade in others { option value=(grade.index()) { (grade.index()) " " (words::grade(grade)) } } }
                }
                label { span { (text("eyes-reason")) } input type="text" name="reason" maxlength="2000" required; }
                button type="submit" { (text("eyes-save")) }
            }
        }
    }
}

/// Whose verdict it is, where it is not known who is logged in.
fn reader(visitor: &Visitor) -> Markup {
    html! {
        @if visitor.name.is_none() {
            label { span { (text("eyes-reader")) } input type="text" name="reader" maxlength="200" autocomplete="name" data-reader; }
        }
    }
}
