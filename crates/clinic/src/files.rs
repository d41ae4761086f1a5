//! Bytes named by their SHA-256, in a folder or in a bucket. Whatever bears a hash as its name is whole.

mod bucket;
mod folder;
mod hash;
mod staging;

use std::collections::HashSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use bucket::Bucket;
pub use bucket::{BucketAddress, BucketFault};
use folder::Folder;
pub use hash::ContentHash;
use staging::Incoming;
pub use staging::{StagedFile, Staging};

use crate::condition::Usage;
use crate::error::ClinicError;

/// Where the bytes of photographs, and of the pictures made from them, are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Photographs {
    /// `files/` in the data folder.
    #[default]
    Folder,
    /// A bucket that speaks S3. Files are begun in the data folder all the same, which then is each computer's own.
    Bucket(BucketAddress),
}

/// The files of the records, and where they are begun. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Files {
    incoming: Incoming,
    kept: Kept,
}

#[derive(Debug, Clone)]
enum Kept {
    Folder(Folder),
    Bucket(Bucket),
}

impl Files {
    /// Asks the bucket nothing yet.
    pub(crate) fn open(data_folder: &Path, photographs: &Photographs) -> Result<Self, ClinicError> {
        let kept = match photographs {
            Photographs::Folder => Kept::Folder(Folder::open(data_folder)),
            Photographs::Bucket(address) => Kept::Bucket(Bucket::open(address)?),
        };
        let incoming = Incoming::open(data_folder)?;
        Ok(Self { incoming, kept })
    }

    pub(crate) fn incoming(&self) -> &Incoming {
        &self.incoming
    }

    pub(crate) fn stage(&self) -> Result<Staging, ClinicError> {
        self.incoming.stage()
    }

    /// Where they are kept, in words.
    pub(crate) fn place(&self) -> String {
        match &self.kept {
            Kept::Folder(folder) => folder.data_folder().display().to_string(),
            Kept::Bucket(bucket) => bucket.to_string(),
        }
    }

    /// Whether they are in a place that other programs may find as well as this one.
    pub(crate) fn are_elsewhere(&self) -> bool {
        matches!(self.kept, Kept::Bucket(_))
    }

    /// Makes a staged file part of the store, whole and lasting when this returns. The same bytes twice are one file.
    pub(crate) async fn keep(&self, staged: StagedFile) -> Result<ContentHash, ClinicError> {
        match &self.kept {
            Kept::Folder(folder) => in_folder(folder, |folder| folder.keep(staged)).await,
            Kept::Bucket(bucket) => bucket.keep(staged).await,
        }
    }

    /// The bytes, checked against their hash.
    pub(crate) async fn read(&self, hash: &ContentHash) -> Result<Vec<u8>, ClinicError> {
        let wanted = hash.clone();
        let bytes = match &self.kept {
            Kept::Folder(folder) => in_folder(folder, move |folder| folder.read(&wanted)).await?,
            Kept::Bucket(bucket) => bucket.read(hash).await?,
        };
        let wanted = hash.clone();
        tokio::task::spawn_blocking(move || match ContentHash::of(&bytes) == wanted {
            true => Ok(bytes),
            false => Err(ClinicError::Damaged {
                hash: wanted.to_string(),
            }),
        })
        .await?
    }

    /// Copies a file, whose bytes are checked, to where it may be already.
    pub(crate) async fn copy_to(
        &self,
        hash: &ContentHash,
        other: &Self,
    ) -> Result<(), ClinicError> {
        if other.holds(hash).await? {
            return other.read(hash).await.map(|_| ());
        }
        let bytes = self.read(hash).await?;
        let mut staging = other.stage()?;
        let staged = tokio::task::spawn_blocking(move || {
            staging.write(&bytes)?;
            staging.finish()
        });
        other.keep(staged.await??).await?;
        Ok(())
    }

    async fn holds(&self, hash: &ContentHash) -> Result<bool, ClinicError> {
        match &self.kept {
            Kept::Folder(folder) => Ok(folder.holds(hash)),
            Kept::Bucket(bucket) => bucket.holds(hash).await,
        }
    }

    /// Removes a file that no row names any more.
    pub(crate) async fn remove(&self, hash: &ContentHash) -> Result<(), ClinicError> {
        match &self.kept {
            Kept::Folder(folder) => folder.remove(hash),
            Kept::Bucket(bucket) => bucket.remove(hash).await,
        }
    }

    /// Whether there is any whole file.
    pub(crate) async fn holds_any(&self) -> Result<bool, ClinicError> {
        match &self.kept {
            Kept::Folder(folder) => folder.holds_any(),
            Kept::Bucket(bucket) => bucket.holds_any().await,
        }
    }

    /// Removes what interrupted runs left, while nobody else works with these files: what was begun, and files that no row
    /// names. In a bucket those that are younger than an hour stay, for a program that lost its hold on the records without
    /// knowing it yet may be about to name them.
    pub(crate) async fn sweep(&self, referenced: HashSet<String>) -> Result<(), ClinicError> {
        self.incoming.clear()?;
        match &self.kept {
            Kept::Folder(folder) => {
                in_folder(folder, move |folder| folder.sweep(&referenced)).await
            }
            Kept::Bucket(bucket) => bucket.sweep(&referenced).await,
        }
    }

    /// What whole files take up; one that is removed meanwhile does not count.
    pub(crate) async fn usage(&self) -> Result<Usage, ClinicError> {
        match &self.kept {
            Kept::Folder(folder) => in_folder(folder, Folder::usage).await,
            Kept::Bucket(bucket) => bucket.usage().await,
        }
    }

    /// Removes what was begun by a program that is no more, beside others that work with these files.
    pub(crate) fn clear_abandoned(&self) -> Result<(), ClinicError> {
        self.incoming.clear_abandoned()
    }

    /// Whether a bucket answers, and still has what is noted under a name.
    pub(crate) async fn check(&self, note: &str) -> Result<(), ClinicError> {
        match &self.kept {
            Kept::Folder(_) => Ok(()),
            Kept::Bucket(bucket) => bucket.check(note).await,
        }
    }

    /// A few words that lie beside the files under a name.
    pub(crate) async fn note(&self, name: &str) -> Result<Option<String>, ClinicError> {
        match &self.kept {
            Kept::Folder(folder) => folder.note(name),
            Kept::Bucket(bucket) => bucket.note(name).await,
        }
    }

    /// Lays words beside the files where there are none under this name, and gives those that are there then.
    pub(crate) async fn note_once(&self, name: &str, text: &str) -> Result<String, ClinicError> {
        match &self.kept {
            Kept::Folder(folder) => folder.note_unless_there(name, text)?,
            Kept::Bucket(bucket) => bucket.note_unless_there(name, text).await?,
        }
        // Whoever else laid words there at the same time may have been first.
        Ok(self.note(name).await?.unwrap_or_default())
    }
}

/// Runs what blocks where blocking is allowed.
async fn in_folder<T: Send + 'static>(
    folder: &Folder,
    work: impl FnOnce(&Folder) -> Result<T, ClinicError> + Send + 'static,
) -> Result<T, ClinicError> {
    let folder = folder.clone();
    tokio::task::spawn_blocking(move || work(&folder)).await?
}

/// Creates a folder and its parents, readable by this user alone: photographs are patients' data.
pub(crate) fn create_private_folder(folder: &Path) -> Result<(), ClinicError> {
    if folder.is_dir() {
        return Ok(());
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
        .create(folder)
        .map_err(failed("create the folder", folder))
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, ClinicError> {
    let listing = fs::read_dir(folder).map_err(failed("list", folder))?;
    listing
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, io::Error>>()
        .map_err(failed("list", folder))
}

/// A rename is lasting only when the folder that holds the name is on disk too.
pub(crate) fn synchronise_folder(folder: &Path) -> Result<(), ClinicError> {
    if cfg!(unix) {
        File::open(folder)
            .and_then(|opened| opened.sync_all())
            .map_err(failed("synchronise", folder))?;
    }
    Ok(())
}

pub(crate) fn failed(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> ClinicError {
    let path = path.to_path_buf();
    move |source| ClinicError::File {
        action,
        path,
        source,
    }
}
