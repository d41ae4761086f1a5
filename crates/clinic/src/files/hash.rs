//! The name of a stored file.

use std::fmt;
use std::str::FromStr;

use sea_orm::DeriveValueType;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::error::ClinicError;

/// The SHA-256 of a stored file, 64 lower-case hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, DeriveValueType)]
#[sea_orm(value_type = "String")]
#[serde(try_from = "String", into = "String")]
pub struct ContentHash(String);

impl From<ContentHash> for String {
    fn from(hash: ContentHash) -> Self {
        hash.0
    }
}

impl TryFrom<String> for ContentHash {
    type Error = ClinicError;

    fn try_from(text: String) -> Result<Self, ClinicError> {
        text.parse()
    }
}

impl ContentHash {
    /// The hash of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        Self::from_digest(Sha256::digest(bytes).as_slice())
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Which of 256 folders it belongs into: its first two digits.
    pub(super) fn shelf(&self) -> &str {
        &self.0[..2]
    }

    /// Of a digest that is at hand.
    pub(super) fn from_digest(digest: &[u8]) -> Self {
        Self(digest.iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

impl fmt::Display for ContentHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl FromStr for ContentHash {
    type Err = ClinicError;

    /// Reads the digits.
    fn from_str(text: &str) -> Result<Self, ClinicError> {
        let hexadecimal = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if text.len() == 64 && text.bytes().all(hexadecimal) {
            return Ok(Self(text.to_owned()));
        }
        Err(ClinicError::UnreadableRow {
            what: "content hash",
            detail: format!(
                "expected 64 hexadecimal digits, found {} characters",
                text.len()
            ),
        })
    }
}
