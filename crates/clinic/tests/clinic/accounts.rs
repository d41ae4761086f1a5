//! Accounts, log-ins and sessions.

use std::time::{Duration, Instant};

use clinic::{
    Access, Account, Action, Actor, ClinicError, NewAccount, Proof, Records, Role, SessionLifetime,
};
use sea_orm::{ConnectionTrait, Database};

use crate::support::{Home, on_each_database};

on_each_database!(
    an_account_logs_in_and_out,
    sessions_end,
    wrong_passwords_lead_to_a_wait,
    attempts_at_the_same_moment_count,
    the_last_administrator_stays,
    a_second_program_manages_accounts,
);

const PASSWORD: &str = "correct horse battery";
const OTHER: &str = "another long password";

async fn add(access: &Access, name: &str, role: Role) -> Account {
    let new = NewAccount {
        name: name.parse().unwrap(),
        role,
        proof: Proof::Password(PASSWORD.parse().unwrap()),
    };
    access.add_account(Actor::Local, new).await.unwrap()
}

async fn log_in(access: &Access, name: &str, password: &str) -> Option<clinic::Token> {
    let lifetime = SessionLifetime::default();
    match access.log_in(name, password, lifetime).await {
        Ok((token, session)) => {
            assert_eq!(session.account.name.to_lowercase(), name.to_lowercase());
            Some(token)
        }
        Err(ClinicError::LogInRefused) => None,
        Err(error) => panic!("{error}"),
    }
}

async fn is_logged_in(access: &Access, token: &clinic::Token) -> bool {
    let lifetime = SessionLifetime::default();
    access.session(token, lifetime).await.unwrap().is_some()
}

/// The names of the actions, the oldest first.
async fn actions(access: &Access) -> Vec<String> {
    let entries = access.audit(None, 1000).await.unwrap();
    entries
        .into_iter()
        .rev()
        .map(|entry| entry.action)
        .collect()
}

async fn execute(home: &Home, sql: &str) {
    let database = Database::connect(home.address()).await.unwrap();
    database.execute_unprepared(sql).await.unwrap();
    database.close().await.unwrap();
}

async fn an_account_logs_in_and_out(home: Home) {
    let store = home.open().await;
    let access = store.access();
    assert!(!access.has_accounts().await.unwrap());
    let anna = add(&access, " Anna Reader ", Role::Reader).await;
    assert_eq!((anna.name.as_str(), anna.enabled), ("Anna Reader", true));
    assert!(access.has_accounts().await.unwrap());
    let again = NewAccount {
        name: "anna READER".parse().unwrap(),
        role: Role::Screener,
        proof: Proof::Password(OTHER.parse().unwrap()),
    };
    let taken = access.add_account(Actor::Local, again).await;
    assert!(matches!(taken, Err(ClinicError::NameTaken)));
    let all = access.accounts().await.unwrap();
    assert_eq!(all, std::slice::from_ref(&anna));
    assert_eq!(access.account_named("ANNA reader").await.unwrap(), anna);

    assert!(log_in(&access, "Anna Reader", OTHER).await.is_none());
    assert!(log_in(&access, "Nobody", PASSWORD).await.is_none());
    let token = log_in(&access, "anna reader", PASSWORD).await.unwrap();
    let lifetime = SessionLifetime::default();
    let session = access.session(&token, lifetime).await.unwrap().unwrap();
    assert_eq!(session.account, anna);
    // What is sent is what was given; what is kept is neither.
    assert_eq!(token.to_string().parse::<clinic::Token>().unwrap(), token);
    let database = Database::connect(home.address()).await.unwrap();
    let rows = database
        .query_all_raw(sea_orm::Statement::from_string(
            database.get_database_backend(),
            "SELECT token, (SELECT password FROM account) AS password FROM session",
        ))
        .await
        .unwrap();
    let kept = rows[0].try_get::<String>("", "token").unwrap();
    assert_ne!(kept, token.to_string());
    let hash = rows[0].try_get::<String>("", "password").unwrap();
    assert!(hash.starts_with("$argon2id$"), "{hash}");
    database.close().await.unwrap();

    access.log_out(&token).await.unwrap();
    assert!(!is_logged_in(&access, &token).await);
    access.log_out(&token).await.unwrap();
    assert_eq!(
        actions(&access).await,
        [
            "account-added",
            "log-in-refused",
            "log-in-refused",
            "logged-in",
            "logged-out"
        ]
    );
    let entries = access.audit(None, 10).await.unwrap();
    assert_eq!(entries[0].account(), Some(anna.id));
    assert_eq!(entries[2].actor, "nobody");
    // Which name was tried that nobody has is not written down: it may be a password.
    assert_eq!(entries[2].subject, None);
    assert_eq!(entries[3].subject, Some(format!("account {}", anna.id)));
}

async fn sessions_end(home: Home) {
    let store = home.open().await;
    let access = store.access();
    add(&access, "root", Role::Administrator).await;
    let anna = add(&access, "Anna", Role::Reader).await;
    let token = log_in(&access, "Anna", PASSWORD).await.unwrap();
    let forged = "0".repeat(64).parse().unwrap();
    assert!(!is_logged_in(&access, &forged).await);
    for idle_or_absolute in [
        "seen = '2020-01-01 00:00:00+00:00'",
        "expires = '2020-01-01 00:00:00+00:00'",
    ] {
        let token = log_in(&access, "Anna", PASSWORD).await.unwrap();
        assert!(is_logged_in(&access, &token).await);
        let newest = "sequence = (SELECT max(sequence) FROM session)";
        execute(
            &home,
            &format!("UPDATE session SET {idle_or_absolute} WHERE {newest}"),
        )
        .await;
        assert!(!is_logged_in(&access, &token).await, "{idle_or_absolute}");
    }
    // The others go on.
    assert!(is_logged_in(&access, &token).await);
    let by = Actor::Account(anna.id);
    let changed = access.set_password(by, anna.id, OTHER.parse().unwrap());
    changed.await.unwrap();
    assert!(!is_logged_in(&access, &token).await);
    assert!(log_in(&access, "Anna", PASSWORD).await.is_none());
    let token = log_in(&access, "Anna", OTHER).await.unwrap();
    access.set_enabled(by, anna.id, false).await.unwrap();
    assert!(!is_logged_in(&access, &token).await);
    assert!(log_in(&access, "Anna", OTHER).await.is_none());
    access.set_enabled(by, anna.id, true).await.unwrap();
    assert!(!is_logged_in(&access, &token).await);
    assert!(log_in(&access, "Anna", OTHER).await.is_some());
}

async fn wrong_passwords_lead_to_a_wait(home: Home) {
    let store = home.open().await;
    let access = store.access();
    let anna = add(&access, "Anna", Role::Reader).await;
    for _ in 0..4 {
        assert!(log_in(&access, "Anna", OTHER).await.is_none());
    }
    // The fourth may still be followed by the right one, which takes the others back.
    assert!(log_in(&access, "Anna", PASSWORD).await.is_some());
    for _ in 0..5 {
        assert!(log_in(&access, "Anna", OTHER).await.is_none());
    }
    assert!(log_in(&access, "Anna", PASSWORD).await.is_none());
    execute(
        &home,
        "UPDATE account SET locked_until = '2020-01-01 00:00:00+00:00'",
    )
    .await;
    // One more after the wait, and the next is longer.
    assert!(log_in(&access, "Anna", OTHER).await.is_none());
    assert!(log_in(&access, "Anna", PASSWORD).await.is_none());
    // A new process knows it too; an administrator can end it.
    drop(access);
    store.close().await.unwrap();
    let store = home.open().await;
    let access = store.access();
    assert!(log_in(&access, "Anna", PASSWORD).await.is_none());
    let enabled = access.set_enabled(Actor::Local, anna.id, true);
    enabled.await.unwrap();
    assert!(log_in(&access, "Anna", PASSWORD).await.is_some());
}

async fn attempts_at_the_same_moment_count(home: Home) {
    let store = home.open().await;
    let access = store.access();
    add(&access, "Anna", Role::Reader).await;
    let attempts = (0..12).map(|_| {
        let access = access.clone();
        tokio::spawn(async move { log_in(&access, "Anna", OTHER).await })
    });
    for attempt in attempts.collect::<Vec<_>>() {
        assert!(attempt.await.unwrap().is_none());
    }
    assert!(log_in(&access, "Anna", PASSWORD).await.is_none());
    let counted = Database::connect(home.address()).await.unwrap();
    let row = counted
        .query_one_raw(sea_orm::Statement::from_string(
            counted.get_database_backend(),
            "SELECT attempts FROM account",
        ))
        .await
        .unwrap()
        .unwrap();
    // Only five were looked at.
    assert_eq!(row.try_get::<i32>("", "attempts").unwrap(), 5);
    counted.close().await.unwrap();
}

async fn the_last_administrator_stays(home: Home) {
    let store = home.open().await;
    let access = store.access();
    let one = add(&access, "one", Role::Administrator).await;
    let two = add(&access, "two", Role::Administrator).await;
    let reader = add(&access, "reader", Role::Reader).await;
    let disable = |id| access.set_enabled(Actor::Local, id, false);
    // Each disables the other at the same moment.
    let (first, second) = tokio::join!(disable(one.id), disable(two.id));
    assert!(
        matches!(
            (&first, &second),
            (Ok(()), Err(ClinicError::LastAdministrator))
                | (Err(ClinicError::LastAdministrator), Ok(()))
        ),
        "{first:?} {second:?}"
    );
    disable(reader.id).await.unwrap();
    let unknown = "00000000-0000-4000-8000-000000000000".parse().unwrap();
    assert!(matches!(
        disable(unknown).await,
        Err(ClinicError::Unknown { what: "account" })
    ));
}

async fn a_second_program_manages_accounts(home: Home) {
    // Before there is a store, and beside one.
    let access = Access::open(home.path(), &home.records).await.unwrap();
    add(&access, "root", Role::Administrator).await;
    access.close().await.unwrap();
    let store = home.open().await;
    let beside = Access::open(home.path(), &home.records).await.unwrap();
    let root = beside.account_named("root").await.unwrap();
    let reset = beside.set_password(Actor::Local, root.id, OTHER.parse().unwrap());
    reset.await.unwrap();
    let token = log_in(&store.access(), "root", OTHER).await.unwrap();
    assert!(is_logged_in(&beside, &token).await);
    let read = Access::read(home.path(), &home.records).await.unwrap();
    assert_eq!(
        actions(&read).await,
        [
            Action::AccountAdded,
            Action::PasswordChanged,
            Action::LoggedIn
        ]
        .map(Action::name)
    );
}

#[test]
fn names_passwords_and_roles_are_checked() {
    for name in ["", "  ", "a\nb", &"x".repeat(101)] {
        assert!(name.parse::<clinic::AccountName>().is_err(), "{name:?}");
    }
    assert!(
        "Dr. Özgür B. 'Bo' <x>"
            .parse::<clinic::AccountName>()
            .is_ok()
    );
    for password in ["", "too short", &"x".repeat(257)] {
        let refused = password.parse::<clinic::Password>().unwrap_err();
        assert!(refused.to_string().contains("10 to 256"), "{refused}");
    }
    assert!("root".parse::<Role>().is_err());
    assert!(Role::Screener < Role::Reader && Role::Reader < Role::Administrator);
    for token in ["", "0", &"g".repeat(64), &"é".repeat(32), &"0".repeat(66)] {
        assert!(token.parse::<clinic::Token>().is_err(), "{token}");
    }
}

#[test]
fn nothing_that_is_printed_holds_a_secret() {
    let password: clinic::Password = PASSWORD.parse().unwrap();
    assert!(!format!("{password:?}").contains("horse"));
    let token: clinic::Token = "ab".repeat(32).parse().unwrap();
    assert!(!format!("{token:?}").contains("ab"));
}

/// What nobody knows takes as long as what somebody has: the same hash, and an entry in the audit.
#[tokio::test]
async fn unknown_names_take_as_long_as_wrong_passwords() {
    let folder = tempfile::tempdir().unwrap();
    let access = Access::open(folder.path(), &Records::default())
        .await
        .unwrap();
    add(&access, "Anna", Role::Reader).await;
    let attempt = async |name: &str| {
        let started = Instant::now();
        assert!(log_in(&access, name, OTHER).await.is_none());
        started.elapsed()
    };
    // By turns, and the fastest of each, so that what else the computer does falls on both.
    let (mut known, mut unknown) = (Duration::MAX, Duration::MAX);
    for _ in 0..8 {
        known = known.min(attempt("Anna").await);
        unknown = unknown.min(attempt("Bert").await);
    }
    assert!(
        unknown * 3 > known && known * 3 > unknown,
        "{known:?} {unknown:?}"
    );
}
