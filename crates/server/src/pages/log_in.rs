//! The pages with which one logs in, and changes one's own password.

use maud::{Markup, html};

use super::words::text;
use super::{icons, layout, words};

/// What the page at `/log-in` holds.
pub(crate) struct LogIn<'a> {
    /// The name that was typed the last time.
    pub(crate) name: &'a str,
    /// Where it leads.
    pub(crate) back: &'a str,
    /// What the OpenID provider is called, where there is one, and the address at which to begin.
    pub(crate) elsewhere: Option<(&'a str, String)>,
}

/// The page at `/log-in`. `problem` says why it did not work the last time.
pub(crate) fn log_in(form: LogIn<'_>, problem: Option<&str>) -> Markup {
    let LogIn {
        name,
        back,
        elsewhere,
    } = form;
    let body = html! {
        section class="card sheet" aria-labelledby="log-in-title" {
            h1 id="log-in-title" { (text("log-in-title")) }
            (refusal(problem))
            @if let Some((provider, address)) = &elsewhere {
                // A link and no form: a form of ours may not be led to another site.
                p { a class="button" href=(address) { (provider) } }
                p class="muted" { (text("log-in-or")) }
            }
            form class="stacked" method="post" action="/log-in" {
                input type="hidden" name="next" value=(back);
                div class="field" {
                    label for="name" { (text("log-in-name")) }
                    input id="name" name="name" type="text" maxlength="100" value=(name) autocomplete="username" autocapitalize="none" spellcheck="false" required autofocus[name.is_empty() && elsewhere.is_none()];
                }
                (secret("password", text("log-in-password"), "current-password"))
                button class=(if elsewhere.is_some() { "quiet button" } else { "button" }) type="submit" { (text("log-in-title")) }
            }
        }
    };
    layout::page(text("log-in-title"), None, None, None, body)
}

/// The page that the provider leads back to, which goes on by itself.
pub(crate) fn entered(next: &str) -> Markup {
    let body = html! {
        section class="card sheet" aria-labelledby="entered-title" {
            h1 id="entered-title" { (text("log-in-done")) }
            p { a class="button" href=(next) { (text("log-in-go-on")) } }
        }
    };
    layout::page(text("log-in-done"), None, None, None, body)
}

/// The page after logging out here, which goes on to where one logs out at the provider.
pub(crate) fn left(address: &str) -> Markup {
    let body = html! {
        section class="card sheet" aria-labelledby="left-title" {
            h1 id="left-title" { (text("log-out-done")) }
            p { (text("log-out-advice")) }
            p { a class="button" href=(address) rel="noreferrer" { (text("log-out-there")) } }
            p { a href="/log-in" { (text("log-out-again")) } }
        }
    };
    layout::page(text("log-out-done"), None, None, None, body)
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

/// A field whose content is not shown, and which must be filled in.
fn secret(name: &str, label: &str, autocomplete: &str) -> Markup {
    secret_if(name, label, autocomplete, true)
}

/// The same, which need not be.
pub(super) fn secret_if(name: &str, label: &str, autocomplete: &str, required: bool) -> Markup {
    html! {
        div class="field" {
            label for=(name) { (label) }
            input id=(name) name=(name) type="password" maxlength="256" autocomplete=(autocomplete) required[required];
        }
    }
}
