//! Which bucket it is.

use std::fmt;

use object_store::aws::AmazonS3ConfigKey;
use object_store::path::Path;

use crate::error::ClinicError;

/// What an address begins with.
const SCHEME: &str = "s3://";
/// What the settings of buckets begin with.
const SETTINGS: &str = "AWS_";

/// The address of a bucket, of what lies below a prefix there, and how to be let in.
#[derive(Clone, PartialEq, Eq)]
pub struct BucketAddress {
    bucket: String,
    prefix: String,
    settings: Vec<(String, String)>,
}

impl BucketAddress {
    /// Reads `s3://bucket` or `s3://bucket/prefix`. Where its server is and how it lets us in say the settings, which are named
    /// as the environment of Amazon's programs names them: `AWS_ENDPOINT_URL` (path-style requests; Amazon's own where there is
    /// none), `AWS_REGION`, `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_ALLOW_HTTP` and so on; others are left alone.
    ///
    /// # Errors
    /// [`ClinicError::UnknownBucket`] for everything else.
    pub fn new(
        address: &str,
        settings: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ClinicError> {
        let place = address.strip_prefix(SCHEME);
        let place = place.ok_or(ClinicError::UnknownBucket)?;
        let (bucket, prefix) = place.split_once('/').unwrap_or((place, ""));
        let prefix = prefix.strip_suffix('/').unwrap_or(prefix);
        let is_prefix = prefix.is_empty() || prefix.split('/').all(is_name);
        if !(3..=63).contains(&bucket.len()) || !is_name(bucket) || !is_prefix {
            return Err(ClinicError::UnknownBucket);
        }
        let settings = settings.into_iter();
        Ok(Self {
            bucket: bucket.to_owned(),
            prefix: prefix.to_owned(),
            settings: settings
                .filter(|(name, value)| name.starts_with(SETTINGS) && !value.is_empty())
                .collect(),
        })
    }

    pub(super) fn bucket(&self) -> &str {
        &self.bucket
    }

    /// The object of this name.
    pub(super) fn below(&self, name: &str) -> Path {
        Path::from(self.prefix.as_str()).join(name)
    }

    /// The settings that are known.
    pub(super) fn settings(&self) -> impl Iterator<Item = (AmazonS3ConfigKey, &str)> {
        self.settings.iter().filter_map(|(name, value)| {
            let key = name.to_ascii_lowercase().parse().ok()?;
            Some((key, value.as_str()))
        })
    }
}

/// Letters, digits and a few signs, and nothing that points elsewhere.
fn is_name(text: &str) -> bool {
    let is_usual = |each: char| each.is_ascii_alphanumeric() || ['-', '_', '.'].contains(&each);
    !text.is_empty() && text != "." && text != ".." && text.chars().all(is_usual)
}

impl fmt::Display for BucketAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { bucket, prefix, .. } = self;
        match prefix.as_str() {
            "" => write!(formatter, "{SCHEME}{bucket}"),
            prefix => write!(formatter, "{SCHEME}{bucket}/{prefix}"),
        }
    }
}

impl fmt::Debug for BucketAddress {
    /// Without the settings, which hold a key.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{self}")
    }
}
