//! The worklist: every screening, what needs a reader first, by mouse and by keyboard.

use clinic::{
    Order, Page, PatientDecision, Priority, ReadingState, SortKey, WorkState, WorklistLine,
};
use maud::{Markup, html};
use trust::Grade;

use super::view::{Bundle, Worklist};
use super::{help, icons, layout, screening, words};

/// The page at `/worklist`.
pub fn worklist(bundle: &Bundle, shown: &Worklist) -> Markup {
    let total = usize::try_from(shown.worklist.total).unwrap_or(usize::MAX);
    let body = html! {
        header class="screening-head" {
            div {
                h1 { "Worklist" }
                p class="muted" data-total {
                    (words::count(total, "screening"))
                    @if is_narrowed(shown) { " found" }
                    " · " (order_words(shown.order))
                }
            }
            (help::show_keys())
        }
        @if shown.is_empty { (help::first_steps()) }
        @else {
            (filter(shown))
            @if shown.worklist.lines.is_empty() { p class="card" data-nothing { "No screening is like this. " a href="/worklist" { "Show all" } "." } }
            @else { (table(shown)) }
            (pages(shown))
        }
        (keys())
    };
    layout::page("Worklist", Some("worklist.js"), None, Some(bundle), body)
}

fn is_narrowed(shown: &Worklist) -> bool {
    shown.filter != clinic::Filter::default()
}

fn order_words(order: Order) -> String {
    match (order.key, order.descending) {
        (SortKey::Priority, false) => "what needs a reader first, then the oldest".to_owned(),
        (key, descending) => {
            let direction = if descending {
                "descending"
            } else {
                "ascending"
            };
            format!("sorted by {}, {direction}", key.words().to_lowercase())
        }
    }
}

fn filter(shown: &Worklist) -> Markup {
    let filter = &shown.filter;
    let day = |day: Option<time::Date>| day.map(|day| day.to_string());
    html! {
        form class="card filter" method="post" action="/worklist" role="search" aria-label="Screenings" {
            label class="filter-search" {
                span { "Patient identifier contains" }
                input type="text" name="patient" maxlength="200" autocomplete="off" spellcheck="false" data-search value=[filter.patient.as_deref()];
            }
            (choice("state", "State", WorkState::ALL.iter().map(|each| (each.name(), each.words(), filter.state == Some(*each)))))
            (choice("decision", "Decision", PatientDecision::ALL.iter().map(|each| (each.name(), each.words(), filter.decision == Some(*each)))))
            (choice("reading", "Review", ReadingState::ALL.iter().map(|each| (each.name(), each.words(), filter.reading == Some(*each)))))
            (choice("grade", "Grade", Grade::ALL.iter().map(|each| (["0", "1", "2", "3", "4"][each.index()], each.words(), filter.grade == Some(*each)))))
            label { span { "From day (UTC)" } input type="date" name="from" value=[day(shown.from)]; }
            label { span { "To day (UTC)" } input type="date" name="to" value=[day(shown.to)]; }
            input type="hidden" name="sort" value=(shown.order.key.name());
            input type="hidden" name="order" value=(if shown.order.descending { "descending" } else { "ascending" });
            div class="filter-buttons" {
                button type="submit" { "Show" }
                @if is_narrowed(shown) { a class="button quiet" href="/worklist" { "Show all" } }
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
                option value="" { "Any" }
                @for (value, words, chosen) in choices { option value=(value) selected[chosen] { (words) } }
            }
        }
    }
}

/// The columns by which the list can be sorted.
const COLUMNS: [(SortKey, &str); 8] = [
    (SortKey::Priority, "Needs a reader"),
    (SortKey::Received, "Received"),
    (SortKey::Patient, "Patient"),
    (SortKey::Photographs, "Photographs"),
    (SortKey::State, "State"),
    (SortKey::Decision, "Decision"),
    (SortKey::Grade, "Grade"),
    (SortKey::Reading, "Review"),
];

fn table(shown: &Worklist) -> Markup {
    html! {
        div class="table-frame" tabindex="0" role="group" aria-label="Screenings" {
            table class="recent-table worklist" data-worklist {
                thead { tr { @for (key, name) in COLUMNS { (heading(shown, key, name)) } } }
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
                    None => span class="muted" { "not stated" },
                }
            }
            td { (photographs(line)) }
            td { (state(line.state)) }
            (decided(line))
            td { (line.reading.words()) }
        }
    }
}

fn priority(priority: Priority) -> Markup {
    html! {
        @match priority {
            Priority::First => strong { "First" },
            Priority::Referable | Priority::Unread => { (priority.words()) },
            Priority::ReadOnce => span class="muted" { "Second reading" },
            Priority::NotYet => span class="muted" { "Not yet" },
            Priority::Settled => span class="muted" { "No" },
        }
    }
}

fn photographs(line: &WorklistLine) -> Markup {
    let [right, left, unstated] = line.photographs;
    let of_eye = |count: u32, sign: &'static str, name: &'static str| {
        html! { @if count > 0 { span class="eye-count" { abbr title=(name) { (sign) } " " (count) } } }
    };
    html! {
        (of_eye(right, "R", "right eye")) (of_eye(left, "L", "left eye")) (of_eye(unstated, "?", "eye not stated"))
        @if line.rejected > 0 { span class="muted eye-count" { (line.rejected) " not usable" } }
    }
}

fn state(state: WorkState) -> Markup {
    html! {
        @match state {
            WorkState::Waiting | WorkState::Working => span class="pill waiting" { (icons::waiting()) (state.words()) },
            WorkState::Failed => span class="pill refused" { (icons::warning()) (state.words()) },
            WorkState::Done => { (state.words()) },
        }
    }
}

/// Decision and grade. What one reader alone made of an eye is folded away from the next; as long as another eye is unread it is
/// not said at all, since it is half a reading.
fn decided(line: &WorklistLine) -> Markup {
    let grade = |grade: Option<Grade>| grade.map_or("–", Grade::words);
    html! {
        td {
            (patient_decision(line.blind_decision))
            @if line.reading == ReadingState::ReadOnce {
                details class="blind" {
                    summary { "With the reading" }
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
            (None, PatientDecision::Pending) => span class="pill waiting" { (icons::waiting()) (decision.words()) },
            (None, _) => span class="pill retake" { (icons::warning()) (decision.words()) },
        }
    }
}

fn pages(shown: &Worklist) -> Markup {
    let previous = shown.worklist.previous.map(Page::Before);
    let next = shown.worklist.next.map(Page::After);
    html! {
        @if previous.is_some() || next.is_some() {
            nav class="pages" aria-label="Pages" {
                @if let Some(page) = previous {
                    a class="button quiet" href=(shown.address(shown.order, Page::First)) { "First page" }
                    a class="button quiet" rel="prev" href=(shown.address(shown.order, page)) data-previous { "Previous page" }
                }
                @if let Some(page) = next { a class="button quiet" rel="next" href=(shown.address(shown.order, page)) data-next { "Next page" } }
            }
        }
    }
}

/// What the keyboard does here.
fn keys() -> Markup {
    help::keys(
        "Keys of the worklist",
        &[
            (&["J", "↓"], "the next screening"),
            (&["K", "↑"], "the screening before"),
            (&["Enter"], "opens it"),
            (&["/"], "searches for a patient"),
            (&["N"], "the next page"),
            (&["P"], "the page before"),
            (&["?"], "shows these keys"),
        ],
    )
}
