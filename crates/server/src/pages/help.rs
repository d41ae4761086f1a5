//! What to do where there is nothing yet.

use maud::{Markup, html};

use super::words::{marked, text};

/// The first steps, in three lines.
pub(super) fn first_steps() -> Markup {
    html! {
        ol class="first-steps" data-first-steps {
            li { (marked(text("steps-photographs"), "/")) }
            li { (marked(text("steps-worklist"), "/worklist")) }
            li { (text("steps-review")) }
        }
    }
}
