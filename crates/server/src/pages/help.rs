//! What to do where there is nothing yet, and what the keyboard does.

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

/// What the keyboard does on a page; its button is [`show_keys`]. Each line is the signs of keys and what they do.
pub(super) fn keys(title: &str, lines: &[(&[&str], &str)]) -> Markup {
    html! {
        dialog class="card keys" aria-labelledby="keys-title" data-keys {
            h2 id="keys-title" { (title) }
            dl {
                @for (signs, does) in lines {
                    div { dt { @for sign in *signs { kbd { (sign) } " " } } dd { (does) } }
                }
            }
            form method="dialog" { button type="submit" { (text("frame-close")) } }
        }
    }
}

/// Opens the list of keys.
pub(super) fn show_keys() -> Markup {
    html! { button type="button" class="button quiet needs-script" data-show-keys { (text("frame-keys")) } }
}
