//! Exporting the records: all of them, once each, in one moment, and without names where that is wanted.

use std::path::Path;

use clinic::{
    Actor, Circumstances, ClinicError, ExplanationState, Export, ExportPage, ExportedExplanation,
    ExportedPatient, ExportedPhotograph, ExportedResult, ExportedReview, ExportedScreening,
    Laterality, NewReview, NewScreening, Period, Pseudonyms, ScreeningId, Store, Verdict, back_up,
    restore,
};
use time::{Duration, OffsetDateTime};
use trust::Grade;

use crate::support::{
    Home, accepted, answer_and_explain, finding, on_each_database, region, rejected,
};

on_each_database!(
    in_a_bucket_too {
        everything_is_exported_once,
        pseudonyms_hide_names_and_stay_the_same,
        a_backup_keeps_the_pseudonyms,
    },
    a_period_brings_what_belongs_to_its_screenings,
    many_pages_lose_and_repeat_nothing,
);

/// A patient with an answered, explained and reviewed photograph of these bytes, and a rejected one.
async fn fill(store: &Store, patient: &str, bytes: &[u8]) -> ScreeningId {
    let screening = NewScreening {
        patient: Some(patient.into()),
        laterality: None,
        photographs: vec![
            accepted(store, &format!("{patient} left.jpg"), bytes),
            rejected("notes.txt"),
        ],
        circumstances: Circumstances {
            device: Some(format!("camera of {patient}")),
            operator: Some("Dr. Green".into()),
            ..Circumstances::default()
        },
        ..NewScreening::default()
    };
    let id = store.submit(Actor::Local, screening).await.unwrap();
    answer_and_explain(store, bytes).await;
    let review = NewReview {
        laterality: Some(Laterality::Left),
        reader: Some("Dr. Blue".into()),
        verdict: Verdict::Overrule {
            grade: Grade::Severe,
            reason: format!("{patient} has beaded veins"),
        },
    };
    store.review(Actor::Local, id, review).await.unwrap();
    id
}

/// All rows of an export.
#[derive(Debug, Default, PartialEq)]
struct Exported {
    patients: Vec<ExportedPatient>,
    screenings: Vec<ExportedScreening>,
    photographs: Vec<ExportedPhotograph>,
    results: Vec<ExportedResult>,
    explanations: Vec<ExportedExplanation>,
    reviews: Vec<ExportedReview>,
}

impl Exported {
    async fn of(home: &Home, period: Period, pseudonyms: Option<Pseudonyms>) -> Self {
        let mut exported = Self::default();
        let export = Export::open(Actor::Local, home.path(), &home.records, period, pseudonyms);
        let mut export = export.await.unwrap();
        while let Some(page) = export.next_page().await.unwrap() {
            match page {
                ExportPage::Patients(rows) => exported.patients.extend(rows),
                ExportPage::Screenings(rows) => exported.screenings.extend(rows),
                ExportPage::Photographs(rows) => exported.photographs.extend(rows),
                ExportPage::Results(rows) => exported.results.extend(rows),
                ExportPage::Explanations(rows) => exported.explanations.extend(rows),
                ExportPage::Reviews(rows) => exported.reviews.extend(rows),
            }
        }
        export.close().await.unwrap();
        exported
    }

    async fn pseudonymous(home: &Home) -> Self {
        let pseudonyms = Pseudonyms::of(home.path(), &home.records).await.unwrap();
        Self::of(home, Period::default(), Some(pseudonyms)).await
    }

    fn counts(&self) -> [usize; 6] {
        [
            self.patients.len(),
            self.screenings.len(),
            self.photographs.len(),
            self.results.len(),
            self.explanations.len(),
            self.reviews.len(),
        ]
    }
}

async fn everything_is_exported_once(home: Home) {
    // The store is open meanwhile, as that of a running server is.
    let store = home.open().await;
    let first = fill(&store, "P-1", b"one").await;
    fill(&store, "P-2", b"two").await;
    let waiting = NewScreening {
        patient: None,
        laterality: None,
        photographs: vec![accepted(&store, "waiting.jpg", b"three")],
        ..NewScreening::default()
    };
    store.submit(Actor::Local, waiting).await.unwrap();

    let exported = Exported::of(&home, Period::default(), None).await;
    assert_eq!(exported.counts(), [2, 3, 5, 2, 4, 2]);
    let screenings: Vec<_> = (exported.screenings.iter())
        .map(|exported| exported.screening.clone())
        .collect();
    let mut expected = store.recent(10).await.unwrap();
    expected.reverse();
    assert_eq!(screenings, expected);
    assert_eq!(screenings[0].id, first);

    assert_eq!(exported.patients[0].identifier, "P-1");
    assert_eq!(
        exported.screenings[0].patient,
        Some(exported.patients[0].id)
    );
    assert_eq!(exported.screenings[2].patient, None);
    let photograph = &exported.photographs[0];
    assert_eq!(photograph.screening, first);
    assert_eq!(photograph.file_name, "P-1 left.jpg");
    assert_eq!(photograph.state, "graded");
    assert_eq!(exported.photographs[1].state, "rejected");
    assert_eq!(exported.photographs[1].original, None);
    assert_eq!(exported.photographs[4].state, "queued");
    let result = &exported.results[0];
    assert_eq!(result.photograph, photograph.id);
    assert_eq!(result.finding, finding());
    let explanation = &exported.explanations[0];
    assert_eq!(explanation.result, result.id);
    let ExplanationState::Ready {
        examination: Some(examination),
        ..
    } = &explanation.explanation.state
    else {
        panic!("{explanation:?}");
    };
    assert_eq!(examination.regions, [region()]);
    assert_eq!(exported.reviews[0].screening, first);
    assert_eq!(exported.reviews[0].review, expected[0].reviews[0]);

    let open = Export::open(
        Actor::Local,
        home.path(),
        &home.records,
        Period::default(),
        None,
    );
    let export = open.await.unwrap();
    let original = photograph.original.as_ref().unwrap();
    assert_eq!(export.original(original).await.unwrap(), b"one");
    export.close().await.unwrap();
}

async fn a_period_brings_what_belongs_to_its_screenings(home: Home) {
    let store = home.open().await;
    fill(&store, "P-1", b"one").await;
    let between = OffsetDateTime::now_utc();
    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    let second = fill(&store, "P-2", b"two").await;
    let again = fill(&store, "P-1", b"three").await;

    let since = Period {
        since: Some(between),
        before: None,
    };
    let later = Exported::of(&home, since, None).await;
    assert_eq!(later.counts(), [2, 2, 4, 2, 4, 2]);
    let ids: Vec<_> = (later.screenings.iter())
        .map(|exported| exported.screening.id)
        .collect();
    assert_eq!(ids, [second, again]);
    let before = Period {
        since: None,
        before: Some(between),
    };
    let earlier = Exported::of(&home, before, None).await;
    assert_eq!(earlier.counts(), [1, 1, 2, 1, 2, 1]);
    assert_eq!(earlier.patients[0].identifier, "P-1");
    let tomorrow = Period {
        since: Some(between + Duration::days(1)),
        before: None,
    };
    assert_eq!(Exported::of(&home, tomorrow, None).await.counts(), [0; 6]);
}

async fn pseudonyms_hide_names_and_stay_the_same(home: Home) {
    let store = home.open().await;
    fill(&store, "P-secret", b"one").await;
    fill(&store, "P-2", b"two").await;
    let first = Exported::pseudonymous(&home).await;
    let shown = format!("{first:?}");
    for name in [
        "P-secret",
        "P-2",
        "left.jpg",
        "notes.txt",
        "Blue",
        "Green",
        "camera",
        "beaded",
    ] {
        assert!(!shown.contains(name), "{name} in {shown}");
    }
    // Only the names differ.
    let plain = Exported::of(&home, Period::default(), None).await;
    assert_eq!(first.counts(), plain.counts());
    assert_eq!(first.results, plain.results);
    assert_eq!(first.patients[0].id, plain.patients[0].id);
    assert_eq!(first.reviews[0].review.grade(), Some(Grade::Severe));
    let [operator, again] = [0, 1].map(|place| {
        let screening = &first.screenings[place].screening;
        screening.circumstances.operator.clone()
    });
    assert!(operator.is_some() && operator == again);

    let [one, other] = [0, 1].map(|place| first.patients[place].identifier.clone());
    assert_ne!(one, other);
    assert_eq!(one.len(), 32);
    assert_eq!(first.screenings[0].screening.patient.as_ref(), Some(&one));
    assert_eq!(
        first.photographs[1].file_name,
        first.photographs[3].file_name
    );
    assert_eq!(Exported::pseudonymous(&home).await, first);

    // Without the key nobody can repeat them.
    std::fs::remove_file(home.notes().join("pseudonym-key")).unwrap();
    let anew = Exported::pseudonymous(&home).await;
    assert_ne!(anew.patients[0].identifier, one);
    // The store does not mind the key.
    store.close().await.unwrap();
    home.open().await.close().await.unwrap();
    assert!(home.notes().join("pseudonym-key").exists());
}

async fn back_up_into(out: &Path, home: &Home) {
    let done = back_up(Actor::Local, home.path(), &home.records, out);
    done.await.unwrap();
}

async fn a_backup_keeps_the_pseudonyms(home: Home) {
    let store = home.open().await;
    fill(&store, "P-1", b"one").await;
    let out = home.path().join("backup");
    // Nobody has a pseudonym yet, so that there is no key, as in the backups of earlier versions.
    back_up_into(&out, &home).await;
    let keyless = Home::sqlite();
    let restored = restore(Actor::Local, &out, keyless.path(), &keyless.records);
    restored.await.unwrap();
    assert!(!keyless.notes().join("pseudonym-key").exists());

    // Into the folder of the first, and once more with the key there.
    let before = Exported::pseudonymous(&home).await;
    back_up_into(&out, &home).await;
    back_up_into(&out, &home).await;
    crate::support::on_postgres_or_sqlite(&home, async |fresh: Home| {
        let restored = restore(Actor::Local, &out, fresh.path(), &fresh.records);
        restored.await.unwrap();
        let after = Exported::pseudonymous(&fresh).await;
        assert_eq!(after.patients[0].identifier, before.patients[0].identifier);
        assert_eq!(
            after.photographs[0].file_name,
            before.photographs[0].file_name
        );
    })
    .await;
    let elsewhere = Home::sqlite();
    let restored = restore(Actor::Local, &out, elsewhere.path(), &elsewhere.records);
    restored.await.unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let key = std::fs::metadata(elsewhere.path().join("pseudonym-key")).unwrap();
        assert_eq!(key.permissions().mode() & 0o777, 0o600);
    }

    // Under the key that is there already everybody would get another pseudonym.
    let keyed = Home::sqlite();
    Pseudonyms::of(keyed.path(), &keyed.records).await.unwrap();
    let refused = restore(Actor::Local, &out, keyed.path(), &keyed.records).await;
    assert!(matches!(refused, Err(ClinicError::NotEmpty)));
    assert!(keyed.open().await.recent(9).await.unwrap().is_empty());
}

async fn many_pages_lose_and_repeat_nothing(home: Home) {
    let store = home.open().await;
    let mut ids = Vec::new();
    for index in 0..52_u8 {
        let mut photographs = vec![accepted(&store, "eye.jpg", &[index])];
        photographs.extend((0..10).map(|_| rejected("notes.txt")));
        let screening = NewScreening {
            patient: Some(format!("P-{index}")),
            laterality: None,
            photographs,
            ..NewScreening::default()
        };
        ids.push(store.submit(Actor::Local, screening).await.unwrap());
    }
    let exported = Exported::of(&home, Period::default(), None).await;
    assert_eq!(exported.counts(), [52, 52, 572, 0, 0, 0]);
    let found: Vec<_> = (exported.screenings.iter())
        .map(|exported| exported.screening.id)
        .collect();
    assert_eq!(found, ids);
    let mut photographs: Vec<String> = (exported.photographs.iter())
        .map(|photograph| photograph.id.to_string())
        .collect();
    photographs.sort();
    photographs.dedup();
    assert_eq!(photographs.len(), 572);
}
