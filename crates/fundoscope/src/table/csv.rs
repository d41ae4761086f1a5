//! CSV after RFC 4180, whose lines end in CR LF.

use std::fs::File;

use csv::{Terminator, Writer, WriterBuilder};

use super::Column;

pub(super) fn begin<R>(file: File, columns: &[Column<R>]) -> anyhow::Result<Writer<File>> {
    let mut writer = WriterBuilder::new()
        .terminator(Terminator::CRLF)
        .from_writer(file);
    writer.write_record(columns.iter().map(|column| column.name))?;
    Ok(writer)
}

pub(super) fn push<R>(
    writer: &mut Writer<File>,
    columns: &[Column<R>],
    row: &R,
) -> anyhow::Result<()> {
    Ok(writer.write_record(columns.iter().map(|column| column.text_of(row)))?)
}

pub(super) fn finish(writer: Writer<File>) -> anyhow::Result<File> {
    Ok(writer.into_inner().map_err(|error| error.into_error())?)
}
