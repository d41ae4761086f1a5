//! Files before they are part of the store, on this computer's disk wherever the store keeps its own.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use sha2::{Digest, Sha256};
use tempfile::{NamedTempFile, TempPath};

use super::hash::ContentHash;
use super::{create_private_folder, entries, failed};
use crate::error::ClinicError;

/// A file that nobody has written to for so long was begun by a program that is no more.
const ABANDONED: Duration = Duration::from_secs(24 * 60 * 60);

/// The folder in which files are begun.
#[derive(Debug, Clone)]
pub(crate) struct Incoming(PathBuf);

impl Incoming {
    pub(super) fn open(data_folder: &Path) -> Result<Self, ClinicError> {
        let folder = data_folder.join("files").join("incoming");
        create_private_folder(&folder)?;
        Ok(Self(folder))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(super) fn stage(&self) -> Result<Staging, ClinicError> {
        let file = NamedTempFile::new_in(&self.0).map_err(failed("create a file in", &self.0))?;
        Ok(Staging {
            file,
            digest: Sha256::new(),
            length: 0,
        })
    }

    /// Removes all that was begun: nobody else works with this folder.
    pub(crate) fn clear(&self) -> Result<(), ClinicError> {
        for path in entries(&self.0)? {
            fs::remove_file(&path).map_err(failed("remove", &path))?;
        }
        Ok(())
    }

    /// Removes what a program left that is no more, beside those that work with this folder.
    pub(super) fn clear_abandoned(&self) -> Result<(), ClinicError> {
        let Some(before) = SystemTime::now().checked_sub(ABANDONED) else {
            return Ok(());
        };
        for path in entries(&self.0)? {
            // Another program may have just put it in its place.
            let changed = fs::metadata(&path).and_then(|metadata| metadata.modified());
            if changed.is_ok_and(|changed| changed < before) {
                fs::remove_file(&path).map_err(failed("remove", &path))?;
            }
        }
        Ok(())
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
    pub(super) path: TempPath,
    pub(super) hash: ContentHash,
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
