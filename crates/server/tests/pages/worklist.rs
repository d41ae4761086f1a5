//! The pages of a working day.

use clinic::{
    Agreement, Day, Filter, Order, Page, PatientDecision, Priority, ReadingState, SortKey,
    Statistics, Turnaround, WorkState, WorklistLine,
};
use server::pages::view::Worklist;
use server::pages::{statistics, worklist};
use time::macros::{date, datetime};
use trust::bootstrap::Interval;
use trust::{DISCLAIMER, Grade};

use crate::bundle;

fn line() -> WorklistLine {
    let id = "6f2c7a52-3c36-4a0a-9d8e-0a4c1d6b7e01";
    WorklistLine {
        screening: id.parse().expect("it is an identifier"),
        received: datetime!(2026-11-26 08:00 UTC),
        patient: Some((id.parse().expect("it is an identifier"), "A <1>".into())),
        photographs: [2, 1, 0],
        rejected: 1,
        state: WorkState::Done,
        priority: Priority::ReadOnce,
        decision: PatientDecision::Refer,
        grade: Some(Grade::Severe),
        blind_decision: PatientDecision::Unsure,
        blind_grade: Some(Grade::Mild),
        reading: ReadingState::ReadOnce,
    }
}

fn shown(lines: Vec<WorklistLine>) -> Worklist {
    Worklist {
        filter: Filter {
            is_blind: true,
            ..Filter::default()
        },
        from: None,
        to: None,
        order: Order::default(),
        page: Page::First,
        search: None,
        is_empty: lines.is_empty(),
        worklist: clinic::Worklist {
            total: lines.len() as u64,
            lines,
            next: None,
            previous: None,
        },
    }
}

#[test]
fn what_one_reader_said_is_folded_away() {
    let page = worklist(&bundle(), &shown(vec![line()])).into_string();
    let (before, after) = page
        .split_once("<details class=\"blind\">")
        .expect("it is folded");
    let (folded, after) = after.split_once("</details>").expect("it ends");
    assert!(folded.contains("Refer") && folded.contains("Severe"));
    let row = before.rsplit("<tr").next().expect("a row");
    assert!(row.contains("Unsure") && !row.contains("Severe"), "{row}");
    let rest = after.split("</tr>").next().expect("the row ends");
    assert!(rest.contains("Mild") && !rest.contains("Severe"), "{rest}");
    assert!(page.contains("A &lt;1&gt;") && page.contains(DISCLAIMER));
    // What is kept from a second reader leaves no screening out.
    assert!(
        !page.contains("class=\"button quiet\" href=\"/worklist\""),
        "{page}"
    );

    let settled = WorklistLine {
        reading: ReadingState::Settled,
        blind_decision: PatientDecision::Refer,
        blind_grade: Some(Grade::Severe),
        ..line()
    };
    let page = worklist(&bundle(), &shown(vec![settled])).into_string();
    let row = page.split("data-priority").nth(1).expect("a row");
    assert!(row.contains("Severe") && !row.contains("Mild"), "{row}");

    // One eye may have been read, and the other not.
    let half = WorklistLine {
        reading: ReadingState::NotRead,
        ..line()
    };
    let page = worklist(&bundle(), &shown(vec![half])).into_string();
    let row = page.split("data-priority").nth(1).expect("a row");
    assert!(row.contains("Mild") && !row.contains("Severe"), "{row}");
}

#[test]
fn headings_sort_and_keep_what_was_asked_for() {
    let mut asked = shown(vec![line()]);
    asked.filter.decision = Some(PatientDecision::Unsure);
    asked.filter.patient = Some("Wilhelmina".into());
    asked.from = Some(date!(2026 - 01 - 02));
    asked.search = Some("0d6bd8f2-5a43-4a9e-a3bb-c86a3a2de1ff".into());
    asked.order = Order {
        key: SortKey::Grade,
        descending: false,
    };
    let page = worklist(&bundle(), &asked).into_string();
    let kept = "decision=unsure&amp;from=2026-01-02&amp;search=0d6bd8f2-5a43-4a9e-a3bb-c86a3a2de1ff&amp;sort=grade&amp;order=descending";
    assert!(page.contains(kept), "{page}");
    assert!(page.contains("aria-sort=\"ascending\""));
    assert!(
        page.contains("class=\"button quiet\" href=\"/worklist\""),
        "{page}"
    );
    // The patient's identifier stands in the field and in no address.
    assert!(page.contains("value=\"Wilhelmina\""));
    for address in page.split("href=\"").skip(1) {
        let address = address.split('"').next().expect("it ends");
        assert!(!address.contains("Wilhelmina"), "{address}");
    }
}

#[test]
fn an_empty_worklist_says_what_to_do() {
    let page = worklist(&bundle(), &shown(Vec::new())).into_string();
    let (_, steps) = page
        .split_once("data-first-steps")
        .expect("there are first steps");
    assert_eq!(
        steps
            .split("</ol>")
            .next()
            .expect("they end")
            .matches("<li>")
            .count(),
        3
    );
    let nothing_found = Worklist {
        is_empty: false,
        ..shown(Vec::new())
    };
    let page = worklist(&bundle(), &nothing_found).into_string();
    assert!(page.contains("No screening is like this"), "{page}");
}

fn agreement(matrix: [[usize; 5]; 5]) -> Agreement {
    let kappa = Interval {
        value: 0.71,
        lower: 0.52,
        upper: 0.86,
        skipped_resamples: 0,
    };
    Agreement {
        matrix,
        gradability_differs: 1,
        patients: 3,
        kappa: (matrix[0][0] > 0).then_some(kappa),
    }
}

fn of_a_period(days: Vec<Day>) -> Statistics {
    Statistics {
        screenings: days.iter().map(|day| day.screenings).sum(),
        days,
        rejected_photographs: 2,
        graded_photographs: 10,
        gradable_photographs: 9,
        grades: [3, 1, 0, 0, 1],
        without_grade: 0,
        decisions: vec![(PatientDecision::Refer, 1), (PatientDecision::Rescreen, 4)],
        states: vec![(WorkState::Done, 5)],
        readings: vec![(ReadingState::Differ, 1), (ReadingState::NotRead, 4)],
        to_answer: Some(Turnaround {
            screenings: 5,
            median: 1.25,
            ninetieth: 400.0,
        }),
        to_review: None,
        with_system: agreement([[4, 1, 0, 0, 0], [0; 5], [0; 5], [0; 5], [0, 0, 0, 0, 1]]),
        between_readers: agreement([[0; 5]; 5]),
    }
}

#[test]
fn statistics_stand_in_charts_and_in_tables() {
    let day = |date, screenings| Day {
        date,
        screenings,
        photographs: 2 * screenings,
    };
    let days = vec![day(date!(2026 - 11 - 02), 3), day(date!(2026 - 11 - 26), 2)];
    let page = statistics(&bundle(), &of_a_period(days), None, None).expect("it can be drawn");
    let page = page.into_string();
    for part in [
        "median 1.2 s, nine in ten within 7 min (5 screenings)",
        "90 %, 9 of 10",
        "Screenings by day",
        "<th scope=\"row\">2026-11-26</th><td>2</td><td>4</td>",
        "<th scope=\"row\">Proliferative</th><td>1</td><td>20 %</td>",
        "The same grade in <strong>5 of 6</strong>",
        "<strong>0.71</strong> (95 % interval 0.52 to 0.86",
        "No eye has two grades to compare yet.",
        "1 eye of which only one of the two gave a grade.",
        DISCLAIMER,
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert_eq!(page.matches("<svg xmlns").count(), 4);
    // Beyond two months, weeks from Monday; those without a screening stand in the chart alone.
    let days = vec![day(date!(2026 - 06 - 03), 3), day(date!(2026 - 11 - 26), 2)];
    let page = statistics(&bundle(), &of_a_period(days), None, None).expect("it can be drawn");
    let page = page.into_string();
    assert!(page.contains("Screenings by week"));
    assert!(
        page.contains("<th scope=\"row\">2026-06-01</th><td>3</td>"),
        "{page}"
    );
    assert!(
        page.contains("<th scope=\"row\">2026-11-23</th><td>2</td>"),
        "{page}"
    );
    assert!(!page.contains("2026-06-08"));
    let nothing = statistics(
        &bundle(),
        &of_a_period(Vec::new()),
        Some(date!(2026 - 01 - 01)),
        None,
    );
    let nothing = nothing.expect("it can be drawn").into_string();
    assert!(nothing.contains("Nothing was screened in this period"));
}

#[test]
fn the_worklist_and_statistics_are_told_in_spanish() {
    use language::Language;
    use server::pages::drawn_in;

    let page = drawn_in(Language::Spanish, || {
        worklist(&bundle(), &shown(vec![line()])).into_string()
    });
    for expected in [
        "1 cribado · primero lo que necesita un lector",
        "Lista de trabajo",
        "<option value=\"refer\">Derivar</option>",
        "Segunda lectura",
        "1 no utilizable",
        "<abbr title=\"ojo derecho\">D</abbr> 2",
        "Grave",
    ] {
        assert!(page.contains(expected), "`{expected}` is not in {page}");
    }
    for english in ["Worklist", "Severe", "Refer<", "not usable"] {
        assert!(!page.contains(english), "`{english}` is in {page}");
    }
    let day = Day {
        date: date!(2026 - 11 - 26),
        screenings: 3,
        photographs: 6,
    };
    let page = drawn_in(Language::Spanish, || {
        statistics(&bundle(), &of_a_period(vec![day]), None, None).map(|page| page.into_string())
    });
    let page = page.expect("it can be drawn");
    for expected in [
        "Estadísticas",
        "Cribados por día",
        "cribados: 3 en total",
        "Sin RD",
    ] {
        assert!(page.contains(expected), "`{expected}` is not in {page}");
    }
}
