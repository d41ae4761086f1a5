//! The pages with which one logs in, and changes one's own password.

use maud::{Markup, html};

use super::words::text;
use super::{icons, layout, words};

/// The page at `/log-in`. `problem` says why it did not work the last time, `back` is where it leads.
pub(crate) fn log_in(name: &str, back: &str, problem: Option<&str>) -> Markup {
    let body = html! {
        section class="card sheet" aria-labelledby="log-in-title" {
            h1 id="log-in-title" { (text("log-in-title")) }
            (refusal(problem))
            form class="stacked" method="post" action="/log-in" {
                input type="hidden" name="next" value=(back);
                div class="field" {
                    label for="name" { (text("log-in-name")) }
                    input id="name" name="name" type="text" maxlength="100" value=(name) autocomplete="username" autocapitalize="none" spellcheck="false" required autofocus[name.is_empty()];
                }
                (secret("password", text("log-in-password"), "current-password"))
                button class="button" type="submit" { (text("log-in-title")) }
            }
        }
    };
    layout::page(text("log-in-title"), None, None, None, body)
}

/// The page at `/password`.
pub(crate) fn password(problem: Option<&str>) -> Markup {
    let body = html! {
        section class="card sheet" aria-labelledby="password-title" {
            h1 id="password-title" { (text("password-title")) }
            (refusal(problem))
            form class="stacked" method="post" action="/password" {
                (secret("current", text("password-present"), "current-password"))
                (secret("new", text("password-new"), "new-password"))
                (secret("again", text("password-again"), "new-password"))
                p class="muted small" { (text("password-note")) }
                button class="button" type="submit" { (text("password-change")) }
            }
        }
    };
    layout::page(text("password-title"), None, None, None, body)
}

/// What kept a form from being taken.
pub(super) fn refusal(problem: Option<&str>) -> Markup {
    html! {
        @if let Some(problem) = problem {
            div class="banner refused" role="alert" { (icons::warning()) p { (words::retold(problem)) } }
        }
    }
}

/// A field whose content is not shown.
pub(super) fn secret(name: &str, label: &str, autocomplete: &str) -> Markup {
    html! {
        div class="field" {
            label for=(name) { (label) }
            input id=(name) name=(name) type="password" maxlength="256" autocomplete=(autocomplete) required;
        }
    }
}
