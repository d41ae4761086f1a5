//! Accounts: who may use the records, and for what.

use std::fmt;

use language::Language;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, DeriveActiveEnum, EntityTrait, EnumIter,
    PaginatorTrait, QueryFilter, QueryOrder, Set, sea_query::Expr,
};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::access::Access;
use crate::audit::{self, Action, Actor, Subject};
use crate::entity::{account, session};
use crate::error::ClinicError;
use crate::identifier::AccountId;
use crate::openid::{self, OpenId};
use crate::password::Password;
use crate::reading::reader_key;

/// Characters of a name.
const LONGEST_NAME: usize = 100;

/// What somebody may do; each may do what those before it may.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    EnumIter,
    DeriveActiveEnum,
)]
#[serde(rename_all = "lowercase")]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "lowercase")]
pub enum Role {
    /// Hands in photographs and reads the results.
    Screener,
    /// Reviews eyes too.
    Reader,
    /// Manages accounts, and sees the audit and what has changed since the validation.
    Administrator,
}

impl Role {
    /// All, from the least.
    pub const ALL: [Self; 3] = [Self::Screener, Self::Reader, Self::Administrator];

    /// Its name, such as `reader`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Screener => "screener",
            Self::Reader => "reader",
            Self::Administrator => "administrator",
        }
    }

    /// In words, as a page shows it.
    pub fn words_in(self, language: Language) -> &'static str {
        match self {
            Self::Screener => language.text("role-screener"),
            Self::Reader => language.text("role-reader"),
            Self::Administrator => language.text("role-administrator"),
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl std::str::FromStr for Role {
    type Err = ClinicError;

    fn from_str(text: &str) -> Result<Self, ClinicError> {
        let named = Self::ALL.into_iter().find(|role| role.name() == text);
        named.ok_or_else(|| invalid("a role is screener, reader or administrator"))
    }
}

/// The name with which somebody logs in: 1 to 100 characters, none of them a control character, and no space around it. Names
/// that differ in capitals only are the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountName(String);

impl AccountName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::str::FromStr for AccountName {
    type Err = ClinicError;

    /// Takes spaces around it away.
    fn from_str(text: &str) -> Result<Self, ClinicError> {
        let name = text.trim();
        let length = name.chars().count();
        if length == 0 || length > LONGEST_NAME || name.contains(char::is_control) {
            let why = "a name must have 1 to 100 characters, without line breaks and the like";
            return Err(invalid(why));
        }
        Ok(Self(name.to_owned()))
    }
}

/// An account to be added.
#[derive(Debug)]
pub struct NewAccount {
    /// With which one logs in.
    pub name: AccountName,
    /// What it may do.
    pub role: Role,
    /// By what one logs in.
    pub proof: Proof,
}

/// By what somebody proves that an account is theirs: one of the two, so that whoever is shut out at the provider cannot come in
/// by a password.
#[derive(Debug)]
pub enum Proof {
    /// A password that is kept here.
    Password(Password),
    /// The word of an OpenID provider.
    OpenId(OpenId),
}

/// An account, without its password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Account {
    /// Its opaque name.
    pub id: AccountId,
    /// With which one logs in.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// Whether one may log in.
    pub enabled: bool,
    /// Who one is at the OpenID provider by whose word one logs in; `None` where that takes a password.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub openid: Option<OpenId>,
    /// When it was added (UTC).
    #[serde(with = "time::serde::rfc3339")]
    pub created: OffsetDateTime,
}

impl From<account::Model> for Account {
    fn from(row: account::Model) -> Self {
        Self {
            id: row.id,
            name: row.name,
            role: row.role,
            enabled: row.enabled,
            openid: OpenId::kept(row.issuer, row.subject),
            created: row.created,
        }
    }
}

impl Access {
    /// Adds an account.
    ///
    /// # Errors
    /// [`ClinicError::NameTaken`] where there is one with this name, [`ClinicError::SubjectTaken`] where one has this OpenID
    /// subject.
    pub async fn add_account(&self, by: Actor, new: NewAccount) -> Result<Account, ClinicError> {
        let id = AccountId::random();
        let mut added = row(id, &new.name, new.role);
        let openid = match new.proof {
            Proof::Password(password) => {
                added.password = Set(Some(password.hash().await?));
                None
            }
            Proof::OpenId(openid) => {
                added.issuer = Set(Some(openid.issuer().to_owned()));
                added.subject = Set(Some(openid.subject().to_owned()));
                Some(openid)
            }
        };
        let transaction = self.begin().await?;
        if !openid::insert(&transaction, added).await? {
            let taken = match &openid {
                Some(openid) => openid::of(&transaction, openid).await?,
                None => None,
            };
            return Err(taken.map_or(ClinicError::NameTaken, |_| ClinicError::SubjectTaken));
        }
        let added = with_id(&transaction, id).await?;
        let subject = Subject::Account(id);
        audit::append(&transaction, by, Action::AccountAdded, Some(subject)).await?;
        transaction.commit().await?;
        Ok(added.into())
    }

    /// All accounts, the oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn accounts(&self) -> Result<Vec<Account>, ClinicError> {
        let rows = account::Entity::find()
            .order_by_asc(account::Column::Sequence)
            .all(self.database())
            .await?;
        Ok(rows.into_iter().map(Account::from).collect())
    }

    /// The account with this name, in whatever capitals.
    ///
    /// # Errors
    /// [`ClinicError::Unknown`] where there is none.
    pub async fn account_named(&self, name: &str) -> Result<Account, ClinicError> {
        let row = named(self.database(), name).await?;
        row.map(Account::from)
            .ok_or(ClinicError::Unknown { what: "account" })
    }

    /// Whether there are accounts, be they disabled.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn has_accounts(&self) -> Result<bool, ClinicError> {
        let any = account::Entity::find().one(self.database()).await?;
        Ok(any.is_some())
    }

    /// Lets an account log in again, or ends its sessions and lets it no more. A wait after wrong passwords ends with it.
    ///
    /// # Errors
    /// [`ClinicError::Unknown`] where there is no such account, [`ClinicError::LastAdministrator`] where it is the last one that
    /// could manage the others.
    pub async fn set_enabled(
        &self,
        by: Actor,
        id: AccountId,
        enabled: bool,
    ) -> Result<(), ClinicError> {
        let transaction = self.begin().await?;
        lock_accounts(&transaction).await?;
        let known = with_id(&transaction, id).await?;
        let others = account::Entity::find()
            .filter(account::Column::Role.eq(Role::Administrator))
            .filter(account::Column::Enabled.eq(true))
            .filter(account::Column::Id.ne(id))
            .count(&transaction)
            .await?;
        let is_administrator = known.enabled && known.role == Role::Administrator;
        if !enabled && is_administrator && others == 0 {
            return Err(ClinicError::LastAdministrator);
        }
        let changed = account::ActiveModel {
            enabled: Set(enabled),
            ..without_wait()
        };
        change(&transaction, id, changed).await?;
        let action = match enabled {
            true => Action::AccountEnabled,
            false => {
                end_sessions(&transaction, id).await?;
                Action::AccountDisabled
            }
        };
        audit::append(&transaction, by, action, Some(Subject::Account(id))).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Gives an account another password, and ends its sessions and its wait after wrong passwords.
    ///
    /// # Errors
    /// [`ClinicError::Unknown`] where there is no such account, [`ClinicError::HasNoPassword`] where it logs in by OpenID Connect.
    pub async fn set_password(
        &self,
        by: Actor,
        id: AccountId,
        password: Password,
    ) -> Result<(), ClinicError> {
        let changed = account::ActiveModel {
            password: Set(Some(password.hash().await?)),
            ..without_wait()
        };
        let transaction = self.begin().await?;
        if with_id(&transaction, id).await?.password.is_none() {
            return Err(ClinicError::HasNoPassword);
        }
        change(&transaction, id, changed).await?;
        end_sessions(&transaction, id).await?;
        let subject = Subject::Account(id);
        audit::append(&transaction, by, Action::PasswordChanged, Some(subject)).await?;
        transaction.commit().await?;
        Ok(())
    }
}

/// A new account, which can be entered by nothing yet.
pub(crate) fn row(id: AccountId, name: &AccountName, role: Role) -> account::ActiveModel {
    account::ActiveModel {
        id: Set(id),
        folded: Set(folded(name.as_str())),
        name: Set(name.as_str().to_owned()),
        role: Set(role),
        password: Set(None),
        issuer: Set(None),
        subject: Set(None),
        role_is_claimed: Set(false),
        enabled: Set(true),
        attempts: Set(0),
        locked_until: Set(None),
        created: Set(OffsetDateTime::now_utc()),
        ..Default::default()
    }
}

/// How a name is found: as readers are told apart, so that two accounts are never one reader.
fn folded(name: &str) -> String {
    reader_key(Some(name))
}

pub(crate) async fn named(
    database: &impl ConnectionTrait,
    name: &str,
) -> Result<Option<account::Model>, ClinicError> {
    let found = account::Entity::find()
        .filter(account::Column::Folded.eq(folded(name)))
        .one(database)
        .await?;
    Ok(found)
}

pub(crate) async fn with_id(
    database: &impl ConnectionTrait,
    id: AccountId,
) -> Result<account::Model, ClinicError> {
    let found = account::Entity::find()
        .filter(account::Column::Id.eq(id))
        .one(database)
        .await?;
    found.ok_or(ClinicError::Unknown { what: "account" })
}

/// Two administrators who disable each other at the same moment take turns.
async fn lock_accounts(transaction: &DatabaseTransaction) -> Result<(), ClinicError> {
    account::Entity::update_many()
        .col_expr(account::Column::Role, Expr::col(account::Column::Role))
        .filter(account::Column::Role.eq(Role::Administrator))
        .exec(transaction)
        .await?;
    Ok(())
}

fn without_wait() -> account::ActiveModel {
    account::ActiveModel {
        attempts: Set(0),
        locked_until: Set(None),
        ..Default::default()
    }
}

pub(crate) async fn change(
    database: &impl ConnectionTrait,
    id: AccountId,
    changed: account::ActiveModel,
) -> Result<(), ClinicError> {
    account::Entity::update_many()
        .set(changed)
        .filter(account::Column::Id.eq(id))
        .exec(database)
        .await?;
    Ok(())
}

async fn end_sessions(database: &impl ConnectionTrait, id: AccountId) -> Result<(), ClinicError> {
    session::Entity::delete_many()
        .filter(session::Column::Account.eq(id))
        .exec(database)
        .await?;
    Ok(())
}

pub(crate) fn invalid(why: &str) -> ClinicError {
    ClinicError::InvalidAccount {
        why: why.to_owned(),
    }
}
