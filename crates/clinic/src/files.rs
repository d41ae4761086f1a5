//! Bytes on disk, named by their SHA-256.
//!
//! A file is written to `files/incoming/`, synchronised, and only then renamed to
//! `files/<first two digits>/<hash>`: whatever bears a hash as its name is whole.

use std::collections::HashSet;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use sea_orm::DeriveValueType;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tempfile::{NamedTempFile, TempPath};

use crate::condition::Usage;
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

    fn from_digest(digest: &[u8]) -> Self {
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

/// A file being written, not yet part of the store. Dropping it removes it.
#[derive(Debug)]
pub struct Staging {
    file: NamedTempFile,
    digest: Sha256,
    length: u64,
}

impl Staging {
    /// Appends bytes.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), ClinicError> {
        self.digest.update(bytes);
        self.length += bytes.len() as u64;
        self.file
            .write_all(bytes)
            .map_err(failed("write", self.file.path()))
    }

    /// How many bytes were written so far.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Brings the bytes to disk.
    pub fn finish(self) -> Result<StagedFile, ClinicError> {
        self.file
            .as_file()
            .sync_all()
            .map_err(failed("synchronise", self.file.path()))?;
        Ok(StagedFile {
            path: self.file.into_temp_path(),
            hash: ContentHash::from_digest(self.digest.finalize().as_slice()),
            length: self.length,
        })
    }
}

/// A whole file that is not yet part of the store. Dropping it removes it.
#[derive(Debug)]
pub struct StagedFile {
    path: TempPath,
    hash: ContentHash,
    length: u64,
}

impl StagedFile {
    /// The hash of its bytes.
    pub fn hash(&self) -> &ContentHash {
        &self.hash
    }

    /// Size in bytes.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Its bytes.
    pub fn read(&self) -> Result<Vec<u8>, ClinicError> {
        fs::read(&self.path).map_err(failed("read", &self.path))
    }
}

/// The folder of files.
#[derive(Debug, Clone)]
pub(crate) struct Files {
    root: PathBuf,
}

impl Files {
    pub(crate) fn open(root: PathBuf) -> Result<Self, ClinicError> {
        let files = Self { root };
        create_private_folder(&files.incoming())?;
        Ok(files)
    }

    pub(crate) fn incoming(&self) -> PathBuf {
        self.root.join("incoming")
    }

    fn path(&self, hash: &ContentHash) -> PathBuf {
        self.root.join(&hash.0[..2]).join(&hash.0)
    }

    pub(crate) fn stage(&self) -> Result<Staging, ClinicError> {
        let incoming = self.incoming();
        let file =
            NamedTempFile::new_in(&incoming).map_err(failed("create a file in", &incoming))?;
        Ok(Staging {
            file,
            digest: Sha256::new(),
            length: 0,
        })
    }

    /// Makes a staged file part of the store. The same bytes twice are one file.
    pub(crate) fn keep(&self, staged: StagedFile) -> Result<ContentHash, ClinicError> {
        let StagedFile { path, hash, .. } = staged;
        let target = self.path(&hash);
        let folder = self.root.join(&hash.0[..2]);
        if target.exists() {
            // Another submission may have put it there this very moment.
            synchronise_folder(&folder)?;
            return Ok(hash);
        }
        if !folder.is_dir() {
            create_private_folder(&folder)?;
            synchronise_folder(&self.root)?;
        }
        path.persist(&target)
            .map_err(|error| failed("write", &target)(error.error))?;
        synchronise_folder(&folder)?;
        Ok(hash)
    }

    pub(crate) fn read(&self, hash: &ContentHash) -> Result<Vec<u8>, ClinicError> {
        let path = self.path(hash);
        let bytes = fs::read(&path).map_err(failed("read", &path))?;
        if ContentHash::of(&bytes) != *hash {
            return Err(ClinicError::Damaged {
                hash: hash.to_string(),
            });
        }
        Ok(bytes)
    }

    /// Copies a file, whose bytes are checked, to where it may be already.
    pub(crate) fn copy_to(&self, hash: &ContentHash, other: &Files) -> Result<(), ClinicError> {
        if other.path(hash).exists() {
            return other.read(hash).map(|_| ());
        }
        let mut staging = other.stage()?;
        staging.write(&self.read(hash)?)?;
        other.keep(staging.finish()?)?;
        Ok(())
    }

    /// Removes a file that no row names any more.
    pub(crate) fn remove(&self, hash: &ContentHash) -> Result<(), ClinicError> {
        let path = self.path(hash);
        match fs::remove_file(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            removed => removed.map_err(failed("remove", &path)),
        }
    }

    /// Whether there is any whole file.
    pub(crate) fn holds_any(&self) -> Result<bool, ClinicError> {
        for folder in entries(&self.root)? {
            if folder != self.incoming() && !entries(&folder)?.is_empty() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// What whole files take up; one that is removed meanwhile does not count.
    pub(crate) fn usage(&self) -> Result<Usage, ClinicError> {
        let mut usage = Usage::default();
        for folder in entries(&self.root)? {
            if folder == self.incoming() {
                continue;
            }
            for path in entries(&folder)? {
                if let Ok(metadata) = fs::metadata(&path) {
                    usage.files += 1;
                    usage.bytes += metadata.len();
                }
            }
        }
        Ok(usage)
    }

    /// Removes files that an interrupted run had begun.
    pub(crate) fn clear_incoming(&self) -> Result<(), ClinicError> {
        for path in entries(&self.incoming())? {
            fs::remove_file(&path).map_err(failed("remove", &path))?;
        }
        Ok(())
    }

    /// Removes what an interrupted run left: staged files, and files that no row names.
    pub(crate) fn sweep(&self, referenced: &HashSet<String>) -> Result<(), ClinicError> {
        for folder in entries(&self.root)? {
            for path in entries(&folder)? {
                let is_referenced = path
                    .file_name()
                    .and_then(|name| name.to_str())
                    .is_some_and(|name| referenced.contains(name));
                if !is_referenced {
                    fs::remove_file(&path).map_err(failed("remove", &path))?;
                }
            }
        }
        Ok(())
    }
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
