//! Everything about one photograph: the decision first, then the pictures, then what the numbers are worth.

use clinic::Laterality;
use maud::{Markup, html};
use trust::Decision;

use super::tools::AmongItsEye;
use super::view::{Explanation, Graded, Outcome, Photograph, Quality, Screening, ShownEye, Stage};
use super::words::text;
use super::{bars, certainty, eyes, guidance, icons, viewer, words};

/// The section of the photograph at `index`, from 0.
pub(super) fn photograph(screening: &Screening, index: usize, photograph: &Photograph) -> Markup {
    let number = index + 1;
    let base = format!("/api/v1/screenings/{}/photographs/{index}", screening.id);
    html! {
        article class="photograph" id={ "photograph-" (number) } data-photograph=(index) data-laterality=(eyes::key(laterality(photograph)))
            data-name={ (number) ": " (eye_words(photograph)) ", " (photograph.file) } aria-labelledby={ "photograph-title-" (number) } {
            header class="photograph-head" {
                h2 id={ "photograph-title-" (number) } {
                    @if screening.photographs.len() > 1 { (text_with!("photograph-title", number = number, count = screening.photographs.len())) " " }
                    span class="file" { (photograph.file) }
                }
                p class="photograph-facts muted" {
                    (photograph.eye.as_ref().map_or(text("eye-not-stated"), |eye| eye.words.as_str()))
                    @if let Outcome::Graded(graded) = &photograph.outcome { " · " (text_with!("photograph-pixels", width = graded.width, height = graded.height)) }
                    @if let Some(patient) = &screening.patient { span class="print-only" { " · " (text("photograph-patient")) " " (patient) } }
                    span class="print-only" { " · " (words::moment(screening.received)) }
                    @if let Some(day) = screening.circumstances.examined { span class="print-only" { " · Examined " (day) } }
                }
            }
            p class="print-only disclaimer-line" { (text("frame-disclaimer")) }
            @if let Some(eye) = &photograph.eye { (which_eye(eye, &screening.id, index)) }
            @match &photograph.outcome {
                Outcome::Pending => (pending()),
                Outcome::Refused { sentence } => (refused(sentence)),
                Outcome::Graded(graded) => (graded_photograph(graded, &base, number, &photograph.file, among_its_eye(screening, index))),
            }
        }
    }
}

/// What is doubtful about the eye, and the way to state it.
fn which_eye(eye: &ShownEye, screening: &str, index: usize) -> Markup {
    html! {
        @if eye.doubt.is_some() || !eye.choices.is_empty() {
            div class={ "which-eye" @if eye.doubt.is_some() { " banner unsure" } } data-which-eye {
                @if eye.doubt.is_some() { (icons::warning()) }
                div {
                    @if let Some(doubt) = &eye.doubt { p { (doubt) } }
                    @if !eye.choices.is_empty() {
                        form class="which-eye-form" method="post" action={ "/screenings/" (screening) "/photographs/" (index) "/laterality" } {
                            span { (text("eye-state")) }
                            @for choice in &eye.choices {
                                button type="submit" class="quiet button" name="laterality" value=(eyes::key(Some(*choice))) { (clinic::words::eye(words::language(), Some(*choice))) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Which eye it is, and who says so.
fn eye_words(photograph: &Photograph) -> &str {
    let eye = photograph.eye.as_ref();
    eye.map_or(text("eye-not-stated"), |eye| eye.words.as_str())
}

/// The eye that a photograph belongs to; `None` also for one that is no photograph of an eye.
fn laterality(photograph: &Photograph) -> Option<Laterality> {
    photograph.eye.as_ref()?.laterality
}

/// Among those that have pictures.
fn among_its_eye(screening: &Screening, index: usize) -> AmongItsEye {
    let eye = screening.photographs.get(index).and_then(laterality);
    let is_same = |(_, photograph): &(usize, &Photograph)| {
        laterality(photograph) == eye && matches!(photograph.outcome, Outcome::Graded(_))
    };
    let same = || screening.photographs.iter().enumerate().filter(is_same);
    AmongItsEye {
        place: same().filter(|(place, _)| *place <= index).count(),
        count: same().count(),
    }
}

fn pending() -> Markup {
    html! { div class="banner waiting" data-pending { (icons::waiting()) div { p class="banner-word" { (text("photograph-pending")) } p { (text("photograph-pending-meaning")) } } } }
}

fn refused(sentence: &str) -> Markup {
    html! {
        div class="banner refused" data-refused {
            (icons::warning())
            div { p class="banner-word" { (text("photograph-not-usable")) } p { (words::retold(sentence)) } }
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
                        p class="answer-label muted" { (text_with!("photograph-grade", number = graded.grade.index())) }
                        p class="answer-grade" data-grade=(graded.grade.index()) { (words::grade(graded.grade)) }
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
        section class={ "banner " (graded.decision.name()) } data-decision=(graded.decision.name()) aria-label=(text("photograph-decision")) {
            (icons::decision(graded.decision))
            div {
                p class="banner-word" { (word) }
                p { (sentence) }
                @if graded.decision == Decision::Unsure { (guidance::guidance(graded)) }
                p class="banner-rule" { strong { (words::decided_by(graded.rule)) } " " (words::retold(&graded.reason)) }
            }
        }
    }
}

/// What stands in the place of the grade: why there is none, and what to do about it.
fn not_gradable(quality: &Quality) -> Markup {
    html! {
        section class="card answer not-gradable" {
            p class="answer-label muted" { (text("photograph-disease")) }
            p class="answer-grade" { (text("photograph-not-gradable")) }
            p { (text("quality-withheld")) }
            h3 { (text("photograph-retaking")) }
            @if quality.reasons.is_empty() { p { (text("quality-retaking")) } }
            @else { (reasons(quality)) }
            p { (text("quality-not-healthy")) }
            p class="muted small" { (text("bars-oedema")) }
        }
    }
}

/// The card about the photograph's quality. Where no grade is shown, what is wrong with it is said in the grade's place.
fn quality(quality: &Quality, is_grade_shown: bool) -> Markup {
    let verdict = clinic::words::quality(words::language(), quality.gradable, is_grade_shown);
    let score = words::decimal(quality.score, 2);
    let said = text_with!(
        "photograph-quality-verdict",
        score = score.as_str(),
        verdict = verdict
    );
    html! {
        section class="card quality" {
            h3 { (text("photograph-quality")) }
            div class="quality-line" {
                meter min="0" max="1" value=(format!("{:.3}", quality.score)) aria-label=(text("photograph-quality-scale")) { (score) }
                p { (words::marked(&said, "")) }
            }
            @if is_grade_shown {
                @if quality.reasons.is_empty() { p class="muted" { (text("quality-no-fault")) } }
                @else { (reasons(quality)) }
            }
        }
    }
}

/// What is wrong with it, and what to do about that.
fn reasons(quality: &Quality) -> Markup {
    html! { ul class="reasons" { @for reason in &quality.reasons { li { (words::retold(reason)) } } } }
}

fn explanations(explanations: &[Explanation]) -> Markup {
    html! {
        section class="card methods" {
            h3 { (text("photograph-explanations")) }
            p { (text("photograph-explanations-meaning")) }
            dl {
                @for explanation in explanations {
                    div {
                        dt { (explanation.method.title(words::language())) }
                        dd { (explanation.method.sentence(words::language())) @if let Some(outcome) = outcome(explanation) { " " strong { (outcome) } } }
                    }
                }
            }
        }
    }
}

/// What is special about this one explanation.
fn outcome(explanation: &Explanation) -> Option<String> {
    match explanation.stage {
        Stage::Pending => Some(text("photograph-explanation-pending").to_owned()),
        Stage::Failed => Some(text("photograph-explanation-failed").to_owned()),
        Stage::Ready { empty: true, .. } => Some(text("photograph-explanation-empty").to_owned()),
        Stage::Ready {
            completeness_error: Some(error),
            ..
        } => {
            let error = error * 100.0;
            // Rounded up, because the sentence is a promise.
            Some(text_with!(
                "photograph-explanation-complete",
                percent = error.ceil().max(1.0),
            ))
        }
        Stage::Ready { .. } => None,
    }
}
