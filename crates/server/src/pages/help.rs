//! What to do where there is nothing yet.

use maud::{Markup, html};

/// The first steps, in three lines.
pub(super) fn first_steps() -> Markup {
    html! {
        ol class="first-steps" data-first-steps {
            li { a href="/" { "Drop or choose photographs" } " of a patient’s right and left eye; the file names may say which is which." }
            li { "The system grades them within seconds and puts what needs a reader first on the " a href="/worklist" { "worklist" } "." }
            li { "Open a screening there, look, and agree, overrule or call each eye ungradable." }
        }
    }
}
