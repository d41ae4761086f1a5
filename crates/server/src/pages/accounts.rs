//! The page with which an administrator manages the accounts.

use clinic::{Account, AccountId, Role};
use maud::{Markup, html};

use super::log_in::{refusal, secret_if};
use super::view::Bundle;
use super::words::text;
use super::{layout, words};

/// The page at `/accounts`; `provider` is what the OpenID provider is called, `problem` says why the last change was not made.
pub(crate) fn accounts(
    bundle: &Bundle,
    accounts: &[Account],
    provider: Option<&str>,
    problem: Option<&str>,
) -> Markup {
    let headings = [
        text("accounts-name"),
        text("accounts-role"),
        text("accounts-log-in"),
        text("accounts-added"),
        text("accounts-change"),
    ];
    let rows = html! { @for account in accounts { (row(account)) } };
    let body = html! {
        header class="screening-head" { div { h1 { (text("accounts-title")) } (explained(accounts)) } }
        (refusal(problem))
        @if !accounts.is_empty() {
            section class="card" aria-labelledby="list-title" {
                h2 id="list-title" { (text_with!("frame-accounts-count", count = accounts.len())) }
                (layout::table(text("accounts-table"), &headings, rows))
            }
        }
        (addition(accounts.is_empty(), provider))
    };
    layout::page(text("accounts-title"), None, None, Some(bundle), body)
}

fn explained(accounts: &[Account]) -> Markup {
    html! {
        p class="muted" {
            @if accounts.is_empty() {
                (text("accounts-none"))
            } @else {
                (text("accounts-roles"))
            }
        }
    }
}

fn row(account: &Account) -> Markup {
    html! {
        tr {
            th scope="row" { (account.name) }
            td { (account.role.words_in(words::language())) }
            td {
                @if account.enabled { (text("accounts-enabled")) } @else { (text("accounts-disabled")) }
                @if let Some(openid) = &account.openid { span class="muted small" { " · OpenID " (openid.subject()) } }
            }
            td { (words::moment(account.created)) }
            td class="row-actions" { (switch(account)) @if account.openid.is_none() { (reset(account.id, &account.name)) } }
        }
    }
}

fn switch(account: &Account) -> Markup {
    let (value, label) = match account.enabled {
        true => ("no", text("accounts-disable")),
        false => ("yes", text("accounts-enable")),
    };
    html! {
        form method="post" action={ "/accounts/" (account.id.to_string()) "/enabled" } {
            button class="quiet button" type="submit" name="enabled" value=(value) {
                (label) span class="visually-hidden" { " " (account.name) }
            }
        }
    }
}

fn reset(id: AccountId, name: &str) -> Markup {
    let field = format!("password-{id}");
    html! {
        details {
            summary { (text("accounts-set-password")) span class="visually-hidden" { " " (text_with!("accounts-for", name = name)) } }
            form class="stacked" method="post" action={ "/accounts/" (id.to_string()) "/password" } {
                div class="field" {
                    label for=(field) { (text("password-new")) }
                    input id=(field) name="password" type="password" minlength="10" maxlength="256" autocomplete="new-password" required;
                }
                button class="button" type="submit" { (text("accounts-set")) }
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
            h2 id="add-title" { (text("accounts-add-title")) }
            form class="stacked" method="post" action="/accounts" {
                div class="field" {
                    label for="name" { (text("accounts-name")) }
                    input id="name" name="name" type="text" maxlength="100" autocomplete="off" autocapitalize="none" spellcheck="false" required;
                }
                div class="field" {
                    label for="role" { (text("accounts-role")) }
                    select id="role" name="role" { @for role in roles { option value=(role.name()) { (role.words_in(words::language())) } } }
                }
                (secret_if("password", text("log-in-password"), "new-password", provider.is_none()))
                p class="muted small" { (text("accounts-password-note")) }
                @if let Some(provider) = provider {
                    div class="field" {
                        label for="subject" { (text("accounts-subject")) }
                        input id="subject" name="subject" type="text" maxlength="255" autocomplete="off" autocapitalize="none" spellcheck="false";
                    }
                    p class="muted small" { (text_with!("accounts-subject-note", provider = provider)) }
                }
                button class="button" type="submit" { (text("accounts-add")) }
            }
        }
    }
}
