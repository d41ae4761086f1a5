//! Which photographs are meant by the arguments: files, folders with all that lies below them, and sources.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use anyhow::anyhow;
use training::source::{Source, Split, is_photograph_name};
use walkdir::{DirEntry, WalkDir};

use crate::names;

/// A photograph that has not been opened yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Photograph {
    /// Where it lies.
    pub(crate) path: PathBuf,
    /// Its name in every output: the argument joined with the path below it, `/`-separated.
    pub(crate) file: String,
}

/// An argument that leads to no photograph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    /// As the user named it.
    pub(crate) input: String,
    /// Why, in a sentence.
    pub(crate) reason: String,
}

/// What the arguments came to.
#[derive(Debug, Default)]
pub(crate) struct Inputs {
    /// Each photograph once, in the order of the arguments, within folders by name.
    pub(crate) photographs: Vec<Photograph>,
    /// Files in folders that are no photographs by name, or belong to another split.
    pub(crate) skipped: usize,
    /// Arguments that lead nowhere.
    pub(crate) failures: Vec<Failure>,
}

impl Inputs {
    /// Looks at every argument; the output folder is left out where it lies inside of one.
    ///
    /// With a split every argument must be a source. Nothing at all to work on is an error: the call was wrong.
    pub(crate) fn find(
        arguments: &[PathBuf],
        split: Option<Split>,
        out: &Path,
    ) -> anyhow::Result<Self> {
        let mut inputs = Inputs::default();
        for argument in arguments {
            if split.is_some() || is_table(argument) {
                inputs.add_source(argument, split)?;
            } else {
                inputs.look_at(argument, out);
            }
        }
        let mut seen = HashSet::new();
        inputs.photographs.retain(|photograph| {
            let absolute = std::path::absolute(&photograph.path);
            seen.insert(absolute.unwrap_or_else(|_| photograph.path.clone()))
        });
        match inputs.photographs.is_empty() {
            true => Err(inputs.nothing()),
            false => Ok(inputs),
        }
    }

    /// Looks at an argument that is no source; the output folder is left out where it lies inside of it.
    pub(crate) fn look_at(&mut self, argument: &Path, out: &Path) {
        if argument.is_dir() {
            self.add_folder(argument, out);
        } else if argument.is_file() {
            self.add(argument.to_owned());
        } else {
            let reason = match argument.try_exists() {
                Ok(true) => "this is neither a file nor a folder".to_owned(),
                Ok(false) => "there is no such file or folder; check the name".to_owned(),
                Err(error) => format!("cannot be read: {error}"),
            };
            self.fail(argument, reason);
        }
    }

    /// A name for the outputs of each photograph, see [`names::output_names`].
    pub(crate) fn output_names(&self) -> Vec<String> {
        let paths: Vec<&PathBuf> = self
            .photographs
            .iter()
            .map(|photograph| &photograph.path)
            .collect();
        names::output_names(&paths)
    }

    /// How many files were passed over, in a sentence for people; nothing where there were none.
    pub(crate) fn skipped_sentence(&self) -> Option<String> {
        match self.skipped {
            0 => None,
            1 => Some("1 other file was skipped".to_owned()),
            count => Some(format!("{count} other files were skipped")),
        }
    }

    /// What is said where no argument leads to a photograph.
    pub(crate) fn nothing(&self) -> anyhow::Error {
        let reasons: Vec<String> = self
            .failures
            .iter()
            .map(|failure| format!("{}: {}", failure.input, failure.reason))
            .collect();
        anyhow!("{}", reasons.join("; "))
    }

    fn add(&mut self, path: PathBuf) {
        let file = display_name(&path);
        self.photographs.push(Photograph { path, file });
    }

    fn fail(&mut self, argument: &Path, reason: String) {
        self.failures.push(Failure {
            input: display_name(argument),
            reason,
        });
    }

    fn add_folder(&mut self, folder: &Path, out: &Path) {
        let out = out.canonicalize().ok();
        let is_wanted = |entry: &DirEntry| {
            let is_out = entry.depth() > 0
                && entry.file_type().is_dir()
                && out.is_some()
                && entry.path().canonicalize().ok() == out;
            !is_out
        };
        let before = (self.photographs.len(), self.skipped, self.failures.len());
        let entries = WalkDir::new(folder)
            .follow_links(true)
            .sort_by_file_name()
            .into_iter();
        for entry in entries.filter_entry(is_wanted) {
            match entry {
                Ok(entry) if !entry.file_type().is_file() => {}
                Ok(entry) if is_visible_photograph(entry.path()) => self.add(entry.into_path()),
                Ok(_) => self.skipped += 1,
                Err(error) => {
                    let path = error.path().unwrap_or(folder).to_owned();
                    self.fail(&path, format!("cannot be read: {error}"));
                }
            }
        }
        if (self.photographs.len(), self.failures.len()) == (before.0, before.2) {
            let others = self.skipped - before.1;
            self.fail(
                folder,
                format!("the folder holds no photograph ({others} other files)"),
            );
        }
    }

    fn add_source(&mut self, argument: &Path, split: Option<Split>) -> anyhow::Result<()> {
        let source = Source::open(argument)?;
        let before = self.photographs.len();
        for photograph in source.photographs {
            if split.is_some() && photograph.split != split {
                self.skipped += 1;
                continue;
            }
            self.photographs.push(Photograph {
                path: photograph.path,
                file: photograph.file,
            });
        }
        if self.photographs.len() == before {
            let name = split.map_or("", Split::name);
            self.fail(
                argument,
                format!("the source has no photograph in the split `{name}`"),
            );
        }
        Ok(())
    }
}

/// Reads a split's name for clap.
pub(crate) fn parse_split(name: &str) -> Result<Split, String> {
    Split::from_name(name).ok_or_else(|| "expected train, val or test".to_owned())
}

/// Whether an argument is a CSV file by its name.
pub(crate) fn is_table(argument: &Path) -> bool {
    let extension = argument.extension();
    argument.is_file() && extension.is_some_and(|extension| extension.eq_ignore_ascii_case("csv"))
}

/// Hidden files are no photographs: some systems leave a `._name.jpg` beside each.
fn is_visible_photograph(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    !name.starts_with('.') && is_photograph_name(path)
}

/// A path as it stands in outputs.
pub(crate) fn display_name(path: &Path) -> String {
    let name = path.to_string_lossy();
    if cfg!(windows) {
        name.replace('\\', "/")
    } else {
        name.into_owned()
    }
}
