//! The first page: hand in photographs, find earlier screenings.

use maud::{Markup, html};

use super::view::{Bundle, Recent, State};
use super::{help, icons, layout, screening, words};

/// What the file chooser offers; the server looks at the content, not at the name.
const ACCEPTED: &str = ".jpg,.jpeg,.png,.tif,.tiff,.bmp,.webp,image/*";

/// The page at `/`.
pub fn home(bundle: &Bundle, recent: &[Recent]) -> Markup {
    let body = html! {
        h1 class="visually-hidden" { "Screen photographs of the retina" }
        (submission())
        (work())
        (list(recent))
    };
    layout::page(
        "Screening for diabetic retinopathy",
        Some("home.js"),
        None,
        Some(bundle),
        body,
    )
}

/// The form; it also works as a plain form.
fn submission() -> Markup {
    html! {
        form class="card submission" id="submission" method="post" action="/screenings" enctype="multipart/form-data" {
            div class="fields" {
                div class="field" {
                    label for="patient" { "Patient identifier " span class="muted" { "(optional)" } }
                    input id="patient" name="patient" type="text" maxlength="128" autocomplete="off" spellcheck="false";
                }
                fieldset class="field" {
                    legend { "Eye " span class="muted" { "(optional)" } }
                    div class="segments" {
                        @for (value, words) in [("", "From the file name"), ("left", "Left (OS)"), ("right", "Right (OD)")] {
                            label { input type="radio" name="laterality" value=(value) checked[value.is_empty()]; span { (words) } }
                        }
                    }
                }
            }
            (about())
            div class="drop" data-drop {
                (icons::photograph())
                p class="drop-title" { "Drop photographs of the retina here" }
                p class="drop-choose" {
                    "or "
                    input class="visually-hidden" id="image" name="image" type="file" multiple required accept=(ACCEPTED) aria-describedby="formats";
                    label class="button" for="image" { "Choose photographs" }
                }
                p class="muted small" id="formats" { "JPEG, PNG, TIFF, BMP or WebP; several at once are kept together as one screening." }
                noscript { button class="button" type="submit" { "Screen" } }
            }
            div class="banner refused" role="alert" data-problem hidden {}
        }
    }
}

/// What may be said of the examination, folded away.
fn about() -> Markup {
    html! {
        details class="about" {
            summary { "More about this examination" }
            div class="fields" {
                div class="field" {
                    label for="year_of_birth" { "Patient’s year of birth" }
                    input id="year_of_birth" name="year_of_birth" type="text" inputmode="numeric" pattern="[0-9]{4}" maxlength="4" autocomplete="off";
                }
                div class="field" {
                    label for="examined" { "Day of the photographs" }
                    input id="examined" name="examined" type="date" min="1900-01-01";
                }
                div class="field" {
                    label for="device" { "Camera" }
                    input id="device" name="device" type="text" maxlength="200";
                }
                div class="field" {
                    label for="operator" { "Photographed by" }
                    input id="operator" name="operator" type="text" maxlength="200" autocomplete="off";
                }
            }
        }
    }
}

/// The progress, filled and shown by `home.js`.
fn work() -> Markup {
    html! {
        section class="card progress-card" aria-labelledby="work-title" data-progress hidden {
            h2 id="work-title" tabindex="-1" { "Screening" }
            ul class="previews" data-previews {}
            ol class="steps" {
                @for (step, title) in [("upload", "Upload"), ("grading", "Grading"), ("explaining", "Explanations")] {
                    li data-step=(step) {
                        span class="step-name" id={ "step-" (step) } { (title) }
                        progress max="1" value="0" aria-labelledby={ "step-" (step) } {}
                        span class="step-note muted" data-note {}
                    }
                }
            }
            p class="visually-hidden" role="status" aria-live="polite" data-announce {}
            button type="button" class="button quiet" data-cancel { "Cancel" }
        }
    }
}

fn list(recent: &[Recent]) -> Markup {
    html! {
        section class="recent" aria-labelledby="recent-title" {
            h2 id="recent-title" { "Recent screenings" }
            @if recent.is_empty() {
                p class="muted" { "None yet. Results stay here, also after a restart." }
                (help::first_steps())
            }
            @else {
                table class="recent-table" {
                    thead { tr { th scope="col" { "Received" } th scope="col" { "Patient" } th scope="col" { "Photographs" } th scope="col" { "Decision" } } }
                    tbody {
                        @for each in recent {
                            tr {
                                td { a href={ "/screenings/" (each.id) } { (words::moment(each.received)) } }
                                td { (each.patient.as_deref().unwrap_or("–")) }
                                td { (each.decisions.len()) }
                                td { (decisions(each)) }
                            }
                        }
                    }
                }
                p class="recent-all" { a href="/worklist" { "All screenings, what needs a reader first" } }
            }
        }
    }
}

fn decisions(recent: &Recent) -> Markup {
    html! {
        div class="pills" {
            @match recent.state {
                State::Queued | State::Grading => span class="pill waiting" { (icons::waiting()) "Being graded" },
                State::Failed => span class="pill refused" { (icons::warning()) "Not finished" },
                State::Explaining { .. } | State::Done => @for decision in &recent.decisions {
                    @match decision {
                        Some(decision) => (screening::decision_pill(*decision)),
                        None => span class="pill refused" { (icons::warning()) "Not usable" },
                    }
                },
            }
        }
    }
}
