//! Numbers, times and names as people read them: the words that reports use too, and what is particular to a page.

use maud::{Markup, html};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

pub(super) use trust::words::{
    capitalized, count, decided_by, decision, percent, points, sentence, share_with_interval,
    significant,
};

use super::view::Figure;

/// `0.55 (95 % interval 0.49 to 0.61)`.
pub(super) fn figure(figure: &Figure) -> String {
    trust::words::with_interval(figure.value, figure.lower, figure.upper)
}

/// A moment in universal time; `times.js` puts it into the reader's own.
pub(super) fn moment(moment: OffsetDateTime) -> Markup {
    // The format is complete for every moment that the type can hold between the years 0 and 9999.
    let machine = moment
        .to_offset(time::UtcOffset::UTC)
        .format(&Rfc3339)
        .unwrap_or_default();
    html! { time datetime=(machine) { (clinic::words::moment(moment)) } }
}
