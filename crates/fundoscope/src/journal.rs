//! What a long run has answered so far, kept beside its results until these are whole.
//!
//! The file grows by a line for each photograph that was answered, and is brought to disk after each handful; so whatever
//! stops the program, at most that handful is graded again. A line names the bytes that it is about, by their hash, and no
//! file: photographs may be moved, renamed, added or changed before the run goes on. The first line says what the answers
//! depend on beside the photographs, and a run with other options is refused.

use std::collections::{BTreeMap, HashMap};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{BufRead, BufReader, Seek, SeekFrom, Write};
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail};
use clinic::ContentHash;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::table::synchronise_folder_of;

/// What a journal's name ends in.
const ENDING: &str = "unfinished";
/// How the lines are to be read.
const FORMAT: u32 = 1;

/// What the answers depend on beside the photographs and the version of the program, each option by its name.
pub(crate) type Options = Vec<(&'static str, String)>;
/// The same with the version, as it is kept.
type Kept = BTreeMap<String, String>;

/// The name of what every answer depends on.
const VERSION: &str = "version of the program";

#[derive(Serialize, Deserialize)]
struct Head {
    journal: u32,
    options: Kept,
}

#[derive(Serialize, Deserialize)]
struct Line<Answer> {
    sha256: ContentHash,
    answer: Answer,
}

/// The answers so far. Only one process at a time has them open.
#[derive(Debug)]
pub(crate) struct Journal<Answer> {
    path: PathBuf,
    file: File,
    /// Where the line of each photograph begins.
    places: HashMap<ContentHash, Place>,
    /// Where the next line begins.
    end: u64,
    /// Lines that are not in the file yet.
    waiting: Vec<u8>,
    answers: PhantomData<Answer>,
}

/// Where the line of a photograph begins; so the same for two files with the same bytes, and for no others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Place(u64);

/// Where the journal of the results in `out` lies.
pub(crate) fn path_beside(out: &Path) -> PathBuf {
    let name = out.file_name().unwrap_or_default().to_string_lossy();
    out.with_file_name(format!("{name}.{ENDING}"))
}

impl<Answer: Serialize + DeserializeOwned> Journal<Answer> {
    /// Opens the journal of an earlier run, or begins one.
    pub(crate) fn open(path: &Path, options: Options) -> anyhow::Result<Self> {
        let version = (VERSION, env!("CARGO_PKG_VERSION").to_owned());
        let options: Kept = (options.into_iter().chain([version]))
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        let unwritable = || format!("cannot write {}", path.display());
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .with_context(unwritable)?;
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => bail!(
                "{} is in use by another run: wait for it, or name another place with --out",
                path.display()
            ),
            locked => locked.with_context(unwritable)?,
        }
        // A run that ends takes its journal away, perhaps between the two steps above.
        if !path.exists() {
            bail!(
                "another run has this moment ended with {}: call again",
                path.display()
            );
        }
        let mut journal = Self {
            path: path.to_owned(),
            file,
            places: HashMap::new(),
            end: 0,
            waiting: Vec::new(),
            answers: PhantomData,
        };
        let head = journal.read_lines()?;
        if journal.places.is_empty() {
            journal.begin(options)?;
            synchronise_folder_of(path).with_context(unwritable)?;
        } else if head != options {
            return Err(journal.refused(&head, &options));
        }
        Ok(journal)
    }

    /// Reads what was kept, and cuts off what a run that was stopped had half written.
    fn read_lines(&mut self) -> anyhow::Result<Kept> {
        let sentence = format!("cannot read {}", self.path.display());
        let mut reader = BufReader::new(&self.file);
        let mut text = Vec::new();
        let mut next = |text: &mut Vec<u8>| -> anyhow::Result<Option<u64>> {
            text.clear();
            let length = reader.read_until(b'\n', text).context(sentence.clone())?;
            Ok(text.ends_with(b"\n").then_some(length as u64))
        };
        let Some(length) = next(&mut text)? else {
            // Not even the first line is whole.
            return Ok(Kept::new());
        };
        let head: Head = serde_json::from_slice(&text)
            .ok()
            .filter(|head: &Head| head.journal == FORMAT)
            .ok_or_else(|| {
                anyhow!(
                    "{} was not begun by this version of the program: move it away, or name another place with --out",
                    self.path.display()
                )
            })?;
        self.end = length;
        while let Some(length) = next(&mut text)? {
            let Ok(line) = serde_json::from_slice::<Line<Answer>>(&text) else {
                break;
            };
            self.places.insert(line.sha256, Place(self.end));
            self.end += length;
        }
        let end = self.end;
        self.file.set_len(end).context(sentence)?;
        Ok(head.options)
    }

    fn begin(&mut self, options: Kept) -> anyhow::Result<()> {
        self.file.set_len(0).with_context(|| self.unwritable())?;
        self.end = 0;
        let head = Head {
            journal: FORMAT,
            options,
        };
        self.add(&head)?;
        self.keep()
    }

    fn refused(&self, then: &Kept, now: &Kept) -> anyhow::Error {
        let nothing = || "nothing".to_owned();
        let mut names: Vec<&String> = then.keys().chain(now.keys()).collect();
        names.sort_unstable();
        names.dedup();
        let differences: Vec<String> = names
            .into_iter()
            .filter(|name| then.get(*name) != now.get(*name))
            .map(|name| {
                let [then, now] =
                    [then, now].map(|kept| kept.get(name).cloned().unwrap_or_else(nothing));
                format!("{name} (then {then}, now {now})")
            })
            .collect();
        anyhow!(
            "{} was begun with another {}: call with the same again to go on, or remove that file to begin anew",
            self.path.display(),
            differences.join(", ")
        )
    }

    /// Where it lies.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// How many photographs are answered.
    pub(crate) fn answered(&self) -> usize {
        self.places.len()
    }

    /// Where the answer to the photograph with these bytes stands, if it has one.
    pub(crate) fn place(&self, photograph: &ContentHash) -> Option<Place> {
        self.places.get(photograph).copied()
    }

    /// Notes an answer. It is lasting after the next [`Journal::keep`].
    pub(crate) fn note(&mut self, photograph: &ContentHash, answer: Answer) -> anyhow::Result<()> {
        let place = Place(self.end);
        self.places.insert(photograph.clone(), place);
        self.add(&Line {
            sha256: photograph.clone(),
            answer,
        })
    }

    fn add(&mut self, line: &impl Serialize) -> anyhow::Result<()> {
        let before = self.waiting.len();
        serde_json::to_writer(&mut self.waiting, line).with_context(|| self.unwritable())?;
        self.waiting.push(b'\n');
        self.end += (self.waiting.len() - before) as u64;
        Ok(())
    }

    /// Brings what was noted to disk.
    pub(crate) fn keep(&mut self) -> anyhow::Result<()> {
        let waiting = std::mem::take(&mut self.waiting);
        if waiting.is_empty() {
            return Ok(());
        }
        let start = SeekFrom::Start(self.end - waiting.len() as u64);
        self.file
            .seek(start)
            .and_then(|_| self.file.write_all(&waiting))
            .and_then(|()| self.file.sync_data())
            .with_context(|| {
                format!(
                    "{}; what was kept is not lost: make room, and run the same command again",
                    self.unwritable()
                )
            })
    }

    /// The answer at a place, which was kept.
    pub(crate) fn answer(&self, place: Place) -> anyhow::Result<Answer> {
        let sentence = || format!("cannot read {}", self.path.display());
        let mut file = &self.file;
        file.seek(SeekFrom::Start(place.0)).with_context(sentence)?;
        let mut text = Vec::new();
        BufReader::new(file)
            .read_until(b'\n', &mut text)
            .with_context(sentence)?;
        let line: Line<Answer> = serde_json::from_slice(&text).with_context(sentence)?;
        Ok(line.answer)
    }

    /// Removes it: the results are whole.
    pub(crate) fn remove(self) -> anyhow::Result<()> {
        let Self { path, file, .. } = self;
        // Where open files cannot be removed.
        drop(file);
        fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))
    }

    fn unwritable(&self) -> String {
        format!("cannot write {}", self.path.display())
    }
}
