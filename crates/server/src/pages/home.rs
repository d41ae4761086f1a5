//! The first page: hand in photographs, find earlier screenings.

use std::collections::BTreeMap;

use maud::{Markup, html};
use serde_json::json;

use super::view::{Bundle, Recent, State};
use super::words::text;
use super::{help, icons, layout, screening, words};

/// What the file chooser offers; the server looks at the content, not at the name.
const ACCEPTED: &str = ".jpg,.jpeg,.png,.tif,.tiff,.bmp,.webp,.dcm,image/*,application/dicom";

/// The page at `/`.
pub fn home(bundle: &Bundle, recent: &[Recent]) -> Markup {
    let body = html! {
        h1 class="visually-hidden" { (text("home-title")) }
        (submission())
        (work())
        (list(recent))
    };
    layout::page(
        text("frame-purpose"),
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
                    label for="patient" { (words::marked(text("home-patient"), "")) }
                    input id="patient" name="patient" type="text" maxlength="128" autocomplete="off" spellcheck="false";
                }
                fieldset class="field" {
                    legend { (words::marked(text("home-eye"), "")) }
                    div class="segments" {
                        @for (value, words) in [("", text("home-eye-from-file")), ("left", text("home-eye-left")), ("right", text("home-eye-right"))] {
                            label { input type="radio" name="laterality" value=(value) checked[value.is_empty()]; span { (words) } }
                        }
                    }
                }
            }
            (about())
            div class="drop" data-drop {
                (icons::photograph())
                p class="drop-title" { (text("home-drop")) }
                p class="drop-choose" {
                    (text("home-or")) " "
                    input class="visually-hidden" id="image" name="image" type="file" multiple required accept=(ACCEPTED) aria-describedby="formats";
                    label class="button" for="image" { (text("home-choose")) }
                }
                p class="muted small" id="formats" { (text("home-formats")) }
                noscript { button class="button" type="submit" { (text("home-screen")) } }
            }
            div class="banner refused" role="alert" data-problem hidden {}
        }
    }
}

/// What may be said of the examination, folded away.
fn about() -> Markup {
    html! {
        details class="about" {
            summary { (text("home-about")) }
            div class="fields" {
                div class="field" {
                    label for="year_of_birth" { (text("home-year-of-birth")) }
                    input id="year_of_birth" name="year_of_birth" type="text" inputmode="numeric" pattern="[0-9]{4}" maxlength="4" autocomplete="off";
                }
                div class="field" {
                    label for="examined" { (text("home-examined")) }
                    input id="examined" name="examined" type="date" min="1900-01-01";
                }
                div class="field" {
                    label for="device" { (text("home-camera")) }
                    input id="device" name="device" type="text" maxlength="200";
                }
                div class="field" {
                    label for="operator" { (text("home-operator")) }
                    input id="operator" name="operator" type="text" maxlength="200" autocomplete="off";
                }
            }
        }
    }
}

/// The progress, filled and shown by `home.js`.
fn work() -> Markup {
    html! {
        section class="card progress-card" aria-labelledby="work-title" data-progress data-texts=(texts()) hidden {
            h2 id="work-title" tabindex="-1" { (text("home-screening")) }
            ul class="previews" data-previews {}
            ol class="steps" {
                @for (step, title) in [("upload", text("home-upload")), ("grading", text("home-grading")), ("explaining", text("home-explanations"))] {
                    li data-step=(step) {
                        span class="step-name" id={ "step-" (step) } { (title) }
                        progress max="1" value="0" aria-labelledby={ "step-" (step) } {}
                        span class="step-note muted" data-note {}
                    }
                }
            }
            p class="visually-hidden" role="status" aria-live="polite" data-announce {}
            button type="button" class="button quiet" data-cancel { (text("home-cancel")) }
        }
    }
}

/// What `home.js` says, by its own names; `#` and `##` stand for numbers.
fn texts() -> String {
    let texts = [
        ("received", text("home-received-note").to_owned()),
        ("reading", text("home-reading-note").to_owned()),
        ("waiting", text("home-waiting-note").to_owned()),
        ("opens", text("home-opens-note").to_owned()),
        ("of", text_with!("home-of-note", part = "##", whole = "#")),
        ("unreachable", text("home-unreachable").to_owned()),
        ("one", text("home-screening-one").to_owned()),
        ("many", text_with!("home-screening-many", count = "#")),
        ("noPreview", text("home-no-preview").to_owned()),
        ("nothing", text("home-nothing-screened").to_owned()),
        ("silent", text_with!("home-silent", status = "#")),
    ];
    let texts: BTreeMap<&str, String> = texts.into_iter().collect();
    json!(texts).to_string()
}

fn list(recent: &[Recent]) -> Markup {
    html! {
        section class="recent" aria-labelledby="recent-title" {
            h2 id="recent-title" { (text("home-recent")) }
            @if recent.is_empty() {
                p class="muted" { (text("home-none")) }
                (help::first_steps())
            }
            @else {
                table class="recent-table" {
                    thead { tr { th scope="col" { (text("home-received")) } th scope="col" { (text("home-patient-column")) } th scope="col" { (text("home-photographs")) } th scope="col" { (text("home-decision")) } } }
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
                p class="recent-all" { a href="/worklist" { (text("home-all")) } }
            }
        }
    }
}

fn decisions(recent: &Recent) -> Markup {
    html! {
        div class="pills" {
            @match recent.state {
                State::Queued | State::Grading => span class="pill waiting" { (icons::waiting()) (text("photograph-pending")) },
                State::Failed => span class="pill refused" { (icons::warning()) (text("home-not-finished")) },
                State::Explaining { .. } | State::Done => @for decision in &recent.decisions {
                    @match decision {
                        Some(decision) => (screening::decision_pill(*decision)),
                        None => span class="pill refused" { (icons::warning()) (text("photograph-not-usable")) },
                    }
                },
            }
        }
    }
}
