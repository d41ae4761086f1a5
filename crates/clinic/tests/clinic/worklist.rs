//! The worklist: its order, filters and pages, and that it says what the records say.

use std::collections::HashSet;

use clinic::{
    ClinicError, Cursor, Filter, Laterality, NewReview, Order, Page, PatientDecision, Priority,
    ReadingState, Screening, ScreeningId, SortKey, Store, Verdict, WorkState, Worklist,
    WorklistLine, back_up, restore,
};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use time::{Duration, OffsetDateTime};
use trust::{Decision, Grade};

use crate::support::day::{
    Answer, HEALTHY, LEFT, MODERATE, PROLIFERATIVE, RIGHT, UNSURE, overrule, read, screened, submit,
};
use crate::support::{Home, finding, on_each_database, on_postgres_or_sqlite};

on_each_database!(
    what_needs_a_reader_comes_first,
    filters_join_and_searches_find_parts_of_identifiers,
    a_lone_readers_word_counts_unless_the_list_is_blind,
    pages_do_not_depend_on_what_comes_in_meanwhile,
    every_order_shows_every_line_once_there_and_back,
    a_page_of_another_order_is_refused,
    summaries_say_what_the_records_say,
    summaries_survive_a_backup_and_go_with_their_patient,
    a_patient_has_every_screening,
);

async fn all(store: &Store, filter: Filter) -> Vec<WorklistLine> {
    let worklist = store.worklist(&filter, Order::default(), Page::First, 1000);
    worklist.await.unwrap().lines
}

fn patients(lines: &[WorklistLine]) -> Vec<&str> {
    let patients = lines.iter().map(|line| line.patient.as_ref());
    patients
        .map(|patient| patient.map_or("", |(_, words)| words))
        .collect()
}

async fn what_needs_a_reader_comes_first(home: Home) {
    let store = home.open().await;
    screened(&store, "healthy", HEALTHY).await;
    screened(&store, "moderate", MODERATE).await;
    screened(&store, "unsure", UNSURE).await;
    let settled = screened(&store, "settled", PROLIFERATIVE).await;
    screened(&store, "proliferative", PROLIFERATIVE).await;
    let once = screened(&store, "once", UNSURE).await;
    let differ = screened(&store, "differ", HEALTHY).await;
    submit(&store, Some("waiting"), &[RIGHT], &["notes.txt"]).await;
    read(&store, settled, "A", &Verdict::Agree).await;
    read(&store, settled, "B", &Verdict::Agree).await;
    read(&store, once, "A", &Verdict::Agree).await;
    read(&store, differ, "A", &Verdict::Agree).await;
    read(&store, differ, "B", &overrule(Grade::Severe)).await;

    let lines = all(&store, Filter::default()).await;
    let in_order = [
        "unsure",
        "proliferative",
        "differ",
        "moderate",
        "healthy",
        "once",
        "waiting",
        "settled",
    ];
    assert_eq!(patients(&lines), in_order);
    let differ = &lines[2];
    assert_eq!(
        (differ.reading, differ.priority, differ.decision),
        (
            ReadingState::Differ,
            Priority::First,
            PatientDecision::Refer
        )
    );
    assert_eq!(
        (differ.grade, differ.blind_grade, differ.blind_decision),
        (
            Some(Grade::Severe),
            Some(Grade::Severe),
            PatientDecision::Refer
        )
    );
    let waiting = &lines[6];
    assert_eq!(
        (waiting.state, waiting.decision, waiting.grade),
        (WorkState::Waiting, PatientDecision::Pending, None)
    );
    assert_eq!((waiting.photographs, waiting.rejected), ([1, 0, 0], 1));
    store.claim_photograph().await.unwrap().unwrap();
    let working = all(
        &store,
        Filter {
            state: Some(WorkState::Working),
            ..Filter::default()
        },
    );
    assert_eq!(patients(&working.await), ["waiting"]);
}

/// One reader's word is kept from the second, who chooses from the list, and from nobody else.
async fn a_lone_readers_word_counts_unless_the_list_is_blind(home: Home) {
    let store = home.open().await;
    let upgraded = screened(&store, "upgraded", HEALTHY).await;
    screened(&store, "healthy", HEALTHY).await;
    read(&store, upgraded, "A", &overrule(Grade::Severe)).await;
    let found = async |is_blind, decision, grade| {
        let filter = Filter {
            decision: Some(decision),
            grade: Some(grade),
            is_blind,
            ..Filter::default()
        };
        let order = |key| Order {
            key,
            descending: true,
        };
        let page = async |key| {
            let found = store.worklist(&filter, order(key), Page::First, 1);
            let first = found.await.unwrap();
            let Some(next) = first.next else {
                return first.lines;
            };
            let rest = store.worklist(&filter, order(key), Page::After(next), 1);
            [first.lines, rest.await.unwrap().lines].concat()
        };
        let lines = page(SortKey::Decision).await;
        assert_eq!(lines.len(), page(SortKey::Grade).await.len());
        let mut names: Vec<String> = patients(&lines).into_iter().map(str::to_owned).collect();
        names.sort();
        names
    };
    let (refer, rescreen) = (PatientDecision::Refer, PatientDecision::Rescreen);
    assert_eq!(found(false, refer, Grade::Severe).await, ["upgraded"]);
    assert_eq!(found(false, rescreen, Grade::NoDr).await, ["healthy"]);
    assert!(found(true, refer, Grade::Severe).await.is_empty());
    let both = found(true, rescreen, Grade::NoDr).await;
    assert_eq!(both, ["healthy", "upgraded"]);
}

async fn filters_join_and_searches_find_parts_of_identifiers(home: Home) {
    let store = home.open().await;
    for (patient, answered) in [
        ("NHS-100%", UNSURE),
        ("NHS-1000", HEALTHY),
        ("nhs_200", UNSURE),
        ("Ärzte", MODERATE),
    ] {
        screened(&store, patient, answered).await;
    }
    let nobody = submit(&store, None, &[None], &[]).await;
    let found = async |filter: Filter| {
        let lines = all(&store, filter).await;
        patients(&lines)
            .into_iter()
            .map(str::to_owned)
            .collect::<HashSet<String>>()
    };
    let set = |names: &[&str]| {
        names
            .iter()
            .map(|name| (*name).to_owned())
            .collect::<HashSet<_>>()
    };
    let search = |text: &str| Filter {
        patient: Some(text.to_owned()),
        ..Filter::default()
    };
    assert_eq!(
        found(search("nhs")).await,
        set(&["NHS-100%", "NHS-1000", "nhs_200"])
    );
    // Signs of the database's patterns are letters like others.
    assert_eq!(found(search("0%")).await, set(&["NHS-100%"]));
    assert_eq!(found(search("s_2")).await, set(&["nhs_200"]));
    assert_eq!(found(search("ÄRZ")).await, set(&["Ärzte"]));
    assert_eq!(found(search("\\")).await, set(&[]));
    let unsure = Filter {
        decision: Some(PatientDecision::Unsure),
        ..search("NHS-1")
    };
    assert_eq!(found(unsure).await, set(&["NHS-100%"]));
    let moderate = Filter {
        grade: Some(Grade::Moderate),
        reading: Some(ReadingState::NotRead),
        ..Filter::default()
    };
    assert_eq!(found(moderate).await, set(&["Ärzte"]));
    let now = OffsetDateTime::now_utc();
    let earlier = Filter {
        before: Some(now - Duration::hours(1)),
        ..Filter::default()
    };
    assert_eq!(found(earlier).await, set(&[]));
    let lately = Filter {
        from: Some(now - Duration::hours(1)),
        before: Some(now + Duration::hours(1)),
        state: Some(WorkState::Waiting),
        ..Filter::default()
    };
    let lines = all(&store, lately).await;
    assert_eq!((lines[0].screening, lines.len()), (nobody, 1));
}

async fn part(store: &Store, order: Order, page: Page) -> Worklist {
    let filter = Filter::default();
    store.worklist(&filter, order, page, 3).await.unwrap()
}

async fn pages_do_not_depend_on_what_comes_in_meanwhile(home: Home) {
    let store = home.open().await;
    let mut expected = Vec::new();
    for number in 0..8 {
        expected.push(screened(&store, &format!("P-{number}"), UNSURE).await);
    }
    let first = part(&store, Order::default(), Page::First).await;
    assert_eq!((first.total, first.previous), (8, None));
    // One that is more pressing by its age comes in never; these stand before and after what has been shown.
    screened(&store, "new", UNSURE).await;
    read(&store, expected[0], "A", &Verdict::Agree).await;
    read(&store, expected[2], "A", &Verdict::Agree).await;
    let second = part(&store, Order::default(), Page::After(first.next.unwrap())).await;
    let shown: Vec<ScreeningId> = second.lines.iter().map(|line| line.screening).collect();
    assert_eq!(shown, expected[3..6]);
    // The newest first: what comes in stands before the first page and moves nothing.
    let newest = Order {
        key: SortKey::Received,
        descending: true,
    };
    let first = part(&store, newest, Page::First).await;
    screened(&store, "newer", UNSURE).await;
    let second = part(&store, newest, Page::After(first.next.unwrap())).await;
    let shown: Vec<ScreeningId> = second.lines.iter().map(|line| line.screening).collect();
    assert_eq!(shown, [expected[5], expected[4], expected[3]]);
    let back = part(&store, newest, Page::Before(second.previous.unwrap())).await;
    assert_eq!(back.lines, first.lines);
    assert!(back.previous.is_some(), "the newer one stands before");
}

async fn every_order_shows_every_line_once_there_and_back(home: Home) {
    let store = home.open().await;
    let answers = [HEALTHY, UNSURE, MODERATE, PROLIFERATIVE];
    for number in 0..10 {
        // Same identifiers, some in other letters.
        let patient = ["b", "A", "c", "a"][number % 4];
        let id = screened(&store, patient, answers[number % 3]).await;
        if number % 4 == 1 {
            read(&store, id, "A", &overrule(Grade::Severe)).await;
        }
    }
    submit(&store, None, &[None, None], &[]).await;
    for key in SortKey::ALL.iter().copied() {
        for descending in [false, true] {
            let order = Order { key, descending };
            let filter = Filter::default();
            let whole = store
                .worklist(&filter, order, Page::First, 100)
                .await
                .unwrap();
            assert_eq!((whole.lines.len(), whole.next), (11, None));
            let mut there = Vec::new();
            let mut page = Page::First;
            let mut last = loop {
                let worklist = part(&store, order, page).await;
                there.extend(worklist.lines.iter().cloned());
                match worklist.next {
                    // As it travels in an address.
                    Some(next) => page = Page::After(next.to_string().parse().unwrap()),
                    None => break worklist,
                }
            };
            assert_eq!(there, whole.lines, "{order:?}");
            let mut back = last.lines.clone();
            while let Some(previous) = last.previous {
                last = part(&store, order, Page::Before(previous)).await;
                back.splice(0..0, last.lines.clone());
            }
            assert_eq!(back, whole.lines, "{order:?} backwards");
        }
    }
}

async fn a_page_of_another_order_is_refused(home: Home) {
    let store = home.open().await;
    screened(&store, "P", HEALTHY).await;
    let by_patient = Order {
        key: SortKey::Patient,
        descending: false,
    };
    for cursor in ["", "1", "x.1", "1.x", "1.2.3", "patient"] {
        assert!(
            matches!(cursor.parse::<Cursor>(), Err(ClinicError::UnknownPage)),
            "{cursor}"
        );
    }
    for (order, cursor) in [(by_patient, "1.1"), (Order::default(), "patient.1")] {
        let page = Page::After(cursor.parse().unwrap());
        let refused = store.worklist(&Filter::default(), order, page, 3).await;
        assert!(
            matches!(refused, Err(ClinicError::UnknownPage)),
            "{refused:?}"
        );
    }
}

/// What is done to the records.
#[derive(Debug, Clone)]
enum Step {
    Submit(Vec<Option<Laterality>>),
    Answer(Answer),
    Fail,
    Release,
    Review(usize, Option<Laterality>, usize, Verdict),
}

fn step() -> impl Strategy<Value = Step> {
    let laterality = || prop_oneof![Just(None), Just(RIGHT), Just(LEFT)];
    let grade = || (0_usize..5).prop_map(|index| Grade::ALL[index]);
    let decision = (0_usize..4).prop_map(|index| Decision::ALL[index]);
    let verdict = prop_oneof![
        Just(Verdict::Agree),
        Just(Verdict::Ungradable),
        grade().prop_map(overrule),
    ];
    prop_oneof![
        2 => proptest::collection::vec(laterality(), 1..4).prop_map(Step::Submit),
        5 => (grade(), decision).prop_map(Step::Answer),
        1 => Just(Step::Fail),
        1 => Just(Step::Release),
        5 => (0_usize..3, laterality(), 0_usize..3, verdict)
            .prop_map(|(screening, eye, reader, verdict)| Step::Review(screening, eye, reader, verdict)),
    ]
}

async fn take(store: &Store, step: Step, screenings: &mut Vec<ScreeningId>) {
    match step {
        Step::Submit(eyes) => {
            // Where there is one eye alone, nothing else could clear the patient.
            let unread: &[&str] = match eyes.len() {
                2 => &["notes.txt"],
                _ => &[],
            };
            screenings.push(submit(store, None, &eyes, unread).await);
        }
        Step::Answer((grade, decision)) => {
            if let Some(job) = store.claim_photograph().await.unwrap() {
                let mut found = finding();
                (found.grade, found.decision) = (grade, decision);
                let finished = store.finish_grading(job.photograph, &found, &[]);
                finished.await.unwrap();
            }
        }
        Step::Fail => {
            if let Some(job) = store.claim_photograph().await.unwrap() {
                store
                    .fail_grading(job.photograph, "not finite")
                    .await
                    .unwrap();
            }
        }
        Step::Release => {
            store.claim_photograph().await.unwrap();
            store.release_claims().await.unwrap();
        }
        Step::Review(screening, laterality, reader, verdict) => {
            let Some(id) = screenings.get(screening) else {
                return;
            };
            let new = NewReview {
                laterality,
                reader: Some(["A", "B", "C"][reader].to_owned()),
                verdict,
            };
            // What cannot be reviewed is refused, and changes nothing.
            let _ = store.review(clinic::Actor::Local, *id, new).await;
        }
    }
}

/// The line says what the screening itself says.
fn says(line: &WorklistLine, screening: &Screening) -> bool {
    let photographs = |laterality| {
        screening
            .eye(laterality)
            .map_or(0, |eye| eye.photographs.len() as u32)
    };
    line.state == WorkState::of(screening)
        && line.decision == PatientDecision::of(&screening.patient_outcome())
        && line.blind_decision == PatientDecision::of(&screening.blind_outcome())
        && line.grade == screening.worst_grade()
        && line.blind_grade == screening.worst_blind_grade()
        && line.reading == screening.reading_state()
        && line.photographs == [RIGHT, LEFT, None].map(photographs)
        && line.received == screening.created
}

async fn summaries_say_what_the_records_say(home: Home) {
    let runtime = tokio::runtime::Handle::current();
    let check = move || {
        let config = ProptestConfig {
            failure_persistence: None,
            ..ProptestConfig::with_cases(8)
        };
        let steps = proptest::collection::vec(step(), 1..25);
        let store = runtime.block_on(home.open());
        let run = TestRunner::new(config).run(&steps, |steps| {
            runtime.block_on(async {
                let mut screenings = Vec::new();
                // What earlier cases left unanswered must not be answered by this one.
                while store.claim_photograph().await.unwrap().is_some() {}
                for step in steps {
                    take(&store, step, &mut screenings).await;
                    let lines = all(&store, Filter::default()).await;
                    for id in &screenings {
                        let line = lines.iter().find(|line| line.screening == *id);
                        let screening = store.screening(*id).await.unwrap();
                        prop_assert!(says(line.unwrap(), &screening), "{line:?} {screening:?}");
                    }
                }
                Ok(())
            })
        });
        run.unwrap();
    };
    tokio::task::spawn_blocking(check).await.unwrap();
}

async fn summaries_survive_a_backup_and_go_with_their_patient(home: Home) {
    let mut store = home.open().await;
    let id = screened(&store, "P-1", UNSURE).await;
    screened(&store, "P-2", HEALTHY).await;
    read(&store, id, "A", &overrule(Grade::Severe)).await;
    let before = all(&store, Filter::default()).await;
    let out = home.path().join("backup");
    back_up(clinic::Actor::Local, home.path(), &home.records, &out)
        .await
        .unwrap();
    on_postgres_or_sqlite(&home, async |other| {
        restore(clinic::Actor::Local, &out, other.path(), &other.records)
            .await
            .unwrap();
        let store = other.open().await;
        let mut after = all(&store, Filter::default()).await;
        after.iter_mut().zip(&before).for_each(|(after, before)| {
            assert_eq!(
                after.received.unix_timestamp(),
                before.received.unix_timestamp()
            );
            after.received = before.received;
        });
        assert_eq!(after, before);
    })
    .await;
    store
        .delete_patient(clinic::Actor::Local, "P-1")
        .await
        .unwrap();
    assert_eq!(patients(&all(&store, Filter::default()).await), ["P-2"]);
}

async fn a_patient_has_every_screening(home: Home) {
    let store = home.open().await;
    let first = screened(&store, "P-1", UNSURE).await;
    screened(&store, "P-2", UNSURE).await;
    let second = screened(&store, "P-1", HEALTHY).await;
    let patient = store.screening(first).await.unwrap().patient_id.unwrap();
    let known = store.patient(patient).await.unwrap();
    assert_eq!((known.identifier.as_str(), known.id), ("P-1", patient));
    let screenings: Vec<ScreeningId> = known.screenings.iter().map(|each| each.id).collect();
    assert_eq!(screenings, [first, second]);
    let unknown = "00000000-0000-4000-8000-000000000000".parse().unwrap();
    let missing = store.patient(unknown).await;
    assert!(matches!(
        missing,
        Err(ClinicError::Unknown { what: "patient" })
    ));
}
