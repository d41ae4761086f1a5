//! Files in a bucket that speaks S3: `<prefix>/files/<first two digits>/<hash>`. An object appears whole or not at all.

use std::collections::HashSet;
use std::fmt;
use std::time::{Duration, SystemTime};

use futures_util::TryStreamExt;
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::path::Path;
use object_store::{
    ClientOptions, Error, ObjectMeta, ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload,
    RetryConfig,
};
use tokio_rustls::rustls::crypto::{CryptoProvider, ring};

use super::hash::ContentHash;
use super::staging::StagedFile;
use crate::condition::Usage;
use crate::error::ClinicError;
pub use address::BucketAddress;
pub use fault::BucketFault;

mod address;
mod fault;

/// An object that no row names is swept away only when it is older. Clocks do not differ by more than a quarter of it: S3
/// refuses requests of one that is wrong by 15 minutes.
const SETTLED: Duration = Duration::from_secs(60 * 60);
/// How long a connection may take to come about.
const CONNECTION: Duration = Duration::from_secs(5);
/// How long one request may take: the largest photograph over a slow line.
const REQUEST: Duration = Duration::from_secs(120);
/// How often a request that failed is repeated, and until when after the first.
const REPETITIONS: (usize, Duration) = (4, Duration::from_secs(60));
/// How long a server may take to say that it is there.
const SIGN_OF_LIFE: Duration = Duration::from_secs(5);

/// A bucket that can be asked. Cheap to clone.
#[derive(Clone)]
pub(super) struct Bucket {
    store: AmazonS3,
    address: BucketAddress,
}

impl fmt::Display for Bucket {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.address.fmt(formatter)
    }
}

impl fmt::Debug for Bucket {
    /// Without what lets us in.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl Bucket {
    pub(super) fn open(address: &BucketAddress) -> Result<Self, ClinicError> {
        if CryptoProvider::get_default().is_none() {
            // Where another thread was faster, it did the same.
            let _ = ring::default_provider().install_default();
        }
        let (max_retries, retry_timeout) = REPETITIONS;
        let options = ClientOptions::new()
            .with_connect_timeout(CONNECTION)
            .with_timeout(REQUEST);
        let builder = AmazonS3Builder::new()
            .with_client_options(options)
            // One at a time is what every server knows.
            .with_disable_bulk_delete(true)
            .with_retry(RetryConfig {
                max_retries,
                retry_timeout,
                ..RetryConfig::default()
            });
        let settings = address.settings();
        let builder = settings.fold(builder, |builder, (key, value)| {
            builder.with_config(key, value)
        });
        let built = builder.with_bucket_name(address.bucket()).build();
        let store = built.map_err(|error| ClinicError::Bucket {
            action: "open",
            bucket: address.to_string(),
            fault: BucketFault::Settings(error.to_string()),
        })?;
        Ok(Self {
            store,
            address: address.clone(),
        })
    }

    fn files(&self) -> Path {
        self.address.below("files")
    }

    fn path(&self, hash: &ContentHash) -> Path {
        self.files().join(hash.shelf()).join(hash.as_str())
    }

    fn failed(&self, action: &'static str) -> impl FnOnce(Error) -> ClinicError {
        let bucket = self.to_string();
        move |error| ClinicError::Bucket {
            action,
            bucket,
            fault: BucketFault::of(&error),
        }
    }

    /// Puts it there even where it is already: one that no row has named yet is young again then, and stays.
    pub(super) async fn keep(&self, staged: StagedFile) -> Result<ContentHash, ClinicError> {
        let read = tokio::task::spawn_blocking(move || staged.read().map(|bytes| (staged, bytes)));
        let (staged, bytes) = read.await??;
        self.store
            .put(&self.path(staged.hash()), PutPayload::from(bytes))
            .await
            .map_err(self.failed("put a photograph into"))?;
        Ok(staged.hash().clone())
    }

    /// The bytes under a hash, as they are.
    pub(super) async fn read(&self, hash: &ContentHash) -> Result<Vec<u8>, ClinicError> {
        let read = async {
            let found = self.store.get(&self.path(hash)).await?;
            found.bytes().await
        };
        let bytes = read.await.map_err(self.failed("read a photograph in"))?;
        Ok(bytes.into())
    }

    pub(super) async fn holds(&self, hash: &ContentHash) -> Result<bool, ClinicError> {
        match self.store.head(&self.path(hash)).await {
            Err(Error::NotFound { .. }) => Ok(false),
            found => found
                .map(|_| true)
                .map_err(self.failed("look for a photograph in")),
        }
    }

    pub(super) async fn remove(&self, hash: &ContentHash) -> Result<(), ClinicError> {
        self.delete(&self.path(hash)).await
    }

    async fn delete(&self, path: &Path) -> Result<(), ClinicError> {
        match self.store.delete(path).await {
            Err(Error::NotFound { .. }) => Ok(()),
            deleted => deleted.map_err(self.failed("remove a photograph from")),
        }
    }

    pub(super) async fn holds_any(&self) -> Result<bool, ClinicError> {
        let mut all = self.store.list(Some(&self.files()));
        let first = all.try_next().await.map_err(self.failed("list"))?;
        Ok(first.is_some())
    }

    pub(super) async fn usage(&self) -> Result<Usage, ClinicError> {
        let mut usage = Usage::default();
        let mut all = self.store.list(Some(&self.files()));
        while let Some(object) = all.try_next().await.map_err(self.failed("list"))? {
            usage.files += 1;
            usage.bytes += object.size;
        }
        Ok(usage)
    }

    pub(super) async fn sweep(&self, referenced: &HashSet<String>) -> Result<(), ClinicError> {
        let Some(before) = SystemTime::now().checked_sub(SETTLED) else {
            return Ok(());
        };
        let mut all = self.store.list(Some(&self.files()));
        while let Some(object) = all.try_next().await.map_err(self.failed("list"))? {
            let is_settled = SystemTime::from(object.last_modified) < before;
            if is_settled && self.is_unnamed(&object, referenced) {
                self.delete(&object.location).await?;
            }
        }
        Ok(())
    }

    /// Whether this is one of our files, and no row names it. What others laid there is none of ours.
    fn is_unnamed(&self, object: &ObjectMeta, referenced: &HashSet<String>) -> bool {
        let Some(Ok(hash)) = object
            .location
            .filename()
            .map(|name| name.parse::<ContentHash>())
        else {
            return false;
        };
        object.location == self.path(&hash) && !referenced.contains(hash.as_str())
    }

    /// Whether the server answers, and still has what is noted under a name.
    pub(super) async fn check(&self, note: &str) -> Result<(), ClinicError> {
        let asked = tokio::time::timeout(SIGN_OF_LIFE, self.note(note)).await;
        let fault = match asked {
            Ok(answered) => match answered? {
                Some(_) => return Ok(()),
                None => BucketFault::Missing,
            },
            Err(_) => BucketFault::Unreachable("it does not answer in time".to_owned()),
        };
        Err(ClinicError::Bucket {
            action: "find the name of the records in",
            bucket: self.to_string(),
            fault,
        })
    }

    pub(super) async fn note(&self, name: &str) -> Result<Option<String>, ClinicError> {
        let read = async {
            let found = self.store.get(&self.address.below(name)).await?;
            found.bytes().await
        };
        match read.await {
            Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
            Err(error) if BucketFault::of(&error).is_missing() => Ok(None),
            Err(error) => Err(self.failed("read in")(error)),
        }
    }

    pub(super) async fn note_unless_there(
        &self,
        name: &str,
        text: &str,
    ) -> Result<(), ClinicError> {
        let path = self.address.below(name);
        let payload = PutPayload::from(text.to_owned());
        let only_new = PutOptions::from(PutMode::Create);
        match self.store.put_opts(&path, payload.clone(), only_new).await {
            Ok(_) | Err(Error::AlreadyExists { .. }) => Ok(()),
            Err(_) if self.note(name).await?.is_some() => Ok(()),
            // Not every server knows the condition. Where this fails for another reason, that is said now.
            Err(_) => {
                let put = self.store.put(&path, payload).await;
                put.map(|_| ()).map_err(self.failed("write into"))
            }
        }
    }
}
