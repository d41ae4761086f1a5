//! What a period came to: how much, with which answers, how fast, and how far readers and system agree.

use clinic::{Agreement, Day, Statistics, Turnaround};
use maud::{Markup, PreEscaped, html};
use time::{Date, Duration};
use trust::plot::{CountBar, agreement_chart, count_chart};
use trust::{Grade, TrustError};

use super::view::Bundle;
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
            (agreement(
                "Readers and the system",
                "What each reader said first of each eye, beside the system’s grade. Readers saw that grade, so that they agree \
                more often than if they had not.",
                ["system", "reader"],
                &statistics.with_system,
            )?)
            (agreement(
                "Readers with each other",
                "What the first two readers of an eye said first of it; the second is not shown the first one’s verdict.",
                ["first reader", "second reader"],
                &statistics.between_readers,
            )?)
        },
    };
    let body = html! {
        header class="screening-head" { h1 { "Statistics" } }
        (period(from, to))
        (sections)
    };
    Ok(layout::page(
        "Statistics",
        Some("dated.js"),
        None,
        Some(bundle),
        body,
    ))
}

fn period(from: Option<Date>, to: Option<Date>) -> Markup {
    let day = |day: Option<Date>| day.map(|day| day.to_string());
    html! {
        form class="card filter" method="get" action="/statistics" aria-label="Period" {
            label { span { "Received from day (UTC)" } input type="date" name="from" value=[day(from)]; }
            label { span { "To day (UTC)" } input type="date" name="to" value=[day(to)]; }
            div class="filter-buttons" {
                button type="submit" { "Show" }
                a class="button quiet" href="/statistics?from=&to=" { "All time" }
            }
        }
    }
}

fn nothing(is_narrowed: bool) -> Markup {
    html! {
        section class="card statistics" data-nothing {
            h2 { "Nothing was screened" @if is_narrowed { " in this period" } }
            (help::first_steps())
        }
    }
}

fn figures(statistics: &Statistics) -> Markup {
    let gradable =
        statistics.gradable_photographs as f32 / statistics.graded_photographs.max(1) as f32;
    html! {
        section class="card statistics" aria-labelledby="figures-title" {
            h2 id="figures-title" { "In short" }
            dl class="facts" {
                div { dt { "Screenings" } dd data-screenings { (statistics.screenings) } }
                div {
                    dt { "Gradable photographs" }
                    dd {
                        @if statistics.graded_photographs == 0 { "none graded yet" }
                        @else { (words::percent(gradable)) ", " (statistics.gradable_photographs) " of " (statistics.graded_photographs) }
                    }
                }
                div { dt { "Pictures that were no usable photograph" } dd { (statistics.rejected_photographs) } }
                div { dt { "From receipt to the answer" } dd { (turnaround(statistics.to_answer)) } }
                div { dt { "From receipt to the first review" } dd { (turnaround(statistics.to_review)) } }
                @for (state, count) in &statistics.readings {
                    div { dt { (state.words()) } dd { (count) } }
                }
            }
        }
    }
}

fn turnaround(turnaround: Option<Turnaround>) -> String {
    turnaround.map_or_else(
        || "none yet".to_owned(),
        |turnaround| {
            format!(
                "median {}, nine in ten within {} ({})",
                duration(turnaround.median),
                duration(turnaround.ninetieth),
                words::count(turnaround.screenings, "screening")
            )
        },
    )
}

/// Seconds in the unit in which people would say them.
fn duration(seconds: f64) -> String {
    match seconds {
        seconds if seconds < 10.0 => format!("{seconds:.1} s"),
        seconds if seconds < 120.0 => format!("{seconds:.0} s"),
        seconds if seconds < 7200.0 => format!("{:.0} min", seconds / 60.0),
        seconds if seconds < 172_800.0 => format!("{:.0} h", seconds / 3600.0),
        seconds => format!("{:.0} days", seconds / 86_400.0),
    }
}

fn throughput(days: &[Day]) -> Result<Markup, TrustError> {
    let span = match (days.first(), days.last()) {
        (Some(first), Some(last)) => (last.date - first.date).whole_days() + 1,
        _ => 0,
    };
    let (unit, title, steps) = match span > MOST_DAYS {
        true => ("Week from", "Screenings by week", every(days, 7)),
        false => ("Day", "Screenings by day", every(days, 1)),
    };
    let bars: Vec<CountBar> = (steps.iter())
        .map(|step| bar(short(step.date), step.screenings))
        .collect();
    let rows = html! {
        @for step in steps.iter().filter(|step| step.screenings > 0) {
            tr { th scope="row" { (step.date) } td { (step.screenings) } td { (step.photographs) } }
        }
    };
    let table = layout::table(title, &[unit, "Screenings", "Photographs"], rows);
    section(
        "throughput",
        title,
        &count_chart(title, "screenings", &bars).svg()?,
        &table,
    )
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
    let named = (Grade::ALL.iter()).map(|grade| (grade.words(), statistics.grades[grade.index()]));
    let all: Vec<(&str, usize)> = named
        .chain([("No grade", statistics.without_grade)])
        .collect();
    mix("grades", "Screenings by worst grade", "Grade", &all)
}

fn decisions(statistics: &Statistics) -> Result<Markup, TrustError> {
    let decisions = statistics.decisions.iter();
    let all: Vec<(&str, usize)> = decisions
        .map(|(kind, count)| (kind.words(), *count))
        .collect();
    mix("decisions", "Screenings by decision", "Decision", &all)
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
    let table = layout::table(title, &[what, "Screenings", "Share"], rows);
    section(
        id,
        title,
        &count_chart(title, "screenings", &bars).svg()?,
        &table,
    )
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

fn agreement(
    title: &str,
    meaning: &str,
    names: [&'static str; 2],
    agreement: &Agreement,
) -> Result<Markup, TrustError> {
    let id = names[1].replace(' ', "-");
    let pairs = agreement.pairs();
    Ok(html! {
        section class="card statistics" aria-labelledby={ (id) "-title" } data-agreement=(id) {
            h2 id={ (id) "-title" } { (title) }
            p class="muted" { (meaning) }
            @if pairs == 0 { p { "No eye has two grades to compare yet." } }
            @else {
                p {
                    "The same grade in " strong { (agreement.equal()) " of " (pairs) } " (" (words::percent(agreement.equal() as f32 / pairs as f32)) ") from "
                    (words::count(agreement.patients, "patient")) ". "
                    @match &agreement.kappa {
                        Some(kappa) => {
                            "Cohen’s kappa with quadratic weights "
                            strong { (format!("{:.2}", kappa.value)) }
                            (format!(" (95 % interval {:.2} to {:.2}, bootstrap over patients).", kappa.lower, kappa.upper))
                        },
                        None => { "Kappa is not defined: all grades are the same." },
                    }
                }
                div class="chart-row" {
                    figure class="graph" { (PreEscaped(agreement_chart(title, names, &agreement.matrix).svg()?)) }
                    (matrix(names, agreement))
                }
            }
            @if agreement.gradability_differs > 0 {
                p { (words::count(agreement.gradability_differs, "eye")) " of which only one of the two gave a grade." }
            }
        }
    })
}

fn matrix([rows, columns]: [&str; 2], agreement: &Agreement) -> Markup {
    let corner = format!("{} \\ {columns}", words::capitalized(rows));
    let mut headings = vec![corner.as_str()];
    headings.extend(Grade::ALL.iter().map(|grade| grade.words()));
    let body = html! {
        @for grade in Grade::ALL {
            tr {
                th scope="row" { (grade.words()) }
                @for count in agreement.matrix[grade.index()] { td { (count) } }
            }
        }
    };
    layout::table("Grades of the one by grades of the other", &headings, body)
}
