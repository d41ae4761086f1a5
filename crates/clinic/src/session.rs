//! Sessions: from a name and a password to a token, and from a token to the account.
//!
//! An attempt to log in counts as failed before the password is looked at and is taken back when it was right, so that nobody
//! gains attempts by making them at the same time.

use std::fmt;
use std::time::Duration;

use sea_orm::{
    ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QuerySelect, Set, sea_query::Expr,
};
use time::OffsetDateTime;

use crate::access::Access;
use crate::account::{self, Account};
use crate::audit::{self, Action, Actor, Subject};
use crate::entity::{account as table, session};
use crate::error::ClinicError;
use crate::files::ContentHash;
use crate::identifier::AccountId;
use crate::password;

/// Wrong passwords without a wait.
const FREE_ATTEMPTS: i32 = 4;
/// The wait after the next one; it doubles with each.
const FIRST_WAIT: Duration = Duration::from_secs(30);
/// The longest wait.
const LONGEST_WAIT: Duration = Duration::from_secs(3600);
/// A session's last use is noted at most this often.
const NOTED_EVERY: Duration = Duration::from_secs(30);

/// How long a session lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionLifetime {
    /// Without a request.
    pub idle: Duration,
    /// In any case.
    pub absolute: Duration,
}

impl Default for SessionLifetime {
    /// Half an hour without a request, twelve hours in any case.
    fn default() -> Self {
        Self {
            idle: Duration::from_secs(30 * 60),
            absolute: Duration::from_secs(12 * 3600),
        }
    }
}

/// What a session is known by: 256 random bits. Only its SHA-256 is kept.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Token([u8; 32]);

impl fmt::Debug for Token {
    /// Without the bits, which are as good as a password.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Token")
    }
}

impl fmt::Display for Token {
    /// 64 hexadecimal digits.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .iter()
            .try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

impl std::str::FromStr for Token {
    type Err = ClinicError;

    /// Reads 64 hexadecimal digits.
    fn from_str(text: &str) -> Result<Self, ClinicError> {
        let unknown = || ClinicError::Unknown { what: "session" };
        if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(unknown());
        }
        let mut bits = [0; 32];
        for (place, byte) in bits.iter_mut().enumerate() {
            let digits = text.get(2 * place..2 * place + 2).ok_or_else(unknown)?;
            *byte = u8::from_str_radix(digits, 16).map_err(|_| unknown())?;
        }
        Ok(Self(bits))
    }
}

impl Token {
    fn random() -> Result<Self, ClinicError> {
        let mut bits = [0; 32];
        getrandom::fill(&mut bits).map_err(ClinicError::NoRandomness)?;
        Ok(Self(bits))
    }

    fn hash(&self) -> ContentHash {
        ContentHash::of(&self.0)
    }
}

/// A session that lasts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Who is logged in.
    pub account: Account,
    /// When it ends in any case (UTC).
    pub expires: OffsetDateTime,
}

impl Access {
    /// Begins a session. A name that nobody has takes as long as a wrong password.
    ///
    /// # Errors
    /// [`ClinicError::LogInRefused`] for a wrong name or password, and while the account is disabled or has to wait: after five
    /// wrong passwords in a row half a minute, twice as long after each more, an hour at most.
    pub async fn log_in(
        &self,
        name: &str,
        password: &str,
        lifetime: SessionLifetime,
    ) -> Result<(Token, Session), ClinicError> {
        let (known, admitted) = self.attempt(name).await?;
        let hash = (admitted.as_ref()).and_then(|account| account.password.clone());
        let is_right = password::is_of(password, hash).await?;
        let transaction = self.begin().await?;
        // Disabled, or given another password, in the meantime. Held before any session, as by who changes a password.
        let still = match admitted.filter(|_| is_right) {
            Some(admitted) => {
                table::Entity::find()
                    .filter(table::Column::Id.eq(admitted.id))
                    .filter(table::Column::Password.eq(admitted.password))
                    .filter(table::Column::Enabled.eq(true))
                    .lock_exclusive()
                    .one(&transaction)
                    .await?
            }
            None => None,
        };
        let Some(account) = still else {
            let subject = known.map(Subject::Account);
            audit::append(&transaction, Actor::Nobody, Action::LogInRefused, subject).await?;
            transaction.commit().await?;
            return Err(ClinicError::LogInRefused);
        };
        let (token, expires) = begin(&transaction, account.id, lifetime).await?;
        let forgiven = table::ActiveModel {
            attempts: Set(0),
            locked_until: Set(None),
            ..Default::default()
        };
        account::change(&transaction, account.id, forgiven).await?;
        let actor = Actor::Account(account.id);
        audit::append(&transaction, actor, Action::LoggedIn, None).await?;
        transaction.commit().await?;
        let account = account.into();
        Ok((token, Session { account, expires }))
    }

    /// Counts an attempt: the account of this name, and the same where the attempt may be made now.
    async fn attempt(
        &self,
        name: &str,
    ) -> Result<(Option<AccountId>, Option<table::Model>), ClinicError> {
        let transaction = self.begin().await?;
        let Some(found) = account::named(&transaction, name).await? else {
            return Ok((None, None));
        };
        // Read again when it is this attempt's turn.
        let found = table::Entity::find()
            .filter(table::Column::Id.eq(found.id))
            .lock_exclusive()
            .one(&transaction)
            .await?
            .ok_or(ClinicError::Unknown { what: "account" })?;
        let now = OffsetDateTime::now_utc();
        let waits = found.locked_until.is_some_and(|until| now < until);
        if waits || !found.enabled || found.password.is_none() {
            return Ok((Some(found.id), None));
        }
        let attempts = found.attempts.saturating_add(1);
        let counted = table::ActiveModel {
            attempts: Set(attempts),
            locked_until: Set(wait_after(attempts).map(|wait| now + wait)),
            ..Default::default()
        };
        account::change(&transaction, found.id, counted).await?;
        transaction.commit().await?;
        Ok((Some(found.id), Some(found)))
    }

    /// Whose session a token is, as long as it lasts; asking prolongs it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn session(
        &self,
        token: &Token,
        lifetime: SessionLifetime,
    ) -> Result<Option<Session>, ClinicError> {
        let now = OffsetDateTime::now_utc();
        let Some((session, account)) = self.lasting(token, lifetime, now).await? else {
            return Ok(None);
        };
        if now >= session.seen + NOTED_EVERY.min(lifetime.idle / 4) {
            session::Entity::update_many()
                .col_expr(session::Column::Seen, Expr::value(now))
                .filter(session::Column::Sequence.eq(session.sequence))
                .exec(self.database())
                .await?;
        }
        Ok(Some(Session {
            account: account.into(),
            expires: session.expires,
        }))
    }

    /// Whether a session lasts; unlike [`Access::session`], this does not prolong it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn lasts(
        &self,
        token: &Token,
        lifetime: SessionLifetime,
    ) -> Result<bool, ClinicError> {
        let now = OffsetDateTime::now_utc();
        Ok(self.lasting(token, lifetime, now).await?.is_some())
    }

    async fn lasting(
        &self,
        token: &Token,
        lifetime: SessionLifetime,
        now: OffsetDateTime,
    ) -> Result<Option<(session::Model, table::Model)>, ClinicError> {
        let found = session::Entity::find()
            .filter(session::Column::Token.eq(token.hash()))
            .find_also_related(table::Entity)
            .one(self.database())
            .await?;
        let Some((session, Some(account))) = found else {
            return Ok(None);
        };
        let is_over = now >= session.expires || now >= session.seen + lifetime.idle;
        Ok((!is_over && account.enabled).then_some((session, account)))
    }

    /// Ends a session; one that has ended already stays so.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn log_out(&self, token: &Token) -> Result<(), ClinicError> {
        let transaction = self.begin().await?;
        let ended = session::Entity::delete_many()
            .filter(session::Column::Token.eq(token.hash()))
            .exec_with_returning(&transaction)
            .await?;
        for session in ended {
            let actor = Actor::Account(session.account);
            audit::append(&transaction, actor, Action::LoggedOut, None).await?;
        }
        transaction.commit().await?;
        Ok(())
    }
}

/// Begins a session of an account that may log in, and forgets those that are over.
pub(crate) async fn begin(
    transaction: &DatabaseTransaction,
    account: AccountId,
    lifetime: SessionLifetime,
) -> Result<(Token, OffsetDateTime), ClinicError> {
    let now = OffsetDateTime::now_utc();
    session::Entity::delete_many()
        .filter(session::Column::Expires.lt(now))
        .exec(transaction)
        .await?;
    let token = Token::random()?;
    let expires = now + lifetime.absolute;
    let row = session::ActiveModel {
        token: Set(token.hash()),
        account: Set(account),
        created: Set(now),
        seen: Set(now),
        expires: Set(expires),
        ..Default::default()
    };
    session::Entity::insert(row)
        .exec_without_returning(transaction)
        .await?;
    Ok((token, expires))
}

/// How long nobody may try after so many wrong passwords in a row.
fn wait_after(attempts: i32) -> Option<Duration> {
    let doublings = u32::try_from(attempts - FREE_ATTEMPTS - 1).ok()?;
    let wait = FIRST_WAIT.saturating_mul(2_u32.saturating_pow(doublings));
    Some(wait.min(LONGEST_WAIT))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_grows_to_an_hour() {
        let seconds = |attempts| wait_after(attempts).map(|wait| wait.as_secs());
        let waits: Vec<_> = (4..=13).map(seconds).collect();
        let expected = [0, 30, 60, 120, 240, 480, 960, 1920, 3600, 3600];
        let expected = expected.map(|seconds| (seconds > 0).then_some(seconds));
        assert_eq!(waits, expected);
        assert_eq!(seconds(i32::MAX), Some(3600));
    }
}
