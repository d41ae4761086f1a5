//! Which eye a photograph shows, as far as the name of its file says.

use serde::{Deserialize, Serialize};

/// The eye that a photograph shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Laterality {
    /// The left eye (oculus sinister, OS; in Romance languages OG, OI).
    Left,
    /// The right eye (oculus dexter, OD).
    Right,
}

impl Laterality {
    /// Reads the eye from whole words of a file name: `left`, `right`, `OS`, `OD`, `OI`, `OG`, `LE`, `RE`, `L`, `R`,
    /// in any case, separated by anything that is not a letter (`15_right.jpeg`, `1323_OI_f_1.jpg`, `scan OD.png`).
    ///
    /// Folders and the extension are ignored. `None` when no such word occurs or when both eyes are named.
    pub fn from_file_name(name: &str) -> Option<Self> {
        let file = name.rsplit(['/', '\\']).next().unwrap_or(name);
        let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
        let mut found = None;
        for word in stem.split(|character: char| !character.is_alphabetic()) {
            let Some(eye) = Self::from_word(word) else {
                continue;
            };
            if found.is_some_and(|earlier| earlier != eye) {
                return None;
            }
            found = Some(eye);
        }
        found
    }

    /// Splits the stem of a file name into what stands before its last word and the eye that this word names, by the words and
    /// separators of [`Self::from_file_name`]: both eyes of a patient have the same beginning (`17_OD` and `17_OS`: `17`).
    ///
    /// `None` when the last word names no eye, or when nothing but separators stands before it.
    pub fn split_stem(stem: &str) -> Option<(&str, Self)> {
        let before = stem.trim_end_matches(char::is_alphabetic);
        let eye = Self::from_word(&stem[before.len()..])?;
        // Digits separate words too, but they belong to the name.
        let rest = before.trim_end_matches(|character: char| !character.is_alphanumeric());
        (!rest.is_empty()).then_some((rest, eye))
    }

    fn from_word(word: &str) -> Option<Self> {
        match word.to_ascii_lowercase().as_str() {
            "left" | "os" | "oi" | "og" | "le" | "l" => Some(Self::Left),
            "right" | "od" | "re" | "r" => Some(Self::Right),
            _ => None,
        }
    }
}
