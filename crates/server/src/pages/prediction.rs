//! The prediction set in words: which grades the photograph may have, and what is promised of that.

use maud::{Markup, html};
use trust::words::{prediction_meaning, prediction_set};

use super::view::Prediction;
use super::words;

/// The sentence below the bars; its sign is the bracket that marks the bars of the set.
pub(super) fn prediction(prediction: &Prediction) -> Markup {
    let set = prediction.set;
    let language = words::language();
    let said = prediction_set(language, set, prediction.words.as_deref());
    html! {
        p class="prediction-set" data-lowest=(set.lowest().index()) data-highest=(set.highest().index()) {
            span class="set-key" aria-hidden="true" {}
            span {
                strong { (words::capitalized(&said)) } ": "
                (prediction_meaning(language, set, prediction.promise))
            }
        }
    }
}
