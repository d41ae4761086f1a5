//! What patients were searched for on the worklist, under opaque names.
//!
//! A search has to be in the address of a page, so that one can turn its pages, come back to it and load it again; a
//! patient's identifier must not be. So the server remembers the latest searches, for as long as it runs.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use uuid::Uuid;

/// Searches that are remembered.
const MOST: usize = 1000;

/// The latest searches, newest last.
#[derive(Debug, Default)]
pub(crate) struct Searches(Mutex<VecDeque<(Uuid, String)>>);

impl Searches {
    /// Remembers a search and gives it a name; the same text keeps its name.
    pub(crate) fn keep(&self, text: String) -> String {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((name, _)) = kept.iter().find(|(_, known)| *known == text) {
            return name.to_string();
        }
        if kept.len() == MOST {
            kept.pop_front();
        }
        let name = Uuid::new_v4();
        kept.push_back((name, text));
        name.to_string()
    }

    /// What was searched for under this name.
    pub(crate) fn find(&self, name: &str) -> Option<String> {
        let name = Uuid::try_parse(name).ok()?;
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = kept.iter().find(|(known, _)| *known == name);
        found.map(|(_, text)| text.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_searches_are_found_by_names_that_say_nothing() {
        let searches = Searches::default();
        let first = searches.keep("P-1".to_owned());
        assert_eq!(searches.keep("P-1".to_owned()), first);
        assert_eq!(searches.find(&first).as_deref(), Some("P-1"));
        assert!(!first.contains("P-1"));
        for number in 0..MOST {
            searches.keep(format!("other {number}"));
        }
        assert_eq!(searches.find(&first), None);
        assert_eq!(searches.find("P-1"), None);
    }
}
