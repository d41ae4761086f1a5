//! When photographs were taken, with what, and by whom, and when the patient was born.

use std::fs;

use clinic::{
    Actor, Circumstances, ClinicError, NewScreening, ScreeningId, Store, UnfitField, back_up,
    restore, year_of_birth,
};
use serde_json::Value;
use time::Date;
use time::macros::date;

use crate::support::{Home, accepted, on_each_database};

on_each_database!(
    what_is_stated_comes_back_and_a_patient_was_born_once,
    a_backup_of_an_earlier_version_states_nothing,
);

async fn submit(
    store: &Store,
    patient: &str,
    year: Option<i16>,
    circumstances: Circumstances,
) -> Result<ScreeningId, ClinicError> {
    let screening = NewScreening {
        patient: Some(patient.into()),
        year_of_birth: year,
        circumstances,
        photographs: vec![accepted(store, "eye.jpg", b"eye")],
        ..NewScreening::default()
    };
    store.submit(Actor::Local, screening).await
}

fn circumstances() -> Circumstances {
    Circumstances {
        examined: Some(date!(2026 - 02 - 28)),
        device: Some("Topcon NW400".into()),
        operator: Some("B. Operator".into()),
    }
}

async fn what_is_stated_comes_back_and_a_patient_was_born_once(home: Home) {
    let store = home.open().await;
    let nothing = Circumstances::default;
    let id = submit(&store, "P-1", None, circumstances()).await.unwrap();
    let screening = store.screening(id).await.unwrap();
    assert_eq!(screening.circumstances, circumstances());
    assert_eq!(screening.year_of_birth, None);

    let later = submit(&store, "P-1", Some(1961), nothing()).await.unwrap();
    let screening = store.screening(later).await.unwrap();
    assert_eq!(screening.circumstances, nothing());
    // Both screenings are of the same patient.
    for each in [id, later] {
        assert_eq!(
            store.screening(each).await.unwrap().year_of_birth,
            Some(1961)
        );
    }
    submit(&store, "P-1", Some(1961), nothing()).await.unwrap();
    submit(&store, "P-1", None, nothing()).await.unwrap();
    submit(&store, "P-2", Some(1962), nothing()).await.unwrap();
    let before = store.recent(10).await.unwrap();
    let refused = submit(&store, "P-1", Some(1962), nothing())
        .await
        .unwrap_err();
    assert!(matches!(refused, ClinicError::OtherYearOfBirth));
    let sentence = refused.to_string();
    assert!(sentence.contains("year_of_birth"), "{sentence}");
    assert!(
        !sentence.contains("196") && !sentence.contains("P-1"),
        "{sentence}"
    );
    assert_eq!(store.recent(10).await.unwrap(), before);
    store.close().await.unwrap();
    assert_eq!(home.open().await.recent(10).await.unwrap(), before);
}

async fn a_backup_of_an_earlier_version_states_nothing(home: Home) {
    let store = home.open().await;
    submit(&store, "P-1", Some(1961), circumstances())
        .await
        .unwrap();
    let out = home.path().join("backup");
    let backed_up = back_up(Actor::Local, home.path(), &home.records, &out);
    backed_up.await.unwrap();
    let rows = out.join("records.jsonl");
    let whole = fs::read_to_string(&rows).unwrap();
    assert!(whole.contains("\"examined\":\"2026-02-28\""), "{whole}");
    let earlier = whole.lines().map(|line| {
        let mut line: Value = serde_json::from_str(line).unwrap();
        if let Some(row) = line["row"].as_object_mut() {
            for field in ["examined", "device", "operator"] {
                row.remove(field);
            }
        }
        format!("{line}\n")
    });
    let earlier: String = earlier.collect();
    for (rows_of, expected) in [
        (&earlier, Circumstances::default()),
        (&whole, circumstances()),
    ] {
        fs::write(&rows, rows_of).unwrap();
        crate::support::on_postgres_or_sqlite(&home, async |fresh: Home| {
            let restored = restore(Actor::Local, &out, fresh.path(), &fresh.records);
            restored.await.unwrap();
            let store = fresh.open().await;
            let screening = store.recent(1).await.unwrap().remove(0);
            assert_eq!(screening.circumstances, expected);
            assert_eq!(screening.year_of_birth, Some(1961));
            store.close().await.unwrap();
        })
        .await;
    }
}

const TODAY: Date = date!(2026 - 03 - 31);

#[test]
fn years_and_days_are_those_that_can_be() {
    assert_eq!(year_of_birth(" ", TODAY), Ok(None));
    assert_eq!(year_of_birth(" 1900", TODAY), Ok(Some(1900)));
    assert_eq!(year_of_birth("2026", TODAY), Ok(Some(2026)));
    for text in [
        "1899", "2027", "61", "-1961", "+1961", "1961.0", "99999", "born",
    ] {
        let refused = year_of_birth(text, TODAY).unwrap_err();
        assert_eq!(refused, UnfitField::YearOfBirth { latest: 2026 }, "{text}");
    }
    let day = |text| Circumstances::day(text, TODAY);
    assert_eq!(day(""), Ok(None));
    assert_eq!(day("1900-01-01"), Ok(Some(date!(1900 - 01 - 01))));
    // Where it is tomorrow already.
    assert_eq!(day("2026-04-01"), Ok(Some(date!(2026 - 04 - 01))));
    for text in [
        "2026-04-02",
        "1899-12-31",
        "2026-02-29",
        "28.2.2026",
        "2026-2-8",
        "2026",
    ] {
        assert_eq!(day(text), Err(UnfitField::Examined), "{text}");
    }
}

#[test]
fn a_line_is_short_and_can_be_shown() {
    let line = |text: &str| Circumstances::line("device", text);
    assert_eq!(line("  "), Ok(None));
    assert_eq!(line(" Topcon "), Ok(Some("Topcon".into())));
    assert_eq!(line(&"ä".repeat(200)), Ok(Some("ä".repeat(200))));
    for text in [&"ä".repeat(201), "two\nlines", "\u{7}bell", "nul\0"] {
        let refused = line(text).unwrap_err();
        assert_eq!(refused, UnfitField::Line { field: "device" });
        assert!(refused.to_string().starts_with("the field device must be"));
    }
}
