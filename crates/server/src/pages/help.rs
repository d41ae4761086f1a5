//! What to do where there is nothing yet, and what the keyboard does.

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
            form method="dialog" { button type="submit" { "Close" } }
        }
    }
}

/// Opens the list of keys.
pub(super) fn show_keys() -> Markup {
    html! { button type="button" class="button quiet needs-script" data-show-keys { "Keys" } }
}
