//! Which photographs are screened, and what is said of each: whose it is, and which eye it shows.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail};
use clinic::{Circumstances, Laterality};
use csv::StringRecord;
use time::OffsetDateTime;
use training::source::{PHOTOGRAPH_EXTENSIONS, is_photograph_name};

use crate::inputs::{Failure, Inputs, Photograph, display_name, is_table};

/// Columns that name the photograph, the first that a table has.
const NAMES_OF_FILE: [&str; 2] = ["file", "image"];
/// Characters of a patient's identifier, as in the server.
const LONGEST_PATIENT: usize = 200;
/// What some programs write before the first column of a table.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// A photograph to be screened.
#[derive(Debug)]
pub(crate) struct Case {
    pub(crate) photograph: Photograph,
    /// Whose it is, where a table says so.
    pub(crate) patient: Option<String>,
    /// The eye that a table or the file's name says.
    pub(crate) laterality: Option<Laterality>,
    /// What else a table says.
    pub(crate) about: About,
}

/// What a table says of the patient and of the examination.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct About {
    pub(crate) year_of_birth: Option<i16>,
    pub(crate) circumstances: Circumstances,
}

/// What the arguments came to.
#[derive(Debug, Default)]
pub(crate) struct Cases {
    /// Each photograph once, in the order of the arguments, in folders by name and in tables by row.
    pub(crate) cases: Vec<Case>,
    /// Arguments that lead nowhere.
    pub(crate) failures: Vec<Failure>,
    /// How many files were passed over, in a sentence; nothing where there were none.
    pub(crate) skipped: Option<String>,
}

impl Cases {
    /// Looks at every argument: a photograph, a folder with all that lies below it, or a table.
    ///
    /// A photograph that is named is a case even where there is no such file. Nothing at all to work on is an error: the
    /// call was wrong. So is a table that does not fit.
    pub(crate) fn find(arguments: &[PathBuf]) -> anyhow::Result<Self> {
        let mut inputs = Inputs::default();
        let mut cases = Vec::new();
        for argument in arguments {
            if is_table(argument) {
                add_table(argument, &mut cases)?;
                continue;
            }
            if is_photograph_name(argument) && !argument.exists() {
                // It has its row, which says that it cannot be read.
                inputs.photographs.push(Photograph {
                    path: argument.clone(),
                    file: display_name(argument),
                });
            } else {
                inputs.look_at(argument, Path::new(""));
            }
            let found = inputs.photographs.drain(..);
            cases.extend(
                found.map(|photograph| Case::new(photograph, None, None, About::default())),
            );
        }
        let cases = each_once(cases)?;
        check_years(&cases)?;
        match cases.is_empty() {
            true => Err(inputs.nothing()),
            false => Ok(Self {
                cases,
                skipped: inputs.skipped_sentence(),
                failures: inputs.failures,
            }),
        }
    }
}

impl Case {
    /// What a table says about the eye is better than what the file's name says.
    fn new(
        photograph: Photograph,
        patient: Option<String>,
        laterality: Option<Laterality>,
        about: About,
    ) -> Self {
        let by_name =
            || fundus::Laterality::from_file_name(&photograph.file).map(server::laterality);
        Self {
            laterality: laterality.or_else(by_name),
            photograph,
            patient,
            about,
        }
    }
}

/// Leaves out photographs that were named before.
fn each_once(cases: Vec<Case>) -> anyhow::Result<Vec<Case>> {
    let mut seen: HashMap<PathBuf, usize> = HashMap::new();
    let mut once: Vec<Case> = Vec::with_capacity(cases.len());
    for case in cases {
        let path = &case.photograph.path;
        let absolute = std::path::absolute(path).unwrap_or_else(|_| path.clone());
        match seen.entry(absolute) {
            Entry::Vacant(place) => {
                place.insert(once.len());
                once.push(case);
            }
            Entry::Occupied(place) => {
                let first = &once[*place.get()];
                let said =
                    |case: &Case| (case.patient.clone(), case.laterality, case.about.clone());
                if said(first) != said(&case) {
                    bail!(
                        "{} is named twice, with different patients, eyes or examinations: name it once",
                        case.photograph.file
                    );
                }
            }
        }
    }
    Ok(once)
}

/// A patient was born once.
fn check_years(cases: &[Case]) -> anyhow::Result<()> {
    let mut years: HashMap<&str, i16> = HashMap::new();
    for case in cases {
        let (Some(patient), Some(year)) = (&case.patient, case.about.year_of_birth) else {
            continue;
        };
        if *years.entry(patient).or_insert(year) != year {
            bail!(
                "{} has another year of birth than an earlier photograph of the same patient: correct one of them",
                case.photograph.file
            );
        }
    }
    Ok(())
}

/// The places of a table's columns.
struct Columns {
    file: usize,
    patient: Option<usize>,
    laterality: Option<usize>,
    year_of_birth: Option<usize>,
    examined: Option<usize>,
    device: Option<usize>,
    operator: Option<usize>,
}

fn add_table(table: &Path, cases: &mut Vec<Case>) -> anyhow::Result<()> {
    let unreadable = || format!("cannot read the table {}", table.display());
    let file = File::open(table).with_context(unreadable)?;
    let mut reader = csv::Reader::from_reader(file);
    let columns = columns(reader.headers().with_context(unreadable)?)
        .with_context(|| format!("{} does not fit", table.display()))?;
    let folder = table.parent().unwrap_or(Path::new(""));
    let before = cases.len();
    for (row, record) in (2_u64..).zip(reader.records()) {
        let case = record
            .map_err(anyhow::Error::from)
            .and_then(|record| case(folder, &columns, &record));
        let sentence = || format!("{}, row {row} does not fit", table.display());
        cases.push(case.with_context(sentence)?);
    }
    match cases.len() == before {
        true => Err(anyhow!("{} names no photograph", table.display())),
        false => Ok(()),
    }
}

fn columns(header: &StringRecord) -> anyhow::Result<Columns> {
    let names: Vec<String> = header
        .iter()
        .map(|name| name.trim_start_matches(BYTE_ORDER_MARK).trim())
        .map(str::to_ascii_lowercase)
        .collect();
    let place = |wanted: &str| {
        let mut places = names.iter().enumerate();
        let found = places.find(|(_, name)| *name == wanted);
        let again = places.any(|(_, name)| name == wanted);
        match (found, again) {
            (Some(_), true) => Err(anyhow!("it has the column `{wanted}` twice: keep one")),
            (found, _) => Ok(found.map(|(place, _)| place)),
        }
    };
    let [file, image] = NAMES_OF_FILE;
    let file = place(file)?.or(place(image)?);
    Ok(Columns {
        file: file.ok_or_else(|| {
            anyhow!(
                "it has the columns {}: expected `file` or `image`, and if you like `patient` and `laterality`",
                names.join(",")
            )
        })?,
        patient: place("patient")?,
        laterality: place("laterality")?,
        year_of_birth: place("year_of_birth")?,
        examined: place("examined")?,
        device: place("device")?,
        operator: place("operator")?,
    })
}

fn case(folder: &Path, columns: &Columns, record: &StringRecord) -> anyhow::Result<Case> {
    let cell = |column: usize| record.get(column).unwrap_or_default().trim();
    let optional = |column: Option<usize>| column.map(cell).filter(|text| !text.is_empty());
    let name = cell(columns.file);
    if name.is_empty() {
        bail!("the photograph has no name");
    }
    let path = with_ending(folder.join(name));
    let patient = optional(columns.patient).map(patient).transpose()?;
    let laterality = optional(columns.laterality).map(laterality).transpose()?;
    let file = display_name(&path);
    let about = about(&optional, columns)?;
    Ok(Case::new(
        Photograph { path, file },
        patient,
        laterality,
        about,
    ))
}

fn about<'a>(
    optional: &impl Fn(Option<usize>) -> Option<&'a str>,
    columns: &Columns,
) -> anyhow::Result<About> {
    let text = |column: Option<usize>| optional(column).unwrap_or_default();
    let today = OffsetDateTime::now_utc().date();
    Ok(About {
        year_of_birth: clinic::year_of_birth(text(columns.year_of_birth), today)?,
        circumstances: Circumstances {
            examined: Circumstances::day(text(columns.examined), today)?,
            device: Circumstances::line("device", text(columns.device))?,
            operator: Circumstances::line("operator", text(columns.operator))?,
        },
    })
}

/// The path, or where there is no such file and it has no ending, that of the photograph with one.
fn with_ending(path: PathBuf) -> PathBuf {
    if path.extension().is_some() || path.is_file() {
        return path;
    }
    let mut candidates = PHOTOGRAPH_EXTENSIONS
        .iter()
        .map(|extension| path.with_extension(extension));
    let found = candidates.find(|candidate| candidate.is_file());
    found.unwrap_or(path)
}

fn patient(text: &str) -> anyhow::Result<String> {
    match text.chars().count() > LONGEST_PATIENT || text.chars().any(char::is_control) {
        true => Err(anyhow!(
            "the patient must be text of at most {LONGEST_PATIENT} characters"
        )),
        false => Ok(text.to_owned()),
    }
}

fn laterality(text: &str) -> anyhow::Result<Laterality> {
    let known = fundus::Laterality::from_file_name(text);
    known.map(server::laterality).ok_or_else(|| {
        anyhow!("the laterality is `{text}`, expected left, right, OS, OD or nothing")
    })
}
