//! Arrays as NumPy reads them, with nothing pickled and the same bytes every time.

use std::io::{self, Cursor};

use npyz::npz::NpzWriter;
use npyz::zip::CompressionMethod;
use npyz::zip::write::FileOptions;
use npyz::{DType, WriteOptions, WriterBuilder};

/// A `.npy` file of single-precision numbers, row-major.
pub(crate) fn npy(shape: &[usize], values: &[f32]) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut writer = WriteOptions::new()
        .default_dtype()
        .shape(&lengths(shape))
        .writer(&mut bytes)
        .begin_nd()?;
    writer.extend(values.iter().copied())?;
    writer.finish()?;
    Ok(bytes)
}

/// A `.npz` file in the making.
pub(crate) struct Npz {
    writer: NpzWriter<Cursor<Vec<u8>>>,
}

impl Npz {
    pub(crate) fn new() -> Self {
        Self {
            writer: NpzWriter::new(Cursor::new(Vec::new())),
        }
    }

    /// Adds single-precision numbers, row-major.
    pub(crate) fn numbers(
        &mut self,
        name: &str,
        shape: &[usize],
        values: impl Iterator<Item = f32>,
    ) -> io::Result<()> {
        let mut writer = self
            .writer
            .array(name, options())?
            .default_dtype()
            .shape(&lengths(shape))
            .begin_nd()?;
        writer.extend(values)?;
        writer.finish()
    }

    /// Adds texts, as Unicode of fixed width.
    pub(crate) fn texts(&mut self, name: &str, texts: &[&str]) -> io::Result<()> {
        let longest = texts.iter().map(|text| text.chars().count()).max();
        // NumPy knows no texts of width 0.
        let width = longest.unwrap_or(0).max(1);
        let dtype = format!("<U{width}")
            .parse()
            .map(DType::new_scalar)
            .map_err(|error| io::Error::other(format!("{error}")))?;
        let mut writer = self
            .writer
            .array::<str>(name, options())?
            .dtype(dtype)
            .shape(&lengths(&[texts.len()]))
            .begin_nd()?;
        for text in texts {
            writer.push(text)?;
        }
        writer.finish()
    }

    pub(crate) fn finish(mut self) -> io::Result<Vec<u8>> {
        let bytes = self.writer.zip_writer().finish()?;
        Ok(bytes.into_inner())
    }
}

/// Without the time of day, which would make every file another.
fn options() -> FileOptions {
    FileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .last_modified_time(npyz::zip::DateTime::default())
}

fn lengths(shape: &[usize]) -> Vec<u64> {
    shape.iter().map(|length| *length as u64).collect()
}
