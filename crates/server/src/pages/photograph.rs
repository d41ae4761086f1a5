//! Everything about one photograph: the decision first, then the pictures, then what the numbers are worth.

use maud::{Markup, html};
use trust::{DISCLAIMER, Decision};

use super::tools::AmongItsEye;
use super::view::{
    Explanation, Graded, Laterality, Outcome, Photograph, Quality, Screening, Stage,
};
use super::{bars, certainty, guidance, icons, viewer, words};

/// The section of the photograph at `index`, from 0.
pub(super) fn photograph(screening: &Screening, index: usize, photograph: &Photograph) -> Markup {
    let number = index + 1;
    let base = format!("/api/v1/screenings/{}/photographs/{index}", screening.id);
    html! {
        article class="photograph" id={ "photograph-" (number) } data-photograph=(index) data-laterality=(laterality(photograph))
            data-name={ (number) ": " (photograph.laterality.map_or("Eye not stated", words::eye)) ", " (photograph.file) } aria-labelledby={ "photograph-title-" (number) } {
            header class="photograph-head" {
                h2 id={ "photograph-title-" (number) } {
                    @if screening.photographs.len() > 1 { "Photograph " (number) " of " (screening.photographs.len()) ": " }
                    span class="file" { (photograph.file) }
                }
                p class="photograph-facts muted" {
                    (photograph.laterality.map_or("Eye not stated", words::eye))
                    @if let Outcome::Graded(graded) = &photograph.outcome { " · " (graded.width) " × " (graded.height) " pixels" }
                    @if let Some(patient) = &screening.patient { span class="print-only" { " · Patient " (patient) } }
                    span class="print-only" { " · " (words::moment(screening.received)) }
                }
            }
            p class="print-only disclaimer-line" { (DISCLAIMER) }
            @match &photograph.outcome {
                Outcome::Pending => (pending()),
                Outcome::Refused { sentence } => (refused(sentence)),
                Outcome::Graded(graded) => (graded_photograph(graded, &base, number, &photograph.file, among_its_eye(screening, index))),
            }
        }
    }
}

/// The eye, as the modules of the page know it; empty where it is not stated.
fn laterality(photograph: &Photograph) -> &'static str {
    match photograph.laterality {
        Some(Laterality::Right) => "right",
        Some(Laterality::Left) => "left",
        None => "",
    }
}

/// Among those that have pictures.
fn among_its_eye(screening: &Screening, index: usize) -> AmongItsEye {
    let eye = screening.photographs[index].laterality;
    let is_same = |photograph: &&Photograph| {
        photograph.laterality == eye && matches!(photograph.outcome, Outcome::Graded(_))
    };
    AmongItsEye {
        place: (screening.photographs[..=index].iter())
            .filter(is_same)
            .count(),
        count: screening.photographs.iter().filter(is_same).count(),
    }
}

fn pending() -> Markup {
    html! { div class="banner waiting" data-pending { (icons::waiting()) div { p class="banner-word" { "Being graded" } p { "The result appears here as soon as it is there." } } } }
}

fn refused(sentence: &str) -> Markup {
    html! {
        div class="banner refused" data-refused {
            (icons::warning())
            div { p class="banner-word" { "Not usable" } p { (words::sentence(sentence)) } }
        }
    }
}

fn graded_photograph(
    graded: &Graded,
    base: &str,
    number: usize,
    file: &str,
    among: AmongItsEye,
) -> Markup {
    let gradable = graded.decision != Decision::Retake;
    html! {
        div class="columns" {
            div class="summary" {
                (banner(graded))
                @if gradable {
                    section class="card answer" {
                        p class="answer-label muted" { "Diabetic retinopathy, grade " (graded.grade.index()) " of 0 to 4" }
                        p class="answer-grade" data-grade=(graded.grade.index()) { (graded.grade.words()) }
                        (bars::referable(graded))
                        (bars::probabilities(graded))
                    }
                } @else { (not_gradable(&graded.quality)) }
                (quality(&graded.quality, gradable))
            }
            (viewer::viewer(graded, base, number, file, gradable, among))
        }
        @if gradable {
            div class="details" {
                (certainty::certainty(graded, &format!("{base}/referral.svg")))
                (explanations(&graded.explanations))
            }
        }
    }
}

fn banner(graded: &Graded) -> Markup {
    let (word, sentence) = words::decision(graded.decision);
    html! {
        section class={ "banner " (graded.decision.name()) } data-decision=(graded.decision.name()) aria-label="Decision" {
            (icons::decision(graded.decision))
            div {
                p class="banner-word" { (word) }
                p { (sentence) }
                @if graded.decision == Decision::Unsure { (guidance::guidance(graded)) }
                p class="banner-rule" { strong { (words::decided_by(graded.rule)) } " " (words::sentence(&graded.reason)) }
            }
        }
    }
}

/// What stands in the place of the grade: why there is none, and what to do about it.
fn not_gradable(quality: &Quality) -> Markup {
    html! {
        section class="card answer not-gradable" {
            p class="answer-label muted" { "Diabetic retinopathy" }
            p class="answer-grade" { "Not gradable" }
            p { (clinic::words::WITHHELD) }
            h3 { "When it is taken again" }
            @if quality.reasons.is_empty() { p { (clinic::words::RETAKING) } }
            @else { (reasons(quality)) }
            p { (clinic::words::NOT_HEALTHY) }
            p class="muted small" { (trust::words::OEDEMA_NOT_ASSESSED) }
        }
    }
}

/// The card about the photograph's quality. Where no grade is shown, what is wrong with it is said in the grade's place.
fn quality(quality: &Quality, is_grade_shown: bool) -> Markup {
    let verdict = clinic::words::quality(quality.gradable, is_grade_shown);
    html! {
        section class="card quality" {
            h3 { "Quality of the photograph" }
            div class="quality-line" {
                meter min="0" max="1" value=(format!("{:.3}", quality.score)) aria-label="Quality from 0 to 1" { (format!("{:.2}", quality.score)) }
                p { strong { (format!("{:.2}", quality.score)) } " of 1. " (verdict) "." }
            }
            @if is_grade_shown {
                @if quality.reasons.is_empty() { p class="muted" { (clinic::words::NO_FAULT) } }
                @else { (reasons(quality)) }
            }
        }
    }
}

/// What is wrong with it, and what to do about that.
fn reasons(quality: &Quality) -> Markup {
    html! { ul class="reasons" { @for reason in &quality.reasons { li { (words::sentence(reason)) } } } }
}

fn explanations(explanations: &[Explanation]) -> Markup {
    html! {
        section class="card methods" {
            h3 { "How to read the explanations" }
            p {
                "Blue speaks for the grade, red (or yellow, where chosen) against it, both on one scale in each picture. "
                "They show what the network used, not where lesions are."
            }
            dl {
                @for explanation in explanations {
                    div {
                        dt { (explanation.method.title()) }
                        dd { (explanation.method.sentence()) @if let Some(outcome) = outcome(explanation) { " " strong { (outcome) } } }
                    }
                }
            }
        }
    }
}

/// What is special about this one explanation.
fn outcome(explanation: &Explanation) -> Option<String> {
    match explanation.stage {
        Stage::Pending => Some("Being computed.".into()),
        Stage::Failed => Some("It could not be computed for this photograph.".into()),
        Stage::Ready { empty: true, .. } => {
            Some("The map is empty: nothing in the picture spoke for or against the grade.".into())
        }
        Stage::Ready {
            completeness_error: Some(error),
            ..
        } => {
            let error = error * 100.0;
            // Rounded up, because the sentence is a promise.
            Some(format!(
                "The map adds up to the score within {:.0} %.",
                error.ceil().max(1.0)
            ))
        }
        Stage::Ready { .. } => None,
    }
}
