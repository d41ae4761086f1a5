//! Photographs whose lesions were outlined by readers, with a mask for each kind beside them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::{SourceError, display_name, is_photograph_name, unreadable};

/// What a mask's name ends with, before its extension: microaneurysms, haemorrhages, hard exudates, soft exudates
/// (cotton-wool spots), new vessels. The first four are IDRiD's.
pub const MASK_SUFFIXES: [&str; 5] = ["_MA", "_HE", "_EX", "_SE", "_NV"];
/// IDRiD outlines the optic disc too, which is no lesion.
const DISC_SUFFIX: &str = "_OD";

/// A photograph with masks of its lesions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnnotatedPhotograph {
    /// Where it lies.
    pub path: PathBuf,
    /// As it stands in outputs.
    pub file: String,
    /// For each of [`MASK_SUFFIXES`], its mask; `None` where that kind was not outlined, which says nothing about whether
    /// there is any.
    pub masks: [Option<PathBuf>; MASK_SUFFIXES.len()],
}

/// Every photograph below a folder that has at least one mask anywhere below it: `NAME.jpg` with `NAME_MA.png` and so on.
///
/// # Errors
/// [`SourceError`], where the folder cannot be read, holds no photograph with a mask, or two files of one name.
pub fn with_lesion_masks(folder: &Path) -> Result<Vec<AnnotatedPhotograph>, SourceError> {
    let mut photographs: BTreeMap<String, PathBuf> = BTreeMap::new();
    let mut masks: BTreeMap<String, [Option<PathBuf>; MASK_SUFFIXES.len()]> = BTreeMap::new();
    for entry in WalkDir::new(folder).follow_links(true).sort_by_file_name() {
        let entry = entry.map_err(|error| unreadable(folder, &error))?;
        if !entry.file_type().is_file() || !is_photograph_name(entry.path()) {
            continue;
        }
        let path = entry.into_path();
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        if stem.ends_with(DISC_SUFFIX) {
            continue;
        }
        let kind = MASK_SUFFIXES
            .iter()
            .position(|suffix| stem.ends_with(suffix));
        let before = match kind {
            Some(kind) => {
                let name = &stem[..stem.len() - MASK_SUFFIXES[kind].len()];
                masks.entry(name.to_owned()).or_default()[kind].replace(path.clone())
            }
            None => photographs.insert(stem.into_owned(), path.clone()),
        };
        if let Some(before) = before {
            return Err(SourceError::SameName(before, path));
        }
    }
    let annotated: Vec<AnnotatedPhotograph> = photographs
        .into_iter()
        .filter_map(|(name, path)| {
            Some(AnnotatedPhotograph {
                masks: masks.remove(&name)?,
                file: display_name(&path),
                path,
            })
        })
        .collect();
    if annotated.is_empty() {
        return Err(SourceError::NoLesionMask(folder.to_owned()));
    }
    Ok(annotated)
}
