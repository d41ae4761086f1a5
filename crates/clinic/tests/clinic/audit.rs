//! The audit: that everything is in it, and that nothing can be taken out of it unseen.

use std::fs;
use std::path::Path;

use clinic::{
    Access, Action, Actor, AuditFault, AuditState, ContentHash, Records, Subject, back_up, restore,
};
use proptest::prelude::*;
use sea_orm::{ConnectionTrait, Database};

use crate::support::{Home, accepted, on_each_database, screening_of};

on_each_database!(
    what_is_done_is_in_it,
    it_never_forks,
    it_is_only_appended_to,
    an_end_that_was_cut_off_is_missed,
    it_travels_with_a_backup,
    a_deleted_patient_stays_an_entry,
);

async fn state(access: &Access, noted: Option<&ContentHash>) -> AuditState {
    access.verify_audit(noted).await.unwrap()
}

async fn whole(access: &Access) -> (u64, ContentHash) {
    match state(access, None).await {
        AuditState::Whole { entries, head } => (entries, head),
        AuditState::Broken(fault) => panic!("{fault}"),
    }
}

async fn what_is_done_is_in_it(home: Home) {
    let store = home.open().await;
    let access = store.access();
    let (none, beginning) = whole(&access).await;
    assert_eq!((none, beginning.as_str()), (0, "0".repeat(64).as_str()));
    let new = screening_of(vec![accepted(&store, "secret name.jpg", b"one")]);
    let id = store.submit(Actor::Local, new).await.unwrap();
    let subject = Some(Subject::Photograph(id, 0));
    access
        .note(Actor::Local, Action::PhotographOpened, subject)
        .await
        .unwrap();
    let entries = access.audit(None, 10).await.unwrap();
    let said: Vec<_> = entries
        .iter()
        .map(|entry| {
            let subject = entry.subject.clone().unwrap_or_default();
            (entry.sequence, entry.action.as_str(), subject)
        })
        .collect();
    assert_eq!(
        said,
        [
            (
                2,
                "photograph-opened",
                format!("screening {id} photograph 0")
            ),
            (1, "submitted", format!("screening {id}")),
        ]
    );
    assert_eq!(
        entries[0].words_in(language::Language::English),
        "Original photograph opened"
    );
    let written = format!("{entries:?}");
    for personal in ["A. Patient", "secret name"] {
        assert!(!written.contains(personal), "{written}");
    }
    assert_eq!(access.audit(Some(2), 10).await.unwrap(), entries[1..]);
    assert_eq!(whole(&access).await.0, 2);
    // What comes to nothing leaves no entry.
    let nothing = screening_of(vec![crate::support::rejected("a.jpg")]);
    store.submit(Actor::Local, nothing).await.unwrap_err();
    assert_eq!(whole(&access).await.0, 2);
}

async fn it_never_forks(home: Home) {
    let store = home.open().await;
    let beside = Access::open(home.path(), &home.records).await.unwrap();
    let writers = (0..8).map(|writer| {
        let access = match writer % 2 {
            0 => store.access(),
            _ => beside.clone(),
        };
        tokio::spawn(async move {
            for _ in 0..10 {
                access
                    .note(Actor::Local, Action::ListOpened, None)
                    .await
                    .unwrap();
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
    assert_eq!(whole(&beside).await.0, 80);
}

async fn fill(home: &Home, entries: usize) {
    let access = Access::open(home.path(), &home.records).await.unwrap();
    for entry in 0..entries {
        let action = Action::ALL[entry % Action::ALL.len()];
        access.note(Actor::Local, action, None).await.unwrap();
    }
    access.close().await.unwrap();
}

async fn it_is_only_appended_to(home: Home) {
    fill(&home, 3).await;
    let database = Database::connect(home.address()).await.unwrap();
    for change in [
        "UPDATE audit SET action = 'logged-in'",
        "DELETE FROM audit WHERE sequence = 3",
    ] {
        let refused = database.execute_unprepared(change).await.unwrap_err();
        let refused = refused.to_string();
        assert!(refused.contains("only appended to"), "{refused}");
    }
    database.close().await.unwrap();
}

/// What somebody can do who owns the database.
async fn tamper(address: &str, statements: &[String]) {
    let database = Database::connect(address).await.unwrap();
    let guards = match address.starts_with("sqlite") {
        true => {
            "DROP TRIGGER IF EXISTS audit_is_not_changed; DROP TRIGGER IF EXISTS audit_is_not_deleted;"
        }
        false => "DROP TRIGGER IF EXISTS audit_is_not_changed ON audit;",
    };
    database.execute_unprepared(guards).await.unwrap();
    for statement in statements {
        database.execute_unprepared(statement).await.unwrap();
    }
    database.close().await.unwrap();
}

async fn an_end_that_was_cut_off_is_missed(home: Home) {
    fill(&home, 6).await;
    let access = Access::open(home.path(), &home.records).await.unwrap();
    let (_, noted) = whole(&access).await;
    access
        .note(Actor::Local, Action::ListOpened, None)
        .await
        .unwrap();
    // What was noted may have been followed by more.
    let grown = state(&access, Some(&noted)).await;
    assert!(matches!(grown, AuditState::Whole { entries: 7, .. }));
    let cut = "DELETE FROM audit WHERE sequence > 5".to_owned();
    tamper(&home.address(), &[cut]).await;
    assert_eq!(whole(&access).await.0, 5);
    assert_eq!(
        state(&access, Some(&noted)).await,
        AuditState::Broken(AuditFault::Cut)
    );
    tamper(&home.address(), &["DELETE FROM audit".to_owned()]).await;
    assert_eq!(
        state(&access, Some(&noted)).await,
        AuditState::Broken(AuditFault::Cut)
    );
}

async fn it_travels_with_a_backup(home: Home) {
    fill(&home, 3).await;
    let store = home.open().await;
    let access = store.access();
    let new = clinic::NewAccount {
        name: "Anna".parse().unwrap(),
        role: clinic::Role::Reader,
        proof: clinic::Proof::Password("correct horse battery".parse().unwrap()),
    };
    let anna = access.add_account(Actor::Local, new).await.unwrap();
    let lifetime = clinic::SessionLifetime::default();
    let log_in = async |access: &Access| {
        let logged_in = access.log_in("anna", "correct horse battery", lifetime);
        logged_in.await.unwrap()
    };
    let (token, _) = log_in(&access).await;
    let out = home.path().join("backup");
    back_up(Actor::Local, home.path(), &home.records, &out)
        .await
        .unwrap();
    let (entries, head) = whole(&access).await;
    assert_eq!(entries, 6);
    crate::support::on_postgres_or_sqlite(&home, async |fresh: Home| {
        restore(Actor::Local, &out, fresh.path(), &fresh.records)
            .await
            .unwrap();
        let store = fresh.open().await;
        let access = store.access();
        assert_eq!(access.accounts().await.unwrap(), [anna]);
        assert_eq!(access.session(&token, lifetime).await.unwrap(), None);
        log_in(&access).await;
        let restored = state(&access, Some(&head)).await;
        assert!(matches!(restored, AuditState::Whole { entries: 8, .. }));
        store.close().await.unwrap();
    })
    .await;
    // Not into accounts or an audit of another place.
    let taken = Home::sqlite();
    fill(&taken, 1).await;
    let refused = restore(Actor::Local, &out, taken.path(), &taken.records).await;
    assert!(matches!(refused, Err(clinic::ClinicError::NotEmpty)));
}

async fn a_deleted_patient_stays_an_entry(home: Home) {
    let mut store = home.open().await;
    let new = screening_of(vec![accepted(&store, "a.jpg", b"one")]);
    store.submit(Actor::Local, new).await.unwrap();
    store
        .delete_patient(Actor::Local, "A. Patient")
        .await
        .unwrap();
    let entries = store.access().audit(None, 10).await.unwrap();
    let actions: Vec<&str> = entries.iter().map(|entry| entry.action.as_str()).collect();
    assert_eq!(actions, ["patient-deleted", "submitted"]);
    let subject = entries[0].subject.as_deref().unwrap();
    assert!(subject.starts_with("patient "), "{subject}");
    assert_eq!(whole(&store.access()).await.0, 2);
}

/// Entries of the audit that is tampered with below.
const ENTRIES: u64 = 12;

/// One thing done to one entry.
#[derive(Debug, Clone)]
enum Tampering {
    Change {
        place: u64,
        column: &'static str,
        to: String,
    },
    Remove {
        place: u64,
        close_the_gap: bool,
    },
    Swap {
        one: u64,
        other: u64,
    },
}

fn tampering() -> impl Strategy<Value = Tampering> {
    let place = || 1..=ENTRIES;
    let columns = prop::sample::select(vec!["actor", "action", "subject", "previous", "hash"]);
    let text = (place(), columns, "[ -~]{0,12}").prop_map(|(place, column, to)| {
        let to = format!("'{}'", to.replace('\'', "''"));
        Tampering::Change { place, column, to }
    });
    let instant = (place(), 0..i64::MAX).prop_map(|(place, to)| Tampering::Change {
        place,
        column: "instant",
        to: to.to_string(),
    });
    // Of the last one only a noted hash tells.
    let remove = (1..ENTRIES, any::<bool>()).prop_map(|(place, close_the_gap)| Tampering::Remove {
        place,
        close_the_gap,
    });
    let swap = (1..ENTRIES, 1..ENTRIES).prop_map(|(one, step)| Tampering::Swap {
        one,
        other: (one + step - 1) % ENTRIES + 1,
    });
    prop_oneof![text, instant, remove, swap]
}

impl Tampering {
    /// The statements, and the first entry that is wrong then.
    fn done(&self) -> (Vec<String>, u64) {
        match self {
            Self::Change { place, column, to } => {
                let change = format!("UPDATE audit SET {column} = {to} WHERE sequence = {place}");
                (vec![change], *place)
            }
            Self::Remove {
                place,
                close_the_gap,
            } => {
                let mut statements = vec![format!("DELETE FROM audit WHERE sequence = {place}")];
                if *close_the_gap {
                    // One by one: a column of unique values is never double.
                    let close = |later| {
                        format!(
                            "UPDATE audit SET sequence = {} WHERE sequence = {later}",
                            later - 1
                        )
                    };
                    statements.extend((place + 1..=ENTRIES).map(close));
                }
                (statements, *place)
            }
            Self::Swap { one, other } => {
                let moved = |from: u64, to: u64| {
                    format!("UPDATE audit SET sequence = {to} WHERE sequence = {from}")
                };
                let statements = vec![moved(*one, 99), moved(*other, *one), moved(99, *other)];
                (statements, *one.min(other))
            }
        }
    }
}

/// An audit to be copied.
fn template() -> tempfile::TempDir {
    let home = Home::sqlite();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(fill(&home, usize::try_from(ENTRIES).unwrap()));
    let kept = tempfile::tempdir().unwrap();
    fs::copy(
        home.path().join("records.sqlite"),
        kept.path().join("records.sqlite"),
    )
    .unwrap();
    kept
}

/// What a walk along a tampered copy finds.
fn found(template: &Path, statements: &[String]) -> AuditState {
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("records.sqlite");
    fs::copy(template.join("records.sqlite"), &copy).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        tamper(&format!("sqlite://{}", copy.display()), statements).await;
        let access = Access::open(folder.path(), &Records::default())
            .await
            .unwrap();
        state(&access, None).await
    })
}

#[test]
fn any_entry_that_was_changed_removed_or_exchanged_is_found() {
    let template = template();
    let untouched = found(template.path(), &[]);
    assert!(matches!(
        untouched,
        AuditState::Whole {
            entries: ENTRIES,
            ..
        }
    ));
    proptest!(ProptestConfig::with_cases(96), |(tampering in tampering())| {
        let (statements, place) = tampering.done();
        let expected = match tampering {
            Tampering::Remove { close_the_gap: false, .. } => AuditFault::Missing(place),
            _ => AuditFault::Altered(place),
        };
        prop_assert_eq!(found(template.path(), &statements), AuditState::Broken(expected));
    });
}
