//! The true grades of photographs that need not be at hand, and which prediction each of them belongs to.

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context, anyhow};
use training::source::{FORMS, parse_grade};
use trust::Grade;

/// One graded row of a table of labels.
struct Label {
    /// What the table calls the photograph: a path, a file name, or a name without extension.
    name: String,
    grade: Grade,
}

/// The rows of a table that have a grade.
pub(crate) struct Labels {
    labels: Vec<Label>,
    /// Rows without a grade.
    pub(crate) without_grade: usize,
}

/// What a photograph's label turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Match {
    Grade(Grade),
    /// No row has its name.
    Missing,
    /// Several rows, or several photographs, have its name.
    Ambiguous,
}

impl Labels {
    /// Reads a table in one of the forms of [`training::source`].
    pub(crate) fn read(table: &Path) -> anyhow::Result<Self> {
        let bytes = std::fs::read(table)
            .with_context(|| format!("cannot read the labels {}", table.display()))?;
        let text = String::from_utf8_lossy(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes));
        let header_line = text.lines().next().unwrap_or_default();
        let semicolons = header_line.contains(';') && !header_line.contains(',');
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(if semicolons { b';' } else { b',' })
            .trim(csv::Trim::All)
            .from_reader(text.as_bytes());
        let not_csv = || format!("the labels {} are no CSV file", table.display());
        let header: Vec<String> = reader
            .headers()
            .with_context(not_csv)?
            .iter()
            .map(str::to_ascii_lowercase)
            .collect();
        let place = |wanted: &str| header.iter().position(|name| name == wanted);
        let (name, grade) = FORMS
            .iter()
            .find_map(|(photograph, grade)| Some((place(photograph)?, place(grade)?)))
            .ok_or_else(|| {
                anyhow!(
                    "the labels {} have the columns {}: expected `file,grade`, `image,level`, `id_code,diagnosis` or \
                     another of the known forms",
                    table.display(),
                    header.join(",")
                )
            })?;

        let mut labels = Labels {
            labels: Vec::new(),
            without_grade: 0,
        };
        for record in reader.records() {
            let record = record.with_context(not_csv)?;
            let row = record.position().map_or(0, csv::Position::line);
            let cell = |column: usize| record.get(column).unwrap_or_default();
            let parsed = parse_grade(cell(grade))
                .map_err(|problem| anyhow!("{}, row {row}: {problem}", table.display()))?;
            match parsed {
                Some(grade) => labels.labels.push(Label {
                    name: cell(name).to_owned(),
                    grade,
                }),
                None => labels.without_grade += 1,
            }
        }
        Ok(labels)
    }

    /// The grade of each of `files`: by path (the whole one, or the end of it that the table gives, if one file only
    /// ends so), else by base name with or without extension, if one row and one file only have it.
    pub(crate) fn matched(&self, files: &[&str]) -> Vec<Match> {
        let by_path = self.grades_by(normalized);
        let by_name = self.grades_by(base_name);
        let ends: HashMap<&str, usize> = counted(files.iter().flat_map(|file| path_ends(file)));
        let names = counted(files.iter().map(|file| base_name(file)));
        let stems = counted(files.iter().map(|file| stem(base_name(file))));
        files
            .iter()
            .map(|file| {
                let whole = normalized(file);
                let by_whole = by_path.get(whole).map(|found| found.of(1));
                let by_end = path_ends(file)
                    .filter(|end| end.contains('/'))
                    .find_map(|end| Some(by_path.get(end)?.of(ends[end])));
                let name = base_name(file);
                let by_base = || by_name.get(name).map(|found| found.of(names[name]));
                let by_stem = || {
                    let found = by_name.get(stem(name))?;
                    Some(found.of(stems[stem(name)]))
                };
                by_whole
                    .or(by_end)
                    .or_else(by_base)
                    .or_else(by_stem)
                    .unwrap_or(Match::Missing)
            })
            .collect()
    }

    /// The rows by what `key` makes of their names.
    fn grades_by<'a>(&'a self, key: impl Fn(&'a str) -> &'a str) -> HashMap<&'a str, Found> {
        let mut found: HashMap<&str, Found> = HashMap::new();
        for Label { name, grade } in &self.labels {
            let first = Found {
                grade: *grade,
                rows: 0,
            };
            found.entry(key(name)).or_insert(first).rows += 1;
        }
        found
    }
}

/// The rows of one name.
struct Found {
    grade: Grade,
    rows: usize,
}

impl Found {
    /// `files` is the number of photographs that could be meant.
    fn of(&self, files: usize) -> Match {
        match (self.rows, files) {
            (1, 1) => Match::Grade(self.grade),
            _ => Match::Ambiguous,
        }
    }
}

fn counted<'a>(names: impl Iterator<Item = &'a str>) -> HashMap<&'a str, usize> {
    let mut counts = HashMap::new();
    for name in names {
        *counts.entry(name).or_default() += 1;
    }
    counts
}

/// A path without `./` before it.
fn normalized(path: &str) -> &str {
    path.trim_start_matches("./")
}

/// The path, then the path without its first folder, and so on to the base name.
fn path_ends(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(normalized(path)), |end| {
        end.split_once('/').map(|(_, rest)| rest)
    })
}

fn base_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn stem(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(rows: &[(&str, Grade)]) -> Labels {
        let labels = rows.iter().map(|(name, grade)| Label {
            name: (*name).to_owned(),
            grade: *grade,
        });
        Labels {
            labels: labels.collect(),
            without_grade: 0,
        }
    }

    #[test]
    fn the_path_decides_before_the_base_name() {
        let labels = labels(&[("a/1.jpg", Grade::Mild), ("b/1.jpg", Grade::Severe)]);
        let matched = labels.matched(&["./b/1.jpg", "photos/a/1.jpg", "c/1.jpg"]);
        assert_eq!(
            matched,
            [
                Match::Grade(Grade::Severe),
                Match::Grade(Grade::Mild),
                Match::Ambiguous
            ]
        );
    }

    #[test]
    fn a_unique_base_name_will_do_with_or_without_extension() {
        let labels = labels(&[("10_left", Grade::Moderate), ("x.png", Grade::NoDr)]);
        let matched = labels.matched(&["photos/10_left.jpeg", "photos/x.png", "y.png"]);
        assert_eq!(
            matched,
            [
                Match::Grade(Grade::Moderate),
                Match::Grade(Grade::NoDr),
                Match::Missing
            ]
        );
    }

    #[test]
    fn one_label_for_two_photographs_is_for_neither() {
        let labels = labels(&[("1.jpg", Grade::Mild)]);
        assert_eq!(
            labels.matched(&["a/1.jpg", "b/1.jpg"]),
            [Match::Ambiguous, Match::Ambiguous]
        );
    }
}
