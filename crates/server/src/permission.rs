//! Who may ask at which address, in one table, and what is noted of it.
//!
//! An address that is not in the table needs a reader: what is added and forgotten here is closed.

use axum::http::{Method, StatusCode};
use clinic::{Action, Role};

/// The least that somebody must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Least {
    /// Anybody, who is not even looked up: what must answer without the records too.
    Unasked,
    /// Anybody, logged in or not.
    Anybody,
    /// An administrator, or a program on this computer that watches over the server.
    Watcher,
    /// Somebody who is logged in, with this role or a greater one.
    Role(Role),
}

/// What is seen at an address, and noted in the audit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seen {
    /// Which screenings there are.
    List,
    /// The screening of the address.
    Screening,
    /// The original photograph of the address.
    Photograph,
    /// The patient of the address.
    Patient,
    /// The audit itself.
    Audit,
}

impl Seen {
    pub(crate) fn action(self) -> Action {
        match self {
            Self::List => Action::ListOpened,
            Self::Screening => Action::ScreeningOpened,
            Self::Photograph => Action::PhotographOpened,
            Self::Patient => Action::PatientOpened,
            Self::Audit => Action::AuditOpened,
        }
    }
}

/// What an address asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rule {
    pub(crate) least: Least,
    /// What is noted where something was read successfully.
    pub(crate) seen: Option<Seen>,
}

const UNASKED: Least = Least::Unasked;
const ANYBODY: Least = Least::Anybody;
const SCREENER: Least = Least::Role(Role::Screener);
const READER: Least = Least::Role(Role::Reader);
const ADMINISTRATOR: Least = Least::Role(Role::Administrator);

pub(crate) const RULES: &[(&str, Least, Option<Seen>)] = &[
    ("/log-in", ANYBODY, None),
    ("/log-in/openid", ANYBODY, None),
    ("/log-in/openid/callback", ANYBODY, None),
    ("/log-out", ANYBODY, None),
    ("/language", UNASKED, None),
    ("/api/v1/sessions", ANYBODY, None),
    ("/assets/{name}", UNASKED, None),
    ("/healthz", UNASKED, None),
    ("/readyz", UNASKED, None),
    ("/metrics", Least::Watcher, None),
    ("/", SCREENER, Some(Seen::List)),
    ("/password", SCREENER, None),
    ("/bundle", SCREENER, None),
    ("/screenings", SCREENER, None),
    ("/screenings/{id}", SCREENER, Some(Seen::Screening)),
    ("/worklist", SCREENER, Some(Seen::List)),
    ("/patients/{id}", SCREENER, Some(Seen::Patient)),
    ("/statistics", SCREENER, None),
    ("/screenings/{id}/reviews", READER, None),
    ("/screenings/{id}/retry", SCREENER, None),
    (
        "/screenings/{id}/photographs/{index}/laterality",
        SCREENER,
        None,
    ),
    (
        "/screenings/{id}/report.pdf",
        SCREENER,
        Some(Seen::Screening),
    ),
    ("/monitor", ADMINISTRATOR, None),
    ("/system", ADMINISTRATOR, None),
    ("/accounts", ADMINISTRATOR, None),
    ("/accounts/{id}/enabled", ADMINISTRATOR, None),
    ("/accounts/{id}/password", ADMINISTRATOR, None),
    ("/audit", ADMINISTRATOR, Some(Seen::Audit)),
    ("/api/openapi.json", SCREENER, None),
    ("/api/v1/screenings", SCREENER, Some(Seen::List)),
    ("/api/v1/worklist", SCREENER, Some(Seen::List)),
    ("/api/v1/patients/{id}", SCREENER, Some(Seen::Patient)),
    ("/api/v1/statistics", SCREENER, None),
    ("/api/v1/screenings/{id}", SCREENER, Some(Seen::Screening)),
    (
        "/api/v1/screenings/{id}/events",
        SCREENER,
        Some(Seen::Screening),
    ),
    ("/api/v1/screenings/{id}/retry", SCREENER, None),
    (
        "/api/v1/screenings/{id}/report",
        SCREENER,
        Some(Seen::Screening),
    ),
    ("/api/v1/screenings/{id}/reviews", READER, None),
    (
        "/api/v1/screenings/{id}/photographs/{index}/laterality",
        SCREENER,
        None,
    ),
    (
        "/api/v1/screenings/{id}/photographs/{index}/original",
        SCREENER,
        Some(Seen::Photograph),
    ),
    (
        "/api/v1/screenings/{id}/photographs/{index}/cropped",
        SCREENER,
        Some(Seen::Screening),
    ),
    (
        "/api/v1/screenings/{id}/photographs/{index}/standardized",
        SCREENER,
        Some(Seen::Screening),
    ),
    (
        "/api/v1/screenings/{id}/photographs/{index}/referral.svg",
        SCREENER,
        Some(Seen::Screening),
    ),
    (
        "/api/v1/screenings/{id}/photographs/{index}/explanations/{method}",
        SCREENER,
        Some(Seen::Screening),
    ),
    (
        "/api/v1/screenings/{id}/photographs/{index}/explanations/{method}/map",
        SCREENER,
        Some(Seen::Screening),
    ),
    (
        "/api/v1/screenings/{id}/photographs/{index}/explanations/{method}/counterfactual",
        SCREENER,
        Some(Seen::Screening),
    ),
];

/// The rule of an address, by its template; `None` where there is nothing, which only those who are logged in are told.
pub(crate) fn rule(template: Option<&str>) -> Rule {
    let Some(template) = template else {
        return Rule {
            least: SCREENER,
            seen: None,
        };
    };
    let known = RULES.iter().find(|(address, ..)| *address == template);
    known.map_or(
        Rule {
            least: READER,
            seen: None,
        },
        |(_, least, seen)| Rule {
            least: *least,
            seen: *seen,
        },
    )
}

/// Whether this answer showed something.
pub(crate) fn has_shown(method: &Method, status: StatusCode) -> bool {
    let is_read = [Method::GET, Method::HEAD].contains(method);
    is_read && (status.is_success() || status == StatusCode::NOT_MODIFIED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_in_the_table_needs_a_reader() {
        assert_eq!(rule(Some("/forgotten/{id}")).least, READER);
        assert_eq!(rule(None).least, SCREENER);
        assert_eq!(rule(Some("/healthz")).least, UNASKED);
    }

    #[test]
    fn only_what_shows_no_patient_is_open() {
        let open: Vec<&str> = RULES
            .iter()
            .filter(|(_, least, _)| !matches!(least, Least::Role(_)))
            .map(|(address, ..)| *address)
            .collect();
        let expected = [
            "/log-in",
            "/log-in/openid",
            "/log-in/openid/callback",
            "/log-out",
            "/language",
            "/api/v1/sessions",
            "/assets/{name}",
            "/healthz",
            "/readyz",
            "/metrics",
        ];
        assert_eq!(open, expected);
    }
}
