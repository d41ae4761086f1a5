//! What people read, in their language.
//!
//! Every text that a clinician sees on a page or in a report stands in `texts/`, a folder for each language, as messages of
//! [Project Fluent](https://projectfluent.org). The catalogue is part of the program. [`Language::text`] gives a text in which
//! nothing varies, [`text_with!`] one with values in it. Nothing here fails: what a language lacks is said in English, and that
//! nothing is lacking is what the tests of this crate see to.
//!
//! What is kept in records and said by errors is English, whoever reads it later; [`Language::retell`] says it again.

mod catalogue;
mod marked;
mod negotiation;
mod retelling;
mod tag;

pub use catalogue::Text;
/// What stands in the place of a variable of a text.
pub use fluent_bundle::FluentValue as Value;
pub use marked::{Piece, pieces, unmarked};
pub use tag::{Language, UnknownLanguage};

/// A text with values in it: `text_with!(language, "frame-photographs", count = 3)`.
#[macro_export]
macro_rules! text_with {
    ($language:expr, $key:literal, $($name:ident = $value:expr),+ $(,)?) => {
        $language.text_with($key, &[$((stringify!($name), $crate::Value::from($value))),+])
    };
}

/// The name of a text in a table of them; tests find it by this mark.
#[macro_export]
macro_rules! key {
    ($key:literal) => {
        $key
    };
}
