//! Parquet: typed columns, compressed by Snappy, with a value that may lack as a null.

use std::fs::File;
use std::sync::Arc;

use anyhow::anyhow;
use parquet::basic::{Compression, LogicalType, Repetition, TimeUnit, Type as Physical};
use parquet::column::writer::ColumnWriterImpl;
use parquet::data_type::{
    BoolType, ByteArray, ByteArrayType, DataType, DoubleType, FloatType, Int64Type,
};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::{Type, TypePtr};
use trust::DISCLAIMER;

use super::{Column, ValueOf};

/// Rows that are kept in memory until they are written together.
const GROUP: usize = 10_000;

pub(super) struct Rows {
    writer: SerializedFileWriter<File>,
    /// The values of each column that wait to be written.
    waiting: Vec<Waiting>,
    rows: usize,
}

/// Values of one column, of all rows that have one.
struct Waiting {
    values: Values,
    /// For each row, 1 where it has a value, else 0.
    levels: Vec<i16>,
}

enum Values {
    Bytes(Vec<ByteArray>),
    Integers(Vec<i64>),
    Singles(Vec<f32>),
    Doubles(Vec<f64>),
    Flags(Vec<bool>),
}

impl Rows {
    pub(super) fn begin<R>(file: File, name: &str, columns: &[Column<R>]) -> anyhow::Result<Self> {
        let fields = columns.iter().map(field).collect::<Result<_, _>>()?;
        let schema = Type::group_type_builder(name).with_fields(fields).build()?;
        let disclaimer = KeyValue::new("disclaimer".to_owned(), DISCLAIMER.to_owned());
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_key_value_metadata(Some(vec![disclaimer]))
            .build();
        Ok(Self {
            writer: SerializedFileWriter::new(file, Arc::new(schema), Arc::new(properties))?,
            waiting: columns.iter().map(Waiting::of).collect(),
            rows: 0,
        })
    }

    pub(super) fn push<R>(&mut self, columns: &[Column<R>], row: &R) -> anyhow::Result<()> {
        for (waiting, column) in self.waiting.iter_mut().zip(columns) {
            let is_there = waiting.push(column, row);
            if column.is_always && !is_there {
                return Err(anyhow!("a row lacks `{}`", column.name));
            }
        }
        self.rows += 1;
        match self.rows == GROUP {
            true => self.write_group(columns),
            false => Ok(()),
        }
    }

    pub(super) fn finish<R>(mut self, columns: &[Column<R>]) -> anyhow::Result<File> {
        if self.rows > 0 {
            self.write_group(columns)?;
        }
        // Writes what a reader begins with, once.
        Ok(self.writer.into_inner()?)
    }

    fn write_group<R>(&mut self, columns: &[Column<R>]) -> anyhow::Result<()> {
        let mut group = self.writer.next_row_group()?;
        for (waiting, column) in self.waiting.iter_mut().zip(columns) {
            let mut writer = group
                .next_column()?
                .ok_or_else(|| anyhow!("there is no column `{}`", column.name))?;
            waiting.write(&mut writer, column.is_always)?;
            writer.close()?;
            *waiting = Waiting::of(column);
        }
        group.close()?;
        self.rows = 0;
        Ok(())
    }
}

fn field<R>(column: &Column<R>) -> parquet::errors::Result<TypePtr> {
    let (physical, logical) = match &column.value {
        ValueOf::Text(_) => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
        ValueOf::Document(_) => (Physical::BYTE_ARRAY, Some(LogicalType::Json)),
        ValueOf::Integer(_) => (Physical::INT64, None),
        ValueOf::Single(_) => (Physical::FLOAT, None),
        ValueOf::Double(_) => (Physical::DOUBLE, None),
        ValueOf::Flag(_) => (Physical::BOOLEAN, None),
        ValueOf::Instant(_) => {
            let in_utc = LogicalType::timestamp(true, TimeUnit::MICROS);
            (Physical::INT64, Some(in_utc))
        }
    };
    let repetition = match column.is_always {
        true => Repetition::REQUIRED,
        false => Repetition::OPTIONAL,
    };
    let field = Type::primitive_type_builder(column.name, physical)
        .with_logical_type(logical)
        .with_repetition(repetition)
        .build()?;
    Ok(Arc::new(field))
}

impl Waiting {
    fn of<R>(column: &Column<R>) -> Self {
        let values = match &column.value {
            ValueOf::Text(_) | ValueOf::Document(_) => Values::Bytes(Vec::new()),
            ValueOf::Integer(_) | ValueOf::Instant(_) => Values::Integers(Vec::new()),
            ValueOf::Single(_) => Values::Singles(Vec::new()),
            ValueOf::Double(_) => Values::Doubles(Vec::new()),
            ValueOf::Flag(_) => Values::Flags(Vec::new()),
        };
        Self {
            values,
            levels: Vec::new(),
        }
    }

    /// Adds the value of a row, and says whether there is one.
    fn push<R>(&mut self, column: &Column<R>, row: &R) -> bool {
        let is_there = match (&mut self.values, &column.value) {
            (Values::Bytes(values), ValueOf::Text(of)) => {
                add(values, of(row).map(|text| text.as_str().into()))
            }
            (Values::Bytes(values), ValueOf::Document(of)) => add(
                values,
                of(row).map(|value| value.to_string().as_str().into()),
            ),
            (Values::Integers(values), ValueOf::Integer(of)) => add(values, of(row)),
            (Values::Integers(values), ValueOf::Instant(of)) => {
                let microseconds =
                    of(row).and_then(|at| i64::try_from(at.unix_timestamp_nanos() / 1000).ok());
                add(values, microseconds)
            }
            (Values::Singles(values), ValueOf::Single(of)) => add(values, of(row)),
            (Values::Doubles(values), ValueOf::Double(of)) => add(values, of(row)),
            (Values::Flags(values), ValueOf::Flag(of)) => add(values, of(row)),
            // `Waiting::of` made the values for this column.
            _ => false,
        };
        self.levels.push(is_there.into());
        is_there
    }

    fn write(
        &self,
        writer: &mut SerializedColumnWriter<'_>,
        is_always: bool,
    ) -> parquet::errors::Result<()> {
        let levels = (!is_always).then_some(self.levels.as_slice());
        match &self.values {
            Values::Bytes(values) => write(writer.typed::<ByteArrayType>(), values, levels),
            Values::Integers(values) => write(writer.typed::<Int64Type>(), values, levels),
            Values::Singles(values) => write(writer.typed::<FloatType>(), values, levels),
            Values::Doubles(values) => write(writer.typed::<DoubleType>(), values, levels),
            Values::Flags(values) => write(writer.typed::<BoolType>(), values, levels),
        }
    }
}

fn write<T: DataType>(
    writer: &mut ColumnWriterImpl<'_, T>,
    values: &[T::T],
    levels: Option<&[i16]>,
) -> parquet::errors::Result<()> {
    writer.write_batch(values, levels, None).map(|_| ())
}

fn add<T>(values: &mut Vec<T>, value: Option<T>) -> bool {
    let is_there = value.is_some();
    values.extend(value);
    is_there
}
