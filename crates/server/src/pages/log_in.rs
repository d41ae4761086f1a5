//! The pages with which one logs in, and changes one's own password.

use maud::{Markup, html};

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
            h1 id="log-in-title" { "Log in" }
            (refusal(problem))
            @if let Some((provider, address)) = &elsewhere {
                // A link and no form: a form of ours may not be led to another site.
                p { a class="button" href=(address) { (provider) } }
                p class="muted" { "Or with a name and a password of this program:" }
            }
            form class="stacked" method="post" action="/log-in" {
                input type="hidden" name="next" value=(back);
                div class="field" {
                    label for="name" { "Name" }
                    input id="name" name="name" type="text" maxlength="100" value=(name) autocomplete="username" autocapitalize="none" spellcheck="false" required autofocus[name.is_empty() && elsewhere.is_none()];
                }
                (secret("password", "Password", "current-password"))
                button class=(if elsewhere.is_some() { "quiet button" } else { "button" }) type="submit" { "Log in" }
            }
        }
    };
    layout::page("Log in", None, None, None, body)
}

/// The page that the provider leads back to, which goes on by itself.
pub(crate) fn entered(next: &str) -> Markup {
    let body = html! {
        section class="card sheet" aria-labelledby="entered-title" {
            h1 id="entered-title" { "You are logged in" }
            p { a class="button" href=(next) { "Go on" } }
        }
    };
    layout::page("Logged in", None, None, None, body)
}

/// The page after logging out here, which goes on to where one logs out at the provider.
pub(crate) fn left(address: &str) -> Markup {
    let body = html! {
        section class="card sheet" aria-labelledby="left-title" {
            h1 id="left-title" { "You are logged out here" }
            p { "Log out at the provider too, so that whoever sits here next is not let in as you." }
            p { a class="button" href=(address) rel="noreferrer" { "Log out there" } }
            p { a href="/log-in" { "Log in again" } }
        }
    };
    layout::page("Logged out", None, None, None, body)
}

/// The page at `/password`.
pub(crate) fn password(problem: Option<&str>) -> Markup {
    let body = html! {
        section class="card sheet" aria-labelledby="password-title" {
            h1 id="password-title" { "Change your password" }
            (refusal(problem))
            form class="stacked" method="post" action="/password" {
                (secret("current", "Present password", "current-password"))
                (secret("new", "New password", "new-password"))
                (secret("again", "New password, once more", "new-password"))
                p class="muted small" { "At least 10 characters. Wherever else you are logged in, you are logged out." }
                button class="button" type="submit" { "Change it" }
            }
        }
    };
    layout::page("Change your password", None, None, None, body)
}

/// What kept a form from being taken.
pub(super) fn refusal(problem: Option<&str>) -> Markup {
    html! {
        @if let Some(problem) = problem {
            div class="banner refused" role="alert" { (icons::warning()) p { (words::sentence(problem)) } }
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
