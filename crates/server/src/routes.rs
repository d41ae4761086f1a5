//! Every address the server knows, in one table.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::middleware;
use axum::routing::{MethodRouter, get, post};

use crate::application::{App, Application};
use crate::problem::Problem;
use crate::{
    accounts, api, events, guard, laterality, log_in, openid, page, patient, picture, report,
    retry, review, spoken, statistics, worklist,
};

/// Addresses and what answers there.
fn routes() -> [(&'static str, MethodRouter<App>); 46] {
    [
        ("/", get(page::home)),
        ("/screenings", post(page::submit)),
        ("/screenings/{id}", get(page::screening)),
        ("/screenings/{id}/report.pdf", get(report::page)),
        (
            "/screenings/{id}/reviews",
            post(review::submit).layer(DefaultBodyLimit::max(review::LARGEST)),
        ),
        ("/screenings/{id}/retry", post(retry::submit)),
        (
            "/screenings/{id}/photographs/{index}/laterality",
            post(laterality::submit).layer(DefaultBodyLimit::max(laterality::LARGEST)),
        ),
        (
            "/worklist",
            get(worklist::page)
                .post(worklist::ask)
                .layer(DefaultBodyLimit::max(worklist::LARGEST)),
        ),
        ("/patients/{id}", get(patient::page)),
        ("/statistics", get(statistics::page)),
        ("/bundle", get(page::bundle)),
        ("/monitor", get(page::monitor)),
        ("/system", get(page::system)),
        ("/assets/{name}", get(page::asset)),
        (
            "/log-in",
            get(log_in::page).post(log_in::submit).layer(small()),
        ),
        ("/log-in/openid", get(openid::begin)),
        (openid::CALLBACK, get(openid::come_back)),
        ("/log-out", post(log_in::leave)),
        ("/language", post(spoken::choose).layer(small())),
        (
            "/password",
            get(log_in::password_page)
                .post(log_in::change_password)
                .layer(small()),
        ),
        (
            "/accounts",
            get(accounts::page).post(accounts::add).layer(small()),
        ),
        (
            "/accounts/{id}/enabled",
            post(accounts::set_enabled).layer(small()),
        ),
        (
            "/accounts/{id}/password",
            post(accounts::set_password).layer(small()),
        ),
        ("/audit", get(accounts::audit)),
        (
            "/api/v1/sessions",
            post(log_in::create).delete(log_in::end).layer(small()),
        ),
        ("/healthz", get(api::healthz)),
        ("/readyz", get(api::readyz)),
        ("/metrics", get(api::metrics)),
        ("/api/openapi.json", get(api::openapi)),
        ("/api/v1/screenings", get(api::list).post(api::create)),
        ("/api/v1/worklist", get(worklist::list)),
        ("/api/v1/patients/{id}", get(patient::read)),
        ("/api/v1/statistics", get(statistics::read)),
        ("/api/v1/screenings/{id}", get(api::read)),
        ("/api/v1/screenings/{id}/events", get(events::follow)),
        ("/api/v1/screenings/{id}/retry", post(retry::create)),
        ("/api/v1/screenings/{id}/report", get(report::read)),
        (
            "/api/v1/screenings/{id}/reviews",
            post(review::create).layer(DefaultBodyLimit::max(review::LARGEST)),
        ),
        (
            "/api/v1/screenings/{id}/photographs/{index}/laterality",
            post(laterality::create).layer(DefaultBodyLimit::max(laterality::LARGEST)),
        ),
        (
            "/api/v1/screenings/{id}/photographs/{index}/original",
            get(picture::original),
        ),
        (
            "/api/v1/screenings/{id}/photographs/{index}/cropped",
            get(picture::cropped),
        ),
        (
            "/api/v1/screenings/{id}/photographs/{index}/standardized",
            get(picture::standardized),
        ),
        (
            "/api/v1/screenings/{id}/photographs/{index}/referral.svg",
            get(picture::place_chart),
        ),
        (
            "/api/v1/screenings/{id}/photographs/{index}/explanations/{method}",
            get(picture::explanation),
        ),
        (
            "/api/v1/screenings/{id}/photographs/{index}/explanations/{method}/map",
            get(picture::explanation_map),
        ),
        (
            "/api/v1/screenings/{id}/photographs/{index}/explanations/{method}/counterfactual",
            get(picture::counterfactual),
        ),
    ]
}

/// Names and passwords are short.
fn small() -> DefaultBodyLimit {
    DefaultBodyLimit::max(8 << 10)
}

/// The whole server as a service, without a network.
pub fn router(application: &Application) -> Router {
    let app = App::clone(&application.shared);
    let mut router = Router::new();
    for (path, answer) in routes() {
        router = router.route(path, answer);
    }
    router
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(DefaultBodyLimit::max(app.uploads.request_bytes))
        .layer(middleware::from_fn_with_state(
            App::clone(&app),
            guard::guard,
        ))
        .with_state(app)
}

async fn not_found() -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        "there is nothing at this address; begin at / or at /api/openapi.json",
    )
}

async fn method_not_allowed() -> Problem {
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "this address does not take that method; see /api/openapi.json",
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use clinic::Role;

    use crate::permission::Least;

    #[test]
    fn the_description_names_every_address_and_no_other() {
        let description: serde_json::Value =
            serde_json::from_str(include_str!("openapi.json")).expect("the description is JSON");
        let paths = description["paths"]
            .as_object()
            .expect("the description has paths");
        let described: BTreeSet<&str> = paths.keys().map(String::as_str).collect();
        let routed: BTreeSet<&str> = super::routes().into_iter().map(|(path, _)| path).collect();
        assert_eq!(described, routed);
    }

    #[test]
    fn the_description_says_where_somebody_is_refused() {
        let description: serde_json::Value =
            serde_json::from_str(include_str!("openapi.json")).expect("the description is JSON");
        for (path, rule, _) in crate::permission::RULES {
            let is_for_programs = path.starts_with("/api/") || *path == "/metrics";
            let asks = matches!(rule, Least::Role(_) | Least::Watcher);
            let is_for_few = asks && *rule != Least::Role(Role::Screener);
            let operations = description["paths"][path]
                .as_object()
                .expect("it is described");
            for (method, operation) in operations.iter().filter(|(name, _)| *name != "parameters") {
                let says = |status: &str| operation["responses"].get(status).is_some();
                let at = format!("{method} {path}");
                assert!(says("401") || !(asks && is_for_programs), "{at}");
                assert!(says("403") || (method == "get" && !is_for_few), "{at}");
            }
        }
    }

    #[test]
    fn every_address_has_a_rule_and_every_rule_an_address() {
        let routed: BTreeSet<&str> = super::routes().into_iter().map(|(path, _)| path).collect();
        let rules = crate::permission::RULES.iter();
        let ruled: BTreeSet<&str> = rules.map(|(address, ..)| *address).collect();
        assert_eq!(ruled, routed);
    }
}
