//! Photographs from which no grade is learned: without retinopathy, to paint lesions on, or of any grade, to answer alike
//! for.

use std::path::Path;

use trust::Grade;
use walkdir::WalkDir;

use super::{
    GradedPhotograph, SourceError, Split, display_name, folder_name, is_photograph_name, unreadable,
};

/// Every photograph below a folder, whatever it shows. They stand under grade 0, which nothing learns, each as a patient of
/// its own.
///
/// # Errors
/// [`SourceError`], where the folder cannot be read or holds no photograph.
pub fn ungraded(folder: &Path) -> Result<Vec<GradedPhotograph>, SourceError> {
    let mut photographs = Vec::new();
    for entry in WalkDir::new(folder).follow_links(true).sort_by_file_name() {
        let entry = entry.map_err(|error| unreadable(folder, &error))?;
        if entry.file_type().is_file() && is_photograph_name(entry.path()) {
            photographs.push(GradedPhotograph {
                path: entry.path().to_owned(),
                file: display_name(entry.path()),
                grade: Grade::NoDr,
                patient: display_name(entry.path()),
                split: Some(Split::Train),
                macular_oedema: None,
                source: folder_name(folder),
            });
        }
    }
    if photographs.is_empty() {
        return Err(SourceError::NoPhotograph(folder.to_owned()));
    }
    Ok(photographs)
}
