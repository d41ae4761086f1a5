//! What was seen, for the audit. Who looks at the same thing again within five minutes, as pages that follow the work do by
//! themselves, is noted once.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use clinic::{Access, Action, Actor, Subject};

use crate::permission::Seen;
use crate::problem::Problem;

/// For so long one note is enough.
const ONE_NOTE: Duration = Duration::from_secs(300);
/// Notes that are remembered before those of the past are forgotten.
const REMEMBERED: usize = 4096;

type Sighting = (Actor, Action, Option<Subject>);

/// The latest notes.
#[derive(Debug, Default)]
pub(crate) struct Sightings {
    noted: Mutex<HashMap<Sighting, Instant>>,
}

impl Sightings {
    /// Notes what was seen, unless it just was.
    pub(crate) async fn note(
        &self,
        access: &Access,
        actor: Actor,
        seen: Seen,
        subject: Option<Subject>,
    ) -> Result<(), Problem> {
        let sighting = (actor, seen.action(), subject);
        let now = Instant::now();
        if self.is_noted(&sighting, now) {
            return Ok(());
        }
        access.note(actor, seen.action(), subject).await?;
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        if noted.len() >= REMEMBERED {
            noted.retain(|_, then| now.duration_since(*then) < ONE_NOTE);
        }
        noted.insert(sighting, now);
        Ok(())
    }

    fn is_noted(&self, sighting: &Sighting, now: Instant) -> bool {
        let noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        let then = noted.get(sighting);
        then.is_some_and(|then| now.duration_since(*then) < ONE_NOTE)
    }
}

/// Which record an address names; `None` where it names none, or something that is no identifier.
pub(crate) async fn subject(parts: &mut Parts, seen: Seen) -> Option<Subject> {
    let path = RawPathParams::from_request_parts(parts, &()).await.ok()?;
    let part = |name| {
        let mut parts = path.iter();
        parts.find_map(|(key, value)| (key == name).then_some(value))
    };
    match seen {
        Seen::List | Seen::Audit => None,
        Seen::Screening => Some(Subject::Screening(part("id")?.parse().ok()?)),
        Seen::Patient => Some(Subject::Patient(part("id")?.parse().ok()?)),
        Seen::Photograph => {
            let index = part("index")?.parse().ok()?;
            Some(Subject::Photograph(part("id")?.parse().ok()?, index))
        }
    }
}
