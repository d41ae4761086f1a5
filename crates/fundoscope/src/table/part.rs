//! A file that is being written, hidden beside its place until it is whole.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::Context;

/// A part of a file. Dropping it removes it.
pub(crate) struct Part {
    path: PathBuf,
    target: PathBuf,
    is_kept: bool,
}

impl Part {
    /// Begins the file that is to be `target`. What a run that was killed left of it is replaced.
    pub(crate) fn begin(target: &Path) -> anyhow::Result<(Self, File)> {
        let name = target.file_name().unwrap_or_default().to_string_lossy();
        let part = Self {
            path: target.with_file_name(format!(".{name}.part")),
            target: target.to_owned(),
            is_kept: false,
        };
        let file = File::create(&part.path).with_context(|| part.unwritable())?;
        Ok((part, file))
    }

    /// What is said where it cannot be written.
    pub(crate) fn unwritable(&self) -> String {
        format!("cannot write {}", self.target.display())
    }

    /// Puts the file, which is whole, in its place.
    pub(crate) fn keep(mut self) -> anyhow::Result<()> {
        fs::rename(&self.path, &self.target).with_context(|| self.unwritable())?;
        self.is_kept = true;
        synchronise_folder_of(&self.target).with_context(|| self.unwritable())
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if !self.is_kept {
            // What cannot be removed is hidden, and its name says that it is a part.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// A name is lasting only when the folder that holds it is on disk too.
pub(crate) fn synchronise_folder_of(path: &Path) -> std::io::Result<()> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    match cfg!(unix) {
        true => File::open(folder.unwrap_or(Path::new(".")))?.sync_all(),
        false => Ok(()),
    }
}
