//! History files: what later commits must know about this one.

use std::path::Path;
use std::sync::Arc;

use arrow::array::AsArray;
use arrow::datatypes::{DataType, SchemaRef};
use arrow::record_batch::RecordBatch;
use datafusion::execution::SendableRecordBatchStream;
use parquet::basic::{Compression, Encoding};

use super::digesting::short;
use super::off_thread::{self, BatchWriter};
use super::shard::conform;
use super::spool::{self, SpoolFile, SpoolWriter};
use crate::error::Result;
use crate::history::near;

/// Logical bytes of a row without texts: an id, a hash, another id.
const ROW_BYTES: u64 = 32;

/// Writes one file of history from rows in the order they are to lie in.
pub(crate) struct HistoryWriter {
    kind: &'static str,
    schema: SchemaRef,
    file: SpoolWriter,
}

impl HistoryWriter {
    /// Starts a file of `kind` (the first word of its name) in the folder `spool`, which must exist.
    pub(crate) fn create(spool: &Path, kind: &'static str, schema: SchemaRef) -> Result<Self> {
        let of_type = |text: bool| -> Vec<&str> {
            let fields =
                schema.fields().iter().filter(|field| (*field.data_type() == DataType::Utf8) == text);
            fields.map(|field| field.name().as_str()).collect()
        };
        let mut properties = spool::properties(&of_type(false), &of_type(true))?;
        if kind == near::KEYS {
            // Hashes and places beside them: nothing that a compressor could find, but the keys ascend.
            properties = properties.set_compression(Compression::UNCOMPRESSED);
            for column in of_type(false) {
                let path = spool::column_path(column);
                properties = properties.set_column_encoding(path, Encoding::DELTA_BINARY_PACKED);
            }
        }
        let properties = properties.build();
        let weigh = if kind == near::KEYS { weigh_keys } else { weigh };
        let file = SpoolWriter::create(spool, Arc::clone(&schema), properties, weigh)?;
        Ok(Self { kind, schema, file })
    }

    /// Adds rows, columns taken by name.
    pub(crate) fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        self.file.write(&conform(batch, &self.schema)?)
    }

    /// Closes the file; None, and no file, for zero rows.
    pub(crate) fn finish(self) -> Result<Option<SpoolFile>> {
        let kind = self.kind;
        self.file.finish(|digest| format!("{kind}-00000-{}.parquet", short(digest)))
    }
}

/// Writes the rows of `input`, already in the order they are to lie in; None, and no file, for none.
pub async fn write_history(
    input: SendableRecordBatchStream,
    spool: &Path,
    kind: &'static str,
    schema: SchemaRef,
) -> Result<Option<SpoolFile>> {
    off_thread::write_all(input, HistoryWriter::create(spool, kind, schema)?).await
}

impl BatchWriter for HistoryWriter {
    type Written = Option<SpoolFile>;

    fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        Self::write(self, batch)
    }

    fn finish(self) -> Result<Option<SpoolFile>> {
        Self::finish(self)
    }
}

/// Row groups of 65,536 keys: the files of all commits are read side by side, a row group of each in memory.
#[expect(clippy::unnecessary_wraps, reason = "one signature for all ways to weigh rows")]
fn weigh_keys(batch: &RecordBatch) -> Result<Vec<u64>> {
    Ok(vec![spool::ROW_GROUP_BYTES / (64 << 10); batch.num_rows()])
}

#[expect(clippy::unnecessary_wraps, reason = "one signature for all ways to weigh rows")]
fn weigh(batch: &RecordBatch) -> Result<Vec<u64>> {
    let mut weights = vec![ROW_BYTES; batch.num_rows()];
    for texts in batch.columns().iter().filter_map(|column| column.as_string_opt::<i32>()) {
        for (row, weight) in weights.iter_mut().enumerate() {
            *weight += texts.value_length(row) as u64;
        }
    }
    Ok(weights)
}
