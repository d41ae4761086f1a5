//! The worklist: every screening, what needs a reader first, by mouse and by keyboard.

use clinic::{
    Order, Page, PatientDecision, Priority, ReadingState, SortKey, WorkState, WorklistLine,
};
use language::key;
use maud::{Markup, html};
use trust::Grade;

use super::view::{Bundle, Worklist};
use super::words::text;
use super::{help, icons, layout, screening, words};

/// The page at `/worklist`.
pub fn worklist(bundle: &Bundle, shown: &Worklist) -> Markup {
    let total = usize::try_from(shown.worklist.total).unwrap_or(usize::MAX);
    let screenings = text_with!("frame-screenings", count = total);
    let body = html! {
        header class="screening-head" {
            div {
                h1 { (text("worklist-title")) }
                p class="muted" data-total {
                    @if is_narrowed(shown) { (text_with!("worklist-found", screenings = screenings)) }
                    @else { (screenings) }
                    " · " (order_words(shown.order))
                }
            }
            (help::show_keys())
        }
        @if shown.is_empty { (help::first_steps()) }
        @else {
            (filter(shown))
            @if shown.worklist.lines.is_empty() { p class="card" data-nothing { (words::marked(text("worklist-nothing"), "/worklist")) } }
            @else { (table(shown)) }
            (pages(shown))
        }
        (keys())
    };
    layout::page(
        text("worklist-title"),
        Some("worklist.js"),
        None,
        Some(bundle),
        body,
    )
}

fn is_narrowed(shown: &Worklist) -> bool {
    shown.filter.leaves_out()
}

fn order_words(order: Order) -> String {
    let key = order.key.words_in(words::language()).to_lowercase();
    match (order.key, order.descending) {
        (SortKey::Priority, false) => text("worklist-usual-order").to_owned(),
        (_, false) => text_with!("worklist-ascending", key = key),
        (_, true) => text_with!("worklist-descending", key = key),
    }
}

fn filter(shown: &Worklist) -> Markup {
    let filter = &shown.filter;
    let language = words::language();
    let day = |day: Option<time::Date>| day.map(|day| day.to_string());
    html! {
        form class="card filter" method="post" action="/worklist" role="search" aria-label=(text("worklist-screenings")) {
            label class="filter-search" {
                span { (text("worklist-search")) }
                input type="text" name="patient" maxlength="200" autocomplete="off" spellcheck="false" data-search value=[filter.patient.as_deref()];
            }
            (choice("state", text("worklist-state"), WorkState::ALL.iter().map(|each| (each.name(), each.words_in(language), filter.state == Some(*each)))))
            (choice("decision", text("worklist-decision"), PatientDecision::ALL.iter().map(|each| (each.name(), each.words_in(language), filter.decision == Some(*each)))))
            (choice("reading", text("worklist-review"), ReadingState::ALL.iter().map(|each| (each.name(), each.words_in(language), filter.reading == Some(*each)))))
            (choice("grade", text("worklist-grade"), Grade::ALL.iter().map(|each| (["0", "1", "2", "3", "4"][each.index()], each.words_in(language), filter.grade == Some(*each)))))
            label { span { (text("worklist-from")) } input type="date" name="from" value=[day(shown.from)]; }
            label { span { (text("worklist-to")) } input type="date" name="to" value=[day(shown.to)]; }
            input type="hidden" name="sort" value=(shown.order.key.name());
            input type="hidden" name="order" value=(if shown.order.descending { "descending" } else { "ascending" });
            div class="filter-buttons" {
                button type="submit" { (text("worklist-show")) }
                @if is_narrowed(shown) { a class="button quiet" href="/worklist" { (text("worklist-show-all")) } }
            }
        }
    }
}

/// A list to choose from: name, words and whether it is chosen.
fn choice<'a>(
    name: &str,
    label: &str,
    choices: impl Iterator<Item = (&'a str, &'a str, bool)>,
) -> Markup {
    html! {
        label {
            span { (label) }
            select name=(name) {
                option value="" { (text("worklist-any")) }
                @for (value, words, chosen) in choices { option value=(value) selected[chosen] { (words) } }
            }
        }
    }
}

/// The columns by which the list can be sorted.
const COLUMNS: [(SortKey, &str); 8] = [
    (SortKey::Priority, key!("worklist-needs-reader")),
    (SortKey::Received, key!("worklist-received")),
    (SortKey::Patient, key!("worklist-patient")),
    (SortKey::Photographs, key!("worklist-photographs")),
    (SortKey::State, key!("worklist-state")),
    (SortKey::Decision, key!("worklist-decision")),
    (SortKey::Grade, key!("worklist-grade")),
    (SortKey::Reading, key!("worklist-review")),
];

fn table(shown: &Worklist) -> Markup {
    html! {
        div class="table-frame" tabindex="0" role="group" aria-label=(text("worklist-screenings")) {
            table class="recent-table worklist" data-worklist {
                thead { tr { @for (key, name) in COLUMNS { (heading(shown, key, text(name))) } } }
                tbody { @for line in &shown.worklist.lines { (row(line)) } }
            }
        }
    }
}

/// A heading sorts by its column, and once more the other way round.
fn heading(shown: &Worklist, key: SortKey, name: &str) -> Markup {
    let is_sorted = shown.order.key == key;
    let descending = is_sorted && !shown.order.descending;
    let sorted = match (is_sorted, shown.order.descending) {
        (false, _) => None,
        (true, false) => Some("ascending"),
        (true, true) => Some("descending"),
    };
    html! {
        th scope="col" aria-sort=[sorted] {
            a href=(shown.address(Order { key, descending }, Page::First)) {
                (name)
                @match sorted {
                    Some("ascending") => span aria-hidden="true" { " ▲" },
                    Some(_) => span aria-hidden="true" { " ▼" },
                    None => {},
                }
            }
        }
    }
}

fn row(line: &WorklistLine) -> Markup {
    html! {
        tr data-priority=(line.priority.name()) {
            td { (priority(line.priority)) }
            th scope="row" { a href={ "/screenings/" (line.screening) } data-open { (words::moment(line.received)) } }
            td class="patient" {
                @match &line.patient {
                    Some((id, identifier)) => a href={ "/patients/" (id) } { (identifier) },
                    None => span class="muted" { (text("worklist-not-stated")) },
                }
            }
            td { (photographs(line)) }
            td { (state(line.state)) }
            (decided(line))
            td { (line.reading.words_in(words::language())) }
        }
    }
}

fn priority(priority: Priority) -> Markup {
    html! {
        @match priority {
            Priority::First => strong { (text("worklist-first")) },
            Priority::Referable | Priority::Unread => { (priority.words_in(words::language())) },
            Priority::ReadOnce => span class="muted" { (text("worklist-second-reading")) },
            Priority::NotYet => span class="muted" { (text("worklist-not-yet")) },
            Priority::Settled => span class="muted" { (text("worklist-no")) },
        }
    }
}

fn photographs(line: &WorklistLine) -> Markup {
    let [right, left, unstated] = line.photographs;
    let of_eye = |count: u32, sign: &'static str, name: &'static str| {
        html! { @if count > 0 { span class="eye-count" { abbr title=(name) { (sign) } " " (count) } } }
    };
    html! {
        (of_eye(right, text("worklist-right-sign"), text("worklist-right")))
        (of_eye(left, text("worklist-left-sign"), text("worklist-left")))
        (of_eye(unstated, "?", text("worklist-unstated")))
        @if line.rejected > 0 { span class="muted eye-count" { (text_with!("worklist-not-usable", count = line.rejected)) } }
    }
}

fn state(state: WorkState) -> Markup {
    html! {
        @match state {
            WorkState::Waiting | WorkState::Working => span class="pill waiting" { (icons::waiting()) (state.words_in(words::language())) },
            WorkState::Failed => span class="pill refused" { (icons::warning()) (state.words_in(words::language())) },
            WorkState::Done => { (state.words_in(words::language())) },
        }
    }
}

/// Decision and grade. What one reader alone made of an eye is folded away from the next; as long as another eye is unread it is
/// not said at all, since it is half a reading.
fn decided(line: &WorklistLine) -> Markup {
    let grade = |grade: Option<Grade>| grade.map_or("–", words::grade);
    html! {
        td {
            (patient_decision(line.blind_decision))
            @if line.reading == ReadingState::ReadOnce {
                details class="blind" {
                    summary { (text("worklist-with-reading")) }
                    (patient_decision(line.decision)) " " (grade(line.grade))
                }
            }
        }
        td { (grade(line.blind_grade)) }
    }
}

/// What is to be done about a patient, in one word with its sign.
pub(super) fn patient_decision(decision: PatientDecision) -> Markup {
    html! {
        @match (decision.decision(), decision) {
            (Some(decision), _) => (screening::decision_pill(decision)),
            (None, PatientDecision::Pending) => span class="pill waiting" { (icons::waiting()) (decision.words_in(words::language())) },
            (None, _) => span class="pill retake" { (icons::warning()) (decision.words_in(words::language())) },
        }
    }
}

fn pages(shown: &Worklist) -> Markup {
    let previous = shown.worklist.previous.map(Page::Before);
    let next = shown.worklist.next.map(Page::After);
    html! {
        @if previous.is_some() || next.is_some() {
            nav class="pages" aria-label=(text("worklist-pages")) {
                @if let Some(page) = previous {
                    a class="button quiet" href=(shown.address(shown.order, Page::First)) { (text("worklist-first-page")) }
                    a class="button quiet" rel="prev" href=(shown.address(shown.order, page)) data-previous { (text("worklist-previous-page")) }
                }
                @if let Some(page) = next { a class="button quiet" rel="next" href=(shown.address(shown.order, page)) data-next { (text("worklist-next-page")) } }
            }
        }
    }
}

/// What the keyboard does here.
fn keys() -> Markup {
    help::keys(
        text("worklist-keys-title"),
        &[
            (&["J", "↓"], text("worklist-key-next")),
            (&["K", "↑"], text("worklist-key-previous")),
            (&["Enter"], text("worklist-key-open")),
            (&["/"], text("worklist-key-search")),
            (&["N"], text("worklist-key-next-page")),
            (&["P"], text("worklist-key-previous-page")),
            (&["?"], text("frame-key-help")),
        ],
    )
}
