//! Passwords: what one must be, and the hash that is kept instead of it.

use std::fmt;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{Error, PasswordHasher, PasswordVerifier};
use tokio::sync::Semaphore;

use crate::error::ClinicError;

/// Characters of a password, at least.
const SHORTEST: usize = 10;
/// And at most.
const LONGEST: usize = 256;
/// Hashes at the same time, each of which takes 19 MiB.
static HASHING: Semaphore = Semaphore::const_new(2);
/// What the password of a name that nobody has is compared with, so that it takes the same time. No password has this hash.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// A password that somebody chooses: 10 to 256 characters.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

impl fmt::Debug for Password {
    /// Without the password.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Password")
    }
}

impl std::str::FromStr for Password {
    type Err = ClinicError;

    fn from_str(text: &str) -> Result<Self, ClinicError> {
        match text.chars().count() {
            SHORTEST..=LONGEST => Ok(Self(text.to_owned())),
            _ => Err(ClinicError::InvalidAccount {
                why: format!("a password must have {SHORTEST} to {LONGEST} characters"),
            }),
        }
    }
}

impl Password {
    /// The argon2id hash with a salt of its own, as a PHC string.
    pub(crate) async fn hash(self) -> Result<String, ClinicError> {
        let hash = move || -> Result<PasswordHash, Error> {
            Argon2::default().hash_password(self.0.as_bytes())
        };
        let hashed = computed(move || hash().map(|hash| hash.to_string())).await?;
        hashed.map_err(ClinicError::Hash)
    }
}

/// Whether a password is the one of a hash; for a hash that is not there it takes as long, and is not.
pub(crate) async fn is_of(password: &str, hash: Option<String>) -> Result<bool, ClinicError> {
    let password = password.to_owned();
    let compared = computed(move || {
        let hash = PasswordHash::new(hash.as_deref().unwrap_or(NOBODY))?;
        Argon2::default().verify_password(password.as_bytes(), &hash)
    });
    match compared.await? {
        Ok(()) => Ok(true),
        Err(Error::PasswordInvalid) => Ok(false),
        Err(error) => Err(ClinicError::Hash(error)),
    }
}

/// Computes where blocking is allowed, when it is its turn. Who no longer waits does not make room before the work has ended.
async fn computed<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, ClinicError> {
    // Closed never.
    let turn = HASHING.acquire().await;
    let computed = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        work()
    });
    Ok(computed.await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_costs_what_somebody_costs() {
        let nobody = PasswordHash::new(NOBODY).expect("a PHC string");
        let somebody: PasswordHash = Argon2::default()
            .hash_password(b"correct horse battery")
            .expect("a hash");
        assert_eq!(nobody.params, somebody.params);
        assert_eq!(
            (nobody.algorithm, nobody.version),
            (somebody.algorithm, somebody.version)
        );
        let refused = Argon2::default().verify_password(b"", &nobody);
        assert_eq!(refused, Err(Error::PasswordInvalid));
    }
}
