//! Where graded photographs come from: folders with one sub-folder a grade, and the tables of the public data sets.
//!
//! A source is recognised by looking at it, never by being told, and whatever does not fit is an error that names the
//! file, the row and what was expected. Rows that are merely of no use here (no grade, a split of another purpose) are
//! counted and skipped. Photographs are not opened.

mod folders;
mod lesion_masks;
mod table;
mod ungraded;

use std::path::{Path, PathBuf};

use fundus::Laterality;
use trust::Grade;

pub use lesion_masks::{AnnotatedPhotograph, MASK_SUFFIXES, with_lesion_masks};
pub use table::{FORMS, parse_grade};
pub use ungraded::ungraded;

/// Where a photograph belongs in an experiment.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Split {
    /// Learned from.
    Train,
    /// Decides when to stop, which weights are kept, calibration and thresholds.
    Val,
    /// Not looked at by training.
    Test,
}

impl Split {
    /// `train`, `val` or `test`.
    pub fn name(self) -> &'static str {
        match self {
            Split::Train => "train",
            Split::Val => "val",
            Split::Test => "test",
        }
    }

    /// Reads a split's usual names, whatever their case: `train`, `training`, `val`, `valid`, `validation`, `test`,
    /// `testing`.
    pub fn from_name(name: &str) -> Option<Self> {
        match name.trim().to_ascii_lowercase().as_str() {
            "train" | "training" => Some(Split::Train),
            "val" | "valid" | "validation" => Some(Split::Val),
            "test" | "testing" => Some(Split::Test),
            _ => None,
        }
    }
}

/// A photograph on disk with its grade.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GradedPhotograph {
    /// Where it lies.
    pub path: PathBuf,
    /// Its name in every output: the argument joined with the path below it, `/`-separated.
    pub file: String,
    /// The grade a human gave it.
    pub grade: Grade,
    /// Group key: photographs with the same key (in the same source) are never split.
    pub patient: String,
    /// The split its source gives it, if the source has splits.
    pub split: Option<Split>,
    /// Whether there is macular oedema, where the source says so (the table's `dme` column).
    pub macular_oedema: Option<bool>,
    /// Name of the data set: the table's `set` column, else the name of the source's folder.
    pub source: String,
}

/// What a source held beside the graded photographs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Skipped {
    /// Rows without a grade.
    pub without_grade: usize,
    /// Rows whose split is none of train, val and test.
    pub unknown_split: usize,
    /// Files that are no photographs by name.
    pub other_files: usize,
}

impl std::ops::AddAssign for Skipped {
    fn add_assign(&mut self, other: Self) {
        self.without_grade += other.without_grade;
        self.unknown_split += other.unknown_split;
        self.other_files += other.other_files;
    }
}

/// Graded photographs found under one argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// In the order of the table, or sorted by path where there is none.
    pub photographs: Vec<GradedPhotograph>,
    /// What was left out.
    pub skipped: Skipped,
}

/// Why a source was refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// A file or folder that cannot be read.
    #[error("cannot read {}: {reason}", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system or the CSV reader said.
        reason: String,
    },
    /// Neither a table nor a folder of grades.
    #[error(
        "{} is no source of graded photographs: expected a CSV file, a folder with manifest.csv, \
         or a folder with one sub-folder a grade (0 to 4, or No_DR, Mild, ...), also under train, val and test",
        .0.display()
    )]
    NotASource(PathBuf),
    /// A sub-folder that names no grade, among others that do.
    #[error("folder {} names no grade: expected 0 to 4, or No_DR, Mild, Moderate, Severe, Proliferative_DR", .0.display())]
    NotAGrade(PathBuf),
    /// A folder for painted lesions without a photograph.
    #[error("{} holds no photograph to paint lesions on: expected a folder of photographs without retinopathy", .0.display())]
    NoPhotograph(PathBuf),
    /// A folder for real lesions without a mask.
    #[error(
        "{} holds no photograph with lesion masks: expected NAME.jpg and masks of the same size such as NAME_MA.png,          ending in _MA, _HE, _EX, _SE or _NV",
        .0.display()
    )]
    NoLesionMask(PathBuf),
    /// Two files that a name cannot tell apart.
    #[error(
        "{} and {} have the same name, so that masks cannot be told to belong to one of them: give each folder by itself",
        .0.display(), .1.display()
    )]
    SameName(PathBuf, PathBuf),
    /// A table whose columns fit no known form.
    #[error(
        "{} has the columns {}: expected `file,grade`, `image,level` (EyePACS), `id_code,diagnosis` (APTOS, Messidor-2), \
         `image_id,adjudicated_dr_grade` (Messidor-2), or `Image name,Retinopathy grade` (IDRiD)",
        path.display(), columns.join(",")
    )]
    UnknownColumns {
        /// The table.
        path: PathBuf,
        /// Its header.
        columns: Vec<String>,
    },
    /// The same column twice.
    #[error("{} has the column `{column}` twice: keep one of them", path.display())]
    DuplicateColumn {
        /// The table.
        path: PathBuf,
        /// The column's name.
        column: String,
    },
    /// Messidor-1 where five grades are needed.
    #[error(
        "{} is Messidor-1, which grades 0 to 3 on a scale of its own (0 and 1: not referable, 2 and 3: referable) \
         and not on the ICDR scale 0 to 4: it cannot be used for five grades; use Messidor-2's adjudicated grades",
        .0.display()
    )]
    MessidorOne(PathBuf),
    /// A row that does not fit.
    #[error("{}, row {row}: {problem}", path.display())]
    Row {
        /// The table.
        path: PathBuf,
        /// Line of the file, the header being line 1.
        row: u64,
        /// What was found and what was expected.
        problem: String,
    },
    /// A source without a single graded photograph.
    #[error(
        "{} holds no graded photograph ({} rows without grade, {} of another split, {} other files): check the argument",
        path.display(), skipped.without_grade, skipped.unknown_split, skipped.other_files
    )]
    Empty {
        /// The source.
        path: PathBuf,
        /// What it held instead.
        skipped: Skipped,
    },
}

impl Source {
    /// Reads the list of photographs of a source; see the [module](self) for its forms.
    ///
    /// # Errors
    /// [`SourceError`], naming the file, the row and what was expected.
    pub fn open(path: &Path) -> Result<Self, SourceError> {
        let source = if !path.is_dir() {
            table::open(path, path.parent().unwrap_or(Path::new("")))?
        } else if path.join("manifest.csv").is_file() {
            table::open(&path.join("manifest.csv"), path)?
        } else {
            folders::open(path)?
        };
        if source.photographs.is_empty() {
            return Err(SourceError::Empty {
                path: path.to_owned(),
                skipped: source.skipped,
            });
        }
        Ok(source)
    }
}

/// The endings by which photographs are known, the most usual first.
pub const PHOTOGRAPH_EXTENSIONS: [&str; 8] =
    ["jpeg", "jpg", "png", "tif", "tiff", "bmp", "webp", "dcm"];

/// Whether a file is a photograph by its name.
pub fn is_photograph_name(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|extension| {
        PHOTOGRAPH_EXTENSIONS.contains(&extension.to_ascii_lowercase().as_str())
    })
}

/// The patient of a photograph whose source does not say: the file's stem without a last word that names the eye, so that
/// both eyes stay together (`10_left` and `10_right`, `17_OD` and `17_OS`). A stem that is nothing else stays whole, for it
/// would make one patient of strangers.
fn patient_from_name(path: &Path) -> String {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    Laterality::split_stem(&stem)
        .map_or(&*stem, |(rest, _)| rest)
        .to_owned()
}

/// The name of the folder a path leads to, for want of a better name of the data set.
fn folder_name(folder: &Path) -> String {
    let absolute = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    absolute.file_name().map_or_else(
        || "photographs".to_owned(),
        |name| name.to_string_lossy().into_owned(),
    )
}

/// A path as it stands in outputs.
fn display_name(path: &Path) -> String {
    path.to_string_lossy().replace('\\', "/")
}

fn unreadable(path: &Path, error: &dyn std::fmt::Display) -> SourceError {
    SourceError::Read {
        path: path.to_owned(),
        reason: error.to_string(),
    }
}
