//! Opaque names of records.

use std::fmt;
use std::str::FromStr;

use sea_orm::DeriveValueType;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! identifier {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, DeriveValueType,
        )]
        #[sea_orm(value_type = "String")]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Uuid);

        impl From<$name> for String {
            fn from(identifier: $name) -> Self {
                identifier.to_string()
            }
        }

        impl TryFrom<String> for $name {
            type Error = uuid::Error;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                text.parse()
            }
        }

        impl $name {
            pub(crate) fn random() -> Self {
                Self(Uuid::new_v4())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(formatter)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            /// Reads the identifier as it is displayed.
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::try_parse(text).map(Self)
            }
        }
    };
}

identifier!(
    /// Name that records share with the folder of their photographs.
    StoreId
);
identifier!(
    /// Opaque name of an account, unlike the name with which one logs in.
    AccountId
);
identifier!(
    /// Opaque name of a patient, unlike the programme's own identifier.
    PatientId
);
identifier!(
    /// Opaque name of a screening: a random UUID that says nothing about patient, file or time.
    ScreeningId
);
identifier!(
    /// Opaque name of one photograph in one screening.
    PhotographId
);
identifier!(
    /// Opaque name of one bundle's answer to one photograph.
    ResultId
);
identifier!(
    /// Opaque name of one review of one eye.
    ReviewId
);
identifier!(
    /// Opaque name of one explanation of one answer.
    ExplanationId
);
identifier!(
    /// Opaque name of an open store that takes work on: a server, or a worker beside it.
    WorkerId
);
