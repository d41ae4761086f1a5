//! Every language says the same, and the program asks for nothing that is not said.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use language::{Language, Text, Value};

fn catalogue(language: Language) -> BTreeMap<String, Text> {
    let texts = language.catalogue().expect("the files can be read");
    let mut catalogue = BTreeMap::new();
    for text in texts {
        let key = text.key.clone();
        let twice = catalogue.insert(key, text);
        assert_eq!(twice, None, "a key stands twice in {language}");
    }
    catalogue
}

#[test]
fn every_language_has_the_same_texts_with_the_same_values() {
    let english = catalogue(Language::English);
    assert!(english.len() > 100);
    for language in Language::ALL {
        assert_eq!(catalogue(language), english, "{language}");
    }
}

#[test]
fn every_text_can_be_said() {
    for language in Language::ALL {
        for text in catalogue(language).values() {
            for count in [0, 1, 2, 5] {
                let names = text.variables.iter();
                let values: Vec<_> = names
                    .map(|name| (name.as_str(), Value::from(count)))
                    .collect();
                assert!(
                    language.is_complete(&text.key, &values),
                    "{language} {text:?}"
                );
            }
        }
    }
}

#[test]
fn what_the_program_asks_for_is_there_and_nothing_else() {
    let english = catalogue(Language::English);
    let mut asked = BTreeSet::new();
    for file in sources() {
        let source = std::fs::read_to_string(&file).expect("a source can be read");
        for call in calls(&source) {
            let shown = file.display();
            let text = english.get(call.key);
            let text =
                text.unwrap_or_else(|| panic!("{shown} asks for {}, which is not there", call.key));
            if let Some(values) = call.values {
                assert_eq!(text.variables, values, "{shown}: {}", call.key);
            }
            asked.insert(call.key.to_owned());
        }
    }
    let there: BTreeSet<String> = english.into_keys().collect();
    // What errors say is written where they are declared; here it is only recognised.
    let unasked: Vec<&String> = (there.difference(&asked))
        .filter(|key| !key.starts_with("error-"))
        .collect();
    assert!(unasked.is_empty(), "nothing asks for {unasked:?}");
}

/// A place in the sources that asks for a text.
struct Call<'a> {
    key: &'a str,
    /// The values that it gives; `None` where a table names the text.
    values: Option<BTreeSet<String>>,
}

fn calls(source: &str) -> Vec<Call<'_>> {
    let mut calls = Vec::new();
    for (mark, takes_values) in [("text(", false), ("text_with!(", true), ("key!(", false)] {
        for (place, _) in source.match_indices(mark) {
            let before = source[..place].chars().next_back();
            if before.is_some_and(|letter| letter.is_alphanumeric() || letter == '_') {
                continue;
            }
            let rest = source[place + mark.len()..].trim_start();
            // The language comes first where it is not that of the page.
            let rest = match rest.split_once(',') {
                Some((first, second)) if takes_values && !first.contains(['"', '\n', ';']) => {
                    second.trim_start()
                }
                _ => rest,
            };
            let Some((key, after)) = rest.strip_prefix('"').and_then(|rest| rest.split_once('"'))
            else {
                continue;
            };
            // Charts write words by a function of the same name.
            let is_key = |letter: char| {
                letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-'
            };
            if !key.contains('-') || !key.chars().all(is_key) {
                continue;
            }
            let values = match mark {
                "key!(" => None,
                _ => Some(names(after)),
            };
            calls.push(Call { key, values });
        }
    }
    calls
}

/// The names before the signs `=` of a call, up to its end.
fn names(after: &str) -> BTreeSet<String> {
    let mut depth = 0_usize;
    let mut is_quoted = false;
    let mut names = BTreeSet::new();
    let mut argument = String::new();
    for letter in after.chars() {
        match letter {
            '"' => is_quoted = !is_quoted,
            _ if is_quoted => {}
            '(' | '[' | '{' => depth += 1,
            ')' if depth == 0 => break,
            ')' | ']' | '}' => depth -= 1,
            ',' if depth == 0 => argument.clear(),
            '=' if depth == 0 => {
                let name = argument.trim();
                let is_name = !name.is_empty()
                    && name
                        .chars()
                        .all(|letter| letter.is_ascii_lowercase() || letter == '_');
                names.extend(is_name.then(|| name.to_owned()));
                argument.push(letter);
            }
            _ => argument.push(letter),
        }
    }
    names
}

/// The sources of every crate but this one.
fn sources() -> Vec<PathBuf> {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut folders: Vec<PathBuf> = (std::fs::read_dir(crates).expect("the crates can be listed"))
        .map(|entry| entry.expect("a crate can be read").path())
        .filter(|path| !path.ends_with("language"))
        .map(|path| path.join("src"))
        .collect();
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten() {
            let path = entry.expect("a source can be listed").path();
            match path.is_dir() {
                true => folders.push(path),
                false => files.push(path),
            }
        }
    }
    assert!(files.len() > 50);
    files.retain(|path| path.extension().is_some_and(|ending| ending == "rs"));
    files
}
