//! Rows on their way out, batch by batch: for people, for scripts, for other engines.

mod csv;
mod jsonl;
mod parquet;
mod plain;
mod table;

use std::io::Write;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;

use crate::error::{Error, ErrorKind, Result};

/// How rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Columns side by side for reading; long values are cut.
    Table,
    /// Comma-separated values under a line of names; lists as JSON, null as nothing.
    Csv,
    /// A JSON object a line.
    Jsonl,
    /// One Parquet file.
    Parquet,
}

/// Takes the batches of one result, in order.
pub trait RowWriter {
    /// Writes a batch.
    fn write(&mut self, batch: &RecordBatch) -> Result<()>;

    /// Ends the result, also one without rows.
    fn finish(self: Box<Self>) -> Result<()>;
}

/// A writer of rows of `schema` to `out`.
pub fn writer(
    format: Format,
    schema: &SchemaRef,
    out: impl Write + Send + 'static,
) -> Result<Box<dyn RowWriter>> {
    Ok(match format {
        Format::Table => Box::new(table::Table::new(schema, out)),
        Format::Csv => Box::new(csv::Csv::new(schema, out)),
        Format::Jsonl => Box::new(jsonl::Jsonl::new(out)),
        Format::Parquet => Box::new(parquet::Parquet::try_new(schema, out)?),
    })
}

/// The reader of our rows, or the disk they go to, refuses more.
fn unwritable(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::new(ErrorKind::Resource, "the rows cannot be written").with_source(error)
}
