//! What a human should look for where the system cannot tell.

use maud::{Markup, html};
use trust::words::signs_to_look_for;

use super::view::Graded;
use super::words::{language, text};

/// The list for the decision `unsure`: what made the system hesitate, then the signs between the grades in question.
pub(super) fn guidance(graded: &Graded) -> Markup {
    let set = graded.prediction.as_ref().map(|prediction| prediction.set);
    html! {
        div class="guidance" data-guidance {
            p { strong { (text("signs-title")) } }
            ul { @for sign in signs_to_look_for(language(), &graded.probabilities, set, graded.rule) { li { (sign) } } }
        }
    }
}
