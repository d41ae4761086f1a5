//! From a path to a prepared photograph, or a sentence that says why not.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use fundus::{Limits, Preparation, Prepared};
use rayon::prelude::*;

use crate::inputs::Photograph;

/// Photographs that are read and prepared together; bounds the memory.
pub(crate) const CHUNK: usize = 8;

/// Reads and prepares photographs, all cores at once.
pub(crate) fn prepare_all(
    photographs: &[Photograph],
    preparation: &Preparation,
) -> Vec<Result<Prepared, String>> {
    photographs
        .par_iter()
        .map(|photograph| prepare(&photograph.path, preparation))
        .collect()
}

/// Reads and prepares one photograph.
pub(crate) fn prepare(path: &Path, preparation: &Preparation) -> Result<Prepared, String> {
    let limits = Limits::default();
    let bytes = read(path, &limits)?;
    preparation
        .prepare(&bytes, &limits)
        .map_err(|error| error.to_string())
}

/// Reads one byte more than is accepted at most, so that a huge file is refused and not loaded.
pub(crate) fn read(path: &Path, limits: &Limits) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(limits.max_bytes + 1).read_to_end(&mut bytes))
        .map_err(|error| format!("cannot be read: {error}"))?;
    Ok(bytes)
}
