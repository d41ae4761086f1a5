//! JSON: one document whose rows are an array, a line each.

use std::fs::File;
use std::io::{BufWriter, Write};

use serde_json::{Value, json};
use trust::DISCLAIMER;

pub(super) struct Rows {
    out: BufWriter<File>,
    is_empty: bool,
}

impl Rows {
    pub(super) fn begin(file: File, name: &str) -> anyhow::Result<Self> {
        let mut out = BufWriter::new(file);
        let (name, disclaimer) = (json!(name), json!(DISCLAIMER));
        write!(
            out,
            "{{\"table\": {name}, \"disclaimer\": {disclaimer}, \"rows\": ["
        )?;
        Ok(Self {
            out,
            is_empty: true,
        })
    }

    pub(super) fn push(&mut self, row: &Value) -> anyhow::Result<()> {
        let separator = match self.is_empty {
            true => "\n",
            false => ",\n",
        };
        self.is_empty = false;
        Ok(write!(self.out, "{separator}{row}")?)
    }

    pub(super) fn finish(mut self) -> anyhow::Result<File> {
        self.out.write_all(b"\n]}\n")?;
        Ok(self.out.into_inner().map_err(|error| error.into_error())?)
    }
}
