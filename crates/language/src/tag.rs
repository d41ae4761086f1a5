//! The languages.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// A language that texts are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Language {
    /// The language of records, documents and logs, and of whatever another one lacks.
    #[default]
    English,
    /// Español.
    Spanish,
}

/// There are no texts in a language.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("there are no texts in the language `{0}`; choose en or es")]
pub struct UnknownLanguage(String);

impl Language {
    /// All of them, as they are listed.
    pub const ALL: [Self; 2] = [Self::English, Self::Spanish];

    /// Its tag (BCP 47), as addresses, cookies and HTML name it.
    pub fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Spanish => "es",
        }
    }

    /// What its speakers call it.
    pub fn own_name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::Spanish => "Español",
        }
    }

    /// The language with this tag; `None` where there is none.
    pub fn of_tag(tag: &str) -> Option<Self> {
        let is_named = |language: &Self| language.tag() == tag;
        Self::ALL.into_iter().find(is_named)
    }

    /// A number with so many decimals, as it stands in a sentence: `0.55`, `0,55`.
    pub fn decimal(self, number: f64, decimals: usize) -> String {
        self.numeral(&format!("{number:.decimals$}"))
    }

    /// A number that is written with a decimal point, as this language writes it.
    pub fn numeral(self, number: &str) -> String {
        match self {
            Self::English => number.to_owned(),
            Self::Spanish => number.replace('.', ","),
        }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.tag())
    }
}

impl FromStr for Language {
    type Err = UnknownLanguage;

    fn from_str(tag: &str) -> Result<Self, UnknownLanguage> {
        Self::of_tag(tag).ok_or_else(|| UnknownLanguage(tag.to_owned()))
    }
}
