//! A folder with one sub-folder a grade, also under `train`, `val` and `test`.

use std::path::{Path, PathBuf};

use trust::Grade;
use walkdir::WalkDir;

use super::{
    GradedPhotograph, Skipped, Source, SourceError, Split, display_name, folder_name,
    is_photograph_name, patient_from_name, unreadable,
};

pub(super) fn open(folder: &Path) -> Result<Source, SourceError> {
    let sub_folders = sub_folders(folder)?;
    let splits: Vec<(Split, &PathBuf)> = sub_folders
        .iter()
        .filter_map(|path| Some((Split::from_name(&file_name(path))?, path)))
        .collect();
    let mut source = Source {
        photographs: Vec::new(),
        skipped: Skipped::default(),
    };
    if splits.is_empty() {
        read_grades(
            folder,
            &sub_folders,
            None,
            &folder_name(folder),
            &mut source,
        )?;
        return Ok(source);
    }
    if let Some(other) = sub_folders
        .iter()
        .find(|path| Split::from_name(&file_name(path)).is_none())
    {
        return Err(SourceError::NotASource(other.clone()));
    }
    for (split, path) in splits {
        read_grades(
            path,
            &self::sub_folders(path)?,
            Some(split),
            &folder_name(folder),
            &mut source,
        )?;
    }
    Ok(source)
}

fn read_grades(
    folder: &Path,
    sub_folders: &[PathBuf],
    split: Option<Split>,
    name: &str,
    source: &mut Source,
) -> Result<(), SourceError> {
    let grades: Vec<Option<Grade>> = sub_folders
        .iter()
        .map(|path| file_name(path).parse().ok())
        .collect();
    if grades.iter().all(Option::is_none) {
        return Err(SourceError::NotASource(folder.to_owned()));
    }
    for (path, grade) in sub_folders.iter().zip(grades) {
        let grade = grade.ok_or_else(|| SourceError::NotAGrade(path.clone()))?;
        for entry in WalkDir::new(path).follow_links(true).sort_by_file_name() {
            let entry = entry.map_err(|error| unreadable(path, &error))?;
            if !entry.file_type().is_file() {
                continue;
            }
            if !is_photograph_name(entry.path()) {
                source.skipped.other_files += 1;
                continue;
            }
            source.photographs.push(GradedPhotograph {
                path: entry.path().to_owned(),
                file: display_name(entry.path()),
                grade,
                patient: patient_from_name(entry.path()),
                split,
                macular_oedema: None,
                source: name.to_owned(),
            });
        }
    }
    Ok(())
}

/// The visible sub-folders, sorted.
fn sub_folders(folder: &Path) -> Result<Vec<PathBuf>, SourceError> {
    let entries = std::fs::read_dir(folder).map_err(|error| unreadable(folder, &error))?;
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| unreadable(folder, &error))?.path();
        if path.is_dir() && !file_name(&path).starts_with('.') {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

fn file_name(path: &Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}
