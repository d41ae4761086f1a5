//! The page with which an administrator manages the accounts.

use clinic::{Account, AccountId, Role};
use maud::{Markup, html};

use super::log_in::{refusal, secret_if};
use super::view::Bundle;
use super::{layout, words};

/// The page at `/accounts`; `provider` is what the OpenID provider is called, `problem` says why the last change was not made.
pub(crate) fn accounts(
    bundle: &Bundle,
    accounts: &[Account],
    provider: Option<&str>,
    problem: Option<&str>,
) -> Markup {
    let headings = ["Name", "Role", "Log-in", "Added", "Change"];
    let rows = html! { @for account in accounts { (row(account)) } };
    let body = html! {
        header class="screening-head" { div { h1 { "Accounts" } (explained(accounts)) } }
        (refusal(problem))
        @if !accounts.is_empty() {
            section class="card" aria-labelledby="list-title" {
                h2 id="list-title" { (words::count(accounts.len(), "account")) }
                (layout::table("Table of accounts", &headings, rows))
            }
        }
        (addition(accounts.is_empty(), provider))
    };
    layout::page("Accounts", None, None, Some(bundle), body)
}

fn explained(accounts: &[Account]) -> Markup {
    html! {
        p class="muted" {
            @if accounts.is_empty() {
                "There are none, so this server answers to this computer alone and asks nobody to log in. The first one must be an \
                administrator's; from then on everybody logs in."
            } @else {
                "A screener hands in photographs and reads the results, a reader also reviews, an administrator also manages accounts and \
                sees the audit."
            }
        }
    }
}

fn row(account: &Account) -> Markup {
    html! {
        tr {
            th scope="row" { (account.name) }
            td { (account.role.name()) }
            td {
                @if account.enabled { "enabled" } @else { "disabled" }
                @if let Some(openid) = &account.openid { span class="muted small" { " · OpenID " (openid.subject()) } }
            }
            td { (words::moment(account.created)) }
            td class="row-actions" { (switch(account)) @if account.openid.is_none() { (reset(account.id, &account.name)) } }
        }
    }
}

fn switch(account: &Account) -> Markup {
    let (value, words) = match account.enabled {
        true => ("no", "Disable"),
        false => ("yes", "Enable"),
    };
    html! {
        form method="post" action={ "/accounts/" (account.id.to_string()) "/enabled" } {
            button class="quiet button" type="submit" name="enabled" value=(value) {
                (words) span class="visually-hidden" { " " (account.name) }
            }
        }
    }
}

fn reset(id: AccountId, name: &str) -> Markup {
    let field = format!("password-{id}");
    html! {
        details {
            summary { "Set a password" span class="visually-hidden" { " for " (name) } }
            form class="stacked" method="post" action={ "/accounts/" (id.to_string()) "/password" } {
                div class="field" {
                    label for=(field) { "New password" }
                    input id=(field) name="password" type="password" minlength="10" maxlength="256" autocomplete="new-password" required;
                }
                button class="button" type="submit" { "Set it" }
            }
        }
    }
}

fn addition(is_first: bool, provider: Option<&str>) -> Markup {
    let roles = match is_first {
        true => &[Role::Administrator][..],
        false => &Role::ALL,
    };
    html! {
        section class="card sheet" aria-labelledby="add-title" {
            h2 id="add-title" { "Add an account" }
            form class="stacked" method="post" action="/accounts" {
                div class="field" {
                    label for="name" { "Name" }
                    input id="name" name="name" type="text" maxlength="100" autocomplete="off" autocapitalize="none" spellcheck="false" required;
                }
                div class="field" {
                    label for="role" { "Role" }
                    select id="role" name="role" { @for role in roles { option value=(role.name()) { (role.name()) } } }
                }
                (secret_if("password", "Password", "new-password", provider.is_none()))
                p class="muted small" { "At least 10 characters." }
                @if let Some(provider) = provider {
                    div class="field" {
                        label for="subject" { "Or OpenID subject" }
                        input id="subject" name="subject" type="text" maxlength="255" autocomplete="off" autocapitalize="none" spellcheck="false";
                    }
                    p class="muted small" {
                        "By what the provider (" (provider) ") always calls them; the page shows it to whoever is refused for want of an \
                        account. An account has a subject or a password."
                    }
                }
                button class="button" type="submit" { "Add it" }
            }
        }
    }
}
