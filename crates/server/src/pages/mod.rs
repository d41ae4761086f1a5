//! The clinician's pages, drawn on the server.
//!
//! Everything a page says is in its HTML: it is complete without JavaScript and on paper. The modules in
//! `assets/` add what needs a hand on the picture (dropping, progress, zoom, opacity). Nothing is inline, nothing
//! comes from another host, so [`CONTENT_SECURITY_POLICY`] can forbid both. [`view`] holds what the pages show.

/// A text with values in it, in the language of the page.
macro_rules! text_with {
    ($key:literal, $($name:ident = $value:expr),+ $(,)?) => {
        ::language::text_with!($crate::spoken::language(), $key, $($name = $value),+)
    };
}

mod accounts;
mod assets;
mod audit;
mod bars;
mod bundle;
mod certainty;
mod comparison;
mod eyes;
mod familiarity;
mod guidance;
mod help;
mod home;
mod icons;
mod layout;
mod log_in;
mod monitor;
mod patient;
mod photograph;
mod places;
mod prediction;
mod screening;
mod statistics;
mod system;
mod tools;
pub mod view;
mod viewer;
mod visitor;
mod words;
mod worklist;

pub use crate::spoken::drawn_in;
pub(crate) use accounts::accounts;
pub use assets::{Asset, asset};
pub(crate) use audit::audit;
pub use bundle::bundle;
pub use home::home;
pub use layout::problem;
pub(crate) use log_in::{LogIn, entered, left, log_in, password};
pub use monitor::monitor;
pub use patient::patient;
pub use screening::screening;
pub use statistics::statistics;
pub use system::system;
pub(crate) use visitor::{Visitor, drawn_for};
pub use worklist::worklist;

/// The `Content-Security-Policy` that every page is sent with.
///
/// `blob:` pictures are the previews of the photographs that are about to be uploaded.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
     img-src 'self' blob:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
