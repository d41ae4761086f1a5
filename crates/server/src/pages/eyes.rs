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
use super::{icons, words};

/// The card above the photographs.
pub(super) fn eyes(screening: &Screening) -> Markup {
    html! {
        // What there is to print of one photograph without a review stands beside it.
        section class={ "card eyes" @if screening.photographs.len() < 2 && screening.reviews.is_empty() { " alone" } } id="eyes" aria-labelledby="eyes-title" {
            @if !screening.eyes.is_empty() {
                header class="eyes-head" {
                    h2 id="eyes-title" { "The patient" }
                    (outcome(screening))
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
                    summary { "With what one reader said" }
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
    let reading = reading(screening, eye.laterality);
    let key = key(eye.laterality);
    let visitor = Visitor::now();
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
            p class="eye-doubt" data-eye-doubt { (icons::warning()) a href={ "#photograph-" (number) } { "Photograph " (number) } ": " (doubt) }
        }
    }
}

/// What readers said, and what it comes to.
fn read(reading: &Reading<'_>, reviews: &[&Review]) -> Markup {
    let list = html! {
        ol class="reviews" aria-label="Reviews" { @for review in reviews { li { (reviewed(review)) } } }
    };
    html! {
        @match (reading.state, reading.standing) {
            (ReadingState::ReadOnce, Some(review)) => {
                @let key = reader_key(review.reader.as_deref());
                details class="blind" open[is_own(Some(&key))] data-blind=[Visitor::now().name.is_none().then_some(&key)] {
                    summary { "Read by one reader" }
                    p class="muted blind-note" { "If that was not you, give your own reading first: it counts more if you have not seen this." }
                    (list)
                }
            },
            (ReadingState::Differ, _) => {
                p class="reading" data-reading="differ" { span class="pill unsure" { (icons::warning()) "Readers differ" } " A third reader settles it." }
                (list)
            },
            (ReadingState::Settled, Some(review)) => {
                p class="reading" data-reading="settled" {
                    "Settled: " strong { @match review.grade() { Some(grade) => (grade.words()), None => "ungradable" } }
                    ", read by " (reading.opinions.len()) " readers."
                }
                (list)
            },
            _ => (list),
        }
    }
}

/// How an eye is called in a sentence.
pub(super) fn short_name(laterality: Option<clinic::Laterality>) -> &'static str {
    match laterality {
        Some(clinic::Laterality::Right) => "right eye",
        Some(clinic::Laterality::Left) => "left eye",
        None => "eye, which is not stated",
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
    let (verdict, rest) = spoken::review(review);
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
                @if system_grade.is_some() { button type="submit" name="verdict" value="agree" { "Agree" } }
                button type="submit" class="quiet button" name="verdict" value="ungradable" formnovalidate { "Ungradable" }
            }
        }
        details class="review-overrule" data-overrule {
            summary { @if system_grade.is_some() { "Overrule" } @else { "Grade it" } }
            form class="review" method="post" action={ "/screenings/" (screening) "/reviews" } data-review {
                input type="hidden" name="laterality" value=(key);
                input type="hidden" name="verdict" value="overrule";
                (reader(visitor))
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

/// Whose verdict it is, where it is not known who is logged in.
fn reader(visitor: &Visitor) -> Markup {
    html! {
        @if visitor.name.is_none() {
            label { span { "Reader" } input type="text" name="reader" maxlength="200" autocomplete="name" data-reader; }
        }
    }
}
