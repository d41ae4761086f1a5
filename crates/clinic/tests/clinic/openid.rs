//! Accounts of people whom an OpenID provider vouches for.

use clinic::{
    Access, Account, Actor, ClinicError, NewAccount, OpenId, OpenIdRefusal, Proof, Role, RoleClaim,
    Session, SessionLifetime, Token, back_up, restore,
};
use sea_orm::{ConnectionTrait, Database};

use crate::support::{Home, on_each_database};

on_each_database!(
    a_subject_has_one_account,
    nobody_enters_by_a_name,
    disabled_accounts_stay_out,
    there_is_no_password,
    roles_come_with_the_first_log_in,
    roles_follow_the_provider_only_where_it_gave_them,
    two_first_log_ins_make_one_account,
    it_travels_with_a_backup,
    accounts_of_earlier_versions_keep_their_passwords,
);

const PASSWORD: &str = "correct horse battery";
const ISSUER: &str = "https://login.example/realms/clinic";

fn openid(subject: &str) -> OpenId {
    OpenId::new(ISSUER, subject).unwrap()
}

fn given(role: Role, name: &str) -> RoleClaim {
    RoleClaim::Given {
        role,
        name: name.parse().unwrap(),
    }
}

async fn try_add(access: &Access, name: &str, proof: Proof) -> Result<Account, ClinicError> {
    let new = NewAccount {
        name: name.parse().unwrap(),
        role: Role::Reader,
        proof,
    };
    access.add_account(Actor::Local, new).await
}

async fn add(access: &Access, name: &str, subject: &str) -> Account {
    let proof = Proof::OpenId(openid(subject));
    try_add(access, name, proof).await.unwrap()
}

async fn enter(
    access: &Access,
    openid: &OpenId,
    role: &RoleClaim,
) -> Result<(Token, Session), OpenIdRefusal> {
    let lifetime = SessionLifetime::default();
    match access.log_in_by_openid(openid, role, lifetime).await {
        Ok(entered) => Ok(entered),
        Err(ClinicError::OpenIdRefused(refusal)) => Err(refusal),
        Err(error) => panic!("{error}"),
    }
}

async fn is_logged_in(access: &Access, token: &Token) -> bool {
    let lifetime = SessionLifetime::default();
    let lasts = access.lasts(token, lifetime).await.unwrap();
    assert_eq!(
        access.session(token, lifetime).await.unwrap().is_some(),
        lasts
    );
    lasts
}

/// Actor, action and subject, the oldest first.
async fn audit(access: &Access) -> Vec<(String, String, Option<String>)> {
    let entries = access.audit(None, 1000).await.unwrap();
    let told = |entry: clinic::Entry| (entry.actor, entry.action, entry.subject);
    entries.into_iter().rev().map(told).collect()
}

async fn a_subject_has_one_account(home: Home) {
    let store = home.open().await;
    let access = store.access();
    let anna = add(&access, "Anna", "anna-1").await;
    assert_eq!(anna.openid, Some(openid("anna-1")));
    let (token, session) = enter(&access, &openid("anna-1"), &RoleClaim::Unasked)
        .await
        .unwrap();
    assert_eq!(session.account, anna);
    assert!(is_logged_in(&access, &token).await);
    let twice = try_add(&access, "Other", Proof::OpenId(openid("anna-1"))).await;
    assert!(matches!(twice, Err(ClinicError::SubjectTaken)));
    let named = try_add(&access, "ANNA", Proof::OpenId(openid("anna-2"))).await;
    assert!(matches!(named, Err(ClinicError::NameTaken)));
    assert_eq!(
        access.accounts().await.unwrap(),
        std::slice::from_ref(&anna)
    );
    access.log_out(&token).await.unwrap();
    assert!(!is_logged_in(&access, &token).await);
    let by = anna.id.to_string();
    let told = [
        ("local", "account-added", Some(format!("account {by}"))),
        (by.as_str(), "logged-in-by-openid", None),
        (by.as_str(), "logged-out", None),
    ];
    let told = told.map(|(actor, action, subject)| (actor.to_owned(), action.to_owned(), subject));
    assert_eq!(audit(&access).await, told);
    store.close().await.unwrap();
}

async fn nobody_enters_by_a_name(home: Home) {
    let store = home.open().await;
    let access = store.access();
    add(&access, "Anna", "anna-1").await;
    let elsewhere = OpenId::new("https://other.example", "anna-1").unwrap();
    let slashed = OpenId::new(&format!("{ISSUER}/"), "anna-1").unwrap();
    for stranger in [
        openid("Anna"),
        openid("ANNA-1"),
        openid("anna-2"),
        elsewhere,
        slashed,
    ] {
        for claim in [RoleClaim::Unasked, RoleClaim::Absent] {
            let refused = enter(&access, &stranger, &claim).await;
            assert_eq!(refused.map(drop), Err(OpenIdRefusal::NoAccount));
        }
        // Nor takes an account that has the name which the provider tells.
        let claim = given(Role::Administrator, "aNNa");
        let refused = enter(&access, &stranger, &claim).await;
        assert_eq!(refused.map(drop), Err(OpenIdRefusal::NameTaken));
    }
    assert_eq!(access.accounts().await.unwrap().len(), 1);
    let refusals = audit(&access).await.into_iter().skip(1);
    let nobody = ("nobody".to_owned(), "openid-refused".to_owned(), None);
    assert!(refusals.clone().all(|entry| entry == nobody));
    assert_eq!(refusals.count(), 15);
    for (issuer, subject) in [
        ("login.example", "a"),
        ("", "a"),
        ("https://login.example/a b", "a"),
        (ISSUER, ""),
        (ISSUER, " a"),
        (ISSUER, "a\n"),
        (ISSUER, &"a".repeat(256)),
    ] {
        let bad = OpenId::new(issuer, subject);
        assert!(matches!(bad, Err(ClinicError::InvalidAccount { .. })));
    }
    store.close().await.unwrap();
}

async fn disabled_accounts_stay_out(home: Home) {
    let store = home.open().await;
    let access = store.access();
    let anna = add(&access, "Anna", "anna-1").await;
    let claim = given(Role::Administrator, "Anna");
    let (token, _) = enter(&access, &openid("anna-1"), &claim).await.unwrap();
    let disabled = access.set_enabled(Actor::Local, anna.id, false);
    disabled.await.unwrap();
    assert!(!is_logged_in(&access, &token).await);
    for claim in [RoleClaim::Unasked, RoleClaim::Absent, claim] {
        let refused = enter(&access, &openid("anna-1"), &claim).await;
        assert_eq!(refused.map(drop), Err(OpenIdRefusal::Disabled));
    }
    let (actor, action, subject) = audit(&access).await.pop().unwrap();
    assert_eq!(
        (actor.as_str(), action.as_str()),
        ("nobody", "openid-refused")
    );
    assert_eq!(subject, Some(format!("account {}", anna.id)));
    let enabled = access.set_enabled(Actor::Local, anna.id, true);
    enabled.await.unwrap();
    let entered = enter(&access, &openid("anna-1"), &RoleClaim::Unasked).await;
    assert!(entered.is_ok());
    store.close().await.unwrap();
}

async fn there_is_no_password(home: Home) {
    let store = home.open().await;
    let access = store.access();
    let anna = add(&access, "Anna", "anna-1").await;
    let lifetime = SessionLifetime::default();
    // However often somebody tries, who comes by the provider does not wait.
    for password in ["", PASSWORD, PASSWORD, PASSWORD, PASSWORD, PASSWORD] {
        let refused = access.log_in("anna", password, lifetime).await;
        assert!(matches!(refused, Err(ClinicError::LogInRefused)));
    }
    let set = access.set_password(Actor::Local, anna.id, PASSWORD.parse().unwrap());
    assert!(matches!(set.await, Err(ClinicError::HasNoPassword)));
    let refused = access.log_in("anna", PASSWORD, lifetime).await;
    assert!(matches!(refused, Err(ClinicError::LogInRefused)));
    let entered = enter(&access, &openid("anna-1"), &RoleClaim::Unasked).await;
    assert!(entered.is_ok());
    store.close().await.unwrap();
}

async fn roles_come_with_the_first_log_in(home: Home) {
    let store = home.open().await;
    let access = store.access();
    let refused = enter(&access, &openid("anna-1"), &RoleClaim::Absent).await;
    assert_eq!(refused.map(drop), Err(OpenIdRefusal::NoAccount));
    let claim = given(Role::Screener, "anna");
    let (_, first) = enter(&access, &openid("anna-1"), &claim).await.unwrap();
    assert_eq!(first.account.name, "anna");
    assert_eq!(first.account.role, Role::Screener);
    assert_eq!(first.account.openid, Some(openid("anna-1")));
    // The same person, whatever the provider calls them by now.
    let claim = given(Role::Screener, "anna.married");
    let (_, again) = enter(&access, &openid("anna-1"), &claim).await.unwrap();
    assert_eq!(again.account, first.account);
    let id = first.account.id.to_string();
    let added = (
        id.clone(),
        "account-added".to_owned(),
        Some(format!("account {id}")),
    );
    assert_eq!(audit(&access).await[1], added);
    store.close().await.unwrap();
}

async fn roles_follow_the_provider_only_where_it_gave_them(home: Home) {
    let store = home.open().await;
    let access = store.access();
    add(&access, "Local", "local-1").await;
    let role = async |subject: &str, claim: &RoleClaim| {
        let entered = enter(&access, &openid(subject), claim).await;
        entered.map(|(_, session)| session.account.role)
    };
    // An administrator's word here is not the provider's to change.
    for claim in [
        RoleClaim::Unasked,
        RoleClaim::Absent,
        given(Role::Administrator, "Local"),
        given(Role::Screener, "Local"),
    ] {
        assert_eq!(role("local-1", &claim).await, Ok(Role::Reader));
    }
    for wanted in [Role::Reader, Role::Administrator, Role::Screener] {
        let claim = given(wanted, "Claimed");
        assert_eq!(role("claimed-1", &claim).await, Ok(wanted));
    }
    let kept = access.account_named("claimed").await.unwrap();
    assert_eq!(kept.role, Role::Screener);
    let refused = role("claimed-1", &RoleClaim::Absent).await;
    assert_eq!(refused, Err(OpenIdRefusal::NoRole));
    let unasked = role("claimed-1", &RoleClaim::Unasked).await;
    assert_eq!(unasked, Ok(Role::Screener));
    let changes = audit(&access).await.into_iter();
    let changes = changes.filter(|(_, action, _)| action == "role-changed");
    assert_eq!(changes.count(), 2);
    store.close().await.unwrap();
}

async fn two_first_log_ins_make_one_account(home: Home) {
    let store = home.open().await;
    let access = store.access();
    let (who, claim) = (openid("anna-1"), given(Role::Reader, "Anna"));
    let tries = (0..8).map(|_| {
        let (access, who, claim) = (access.clone(), who.clone(), claim.clone());
        tokio::spawn(async move { enter(&access, &who, &claim).await.map(drop) })
    });
    for entered in tries.collect::<Vec<_>>() {
        assert_eq!(entered.await.unwrap(), Ok(()));
    }
    assert_eq!(access.accounts().await.unwrap().len(), 1);
    store.close().await.unwrap();
}

async fn it_travels_with_a_backup(home: Home) {
    let store = home.open().await;
    let access = store.access();
    let anna = add(&access, "Anna", "anna-1").await;
    let claim = given(Role::Reader, "Claimed");
    let entered = enter(&access, &openid("claimed-1"), &claim).await;
    entered.unwrap();
    let out = home.path().join("backup");
    let written = back_up(Actor::Local, home.path(), &home.records, &out);
    written.await.unwrap();
    crate::support::on_postgres_or_sqlite(&home, async |fresh: Home| {
        let restored = restore(Actor::Local, &out, fresh.path(), &fresh.records);
        restored.await.unwrap();
        let store = fresh.open().await;
        let access = store.access();
        let (_, session) = enter(&access, &openid("anna-1"), &RoleClaim::Unasked)
            .await
            .unwrap();
        assert_eq!(session.account, anna);
        // What the provider gave is still its to take.
        let refused = enter(&access, &openid("claimed-1"), &RoleClaim::Absent).await;
        assert_eq!(refused.map(drop), Err(OpenIdRefusal::NoRole));
        store.close().await.unwrap();
    })
    .await;
    store.close().await.unwrap();
}

/// Takes away what this version added.
const EARLIER: &str = "
    DROP INDEX account_of_subject;
    ALTER TABLE account DROP COLUMN role_is_claimed;
    ALTER TABLE account DROP COLUMN subject;
    ALTER TABLE account DROP COLUMN issuer;
    ALTER TABLE account ADD COLUMN earlier TEXT NOT NULL DEFAULT '';
    UPDATE account SET earlier = password;
    ALTER TABLE account DROP COLUMN password;
    ALTER TABLE account RENAME COLUMN earlier TO password;
    DELETE FROM seaql_migrations WHERE version = 'openid';";

async fn accounts_of_earlier_versions_keep_their_passwords(home: Home) {
    let store = home.open().await;
    let access = store.access();
    let proof = Proof::Password(PASSWORD.parse().unwrap());
    let anna = try_add(&access, "Anna", proof).await.unwrap();
    let lifetime = SessionLifetime::default();
    let (token, _) = access.log_in("anna", PASSWORD, lifetime).await.unwrap();
    store.close().await.unwrap();
    let database = Database::connect(home.address()).await.unwrap();
    database.execute_unprepared(EARLIER).await.unwrap();
    database.close().await.unwrap();

    let store = home.open().await;
    let access = store.access();
    assert!(is_logged_in(&access, &token).await);
    let (_, session) = access.log_in("anna", PASSWORD, lifetime).await.unwrap();
    assert_eq!(session.account, anna);
    add(&access, "Other", "other-1").await;
    // Neither with both nor with none of the two.
    store.close().await.unwrap();
    let database = Database::connect(home.address()).await.unwrap();
    for wrong in [
        "UPDATE account SET password = NULL WHERE name = 'Anna'",
        "UPDATE account SET password = 'x' WHERE name = 'Other'",
        "UPDATE account SET issuer = 'https://x', subject = 'y' WHERE name = 'Anna'",
        "UPDATE account SET subject = NULL WHERE name = 'Other'",
        "UPDATE account SET role_is_claimed = TRUE WHERE name = 'Anna'",
    ] {
        assert!(database.execute_unprepared(wrong).await.is_err(), "{wrong}");
    }
    database.close().await.unwrap();
}
