//! Files in a folder of this computer or its network.
//!
//! A file is synchronised in `files/incoming/`, and only then renamed to `files/<first two digits>/<hash>`: whatever bears a
//! hash as its name is whole.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::hash::ContentHash;
use super::staging::StagedFile;
use super::{create_private_folder, entries, failed, synchronise_folder};
use crate::condition::Usage;
use crate::error::ClinicError;

#[derive(Debug, Clone)]
pub(super) struct Folder {
    /// What is noted of the files lies here, they themselves in `files/`.
    data_folder: PathBuf,
    root: PathBuf,
}

impl Folder {
    pub(super) fn open(data_folder: &Path) -> Self {
        Self {
            data_folder: data_folder.to_path_buf(),
            root: data_folder.join("files"),
        }
    }

    pub(super) fn data_folder(&self) -> &Path {
        &self.data_folder
    }

    fn path(&self, hash: &ContentHash) -> PathBuf {
        self.root.join(hash.shelf()).join(hash.as_str())
    }

    pub(super) fn holds(&self, hash: &ContentHash) -> bool {
        self.path(hash).exists()
    }

    /// The same bytes twice are one file.
    pub(super) fn keep(&self, staged: StagedFile) -> Result<ContentHash, ClinicError> {
        let StagedFile { path, hash, .. } = staged;
        let target = self.path(&hash);
        let folder = self.root.join(hash.shelf());
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

    pub(super) fn read(&self, hash: &ContentHash) -> Result<Vec<u8>, ClinicError> {
        let path = self.path(hash);
        fs::read(&path).map_err(failed("read", &path))
    }

    pub(super) fn remove(&self, hash: &ContentHash) -> Result<(), ClinicError> {
        let path = self.path(hash);
        match fs::remove_file(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            removed => removed.map_err(failed("remove", &path)),
        }
    }

    /// The folders of whole files.
    fn shelves(&self) -> Result<impl Iterator<Item = PathBuf>, ClinicError> {
        let incoming = self.root.join("incoming");
        Ok(entries(&self.root)?
            .into_iter()
            .filter(move |folder| *folder != incoming))
    }

    pub(super) fn holds_any(&self) -> Result<bool, ClinicError> {
        for folder in self.shelves()? {
            if !entries(&folder)?.is_empty() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    pub(super) fn usage(&self) -> Result<Usage, ClinicError> {
        let mut usage = Usage::default();
        for folder in self.shelves()? {
            for path in entries(&folder)? {
                if let Ok(metadata) = fs::metadata(&path) {
                    usage.files += 1;
                    usage.bytes += metadata.len();
                }
            }
        }
        Ok(usage)
    }

    pub(super) fn sweep(&self, referenced: &HashSet<String>) -> Result<(), ClinicError> {
        for folder in self.shelves()? {
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

    pub(super) fn note(&self, name: &str) -> Result<Option<String>, ClinicError> {
        let path = self.data_folder.join(name);
        match fs::read_to_string(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            read => read.map(Some).map_err(failed("read", &path)),
        }
    }

    pub(super) fn note_unless_there(&self, name: &str, text: &str) -> Result<(), ClinicError> {
        let (folder, path) = (&self.data_folder, self.data_folder.join(name));
        create_private_folder(folder)?;
        let file = NamedTempFile::new_in(folder).map_err(failed("create a file in", folder))?;
        fs::write(file.path(), text).map_err(failed("write", &path))?;
        file.as_file()
            .sync_all()
            .map_err(failed("synchronise", &path))?;
        match file.persist_noclobber(&path) {
            Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => {}
            // Not every network folder can rename on this condition.
            Err(error) if !path.exists() => {
                let renamed = error.file.persist(&path);
                renamed.map_err(|error| failed("write", &path)(error.error))?;
            }
            Err(error) => return Err(failed("write", &path)(error.error)),
            Ok(_) => {}
        }
        synchronise_folder(folder)
    }
}
