//! What a period came to: how much, with which answers, how fast, and how far readers and system agree.

use clinic::{Agreement, Day, Statistics, Turnaround};
use language::key;
use maud::{Markup, PreEscaped, html};
use time::{Date, Duration};
use trust::plot::{CountBar, agreement_chart, count_chart};
use trust::{Grade, TrustError};

use super::view::Bundle;
use super::words::text;
use super::{help, layout, words};

/// With more days than these, weeks are shown.
const MOST_DAYS: i64 = 62;

/// The page at `/statistics`, about what was received from one day to another.
///
/// # Errors
/// When a chart cannot be drawn.
pub fn statistics(
    bundle: &Bundle,
    statistics: &Statistics,
    from: Option<Date>,
    to: Option<Date>,
) -> Result<Markup, TrustError> {
    let sections = match statistics.screenings {
        0 => nothing(from.is_some() || to.is_some()),
        _ => html! {
            (figures(statistics))
            (throughput(&statistics.days)?)
            (grades(statistics)?)
            (decisions(statistics)?)
            (agreement(&WITH_SYSTEM, &statistics.with_system)?)
            (agreement(&BETWEEN_READERS, &statistics.between_readers)?)
        },
    };
    let body = html! {
        header class="screening-head" { h1 { (text("frame-statistics")) } }
        (period(from, to))
        (sections)
    };
    Ok(layout::page(
        text("frame-statistics"),
        Some("dated.js"),
        None,
        Some(bundle),
        body,
    ))
}

fn period(from: Option<Date>, to: Option<Date>) -> Markup {
    let day = |day: Option<Date>| day.map(|day| day.to_string());
    html! {
        form class="card filter" method="get" action="/statistics" aria-label=(text("statistics-period")) {
            label { span { (text("statistics-from")) } input type="date" name="from" value=[day(from)]; }
            label { span { (text("statistics-to")) } input type="date" name="to" value=[day(to)]; }
            div class="filter-buttons" {
                button type="submit" { (text("worklist-show")) }
                a class="button quiet" href="/statistics?from=&to=" { (text("statistics-all-time")) }
            }
        }
    }
}

fn nothing(is_narrowed: bool) -> Markup {
    html! {
        section class="card statistics" data-nothing {
            h2 { @if is_narrowed { (text("statistics-nothing-in-period")) } @else { (text("statistics-nothing")) } }
            (help::first_steps())
        }
    }
}

fn figures(statistics: &Statistics) -> Markup {
    let gradable =
        statistics.gradable_photographs as f32 / statistics.graded_photographs.max(1) as f32;
    html! {
        section class="card statistics" aria-labelledby="figures-title" {
            h2 id="figures-title" { (text("statistics-in-short")) }
            dl class="facts" {
                div { dt { (text("statistics-screenings")) } dd data-screenings { (statistics.screenings) } }
                div {
                    dt { (text("statistics-gradable")) }
                    dd {
                        @if statistics.graded_photographs == 0 { (text("statistics-none-graded")) }
                        @else { (text_with!("statistics-gradable-share", share = words::percent(gradable), gradable = statistics.gradable_photographs, graded = statistics.graded_photographs)) }
                    }
                }
                div { dt { (text("statistics-rejected")) } dd { (statistics.rejected_photographs) } }
                div { dt { (text("statistics-to-answer")) } dd { (turnaround(statistics.to_answer)) } }
                div { dt { (text("statistics-to-review")) } dd { (turnaround(statistics.to_review)) } }
                @for (state, count) in &statistics.readings {
                    div { dt { (state.words_in(words::language())) } dd { (count) } }
                }
            }
        }
    }
}

fn turnaround(turnaround: Option<Turnaround>) -> String {
    match turnaround {
        None => text("statistics-none-yet").to_owned(),
        Some(turnaround) => text_with!(
            "statistics-turnaround",
            median = duration(turnaround.median),
            ninetieth = duration(turnaround.ninetieth),
            screenings = text_with!("frame-screenings", count = turnaround.screenings),
        ),
    }
}

/// Seconds in the unit in which people would say them.
fn duration(seconds: f64) -> String {
    match seconds {
        seconds if seconds < 10.0 => format!("{} s", words::decimal(seconds, 1)),
        seconds if seconds < 120.0 => format!("{seconds:.0} s"),
        seconds if seconds < 7200.0 => format!("{:.0} min", seconds / 60.0),
        seconds if seconds < 172_800.0 => format!("{:.0} h", seconds / 3600.0),
        seconds => text_with!(
            "statistics-days",
            days = (seconds / 86_400.0).round_ties_even(),
        ),
    }
}

fn throughput(days: &[Day]) -> Result<Markup, TrustError> {
    let span = match (days.first(), days.last()) {
        (Some(first), Some(last)) => (last.date - first.date).whole_days() + 1,
        _ => 0,
    };
    let (unit, title, steps) = match span > MOST_DAYS {
        true => (
            text("statistics-week"),
            text("statistics-by-week"),
            every(days, 7),
        ),
        false => (
            text("statistics-day"),
            text("statistics-by-day"),
            every(days, 1),
        ),
    };
    let bars: Vec<CountBar> = (steps.iter())
        .map(|step| bar(short(step.date), step.screenings))
        .collect();
    let rows = html! {
        @for step in steps.iter().filter(|step| step.screenings > 0) {
            tr { th scope="row" { (step.date) } td { (step.screenings) } td { (step.photographs) } }
        }
    };
    let table = layout::table(
        title,
        &[
            unit,
            text("statistics-screenings"),
            text("statistics-photographs"),
        ],
        rows,
    );
    section("throughput", title, &chart(title, &bars)?, &table)
}

/// Days, or weeks from Monday, without a gap between the first and the last.
fn every(days: &[Day], length: i64) -> Vec<Day> {
    let start = |date: Date| match length {
        7 => date - Duration::days(i64::from(date.weekday().number_days_from_monday())),
        _ => date,
    };
    let mut steps: Vec<Day> = Vec::new();
    for day in days {
        let begins = start(day.date);
        while let Some(next) = (steps.last()).map(|last| last.date + Duration::days(length))
            && next <= begins
        {
            steps.push(empty(next));
        }
        if steps.is_empty() {
            steps.push(empty(begins));
        }
        if let Some(step) = steps.last_mut() {
            step.screenings += day.screenings;
            step.photographs += day.photographs;
        }
    }
    steps
}

fn empty(date: Date) -> Day {
    Day {
        date,
        screenings: 0,
        photographs: 0,
    }
}

/// `11-26`: month and day, the year standing in the table.
fn short(date: Date) -> String {
    format!("{:02}-{:02}", u8::from(date.month()), date.day())
}

fn bar(name: impl Into<String>, count: usize) -> CountBar {
    CountBar {
        name: name.into(),
        count,
    }
}

fn grades(statistics: &Statistics) -> Result<Markup, TrustError> {
    let named = Grade::ALL.map(|grade| (words::grade(grade), statistics.grades[grade.index()]));
    let all: Vec<(&str, usize)> = named
        .into_iter()
        .chain([(text("statistics-no-grade"), statistics.without_grade)])
        .collect();
    mix(
        "grades",
        text("statistics-by-grade"),
        text("statistics-grade"),
        &all,
    )
}

fn decisions(statistics: &Statistics) -> Result<Markup, TrustError> {
    let decisions = statistics.decisions.iter();
    let all: Vec<(&str, usize)> = decisions
        .map(|(kind, count)| (kind.words_in(words::language()), *count))
        .collect();
    mix(
        "decisions",
        text("statistics-by-decision"),
        text("statistics-decision"),
        &all,
    )
}

fn mix(id: &str, title: &str, what: &str, counts: &[(&str, usize)]) -> Result<Markup, TrustError> {
    let bars: Vec<CountBar> = counts
        .iter()
        .map(|(name, count)| bar(*name, *count))
        .collect();
    let total: usize = counts.iter().map(|(_, count)| count).sum();
    let rows = html! {
        @for (name, count) in counts {
            tr { th scope="row" { (name) } td { (count) } td { (words::percent(*count as f32 / total.max(1) as f32)) } }
        }
    };
    let table = layout::table(
        title,
        &[
            what,
            text("statistics-screenings"),
            text("statistics-share"),
        ],
        rows,
    );
    section(id, title, &chart(title, &bars)?, &table)
}

/// How many screenings there were of each kind.
fn chart(title: &str, bars: &[CountBar]) -> Result<String, TrustError> {
    let counted = text("statistics-counted");
    count_chart(words::language(), title, counted, bars).svg()
}

fn section(id: &str, title: &str, chart: &str, table: &Markup) -> Result<Markup, TrustError> {
    Ok(html! {
        section class="card statistics" aria-labelledby={ (id) "-title" } {
            h2 id={ (id) "-title" } { (title) }
            div class="chart-row" {
                figure class="graph" { (PreEscaped(chart)) }
                (table)
            }
        }
    })
}

/// Of whom it is told how far they agree, by names of texts.
struct Compared {
    id: &'static str,
    title: &'static str,
    meaning: &'static str,
    names: [&'static str; 2],
}

const WITH_SYSTEM: Compared = Compared {
    id: "reader",
    title: key!("statistics-with-system"),
    meaning: key!("statistics-with-system-meaning"),
    names: [key!("statistics-system"), key!("statistics-reader")],
};

const BETWEEN_READERS: Compared = Compared {
    id: "second-reader",
    title: key!("statistics-between-readers"),
    meaning: key!("statistics-between-readers-meaning"),
    names: [
        key!("statistics-first-reader"),
        key!("statistics-second-reader"),
    ],
};

fn agreement(compared: &Compared, agreement: &Agreement) -> Result<Markup, TrustError> {
    let (id, title) = (compared.id, text(compared.title));
    let names = compared.names.map(text);
    let chart = agreement_chart(words::language(), title, names, &agreement.matrix);
    Ok(html! {
        section class="card statistics" aria-labelledby={ (id) "-title" } data-agreement=(id) {
            h2 id={ (id) "-title" } { (title) }
            p class="muted" { (text(compared.meaning)) }
            @if agreement.pairs() == 0 { p { (text("statistics-no-pairs")) } }
            @else {
                p { (equal(agreement)) " " (kappa(agreement)) }
                div class="chart-row" {
                    figure class="graph" { (PreEscaped(chart.svg()?)) }
                    (matrix(names, agreement))
                }
            }
            @if agreement.gradability_differs > 0 {
                p { (text_with!("statistics-one-grade", count = agreement.gradability_differs)) }
            }
        }
    })
}

fn equal(agreement: &Agreement) -> Markup {
    let (equal, pairs) = (agreement.equal(), agreement.pairs());
    let said = text_with!(
        "statistics-equal",
        equal = equal,
        pairs = pairs,
        share = words::percent(equal as f32 / pairs as f32),
        patients = text_with!("frame-patients", count = agreement.patients),
    );
    words::marked(&said, "")
}

fn kappa(agreement: &Agreement) -> Markup {
    let said = match &agreement.kappa {
        None => text("statistics-no-kappa").to_owned(),
        Some(kappa) => text_with!(
            "statistics-kappa",
            kappa = words::decimal(kappa.value, 2),
            lower = words::decimal(kappa.lower, 2),
            upper = words::decimal(kappa.upper, 2),
        ),
    };
    words::marked(&said, "")
}

fn matrix([rows, columns]: [&str; 2], agreement: &Agreement) -> Markup {
    let corner = format!("{} \\ {columns}", words::capitalized(rows));
    let mut headings = vec![corner.as_str()];
    headings.extend(Grade::ALL.map(words::grade));
    let body = html! {
        @for grade in Grade::ALL {
            tr {
                th scope="row" { (words::grade(grade)) }
                @for count in agreement.matrix[grade.index()] { td { (count) } }
            }
        }
    };
    layout::table(text("statistics-matrix"), &headings, body)
}
