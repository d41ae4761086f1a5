//! Tables that are written row by row as CSV, Parquet or JSON, however long they become.
//!
//! A table is the list of its columns; each column says its name, whether a value may lack, and how a row holds it. So the
//! same list makes the three forms, and none can have a column that the others have not. `csv.rs`, `json.rs` and
//! `parquet.rs` are the forms.

mod csv;
mod json;
mod parquet;
mod part;

use std::fs::File;
use std::path::Path;

use anyhow::Context;
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

pub(crate) use part::{Part, synchronise_folder_of};

/// How a table is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub(crate) enum Format {
    /// RFC 4180; a value that lacks is an empty cell
    Csv,
    /// Typed columns, compressed
    Parquet,
    /// One object a row
    Json,
}

impl Format {
    /// The ending of its files' names.
    pub(crate) fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Parquet => "parquet",
            Self::Json => "json",
        }
    }
}

/// A column of a table whose rows are `R`.
pub(crate) struct Column<R> {
    name: &'static str,
    /// Whether every row has a value.
    is_always: bool,
    value: ValueOf<R>,
}

/// How a row holds the value of a column.
type Of<R, T> = Box<dyn Fn(&R) -> Option<T>>;

/// The same, and what type the column has.
enum ValueOf<R> {
    Text(Of<R, String>),
    Integer(Of<R, i64>),
    Single(Of<R, f32>),
    Double(Of<R, f64>),
    Flag(Of<R, bool>),
    Instant(Of<R, OffsetDateTime>),
    /// What is no single value; text that is JSON where the form has no such values.
    Document(Of<R, Value>),
}

impl<R> Column<R> {
    pub(crate) fn text(name: &'static str, of: impl Fn(&R) -> Option<String> + 'static) -> Self {
        Self::new(name, ValueOf::Text(Box::new(of)))
    }

    pub(crate) fn integer(name: &'static str, of: impl Fn(&R) -> Option<i64> + 'static) -> Self {
        Self::new(name, ValueOf::Integer(Box::new(of)))
    }

    pub(crate) fn single(name: &'static str, of: impl Fn(&R) -> Option<f32> + 'static) -> Self {
        Self::new(name, ValueOf::Single(Box::new(of)))
    }

    pub(crate) fn double(name: &'static str, of: impl Fn(&R) -> Option<f64> + 'static) -> Self {
        Self::new(name, ValueOf::Double(Box::new(of)))
    }

    pub(crate) fn flag(name: &'static str, of: impl Fn(&R) -> Option<bool> + 'static) -> Self {
        Self::new(name, ValueOf::Flag(Box::new(of)))
    }

    pub(crate) fn instant(
        name: &'static str,
        of: impl Fn(&R) -> Option<OffsetDateTime> + 'static,
    ) -> Self {
        Self::new(name, ValueOf::Instant(Box::new(of)))
    }

    pub(crate) fn document(name: &'static str, of: impl Fn(&R) -> Option<Value> + 'static) -> Self {
        Self::new(name, ValueOf::Document(Box::new(of)))
    }

    fn new(name: &'static str, value: ValueOf<R>) -> Self {
        Self {
            name,
            is_always: false,
            value,
        }
    }

    /// The same column, of which every row has a value.
    pub(crate) fn always(self) -> Self {
        Self {
            is_always: true,
            ..self
        }
    }

    /// The value as JSON has it; null where it lacks.
    fn json_of(&self, row: &R) -> Value {
        match &self.value {
            ValueOf::Text(of) => of(row).into(),
            ValueOf::Integer(of) => of(row).into(),
            // As short as in CSV: a single number made double would show digits that it does not have.
            ValueOf::Single(of) => of(row)
                .and_then(|value| value.to_string().parse::<f64>().ok())
                .into(),
            ValueOf::Double(of) => of(row).into(),
            ValueOf::Flag(of) => of(row).into(),
            ValueOf::Instant(of) => of(row).map(written).into(),
            ValueOf::Document(of) => of(row).unwrap_or(Value::Null),
        }
    }

    /// The value as a cell of CSV; empty where it lacks. Numbers are the shortest that read back as the same.
    fn text_of(&self, row: &R) -> String {
        fn shown(value: Option<impl ToString>) -> String {
            value.map_or_else(String::new, |value| value.to_string())
        }
        match &self.value {
            ValueOf::Text(of) => of(row).unwrap_or_default(),
            ValueOf::Integer(of) => shown(of(row)),
            ValueOf::Single(of) => shown(of(row)),
            ValueOf::Double(of) => shown(of(row)),
            ValueOf::Flag(of) => shown(of(row)),
            ValueOf::Instant(of) => shown(of(row).map(written)),
            ValueOf::Document(of) => shown(of(row)),
        }
    }
}

/// An instant as RFC 3339 has it.
fn written(instant: OffsetDateTime) -> String {
    // Fails beyond the year 9999 alone.
    instant.format(&Rfc3339).unwrap_or_default()
}

/// A table that is being written.
pub(crate) struct Table<R> {
    columns: Vec<Column<R>>,
    rows: u64,
    part: Part,
    form: Form,
}

enum Form {
    Csv(::csv::Writer<File>),
    Json(json::Rows),
    Parquet(parquet::Rows),
}

impl<R> Table<R> {
    /// Begins a table that is to be `path` when it is whole; `name` says what its rows are.
    ///
    /// Until then its rows are beside it, in a hidden file that the next call for the same `path` replaces.
    pub(crate) fn begin(
        path: &Path,
        format: Format,
        name: &'static str,
        columns: Vec<Column<R>>,
    ) -> anyhow::Result<Self> {
        let (part, file) = Part::begin(path)?;
        let form = match format {
            Format::Csv => csv::begin(file, &columns).map(Form::Csv),
            Format::Json => json::Rows::begin(file, name).map(Form::Json),
            Format::Parquet => parquet::Rows::begin(file, name, &columns).map(Form::Parquet),
        };
        Ok(Self {
            form: form.with_context(|| part.unwritable())?,
            columns,
            rows: 0,
            part,
        })
    }

    /// A row of the table as a JSON object.
    pub(crate) fn document(&self, row: &R) -> Value {
        document(&self.columns, row)
    }

    /// Adds a row.
    pub(crate) fn push(&mut self, row: &R) -> anyhow::Result<()> {
        self.rows += 1;
        let written = match &mut self.form {
            Form::Csv(writer) => csv::push(writer, &self.columns, row),
            Form::Json(rows) => rows.push(&document(&self.columns, row)),
            Form::Parquet(rows) => rows.push(&self.columns, row),
        };
        written.with_context(|| self.part.unwritable())
    }

    /// The number of rows so far.
    pub(crate) fn rows(&self) -> u64 {
        self.rows
    }

    /// Brings the table to disk, where it waits to be [kept](Part::keep).
    pub(crate) fn finish(self) -> anyhow::Result<Part> {
        let file = match self.form {
            Form::Csv(writer) => csv::finish(writer),
            Form::Json(rows) => rows.finish(),
            Form::Parquet(rows) => rows.finish(&self.columns),
        };
        let synchronised = file.and_then(|file| Ok(file.sync_all()?));
        synchronised.with_context(|| self.part.unwritable())?;
        Ok(self.part)
    }
}

fn document<R>(columns: &[Column<R>], row: &R) -> Value {
    let members = columns.iter();
    members
        .map(|column| (column.name.to_owned(), column.json_of(row)))
        .collect::<serde_json::Map<_, _>>()
        .into()
}
