//! Whether a photograph is like those that the system learned from.

use language::Language;

use crate::Rule;

/// What can be said of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Likeness {
    /// It is near enough.
    Like,
    /// It is too far off.
    Unlike,
    /// There is a number, but nothing to hold it against.
    Unjudged,
    /// There is no number.
    Unknown,
}

impl Likeness {
    /// By a photograph's unfamiliarity, the limit of the bundle that answered, and the rule that decided, which remembers
    /// what was found even where number or limit are gone.
    pub fn of(unfamiliarity: Option<f32>, limit: Option<f32>, rule: Option<Rule>) -> Self {
        if rule == Some(Rule::Unfamiliar) {
            return Self::Unlike;
        }
        match (unfamiliarity, limit) {
            (Some(distance), Some(limit)) if distance <= limit => Self::Like,
            (Some(_), Some(_)) => Self::Unlike,
            (Some(_), None) => Self::Unjudged,
            (None, _) => Self::Unknown,
        }
    }

    /// A word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Like => "like",
            Self::Unlike => "unlike",
            Self::Unjudged => "unjudged",
            Self::Unknown => "unknown",
        }
    }

    /// A sentence for clinicians.
    pub fn words_in(self, language: Language) -> &'static str {
        match self {
            Self::Like => language.text("likeness-like"),
            Self::Unlike => language.text("likeness-unlike"),
            Self::Unjudged => language.text("likeness-unjudged"),
            Self::Unknown => language.text("likeness-unknown"),
        }
    }
}
