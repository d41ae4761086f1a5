//! What the outputs of each photograph are called: its stem, and where two photographs share it, the folders above too.

use std::collections::HashMap;
use std::path::{Component, Path};

/// A name for each path, unique, made of ordinary path components only, `/`-separated.
///
/// A stem that occurs once is the name. Photographs that share a stem get as many of their folders before it as tell
/// them apart; within one folder (`1.jpg` beside `1.png`) they keep their extensions.
pub(crate) fn output_names(paths: &[impl AsRef<Path>]) -> Vec<String> {
    let places: Vec<(Vec<String>, String)> = places(paths);
    let mut levels = vec![0_usize; places.len()];
    loop {
        let names: Vec<String> = places
            .iter()
            .zip(&levels)
            .map(|((folders, leaf), level)| joined(folders, leaf, *level))
            .collect();
        let mut is_deeper = false;
        for group in collisions(&names) {
            for index in group {
                if levels[index] < places[index].0.len() {
                    levels[index] += 1;
                    is_deeper = true;
                }
            }
        }
        if !is_deeper {
            return numbered(names);
        }
    }
}

/// The folders of each path, from the root, and the last part of its name.
fn places(paths: &[impl AsRef<Path>]) -> Vec<(Vec<String>, String)> {
    let folders = |path: &Path| -> Vec<String> {
        let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let parent = absolute.parent().map(Path::to_owned).unwrap_or_default();
        parent
            .components()
            .filter_map(|component| match component {
                Component::Normal(name) => Some(name.to_string_lossy().into_owned()),
                _ => None,
            })
            .collect()
    };
    let stems: Vec<(Vec<String>, String)> = paths
        .iter()
        .map(|path| {
            let stem = path.as_ref().file_stem().unwrap_or_default();
            (folders(path.as_ref()), stem.to_string_lossy().into_owned())
        })
        .collect();
    let mut counts: HashMap<&(Vec<String>, String), usize> = HashMap::new();
    for place in &stems {
        *counts.entry(place).or_default() += 1;
    }
    stems
        .iter()
        .zip(paths)
        .map(|(place, path)| match counts.get(place) {
            Some(1) => place.clone(),
            _ => {
                let name = path.as_ref().file_name().unwrap_or_default();
                (place.0.clone(), name.to_string_lossy().into_owned())
            }
        })
        .collect()
}

fn joined(folders: &[String], leaf: &str, level: usize) -> String {
    let mut parts: Vec<&str> = folders[folders.len() - level..]
        .iter()
        .map(String::as_str)
        .collect();
    parts.push(leaf);
    parts.join("/")
}

/// The indices that share a name, group by group.
fn collisions(names: &[String]) -> Vec<Vec<usize>> {
    let mut groups: HashMap<&str, Vec<usize>> = HashMap::new();
    for (index, name) in names.iter().enumerate() {
        groups.entry(name).or_default().push(index);
    }
    groups
        .into_values()
        .filter(|group| group.len() > 1)
        .collect()
}

/// What no folder tells apart (a path through `..`) is numbered.
fn numbered(mut names: Vec<String>) -> Vec<String> {
    for mut group in collisions(&names) {
        group.sort_unstable();
        for (number, index) in (2..).zip(group.into_iter().skip(1)) {
            names[index] = format!("{}-{number}", names[index]);
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn names(paths: &[&str]) -> Vec<String> {
        output_names(paths)
    }

    #[test]
    fn a_stem_that_occurs_once_is_the_name() {
        assert_eq!(names(&["/a/1.jpg", "/b/2.tar.png"]), ["1", "2.tar"]);
    }

    #[test]
    fn shared_stems_keep_as_many_folders_as_tell_them_apart() {
        assert_eq!(
            names(&["/p/a/x/1.jpg", "/p/b/x/1.jpg", "/p/b/y/1.jpg", "/p/2.jpg"]),
            ["a/x/1", "b/x/1", "y/1", "2"]
        );
    }

    #[test]
    fn one_stem_in_one_folder_keeps_its_extension() {
        assert_eq!(names(&["/a/1.jpg", "/a/1.png"]), ["1.jpg", "1.png"]);
    }

    #[test]
    fn no_name_leaves_the_output_folder() {
        let all = names(&["a/../1.jpg", "a/../a/../1.jpg", "../1.jpg"]);
        assert!(all.iter().all(|name| !name.contains("..")), "{all:?}");
    }

    proptest! {
        #[test]
        fn names_are_unique(paths in proptest::collection::hash_set("(/[ab]){1,3}/[12]\\.(jpg|png)", 1..12)) {
            let paths: Vec<String> = paths.into_iter().collect();
            let mut all = output_names(&paths);
            let count = all.len();
            all.sort();
            all.dedup();
            prop_assert_eq!(all.len(), count);
        }
    }
}
