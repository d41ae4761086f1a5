//! A CSV file beside its photographs, in the form of one of the public data sets or in ours.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use csv::StringRecord;
use trust::Grade;
use walkdir::WalkDir;

use super::{
    GradedPhotograph, Skipped, Source, SourceError, Split, display_name, folder_name,
    is_photograph_name, patient_from_name, unreadable,
};

/// Names of the photograph's and the grade's column, in lower case; the first pair that a header holds is used.
pub const FORMS: [(&str, &str); 7] = [
    ("file", "grade"),
    ("image", "level"),
    ("id_code", "diagnosis"),
    ("image_id", "adjudicated_dr_grade"),
    ("id_code", "adjudicated_dr_grade"),
    ("image_id", "diagnosis"),
    ("image name", "retinopathy grade"),
];

/// Where the columns are that matter.
struct Columns {
    photograph: usize,
    grade: usize,
    patient: Option<usize>,
    split: Option<usize>,
    set: Option<usize>,
    macular_oedema: Option<usize>,
}

/// Reads a table; names in it are looked for in `folder`, which also stands before them in outputs.
pub(super) fn open(table: &Path, folder: &Path) -> Result<Source, SourceError> {
    let bytes = std::fs::read(table).map_err(|error| unreadable(table, &error))?;
    let text = String::from_utf8_lossy(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes));
    let header_line = text.lines().next().unwrap_or_default();
    let delimiter = if header_line.contains(';') && !header_line.contains(',') {
        b';'
    } else {
        b','
    };
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let header = reader
        .headers()
        .map_err(|error| unreadable(table, &error))?
        .clone();
    let columns = recognise(table, &header)?;

    let mut source = Source {
        photographs: Vec::new(),
        skipped: Skipped::default(),
    };
    let mut finder = Finder::new(folder);
    let mut rows_by_path: HashMap<PathBuf, u64> = HashMap::new();
    let default_name = folder_name(if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    });
    for record in reader.records() {
        let record = record.map_err(|error| unreadable(table, &error))?;
        let row = record.position().map_or(0, csv::Position::line);
        let failed = |problem: String| SourceError::Row {
            path: table.to_owned(),
            row,
            problem,
        };
        let cell = |column: usize| record.get(column).unwrap_or_default();
        let Some(grade) = parse_grade(cell(columns.grade)).map_err(failed)? else {
            source.skipped.without_grade += 1;
            continue;
        };
        let split = columns.split.map(|column| Split::from_name(cell(column)));
        if split == Some(None) {
            source.skipped.unknown_split += 1;
            continue;
        }
        let path = finder.find(cell(columns.photograph)).map_err(failed)?;
        if let Some(first) = rows_by_path.insert(path.clone(), row) {
            return Err(failed(format!(
                "`{}` stands in row {first} already: keep one of them",
                cell(columns.photograph)
            )));
        }
        let named = |column: Option<usize>| {
            column
                .map(cell)
                .filter(|name| !name.is_empty())
                .map(str::to_owned)
        };
        source.photographs.push(GradedPhotograph {
            file: display_name(&path),
            grade,
            patient: named(columns.patient).unwrap_or_else(|| patient_from_name(&path)),
            split: split.flatten(),
            macular_oedema: columns
                .macular_oedema
                .map_or(Ok(None), |column| parse_macular_oedema(cell(column)))
                .map_err(failed)?,
            source: named(columns.set).unwrap_or_else(|| default_name.clone()),
            path,
        });
    }
    Ok(source)
}

fn recognise(table: &Path, header: &StringRecord) -> Result<Columns, SourceError> {
    let names: Vec<String> = header.iter().map(str::to_ascii_lowercase).collect();
    for (index, name) in names.iter().enumerate() {
        // IDRiD's tables end in nameless, empty columns.
        if !name.is_empty() && names[..index].contains(name) {
            return Err(SourceError::DuplicateColumn {
                path: table.to_owned(),
                column: header[index].to_owned(),
            });
        }
    }
    let place = |wanted: &str| names.iter().position(|name| name == wanted);
    if place("ophthalmologic department").is_some() {
        return Err(SourceError::MessidorOne(table.to_owned()));
    }
    let form = FORMS
        .iter()
        .find_map(|(photograph, grade)| Some((place(photograph)?, place(grade)?)));
    let (photograph, grade) = form.ok_or_else(|| SourceError::UnknownColumns {
        path: table.to_owned(),
        columns: header.iter().map(str::to_owned).collect(),
    })?;
    Ok(Columns {
        photograph,
        grade,
        patient: place("patient"),
        split: place("split"),
        set: place("set"),
        macular_oedema: place("dme").or_else(|| place("adjudicated_dme")),
    })
}

/// Whether there is macular oedema, as Messidor-2's adjudicated tables say it: 0 or 1; nothing for an empty cell.
fn parse_macular_oedema(cell: &str) -> Result<Option<bool>, String> {
    match cell.strip_suffix(".0").unwrap_or(cell) {
        "" => Ok(None),
        "0" => Ok(Some(false)),
        "1" => Ok(Some(true)),
        nan if nan.eq_ignore_ascii_case("nan") => Ok(None),
        _ => Err(format!(
            "macular oedema is `{cell}`, expected 0, 1 or nothing"
        )),
    }
}

/// A grade as number (also `2.0`, as tables with gaps are often written) or name; nothing for an empty cell.
///
/// # Errors
/// A sentence that says what was found and what was expected.
pub fn parse_grade(cell: &str) -> Result<Option<Grade>, String> {
    if cell.is_empty() || cell.eq_ignore_ascii_case("nan") {
        return Ok(None);
    }
    let whole = cell.strip_suffix(".0").unwrap_or(cell);
    whole
        .parse()
        .map(Some)
        .map_err(|_| format!("the grade is `{cell}`, expected 0 to 4 on the ICDR scale"))
}

/// Finds photographs by the names tables give them: a path, a file name, or a name without extension, in the table's
/// folder or below it.
struct Finder<'a> {
    folder: &'a Path,
    /// Every photograph below the folder by file name and by stem; made when first needed.
    index: Option<HashMap<String, Vec<PathBuf>>>,
}

impl<'a> Finder<'a> {
    fn new(folder: &'a Path) -> Self {
        Self {
            folder,
            index: None,
        }
    }

    fn find(&mut self, name: &str) -> Result<PathBuf, String> {
        if name.is_empty() {
            return Err("the photograph has no name".to_owned());
        }
        let direct = self.folder.join(name);
        if direct.is_file() {
            return Ok(direct);
        }
        let folder = self.folder;
        let found = self.index.get_or_insert_with(|| index(folder)).get(name);
        match found.map(Vec::as_slice) {
            Some([only]) => Ok(only.clone()),
            Some([first, second, ..]) => Err(format!(
                "`{name}` could be {} or {}: keep one of them",
                first.display(),
                second.display()
            )),
            _ => Err(format!(
                "the photograph `{name}` is missing, expected {} or a file of that name below",
                direct.display()
            )),
        }
    }
}

fn index(folder: &Path) -> HashMap<String, Vec<PathBuf>> {
    let root = if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    };
    let mut index: HashMap<String, Vec<PathBuf>> = HashMap::new();
    let files = WalkDir::new(root)
        .follow_links(true)
        .sort_by_file_name()
        .into_iter()
        .filter_map(Result::ok);
    for entry in
        files.filter(|entry| entry.file_type().is_file() && is_photograph_name(entry.path()))
    {
        let path = entry.into_path();
        let names = [path.file_name(), path.file_stem()];
        for name in names.into_iter().flatten() {
            index
                .entry(name.to_string_lossy().into_owned())
                .or_default()
                .push(path.clone());
        }
    }
    index
}
