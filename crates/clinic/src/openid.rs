//! Logging in by OpenID Connect: an account belongs to one subject of one provider, and to no name or address that the provider
//! tells of it, since those can be changed, given to somebody else, or chosen so that they look like another's.

use sea_orm::{
    ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QuerySelect, Set, TryInsertResult,
    sea_query::OnConflict,
};
use serde::Serialize;

use crate::access::Access;
use crate::account::{self, AccountName, Role};
use crate::audit::{self, Action, Actor, Subject};
use crate::entity::account as table;
use crate::error::ClinicError;
use crate::identifier::AccountId;
use crate::session::{self, Session, SessionLifetime, Token};

/// Characters of a subject, as OpenID Connect has it.
const LONGEST_SUBJECT: usize = 255;
/// Characters of an issuer.
const LONGEST_ISSUER: usize = 1000;

/// Who somebody is: the subject by which one provider always calls the same person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OpenId {
    issuer: String,
    subject: String,
}

impl OpenId {
    /// A subject of a provider, which are both taken to the letter: capitals count, and so does a slash at the end.
    ///
    /// # Errors
    /// [`ClinicError::InvalidAccount`] where the issuer is no address of the web, or the subject does not have 1 to 255
    /// characters without spaces around them and line breaks.
    pub fn new(issuer: &str, subject: &str) -> Result<Self, ClinicError> {
        let is_address = issuer.starts_with("https://") || issuer.starts_with("http://");
        let has_gap = |text: &str| text.contains(|one: char| one.is_control() || one == ' ');
        if !is_address || has_gap(issuer) || issuer.chars().count() > LONGEST_ISSUER {
            let why = "an OpenID provider is named by its issuer, an address such as https://login.example";
            return Err(account::invalid(why));
        }
        let is_plain = subject.trim() == subject && !subject.contains(char::is_control);
        if !is_plain || !(1..=LONGEST_SUBJECT).contains(&subject.chars().count()) {
            let why = "an OpenID subject must have 1 to 255 characters, without spaces around them and line breaks";
            return Err(account::invalid(why));
        }
        Ok(Self {
            issuer: issuer.to_owned(),
            subject: subject.to_owned(),
        })
    }

    /// As an account was given them.
    pub(crate) fn kept(issuer: Option<String>, subject: Option<String>) -> Option<Self> {
        let (issuer, subject) = issuer.zip(subject)?;
        Some(Self { issuer, subject })
    }

    /// The provider.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// What it calls the person.
    pub fn subject(&self) -> &str {
        &self.subject
    }
}

/// What a provider says of somebody's role here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RoleClaim {
    /// Nobody asks it: roles are given here alone.
    Unasked,
    /// It gives none.
    Absent,
    /// It gives one, and a name for the account that is made of it at the first log-in.
    Given {
        /// The role.
        role: Role,
        /// The name.
        name: AccountName,
    },
}

/// Why somebody whom a provider vouches for may not log in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpenIdRefusal {
    /// No account belongs to them.
    #[error("no account of this program belongs to you yet; ask an administrator to add one")]
    NoAccount,
    /// It is disabled.
    #[error("your account is disabled; ask an administrator")]
    Disabled,
    /// The provider gave a role once, and gives none now.
    #[error(
        "the provider no longer gives you a role in this program; ask whoever manages it there"
    )]
    NoRole,
    /// Another account has the name that the provider tells.
    #[error(
        "another account has your name already; ask an administrator to add one for you under another name"
    )]
    NameTaken,
}

impl Access {
    /// Begins a session of whoever the provider vouches for. Where the provider also gives roles, a first log-in adds the account,
    /// and the role of an account that was added so follows the provider's word; that of others is never touched.
    ///
    /// # Errors
    /// [`ClinicError::OpenIdRefused`] where they may not log in; the refusal is in the audit.
    pub async fn log_in_by_openid(
        &self,
        openid: &OpenId,
        role: &RoleClaim,
        lifetime: SessionLifetime,
    ) -> Result<(Token, Session), ClinicError> {
        let transaction = self.begin().await?;
        let account = match admitted(&transaction, openid, role).await? {
            Ok(account) => account,
            Err((refusal, id)) => {
                let subject = id.map(Subject::Account);
                audit::append(&transaction, Actor::Nobody, Action::OpenIdRefused, subject).await?;
                transaction.commit().await?;
                return Err(refusal.into());
            }
        };
        let (token, expires) = session::begin(&transaction, account.id, lifetime).await?;
        let actor = Actor::Account(account.id);
        audit::append(&transaction, actor, Action::LoggedInByOpenId, None).await?;
        transaction.commit().await?;
        let account = account.into();
        Ok((token, Session { account, expires }))
    }
}

/// A refusal, and whose account it is about.
type Refused = (OpenIdRefusal, Option<AccountId>);

/// The account that may log in.
async fn admitted(
    transaction: &DatabaseTransaction,
    openid: &OpenId,
    claim: &RoleClaim,
) -> Result<Result<table::Model, Refused>, ClinicError> {
    let Some(mut account) = of(transaction, openid).await? else {
        return match claim {
            RoleClaim::Given { role, name } => enrolled(transaction, openid, *role, name).await,
            RoleClaim::Unasked | RoleClaim::Absent => Ok(Err((OpenIdRefusal::NoAccount, None))),
        };
    };
    let id = account.id;
    if !account.enabled {
        return Ok(Err((OpenIdRefusal::Disabled, Some(id))));
    }
    match claim {
        RoleClaim::Absent if account.role_is_claimed => {
            return Ok(Err((OpenIdRefusal::NoRole, Some(id))));
        }
        RoleClaim::Given { role, .. } if account.role_is_claimed && *role != account.role => {
            account.role = *role;
            let changed = table::ActiveModel {
                role: Set(*role),
                ..Default::default()
            };
            account::change(transaction, id, changed).await?;
            let (actor, subject) = (Actor::Account(id), Subject::Account(id));
            audit::append(transaction, actor, Action::RoleChanged, Some(subject)).await?;
        }
        RoleClaim::Unasked | RoleClaim::Absent | RoleClaim::Given { .. } => {}
    }
    Ok(Ok(account))
}

/// An account made of what the provider says; a name that somebody has already is left to them.
async fn enrolled(
    transaction: &DatabaseTransaction,
    openid: &OpenId,
    role: Role,
    name: &AccountName,
) -> Result<Result<table::Model, Refused>, ClinicError> {
    let id = AccountId::random();
    let row = table::ActiveModel {
        issuer: Set(Some(openid.issuer.clone())),
        subject: Set(Some(openid.subject.clone())),
        role_is_claimed: Set(true),
        ..account::row(id, name, role)
    };
    if !insert(transaction, row).await? {
        // By the same person a moment ago, or by somebody else under this name.
        let own = of(transaction, openid).await?;
        return Ok(own.ok_or((OpenIdRefusal::NameTaken, None)));
    }
    let (actor, subject) = (Actor::Account(id), Subject::Account(id));
    audit::append(transaction, actor, Action::AccountAdded, Some(subject)).await?;
    Ok(Ok(account::with_id(transaction, id).await?))
}

/// Adds a row unless its name or its subject is taken; whether it did.
pub(crate) async fn insert(
    transaction: &DatabaseTransaction,
    row: table::ActiveModel,
) -> Result<bool, ClinicError> {
    let unless_taken = OnConflict::new().do_nothing().to_owned();
    let inserted = table::Entity::insert(row)
        .on_conflict(unless_taken)
        .try_insert()
        .exec_without_returning(transaction)
        .await?;
    Ok(matches!(inserted, TryInsertResult::Inserted(1..)))
}

/// The account of a subject, held until the transaction ends.
pub(crate) async fn of(
    transaction: &DatabaseTransaction,
    openid: &OpenId,
) -> Result<Option<table::Model>, ClinicError> {
    let found = table::Entity::find()
        .filter(table::Column::Issuer.eq(&openid.issuer))
        .filter(table::Column::Subject.eq(&openid.subject))
        .lock_exclusive()
        .one(transaction)
        .await?;
    Ok(found)
}
